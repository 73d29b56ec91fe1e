"""Calling contacts by sentences that Assist understands, through its conversations."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
import random
import re
from types import MappingProxyType
from typing import Any
from unittest.mock import patch

import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    MockUser,
    async_fire_time_changed,
)

from custom_components.pbx.assist import resolve
from custom_components.pbx.assist.sentences import TEMPLATES, requests_in
from custom_components.pbx.const import DOMAIN
from custom_components.pbx.llm import CallContactTool
from custom_components.pbx.telephony.calls import Outcome
from homeassistant.auth.models import User
from homeassistant.components import conversation
from homeassistant.components.assist_pipeline.const import DEFAULT_PIPELINE_TIMEOUT
from homeassistant.components.conversation import agent_manager
from homeassistant.config_entries import (
    ConfigEntryState,
    ConfigSubentry,
    ConfigSubentryDataWithId,
)
from homeassistant.core import Context, HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import (
    area_registry as ar,
    device_registry as dr,
    entity_registry as er,
    intent,
)
from homeassistant.helpers.llm import LLMContext, ToolInput
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
from homeassistant.util.json import load_json_object
from simulator.server import Simulator, running
from simulator.settings import Fault

from .common import (
    NO_LIMITS,
    ORIGINATE,
    change_options,
    connection_to,
    originates,
    setup_integration,
    subentry,
)
from .test_translations import TRANSLATIONS

# What is said of a call, each by the text's key, in English.
TEXTS: Any = load_json_object(TRANSLATIONS / "en.json")["common"]


KITCHEN = subentry("extension", "Kitchen", number="557")
WORKSHOP = subentry("extension", "Workshop phone", number="552")
YARD = subentry("extension", "حیاط", number="553")
ALI = subentry("contact", "Ali", number="09121234567", aliases=["علی رضایی", "Dr. Who"])
SARA = subentry(
    "contact", "Sara Ann", number="09127654321", aliases=["سارا"], caller="552"
)
REZA = subentry("contact", "رضا ۲", number="09121111111", caller="0211234")
EVERYBODY = [KITCHEN, WORKSHOP, YARD, ALI, SARA, REZA]

type Say = Callable[..., Awaitable[str | None]]


def entry_for(
    simulator: Simulator,
    subentries: list[ConfigSubentryDataWithId],
    *,
    voice: bool = True,
    entry_id: str = "01JOFFICE",
) -> MockConfigEntry:
    """Return an entry with some extensions and contacts, not set up."""
    return MockConfigEntry(
        domain=DOMAIN,
        title=entry_id.removeprefix("01J").capitalize(),
        entry_id=entry_id,
        data={**connection_to(simulator), "webhook_id": entry_id.lower() * 8},
        # More is said here than anybody says in a minute.
        options={
            "context": "main_routing",
            "timeout": 30,
            "voice": voice,
            **NO_LIMITS,
        },
        subentries_data=subentries,
    )


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry whose contacts can be called by voice, not set up."""
    return entry_for(simulator, EVERYBODY)


@pytest.fixture
async def conversations(hass: HomeAssistant) -> None:
    """Have Home Assistant talk."""
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done()


@pytest.fixture
def say(hass: HomeAssistant, conversations: None) -> Say:
    """Return what says something to Assist, and returns the answer.

    None where it was not understood.
    """

    async def say(
        text: str,
        language: str = "en",
        context: Context | None = None,
        device_id: str | None = None,
    ) -> str | None:
        result = await conversation.async_converse(
            hass, text, None, context or Context(), language, device_id=device_id
        )
        response = result.response.as_dict()
        if response["response_type"] == "error":
            return None
        speech: str = response["speech"]["plain"]["speech"]
        return speech

    return say


async def add(
    hass: HomeAssistant, entry: MockConfigEntry, data: ConfigSubentryDataWithId
) -> None:
    """Add an extension or a contact to a PBX that is set up."""
    subentry = ConfigSubentry(
        data=MappingProxyType(dict(data["data"])),
        subentry_id=data["subentry_id"],
        subentry_type=data["subentry_type"],
        title=data["title"],
        unique_id=None,
    )
    hass.config_entries.async_add_subentry(entry, subentry)
    await hass.async_block_till_done()


def dialled(simulator: Simulator) -> list[tuple[str, str]]:
    """Return who was rung first and who was called, of all calls."""
    return [(body["caller"], body["callee"]) for body in originates(simulator)]


