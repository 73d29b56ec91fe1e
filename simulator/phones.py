"""How telephones behave in a call."""

from .calls import LegRole
from .patterns import fits
from .rules import Rules
from .settings import Settings
from .switches import Phone


class Behaviours:
    """How telephones behave, with what is left of rules that are used up."""

    def __init__(self, settings: Settings) -> None:
        """Begin with every rule unused."""
        self._settings = settings
        self._rules = Rules(settings.phones)

    def adopt(self, settings: Settings) -> None:
        """Use other settings; new rules begin unused."""
        if settings.phones is not self._settings.phones:
            self._rules = Rules(settings.phones)
        self._settings = settings

    def take(self, number: str, *, other: str, role: LegRole) -> Phone:
        """Return how a telephone behaves in a new call, and count that use."""
        rule = self._rules.take(
            lambda phone: (
                phone.leg in ("any", role)
                and fits(number, phone.number)
                and fits(other, phone.other)
            )
        )
        return rule or self._usual(number)

    def of(self, number: str) -> Phone:
        """Return how a telephone behaves in general."""
        for phone in self._settings.phones:
            if phone.times or phone.leg != "any" or phone.other != ".":
                continue
            if fits(number, phone.number):
                return phone
        return self._usual(number)

    def is_registered(self, number: str) -> bool:
        """Return whether an extension is there to be called."""
        return self.of(number).behaviour != "unreachable"

    def _usual(self, number: str) -> Phone:
        extension = self._settings.extension(number)
        if extension is None:
            return self._settings.outside_phone
        if not extension.active:
            return self._settings.extension_phone.changed({"behaviour": "unreachable"})
        return self._settings.extension_phone
