"""A visit is cancelled or moved in the moment in which its reminder leaves.

Nothing for the old version may start to leave once the change is committed. A call that has begun
by then is not stopped but counted (`overtaken_at`), and what tells of the change follows it.
"""

from __future__ import annotations

import datetime as dt
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from booking import operations
from booking.models import Appointment
from notifications import delivery, outbox
from notifications.catalog import SAMPLE_CONTEXT
from notifications.channels import Accepted, Letter, Result
from notifications.delivery import claiming, lanes
from notifications.models import Message
from notifications.tests.delivery.provider import Provider, install
from tests import factories

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

ROUND = 50
SLOT, EACH = dt.timedelta(minutes=15), 10  # visits of one doctor, and where they move to
CHANGERS = 3


@dataclass
class Watch:
    """What happened, in one order: a change has committed, a call has started, a call has ended."""

    priorities: tuple[int, ...] = (0, 20)  # of what tells of a change; reminders have 20
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(10**9)))
    committed: dict[str, int] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)  # the change said so
    started: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    ended: dict[tuple[str, str], int] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def number(self) -> int:
        with self.lock:
            return next(self.numbers)


class WatchedProvider(Provider):
    def __init__(self, watch: Watch, dice: random.Random) -> None:
        super().__init__(per_call=2, in_flight=3)
        self.watch, self.dice = watch, dice

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        number = self.watch.number()
        for letter in letters:
            self.watch.started.setdefault((letter.about, letter.template), []).append(number)
        time.sleep(self.dice.uniform(0, 0.003))
        number = self.watch.number()
        for letter in letters:
            self.watch.ended[letter.about, letter.template] = number
        return [Accepted() for _letter in letters]


def change_slowly(about: str, watch: Watch, dice: random.Random) -> None:
    """As `cancel` does it: void what was to be said, tell what is so, commit, at any speed."""
    now = timezone.now()
    with transaction.atomic():
        time.sleep(dice.uniform(0, 0.001))
        if outbox.void(about=about, now=now):
            watch.taken_back.add(about)
        time.sleep(dice.uniform(0, 0.002))
        outbox.enqueue(
            template="cancelled",
            recipient="maria@example.org",
            dedupe_key=f"{about}:v2:cancelled",
            context=SAMPLE_CONTEXT["cancelled"],
            about=about,
            priority=dice.choice(watch.priorities),
            now=now,
        )
    watch.committed[about] = watch.number()


def remind(count: int) -> list[str]:
    abouts = [f"appointment:{uuid.uuid4()}" for _each in range(count)]
    now = timezone.now()
    drafts = [
        outbox.Draft(
            template="booked",
            recipient="maria@example.org",
            dedupe_key=f"{about}:v1:reminder",
            context=SAMPLE_CONTEXT["booked"],
            about=about,
            priority=20,
        )
        for about in abouts
    ]
    outbox.enqueue_many(drafts, now=now)
    return abouts


def interleave(count: int, watch: Watch, *, seed: int, workers: int = 2) -> Watch:
    """`count` visits, in rounds: their reminders leave while three people change them, each in an
    order of their own."""
    dice = random.Random(seed)
    install(WatchedProvider(watch, dice))
    for _round in range(count // ROUND):
        abouts = remind(ROUND)
        together = threading.Barrier(CHANGERS + workers)
        run_together(
            [partial(deliver, together)] * workers
            + [
                partial(change_all, abouts[number::CHANGERS], watch, dice.random(), together)
                for number in range(CHANGERS)
            ]
        )
    while delivery.deliver_due():
        pass
    return watch


def deliver(together: threading.Barrier) -> None:
    together.wait()
    delivery.deliver_due()


def change_all(abouts: list[str], watch: Watch, seed: float, together: threading.Barrier) -> None:
    dice = random.Random(seed)
    dice.shuffle(abouts)
    together.wait()
    for about in abouts:
        change_slowly(about, watch, dice)


def run_together(work: Sequence[Callable[[], object]]) -> None:
    failed: list[BaseException] = []

    def run(each: Callable[[], object]) -> None:
        try:
            each()
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[each]) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed


def left_after_all(watch: Watch) -> list[str]:
    """Reminders that a change had taken back, by its own word, and whose call started all the
    same once it was committed."""
    return [
        about
        for about in watch.taken_back
        if any(start > watch.committed[about] for start in watch.started.get((about, "booked"), []))
    ]


