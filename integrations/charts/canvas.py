"""The paper of a chart: shapes and words as SVG, and scales from values and days to places on it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from math import ceil, floor, log10
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

FONTS = ("OpenSans-Regular", "OpenSans-SemiBold")
FAMILY = "Open Sans, Segoe UI, Helvetica, Arial, sans-serif"
INK, QUIET, LINE, PAPER = "#1f2933", "#5f6c7b", "#dde3e9", "#ffffff"


class Canvas:
    """Collects shapes; y grows downwards, as in SVG."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._size, self._title, self._shapes = (width, height), title, list[str]()

    def rect(self, x: float, y: float, width: float, height: float, fill: str, *, opacity: float = 1) -> None:
        place = f'x="{_at(x)}" y="{_at(y)}" width="{_at(max(width, 0))}" height="{_at(max(height, 0))}"'
        self._shapes.append(f'<rect {place} fill="{fill}"{_opacity(opacity)}/>')

    def line(self, points: Sequence[tuple[float, float]], stroke: str, *, width: float = 1, dash: str = "") -> None:
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        style = f'fill="none" stroke="{stroke}" stroke-width="{_at(width)}" stroke-linejoin="round"'
        self._shapes.append(f'<polyline points="{_points(points)}" {style}{dashed}/>')

    def area(self, points: Sequence[tuple[float, float]], fill: str, *, opacity: float = 1) -> None:
        self._shapes.append(f'<polygon points="{_points(points)}" fill="{fill}"{_opacity(opacity)}/>')

    def text(
        self,
        x: float,
        y: float,
        words: str,
        *,
        size: float = 11,
        fill: str = QUIET,
        anchor: str = "start",
        bold: bool = False,
        halo: bool = False,
    ) -> None:
        weight = ' font-weight="600"' if bold else ""
        clear = f' stroke="{PAPER}" stroke-width="4" stroke-linejoin="round" paint-order="stroke"' if halo else ""
        style = f'font-size="{_at(size)}" fill="{fill}" text-anchor="{anchor}"{weight}{clear}'
        self._shapes.append(f'<text x="{_at(x)}" y="{_at(y)}" {style}>{escape(words)}</text>')

    def svg(self) -> str:
        width, height = self._size
        size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family={quoteattr(FAMILY)} role="img">',
                f"<title>{escape(self._title)}</title>",
                f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
                *self._shapes,
                "</svg>\n",
            ]
        )


class Scale(NamedTuple):
    """A value axis from `low` to `high`, named every `step`."""

    low: float
    high: float
    step: float

    @classmethod
    def holding(cls, low: float, high: float) -> Scale:
        """An axis that holds both values and begins and ends on a tick; some five steps of 1, 2 or 5 times a power of ten, at least 1."""
        rough = max(high - low, 1) / 5
        power = 10 ** floor(log10(rough))
        step = max(next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power), 1)
        return cls(floor(low / step) * step, max(ceil(high / step), 1) * step, step)

    @property
    def ticks(self) -> list[float]:
        return [self.low + number * self.step for number in range(round((self.high - self.low) / self.step) + 1)]


class Panel(NamedTuple):
    """A part of the canvas with a day axis from `first` to before `end` and a value axis."""

    left: float
    top: float
    width: float
    height: float
    first: date
    end: date
    scale: Scale

    def x(self, day: date) -> float:
        return self.left + self.width * (day - self.first).days / max((self.end - self.first).days, 1)

    def y(self, value: float) -> float:
        return self.top + self.height * (self.scale.high - value) / (self.scale.high - self.scale.low)

    def axes(self, canvas: Canvas, unit: str) -> None:
        """Grid, numbers and dates; the zero line is drawn darker."""
        for value in self.scale.ticks:
            y = self.y(value)
            canvas.line([(self.left, y), (self.left + self.width, y)], QUIET if value == 0 else LINE)
            canvas.text(self.left - 8, y + 4, f"{value:,.0f}", anchor="end")
        canvas.text(40, self.top - 14, unit)
        bottom = self.top + self.height
        for day, words in dates(self.first, self.end):
            canvas.line([(self.x(day), bottom), (self.x(day), bottom + 5)], QUIET)
            canvas.text(self.x(day), bottom + 18, words, anchor="middle")


def dates(first: date, end: date) -> Iterator[tuple[date, str]]:
    """Where the day axis is named: months of a long time, Mondays of a short one."""
    days = (end - first).days
    if days > 120:
        every = max(1, round(days / 30 / 12))
        day = first.replace(day=1)
        while day < end:
            if day >= first and (day.month - 1) % every == 0:
                yield day, f"{day:%b %Y}" if day.month == 1 or every > 1 else f"{day:%b}"
            day = (day + timedelta(days=32)).replace(day=1)
        return
    weeks = max(1, ceil(days / 7 / 10))
    day = first + timedelta(days=-first.weekday() % 7)
    while day < end:
        yield day, f"{day.day} {day:%b}"
        day += timedelta(weeks=weeks)


def _at(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{_at(x)},{_at(y)}" for x, y in points)


def _opacity(opacity: float) -> str:
    return "" if opacity == 1 else f' fill-opacity="{_at(opacity)}"'
