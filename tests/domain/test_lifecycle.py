"""The tables of an order's life are complete, agree with each other, and are what the page in docs/ says."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from enum import StrEnum
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

import domain
from domain.exceptions import RULES, ExceptionKind
from domain.lifecycle import FOLLOWS, TAKEN, TAKERS, WAIT_SUMMARIES, Progress, Stage, Wait, stage_of
from domain.messages import FACTS, REQUESTS, AnyFact, Fact, Request
from starters.lifecycle_page import meanings, page

PAGE = Path(__file__).parents[2] / "docs" / "order-lifecycle.md"


def states() -> list[type[StrEnum]]:
    """Every enumeration of the domain."""
    modules = [importlib.import_module(f"domain.{found.name}") for found in pkgutil.iter_modules(domain.__path__)]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if inspect.isclass(value) and issubclass(value, StrEnum) and value.__module__ == module.__name__
    ]


@pytest.mark.parametrize("enumeration", states(), ids=lambda enumeration: enumeration.__name__)
def test_every_member_of_every_enumeration_says_what_it_means(enumeration: type[StrEnum]) -> None:
    assert sorted(meanings(enumeration)) == sorted(enumeration)


def test_every_fact_may_be_kept_and_has_a_taker_and_every_request_has_its_stages() -> None:
    union = set(get_args(get_args(AnyFact)[0]))
    assert union == set(FACTS.values()) == set(TAKERS) == set(Fact.__subclasses__())
    assert set(REQUESTS.values()) == set(TAKEN) == set(Request.__subclasses__())
    assert all(fact.model_fields["fact"].default == name for name, fact in FACTS.items())


def test_every_stage_wait_and_exception_has_its_row() -> None:
    assert (set(FOLLOWS), set(WAIT_SUMMARIES), set(RULES)) == (set(Stage), set(Wait), set(ExceptionKind))
    assert all(FOLLOWS[stage] == () for stage in Stage if stage.final)
    assert not any(stage.final for taken in TAKEN.values() for stage in taken)
    assert all(len(set(rule.choices)) == len(rule.choices) > 0 for rule in RULES.values())


def test_every_stage_is_reached_from_captured() -> None:
    reached, look = {Stage.CAPTURED}, [Stage.CAPTURED]
    while look:
        new = set(FOLLOWS[look.pop()]) - reached
        reached |= new
        look += new
    assert reached == set(Stage)


def progress(**changes: object) -> Progress:
    nothing = {"accepted": True, "outcome": "", "cancelling": False, "open": 0, "at_work": 0, "shipped": 0, "delivered": 0}
    return Progress.model_validate(nothing | changes)


@pytest.mark.parametrize(
    ("told", "stage"),
    [
        (progress(accepted=False, open=2), Stage.CAPTURED),
        (progress(open=2), Stage.SUPPLYING),
        (progress(open=1, at_work=1), Stage.SUPPLYING),
        (progress(at_work=2, shipped=1), Stage.FULFILLING),
        (progress(shipped=2, delivered=1), Stage.SHIPPED),
        (progress(shipped=2, delivered=2), Stage.DELIVERED),
        (progress(cancelling=True, accepted=False), Stage.CANCELLING),
        (progress(outcome="cancelled", cancelling=True), Stage.CANCELLED),
        (progress(outcome="closed"), Stage.CLOSED),
        (progress(), Stage.CANCELLING),
        (progress(outcome="rejected", accepted=False), Stage.REJECTED),
    ],
)
def test_a_stage_follows_from_where_the_units_are(told: Progress, stage: Stage) -> None:
    assert stage_of(told) is stage


@given(st.builds(Progress, accepted=st.just(True), outcome=st.just(""), cancelling=st.just(False), open=st.integers(0, 3)))
def test_an_order_with_open_units_is_supplying(told: Progress) -> None:
    assert (stage_of(told) is Stage.SUPPLYING) == (told.open > 0)


def test_the_page_in_docs_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"
