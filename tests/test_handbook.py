"""What the pages of the handbook say is true, and what they offer to paste works."""

from collections.abc import Mapping
from pathlib import Path
import re
from typing import Any, Final
from unittest.mock import patch

from freezegun.api import FrozenDateTimeFactory
import pytest
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_mock_service,
)

from custom_components.pbx.assist import resolve
from custom_components.pbx.assist.names import words_in
from custom_components.pbx.assist.sentences import patterns
from custom_components.pbx.dialing.guard import EMERGENCY_NUMBERS
from custom_components.pbx.dialing.pattern import parse_pattern
from custom_components.pbx.flows.limits import rules_of
from custom_components.pbx.intent import CallContactIntentHandler
from custom_components.pbx.llm import CallContactTool, LastCallTool, ListContactsTool
from custom_components.pbx.monitor import CallEventType
from custom_components.pbx.sensor import EXTENSION_STATES, LAST_CALL_STATES
from custom_components.pbx.services import OUTCOME_ACCEPTED
from custom_components.pbx.telephony.calls import Outcome
from custom_components.pbx.telephony.numbers import TO_ASCII_DIGITS
from custom_components.pbx.telephony.phones import PhoneStep
from homeassistant.core import HomeAssistant
from homeassistant.helpers import entity_registry as er
from homeassistant.util.yaml import dump, load_yaml_dict
from simulator.server import Simulator
from simulator.settings import Fault

from .common import (
    PING,
    connection_to,
    elapse,
    originate,
    originate_and_wait,
    originates,
    subentry,
)
from .pages import (
    COMPONENT,
    READMES,
    REPOSITORY,
    automations_of,
    blocks_of,
    columns_of,
    in_both_languages,
    lost_links,
    names_in,
    parts_of,
    section_of,
    tables_in,
    tables_of_names,
    text_of,
    texts_of,
)
from .pasting import let_call_end, notices, paste, ring
from .test_contacts import RECEPTION, WORKSHOP
from .test_event import ATTRIBUTES, INCOMING, TAKEN, UNANSWERED, send
from .test_extensions import new_state
from .test_voice import Say, conversations, dialled, entry_for, say

__all__ = ["conversations", "say"]

NAMES: Final = sorted(
    path.name.removesuffix(".md")
    for path in (REPOSITORY / "docs").glob("*.md")
    if not path.name.endswith(".fa.md")
)
PAGES: Final = [page for name in NAMES for page in in_both_languages(name)]
ACTIONS, ENTITIES, TRIGGERS, CONDITIONS, VOICE, LIMITS, TROUBLESHOOTING = map(
    in_both_languages,
    (
        "actions",
        "entities",
        "triggers",
        "conditions",
        "voice",
        "limits",
        "troubleshooting",
    ),
)
# In which order a page has its automations.
CALLS_SARA, ONE_AFTER_THE_OTHER = range(2)
INCOMING_CALL, CALL_ANSWERED, CALL_ENDED, CALL_MISSED, STATE_CHANGED = range(5)
IS_IDLE, IS_IN_USE, IS_REACHABLE = range(3)

WORKSHOP_GONE = {**new_state("Unavailable"), "exten": "552"}


@pytest.fixture
def entry(simulator: Simulator) -> MockConfigEntry:
    """Return an entry with what the examples name, not set up."""
    return MockConfigEntry(
        domain="pbx",
        title="Office",
        entry_id="01JOFFICE",
        data={**connection_to(simulator), "webhook_id": "0123456789abcdef" * 4},
        options={"context": "main_routing", "timeout": 30},
        subentries_data=[
            subentry("extension", "Intercom", number="570"),
            RECEPTION,
            WORKSHOP,
            subentry("contact", "Sara", number="09127654321"),
        ],
    )


@pytest.mark.parametrize("name", NAMES)
def test_both_languages_have_the_same_parts(name: str) -> None:
    """Nothing is missing in one of them."""
    english, persian = map(parts_of, in_both_languages(name))
    assert english == persian


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    """To a file or picture of the repository, and to a heading in it."""
    assert not lost_links(page)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "README"])