def begin_blindly(**values: Any) -> claiming.Look:
    """Lets begin what it has seen a while ago, whatever became of it since."""
    if values["suspects"]:
        return claiming.Look(more=False, begun=[], stopped={}, left=0)
    rows = claiming._look(
        channel=values["channel"], now=values["now"], limit=values["limit"], suspects=False
    )
    time.sleep(0.02)  # slow motion: what can happen in between happens
    calls = values["cut"]([claiming._taken(row) for row in rows])
    ids = [each.letter.id for call in calls for each in call]
    if ids:
        begun = [values["lease"], values["now"] + claiming.LEASE, values["now"], "fake", ids]
        with connection.cursor() as cursor:
            cursor.execute(claiming.BEGIN, begun)
    return claiming.Look(more=False, begun=calls, stopped={}, left=0)


def test_without_the_look_under_lock_what_was_taken_back_leaves_all_the_same(monkeypatch) -> None:
    monkeypatch.setattr(claiming, "LOOK", claiming.LOOK.replace("FOR UPDATE OF m SKIP LOCKED", ""))
    monkeypatch.setattr(lanes, "begin", begin_blindly)

    assert left_after_all(interleave(2 * ROUND, Watch(priorities=(30,)), seed=1, workers=1))


def test_in_a_thousand_interleavings_nothing_of_the_old_version_starts_to_leave() -> None:
    watch = interleave(1000, Watch(), seed=2)
    messages = Message.objects.in_bulk(field_name="dedupe_key")
    reminded = {about: messages[f"{about}:v1:reminder"] for about in watch.committed}

    assert left_after_all(watch) == []
    assert not any((about, "booked") in watch.started for about in watch.taken_back)
    # Whichever came first, it is one of the two: taken back, or left and counted as overtaken.
    for about, message in reminded.items():
        expected = ("void", False) if about in watch.taken_back else ("sent", True)
        assert (message.status, message.overtaken_at is not None) == expected
    # Both happen, and some were on their way when the change came.
    assert 100 < len(watch.taken_back) < 900
    assert Message.objects.overtaken_on_the_way().count() > 10


def test_what_tells_of_the_change_follows_what_had_begun() -> None:
    watch = interleave(200, Watch(), seed=3)

    assert len(watch.committed) == 200
    for about in watch.committed:
        assert len(watch.started[about, "cancelled"]) == 1
        if (about, "booked") in watch.ended:
            assert len(watch.started[about, "booked"]) == 1
            assert watch.ended[about, "booked"] < watch.started[about, "cancelled"][0]


@pytest.mark.parametrize("how", ["cancel", "move"])
def test_visits_cancelled_or_moved_by_people_hold_to_it(how: str) -> None:
    visits = book_tomorrow(2 * EACH)
    Message.objects.all().delete()
    watch, dice = Watch(), random.Random(4)
    install(WatchedProvider(watch, dice))
    now = timezone.now()
    for visit in visits:
        about = f"appointment:{visit.pk}"
        outbox.enqueue(
            template="booked",
            recipient=visit.patient.email,
            dedupe_key=f"{about}:v1:reminder",
            context=SAMPLE_CONTEXT["booked"],
            about=about,
            patient_id=visit.patient_id,
            priority=20,
            now=now,
        )
    by, later = factories.SYSTEM, {visit.pk: visit.start + EACH * SLOT for visit in visits}

    def change(some: list[Appointment]) -> None:
        for visit in some:
            if how == "cancel":
                operations.cancel(appointment=visit, by=by, now=now)
            else:
                operations.reschedule(appointment=visit, start=later[visit.pk], by=by, now=now)
            watch.committed[f"appointment:{visit.pk}"] = watch.number()

    run_together([lambda: change(visits[::2]), lambda: change(visits[1::2]), delivery.deliver_due])
    while delivery.deliver_due():
        pass
    told = "cancelled" if how == "cancel" else "moved"
    for about in watch.committed:
        reminder = Message.objects.get(dedupe_key=f"{about}:v1:reminder")
        calls = watch.started.get((about, "booked"), [])
        assert (reminder.status == "void") == (not calls)
        assert len(watch.started[about, told]) == 1
        if calls:
            assert reminder.overtaken_at is not None
            assert watch.ended[about, "booked"] < watch.started[about, told][0]


def book_tomorrow(count: int) -> list[Appointment]:
    """Visits one after the other, with as many free times behind them."""
    now = timezone.now()
    clinic = factories.clinic()
    checkup = factories.visit_type(clinic)
    start = (now + dt.timedelta(days=2)).replace(hour=9, minute=0, second=0, microsecond=0)
    visits = []
    for _doctor in range(count // EACH):
        doctor = factories.doctor(clinic)
        checkup.doctors.add(doctor)
        factories.cells(doctor, start, 2 * EACH)
        visits += [
            operations.book(
                visit_type=checkup,
                start=start + number * SLOT,
                doctor=doctor,
                patient=factories.patient(),
                by=factories.SYSTEM,
                now=now,
            )
            for number in range(EACH)
        ]
    return visits
