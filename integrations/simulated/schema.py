"""The tables of the simulated partners: what each of them has on its books."""

TABLES = """
CREATE TABLE IF NOT EXISTS faults (
    port TEXT PRIMARY KEY, fail INTEGER NOT NULL DEFAULT 0, lose INTEGER NOT NULL DEFAULT 0,
    outage INTEGER NOT NULL DEFAULT 0, slow REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS scripts (order_key TEXT PRIMARY KEY, script TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY, port TEXT NOT NULL, key TEXT NOT NULL, operation TEXT NOT NULL, said TEXT NOT NULL, answer TEXT NOT NULL,
    order_key TEXT NOT NULL, subject TEXT NOT NULL, arrived INTEGER NOT NULL, undone INTEGER NOT NULL, UNIQUE (port, key)
);
CREATE TABLE IF NOT EXISTS happenings (number INTEGER PRIMARY KEY, port TEXT NOT NULL, key TEXT NOT NULL, what TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS happenings_by_key ON happenings (port, key);
CREATE TABLE IF NOT EXISTS tasks (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, order_key TEXT NOT NULL, shipment INTEGER NOT NULL, location TEXT NOT NULL,
    picks TEXT NOT NULL, released_at REAL NOT NULL, due_at TEXT NOT NULL,
    planned INTEGER NOT NULL DEFAULT 0, cancelled INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS tasks_by_order ON tasks (order_key);
CREATE INDEX IF NOT EXISTS tasks_to_plan ON tasks (number) WHERE planned = 0 AND cancelled = 0;
CREATE TABLE IF NOT EXISTS labels (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, order_key TEXT NOT NULL, shipment INTEGER NOT NULL, rma INTEGER NOT NULL,
    carrier TEXT NOT NULL, service TEXT NOT NULL, tracking TEXT NOT NULL UNIQUE, minor INTEGER NOT NULL, currency TEXT NOT NULL,
    transit_days INTEGER NOT NULL, destination TEXT NOT NULL, bought_at REAL NOT NULL,
    planned INTEGER NOT NULL DEFAULT 0, voided INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS labels_by_order ON labels (order_key);
CREATE INDEX IF NOT EXISTS labels_to_plan ON labels (number) WHERE planned = 0 AND voided = 0 AND rma = 0;
CREATE TABLE IF NOT EXISTS authorizations (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, order_key TEXT NOT NULL, token TEXT NOT NULL, minor INTEGER NOT NULL,
    currency TEXT NOT NULL, declined TEXT NOT NULL, voided INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS authorizations_by_order ON authorizations (order_key);
CREATE TABLE IF NOT EXISTS authorization_terms (number INTEGER PRIMARY KEY, expires_at TEXT NOT NULL, single INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS captures (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, authorization INTEGER NOT NULL REFERENCES authorizations (number),
    order_key TEXT NOT NULL, minor INTEGER NOT NULL, declined TEXT NOT NULL, refunded INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS captures_by_key ON captures (key);
CREATE INDEX IF NOT EXISTS captures_by_authorization ON captures (authorization);
CREATE TABLE IF NOT EXISTS refunds (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, payment TEXT NOT NULL, minor INTEGER NOT NULL, currency TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS letters (
    number INTEGER PRIMARY KEY, key TEXT NOT NULL, recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS transfers (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, orders TEXT NOT NULL, entry TEXT NOT NULL, made_at REAL NOT NULL,
    statement INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS bank_statements (
    number INTEGER PRIMARY KEY, name TEXT NOT NULL, closing INTEGER NOT NULL, written_at REAL NOT NULL, document BLOB NOT NULL,
    read INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS outbox (
    id TEXT PRIMARY KEY, order_key TEXT NOT NULL, subject TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL, send_at REAL NOT NULL,
    outcome TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS outbox_to_send ON outbox (send_at) WHERE outcome = '';
CREATE INDEX IF NOT EXISTS outbox_by_subject ON outbox (subject);
"""