def test_every_page_is_found(name: str) -> None:
    """In the readme, in the index, and in the other language."""
    for index, readme, page in zip(
        in_both_languages("README"), READMES, in_both_languages(name), strict=True
    ):
        file = Path(page).name
        assert f"]({file})" in text_of(index)
        assert f"](docs/{file})" in text_of(readme)
    english, persian = in_both_languages(name)
    assert f"]({Path(persian).name})" in text_of(english)
    assert f"]({Path(english).name})" in text_of(persian)


def told_apart(block: Any) -> Any:
    """Return a block of YAML without what is said in a language."""
    if isinstance(block, Mapping):
        return {
            key: told_apart(value)
            for key, value in block.items()
            if key not in ("alias", "title", "message", "stop", "language", "contact")
            or isinstance(value, Mapping)
        }
    if isinstance(block, list):
        return [told_apart(item) for item in block]
    return block


@pytest.mark.parametrize("name", [name for name in NAMES if name != "voice"])
def test_examples_are_the_same_in_both_languages(name: str) -> None:
    """But for their words."""
    english, persian = (told_apart(blocks_of(page)) for page in in_both_languages(name))
    assert english == persian


@pytest.mark.parametrize("page", ACTIONS)
def test_action_is_explained(page: str) -> None:
    """Each field, what can be waited for, and each outcome, with none more."""
    tables = tables_of_names(page)
    fields = load_yaml_dict(COMPONENT / "services.yaml")["originate"]["fields"]
    names = {*fields, *fields["details"]["fields"]} - {"details"}
    assert names in tables
    assert set(fields["wait_for"]["selector"]["select"]["options"]) in tables
    assert {OUTCOME_ACCEPTED, *Outcome} in tables
    texts = texts_of(page)["services"]["originate"]
    assert f"*{texts['name']}*" in text_of(page)
    for field in ("caller", "callee", "caller_entity_id", "callee_entity_id"):
        label = f"*{texts['fields'][field]['name']}*"
        assert label in " ".join(text_of(page).split()), label


@pytest.mark.parametrize("page", ACTIONS)
async def test_answer_that_is_shown_is_like_the_real_one(
    hass: HomeAssistant, connected: Simulator, page: str
) -> None:
    """Apart from ids and the name of the recording; each key is explained."""
    (example,) = (block for block in blocks_of(page) if "outcome" in block)
    connected.pbx.change(calls={"recording": True})
    answer = await originate_and_wait(
        hass, connected, caller="570", callee="557", wait_for="ended"
    )
    assert example.keys() == answer.keys()
    assert set(answer) in tables_of_names(page)
    for key in ("config_entry_id", "originated_call_id", "recording"):
        assert isinstance(example.pop(key), str)
        assert isinstance(answer.pop(key), str)
    assert example == answer


@pytest.mark.parametrize("page", ACTIONS)
@pytest.mark.parametrize(("behaviour", "told"), [("busy", 1), ("answer", 0)])
async def test_contact_is_called_as_pasted(
    hass: HomeAssistant,
    connected: Simulator,
    page: str,
    behaviour: str,
    told: int,
) -> None:
    """And somebody is told of it where that was in vain."""
    connected.pbx.change(
        phones=[
            {"number": "570", "behaviour": "intercom"},
            {"number": "09.", "behaviour": behaviour},
        ]
    )
    actions = await paste(hass, automations_of(page)[CALLS_SARA])
    ring(hass, minute=5)
    await let_call_end(hass, connected, 1)
    await hass.async_block_till_done(wait_background_tasks=True)
    assert dialled(connected) == [("570", "09127654321")]
    assert len(notices(actions)) == told
    assert all("busy" in notice for notice in notices(actions))


@pytest.mark.parametrize("page", ACTIONS)
@pytest.mark.parametrize(
    ("phones", "called", "told"),
    [
        ({"557": "answer"}, ["557"], 0),
        ({"557": "busy"}, ["557", "552"], 0),
        ({"557": "no_answer", "552": "no_route"}, ["557", "552", "553"], 0),
        (
            {"557": "busy", "552": "reject", "553": "no_answer"},
            ["557", "552", "553"],
            1,
        ),
        ({"570": "unreachable"}, ["557"], 1),
    ],
)
async def test_one_number_is_called_after_the_other(
    hass: HomeAssistant,
    connected: Simulator,
    page: str,
    phones: dict[str, str],
    called: list[str],
    told: int,
) -> None:
    """Until one answers and no further; where none does, somebody is told."""
    connected.pbx.change(
        phones=[
            {"number": number, "behaviour": behaviour}
            for number, behaviour in ({"570": "intercom"} | phones).items()
        ]
    )
    actions = await paste(hass, automations_of(page)[ONE_AFTER_THE_OTHER])
    ring(hass, minute=5)
    for number in range(1, len(called) + 1):
        await let_call_end(hass, connected, number)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert [body["callee"] for body in originates(connected)] == called
    assert len(notices(actions)) == told


