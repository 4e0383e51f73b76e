"""The audit trail as a file for a spreadsheet; that it was taken is a row of the trail."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.utils.translation import gettext as _

from accounts import trail
from accounts.models import AuditEvent
from accounts.operations import record_audit, record_list
from clinic.lib.actor import Actor
from clinic.lib.csv_files import Cell, download

MOST_ROWS = 100_000
AT_A_TIME = 1_000
# A filter's value that is a code or a day. What was typed is not written down.
CODE = re.compile(r"[\w.:-]{1,60}")
TYPED = ("q", "user_id", "patient_id")


class TooLong(Exception):
    """More rows than one file should have; the sentence says how to choose fewer."""


def download_trail(
    events: QuerySet[AuditEvent],
    *,
    filters: Mapping[str, str],
    with_names: bool,
    by: Actor,
    now: dt.datetime,
) -> StreamingHttpResponse:
    """The rows as CSV, the newest first. Times are UTC, so that files from anywhere fit together.

    Raises TooLong.
    """
    count = events.order_by()[: MOST_ROWS + 1].count()
    if count > MOST_ROWS:
        raise TooLong(
            _("These are more than %(most)d rows. Choose fewer days, a person or a patient.")
            % {"most": MOST_ROWS}
        )
    codes = {
        name: value if name not in TYPED and CODE.fullmatch(value) else "given"
        for name, value in filters.items()
        if value and CODE.fullmatch(name)
    }
    data = {"rows": count, "filters": codes}
    patients = _patients_in(events)
    if patients:
        record_list(
            action="auditevents.exported", of=AuditEvent, patient_ids=patients,
            by=by, now=now, data=data,
        )  # fmt: skip
    else:
        record_audit(action="auditevents.exported", subject=AuditEvent(), by=by, now=now, data=data)
    upto = events.filter(at__lte=now)  # without the row that tells of this
    return download(_rows(upto, with_names=with_names), name=f"audit-trail-{now:%Y-%m-%d}.csv")


def _patients_in(events: QuerySet[AuditEvent]) -> set[str]:
    """The ids of all patients whom the rows speak of, alone or on a list."""
    rows = events.order_by()
    alone = rows.exclude(patient_id=None).values_list("patient_id", flat=True)
    found = {str(each) for each in alone[:MOST_ROWS]}
    lists = rows.filter(data__has_key="patients").values_list("data__patients", flat=True)
    for listed in lists[:MOST_ROWS].iterator(chunk_size=AT_A_TIME):
        found.update(listed)
    return found


def _rows(events: QuerySet[AuditEvent], *, with_names: bool) -> Iterator[list[Cell]]:
    yield [
        _("number"), _("when (UTC)"), _("action"), _("who"), _("person"), _("kind of record"),
        _("record"), _("whose record"), _("patient"), _("patients on the list"), _("from"),
        _("request"), _("details"),
    ]  # fmt: skip
    found = events.iterator(chunk_size=AT_A_TIME)
    while part := list(islice(found, AT_A_TIME)):
        names = trail.names_of(part, patients=with_names)
        for row in part:
            data = dict(row.data)
            patients = data.pop("patients", [])
            yield [
                row.pk, row.at.strftime("%Y-%m-%d %H:%M:%S.%f"), row.action,
                names.get(row.user_id, row.actor) if row.user_id else row.actor,
                str(row.user_id or ""), row.subject_type, row.subject_id,
                names.get(row.patient_id, "") if row.patient_id else "", str(row.patient_id or ""),
                " ".join(patients), row.address, row.request_id,
                json.dumps(data, sort_keys=True) if data else "",
            ]  # fmt: skip
