"""`scripts/demo --check`: the whole way from nothing to a call, without a person.

Another part of the check is a function in `PARTS`; it takes the bench.
"""

import base64
from contextlib import AsyncExitStack
import json
from pathlib import Path
import re
import socket
import tempfile
import time
from typing import Any

from scripts.bootstrap.console import step

from .bench import Bench, Part
from .errors import DemonstrationError
from .events import connect_events
from .home_assistant import OPTIONS_FLOWS, HomeAssistant
from .hunt import check_one_after_the_other
from .outcomes import SPEED, check_outcomes
from .processes import free_port
from .report import Report, masked
from .session import DEFAULTS, DOMAIN, http_session, running_home_assistant, running_pbx
from .simulated_pbx import ACCOUNT

ORIGINATE = "/call/originate/act"
DOCUMENTED_PATH = f"/api/v4{ORIGINATE}"
DOCUMENTED_BODY = {
    "caller": "557",
    "callee": "552",
    "context": "main_routing",
    "caller_id": "557",
    "trunk_name": "cisco",
    "timeout": "30",
}
CHARACTERS_OF_LOG_SHOWN = 5000
LANGUAGES = {"English": "en", "Persian": "fa"}


async def check() -> int:
    """Run all parts; return the exit status."""
    began = time.monotonic()
    report = Report()
    with tempfile.TemporaryDirectory(prefix="pbx-demo-") as folder:
        stack = AsyncExitStack()
        try:
            await _run_parts(stack, Path(folder), report)
        finally:
            print()
            with step("Ending both"):
                await stack.aclose()
    seconds = time.monotonic() - began
    if report.differences:
        print(f"\nNot as documented, after {seconds:.1f} s:")
        for difference in report.differences:
            print(f"  {difference}")
        return 1
    print(f"\nAll is as documented, in {seconds:.1f} s.")
    return 0


async def _run_parts(stack: AsyncExitStack, folder: Path, report: Report) -> None:
    session = await stack.enter_async_context(http_session())
    with step("Starting the simulated PBX"):
        simulator = await stack.enter_async_context(
            running_pbx(session, folder=folder / "simulator", port=0)
        )
    with step("Starting Home Assistant"):
        running = await stack.enter_async_context(
            running_home_assistant(
                session,
                folder=folder / "home-assistant",
                port=free_port(),
                language="en",
            )
        )
    bench = Bench(running, simulator.pbx, report)
    try:
        for title, part in PARTS:
            report.heading(title)
            began = time.monotonic()
            await part(bench)
            print(f"   ({time.monotonic() - began:.1f} s)", flush=True)
    except DemonstrationError as error:
        report.differences.append(str(error))
    if report.differences and (records := _records_about_us(running.log())):
        # The folder with the log will be gone.
        report.heading("What Home Assistant has logged about the integration")
        print("\n".join(records)[-CHARACTERS_OF_LOG_SHOWN:], flush=True)


async def check_refused_connections(bench: Bench) -> None:
    """Each reason for which the PBX cannot be connected has its own clear sentence."""
    report, connection = bench.report, bench.pbx.connection
    form = await bench.home_assistant.start_flow(handler=DOMAIN)
    report.columns("documented", "received")
    report.compare("first step", "user", form.get("step_id"))

    wrong_key = {**connection, "api_key": "not-the-key-of-this-account"}
    await _compare_refusal(bench, form, wrong_key, "a wrong API key", "invalid_auth")

    with socket.socket() as silent:
        # Taken, but nobody listens.
        silent.bind(("127.0.0.1", 0))
        nobody = {**connection, "url": f"127.0.0.1:{silent.getsockname()[1]}"}
        await _compare_refusal(
            bench, form, nobody, "an unreachable PBX", "cannot_connect"
        )

    await bench.pbx.change(allowed_addresses=["192.0.2.1"])
    await _compare_refusal(
        bench, form, connection, "a refused address", "address_not_permitted"
    )
    await bench.pbx.reset()
    await bench.home_assistant.abandon_flow(form)


