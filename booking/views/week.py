"""What the page of free times shows: a strip of seven days, and one day's times by part of day."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import Doctor
from booking.forms import ANY_DOCTOR, PARTS
from booking.queries import FreeTime
from booking.waiting import part_of_day
from booking.wording import time_text, week_text, when_text
from clinic.lib.times import day_bounds, days_between, iso_z, local_day

WEEK = dt.timedelta(days=7)


@dataclass(frozen=True)
class Question:
    """What the reader asked to see; None is "whatever suits"."""

    week: dt.date | None = None
    day: dt.date | None = None
    part: str = ""
    doctor: Doctor | None = None
    # Who is chosen when the address names nobody: on moving a visit, its own doctor.
    usual_doctor: Doctor | None = None
    # What else the address says, and its links keep: for whom one looks.
    extra: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Source:
    """Where free times come from: a visit type's, or those to which a visit may be moved."""

    find: Callable[[dt.date, dt.date, Doctor | None], list[FreeTime]]
    next_free: Callable[[dt.datetime, Question], FreeTime | None]
    doctors: dict[uuid.UUID, Doctor]
    zone: ZoneInfo
    today: dt.date
    horizon: dt.date


@dataclass(frozen=True)
class Day:
    date: dt.date
    count: int
    query: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """A button: what it sends, what it says, and who is free then."""

    value: str
    label: str
    doctors: tuple[Doctor, ...]


@dataclass(frozen=True)
class Group:
    part: str
    title: str
    choices: list[Choice]


@dataclass(frozen=True)
class Week:
    question: Question
    first: dt.date
    days: list[Day]
    chosen: dt.date | None
    groups: list[Group]
    earlier: str  # queries of the links; "" where there is nothing further
    later: str
    horizon: dt.date
    upcoming: dt.date | None  # where the next free time is, when this week has none

    @property
    def last(self) -> dt.date:
        return self.first + WEEK - dt.timedelta(days=1)

    @property
    def title(self) -> str:
        return week_text(self.first, self.last)

    @property
    def chosen_count(self) -> int:
        return sum(len(group.choices) for group in self.groups)

    @property
    def all_day_query(self) -> str:
        return query_of(self.question, week=self.first, day=None, part="")

    @property
    def upcoming_query(self) -> str:
        return query_of(self.question, week=self.upcoming, day=None, part="")

    @property
    def any_doctor_query(self) -> str:
        return query_of(self.question, week=self.first, doctor=None)

    def doctor_choices(self, doctors: Iterable[Doctor]) -> list[tuple[Doctor, str]]:
        """Each doctor with the link that shows only that doctor's times."""
        return [(one, query_of(self.question, week=self.first, doctor=one)) for one in doctors]

    @property
    def parts(self) -> list[tuple[str, str, str]]:
        """Each part of day that can be asked for: its key, its name and its link."""
        wishes = [("", _("All day")), *PARTS]
        return [
            (part, str(name), query_of(self.question, week=self.first, day=self.chosen, part=part))
            for part, name in wishes
        ]


def query_of(question: Question, **changes: object) -> str:
    """The address' query for the same question with some of it changed (None drops it)."""
    values: dict[str, object] = {"week": question.week, "day": question.day, "part": question.part}
    values["doctor"] = question.doctor
    values.update(changes)
    doctor = values.pop("doctor")
    if isinstance(doctor, Doctor) and doctor != question.usual_doctor:
        values["doctor"] = doctor.pk
    elif doctor is None and question.usual_doctor is not None:
        values["doctor"] = ANY_DOCTOR
    asked = [(name, value) for name, value in values.items() if value]
    return "?" + urlencode([*question.extra, *asked])


def choices_of(times: Iterable[FreeTime], source: Source, *, dated: bool) -> list[Choice]:
    text = when_text if dated else time_text
    return [
        Choice(
            value=iso_z(free.start),
            label=text(free.start, source.zone),
            doctors=tuple(source.doctors[pk] for pk in free.doctors if pk in source.doctors),
        )
        for free in times
    ]


def week_of(question: Question, source: Source) -> Week:
    """The asked seven days, or those from today; never before today or past the horizon.

    Without a wish, an empty week is passed over: the page opens where the first free time is.
    """
    first = _first_day(question, source)
    times = _times(question, source, first)
    upcoming = None if times else source.next_free(_midnight(first + WEEK, source.zone), question)
    open_minded = question.week is None and question.day is None and not question.part
    if upcoming and open_minded:
        first = _first_day(Question(day=local_day(upcoming.start, source.zone)), source)
        upcoming = None
        times = _times(question, source, first)
    return _lay_out(question, source, first, times, upcoming)


def _first_day(question: Question, source: Source) -> dt.date:
    """Weeks are counted from today: the one that holds the asked day."""
    wished = question.day or question.week or source.today
    wished = max(source.today, min(wished, source.horizon))
    return wished - (wished - source.today) % WEEK


def _times(question: Question, source: Source, first: dt.date) -> list[FreeTime]:
    found = source.find(first, first + WEEK - dt.timedelta(days=1), question.doctor)
    return _of_part(found, question.part, source.zone)


def _lay_out(
    question: Question,
    source: Source,
    first: dt.date,
    times: list[FreeTime],
    upcoming: FreeTime | None,
) -> Week:
    counts = Counter(local_day(free.start, source.zone) for free in times)
    chosen = question.day if question.day in counts else min(counts, default=None)
    days = [
        Day(date, counts[date], query_of(question, week=first, day=date), date == chosen)
        for date in days_between(first, first + WEEK - dt.timedelta(days=1))
    ]
    before, after = max(first - WEEK, source.today), first + WEEK
    return Week(
        question=question,
        first=first,
        days=days,
        chosen=chosen,
        groups=_groups([t for t in times if local_day(t.start, source.zone) == chosen], source),
        earlier=query_of(question, week=before, day=None) if first > source.today else "",
        later=query_of(question, week=after, day=None) if after <= source.horizon else "",
        horizon=source.horizon,
        upcoming=local_day(upcoming.start, source.zone) if upcoming else None,
    )


def _midnight(day: dt.date, zone: ZoneInfo) -> dt.datetime:
    return day_bounds(day, zone)[0]


def _of_part(times: list[FreeTime], part: str, zone: ZoneInfo) -> list[FreeTime]:
    return [free for free in times if part_of_day(free.start, zone) == part] if part else times


def _groups(times: list[FreeTime], source: Source) -> list[Group]:
    groups = []
    for part, title in PARTS:
        found = _of_part(times, part, source.zone)
        if found:
            groups.append(Group(part, str(title), choices_of(found, source, dated=False)))
    return groups
