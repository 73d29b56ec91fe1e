"""Rules of which the first that fits is taken, and that may be used up."""

from collections.abc import Callable, Sequence
import math

from .settings import Fault
from .switches import Phone


class Rules[Item: Fault | Phone]:
    """A list of rules, with what is left of each.

    `times` of a rule is how often it is applied, 0 for always.
    """

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