@pytest.mark.usefixtures("loaded_entry")
@pytest.mark.parametrize("page", ACTIONS)
async def test_nobody_else_is_called_while_it_is_not_known_whether_one_answered(
    hass: HomeAssistant, simulator: Simulator, page: str
) -> None:
    """The PBX sends no events, and the account may not look into the report."""
    simulator.pbx.change(account={"permitted_requests": ["/call/originate/act"]})
    actions = await paste(hass, automations_of(page)[ONE_AFTER_THE_OTHER])
    ring(hass, minute=5)
    await let_call_end(hass, simulator, 1)
    await hass.async_block_till_done(wait_background_tasks=True)

    assert len(originates(simulator)) == 1
    (notice,) = notices(actions)
    assert "557" in notice
    assert "unknown" in notice


@pytest.mark.parametrize("page", ENTITIES)
async def test_every_entity_is_explained(
    hass: HomeAssistant,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
    page: str,
) -> None:
    """Those of a PBX, of an extension and of a contact each in a table of their own."""
    trunk = {"event_name": "TrunkNewState", "trunk_name": "cisco", "state": "OK"}
    await send(hass, webhook_url, trunk)
    texts = texts_of(page)["entity"]
    owned: dict[str | None, set[str]] = {}
    for entity in er.async_entries_for_config_entry(entity_registry, "01JOFFICE"):
        assert entity.translation_key is not None
        name = texts[entity.domain][entity.translation_key]["name"]
        owned.setdefault(entity.config_subentry_id, set()).add(
            f"**{name.format(trunk='cisco')}**"
        )
    columns = list(map(set, columns_of(page)))
    for of in (None, "01JRECEPTION", "01JSARA"):
        assert owned[of] in columns, of


@pytest.mark.parametrize("page", ENTITIES)
def test_every_form_of_a_subentry_is_explained(page: str) -> None:
    """With the labels that its fields have."""
    columns = columns_of(page)
    for kind in ("extension", "contact"):
        texts = texts_of(page)["config_subentries"][kind]
        labels = [f"**{label}**" for label in texts["step"]["user"]["data"].values()]
        assert sorted(labels) in map(sorted, columns), kind
        assert texts["initiate_flow"]["user"] in text_of(page), kind


@pytest.mark.parametrize("page", ENTITIES)
def test_everything_that_entities_tell_is_explained(page: str) -> None:
    """What happens to calls and at telephones, and their attributes."""
    tables = tables_of_names(page)
    texts = texts_of(page)["entity"]
    assert set(CallEventType) in tables
    assert set(PhoneStep) in tables
    assert set(ATTRIBUTES) in tables
    attributes = texts["event"]["phone_calls"]["state_attributes"].keys()
    assert attributes - {"event_type"} in tables
    states = texts["sensor"]["state"]["state"]
    shown = [
        {row[0].strip("`"): row[1] for row in table}
        for table in tables_in(text_of(page))
        if len(table[0]) == 3
    ]
    assert states.keys() == set(EXTENSION_STATES)
    assert states in shown


@pytest.mark.parametrize("page", ENTITIES)
async def test_what_is_disabled_at_first_is_said(
    hass: HomeAssistant,
    webhook_url: str,
    entity_registry: er.EntityRegistry,
    page: str,
) -> None:
    """And of nothing else."""
    trunk = {"event_name": "TrunkNewState", "trunk_name": "cisco", "state": "OK"}
    await send(hass, webhook_url, trunk)
    texts = texts_of(page)["entity"]
    disabled = {
        f"**{texts[entity.domain][entity.translation_key]['name']}**".format(
            trunk="cisco"
        )
        for entity in er.async_entries_for_config_entry(entity_registry, "01JOFFICE")
        if entity.disabled_by and entity.translation_key
    }
    word = "در آغاز خاموش" if page.endswith(".fa.md") else "Disabled at first"
    said = {
        row[0] for table in tables_in(text_of(page)) for row in table if word in row[-1]
    }
    assert said == disabled


