"""A database that knows which tables were written: only those are emptied, furnished and audited again."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sqlalchemy import delete, insert, select, text
from sqlalchemy.orm import Session

from database.audit import RULES, Rule, Violation, violations
from database.engine import Database
from database.seed import seed
from database.tables import Base, Counter
from tests.database.builders import CATALOGUE

TABLES = {table.name: table for table in Base.metadata.sorted_tables}  # what refers to another table stands after it
Asked = tuple[str, Any]
"""A statement as it went to the database, and its parameters."""
WRITES = re.compile(r'\b(?:INSERT INTO|UPDATE|DELETE FROM)\s+"?(\w+)')


class Watched(Database):
    """`audit` answers as the whole audit would: a rule whose tables are as they were finds what it found, and that was nothing.

    Whoever asks for its address may write from elsewhere, which is not seen: all is furnished and audited then.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._unfurnished, self._unaudited = set(TABLES), set(TABLES)
        self._reads: dict[Rule, set[str]] = {}  # the tables that a rule read when it was asked last
        self._reading: set[str] = set()
        self._asking: list[Asked] = []
        self._silent: dict[Rule, tuple[Asked, ...] | None] = {}  # what a rule asked when all its questions found no row
        self._shared = False  # somebody else may write
        self._stock: dict[str, list[dict[str, object]]] = {}  # the rows of a furnished house

    @property
    def url(self) -> str:
        self._shared = True
        return super().url

    def refurnish(self, session: Session) -> None:
        """The opening stock, and nothing else."""
        if not self._stock:
            _furnish(session)
            self._stock = {name: [dict(row._mapping) for row in session.execute(select(table))] for name, table in TABLES.items()}
            self._unaudited |= set(TABLES)
        else:
            self._restore(session)
        self._unfurnished.clear()
        self._shared = False

    def _restore(self, session: Session) -> None:
        """Put back the rows of every table that was written; the references between them hold again at the end, not before."""
        sqlite = session.get_bind().dialect.name == "sqlite"
        session.execute(text("PRAGMA defer_foreign_keys = ON" if sqlite else "SET LOCAL session_replication_role = replica"))
        for name in sorted(TABLES if self._shared else self._unfurnished):
            session.execute(delete(TABLES[name]))
            if self._stock[name]:
                session.execute(insert(TABLES[name]), self._stock[name])

    def audit(self, session: Session) -> list[Violation]:
        """All violations, from the rules that read what was written since the last audit."""
        changed, found = set(TABLES) if self._shared else self._unaudited, list[Violation]()
        self._unaudited = set()
        for rule in RULES:
            if rule in self._reads and changed.isdisjoint(self._reads[rule]):
                continue
            if self._still_silent(session, rule):
                continue
            self._reading, self._asking = set(), []
            broken = violations(session, rule)
            self._reads[rule] = self._reading
            if not broken and rule not in self._silent:
                asked = tuple(self._asking)
                self._silent[rule] = asked if _no_row(session, asked) else None
            found += broken
        if found:
            self._unaudited = changed  # they stand until somebody mends them
        return found

    def _still_silent(self, session: Session, rule: Rule) -> bool:
        """Ask what the rule asked before, without building it again: where nothing is found, the rule would find nothing either."""
        asked = self._silent.get(rule)
        return asked is not None and _no_row(session, asked)

    def _count(self, *sent: Any) -> None:
        super()._count(*sent)
        statement, parameters = sent[2:4]  # connection, cursor, statement, parameters, context, executemany
        read, written = _tables_of(statement)
        self._reading |= read
        self._asking.append((statement, parameters))
        self._unfurnished |= written
        self._unaudited |= written


def _no_row(session: Session, asked: tuple[Asked, ...]) -> bool:
    connection = session.connection()
    return all(connection.exec_driver_sql(statement, parameters).first() is None for statement, parameters in asked)


@cache
def _tables_of(statement: str) -> tuple[frozenset[str], frozenset[str]]:
    """The tables that a statement names, and those that it writes."""
    return frozenset(TABLES.keys() & re.findall(r"\w+", statement)), frozenset(TABLES.keys() & WRITES.findall(statement))


def _furnish(session: Session) -> None:
    for table in reversed(TABLES.values()):
        if table is not Counter.__table__:
            session.execute(delete(table))
    for counter in session.scalars(select(Counter)):
        counter.last = 0
    session.flush()
    seed(session, CATALOGUE)
    session.flush()
