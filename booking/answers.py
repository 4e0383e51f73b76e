"""Free times as finished bytes, a fragment a day, kept in Valkey: for the API, and for pages.

A day's fragments are dropped by raising the day's generation when a change commits: a fragment
names the generation that was current before it was computed, so one that was computed from the
state before the change can never be served after it. A fragment also ends when time alone makes
it untrue: at the first `held_until`, and when its first start comes within the visit type's notice.

A replica is read for a day only when it has replayed the change that raised the day's generation:
each day has beside its generation the position of the primary's log at its last change.

The cache never decides anything. Without Valkey the same bytes are computed from PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import struct
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction

from accounts.models import Clinic, Doctor
from booking import queries, uses
from booking.availability import Span
from booking.changed_days import generation_key, needed_position, raise_generations, with_valkey
from booking.models import Appointment, Slot, SlotStatus, VisitType
from clinic.lib import metrics, replica
from clinic.lib.metrics import names
from clinic.lib.times import day_bounds, days_between, iso_z, local_day

# Generation and end (epoch seconds) stand before a fragment's bytes.
HEAD = struct.Struct("<Qd")


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class _Question:
    visit_type: VisitType
    doctor: Doctor | None
    now: dt.datetime
    # What the fragments are for, and how a day's times become one.
    purpose: str
    encode: Callable[[Sequence[queries.FreeTime]], bytes]

    def fragment_key(self, day: dt.date) -> str:
        doctor = self.doctor.pk if self.doctor else "any"
        return f"clinic:free:{self.purpose}:{self.visit_type.pk}:{doctor}:{day.isoformat()}"

    def generation_key(self, day: dt.date) -> str:
        return generation_key(self.visit_type.clinic_id, day)


def free_times(
    *,
    visit_type: VisitType,
    first: dt.date,
    last: dt.date,
    doctor: Doctor | None = None,
    now: dt.datetime,
) -> Answer:
    """The JSON answer of the API for the clinic's days `first` to `last`, both included."""
    question = _Question(visit_type, doctor, now, "api", _api_fragment)
    fragments = _fragments(question, days_between(first, last))
    head = orjson.dumps({"timezone": visit_type.clinic.time_zone, "visit_type": visit_type.slug})
    body = b'%s,"slots":[%s]}' % (head[:-1], b",".join(filter(None, fragments)))
    return Answer(body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')


def times(
    *,
    visit_type: VisitType,
    first: dt.date,
    last: dt.date,
    doctor: Doctor | None = None,
    now: dt.datetime,
) -> list[queries.FreeTime]:
    """As `queries.free_times`, for pages that show who is free: from the cache where it is true."""
    question = _Question(visit_type, doctor, now, "page", _page_fragment)
    fragments = _fragments(question, days_between(first, last))
    return [free for fragment in fragments for free in _times_in(fragment)]


def forget(appointment: Appointment) -> None:
    """Drop the days that an appointment touches, when its change has committed."""
    forget_span(appointment.visit_type.clinic, Span(appointment.busy_start, appointment.busy_end))


def forget_span(clinic: Clinic, span: Span) -> None:
    """Drop the days of the clinic that `span` touches, when the transaction commits.

    Their neighbours too: a long visit that starts late reaches into the next day, and a buffer
    before an early one into the day before.
    """
    day = dt.timedelta(days=1)
    first, last = local_day(span.start, clinic.zone), local_day(span.end, clinic.zone)
    days = days_between(first - day, last + day)
    transaction.on_commit(lambda: raise_generations(clinic.pk, days), robust=True)


def _computed(
    question: _Question, days: Sequence[dt.date], *, cache_answers: bool
) -> dict[dt.date, tuple[bytes, dt.datetime]]:
    """By the replica where it knows of every change that the cache knows of."""
    if not cache_answers or not replica.configured():
        return _compute(question, days)
    needed = needed_position(question.visit_type.clinic_id, days)
    if needed is None:
        return _compute(question, days)
    return replica.read(lambda: _compute(question, days), at_least=needed)


def _fragments(question: _Question, days: Sequence[dt.date]) -> list[bytes]:
    """Each day's bytes, in the order of the days; what the cache does not have is computed."""
    generations, fragments = _cached(question, days)
    missing = [day for day in days if day not in fragments]
    metrics.count(names.CACHE_HITS, len(fragments))
    metrics.count(names.CACHE_MISSES, len(missing))
    if missing:
        computed = _computed(question, missing, cache_answers=bool(generations))
        _store(question, computed, generations)
        fragments.update({day: body for day, (body, _end) in computed.items()})
    return [fragments[day] for day in days]


def _cached(
    question: _Question, days: Sequence[dt.date]
) -> tuple[dict[dt.date, int], dict[dt.date, bytes]]:
    """The days' generations, and the fragments that are still true."""
    keys = [question.generation_key(day) for day in days]
    keys += [question.fragment_key(day) for day in days]
    values = with_valkey(lambda client: client.mget(keys), None)
    if values is None:
        return {}, {}
    generations = {day: int(value or 0) for day, value in zip(days, values, strict=False)}
    moment = question.now.timestamp()
    fragments = {}
    for day, value in zip(days, values[len(days) :], strict=True):
        if value is None:
            continue
        generation, end = HEAD.unpack_from(value)
        if generation == generations[day] and moment < end:
            fragments[day] = value[HEAD.size :]
    return generations, fragments


def _store(
    question: _Question,
    computed: dict[dt.date, tuple[bytes, dt.datetime]],
    generations: dict[dt.date, int],
) -> None:
    if not generations:  # Valkey did not answer a moment ago
        return

    def work(client: Any) -> None:
        pipeline = client.pipeline(transaction=False)
        for day, (body, end) in computed.items():
            value = HEAD.pack(generations[day], end.timestamp()) + body
            seconds = max(1, int((end - question.now).total_seconds()) + 1)
            pipeline.set(question.fragment_key(day), value, ex=seconds)
        pipeline.execute()

    with_valkey(work, None)


def _compute(
    question: _Question, days: Sequence[dt.date]
) -> dict[dt.date, tuple[bytes, dt.datetime]]:
    """For each day its bytes and until when they are true."""
    zone = question.visit_type.clinic.zone
    found = queries.free_times(
        visit_type=question.visit_type,
        first=days[0],
        last=days[-1],
        doctor=question.doctor,
        now=question.now,
    )
    by_day = {
        day: list(times) for day, times in groupby(found, lambda free: local_day(free.start, zone))
    }
    ends = _hold_ends(question, days)
    return {
        day: (
            question.encode(by_day.get(day, [])),
            _end_of(question, by_day.get(day, []), ends.get(day)),
        )
        for day in days
    }


def _api_fragment(times: Sequence[queries.FreeTime]) -> bytes:
    return b",".join(
        b'{"start":"%s","doctors":%d}' % (iso_z(free.start).encode(), len(free.doctors))
        for free in times
    )


def _page_fragment(times: Sequence[queries.FreeTime]) -> bytes:
    """The day's doctors once, and each start with their places in that list."""
    doctors = list(dict.fromkeys(doctor for free in times for doctor in free.doctors))
    place = {doctor: number for number, doctor in enumerate(doctors)}
    rows = [[free.start.timestamp(), [place[some] for some in free.doctors]] for free in times]
    return orjson.dumps([doctors, rows])


def _times_in(fragment: bytes) -> list[queries.FreeTime]:
    ids, rows = orjson.loads(fragment)
    doctors = [uuid.UUID(some) for some in ids]
    return [
        queries.FreeTime(
            dt.datetime.fromtimestamp(seconds, dt.UTC), tuple(doctors[number] for number in places)
        )
        for seconds, places in rows
    ]


def _end_of(
    question: _Question, times: Sequence[queries.FreeTime], hold_end: dt.datetime | None
) -> dt.datetime:
    ends = [question.now + dt.timedelta(seconds=settings.CACHE_TTL_SECONDS)]
    if hold_end is not None:
        ends.append(hold_end)
    if times:
        # A start exactly at the notice is still offered; a moment later it is not.
        notice = dt.timedelta(minutes=question.visit_type.notice_minutes)
        ends.append(times[0].start - notice + dt.timedelta(microseconds=1))
    return min(ends)


def _hold_ends(question: _Question, days: Sequence[dt.date]) -> dict[dt.date, dt.datetime]:
    """For each day when the first of its holds runs out."""
    zone = question.visit_type.clinic.zone
    start, end = day_bounds(days[0], zone)[0], day_bounds(days[-1], zone)[1]
    held = Slot.objects.filter(
        doctor__in=queries.doctors_of(question.visit_type),
        status=SlotStatus.HELD,
        held_until__gt=question.now,
    ).between(start, end)
    ends: dict[dt.date, dt.datetime] = {}
    for moment, until in held.order_by("held_until").values_list("start", "held_until"):
        ends.setdefault(local_day(moment, zone), until)  # type: ignore[arg-type]
    # A room may be kept by a hold with a doctor who does not offer this visit type at all; and a
    # visit of the evening before may reach into it.
    day_before = dt.timedelta(days=1)
    for used, until in uses.hold_ends(question.visit_type, Span(start, end), now=question.now):
        first = local_day(used.start, zone) - day_before
        for day in days_between(first, local_day(used.end, zone)):
            ends[day] = min(ends.get(day, until), until)
    return ends
