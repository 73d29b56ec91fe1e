"""Rules of which the first that fits is taken, and that may be used up."""

from collections.abc import Callable, Sequence
import math
from typing import Protocol


class Rule(Protocol):
    """A rule; `times` is how often it is applied, 0 for always."""

    @property
    def times(self) -> int:
        """How often it is applied."""
        ...


class Rules[Item: Rule]:
    """A list of rules, with what is left of each."""

    def __init__(self, rules: Sequence[Item]) -> None:
        """Begin with every rule unused."""
        self._rules = rules
        self._left = [rule.times or math.inf for rule in rules]

    def take(self, fits: Callable[[Item], bool]) -> Item | None:
        """Return the first rule that fits and is not used up, and count its use."""
        for position, rule in enumerate(self._rules):
            if self._left[position] and fits(rule):
                self._left[position] -= 1
                return rule
        return None