def offered(kind: str) -> dict[str, dict[str, Any]]:
    """Return the fields of each of our triggers or conditions."""
    return {
        name: described.get("fields", {})
        for name, described in load_yaml_dict(COMPONENT / f"{kind}.yaml").items()
        if not name.startswith(".")
    }


@pytest.mark.parametrize(
    ("kind", "page"),
    [
        (kind, page)
        for kind, pages in (("triggers", TRIGGERS), ("conditions", CONDITIONS))
        for page in pages
    ],
)
def test_every_trigger_and_condition_is_explained(kind: str, page: str) -> None:
    """By its names in YAML and in the editor, and with a section and an example."""
    texts = texts_of(page)[kind]
    first, *_ = tables_in(text_of(page))
    assert {row[1] for row in first} == {text["name"] for text in texts.values()}
    for row in first:
        (name,) = names_in(row[:1])
        key = name.removeprefix("pbx.")
        assert texts[key]["name"] == row[1]
        section = section_of(page, row[1])
        assert re.search(
            rf"(trigger|condition): {re.escape(name)}$", section, re.MULTILINE
        )
    assert names_in([row[0] for row in first]) == {
        f"pbx.{key}" for key in offered(kind)
    }


@pytest.mark.parametrize("page", TRIGGERS)
def test_options_of_each_trigger_are_explained(page: str) -> None:
    """In its section, with what can be chosen."""
    texts = texts_of(page)["triggers"]
    for name, fields in offered("triggers").items():
        tables = tables_in(section_of(page, texts[name]["name"]))
        rows = [row for table in tables for row in table]
        assert names_in([row[0] for row in rows]) == fields.keys(), name
        if "outcome" in fields:
            assert names_in([rows[0][1]]) == set(LAST_CALL_STATES)
        if "from" in fields:
            assert names_in([rows[0][1]]) == set(EXTENSION_STATES)


@pytest.mark.parametrize("page", CONDITIONS)
def test_options_of_the_conditions_are_explained(page: str) -> None:
    """They are the same for all."""
    (_, options) = tables_of_names(page)
    for name, fields in offered("conditions").items():
        assert fields.keys() == options, name


@pytest.mark.parametrize("page", TRIGGERS)
async def test_incoming_call_triggers_as_pasted(
    hass: HomeAssistant, connected: Simulator, page: str
) -> None:
    """From one of the numbers, and from no other."""
    actions = await paste(hass, automations_of(page)[INCOMING_CALL])
    for number in ("09120000009", "09120000004"):
        connected.pbx.dial_in(number, "557")
        await connected.pbx.idle()
        await elapse(hass)
    (notice,) = notices(actions)
    assert "09120000004" in notice


@pytest.mark.parametrize("page", TRIGGERS)
async def test_answered_call_triggers_as_pasted(
    hass: HomeAssistant, webhook_url: str, page: str
) -> None:
    """At the reception, not elsewhere."""
    disturbed = async_mock_service(hass, "input_boolean", "turn_on")
    await paste(hass, automations_of(page)[CALL_ANSWERED])
    await send(hass, webhook_url, INCOMING, TAKEN)
    assert not disturbed
    await send(hass, webhook_url, new_state("Ringing"), new_state("InUse"))
    assert len(disturbed) == 1


@pytest.mark.parametrize("page", TRIGGERS)
@pytest.mark.parametrize(("behaviour", "told"), [("busy", 1), ("answer", 0)])
async def test_ended_call_triggers_as_pasted(
    hass: HomeAssistant, connected: Simulator, page: str, behaviour: str, told: int
) -> None:
    """By its outcome."""
    connected.pbx.change(phones=[{"number": "552", "behaviour": behaviour}])
    actions = await paste(hass, automations_of(page)[CALL_ENDED])
    await originate_and_wait(hass, connected, wait_for="ended")
    assert notices(actions) == ["552: busy"] * told