async def check_set_up(bench: Bench) -> None:
    """The config flow ends with an entry that is loaded and whose PBX is reachable."""
    report, home_assistant = bench.report, bench.home_assistant
    report.columns("documented", "received")
    form = await home_assistant.start_flow(handler=DOMAIN)
    report.compare("first step", "user", form.get("step_id"))
    form = await home_assistant.answer_flow(form, bench.pbx.connection)
    report.compare("second step", "defaults", form.get("step_id"))
    if form.get("step_id") != "defaults":
        raise DemonstrationError(f"The connection is not taken: {form.get('errors')}")
    report.compare("contexts offered", ["main_routing"], _offered(form, "context"))
    report.compare(
        "trunks offered",
        ["cisco", "gsm_gateway", "spare"],
        _offered(form, "trunk_name"),
    )
    result = await home_assistant.answer_flow(form, DEFAULTS)
    report.compare("result", "create_entry", result.get("type"))
    entries = await home_assistant.entries(DOMAIN)
    report.compare("entry", ["loaded"], [entry["state"] for entry in entries])
    bench.entry_id = entries[0]["entry_id"] if entries else ""
    report.compare("connectivity sensor", ["on"], await _connectivity(home_assistant))
    shown = (result.get("description_placeholders") or {}).get("webhook_url", "")
    _, _, bench.webhook_id = shown.rpartition("/")
    report.line(
        "address for events",
        f"{home_assistant.url}/api/webhook/...",
        _without_secret(shown, bench.webhook_id),
        fits=shown == f"{home_assistant.url}/api/webhook/{bench.webhook_id}",
    )


async def check_events(bench: Bench) -> None:
    """The PBX's events arrive once they are connected as the options tell."""
    report, home_assistant = bench.report, bench.home_assistant
    receiver = await connect_events(home_assistant, bench.pbx, bench.entry_id)
    report.columns("documented", "received")
    report.line(
        "address in the options",
        "as shown at set-up",
        _without_secret(receiver.address, bench.webhook_id),
        fits=receiver.address.endswith(f"/{bench.webhook_id}"),
    )
    menu = await home_assistant.start_flow(OPTIONS_FLOWS, handler=bench.entry_id)
    step = await home_assistant.answer_flow(
        menu, {"next_step_id": "check_events"}, OPTIONS_FLOWS
    )
    report.compare("check of the events", "events_arrive", step.get("step_id"))
    report.note("heard", (step.get("description_placeholders") or {}).get("heard", ""))
    await home_assistant.abandon_flow(step, OPTIONS_FLOWS)


async def check_documented_call(bench: Bench) -> None:
    """`pbx.originate` is the documented request, and its response names the call."""
    report = bench.report
    await bench.pbx.change(speed=SPEED)
    answer = await bench.home_assistant.perform(
        "pbx.originate", {"caller": "557", "callee": "552"}
    )
    requests = await bench.pbx.requests(ORIGINATE)
    report.columns("documented request", "received by the PBX")
    report.compare("requests", 1, len(requests))
    if requests:
        _compare_request(report, requests[-1])

    print()
    report.columns("documented response", "received from the action")
    report.compare("status", 200, answer.status)
    calls = await bench.pbx.calls()
    report.compare("calls placed", 1, len(calls))
    if answer.status != 200:
        report.note("refused with", str(answer.body))
        return
    report.compare_all(
        {
            "config_entry_id": bench.entry_id,
            "originated_call_id": calls[-1]["originated_call_id"] if calls else None,
            "outcome": "accepted",
            "caller": "557",
            "callee": "552",
            "wait": None,
            "talk": None,
            "recording": None,
        },
        answer.body["service_response"],
    )


async def check_log(bench: Bench) -> None:
    """Home Assistant has installed nothing, and has nothing to say about the integration."""
    report = bench.report
    log = bench.running.log()
    report.columns("documented", "received")
    report.compare("packages installed", 0, log.count("Attempting install"))
    report.compare("records about us", 0, len(_records_about_us(log)))
    secrets = (ACCOUNT.token, ACCOUNT.password, bench.webhook_id)
    report.compare("secrets", 0, sum(log.count(secret) for secret in secrets))