ALI_FROM_KITCHEN = ("557", "09121234567")
SARA_FROM_HERS = ("552", "09127654321")


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("sentence", "call"),
    [
        ("Call Sara Ann", SARA_FROM_HERS),
        ("please phone sara ann.", SARA_FROM_HERS),
        ("could you ring SARA ANN", SARA_FROM_HERS),
        ("call Sara-Ann", SARA_FROM_HERS),
        ("give Sara Ann a ring", SARA_FROM_HERS),
        ("I'd like to call my Sara Ann now, thanks!", SARA_FROM_HERS),
        ("Call Sara Ann for me, please.", SARA_FROM_HERS),
        ("connect me to Sara Ann", SARA_FROM_HERS),
        ("make a call to saraann", SARA_FROM_HERS),
        ("Call Ali from Kitchen", ALI_FROM_KITCHEN),
        ("call Ali from the kitchen phone", ALI_FROM_KITCHEN),
        ("call Ali from 557", ALI_FROM_KITCHEN),
        ("call Ali from extension ۵۵۷", ALI_FROM_KITCHEN),
        ("call the Dr. Who from kitchen!", ALI_FROM_KITCHEN),
        ("from the kitchen call Ali", ALI_FROM_KITCHEN),
        ("connect Kitchen to Ali", ALI_FROM_KITCHEN),
        ("call Ali on the kitchen phone", ALI_FROM_KITCHEN),
        ("put the kitchen through to Ali", ALI_FROM_KITCHEN),
        ("start a phone call from the kitchen to Ali", ALI_FROM_KITCHEN),
        ("call Sara Ann from the workshop", SARA_FROM_HERS),
        ("با سارا تماس بگیر", SARA_FROM_HERS),
        ("با سارا تماس بگير.", SARA_FROM_HERS),
        ("با سارا تماس‌بگیرید", SARA_FROM_HERS),
        ("به سارا زنگ بزن", SARA_FROM_HERS),
        ("لطفاً به سارا یه زنگ‌بزن", SARA_FROM_HERS),
        ("زنگ بزن به سارا", SARA_FROM_HERS),
        ("منو به سارا وصل کن", SARA_FROM_HERS),
        ("شماره‌ی سارا رو بگیر", SARA_FROM_HERS),
        ("سارا رو بگیرین", SARA_FROM_HERS),
        ("یه زنگ بزن به سارا، مرسی", SARA_FROM_HERS),
        ("لطفاً، به سارا زنگ بزن، ممنون", SARA_FROM_HERS),
        ("می‌شه لطفاً به سارا زنگ بزنی؟", SARA_FROM_HERS),
        ("میتونی با سارا تماس بگیری", SARA_FROM_HERS),
        ("می‌خواهم با سارا تماس بگیرم", SARA_FROM_HERS),
        ("با سارا تماس برقرار کنید", SARA_FROM_HERS),
        ("منو وصل کن به سارا", SARA_FROM_HERS),
        ("از kitchen با علی رضایی تماس بگیر", ALI_FROM_KITCHEN),
        ("با علي رضايي از داخلی ۵۵۷ تماس بگیر", ALI_FROM_KITCHEN),
        ("با علی رضايي از داخلی ۵۵۷ تماس بگیر", ALI_FROM_KITCHEN),
        ("از ٥٥٧ به علی‌رضایی زنگ بزن", ALI_FROM_KITCHEN),
        ("با علیرضایی از تلفن ۵۵۷ تماس بگیر", ALI_FROM_KITCHEN),
        ("حیاط را به علی رضایی وصل کن", ("553", "09121234567")),
        ("حياط رو به علي‌رضايي وصل‌كن", ("553", "09121234567")),
        ("حیاط به علی رضایی وصل کن", ("553", "09121234567")),
        ("گوشی حیاط رو وصل کن به علی رضایی", ("553", "09121234567")),
        ("از حیاط به علی رضایی زنگ بزنید لطفا", ("553", "09121234567")),
        ("call رضا 2", ("0211234", "09121111111")),
        ("با رضا٢ تماس بگیر", ("0211234", "09121111111")),
    ],
)
async def test_sentence_calls_a_contact(
    simulator: Simulator, say: Say, sentence: str, call: tuple[str, str]
) -> None:
    """However it is spelled, and by other names too."""
    assert await say(sentence)
    assert dialled(simulator) == [call]


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("sentence", "language", "answer"),
    [
        ("call Ali from kitchen", "en", "Calling Ali: Kitchen rings first."),
        ("call Sara Ann", "en-GB", "Calling Sara Ann: Workshop phone rings first."),
        ("call رضا 2", "de", "Calling رضا ۲: the usual phone rings first."),
        (
            "با سارا تماس بگیر",
            "fa",
            "دارم با Sara Ann تماس می‌گیرم؛ اول Workshop phone زنگ می‌خورد.",
        ),
    ],
)
async def test_answer_says_what_happens(
    say: Say, sentence: str, language: str, answer: str
) -> None:
    """In the language of the conversation, whichever the sentence's is."""
    assert await say(sentence, language) == answer


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    "sentence",
    [
        "call Bob",
        "call me a taxi",
        "call alien",
        "call Ali's office",
        "call Ali Rezaei",
        "don't call Ali",
        "make a call to Bob",
        "give the dog a call",
        "call Bob from the kitchen",
        "call the scene movie night",
        "call 557",
        "ring the bell",
        "phone home",
        "call 09121234567",
        "connect kitchen to the internet",
        "call Ali and Sara Ann",
        "set a 5 minute timer called Ali",
        "یخچال را به برق وصل کن",
        "به باب زنگ بزن",
        "به ۰۹۱۲۱۲۳۴۵۶۷ زنگ بزن",
        "به علی رضایی زنگ نزن",
        "به علی رضایی زنگ بزنم؟",
        "به علی رضایی زنگ بزن و بگو شام حاضر است",
    ],
)
async def test_what_is_not_ours_is_left_to_others(
    simulator: Simulator, say: Say, sentence: str
) -> None:
    """To other integrations, automations and language models."""
    assert await say(sentence, "en" if sentence.isascii() else "fa") is None
    assert not dialled(simulator)


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("sentence", "language", "answer"),
    [
        (
            "call Ali from the garage and wait",
            "en",
            "No call was placed: Ali cannot be called from a phone named the garage.",
        ),
        (
            "connect 09121111111 to Ali",
            "en",
            "No call was placed: Ali cannot be called from a phone named 09121111111.",
        ),
        (
            "با سارا از گاراژ تماس بگیر",
            "fa",
            "تماسی برقرار نشد: تلفنی به نام گاراژ نیست که بتوان از آن با Sara Ann تماس "
            "گرفت.",
        ),
        (
            "call Ali",
            "en",
            "No call was placed: it is not known which telephone should ring first.",
        ),
    ],
)
async def test_what_is_missing_is_said(
    simulator: Simulator, say: Say, sentence: str, language: str, answer: str
) -> None:
    """And nothing is dialled."""
    assert await say(sentence, language) == answer
    assert not dialled(simulator)


