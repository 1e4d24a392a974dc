"""The errors of Holdfast.

    OrderError
      Refused          the business said no; asking again will not help     -> never retried
        InputRefused   a document or an argument cannot be read             -> says the place and the reason
        Conflict       the same key came with other content
        NotFound       nobody knows this order, item or document
        StepUndone     the step was undone before it arrived: it does nothing
        RefundTooHigh  more would be given back than was ever paid
      Unavailable      the other side did not answer; later it may          -> retried by policy

`Refused` carries its sentence: it composes its own message from the object it is about, so that
whoever reads it knows what to do next.
"""

from datetime import timedelta


class OrderError(Exception):
    """Something that an order can meet; the message is one sentence for a person."""


class Refused(OrderError):
    """The business said no: asking again will not help."""


class InputRefused(Refused):
    """A document that cannot be taken as it is: `place` says where, `reason` says why."""

    def __init__(self, place: str, reason: str) -> None:
        self.place, self.reason = place, reason
        super().__init__(f"{place}: {reason}")


class Conflict(Refused):
    """The same business key arrived with other content."""

    def __init__(self, what: str, difference: str) -> None:
        super().__init__(f"{what} is known with other content ({difference}); nothing was changed.")


class NotFound(Refused):
    """Nobody knows the thing that was asked for."""

    def __init__(self, kind: str, key: str) -> None:
        self.kind, self.key = kind, key
        super().__init__(f"There is no {kind} {key!r}.")


class StepUndone(Refused):
    """A late attempt of a step whose undo already ran; nothing was done."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"The step {key!r} was undone before this attempt arrived; it does nothing.")


class RefundTooHigh(Refused):
    """More would be given back than is left of what was paid."""

    def __init__(self, subject: str, asked: int, left: int) -> None:
        super().__init__(f"A refund of {asked} for {subject} is more than the {left} left of what was paid (minor units).")


class Unavailable(OrderError):
    """The other side did not answer; later it may."""


class Busy(Unavailable):
    """The other side takes no more calls for the moment; `wait` is how long it asked for."""

    def __init__(self, sentence: str, wait: timedelta) -> None:
        self.wait = wait
        super().__init__(sentence)
