"""A sourcing decision in words, for whoever asks why an order leaves from where it does."""

from __future__ import annotations

from domain.money import Money
from domain.sourcing.decision import Candidate, Decision


def in_words(decision: Decision, currency: str = "EUR") -> tuple[str, ...]:
    """What was decided, by which rule, against what, and what is missing: a few sentences, the most important first."""
    return tuple(sentence for sentence in (*_plan(decision, currency), _rules(decision), _missing(decision), _proof(decision)) if sentence)


def _plan(decision: Decision, currency: str) -> tuple[str, ...]:
    if not decision.parts:
        why = "; ".join(tried.verdict for tried in decision.tried)
        return (f"Nothing is sent from anywhere: {why}.",)
    names = [part.location for part in decision.parts]
    chosen = next(candidate for candidate in decision.candidates if set(candidate.locations) == set(names))
    rivals = [other for other in decision.candidates if _compares(other, chosen)]
    if len(names) > 1:
        units = ", ".join(f"{_units(sum(part.units.values()))} from {part.location}" for part in decision.parts)
        return (f"It is split: {units}.", _against(chosen, rivals, currency, "split", "can serve it", "can serve it"))
    everything = chosen.units == chosen.asked
    has, have = ("has everything", "have everything") if everything else (f"can give {chosen.units} of {chosen.asked} units",) * 2
    what = "All of it" if everything else "What can be sent"
    return (f"{what} comes from {names[0]}.", _against(chosen, rivals, currency, "location", has, have))


def _compares(other: Candidate, chosen: Candidate) -> bool:
    """Another plan of the same kind, one location or several, that could have given as much."""
    alike = (len(other.locations) > 1) == (len(chosen.locations) > 1)
    return alike and bool(other.lost) and other.costs is not None and other.units == chosen.units


def _against(chosen: Candidate, rivals: list[Candidate], currency: str, one: str, has: str, have: str) -> str:
    """What the chosen plan was the best of."""
    costs = Money(minor=chosen.costs.total if chosen.costs else 0, currency=currency)
    if not rivals:
        return f"It is the only {one} that {has}; it costs {costs}."
    total, name = min((rival.costs.total if rival.costs else 0, " + ".join(rival.locations)) for rival in rivals)
    more = Money(minor=total - costs.minor, currency=currency)
    compared = f"costs {more} more" if more.minor > 0 else "costs the same"
    return f"At {costs} it is the cheapest of {len(rivals) + 1} {one}s that {have}; the next, {name}, {compared}."


def _units(count: int) -> str:
    return "1 unit" if count == 1 else f"{count} units"


def _rules(decision: Decision) -> str:
    if not decision.rule:
        return ""
    *before, last = decision.tried
    passed = "".join(f" “{tried.rule}” found none: {tried.verdict}." for tried in before)
    return f"The rule was “{last.rule}”.{passed}"


def _missing(decision: Decision) -> str:
    short = ", ".join(f"{each.asked - each.available} of {each.asked} {each.item} (line {each.line})" for each in decision.short)
    return f"Missing: {short}." if short else ""


def _proof(decision: Decision) -> str:
    return "" if decision.exact else "The search was stopped before it was proved that nothing cheaper exists."