@pytest.mark.usefixtures("loaded_entry")
async def test_similar_names_are_not_guessed(
    hass: HomeAssistant, simulator: Simulator, say: Say, entry: MockConfigEntry
) -> None:
    """A name that fits exactly wins, and of two that fit nearly none does."""
    await add(hass, entry, subentry("extension", "Phone hall", number="601"))
    await add(hass, entry, subentry("extension", "Hall phone", number="602"))
    answer = await say("call Ali from the hall")
    assert answer is not None
    assert "named the hall" in answer
    assert await say("call Ali from hall phone")
    assert dialled(simulator) == [("602", "09121234567")]


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("name", "sentences"),
    [
        ("Ali Reza", ["call Ali Reza", "connect kitchen to alireza"]),
        ("Man from Shiraz", ["call Man from Shiraz", "call man from shiraz from 552"]),
        ("Path to home", ["call path to home", "connect kitchen to Path to home"]),
        ("Taxi 133", ["call taxi 133 please", "به Taxi ۱۳۳ زنگ بزن"]),
        ("O'Neil & Sons", ["call O'Neil & Sons", "Call O’Neil and sons."]),
        ("Dr. Who's office", ["call Dr. Who's office", "call dr whos office"]),
        (
            "پیک از تهران",
            ["به پیک از تهران زنگ بزن", "از kitchen به پیک از تهران زنگ بزن"],
        ),
        (
            "شرکت به‌پرداخت",
            ["به شرکت به پرداخت زنگ بزن", "حیاط را به شرکت به‌پرداخت وصل کن"],
        ),
        ("آژانس ۱۳۳", ["به آژانس 133 زنگ بزن", "به اژانس١٣٣ زنگ بزن"]),
        ("دکتر، نیما", ["به دکتر نیما زنگ بزن", "با دکتر، نیما تماس بگیر."]),
        ("خانه‌ی پدر", ["به خانه ی پدر زنگ بزن", "به خانهی پدر زنگ بزن"]),
        ("كيميا رئوفي", ["به کیمیا رئوفی زنگ بزن", "با كيميا رئوفي تماس بگير"]),
        ("سارا و علی", ["به سارا و علی زنگ بزن", "به سارا و علی از حیاط زنگ بزن"]),
    ],
)
async def test_names_with_words_of_sentences_and_in_other_spellings(
    hass: HomeAssistant,
    simulator: Simulator,
    say: Say,
    entry: MockConfigEntry,
    name: str,
    sentences: list[str],
) -> None:
    """None of them is taken for another one."""
    await add(hass, entry, subentry("contact", name, number="1", caller="552"))
    for sentence in sentences:
        assert await say(sentence), sentence
    assert [callee for _, callee in dialled(simulator)] == ["1"] * len(sentences)


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("علیرضا", "علی رضا"),
        ("علی رضا", "علیرضا"),
        ("مادربزرگ", "مادر بزرگ"),
        ("مادر‌بزرگ", "مادربزرگ"),
        ("محمدرضا", "محمد‌رضا"),
        ("محمّدرضا", "محمد رضا"),
        ("محمدرضا", "محمّدرضا"),
        ("امیرحسین", "امیر حسین"),
        ("رضائی", "رضایی"),
        ("رضایی", "رضائی"),
        ("زهراء", "زهرا"),
        ("مؤمنی", "مومنی"),
        ("آرش", "ارش"),
        ("كيان", "کیان"),
        ("واحد ۱۲", "واحد 12"),
        ("24/7 Support", "24/7 support"),
        ("24/7 Support", "۲۴ ۷ Support"),
        ("Ali (mobile)", "Ali mobile"),
        ("Ali (mobile)", "ali (mobile)"),
        ("Home/Office", "home office"),
        ("Home/Office", "Home/Office"),
        ("#1 Taxi", "1 taxi"),
        ("#1 Taxi", "#1 Taxi"),
        ("C++ | {Team}; <x>", "c++ | {team}; <x>"),
        ("back\\slash", "back\\slash"),
        ("Ann-Marie O'Brien", "ann marie obrien"),
        ("STRASSE 5", "Straße ۵"),
        ("The Boss", "boss"),
        ("My mother", "my mother"),
        ("The Red Lion", "theredlion"),
        ("R&D", "R and D"),
    ],
)
async def test_name_is_found_however_it_is_said(
    hass: HomeAssistant,
    simulator: Simulator,
    say: Say,
    entry: MockConfigEntry,
    name: str,
    said: str,
) -> None:
    """By sentences in both languages, the intent and the models' tool alike."""
    await add(hass, entry, subentry("contact", name, number="1", caller="552"))
    assert await say(f"call {said}")
    assert await say(f"{said} رو بگیر.", "fa")
    assert await say(f"به {said} از حیاط زنگ بزن!", "fa")
    await intent.async_handle(
        hass, "test", "PbxCallContact", {"contact": {"value": said}}
    )
    context = LLMContext("test", Context(), "en", "conversation", None)
    tool_input = ToolInput("pbx__call_contact", {"contact": said})
    await CallContactTool().async_call(hass, tool_input, context)
    calls = [("552", "1"), ("552", "1"), ("553", "1"), ("552", "1"), ("552", "1")]
    assert dialled(simulator) == calls


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("sentence", "language", "answer"),
    [
        (
            "call Ali Reza",
            "en",
            "No call was placed: there are several contacts named Ali Reza.",
        ),
        (
            "به علی‌رضا زنگ بزن",
            "fa",
            "تماسی برقرار نشد: چند مخاطب به نام علی‌رضا هست.",
        ),
        (
            "call Ali from the hall",
            "en",
            "No call was placed: there are several phones named the hall from which Ali "
            "could be called.",
        ),
        (
            "از گوشی hall با علی رضایی تماس بگیر",
            "fa",
            "تماسی برقرار نشد: چند تلفن به نام گوشی hall هست که می‌توان از آن‌ها با Ali "
            "تماس گرفت.",
        ),
    ],
)
async def test_several_with_a_name_are_said_to_be_several(
    hass: HomeAssistant,
    simulator: Simulator,
    say: Say,
    entry: MockConfigEntry,
    sentence: str,
    language: str,
    answer: str,
) -> None:
    """Nobody is guessed; whoever has another name is called by that one."""
    for number, name, alias in (
        ("1", "Ali-Reza", "علیرضا"),
        ("2", "Ali/Reza", "علی رضا"),
    ):
        contact = subentry(
            "contact",
            name,
            number=number,
            caller="552",
            aliases=[alias, f"No {number}"],
        )
        await add(hass, entry, contact)
    await add(hass, entry, subentry("extension", "Phone hall", number="601"))
    await add(hass, entry, subentry("extension", "Hall phone", number="602"))
    assert await say(sentence, language) == answer
    assert not dialled(simulator)
    assert await say("call Ali/Reza")
    assert await say("call no 1")
    assert dialled(simulator) == [("552", "2"), ("552", "1")]


