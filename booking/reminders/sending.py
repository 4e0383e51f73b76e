"""Putting the reminders that are due into the outbox: some statements for thousands of visits."""

from __future__ import annotations

import datetime as dt
import uuid
import zlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import translation
from psycopg.types.json import Jsonb

from accounts.models import Clinic
from booking import visit_links
from booking.models import ReminderClock, VisitType
from booking.reminders import statements
from booking.reminders.times import Waking
from booking.wording import when_text
from clinic.lib.times import local_day
from notifications import outbox

logger = structlog.get_logger(__name__)

# Visits that are looked for at once, and of those how many are locked and written together.
PAGE, CHUNK = 25_000, 5_000
# Connections that write at once: the database works for each of them with a processor of its own.
WRITERS = 2
TRIES = 3
# Whoever was away for longer has nothing left to say: no reminder is earlier than four weeks.
LONGEST = dt.timedelta(days=29)
DAY = dt.timedelta(days=1)
LOCK = 0x72656D69  # of the advisory locks, those of reminding
NOBODY = uuid.UUID(int=0)


class Visit(NamedTuple):
    """A row of `statements.PAGE`."""

    id: uuid.UUID
    version: int
    start: dt.datetime
    visit_type_id: uuid.UUID
    language: str
    agreed_at: dt.datetime
    reads_alone: bool


@dataclass
class Sent:
    """What a run did, or would do: how many by the hours before their start."""

    by_hours: dict[int, int] = field(default_factory=dict)
    # Why nothing was looked for: "night", or "busy" when another run is at work.
    why_none: str = ""

    @property
    def total(self) -> int:
        return sum(self.by_hours.values())


@dataclass(frozen=True)
class Search:
    """Visits whose reminder of `hours` became due since the last run, from `low` to before
    `high`. `lows`: of each visit type that has such a reminder, where the next nearer one takes
    over: of two that are due only that one is sent."""

    hours: int
    low: dt.datetime
    high: dt.datetime
    lows: dict[uuid.UUID, dt.datetime]


def send_reminders(
    *,
    clinic: Clinic,
    now: dt.datetime,
    dry_run: bool = False,
    progress: Callable[[int], object] = lambda count: None,
) -> Sent:
    """Enqueue every reminder that became due since the last run and is still of use.

    May be run by two at once and stopped anywhere: what was enqueued is not enqueued again, and
    what was not is found by the next run. Nothing leaves in the night; what should have left before
    it leaves in the morning, unless the visit has begun; so does what waits in the outbox since the
    day. `progress` is called with the number of visits looked at. A dry run counts and writes
    nothing.
    """
    waking = Waking(clinic.zone, settings.WAKING_FROM, settings.WAKING_UNTIL)
    if waking.is_night(now):
        if not dry_run:
            outbox.hold_reminders(until=waking.morning(now))
        return Sent(why_none="night")
    with _alone(clinic) as alone:
        if not alone and not dry_run:
            return Sent(why_none="busy")
        run = _Run(clinic, waking, now, dry_run, progress)
        for search in searches(clinic, waking, since=run.since(), now=now):
            count = run.send(search)
            if count:
                run.sent.by_hours[search.hours] = count
        if not dry_run:
            _set_clock(clinic, now)
        if run.sent.total and not dry_run:
            logger.info("reminders", enqueued=run.sent.total)
        return run.sent


def searches(
    clinic: Clinic, waking: Waking, *, since: dt.datetime, now: dt.datetime
) -> Iterator[Search]:
    """One for each number of hours that some visit type has, the nearest first."""
    hours_of = dict(VisitType.objects.filter(clinic=clinic).values_list("pk", "reminder_hours"))
    for hours in sorted({each for some in hours_of.values() for each in some}):
        low = max(waking.reach(since, hours), now + dt.timedelta(microseconds=1))
        high = waking.reach(now, hours)
        lows = {
            pk: max([waking.reach(now, nearer) for nearer in some if nearer < hours], default=low)
            for pk, some in hours_of.items()
            if hours in some
        }
        if low < high:
            yield Search(hours, low, high, lows)


@contextmanager
def _alone(clinic: Clinic) -> Iterator[bool]:
    """Whether no other run is at work for the clinic. To save work; it is the keys of the messages
    that keep two runs from saying anything twice."""
    lock = [LOCK, zlib.crc32(clinic.pk.bytes) - 2**31]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", lock)
        [alone] = cursor.fetchone()
    try:
        yield alone
    finally:
        if alone:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", lock)


def _chunks(visits: Sequence[Visit]) -> Iterator[list[Visit]]:
    """What is written by one statement: who reads alone apart from whom carers read for."""
    for alone in (True, False):
        some = [visit for visit in visits if visit.reads_alone is alone]
        for first in range(0, len(some), CHUNK):
            yield some[first : first + CHUNK]


def _set_clock(clinic: Clinic, now: dt.datetime) -> None:
    """Never back: what was enqueued need not be looked at again."""
    clock, made = ReminderClock.objects.get_or_create(clinic=clinic, defaults={"until": now})
    if not made:
        ReminderClock.objects.filter(pk=clock.pk, until__lt=now).update(until=now)


