"""What the demonstration's dashboard says, in each of its languages."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The texts in one language.

    `{}` in them stands for a telephone, and for a number of seconds in `talk`.
    `outcomes` and `phones` say what the outcomes and the telephones are called.
    """

    title: str
    one_call: str
    one_call_explanation: str
    call: str
    call_and_wait: str
    no_call: str
    calling: str
    outcomes: Mapping[str, str]
    talk: str
    hunt: str
    hunt_explanation: str
    start_hunt: str
    no_hunt: str
    hunting: str
    answered_by: str
    nobody: str
    broken: str
    known: str
    reachable: str
    last_event: str
    last_call: str
    calls_in_progress: str
    phones_heading: str
    open_page: str
    phones: Mapping[str, str]


TEXTS = {
    "en": Texts(
        title="Try it",
        one_call="One call",
        one_call_explanation=(
            "The PBX rings 557 and, when 557 answers, connects it with 552. It is a "
            "simulator, nobody is really called: answer, reject or ignore its phones."
        ),
        call="Call",
        call_and_wait="Call and wait for the end",
        no_call="Here you will see how the call ended.",
        calling="Waiting for the end of the call …",
        outcomes={
            "answered": "The call was answered.",
            "busy": "552 was busy or rejected the call.",
            "no_answer": "552 did not answer.",
            "caller_no_answer": "557 did not answer, so 552 was not rung.",
            "failed": "The PBX could not put the call through.",
            "unknown": "It is not known what became of the call.",
        },
        talk="It lasted {} seconds.",
        hunt="One after the other",
        hunt_explanation=(
            "The door intercom 570 calls 552, then 553, then 521, and stops at the "
            "first who answers."
        ),
        start_hunt="Somebody is at the door",
        no_hunt="Nobody has rung the bell yet.",
        hunting="Calling {} …",
        answered_by="{} has answered.",
        nobody="Nobody has answered.",
        broken="It ended before the outcome was known.",
        known="What Home Assistant knows",
        reachable="PBX",
        last_event="Last event",
        last_call="Last call",
        calls_in_progress="Calls in progress",
        phones_heading="The simulated PBX's phones",
        open_page="Open them in a tab of their own",
        phones={
            "552": "552 (workshop)",
            "553": "553 (caretaker)",
            "521": "521",
        },
    ),
    "fa": Texts(
        title="امتحان کنید",
        one_call="یک تماس",
        one_call_explanation=(
            "مرکز تلفن نخست به ۵۵۷ زنگ می‌زند و وقتی ۵۵۷ پاسخ داد، آن را به ۵۵۲ وصل "
            "می‌کند. این مرکز تلفن شبیه‌ساز است و به کسی واقعاً زنگ نمی‌زند: تلفن‌هایش را "
            "خودتان پاسخ دهید، رد کنید یا نادیده بگیرید."
        ),
        call="تماس",
        call_and_wait="تماس و دیدن نتیجه",
        no_call="اینجا می‌بینید تماس چگونه پایان یافت.",
        calling="در انتظار پایان تماس…",
        outcomes={
            "answered": "تماس پاسخ داده شد.",
            "busy": "۵۵۲ مشغول بود یا تماس را رد کرد.",
            "no_answer": "۵۵۲ پاسخ نداد.",
            "caller_no_answer": "۵۵۷ پاسخ نداد؛ پس ۵۵۲ زنگ نخورد.",
            "failed": "مرکز تلفن نتوانست تماس را برقرار کند.",
            "unknown": "معلوم نیست تماس به کجا رسید.",
        },
        talk="گفت‌وگو {} ثانیه طول کشید.",
        hunt="یکی پس از دیگری",
        hunt_explanation=(
            "آیفون درِ ورودی (۵۷۰) به ۵۵۲، سپس ۵۵۳ و سپس ۵۲۱ زنگ می‌زند و همین که "
            "کسی پاسخ دهد، ادامه نمی‌دهد."
        ),
        start_hunt="کسی پشت در است",
        no_hunt="هنوز کسی زنگ در را نزده است.",
        hunting="تماس با {}…",
        answered_by="{} پاسخ داد.",
        nobody="هیچ‌کس پاسخ نداد.",
        broken="پیش از آنکه نتیجه معلوم شود پایان یافت.",
        known="آنچه Home Assistant می‌داند",
        reachable="مرکز تلفن",
        last_event="آخرین رویداد",
        last_call="آخرین تماس",
        calls_in_progress="تماس‌های در جریان",
        phones_heading="تلفن‌های مرکز تلفن شبیه‌ساز",
        open_page="باز کردن در زبانه‌ای جدا",
        phones={
            "552": "۵۵۲ (کارگاه)",
            "553": "۵۵۳ (سرایدار)",
            "521": "۵۲۱",
        },
    ),
}