@pytest.mark.usefixtures("loaded_entry")
async def test_sentence_of_the_user_is_answered_for_whom_we_do_not_know(
    hass: HomeAssistant, simulator: Simulator, say: Say
) -> None:
    """Automations may call others in the same words."""
    own = {"trigger": "conversation", "command": ["make a call to {name}"]}
    answer = {"set_conversation_response": "Bell rings"}
    automation = {"triggers": own, "actions": answer}
    assert await async_setup_component(hass, "automation", {"automation": automation})
    await hass.async_block_till_done()
    assert await say("make a call to Bob") == "Bell rings"
    assert not dialled(simulator)


@pytest.mark.usefixtures("loaded_entry")
async def test_longest_name_of_a_contact_is_meant(
    hass: HomeAssistant, simulator: Simulator, say: Say, entry: MockConfigEntry
) -> None:
    """Where a sentence can be understood in two ways."""
    namesake = subentry("contact", "Ali from kitchen", number="1", caller="552")
    await add(hass, entry, namesake)
    await add(hass, entry, subentry("contact", "Ali Now", number="2", caller="552"))
    await say("call Ali from kitchen")
    await say("call Ali from the kitchen")
    await say("call Ali now")
    assert dialled(simulator) == [("552", "1"), ALI_FROM_KITCHEN, ("552", "2")]


@pytest.mark.usefixtures("loaded_entry")
async def test_telephone_that_there_is_is_meant(
    hass: HomeAssistant, simulator: Simulator, say: Say, entry: MockConfigEntry
) -> None:
    """Rather than a contact with a longer name and a telephone that there is not."""
    await add(hass, entry, subentry("contact", "Ali from work", number="1"))
    await add(hass, entry, subentry("extension", "Work from home", number="602"))
    await say("call Ali from work from home")
    assert dialled(simulator) == [("602", "09121234567")]


def something_said(template: str, choose: random.Random) -> str:
    """Return one of the sentences of a template, with the names in their places."""

    def one(match: re.Match[str]) -> str:
        alternatives: list[str] = (match[1] or match[2]).split("|")
        alternatives += [""] if match[1] else []
        return choose.choice(alternatives)

    template = template.replace("<", "(").replace(">", ")")
    group = re.compile(r"\[([^][()]*)\]|\(([^][()]*)\)")
    while group.search(template):
        template = group.sub(one, template)
    joined = re.sub("~", lambda _: choose.choice(["", " ", "\u200c"]), template)
    return joined.format(contact="Ali", extension="Kitchen")


