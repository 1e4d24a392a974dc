"""The description as a page that a browser shows without asking anybody else: no script, nothing from another host."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --line: #8883; --soft: #8881; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.8rem; margin-bottom: .2rem } h2 { margin-top: 2.2rem; border-bottom: 1px solid var(--line) }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .5rem 0; padding: 0 .8rem }
summary { cursor: pointer; padding: .5rem 0; display: flex; gap: .8rem; flex-wrap: wrap; align-items: baseline }
code, pre { font: 13px/1.45 ui-monospace, monospace } pre { background: var(--soft); padding: .7rem; overflow: auto; border-radius: .3rem }
.verb { font: 600 12px ui-monospace, monospace; color: #fff; border-radius: .25rem; padding: .1rem .45rem; background: #555 }
.get { background: #1667b0 } .post { background: #1d7a46 } .delete { background: #b3372f } .put, .patch { background: #96690a }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 }
td, th { text-align: left; vertical-align: top; padding: .25rem .6rem .25rem 0 }
tr + tr td { border-top: 1px solid var(--line) } .dim { opacity: .7 }
"""


def handbook(description: dict[str, Any]) -> str:
    """The page of an OpenAPI description: by subject, each operation with what it takes, what it answers and an example of both."""
    info = description["info"]
    parts = [
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>",
        f"<p>{_prose(info['description'])}</p>",
        '<p>For programs: <a href="/openapi.json">openapi.json</a>, <a href="/schemas/order.json">the form of an order</a>.</p>',
        "<p>Send a key as <code>X-API-Key</code> or as bearer token (<code>oms key create</code>).</p>",
    ]
    for tag in _subjects(description):
        found = [
            _operation(method, path, operation, description)
            for path, methods in description["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation.get("tags", ())
        ]
        if found:
            parts += [f"<h2>{escape(tag['name'].capitalize())}</h2>", f"<p>{_prose(tag['description'])}</p>", *found]
    title = escape(info["title"])
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}: API</title><style>{STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _subjects(description: dict[str, Any]) -> Iterator[dict[str, str]]:
    """The subjects that are described, in their order, and then those that operations name."""
    told = {tag["name"] for tag in description.get("tags", [])}
    yield from description.get("tags", [])
    for methods in description["paths"].values():
        for operation in methods.values():
            for name in operation.get("tags", ()):
                if name not in told:
                    told.add(name)
                    yield {"name": name, "description": ""}


def _operation(method: str, path: str, operation: dict[str, Any], description: dict[str, Any]) -> str:
    shown = [f"<p>{_prose(operation.get('description', ''))}</p>"]
    if parameters := operation.get("parameters"):
        shown.append(_table(("Parameter", "In", "Meaning"), [_parameter(each) for each in parameters]))
    for media, body in operation.get("requestBody", {}).get("content", {}).items():
        shown += [f"<p><b>Body</b> <span class=dim>{escape(media)}</span></p>", *_examples(body, description)]
    answers = []
    for status, answer in sorted(operation["responses"].items()):
        content: dict[str, Any] = next(iter(answer.get("content", {}).values()), {})
        example = "".join(_examples(content, description)) if status < "300" else ""
        answers.append((f"<code>{escape(status)}</code>", f"{_prose(answer.get('description', ''))}{example}"))
    shown.append(_table(("Answer", ""), answers))
    name = escape(operation.get("operationId", ""))
    return (
        f'<details id="{name}"><summary><span class="verb {method}">{method.upper()}</span><code>{escape(path)}</code>'
        f"<span>{escape(operation.get('summary', ''))}</span></summary>{''.join(shown)}</details>"
    )


def _parameter(each: dict[str, Any]) -> tuple[str, ...]:
    needed = "" if each.get("required") else ' <span class="dim">may be left out</span>'
    return f"<code>{escape(each['name'])}</code>{needed}", escape(each["in"]), _prose(each.get("description", ""))


def _examples(content: dict[str, Any], description: dict[str, Any]) -> list[str]:
    """What is shown of a body: its examples, or those of its schema."""
    found: list[tuple[str, Any]] = []
    if "example" in content:
        found.append(("", content["example"]))
    found += [(each.get("summary", name), each["value"]) for name, each in content.get("examples", {}).items()]
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    if not found and name:
        schema = description["components"]["schemas"][name]
        of_fields = {field: each["examples"][0] for field, each in schema.get("properties", {}).items() if each.get("examples")}
        found += [("", each) for each in schema.get("examples", [of_fields] if of_fields else [])[:1]]
    return [
        f"{f'<p class=dim>{escape(title)}</p>' if title else ''}<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"
        for title, value in found
    ]


def _table(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads)
    return f"<table><tr>{head}</tr>{''.join('<tr>' + ''.join(f'<td>{cell}</td>' for cell in row) + '</tr>' for row in rows)}</table>"


def _prose(text: str) -> str:
    """Text with its `code` as code; what is written between two blank lines is a paragraph of its own."""
    pieces = escape(text).split("`")
    marked = "".join(f"<code>{piece}</code>" if number % 2 else piece for number, piece in enumerate(pieces))
    return marked.replace("\n\n", "</p><p>")
