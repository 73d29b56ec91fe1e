"""The plot of the documentation, as SVG that is read on light and on dark ground."""

from collections.abc import Iterator
from html import escape
from typing import Any

from .contestants import BARE, PBX, REST_COMMAND
from .events import NEW_STATE, NOTHING, STATES_ONLY

_WIDTH = 720
_LABELS = 180
_VALUES = 70
_BAR = 16
_STEP = 22
_HEAD = 34
_STYLE = """\
text { font: 13px sans-serif; fill: #1f2328; }
.head { font-weight: bold; }
.other { fill: #8c959f; }
.ours { fill: #0969da; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .other { fill: #6e7681; }
  .ours { fill: #4493f8; }
}"""

type Group = tuple[str, list[tuple[str, float, bool]]]
"""A heading, and the bars under it: name, length, whether it is ours."""


def plot(results: dict[str, Any], texts: dict[str, str], *, rtl: bool) -> str:
    """Return the plot; with `rtl` it begins at the right."""
    parts: list[str] = []
    y = 0
    for heading, bars in _groups(results, texts):
        y += _HEAD
        parts.append(_text(_LABELS, y - 10, heading, "start", rtl=rtl, kind="head"))
        longest = max(value for _, value, _ in bars)
        for name, value, is_ours in bars:
            width = value / longest * (_WIDTH - _LABELS - _VALUES)
            x = _WIDTH - _LABELS - width if rtl else _LABELS
            kind = "ours" if is_ours else "other"
            parts += [
                _text(_LABELS - 8, y + 13, name, "end", rtl=rtl),
                f'<rect class="{kind}" x="{x:.1f}" y="{y}" width="{width:.1f}" '
                f'height="{_BAR}" rx="2"/>',
                _text(_LABELS + width + 6, y + 13, f"{value:.0f}", "start", rtl=rtl),
            ]
            y += _STEP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y}" '
            f'width="{_WIDTH}" height="{y}" role="img">',
            f"<style>{_STYLE}</style>",
            *parts,
            "</svg>\n",
        ]
    )


def _groups(results: dict[str, Any], texts: dict[str, str]) -> Iterator[Group]:
    calls = results["calls"]["1"]
    yield (
        texts["plot_calls"],
        [
            (
                texts[f"plot_{name}"],
                calls[name]["until_returned"]["median"],
                name == PBX,
            )
            for name in (BARE, REST_COMMAND, PBX)
        ],
    )
    events = results["events"][NEW_STATE]
    theirs = [
        (texts[f"plot_{name}"], events["1000"][name]["cost"]["median"], False)
        for name in (NOTHING, STATES_ONLY)
    ]
    ours = [
        (
            texts["plot_handler"].format(extensions=extensions),
            of_these[PBX]["cost"]["median"],
            True,
        )
        for extensions, of_these in events.items()
    ]
    yield texts["plot_events"], theirs + ours
    yield (
        texts["plot_entries"],
        [
            (
                texts["plot_extensions"].format(extensions=extensions),
                of_these["set_up"]["least"],
                True,
            )
            for extensions, of_these in results["entries"].items()
        ],
    )


def _text(
    x: float, y: float, text: str, anchor: str, *, rtl: bool, kind: str = ""
) -> str:
    """Return a text; `anchor` is in the direction of reading."""
    x = _WIDTH - x if rtl else x
    direction = ' direction="rtl"' if rtl else ""
    of_kind = f' class="{kind}"' if kind else ""
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}"{direction}{of_kind}>'
        f"{escape(text)}</text>"
    )