@pytest.fixture
def near_the_satellite(
    hass: HomeAssistant,
    device_registry: dr.DeviceRegistry,
    area_registry: ar.AreaRegistry,
    loaded_entry: MockConfigEntry,
) -> Callable[..., str]:
    """Return what puts extensions in the area of a satellite, and returns its id."""

    def put(*subentries: ConfigSubentryDataWithId) -> str:
        area = area_registry.async_create("Ground floor")
        other = MockConfigEntry(domain="other")
        other.add_to_hass(hass)
        satellite = device_registry.async_get_or_create(
            config_entry_id=other.entry_id, identifiers={("other", "satellite")}
        )
        identifiers = {
            (DOMAIN, f"{loaded_entry.entry_id}_{data['subentry_id']}")
            for data in subentries
        }
        phones = [
            device.id
            for device in dr.async_entries_for_config_entry(
                device_registry, loaded_entry.entry_id
            )
            if device.identifiers & identifiers
        ]
        assert len(phones) == len(subentries)
        for device_id in (satellite.id, *phones):
            device_registry.async_update_device(device_id, area_id=area.id)
        return satellite.id

    return put


@pytest.mark.parametrize(
    ("nearby", "sentence", "caller"),
    [
        ([KITCHEN], "call Sara Ann", "557"),
        ([KITCHEN, ALI], "call Sara Ann", "557"),
        ([KITCHEN], "call Sara Ann from حیاط", "553"),
        ([KITCHEN, YARD], "call Sara Ann", "552"),
        ([], "call Sara Ann", "552"),
    ],
    ids=["one", "one and a contact", "another is named", "several", "none"],
)
async def test_phone_in_the_area_rings_first(
    simulator: Simulator,
    say: Say,
    near_the_satellite: Callable[..., str],
    nearby: list[ConfigSubentryDataWithId],
    sentence: str,
    caller: str,
) -> None:
    """Unless another one is named, or it is not certain which one that is."""
    await say(sentence, device_id=near_the_satellite(*nearby))
    assert dialled(simulator) == [(caller, "09127654321")]


async def test_device_without_an_area_says_nothing(
    simulator: Simulator, say: Say, loaded_entry: MockConfigEntry
) -> None:
    """Nor does one that was removed."""
    await say("call Sara Ann", device_id="0123456789")
    assert dialled(simulator) == [SARA_FROM_HERS]


async def test_phone_does_not_ring_itself(
    hass: HomeAssistant,
    simulator: Simulator,
    say: Say,
    loaded_entry: MockConfigEntry,
    near_the_satellite: Callable[..., str],
) -> None:
    """Who calls the kitchen from the kitchen is somewhere else."""
    cook = subentry("contact", "Cook", number="557", caller="553")
    await add(hass, loaded_entry, cook)
    await say("call the cook", device_id=near_the_satellite(KITCHEN))
    assert dialled(simulator) == [("553", "557")]


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("sentence", "language", "answer"),
    [
        (
            "call the cook from the kitchen",
            "en",
            "No call was placed: a telephone cannot be connected to itself.",
        ),
        (
            "از آشپزخانه به cook زنگ بزن",
            "fa",
            "تماسی برقرار نشد: یک تلفن را نمی‌توان به خودش وصل کرد.",
        ),
    ],
)
async def test_phone_that_is_to_call_itself_is_said(
    hass: HomeAssistant,
    simulator: Simulator,
    say: Say,
    entry: MockConfigEntry,
    sentence: str,
    language: str,
    answer: str,
) -> None:
    """And nothing is dialled."""
    await add(hass, entry, subentry("contact", "Cook", number="557", caller="553"))
    await add(hass, entry, subentry("extension", "آشپزخانه", number="557"))
    assert await say(sentence, language) == answer
    assert not dialled(simulator)


async def until_over[T](
    hass: HomeAssistant, simulator: Simulator, waiting: Awaitable[T]
) -> T:
    """Let a call take its course, and time go by until what waits for it is done."""
    task = asyncio.ensure_future(waiting)
    while not task.done() and not originates(simulator):
        await asyncio.sleep(0.001)
    await simulator.pbx.idle()
    for _ in range(20):
        await asyncio.sleep(0.01)
        if task.done():
            break
        # Not for as long as one waits at most.
        async_fire_time_changed(hass, dt_util.utcnow() + timedelta(minutes=3))
        await hass.async_block_till_done(wait_background_tasks=True)
    return await asyncio.wait_for(task, 1)


@pytest.mark.parametrize(
    ("sentence", "language", "callee", "caller", "answer"),
    [
        (
            "call Ali from kitchen and tell me how it ended",
            "en",
            "busy",
            "answer",
            "Ali was busy or declined the call.",
        ),
        (
            "connect kitchen to Ali and wait until it is over please",
            "en",
            "answer",
            "answer",
            "The call to Ali was answered and has ended.",
        ),
        (
            "از حیاط با علی رضایی تماس بگیر و نتیجه را بگو",
            "fa",
            "no_answer",
            "answer",
            "Ali جواب نداد.",
        ),
        (
            "از حیاط با علی رضایی تماس بگیر و صبر کن تا تموم شه",
            "fa",
            "no_answer",
            "answer",
            "Ali جواب نداد.",
        ),
        (
            "با علی رضایی از حیاط تماس بگیر و بگو چی شد",
            "fa",
            "answer",
            "no_answer",
            "کسی تلفنی را که اول زنگ خورد برنداشت؛ برای همین با Ali تماسی گرفته نشد.",
        ),
    ],
)
async def test_answer_says_how_the_call_ended(
    hass: HomeAssistant,
    say: Say,
    connected: Simulator,
    sentence: str,
    language: str,
    callee: str,
    caller: str,
    answer: str,
) -> None:
    """When that is asked for."""
    connected.pbx.change(
        phones=[
            {"number": "09.", "behaviour": callee},
            {"number": "553", "behaviour": caller},
            {"number": "557", "behaviour": caller},
        ]
    )
    said = await until_over(hass, connected, say(sentence, language))
    assert said == answer


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (
            {"denied_numbers": ["0912."]},
            "No call was placed: the number may not be called.",
        ),
        (
            {"repeat_seconds": 30},
            "No call was placed: the same call was placed a moment ago and, as far as "
            "is known, has not ended.",
        ),
        (
            {"calls_at_once": 1},
            "No call was placed: this PBX has reached a limit for its calls.",
        ),
    ],
)
async def test_limits_hold_for_what_is_spoken(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    say: Say,
    options: dict[str, Any],
    answer: str,
) -> None:
    """And it is said, without a number."""
    await say("call Ali from the kitchen")
    await change_options(hass, loaded_entry, **options)
    assert await say("call Ali from the kitchen") == answer
    assert dialled(simulator) == [ALI_FROM_KITCHEN]


