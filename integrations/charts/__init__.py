"""Pictures of a plan: SVG as it is drawn, PNG where somebody needs pixels."""

from __future__ import annotations

from importlib.resources import as_file, files

from domain.replenishment import Plan
from integrations.charts.canvas import FONTS
from integrations.charts.stock import HEIGHT, WIDTH, drawn

SCALE = 2
"""Pixels of a PNG for each unit of the drawing: sharp on the screens of today, and small enough for a mail."""


def chart(plan: Plan, description: str, form: str) -> bytes:
    """History, forecast and stock projection of an item as `svg` or `png`."""
    svg = drawn(plan, description)
    if form == "svg":
        return svg.encode()
    import resvg_py

    with as_file(files("ttf_opensans") / "ttf") as folder:
        fonts = [str(folder / f"{name}.ttf") for name in FONTS]
        return resvg_py.svg_to_bytes(svg_string=svg, width=WIDTH * SCALE, height=HEIGHT * SCALE, font_files=fonts, skip_system_fonts=True)