@pytest.mark.parametrize("page", TRIGGERS)
async def test_missed_call_triggers_as_pasted(
    hass: HomeAssistant, webhook_url: str, page: str
) -> None:
    """With the number of the one who called."""
    actions = await paste(hass, automations_of(page)[CALL_MISSED])
    await send(hass, webhook_url, INCOMING, UNANSWERED)
    await elapse(hass)
    (notice,) = notices(actions)
    assert "09120000004" in notice


@pytest.mark.parametrize("page", TRIGGERS)
async def test_missed_call_without_a_number_is_told_as_pasted(
    hass: HomeAssistant, webhook_url: str, page: str
) -> None:
    """In words: somebody who hides the number is not called None."""
    actions = await paste(hass, automations_of(page)[CALL_MISSED])
    await send(hass, webhook_url, {**INCOMING, "number": ""}, {**UNANSWERED, "src": ""})
    await elapse(hass)
    (notice,) = notices(actions)
    assert "None" not in notice
    assert notice.startswith(("Somebody without a number", "کسی بدون شماره"))


@pytest.mark.parametrize("page", TRIGGERS)
async def test_state_that_changes_triggers_as_pasted(
    hass: HomeAssistant, webhook_url: str, page: str
) -> None:
    """Where the telephone was there before."""
    actions = await paste(hass, automations_of(page)[STATE_CHANGED])
    await send(hass, webhook_url, WORKSHOP_GONE)
    assert not notices(actions)
    await send(hass, webhook_url, {**WORKSHOP_GONE, "state": "Idle"}, WORKSHOP_GONE)
    (notice,) = notices(actions)
    assert "sensor.workshop_state" in notice


@pytest.mark.parametrize("page", CONDITIONS)
async def test_idle_telephone_is_called_as_pasted(
    hass: HomeAssistant,
    simulator: Simulator,
    webhook_url: str,
    freezer: FrozenDateTimeFactory,
    page: str,
) -> None:
    """When it has been idle for the time, and not before anything is known of it."""
    await paste(hass, automations_of(page)[IS_IDLE])
    ring(hass, minute=1)
    await send(hass, webhook_url, new_state("Idle"))
    ring(hass, minute=2)
    await hass.async_block_till_done()
    assert not originates(simulator)
    freezer.tick(11)
    ring(hass, minute=3)
    await hass.async_block_till_done()
    assert dialled(simulator) == [("570", "557")]


@pytest.mark.parametrize("page", CONDITIONS)
async def test_lamp_blinks_during_a_call_as_pasted(
    hass: HomeAssistant, webhook_url: str, page: str
) -> None:
    """Of one of the telephones."""
    blinked = async_mock_service(hass, "light", "turn_on")
    await paste(hass, automations_of(page)[IS_IN_USE])
    await send(hass, webhook_url, new_state("Idle"))
    ring(hass, minute=1)
    await hass.async_block_till_done()
    assert not blinked
    await send(hass, webhook_url, {**new_state("InUse"), "exten": "552"})
    ring(hass, minute=2)
    await hass.async_block_till_done()
    assert len(blinked) == 1


@pytest.mark.parametrize("page", CONDITIONS)
async def test_telephone_is_called_where_it_is_reachable_as_pasted(
    hass: HomeAssistant, simulator: Simulator, webhook_url: str, page: str
) -> None:
    """And the PBX too."""
    await paste(hass, automations_of(page)[IS_REACHABLE])
    await send(hass, webhook_url, WORKSHOP_GONE)
    ring(hass, minute=1)
    await hass.async_block_till_done()
    assert not originates(simulator)
    await send(hass, webhook_url, {**WORKSHOP_GONE, "state": "Idle"})
    ring(hass, minute=2)
    await hass.async_block_till_done()
    assert dialled(simulator) == [("570", "552")]
    simulator.pbx.change(faults=[Fault(path=PING, status=503)])
    await elapse(hass)
    ring(hass, minute=3)
    await hass.async_block_till_done()
    assert len(originates(simulator)) == 1


KITCHEN = subentry("extension", "Kitchen", number="557")
ASHPAZKHANE = subentry("extension", "آشپزخانه", number="553")
ALI = subentry("contact", "Ali", number="09121234567", aliases=["علی"], caller="552")