@pytest.mark.parametrize(
    ("sentence", "language", "answer"),
    [
        (
            "call Porter from the kitchen",
            "en",
            "No call was placed: a telephone cannot be connected to itself.",
        ),
        (
            "به Porter از Kitchen زنگ بزن",
            "fa",
            "تماسی برقرار نشد: یک تلفن را نمی‌توان به خودش وصل کرد.",
        ),
    ],
)
async def test_telephone_is_not_connected_to_itself_by_voice(
    hass: HomeAssistant,
    simulator: Simulator,
    loaded_entry: MockConfigEntry,
    say: Say,
    sentence: str,
    language: str,
    answer: str,
) -> None:
    """Nothing is placed, and it is said without a number."""
    await add(hass, loaded_entry, subentry("contact", "Porter", number="۵۵۷"))
    assert await say(sentence, language) == answer
    assert not dialled(simulator)


async def test_entry_may_go_while_it_is_asked_who_may_call(
    hass: HomeAssistant, simulator: Simulator, loaded_entry: MockConfigEntry, say: Say
) -> None:
    """The answer is Home Assistant's own."""
    user = MockUser(is_owner=True).add_to_hass(hass)
    look_up = hass.auth.async_get_user

    async def unload_and_look_up(user_id: str) -> User | None:
        await hass.config_entries.async_unload(loaded_entry.entry_id)
        return await look_up(user_id)

    with patch.object(hass.auth, "async_get_user", unload_and_look_up):
        answer = await say(
            "call Ali from the kitchen", context=Context(user_id=user.id)
        )
    assert answer
    assert not dialled(simulator)


@pytest.mark.usefixtures("loaded_entry")
async def test_nobody_waits_for_ever(simulator: Simulator, say: Say) -> None:
    """Nobody knows yet how the call ends, and Assist would wait for no longer."""
    assert resolve.LONGEST_WAIT < DEFAULT_PIPELINE_TIMEOUT
    with patch.object(resolve, "LONGEST_WAIT", 0.01):
        answer = await say("call Ali from the kitchen and tell me what happened")
    assert answer == "The call to Ali has not ended yet."
    assert dialled(simulator) == [ALI_FROM_KITCHEN]


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    ("fault", "language", "answer"),
    [
        (
            {"status": 401},
            "en",
            "No call was placed: the PBX does not accept the stored credentials.",
        ),
        (
            {"drop": "after"},
            "en",
            "The PBX may have placed the call, or not: the connection broke or no "
            "answer came in time.",
        ),
        (
            {"drop": "after"},
            "fa",
            "معلوم نیست که تماس برقرار شده باشد یا نه: ارتباط قطع شد یا پاسخی به‌موقع "
            "نرسید.",
        ),
    ],
)
async def test_error_says_whether_somebody_may_ring(
    simulator: Simulator,
    say: Say,
    fault: dict[str, Any],
    language: str,
    answer: str,
) -> None:
    """Clearly, and in one sentence."""
    simulator.pbx.change(faults=[Fault(path=ORIGINATE, **fault)])
    assert await say("call Sara Ann", language) == answer
    assert len(originates(simulator)) == 1


@pytest.mark.usefixtures("loaded_entry")
async def test_error_without_a_text_of_ours_is_said_as_it_is(say: Say) -> None:
    """As those of a later Home Assistant may be."""
    with patch.object(
        resolve, "async_call_contact", side_effect=HomeAssistantError("No way")
    ):
        assert await say("call Sara Ann") == "No way"


@pytest.mark.usefixtures("loaded_entry")
async def test_user_needs_the_permission_for_the_button(
    hass: HomeAssistant, simulator: Simulator, say: Say
) -> None:
    """A user who may not press it does not get round that by talking."""
    user = MockUser().add_to_hass(hass)
    user.mock_policy({"entities": {"entity_ids": {"button.sara_ann_call": True}}})
    context = Context(user_id=user.id)
    refused = "No call was placed: you may not call this contact."
    assert await say("call Ali from kitchen", context=context) == refused
    assert await say("call Sara Ann", context=Context(user_id="gone")) == refused
    assert not dialled(simulator)
    assert await say("call Sara Ann", context=context) != refused
    assert dialled(simulator) == [SARA_FROM_HERS]


