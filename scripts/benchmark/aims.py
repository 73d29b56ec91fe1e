"""What is aimed at, and how far what was measured is from it."""

from dataclasses import dataclass
from typing import Any, Final

from .contestants import BARE, PBX, REST_COMMAND
from .events import CDR, NEW_STATE, NOTHING
from .voice import CHANGE, CHANGE_WITHOUT, NAMES, OTHER, OWN

# Not slower than what everybody can do with Home Assistant alone.
MOST_OF_REST_COMMAND: Final = 1.0
MOST_OF_BARE: Final = 1.3
LEAST_OF_NOTHING: Final = 0.8
# What grows by less than this does not grow, or grows in proportion: so much is chance.
TOLERANCE: Final = 1.25
# Milliseconds; the PBX waits a second for its events.
MOST_OF_VOICE: Final = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Something that was aimed at; `subject` is a text's name, `number` goes into it."""

    subject: str
    number: int
    measured: float
    limit: float
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it was reached."""
        if self.at_least:
            return self.measured >= self.limit
        return self.measured <= self.limit


def aims_of(results: dict[str, Any]) -> list[Aim]:
    """Return all aims with what was measured."""
    return [
        *_aims_of_calls(results["calls"]),
        *_aims_of_events(results["events"]),
        *_aims_of_entries(results["entries"]),
        *_aims_of_voice(results["voice"]),
    ]


def _aims_of_calls(calls: dict[str, Any]) -> list[Aim]:
    limits = {REST_COMMAND: MOST_OF_REST_COMMAND, BARE: MOST_OF_BARE}
    aims = []
    for other, limit in limits.items():
        alone = calls["1"]
        ours, theirs = (alone[name]["until_sent"]["median"] for name in (PBX, other))
        aims.append(
            Aim(
                subject=f"sent_{other}",
                number=1,
                measured=ours / theirs,
                limit=limit,
            )
        )
        aims += [
            Aim(
                subject=f"calls_{other}",
                number=int(at_once),
                measured=of_these["time_ratio"][other]["median"],
                limit=limit,
            )
            for at_once, of_these in calls.items()
        ]
    return aims


def _aims_of_events(events: dict[str, Any]) -> list[Aim]:
    aims = []
    for kind in (NEW_STATE, CDR):
        fewest, most = (events[kind][number] for number in ("10", "1000"))
        aims += [
            Aim(
                subject=f"rate_{kind}",
                number=1000,
                measured=most["rate_ratio"][NOTHING]["median"],
                limit=LEAST_OF_NOTHING,
                at_least=True,
            ),
            Aim(
                subject=f"growth_{kind}",
                number=1000,
                measured=most["added"]["median"] / fewest["added"]["median"],
                limit=TOLERANCE,
            ),
        ]
    return aims


def _aims_of_entries(entries: dict[str, Any]) -> list[Aim]:
    def of_each(extensions: str, what: str) -> float:
        """Return what each extension adds."""
        added = _size(entries[extensions][what]) - _size(entries["0"][what])
        return added / int(extensions)

    return [
        Aim(
            subject=f"linear_{what}",
            number=1000,
            measured=of_each("1000", what) / of_each("100", what),
            limit=TOLERANCE,
        )
        for what in ("set_up", "reload", "kibibytes")
    ]


def _aims_of_voice(voice: dict[str, Any]) -> list[Aim]:
    names = NAMES[-1]
    turns = {name: turn["median"] for name, turn in voice[str(names)].items()}
    longest = {
        "change": max(0.0, turns[CHANGE] - turns[CHANGE_WITHOUT]),
        "sentence": max(turns[OWN], turns[OTHER]),
    }
    return [
        Aim(
            subject=f"voice_{name}",
            number=names,
            measured=measured,
            limit=MOST_OF_VOICE,
        )
        for name, measured in longest.items()
    ]


def _size(value: Any) -> float:
    size: float = value["least"] if isinstance(value, dict) else value
    return size
