"""The objects of the database that give the guarantees are there, valid and at work."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models

from booking.invariants.check import Check, Result, found
from booking.models.appointment import LIVE

OUR_APPS = ("accounts", "notifications", "documents", "booking")
AUDIT_TABLES = ("accounts_auditevent", "accounts_auditseal")
# Named here too, so that taking one out of its model is noticed.
REQUIRED = {
    "slot_no_overlap": "booking_slot",
    "slot_status_known": "booking_slot",
    "slot_held_until_when_held": "booking_slot",
    "slot_claimed_once": "booking_appointmentslot",
    "appointment_doctor_once": "booking_appointment",
    "appointment_patient_once": "booking_appointment",
    "appointment_status_known": "booking_appointment",
    "appointment_hold_has_end": "booking_appointment",
    "appointment_has_patient": "booking_appointment",
    "appointment_booked_pair": "booking_appointment",
    "appointment_decided_pair": "booking_appointment",
    "appointment_ended_pair": "booking_appointment",
    "appointment_ended_when_over": "booking_appointment",
    "one_hold_per_holder": "booking_appointment",
    "resource_used_once": "booking_resourceuse",
    "one_open_offer_per_time": "booking_offer",
    "one_open_offer_per_entry": "booking_offer",
    "hours_no_overlap": "booking_workinghours",
    "guest_has_no_login": "accounts_patient",
}
# Live states by which these two are limited; one that is missing would be a hole.
OVER_LIVE_STATES = ("appointment_doctor_once", "appointment_patient_once")

FOUND = """
    SELECT c.conname, t.relname, c.convalidated AND coalesce(i.indisvalid, true),
           pg_get_constraintdef(c.oid)
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
    LEFT JOIN pg_index i ON i.indexrelid = c.conindid AND c.contype IN ('u', 'x')
    WHERE t.relnamespace = current_schema()::regnamespace AND c.contype IN ('c', 'u', 'x')
    UNION ALL
    SELECT ic.relname, t.relname, i.indisvalid AND i.indisready AND i.indisunique,
           pg_get_indexdef(i.indexrelid)
    FROM pg_index i
    JOIN pg_class ic ON ic.oid = i.indexrelid
    JOIN pg_class t ON t.oid = i.indrelid
    WHERE t.relnamespace = current_schema()::regnamespace AND i.indisunique
"""

TRIGGERS = """
    SELECT t.relname, g.tgname, g.tgenabled IN ('O', 'A'), g.tgtype::int,
           p.prosrc LIKE '%%RAISE EXCEPTION%%'
    FROM pg_trigger g
    JOIN pg_class t ON t.oid = g.tgrelid
    JOIN pg_proc p ON p.oid = g.tgfoid
    WHERE NOT g.tgisinternal AND t.relname = ANY(%s)
      AND t.relnamespace = current_schema()::regnamespace
"""
# Bits of pg_trigger.tgtype.
BEFORE, DELETE, UPDATE, TRUNCATE = 2, 8, 16, 32

RIGHTS = """
    SELECT t.relname, pg_has_role(current_user, t.relowner, 'USAGE'),
           has_any_column_privilege(t.oid, 'UPDATE'), has_table_privilege(t.oid, 'DELETE'),
           has_table_privilege(t.oid, 'TRUNCATE'), has_table_privilege(t.oid, 'TRIGGER')
    FROM pg_class t
    WHERE t.relname = ANY(%s) AND t.relnamespace = current_schema()::regnamespace
"""


def _query(sql: str, params: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def _declared() -> Iterator[tuple[str, str]]:
    """Every constraint that a model of ours declares, and its table."""
    yield from REQUIRED.items()
    kinds = (models.CheckConstraint, models.UniqueConstraint)
    for app in OUR_APPS:
        for model in apps.get_app_config(app).get_models():
            for constraint in model._meta.constraints:
                # An exclusion constraint is of a class of its own, made by contrib.postgres.
                if isinstance(constraint, kinds) or hasattr(constraint, "index_type"):
                    yield constraint.name, model._meta.db_table


def _constraints(_clinic: uuid.UUID | None, result: Result) -> None:
    there = {(table, name): (valid, text) for name, table, valid, text in _query(FOUND)}
    wanted = dict.fromkeys(_declared())
    broken: list[dict[str, Any]] = []
    for name, table in wanted:
        valid, text = there.get((table, name), (None, ""))
        if valid is None:
            broken.append({"table": table, "constraint": name, "fault": "missing"})
        elif not valid or "NOT ENFORCED" in text:
            broken.append({"table": table, "constraint": name, "fault": "not valid"})
        elif name in OVER_LIVE_STATES:
            absent = [status.value for status in LIVE if f"'{status.value}'" not in text]
            if absent:
                fault = f"does not hold for {', '.join(absent)}"
                broken.append({"table": table, "constraint": name, "fault": fault})
    found(result, broken)
    result.checked = len(wanted)


def _triggers(_clinic: uuid.UUID | None, result: Result) -> None:
    guarded = dict.fromkeys(AUDIT_TABLES, 0)
    for table, _name, enabled, kind, raises in _query(TRIGGERS, [list(AUDIT_TABLES)]):
        if enabled and raises and kind & BEFORE:
            guarded[table] |= kind
    events = {"UPDATE": UPDATE, "DELETE": DELETE, "TRUNCATE": TRUNCATE}
    broken = [
        {"table": table, "fault": f"{event} is not refused"}
        for table, kinds in guarded.items()
        for event, bit in events.items()
        if not kinds & bit
    ]
    role = _query("SHOW session_replication_role")[0][0]
    if role != "origin":
        broken.append({"table": "", "fault": f"session_replication_role is {role}: triggers sleep"})
    found(result, broken)
    result.checked = len(guarded) * len(events)


def _rights(_clinic: uuid.UUID | None, result: Result) -> None:
    rows = _query(RIGHTS, [list(AUDIT_TABLES)])
    if any(owner for _table, owner, *_rights in rows):
        result.note = "connected as the owner of the tables, whom triggers alone can stop"
        return
    found(
        result,
        [
            {"table": table, "fault": f"the application may {right}"}
            for table, _owner, *granted in rows
            for right, has in zip(
                ("UPDATE", "DELETE", "TRUNCATE", "make triggers"), granted, strict=True
            )
            if has
        ],
    )
    result.checked = len(rows) * 4


CHECKS: list[Check] = [
    Check(
        "constraints_are_in_force",
        "Every constraint that the guarantees rest on is there and valid.",
        _constraints,
    ),
    Check(
        "audit_trail_takes_insert_only",
        "Triggers refuse UPDATE, DELETE and TRUNCATE on the audit trail, whoever asks.",
        _triggers,
    ),
    Check(
        "application_cannot_rewrite_the_trail",
        "The application's database role neither owns the audit trail nor may change it.",
        _rights,
    ),
]
