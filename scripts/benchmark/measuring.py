"""Measuring times so that what else the machine does disturbs little."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
import gc
from itertools import count
from statistics import median, quantiles
from typing import Any

MICROSECONDS = 1e6
MILLISECONDS = 1e3


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector from working within; it works before."""
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def settle_memory() -> None:
    """Have the garbage collector look no more at what is there by now.

    Otherwise each of its runs looks through all of Home Assistant.
    """
    gc.collect()
    gc.freeze()


def turns[Contestant](contestants: Sequence[Contestant]) -> Iterator[list[Contestant]]:
    """Yield the order for one round after the other; each is first as often."""
    for first in count():
        start = first % len(contestants)
        yield [*contestants[start:], *contestants[:start]]


def spread(values: Iterable[float]) -> dict[str, float]:
    """Return the median and the quartiles of some values."""
    low, middle, high = quantiles(values, n=4)
    return {"median": middle, "low": low, "high": high}


def times(seconds: Sequence[float]) -> dict[str, float]:
    """Return the median and the 99th percentile of some times, in microseconds."""
    return {
        "median": median(seconds) * MICROSECONDS,
        "p99": quantiles(seconds, n=100)[-1] * MICROSECONDS,
    }


def paired(numerators: Iterable[float], denominators: Iterable[float]) -> Any:
    """Return the spread of the quotients of what was measured in the same rounds."""
    pairs = zip(numerators, denominators, strict=True)
    return spread([numerator / denominator for numerator, denominator in pairs])