@pytest.fixture
async def spoken_to(hass: HomeAssistant, simulator: Simulator) -> None:
    """Have Ali called by voice, with one telephone for each language."""
    entry = entry_for(simulator, [KITCHEN, ASHPAZKHANE, ALI])
    entry.add_to_hass(hass)
    await hass.config_entries.async_setup(entry.entry_id)
    await hass.async_block_till_done()


def sentences_of(page: str) -> list[str]:
    """Return the sentences that call Ali, from the table of what can be said."""
    (table,) = (
        table for table in tables_in(text_of(page)) if re.match('["«]', table[0][0])
    )
    quoted = re.findall('"([^"]+)"|«([^»]+)»', "\n".join(map(" ".join, table)))
    return [
        sentence
        for sentence in map("".join, quoted)
        if "Ali" in sentence or "علی" in sentence
    ]


@pytest.mark.usefixtures("spoken_to")
@pytest.mark.parametrize("page", VOICE)
async def test_every_sentence_is_understood(
    simulator: Simulator, say: Say, page: str
) -> None:
    """The telephone that is named rings first, else Ali's own."""
    sentences = sentences_of(page)
    assert len(sentences) > 10
    with patch.object(resolve, "LONGEST_WAIT", 0.01):
        for sentence in sentences:
            assert await say(sentence), sentence
            caller = "552"
            if re.search("kitchen|557", sentence):
                caller = "557"
            elif re.search("آشپزخانه|۵۵۳", sentence):
                caller = "553"
            assert dialled(simulator)[-1] == (caller, "09121234567"), sentence
    assert len(dialled(simulator)) == len(sentences)


def test_every_kind_of_sentence_is_shown() -> None:
    """On the page of its language."""
    sentences = [sentence for page in VOICE for sentence in sentences_of(page)]
    masked = [re.sub("ali|علی", "_", words_in(said).text) for said in sentences]
    for pattern in patterns(greedy=False):
        assert any(map(pattern.fullmatch, masked)), pattern.pattern


def test_page_says_how_long_assist_waits() -> None:
    """Who changes the time has to change the pages as well."""
    assert resolve.LONGEST_WAIT == 4 * 60
    for page, words in zip(VOICE, ("four minutes", "چهار دقیقه"), strict=True):
        assert text_of(page).count(words) == 2


@pytest.mark.parametrize("page", VOICE)
def test_option_and_tools_are_named(page: str) -> None:
    """As they are called, with what they take."""
    step = texts_of(page)["options"]["step"]
    text = " ".join(text_of(page).split())
    assert f"*{step['init']['menu_options']['voice']}*" in text
    assert f"**{step['voice']['data']['voice']}**" in text
    tools = {}
    for tool in (CallContactTool(), ListContactsTool(), LastCallTool()):
        tools[tool.name] = {str(key) for key in tool.parameters.schema}
    shown = [
        {row[0].strip("`"): names_in([row[2]]) for row in table}
        for table in tables_in(text_of(page))
        if len(table[0]) == 3
    ]
    assert tools in shown
    slots = {str(key) for key in CallContactIntentHandler().slot_schema}
    assert slots in tables_of_names(page)
    assert f"`{CallContactIntentHandler.intent_type}`" in text


@pytest.mark.usefixtures("spoken_to")
@pytest.mark.parametrize(
    ("page", "language", "sentences"),
    [
        (VOICE[0], "en", ["I need help", "get Ali on the phone"]),
        (VOICE[1], "fa", ["کمک لازم دارم", "علی را پشت خط بیاور"]),
    ],
)
async def test_sentences_of_ones_own_work_as_pasted(
    hass: HomeAssistant,
    simulator: Simulator,
    say: Say,
    tmp_path: Path,
    page: str,
    language: str,
    sentences: list[str],
) -> None:
    """In the file that is named."""
    hass.config.config_dir = str(tmp_path)
    file = f"custom_sentences/{language}/pbx.yaml"
    assert f"`{file}`" in text_of(page)
    (tmp_path / file).parent.mkdir(parents=True)
    (block,) = blocks_of(page)
    (tmp_path / file).write_text(dump(block), encoding="utf-8")
    for sentence in sentences:
        assert await say(sentence, language), sentence
    assert dialled(simulator) == [("552", "09121234567")] * 2


