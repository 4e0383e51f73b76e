"""Putting the reminders that are due into the outbox: some statements for thousands of visits."""

from __future__ import annotations

import datetime as dt
import threading
import uuid
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
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
from booking.models import ReminderClock, VisitType
from booking.reminders import statements
from booking.reminders.times import Waking
from booking.wording import when_text
from clinic.lib.times import local_day
from notifications import outbox

logger = structlog.get_logger(__name__)

# Visits that are locked and written together; more only if they start together. Few enough that
# the writers end at about the same time.
CHUNK = 2_500
# Connections that write at once: the database works for each of them with a processor of its own.
WRITERS = 2
TRIES = 3
# Whoever was away for longer has nothing left to say: no reminder is earlier than four weeks.
LONGEST = dt.timedelta(days=29)
DAY = dt.timedelta(days=1)
LOCK = 0x72656D69  # of the advisory locks, those of reminding


class Moment(NamedTuple):
    """A row of `statements.MOMENTS`: visits of one type that start together."""

    start: dt.datetime
    visit_type_id: uuid.UUID
    visits: int


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


def _chunks(moments: Iterable[Moment]) -> Iterator[list[Moment]]:
    """What is written by one statement."""
    chunk: list[Moment] = []
    visits = 0
    for moment in moments:
        if chunk and visits + moment.visits > CHUNK:
            yield chunk
            chunk, visits = [], 0
        chunk.append(moment)
        visits += moment.visits
    if chunk:
        yield chunk


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
        self._telling = threading.Lock()  # `progress` is told by one at a time

    def since(self) -> dt.datetime:
        clock = ReminderClock.objects.filter(clinic=self.clinic).first()
        return max(clock.until, self.now - LONGEST) if clock else self.now - LONGEST

    def send(self, search: Search) -> int:
        """Chunk by chunk, each in a short transaction of its own."""
        todo = deque(_chunks(self._moments(search)))
        if (
            len(todo) < 2 or self.dry_run or connection.in_atomic_block
        ):  # a test's: unseen by others
            return self._work(todo, search.hours)

        def help_out() -> int:
            try:
                return self._work(todo, search.hours)
            finally:
                connection.close()  # of this thread

        with ThreadPoolExecutor(WRITERS - 1, thread_name_prefix="remind") as others:
            helping = [others.submit(help_out) for _each in range(WRITERS - 1)]
            return self._work(todo, search.hours) + sum(each.result() for each in helping)

    def _work(self, todo: deque[list[Moment]], hours: int) -> int:
        """Until nobody has left any; others may take from it too."""
        count = 0
        while True:
            try:
                chunk = todo.popleft()
            except IndexError:
                return count
            count += self._count(chunk, hours) if self.dry_run else self._enqueue(chunk, hours)
            with self._telling:
                self.progress(sum(moment.visits for moment in chunk))

    def _moments(self, search: Search) -> list[Moment]:
        params: dict[str, Any] = {
            "clinic": self.clinic.pk,
            "types": list(search.lows),
            "lows": list(search.lows.values()),
            "low": search.low,
            "high": search.high,
        }
        with connection.cursor() as cursor:
            cursor.execute(statements.MOMENTS, params)
            return [Moment._make(row) for row in cursor.fetchall()]

    def _count(self, chunk: list[Moment], hours: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statements.COUNT, self._which(chunk, hours))
            (count,) = cursor.fetchone()
            return int(count)

    def _enqueue(self, chunk: list[Moment], hours: int) -> int:
        params = self._which(chunk, hours) | self._what(chunk, hours)
        for tries_left in reversed(range(TRIES)):
            try:
                with transaction.atomic():
                    return outbox.enqueue_selected(
                        template="reminder",
                        selected=statements.MESSAGES,
                        params=params,
                        now=self.now,
                    )
            except OperationalError:  # somebody kept one of the visits locked, or waits for us
                if not tries_left:
                    raise
        raise AssertionError

    def _which(self, chunk: list[Moment], hours: int) -> dict[str, Any]:
        return {
            "clinic": self.clinic.pk,
            "first": chunk[0].start,
            "last": chunk[-1].start,
            "starts": [moment.start for moment in chunk],
            "types": [moment.visit_type_id for moment in chunk],
            "dues": [self.waking.due(moment.start, hours) for moment in chunk],
        }

    def _what(self, chunk: list[Moment], hours: int) -> dict[str, Any]:
        """What is the same for all who come at one time, in one language and for one kind of visit
        is put into words once."""
        known = [language for language, _name in settings.LANGUAGES]
        said = [
            (number, language, moment)
            for number, moment in enumerate(chunk, start=1)
            for language in known
        ]
        return {
            "hours": hours,
            "texts": settings.SMS_OUTLET != "none",
            "known": known,
            "other": settings.LANGUAGE_CODE,
            "numbers": [number for number, _language, _moment in said],
            "languages": [language for _number, language, _moment in said],
            "said": [Jsonb(self._said(moment, language)) for _number, language, moment in said],
            "expire": [self._useless_after(moment, hours) for _number, _language, moment in said],
        }

    def _said(self, moment: Moment, language: str) -> dict[str, Any]:
        clinic = self.clinic
        days = local_day(moment.start, clinic.zone) - local_day(self.now, clinic.zone)
        with translation.override(language):
            when = when_text(moment.start, clinic.zone)
        return {
            "clinic_name": clinic.name,
            "clinic_phone": clinic.phone,
            "clinic_address": clinic.address,
            "where": clinic.address,
            "when": when,
            "is_today": not days,
            "is_tomorrow": days == DAY,
            "what_to_bring": self.types[moment.visit_type_id].what_to_bring,
        }

    def _useless_after(self, moment: Moment, hours: int) -> dt.datetime:
        """The start, or when a nearer reminder says the same anew."""
        wanted = self.types[moment.visit_type_id].reminder_hours
        nearer = max((each for each in wanted if each < hours), default=0)
        return moment.start - dt.timedelta(hours=nearer)