class _Run:
    def __init__(
        self,
        clinic: Clinic,
        waking: Waking,
        now: dt.datetime,
        dry_run: bool,
        progress: Callable[[int], object],
    ) -> None:
        self.clinic, self.waking, self.now = clinic, waking, now
        self.dry_run, self.progress = dry_run, progress
        self.sent = Sent()
        types = VisitType.objects.filter(clinic=clinic)
        self.types = {each.pk: each for each in types}
        self.before_token = visit_links.before_token()
        self._dues: dict[dt.datetime, dt.datetime] = {}

    def since(self) -> dt.datetime:
        clock = ReminderClock.objects.filter(clinic=self.clinic).first()
        return max(clock.until, self.now - LONGEST) if clock else self.now - LONGEST

    def send(self, search: Search) -> int:
        """Page by page, each in a short transaction of its own."""
        count, self._dues = 0, {}
        for page in self._pages(search):
            wanted = [visit for visit in page if visit.agreed_at < self._due(visit, search.hours)]
            count += self._write(list(_chunks(wanted)), search.hours)
            self.progress(len(page))
        return count

    def _write(self, chunks: list[list[Visit]], hours: int) -> int:
        if self.dry_run:
            return sum(map(len, chunks))
        if len(chunks) == 1 or connection.in_atomic_block:  # a test's: nobody else would see it
            return sum(self._enqueue(chunk, hours) for chunk in chunks)

        def write(chunk: list[Visit]) -> int:
            try:
                return self._enqueue(chunk, hours)
            finally:
                connection.close()  # of this thread

        with ThreadPoolExecutor(WRITERS, thread_name_prefix="remind") as writers:
            return sum(writers.map(write, chunks))

    def _pages(self, search: Search) -> Iterator[list[Visit]]:
        sql = statements.PAGE.format(by_text=statements.BY_TEXT)
        params = {
            "clinic": self.clinic.pk,
            "types": list(search.lows),
            "lows": list(search.lows.values()),
            "low": search.low,
            "high": search.high,
            "after_start": search.low,
            "after_id": NOBODY,
            "texts": settings.SMS_OUTLET != "none",
            "limit": PAGE,
        }
        while True:
            with connection.cursor() as cursor:
                cursor.execute(sql, params)
                page = [Visit._make(row) for row in cursor.fetchall()]
            if page:
                yield page
            if len(page) < PAGE:
                return
            last = page[-1]
            params |= {"low": last.start, "after_start": last.start, "after_id": last.id}

    def _due(self, visit: Visit, hours: int) -> dt.datetime:
        due = self._dues.get(visit.start)
        if due is None:
            due = self._dues[visit.start] = self.waking.due(visit.start, hours)
        return due

    def _enqueue(self, visits: Sequence[Visit], hours: int) -> int:
        """All of them read for themselves, or none does."""
        readers = statements.OWN if visits[0].reads_alone else statements.CARERS
        selected = statements.MESSAGES.format(readers=readers)
        params = self._params(visits, hours)
        for tries_left in reversed(range(TRIES)):
            try:
                with transaction.atomic():
                    return outbox.enqueue_selected(
                        template="reminder", selected=selected, params=params, now=self.now
                    )
            except OperationalError:  # somebody kept one of the visits locked, or waits for us
                if not tries_left:
                    raise
        raise AssertionError

    def _params(self, visits: Sequence[Visit], hours: int) -> dict[str, Any]:
        """What is the same for all who come at one time, in one language and for one kind of visit
        is put into words once."""
        moments: dict[tuple[dt.datetime, uuid.UUID, str], int] = {}
        numbers = [
            moments.setdefault((visit.start, visit.visit_type_id, visit.language), len(moments) + 1)
            for visit in visits
        ]
        return {
            "hours": hours,
            "texts": settings.SMS_OUTLET != "none",
            "before_token": self.before_token,
            "first": visits[0].start,
            "last": visits[-1].start,
            "ids": [visit.id for visit in visits],
            "versions": [visit.version for visit in visits],
            "tokens": [visit_links.token_of(visit.id, visit.version) for visit in visits],
            "moments": numbers,
            "said": [Jsonb(self._said(*moment)) for moment in moments],
            "expire": [self._useless_after(start, pk, hours) for start, pk, _language in moments],
        }

    def _said(self, start: dt.datetime, visit_type_id: uuid.UUID, language: str) -> dict[str, Any]:
        clinic = self.clinic
        days = local_day(start, clinic.zone) - local_day(self.now, clinic.zone)
        with translation.override(language):
            when = when_text(start, clinic.zone)
        return {
            "clinic_name": clinic.name,
            "clinic_phone": clinic.phone,
            "clinic_address": clinic.address,
            "where": clinic.address,
            "when": when,
            "is_today": not days,
            "is_tomorrow": days == DAY,
            "what_to_bring": self.types[visit_type_id].what_to_bring,
        }

    def _useless_after(
        self, start: dt.datetime, visit_type_id: uuid.UUID, hours: int
    ) -> dt.datetime:
        """The start, or when a nearer reminder says the same anew."""
        wanted = self.types[visit_type_id].reminder_hours
        nearer = max((each for each in wanted if each < hours), default=0)
        return start - dt.timedelta(hours=nearer)
