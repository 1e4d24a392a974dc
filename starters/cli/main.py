"""`oms`: place orders, see what becomes of them, and tell them what has happened."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache

import typer
from typer.exceptions import Abort, TyperException
from typer.main import get_command

from domain.errors import OrderError, Unavailable
from starters.cli import (
    accounting,
    agreeing,
    asking,
    banking,
    claiming,
    columns,
    counting,
    credit,
    demo,
    dispatch,
    dunning,
    edi,
    feedback,
    floor,
    inbox,
    intake,
    keys,
    packing,
    papers,
    pricing,
    promising,
    queueing,
    quoting,
    reading,
    receivables,
    replenishment,
    running,
    schema,
    serials,
    shops,
    sourcing,
    subscriptions,
    supplying,
    telling,
    transferring,
    webhooks,
)

OK, FELL_SHORT, USAGE, REFUSED, UNAVAILABLE, DEFECT, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130

EXIT_CODES = (
    "Exit codes: 0 done · 1 the audit found something, or the demo fell short · 2 the command line is wrong · "
    "3 refused (bad input, a conflict, an unknown order, the business says no) · 4 the server or the database does not answer · "
    "5 a defect of Holdfast itself"
)

app = typer.Typer(
    name="oms",
    help="Holdfast: every order is one long-lived Temporal workflow. Start with `oms demo`, or with `oms up` and `oms place FILE`.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)
for room in (
    running,
    keys,
    intake,
    columns,
    quoting,
    inbox,
    shops,
    edi,
    schema,
    feedback,
    supplying,
    transferring,
    promising,
    reading,
    pricing,
    agreeing,
    sourcing,
    queueing,
    telling,
    webhooks,
    subscriptions,
    floor,
    packing,
    dispatch,
    papers,
    asking,
    credit,
    banking,
    accounting,
    dunning,
    receivables,
    claiming,
    counting,
    serials,
    replenishment,
    demo,
):
    app.add_typer(room.app)


def main() -> None:
    """The `oms` command."""
    code = run(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Everything is closed by now. Temporal's own threads may still be at work on a call that was given up, and an interpreter that
    # takes itself apart around them is aborted by the machine, whatever the exit code was to be.
    os._exit(code)


@cache
def _commands() -> Callable[..., object]:
    """The commands as the parser wants them; to make them of the functions' signatures takes longer than to carry most of them out."""
    return get_command(app)


def run(arguments: Sequence[str]) -> int:
    """Carry out one command line; its exit code. Whatever goes wrong is one sentence on standard error."""
    try:
        code = _commands()(args=list(arguments), prog_name="oms", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as wrong:  # the command line itself
        show = getattr(wrong, "show", None)
        if show is not None:
            show()
        else:
            _say(wrong.format_message())
        return wrong.exit_code
    except Unavailable as silent:
        return _say(str(silent), UNAVAILABLE)
    except OrderError as refused:
        return _say(str(refused), REFUSED)
    except BrokenPipeError:  # `oms list | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except (Abort, KeyboardInterrupt):
        return _say("Interrupted.", INTERRUPTED)
    except OSError as trouble:
        return _say(f"{trouble.filename or 'The machine'}: {trouble.strerror or trouble}.", REFUSED)
    except Exception as unknown:  # noqa: BLE001 - the last line of defence: a person gets a sentence, never a traceback
        return _unexpected(unknown)
    return code if isinstance(code, int) else OK


def _unexpected(error: Exception) -> int:
    """A database that does not answer, or a defect; OMS_LOG_LEVEL=debug shows where."""
    if os.environ.get("OMS_LOG_LEVEL", "").lower() == "debug":
        import traceback

        traceback.print_exception(error)
    said = " ".join(str(getattr(error, "orig", error)).split())[:300]
    module = type(error).__module__.partition(".")[0]
    if module == "pydantic_core":
        return _say(f"{_place_and_reason(error)}; nothing was changed.", REFUSED)
    if isinstance(error, OverflowError) or "out of int32 range" in said or "out of int64 range" in said:
        return _say("A number on the command line is larger than anything that can be kept; nothing was changed.", REFUSED)
    if module in ("sqlalchemy", "sqlite3", "asyncpg"):
        if "no such table" in said or "does not exist" in said:
            return _say("The database has no tables yet: run `oms migrate` and `oms seed`, or start everything with `oms up`.", UNAVAILABLE)
        return _say(f"The database does not answer: {said}. See OMS_DATABASE_URL, and that the database runs.", UNAVAILABLE)
    if module == "temporalio":
        return _say(f"Temporal does not answer as it should: {said}. See that the server runs (`oms server`).", UNAVAILABLE)
    return _say(f"A defect of Holdfast, {type(error).__name__}: {said}. OMS_LOG_LEVEL=debug shows where; please report it.", DEFECT)


def _place_and_reason(error: Exception) -> str:
    """What the command line said that no message can say: the first field of it, and why."""
    from pydantic import ValidationError

    assert isinstance(error, ValidationError)  # the module that it comes from raises no other
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or error.title}: {first['msg'][:1].lower()}{first['msg'][1:]}"


def _say(sentence: str, code: int = USAGE) -> int:
    print(sentence, file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
