"""The demonstration's dashboard, of cards that every Home Assistant has."""

from dataclasses import dataclass
from typing import Any

URL_PATH = "pbx-demo"
CALL = {"caller": "557", "callee": "552"}


@dataclass(frozen=True, slots=True)
class Texts:
    """What the dashboard says in one language."""

    title: str
    call: str
    call_and_show: str
    answer: str
    no_answer: str
    reachable: str
    explanation: str
    received: str


TEXTS = {
    "en": Texts(
        title="Telephone",
        call="Call 552 from 557",
        call_and_show="Call and show the answer",
        answer="The PBX's last answer:",
        no_answer="none yet",
        reachable="The PBX",
        explanation=(
            "The PBX rings the telephone 557 first and, when 557 answers, connects it "
            "with 552. This PBX is a simulator: nobody is called."
        ),
        received="See what the simulator received",
    ),
    "fa": Texts(
        title="تلفن",
        call="تماس ۵۵۷ با ۵۵۲",
        call_and_show="تماس و نمایش پاسخ",
        answer="آخرین پاسخ مرکز تلفن:",
        no_answer="هنوز پاسخی نرسیده است",
        reachable="مرکز تلفن",
        explanation=(
            "مرکز تلفن نخست به داخلی ۵۵۷ زنگ می‌زند و وقتی ۵۵۷ پاسخ داد، آن را به ۵۵۲ "
            "وصل می‌کند. این مرکز تلفن شبیه‌ساز است و تلفن کسی زنگ نمی‌خورد."
        ),
        received="دیدن درخواست‌هایی که شبیه‌ساز گرفته است",
    ),
}


def dashboard(
    *, language: str, connectivity: str, simulator_url: str
) -> dict[str, Any]:
    """Return the dashboard's configuration.

    `connectivity` is the id of the entity that tells whether the PBX can be reached.
    """
    texts = TEXTS[language]
    cards: list[dict[str, Any]] = [
        {"type": "heading", "heading": texts.title, "icon": "mdi:phone"},
        {
            "type": "button",
            "name": texts.call,
            "icon": "mdi:phone-forward",
            "tap_action": {
                "action": "perform-action",
                "perform_action": "pbx.originate",
                "data": CALL,
            },
        },
        {
            "type": "button",
            "name": texts.call_and_show,
            "icon": "mdi:phone-check",
            "tap_action": {
                "action": "perform-action",
                "perform_action": "script.pbx_demo_call",
            },
        },
        {
            "type": "tile",
            "entity": connectivity,
            "name": texts.reachable,
            "grid_options": {"columns": "full"},
        },
        {
            "type": "markdown",
            "content": (
                f"{texts.explanation}\n\n"
                f"**{texts.answer}** "
                "{% set answer = states('input_text.pbx_demo_answer') %}"
                f"{{{{ '`' ~ answer ~ '`' if answer else '{texts.no_answer}' }}}}\n\n"
                f"[{texts.received}]({simulator_url}/_control/requests)"
            ),
        },
    ]
    return {
        "views": [
            {
                "title": texts.title,
                "type": "sections",
                "max_columns": 2,
                "sections": [{"type": "grid", "cards": cards}],
            }
        ]
    }
