"""Names that lead nowhere, or elsewhere."""

from functools import partial

from scripts.faulty.fault import Fault, Meaning

_LOOPBACK = "127.0.0.1"


def failing_names() -> list[Fault]:
    """Return what can go wrong with the PBX's name; the name service is played."""
    fault = partial(Fault, family="Names")
    not_sent = partial(fault, meaning=Meaning.NOT_SENT)
    well = partial(fault, meaning=Meaning.ACCEPTED)
    nobody = OSError(None, "Name or service not known")
    return [
        not_sent(name="there is no such name", resolves=nobody),
        not_sent(
            name="a name without an address",
            resolves=OSError(None, "DNS lookup failed"),
        ),
        not_sent(name="the name service does not answer", resolves=TimeoutError()),
        not_sent(
            name="the name service fails",
            resolves=OSError(-3, "Temporary failure in name resolution"),
        ),
        not_sent(name="an address that is none", resolves=("no address",)),
        not_sent(name="an address where nobody listens", resolves=("127.0.0.2",)),
        well(name="well", resolves=(_LOOPBACK,)),
        well(name="the second address listens", resolves=("127.0.0.2", _LOOPBACK)),
    ]
