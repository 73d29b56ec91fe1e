"""The tables of the documentation, out of what was measured."""

from collections.abc import Iterable
from typing import Any

from .aims import Aim, aims_of
from .contestants import BARE, PBX, REST_COMMAND
from .events import NOTHING, STATES_ONLY
from .voice import CHANGE, CHANGE_WITHOUT, OTHER, OWN

type Texts = dict[str, str]


def tables(results: dict[str, Any], texts: Texts) -> dict[str, str]:
    """Return each part of the page that is not written by hand, by its name."""
    machine = {**results["machine"], "load": f"{results['machine']['load']:.1f}"}
    return {
        "machine": texts["machine"].format(date=results["date"], **machine),
        "aims": _table(
            (texts[key] for key in ("aim", "limit", "measured", "verdict")),
            (_row_of_aim(aim, texts) for aim in aims_of(results)),
        ),
        "calls": _table(
            (
                texts[key]
                for key in (
                    "at_once",
                    "who",
                    "until_sent",
                    "until_returned",
                    "calls_per_second",
                )
            ),
            _rows_of_calls(results["calls"], texts),
        ),
        "events": _table(
            (
                texts[key]
                for key in (
                    "event",
                    "extensions",
                    "handler",
                    "cost",
                    "events_per_second",
                    "ratio",
                )
            ),
            _rows_of_events(results["events"], texts),
        ),
        "entries": _table(
            (texts[key] for key in ("extensions", "set_up", "reload", "memory")),
            _rows_of_entries(results["entries"], texts),
        ),
        "voice": _table(
            (
                texts[key]
                for key in (
                    "names",
                    "turn_of_change",
                    "turn_of_change_without",
                    "turn_of_own",
                    "turn_of_other",
                )
            ),
            _rows_of_voice(results["voice"], texts),
        ),
        "imports": texts["import"].format(
            time=_two(results["imports"], ("least", "median"), "milliseconds", texts)
        ),
    }


def plain_aims(results: dict[str, Any], texts: Texts) -> str:
    """Return the aims as lines for a terminal."""
    rows = [_row_of_aim(aim, texts) for aim in aims_of(results)]
    width = max(len(row[0]) for row in rows)
    return "\n".join(
        f"{row[0]:{width}}  {row[2]:>5}  ({row[1]})  {row[3]}" for row in rows
    )


def _row_of_aim(aim: Aim, texts: Texts) -> list[str]:
    bound = texts["at_least" if aim.at_least else "at_most"]
    return [
        texts[aim.subject].format(number=aim.number),
        bound.format(limit=f"{aim.limit:g}"),
        f"{aim.measured:.2f}",
        texts["met" if aim.is_met else "missed"],
    ]


def _rows_of_calls(calls: dict[str, Any], texts: Texts) -> Iterable[list[str]]:
    for at_once, of_these in calls.items():
        for name in (BARE, REST_COMMAND, PBX):
            measured = of_these[name]
            rate = measured["per_second"]
            yield [
                at_once,
                texts[name],
                _two(measured["until_sent"], ("median", "p99"), "microseconds", texts),
                _two(
                    measured["until_returned"], ("median", "p99"), "microseconds", texts
                ),
                f"{rate['median']:.0f} ({rate['low']:.0f}–{rate['high']:.0f})",
            ]


def _rows_of_events(events: dict[str, Any], texts: Texts) -> Iterable[list[str]]:
    names = {NOTHING: "nothing", STATES_ONLY: "states_only", PBX: "handler_pbx"}
    for kind, of_kind in events.items():
        for extensions, of_these in of_kind.items():
            for name, text in names.items():
                cost = of_these[name]["cost"]
                spread = f"{cost['median']:.0f} ({cost['low']:.0f}–{cost['high']:.0f})"
                ratio = of_these["rate_ratio"][NOTHING]["median"]
                yield [
                    kind,
                    extensions,
                    texts[text],
                    texts["microseconds"].format(value=spread),
                    f"{of_these[name]['per_second']:.0f}",
                    f"{ratio:.2f}" if name == PBX else "",
                ]


def _rows_of_entries(entries: dict[str, Any], texts: Texts) -> Iterable[list[str]]:
    for extensions, of_these in entries.items():
        yield [
            extensions,
            _two(of_these["set_up"], ("least", "median"), "milliseconds", texts),
            _two(of_these["reload"], ("least", "median"), "milliseconds", texts),
            texts["kibibytes"].format(value=f"{of_these['kibibytes']:.0f}"),
        ]


def _rows_of_voice(voice: dict[str, Any], texts: Texts) -> Iterable[list[str]]:
    for names, of_these in voice.items():
        yield [
            names,
            *(
                _two(of_these[name], ("least", "median"), "milliseconds", texts, 1)
                for name in (CHANGE, CHANGE_WITHOUT, OWN, OTHER)
            ),
        ]


def _two(
    values: dict[str, float],
    names: tuple[str, str],
    unit: str,
    texts: Texts,
    decimals: int = 0,
) -> str:
    first, second = (f"{values[name]:.{decimals}f}" for name in names)
    return texts[unit].format(value=f"{first} / {second}")


def _table(head: Iterable[str], rows: Iterable[list[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
