"""The whole bench: a core, its lanes, and what is left of them."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
import secrets
import ssl

from aiohttp import ClientSession

from homeassistant.util.ssl import get_default_context

from .certificates import Authority
from .core import Core, running_core
from .fault import Fault, Meaning
from .lane import Lane
from .tally import Tally
from .watch import Watch, watching


@dataclass(frozen=True, slots=True)
class Bench:
    """What the parts of the bench work with."""

    core: Core
    tally: Tally
    watch: Watch
    authority: Authority
    tls: ssl.SSLContext
    credentials: dict[str, str]
    webhook_ids: list[str]

    @asynccontextmanager
    async def lanes(self, count: int) -> AsyncIterator[list[Lane]]:
        """Open so many lanes, and close them; each time they are the same ones."""
        async with ClientSession() as session:
            lanes = [
                Lane(
                    self.core,
                    number=number,
                    credentials=self.credentials,
                    webhook_id=self.webhook_ids[number],
                    tls=self.tls,
                    tally=self.tally,
                    watch=self.watch,
                    session=session,
                )
                for number in range(count)
            ]
            for lane in lanes:
                await lane.open()
            try:
                yield lanes
            finally:
                await asyncio.gather(*(lane.close() for lane in lanes))


WELL = Fault(family="Nothing wrong", name="well", meaning=Meaning.ACCEPTED)
MOST_LANES = 150


@asynccontextmanager
async def running_bench() -> AsyncIterator[Bench]:
    """Run a core that trusts the bench's authority, with everything watched."""
    tally = Tally()
    authority = Authority.new()
    credentials = {
        "api_key": secrets.token_hex(20),
        "username": "bench",
        # With what those who repeat it would write in another way.
        "password": f'{secrets.token_hex(10)}  +{secrets.token_hex(10)}"&%41',
    }
    webhook_ids = [secrets.token_hex(32) for _ in range(MOST_LANES)]
    # The context is one for all of Home Assistant, and no harm to it: the bench alone
    # can sign for its authority.
    get_default_context().load_verify_locations(cadata=authority.text)
    with watching(tally) as watch:
        watch.look_for(hidden(credentials), webhook_ids)
        async with running_core() as core:
            yield Bench(
                core=core,
                tally=tally,
                watch=watch,
                authority=authority,
                tls=authority.server(),
                credentials=credentials,
                webhook_ids=webhook_ids,
            )


def hidden(credentials: dict[str, str]) -> Sequence[str]:
    """Return what must not be told: of a password no half either."""
    key, password = credentials["api_key"], credentials["password"]
    pair = f"{credentials['username']}:{password}".encode()
    return key, password[:20], password[23:43], b64encode(pair).decode()
