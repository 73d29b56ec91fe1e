"""What is wrong with settings."""

from collections.abc import Mapping, Sequence
import math


class SettingsError(ValueError):
    """Settings that cannot be used.

    `problems` maps each setting's dotted name to what is wrong with it; `unknown` names
    those that are no settings at all.
    """

    def __init__(
        self, problems: Mapping[str, str], unknown: Sequence[str] = ()
    ) -> None:
        """Gather what is wrong."""
        self.problems = dict(problems)
        self.unknown = list(unknown)
        sentences = [f"{name}: {problem}" for name, problem in self.problems.items()]
        sentences += [f"{name}: no such setting" for name in self.unknown]
        super().__init__("; ".join(sentences))


def refuse_no_seconds(**values: float) -> None:
    """Raise SettingsError for every value that is no length of time in seconds."""
    problems = {
        name: "must be seconds, 0 or more"
        for name, value in values.items()
        if not (math.isfinite(value) and value >= 0)
    }
    if problems:
        raise SettingsError(problems)
