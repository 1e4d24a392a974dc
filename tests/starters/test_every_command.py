"""Every command of `oms` there is: whatever it is told, it answers with a sentence and a documented exit code."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from starters.cli import main
from starters.cli.main import app, run
from tests.fresh import furnished

NOBODY = "127.0.0.1:1"

STAYS = {"up", "server", "worker", "api", "demo", "edi watch"}
"""Commands that run until they are ended, or start what does: their own tests are elsewhere."""
MAKES = {"migrate", "seed"}
"""Commands that need no database, because they make it."""
FOR_PEOPLE = {"webhook secret", "schema order", "edi show", *STAYS, *MAKES}
"""Commands without `--json`: what they print is itself what a program reads, or they report as they go."""

COUNT = 9 * 10**29
WORD = "no-such-thing"


def commands(group: Any = None, *path: str) -> Iterator[tuple[str, Any]]:
    """The name of every command and what Typer knows of it, groups walked through."""
    top: Any = group or get_command(app)
    for name, found in top.commands.items():
        if hasattr(found, "commands"):
            yield from commands(found, *path, name)
        else:
            yield " ".join((*path, name)), found


COMMANDS = dict(commands())


def arguments(command: Any, word: str = WORD, count: int = 1) -> list[str]:
    """What a command cannot do without: words that name nothing, files that are not there, numbers as large as `count`."""
    said: list[str] = []
    for parameter in command.params:
        if parameter.required:
            named = [] if parameter.param_type_name == "argument" else [parameter.opts[0]]
            said += [*named, filled(parameter.type_descriptor.annotation, word, count)]
    return said


def filled(annotation: Any, word: str, count: int) -> str:
    if typing.get_origin(annotation) is typing.Literal:
        return str(typing.get_args(annotation)[0])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return str(next(iter(annotation)).value)
    inner = [each for each in typing.get_args(annotation) if each is not type(None)]
    if inner:
        return filled(inner[0], word, count)
    return str(count) if annotation in (int, float) else f"nowhere/{word}.json" if annotation is Path else word


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for an installation, and no server."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OMS_HOME", str(tmp_path))
    monkeypatch.setenv("TEMPORAL_ADDRESS", NOBODY)
    monkeypatch.setattr(main, "app", get_command(app))  # once, and not anew for each of them
    return tmp_path


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What is wrong with how a command answered; empty when it is one sentence under a documented code."""
    code = run(words)
    said = capsys.readouterr().err
    called = f"{' '.join(words)[:100]!r} ends with {code}: {said[:200]}"
    if code not in (0, 2, 3, 4) or "Traceback" in said:
        return called
    return called if code in (3, 4) and (said.count("\n") != 1 or len(said) > 1_000) else ""


def test_no_command_needs_more_than_a_sentence_where_nothing_is_installed(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = {name: [*name.split(), *arguments(command)] for name, command in COMMANDS.items() if name not in STAYS | MAKES}
    assert len(asked) > 150
    assert [wrong for words in asked.values() if (wrong := told(words, capsys))] == []
    assert not (home / "holdfast.db").exists(), "who only asks makes no database"


def test_no_number_and_no_name_is_too_large_for_a_sentence(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    furnished(f"sqlite:///{home / 'holdfast.db'}")
    numbered = {
        name: [*name.split(), *arguments(command, "x" * 300, COUNT)]
        for name, command in COMMANDS.items()
        if name not in STAYS | MAKES and str(COUNT) in arguments(command, count=COUNT)
    }
    assert len(numbered) > 20
    assert [wrong for words in numbered.values() if (wrong := told(words, capsys))] == []


def test_whatever_a_program_may_read_comes_as_json() -> None:
    without = {name for name, command in COMMANDS.items() if not any("--json" in parameter.opts for parameter in command.params)}
    assert without - FOR_PEOPLE == set()