@pytest.mark.usefixtures("loaded_entry")
async def test_contact_whose_button_was_deleted(
    hass: HomeAssistant,
    entity_registry: er.EntityRegistry,
    simulator: Simulator,
    say: Say,
) -> None:
    """Those may call who may control everything."""
    entity_registry.async_remove("button.sara_ann_call")
    user = MockUser().add_to_hass(hass)
    user.mock_policy({"entities": {"domains": {"button": True}}})
    await say("call Sara Ann", context=Context(user_id=user.id))
    assert not dialled(simulator)
    user.mock_policy({"entities": True})
    await say("call Sara Ann", context=Context(user_id=user.id))
    assert dialled(simulator) == [SARA_FROM_HERS]


@pytest.mark.parametrize("options", [{}, {"voice": False}])
async def test_nothing_is_understood_without_the_option(
    hass: HomeAssistant,
    simulator: Simulator,
    say: Say,
    entry: MockConfigEntry,
    options: dict[str, Any],
) -> None:
    """And once it is turned on, it is."""
    entry.add_to_hass(hass)
    hass.config_entries.async_update_entry(entry, options=options)
    await hass.config_entries.async_setup(entry.entry_id)
    for sentence, language in (("call Sara Ann", "en"), ("به سارا زنگ بزن", "fa")):
        assert await say(sentence, language) is None
    assert not dialled(simulator)
    hass.config_entries.async_update_entry(entry, options={"voice": True})
    await hass.async_block_till_done()
    assert await say("call Sara Ann")
    assert dialled(simulator) == [SARA_FROM_HERS]


async def test_nothing_is_understood_of_a_pbx_that_is_unloaded(
    hass: HomeAssistant, simulator: Simulator, say: Say, loaded_entry: MockConfigEntry
) -> None:
    """Whatever is said."""
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert await say("call Sara Ann") is None
    assert await say("make a call to Sara Ann") is None
    assert not dialled(simulator)


async def test_change_of_a_contact_loses_no_sentence(
    hass: HomeAssistant, simulator: Simulator, say: Say, loaded_entry: MockConfigEntry
) -> None:
    """What is said while the PBX is set up anew waits for that."""
    hass.config_entries.async_schedule_reload(loaded_entry.entry_id)
    async with asyncio.timeout(5):
        while loaded_entry.state is ConfigEntryState.LOADED:
            await asyncio.sleep(0)
    assert await say("call Sara Ann")
    assert dialled(simulator) == [SARA_FROM_HERS]


async def test_nobody_waits_for_ever_for_a_pbx(
    hass: HomeAssistant, simulator: Simulator, say: Say, loaded_entry: MockConfigEntry
) -> None:
    """Which is set up for as long as it likes."""
    with patch.object(resolve, "_LONGEST_SET_UP", 0.01):
        async with loaded_entry.setup_lock:
            assert await say("call Sara Ann")
    assert dialled(simulator) == [SARA_FROM_HERS]


async def test_contact_that_goes_while_it_is_called(
    hass: HomeAssistant, simulator: Simulator, say: Say, loaded_entry: MockConfigEntry
) -> None:
    """Is not called, and that is said."""
    await loaded_entry.setup_lock.acquire()
    task = asyncio.ensure_future(say("call Sara Ann"))
    await asyncio.sleep(0.05)
    loaded_entry.setup_lock.release()
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    answer = await task
    assert answer is not None
    assert "no contact Sara Ann" in answer
    assert not dialled(simulator)


@pytest.mark.usefixtures("loaded_entry")
async def test_same_sentence_in_two_rooms_is_answered_once_in_each(
    simulator: Simulator, say: Say
) -> None:
    """Each answer places one call, also where an earlier one has failed."""
    with (
        patch.object(resolve, "async_call_contact", side_effect=ValueError),
        pytest.raises(ValueError),
    ):
        await say("call Sara Ann")
    await asyncio.gather(say("call Sara Ann"), say("Call  Sara-Ann!"))
    assert dialled(simulator) == [SARA_FROM_HERS] * 2


@pytest.mark.usefixtures("loaded_entry")
async def test_what_nobody_answers_is_forgotten(
    hass: HomeAssistant, simulator: Simulator, say: Say, entry: MockConfigEntry
) -> None:
    """It costs nothing for ever, and does not keep the next sentence from being heard."""
    names = [f"Number {number}" for number in range(20)]
    contact = subentry("contact", "Many", number="1", caller="552", aliases=names)
    await add(hass, entry, contact)
    with patch.object(resolve, "async_call_contact", side_effect=ValueError):
        for name in names:
            with pytest.raises(ValueError):
                await say(f"call {name}")
    manager = agent_manager.get_agent_manager(hass)
    assert len(manager.trigger_sentences) <= 16
    for name in (names[0], names[-1]):
        assert await say(f"call {name}")
    assert dialled(simulator) == [("552", "1")] * 2


@pytest.mark.usefixtures("loaded_entry")
async def test_nothing_is_left_of_a_sentence_that_was_answered(
    hass: HomeAssistant, say: Say
) -> None:
    """Home Assistant has the sentences of automations only, as before."""
    manager = agent_manager.get_agent_manager(hass)
    for sentence in ("call Sara Ann", "call Ali in an hour", "call Bob"):
        await say(sentence)
        assert not manager.trigger_sentences


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize(
    "sentence", ["call Sara Ann in 1 second", "in 1 second call Sara Ann"]
)
async def test_call_can_be_asked_for_later(
    hass: HomeAssistant, simulator: Simulator, say: Say, sentence: str
) -> None:
    """By a timer of Home Assistant, which looks whether the command is understood."""
    assert await async_setup_component(hass, "intent", {})
    assert await say(sentence) is not None
    assert not dialled(simulator)
    async with asyncio.timeout(10):
        while not dialled(simulator):
            await asyncio.sleep(0.05)
    assert dialled(simulator) == [SARA_FROM_HERS]