@pytest.mark.parametrize("page", TROUBLESHOOTING)
def test_every_error_and_repair_is_explained(page: str) -> None:
    """Each in the table of its kind, with none that is not there."""
    texts = texts_of(page)
    tables = tables_of_names(page)
    errors = set(texts["exceptions"])
    pings = {error for error in errors if error.startswith("ping_")}
    assert errors - pings in tables
    assert pings in tables
    assert set(texts["issues"]) in tables
    repair = texts["issues"]["no_events"]["fix_flow"]
    assert set(repair["error"]) in tables


@pytest.mark.parametrize("page", TROUBLESHOOTING)
def test_each_error_says_whether_a_call_may_have_been_placed(page: str) -> None:
    """As its text does."""
    no, none_placed, perhaps = (
        ("نه", "تماسی برقرار نشد", "**شاید**")
        if page.endswith(".fa.md")
        else ("no", "No call was placed", "**perhaps**")
    )
    exceptions = texts_of(page)["exceptions"]
    (errors,) = (table for table in tables_in(text_of(page)) if len(table[0]) == 4)
    assert len(errors) > 10
    for error, placed, *_ in errors:
        message = exceptions[error.strip("`")]["message"]
        assert placed == (no if none_placed in message else perhaps), error


@pytest.mark.parametrize("page", PAGES)
def test_options_are_called_as_home_assistant_shows_them(page: str) -> None:
    """Wherever a page sends somebody to the gear at the PBX."""
    menu = texts_of(page)["options"]["step"]["init"]["menu_options"]
    english = texts_of("docs/README.md")["options"]["step"]["init"]["menu_options"]
    text = " ".join(text_of(page).split())
    other, _ = in_both_languages(Path(page).name.partition(".")[0])
    for step, label in english.items():
        if f"*{label}*" in " ".join(text_of(other).split()):
            assert f"*{menu[step]}*" in text, step


@pytest.mark.parametrize("page", LIMITS)
def test_every_limit_is_explained(page: str) -> None:
    """With its label, what it is at first, and the emergency numbers."""
    labels = texts_of(page)["options"]["step"]["guard"]["data"]
    shown = next(
        {row[0].strip("*"): row for row in table}
        for table in tables_in(text_of(page))
        if len(table) == len(labels)
    )
    assert list(shown) == list(labels.values())
    rules = rules_of({})
    for key, default in {
        "calls_per_minute": rules.calls_per_minute,
        "calls_at_once": rules.calls_at_once,
        "repeat_seconds": rules.repeat_seconds,
    }.items():
        at_first = shown[labels[key]][1].translate(TO_ASCII_DIGITS)
        assert re.findall("[0-9]+", at_first) == [str(default)], key
    meaning = shown[labels["emergency_numbers"]][2]
    assert re.findall("`([0-9]+)`", meaning) == list(EMERGENCY_NUMBERS)


@pytest.mark.parametrize("page", LIMITS)
def test_patterns_that_are_shown_can_be_entered(page: str) -> None:
    """Signs and whole patterns alike."""
    signs, examples = (
        names_in(column)
        for column in columns_of(page)
        if "`X`" in column or "`XXX`" in column
    )
    assert {"X", "Z", "N", ".", "!"} < signs
    for pattern in signs | examples:
        parse_pattern(pattern)


@pytest.mark.parametrize("page", LIMITS)
async def test_dry_run_is_answered_as_it_is_shown(
    hass: HomeAssistant, loaded_entry: MockConfigEntry, page: str
) -> None:
    """By the example that is shown; the keys of the request are named too."""
    (example,) = blocks_of(page)
    answer = await originate(hass, **example["data"])
    table = next(
        {row[0].strip("`"): row[1] for row in table}
        for table in tables_in(text_of(page))
        if table[0][0] == "`outcome`"
    )
    assert table.keys() < answer.keys()
    assert table["outcome"] == f"`{answer['outcome']}`"
    assert answer["refused"] is None
    named = set(re.findall("`([^`]+)`", table["request"]))
    assert named == answer["request"].keys()