PARTS: tuple[tuple[str, Part], ...] = (
    ("Connections that are refused", check_refused_connections),
    ("Set-up through the config flow", check_set_up),
    ("The PBX's events", check_events),
    ("pbx.originate from 557 to 552", check_documented_call),
    ("The same with wait_for: ended", check_outcomes),
    ("One number after the other, with wait_for: answered", check_one_after_the_other),
    ("Home Assistant's log", check_log),
)


async def _compare_refusal(
    bench: Bench,
    form: dict[str, Any],
    connection: dict[str, Any],
    name: str,
    error: str,
) -> None:
    """Try a connection and print the sentences that its user reads."""
    step = await bench.home_assistant.answer_flow(form, connection)
    bench.report.compare(name, {"base": error}, step.get("errors"))
    for language, code in LANGUAGES.items():
        texts = await bench.home_assistant.command(
            "frontend/get_translations",
            language=code,
            category="config",
            integration=DOMAIN,
        )
        sentence = texts["resources"].get(f"component.{DOMAIN}.config.error.{error}")
        if not sentence:
            bench.report.compare(f"  {language}", "a sentence", "(none)")
            continue
        bench.report.note(f"  {language}", sentence)


def _compare_request(report: Report, request: dict[str, Any]) -> None:
    """Compare a request that the simulator kept with the documented one."""
    headers = {name.lower(): value for name, value in request["headers"].items()}
    report.compare("verb", "PUT", request["method"])
    report.compare("path", DOCUMENTED_PATH, request["path"])
    report.line(
        "X-APIKEY",
        masked(ACCOUNT.token),
        masked(headers.get("x-apikey")),
        fits=headers.get("x-apikey") == ACCOUNT.token,
    )
    authorization = _basic(ACCOUNT.username, ACCOUNT.password)
    report.line(
        "Authorization",
        f"Basic {masked(authorization.removeprefix('Basic '))}",
        _masked_authorization(headers.get("authorization")),
        fits=headers.get("authorization") == authorization,
    )
    report.compare(
        "Content-Type", "application/json", headers.get("content-type", "(absent)")
    )
    documented = json.dumps(DOCUMENTED_BODY)
    report.compare_all(
        {f"body: {name}": _quoted(value) for name, value in DOCUMENTED_BODY.items()},
        {f"body: {name}": _quoted(value) for name, value in _body(request).items()},
    )
    report.note("body as documented", documented)
    report.note("body as received", request["body"])
    report.compare("answered with", 200, request["status"])


def _body(request: dict[str, Any]) -> dict[str, Any]:
    """Return the body's values, or the body whole where it is no object."""
    parsed = request["parsed"]
    return parsed if isinstance(parsed, dict) else {"(no object)": parsed}


def _quoted(value: object) -> str:
    """Return a value as JSON has it, so that a number is told from a text."""
    return json.dumps(value, ensure_ascii=False)


def _basic(username: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def _masked_authorization(value: str | None) -> str:
    scheme, _, secret = (value or "").partition(" ")
    return f"{scheme} {masked(secret)}" if secret else masked(value)


def _without_secret(address: str, secret: str) -> str:
    return address.replace(secret, f"{secret[:4]}...") if secret else address


def _offered(form: dict[str, Any], name: str) -> list[str] | None:
    """Return the choices that a form offers for a field."""
    for entry in form.get("data_schema") or []:
        if entry["name"] == name:
            options: list[str] | None = (
                entry["selector"].get("select", {}).get("options")
            )
            return options
    return None


async def _connectivity(home_assistant: HomeAssistant) -> list[str]:
    """Return the states of the integration's binary sensors."""
    template = (
        f"{{{{ integration_entities('{DOMAIN}') | select('match', 'binary_sensor') "
        "| map('states') | join(',') }}"
    )
    states: str = await home_assistant.post("/api/template", {"template": template})
    return states.split(",")


def _records_about_us(log: str) -> list[str]:
    """Return the records of a log that are about the integration and not expected."""
    records = re.split(r"\n(?=\d{4}-\d\d-\d\d )", log)
    return [
        record for record in records if re.search(r"custom_components[./]pbx", record)
    ]
