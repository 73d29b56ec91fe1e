"""The part of the check in which people answer, reject and ignore their phones."""

import asyncio

from .bench import Bench
from .dashboard import HUNT_SCRIPT, HUNT_STATUS
from .session import shown_entities

# What each of those called does in turn, and what the script says at its end.
RUNS = (
    ((("552", "answer"),), "answered 552"),
    ((("552", "reject"), ("553", "ignore"), ("521", "answer")), "answered 521"),
)
# A call that lasts no second is in doubt for a while.
SECONDS_OF_TALK = 1.2
PEOPLE = ("552", "553", "521")


async def check_one_after_the_other(bench: Bench) -> None:
    """The dashboard's script calls one after the other and stops at the first answer."""
    home_assistant, pbx, report = bench.home_assistant, bench.pbx, bench.report
    entities = await shown_entities(home_assistant)
    await pbx.change(speed=1)
    for number in PEOPLE:
        await pbx.set_phone(number, behaviour="manual", talk=0)
    for presses, end in RUNS:
        report.part(", ".join(f"{number}: {button}" for number, button in presses))
        report.columns("expected", "received")
        before = len(await pbx.calls())
        await home_assistant.post(
            "/api/services/script/turn_on", {"entity_id": HUNT_SCRIPT}
        )
        for number, button in presses:
            await pbx.wait_until(number, "Ringing")
            report.compare(
                f"while {number} rings",
                f"calling {number}",
                await home_assistant.state(HUNT_STATUS),
            )
            await pbx.press(number, button)
        ended = await home_assistant.wait_for_state(HUNT_SCRIPT, "off")
        report.compare("the script ends", True, ended)
        report.compare("it says", end, await home_assistant.state(HUNT_STATUS))
        report.compare(
            "called were",
            [number for number, _ in presses],
            [call["callee"] for call in (await pbx.calls())[before:]],
        )
        answerer = presses[-1][0]
        phones = await pbx.phones()
        report.compare(f"then {answerer} is", "InUse", phones[answerer]["state"])
        await asyncio.sleep(SECONDS_OF_TALK)
        await pbx.press(answerer, "hangup")
        await home_assistant.wait_for_state(entities.calls_in_progress, "0")
