"""A bar chart of the results as SVG: no library, readable on white and on black."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from benchmarks.subjects import payloads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_COLOURS = {"ours": "#2f81f7", "floor": "#8b949e", "typical": "#d4852a", "empty": "#57606a"}
_TEXT = "#768390"  # Grey enough for either background.
_WIDTH, _LABEL, _VALUE = 860, 190, 70
_BAR, _GAP, _TITLE, _MARGIN = 16, 6, 40, 14


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure with its quartiles, and whose it is."""

    label: str
    owner: str
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars of one unit, on one scale."""

    title: str
    bars: Sequence[Bar]


def panels(results: Mapping[str, Any]) -> list[Panel]:
    """Choose what the chart shows."""
    warm = results["warm"]
    small = [f"{payloads.SMALL} {form}" for form in ("JSON", "XML")]
    large = [f"{payloads.FOUR_MB} {form}" for form in ("JSON", "XML")]
    slow = [f"{size} JSON" for size in (payloads.SMALL, payloads.FILES)]
    return [
        Panel(
            "Cold start: processor time until ready, ms",
            [Bar(name, name, found["ready_cpu_ms"]) for name, found in results["cold"].items()],
        ),
        Panel("Small mail: processor time, ms", _mails(warm, small, "0 ms", "cpu_ms")),
        Panel("4 MB attachment: processor time, ms", _mails(warm, large, "0 ms", "cpu_ms")),
        Panel(
            "Time to the answer when AWS takes 20 ms a call, ms",
            _mails(warm, slow, "20 ms", "wall_ms"),
        ),
        Panel(
            "Peak memory of the process after 4 MB mails, MB",
            [Bar(name, name, found) for name, found in results["peak_memory_mb"].items()],
        ),
    ]


def _mails(warm: Mapping[str, Any], mails: Sequence[str], latency: str, figure: str) -> list[Bar]:
    return [
        Bar(f"{mail}, {name.removesuffix(' api')}", name, found[latency][figure])
        for mail in mails
        for name, found in warm[mail].items()
    ]


def draw(shown: Sequence[Panel]) -> str:
    """Return the chart as an SVG document."""
    parts, top = [], _MARGIN
    for panel in shown:
        drawn, height = _panel(panel, top)
        parts.append(drawn)
        top += height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" width="{_WIDTH}" '
        f'height="{top}" font-family="system-ui, sans-serif" font-size="12" fill="{_TEXT}">\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _panel(panel: Panel, top: int) -> tuple[str, int]:
    largest = max(bar.figures["q3"] for bar in panel.bars)
    scale = (_WIDTH - _LABEL - _VALUE - _MARGIN) / largest
    title = f'<text x="{_MARGIN}" y="{top + 20}" font-size="14" font-weight="600">'
    lines = [f"{title}{escape(panel.title)}</text>"]
    y = top + _TITLE - 8
    for bar in panel.bars:
        lines.append(_bar(bar, y, scale))
        y += _BAR + _GAP
    return "\n".join(lines), y - top + _MARGIN


def _bar(bar: Bar, y: int, scale: float) -> str:
    """Draw a bar to the median, a line over the quartiles, and the number after both."""
    figures, middle = bar.figures, y + _BAR / 2
    colour = _COLOURS[bar.owner.partition(" ")[0]]
    width, low, high = (figures[name] * scale for name in ("median", "q1", "q3"))
    number = f"{figures['median']:,.0f}" if figures["median"] >= 20 else f"{figures['median']:.1f}"
    name = f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>'
    box = f'<rect x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="2" fill="{colour}"/>'
    path = f"M{_LABEL + low:.1f} {middle}H{_LABEL + high:.1f}"
    spread = f'<path d="{path}" stroke="{_TEXT}" stroke-width="2"/>'
    said = f'<text x="{_LABEL + max(width, high) + 6:.1f}" y="{middle + 4}">{number}</text>'
    return f"{name}\n{box}\n{spread}\n{said}"