@pytest.mark.usefixtures("loaded_entry")
async def test_satellite_is_in_the_area_of_its_device(
    hass: HomeAssistant,
    simulator: Simulator,
    conversations: None,
    entity_registry: er.EntityRegistry,
    near_the_satellite: Callable[..., str],
) -> None:
    """As the sentences of automations take it."""
    satellite = entity_registry.async_get_or_create(
        "assist_satellite", "other", "1", device_id=near_the_satellite(KITCHEN)
    )
    for satellite_id in (satellite.entity_id, "assist_satellite.gone"):
        await conversation.async_converse(
            hass, "call Sara Ann", None, Context(), "en", satellite_id=satellite_id
        )
    assert dialled(simulator) == [("557", "09127654321"), SARA_FROM_HERS]


async def test_sentences_wait_for_conversations(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, simulator: Simulator
) -> None:
    """They may be set up later, and not more than once."""
    await hass.config_entries.async_reload(loaded_entry.entry_id)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done()
    await conversation.async_converse(hass, "call Sara Ann", None, Context())
    assert dialled(simulator) == [SARA_FROM_HERS]


async def test_conversations_may_come_when_the_pbx_is_gone(
    hass: HomeAssistant, loaded_entry: MockConfigEntry
) -> None:
    """Nothing is left to be understood."""
    await hass.config_entries.async_unload(loaded_entry.entry_id)
    assert await async_setup_component(hass, "homeassistant", {})
    assert await async_setup_component(hass, "conversation", {})
    await hass.async_block_till_done()
    result = await conversation.async_converse(hass, "call Ali", None, Context())
    assert result.response.error_code == "no_intent_match"


async def test_several_pbxs_have_one_set_of_sentences(
    hass: HomeAssistant, simulator: Simulator, say: Say, loaded_entry: MockConfigEntry
) -> None:
    """A sentence places one call, by the PBX of the contact, if that one allows it."""
    async with running() as other, running() as silent:
        nina = subentry("contact", "Nina", number="09123333333", caller="552")
        hall = subentry("extension", "Hall", number="552")
        home = entry_for(other, [nina, hall], entry_id="01JHOME")
        omid = subentry("contact", "Omid", number="09124444444", caller="552")
        await setup_integration(hass, home)
        quiet = entry_for(silent, [omid], entry_id="01JQUIET", voice=False)
        await setup_integration(hass, quiet)

        assert await say("call Sara Ann")
        assert await say("call Nina from hall")
        assert await say("call Omid") is None
        elsewhere = await say("call Nina from the kitchen")
        assert elsewhere is not None
        assert "cannot be called from a phone named the kitchen" in elsewhere
        assert dialled(simulator) == [SARA_FROM_HERS]
        assert dialled(other) == [("552", "09123333333")]
        assert not dialled(silent)

        await hass.config_entries.async_unload(loaded_entry.entry_id)
        assert await say("call Sara Ann") is None
        assert await say("call Nina")
        assert len(dialled(other)) == 2


@pytest.mark.usefixtures("loaded_entry")
async def test_names_that_cannot_be_spoken_do_no_harm(
    hass: HomeAssistant, simulator: Simulator, say: Say, entry: MockConfigEntry
) -> None:
    """Nor do those with signs that mean something in a sentence's template."""
    await add(hass, entry, subentry("contact", "🍕", number="1", caller="552"))
    odd = subentry("contact", "[A](b|c) {d}. <e>", number="2", caller="552")
    await add(hass, entry, odd)
    assert await say("call A b c d e")
    assert dialled(simulator) == [("552", "2")]


async def test_entry_without_contacts(
    hass: HomeAssistant,
    simulator: Simulator,
    say: Say,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """There is nobody to call."""
    await setup_integration(hass, entry_for(simulator, []))
    for sentence in ("call Ali", "call", "call now", "call from kitchen"):
        assert await say(sentence) is None
    assert "Error" not in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.usefixtures("loaded_entry")
async def test_sentences_that_are_offered_are_understood(
    simulator: Simulator, say: Say
) -> None:
    """Whichever of their variants is said: always Ali is called, from the kitchen."""
    choose = random.Random(4)
    for template in TEMPLATES:
        for _ in range(10):
            sentence = something_said(template, choose)
            found = requests_in(sentence, ["Ali"])
            waits = any(request.wait for request in found)
            assert any(
                (request.contact, request.wait) == ("Ali", waits)
                and request.extension in ("Kitchen", "the Kitchen", None)
                for request in found
            ), sentence
            if not waits:
                answer = await say(sentence)
                assert answer is not None, sentence
                assert ("Kitchen" in sentence) == answer.startswith("Calling Ali")
    assert set(dialled(simulator)) == {ALI_FROM_KITCHEN}


def test_every_text_is_spoken_somewhere() -> None:
    """And there is one for each outcome."""
    spoken = {f"voice_{outcome}" for outcome in Outcome}
    source = (TRANSLATIONS.parent / "assist" / "replies.py").read_text()
    assert {key for key in TEXTS if f'"{key}"' in source} | spoken == TEXTS.keys()
