"""docs/benchmarks.md has a section for each benchmark; whoever writes one leaves the others as they are."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
SECTIONS = ("orders", "stock", "intake")
"""In the order in which they stand on the page."""

_SECTION = re.compile(r"<!-- begin (\w+) -->\n(.*?)<!-- end \1 -->\n", re.DOTALL)


def with_section(page: str, name: str, text: str) -> str:
    """The page with its section `name` replaced, or put in. A page from before there were sections is the one of the orders."""
    found = dict(_SECTION.findall(page))
    if not found and page.strip():
        found["orders"] = page
    found[name] = text
    marked = (f"<!-- begin {each} -->\n{found[each].rstrip()}\n<!-- end {each} -->\n" for each in SECTIONS if each in found)
    return "\n".join(marked)


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    page.write_text(with_section(page.read_text() if page.is_file() else "", name, text))
