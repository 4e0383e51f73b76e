"""Which visits' patients are reminded, once, and of what is still so."""

from __future__ import annotations

import datetime as dt
import threading
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection

from accounts.models import Care
from booking import operations, visit_links
from booking.models import Appointment, ReminderClock, VisitType
from booking.reminders import note_reminded, send_reminders, sending
from booking.tasks import send_reminders as beat
from notifications.models import Message
from notifications.rendering.words import whole_context
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

HOUR = dt.timedelta(hours=1)
DAY = 24 * HOUR
MINUTE = dt.timedelta(minutes=1)


def booked(world: World, clock: str = "09:00", *, days: int = 0, **fields) -> Appointment:
    """A visit so many days after tomorrow, agreed long ago."""
    visit = world.book(clock, **fields)
    later = {name: getattr(visit, name) + days * DAY for name in ("start", "end")}
    busy = {f"busy_{name}": value for name, value in later.items()}
    long_ago = {"booked_at": NOW - 60 * DAY, "created_at": NOW - 60 * DAY}
    Appointment.objects.filter(pk=visit.pk).update(**later, **busy, **long_ago)
    visit.refresh_from_db()
    Message.objects.all().delete()
    return visit


def run(world: World, now: dt.datetime, **fields) -> dict[int, int]:
    return send_reminders(clinic=world.clinic, now=now, **fields).by_hours


def reminders() -> list[Message]:
    return list(Message.objects.filter(template="reminder").order_by("recipient"))


class TestWhoIsReminded:
    def test_at_its_time_and_not_before(self, world: World) -> None:
        visit = booked(world)
        assert run(world, visit.start - DAY - MINUTE) == {168: 1}  # the first run there ever was
        Message.objects.all().delete()
        assert run(world, visit.start - DAY - MINUTE / 2) == {}
        assert run(world, visit.start - DAY) == {24: 1}

        [message] = reminders()
        about = f"appointment:{visit.pk}"
        assert message.dedupe_key == f"{about}:v1:reminder-24h"
        assert (message.about, message.patient_id) == (about, visit.patient_id)
        assert (message.recipient, message.channel) == (visit.patient.email, "email")
        assert (message.priority, message.expires_at) == (20, visit.start - 2 * HOUR)
        assert message.context["when"] == "Tuesday 2 June, 9:00 am"
        assert (message.context["is_today"], message.context["is_tomorrow"]) == (False, True)
        assert message.context["doctor"] == visit.doctor.display_name
        assert whole_context(message)["url"] == visit_links.visit_url(visit)

    def test_each_of_its_reminders_leaves_once(self, world: World) -> None:
        visit = booked(world, "11:00")
        told = []
        moment = visit.start - 8 * DAY
        while moment < visit.start:
            told += run(world, moment)
            moment += HOUR / 4
        assert told == [168, 24, 2]
        assert len(reminders()) == 3

    def test_those_of_the_visit_type(self, world: World) -> None:
        visit = booked(world, "11:00")
        VisitType.objects.update(reminder_hours=[48])
        run(world, visit.start - 3 * DAY)
        assert run(world, visit.start - DAY) == {48: 1}
        VisitType.objects.update(reminder_hours=[])
        ReminderClock.objects.all().delete()
        assert run(world, visit.start - HOUR) == {}

    @pytest.mark.parametrize("status", ["pending", "cancelled"])
    def test_only_what_is_booked(self, world: World, status: str) -> None:
        visit = booked(world)
        ended = {"ended_at": NOW, "ended_by": "user"} if status == "cancelled" else {}
        Appointment.objects.filter(pk=visit.pk).update(status=status, **ended)
        assert run(world, visit.start - DAY) == {}

    def test_not_who_stopped_reminders_and_not_who_has_no_address(self, world: World) -> None:
        booked(world, "09:00", patient=factories.patient(reminders_stopped_at=NOW))
        visit = booked(world, "09:30", patient=factories.patient(email=""))
        assert run(world, visit.start - DAY) == {}
        assert reminders() == []

    def test_nobody_right_after_the_booking_the_move_or_the_acceptance(self, world: World) -> None:
        for column in ("booked_at", "moved_at", "decided_at"):
            visit = booked(world, patient=factories.patient())
            by = {"decided_by": "user"} if column == "decided_at" else {}
            Appointment.objects.filter(pk=visit.pk).update(
                **{column: visit.start - DAY + MINUTE}, **by
            )
            Appointment.objects.exclude(pk=visit.pk).delete()
            ReminderClock.objects.all().delete()
            assert run(world, visit.start - DAY + HOUR) == {}
            operations.cancel(appointment=visit, by=SYSTEM, now=NOW)

    def test_every_carer_of_who_has_no_address(self, world: World, settings) -> None:
        settings.SMS_OUTLET = "file"
        child = factories.patient(email="", name="Leo Moss")
        agreed = {"phone": "+15550100222", "contact_by": "sms", "texts_agreed_at": NOW}
        mother = factories.patient(with_login=True, **agreed)
        father = factories.user(name="Tom Moss")
        for user in (mother.user, father):
            Care.objects.create(user=user, patient=child, opened_at=NOW, opened_by="user")
        visit = booked(world, patient=child)

        assert run(world, visit.start - DAY) == {24: 2}

        texted, mailed = reminders()
        assert (texted.channel, texted.recipient) == ("sms", "+15550100222")
        assert (mailed.channel, mailed.recipient) == ("email", father.email)
        assert {message.context["for_name"] for message in (texted, mailed)} == {"Leo"}
        assert mailed.dedupe_key.endswith(f":reminder-24h:{father.pk}")

    @pytest.mark.parametrize("outlet", ["file", "none"])
    def test_by_the_channel_that_messages_take_too(self, world: World, settings, outlet) -> None:
        settings.SMS_OUTLET = outlet
        agreed = {"phone": "+15550100222", "contact_by": "sms", "texts_agreed_at": NOW}
        visit = booked(world, patient=factories.patient(**agreed))
        run(world, visit.start - DAY)
        [message] = reminders()
        assert message.channel == ("sms" if outlet == "file" else "email")


class TestWhen:
    def test_nobody_at_night_and_all_at_eight(self, world: World) -> None:
        early = booked(world, days=1)
        Appointment.objects.update(start=at("05:30"), end=at("05:45"), busy_start=at("05:30"))
        run(world, at("05:00") - DAY - 10 * HOUR)
        for clock in ("05:31", "07:59"):
            assert send_reminders(clinic=world.clinic, now=at(clock) - DAY).why_none == "night"
        assert run(world, at("08:00") - DAY) == {24: 1}
        assert early.pk

    def test_after_an_outage_what_is_of_use_and_of_two_the_nearest(self, world: World) -> None:
        soon, later, gone = booked(world, "11:00"), booked(world, "10:00", days=1), booked(world)
        run(world, soon.start - 9 * DAY)
        assert run(world, at("10:00")) == {2: 1, 24: 1}
        assert {message.about for message in reminders()} == {
            f"appointment:{visit.pk}" for visit in (soon, later)
        }
        assert gone.start < at("10:00")

    def test_across_both_changes_of_the_clocks(self, world: World) -> None:
        world.clinic.time_zone = "America/Chicago"
        world.clinic.save()
        for day, left in (("2026-03-08", "2026-03-07 11:00"), ("2026-11-01", "2026-10-31 13:00")):
            visit = booked(world, patient=factories.patient())
            start = _chicago(f"{day} 12:00")
            agreed = {"booked_at": start - 90 * DAY}
            end = {"end": start + HOUR, "busy_end": start + HOUR}
            Appointment.objects.filter(pk=visit.pk).update(
                start=start, busy_start=start, **end, **agreed
            )
            ReminderClock.objects.all().delete()
            run(world, _chicago(left) - MINUTE)
            assert run(world, _chicago(left)) == {24: 1}
            assert Message.objects.last().context["when"].endswith("12:00 pm")
            operations.cancel(appointment=visit, by=SYSTEM, now=start - HOUR)


def _chicago(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/Chicago"))


class TestChanges:
    def test_one_that_moves_is_reminded_of_its_new_time_alone(self, world: World) -> None:
        visit = booked(world, "09:00")
        run(world, visit.start - DAY)
        moved = operations.reschedule(
            appointment=visit, start=at("11:30"), by=SYSTEM, now=at("10:00") - DAY
        )
        [old] = reminders()
        assert old.status == "void"
        assert run(world, moved.start - DAY) == {24: 1}
        new = Message.objects.get(template="reminder", status="queued")
        assert ":v2:" in new.dedupe_key and "11:30" in new.context["when"]

    def test_one_that_is_cancelled_has_none_waiting(self, world: World) -> None:
        visit = booked(world)
        run(world, visit.start - DAY)
        operations.cancel(appointment=visit, by=SYSTEM, now=visit.start - DAY + HOUR)
        assert [message.status for message in reminders()] == ["void"]


class TestRuns:
    def test_chunks_leave_nobody_out_and_nobody_twice(self, world: World, monkeypatch) -> None:
        monkeypatch.setattr(sending, "CHUNK", 5)
        visits = [
            booked(world, clock, doctor=doctor)
            for clock in ("09:00", "09:15", "09:30", "09:45")
            for doctor in (world.ada, world.bob)
        ]
        looked: list[int] = []
        assert run(world, at("10:00") - DAY, progress=looked.append) == {24: 8}
        assert looked == [4, 4], "those who start together are written together"
        assert {message.about for message in reminders()} == {
            f"appointment:{visit.pk}" for visit in visits
        }

    def test_a_run_that_died_is_made_up_for_without_repeating(self, world: World) -> None:
        first, second = booked(world, "09:00"), booked(world, "09:30")
        now = at("10:00") - DAY
        run(world, now)
        ReminderClock.objects.all().delete()  # the clock was not set yet
        Message.objects.filter(about=f"appointment:{second.pk}").delete()
        assert run(world, now + MINUTE) == {24: 1}
        assert len(reminders()) == 2
        assert first.pk

    def test_a_dry_run_counts_and_writes_nothing(self, world: World) -> None:
        visit = booked(world)
        assert run(world, visit.start - DAY, dry_run=True) == {24: 1}
        assert (reminders(), ReminderClock.objects.count()) == ([], 0)
        assert run(world, visit.start - DAY) == {24: 1}

    def test_the_clock_never_goes_back(self, world: World) -> None:
        run(world, NOW)
        run(world, NOW - HOUR)
        assert ReminderClock.objects.get().until == NOW

    def test_nothing_due_costs_a_few_questions(self, world, django_assert_max_num_queries) -> None:
        booked(world)
        run(world, NOW - 10 * DAY)
        with django_assert_max_num_queries(10):
            run(world, NOW - 10 * DAY + MINUTE)

    def test_thousands_cost_no_question_each(self, world, django_assert_max_num_queries) -> None:
        for clock in ("09:00", "09:15", "09:30"):
            booked(world, clock)
        with django_assert_max_num_queries(16):
            assert run(world, at("09:30") - DAY) == {24: 3}

    def test_the_command_and_the_clock(self, world: World, capsys) -> None:
        visit = booked(world)
        when = (visit.start - DAY).isoformat()
        call_command("send_reminders", "--dry-run", "--at", when)
        assert capsys.readouterr().out == "1 reminders would be enqueued (1 of 24 h).\n"
        call_command("send_reminders", "--at", when, "--json")
        assert '"by_hours": {"24": 1}' in capsys.readouterr().out
        call_command("send_reminders", "--at", "2026-06-01T23:00")
        assert capsys.readouterr().out.startswith("Nobody is reminded at this hour")
        with time_machine.travel(visit.start - 2 * HOUR, tick=False):
            assert beat() == 0, "at seven in the morning"
        with time_machine.travel(visit.start - HOUR, tick=False):
            assert beat() == 1


class TestNotedForTheFigures:
    def test_once_it_left_and_the_visit_has_begun(self, world: World) -> None:
        visit, other = booked(world), booked(world, "09:30")
        run(world, at("10:00") - DAY)
        left = visit.start - DAY
        Message.objects.filter(about=f"appointment:{visit.pk}").update(status="sent", sent_at=left)
        assert note_reminded(now=visit.start - MINUTE) == 0
        assert note_reminded(now=at("10:00")) == 1
        assert note_reminded(now=at("10:00")) == 0
        visit.refresh_from_db()
        other.refresh_from_db()
        assert (visit.reminded_at, other.reminded_at) == (left, None)

    def test_not_by_the_reminder_of_another_time(self, world: World) -> None:
        visit = booked(world)
        run(world, visit.start - DAY)
        Message.objects.update(status="sent", sent_at=visit.start - DAY)
        Appointment.objects.update(version=2)
        assert note_reminded(now=visit.start) == 0


@pytest.mark.django_db(transaction=True)
class TestAtTheSameMoment:
    def test_a_move_that_is_under_way_is_waited_for(self, monkeypatch) -> None:
        """The visit is read, then moved, then its reminder is written: not for the old time."""
        world = World()
        visit = booked(world)
        enqueue = sending._Run._enqueue
        moved = threading.Event()

        def move() -> None:
            operations.reschedule(
                appointment=visit, start=at("11:30"), by=SYSTEM, now=visit.start - DAY
            )
            moved.set()
            connection.close()

        def after_a_move(self, *args, **kwargs):
            if not moved.is_set():
                mover = threading.Thread(target=move)
                mover.start()
                mover.join()
            return enqueue(self, *args, **kwargs)

        monkeypatch.setattr(sending._Run, "_enqueue", after_a_move)
        assert run(world, visit.start - DAY) == {}
        assert moved.is_set() and reminders() == []

    def test_two_senders_at_once_say_nothing_twice(self, monkeypatch) -> None:
        world = World()
        for clock in ("09:00", "09:15", "09:30", "09:45"):
            booked(world, clock)
        monkeypatch.setattr(sending, "CHUNK", 2)
        # The lock that saves the work is off: the keys alone must do.
        monkeypatch.setattr(sending, "_alone", _everybody)
        both = threading.Barrier(2)
        counts: list[int] = []

        def send() -> None:
            both.wait()
            counts.append(sum(run(world, at("10:00") - DAY).values()))
            connection.close()

        senders = [threading.Thread(target=send) for _each in range(2)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        assert sum(counts) == len(reminders()) == 4

    def test_a_second_run_leaves_the_work_to_the_first(self) -> None:
        world = World()
        booked(world)
        seen = []

        def second(_count: int) -> None:
            def ask() -> None:
                seen.append(send_reminders(clinic=world.clinic, now=at("09:30") - DAY).why_none)
                connection.close()

            other = threading.Thread(target=ask)
            other.start()
            other.join()

        run(world, at("09:30") - DAY, progress=second)
        assert seen == ["busy"]


class _everybody:
    def __init__(self, clinic) -> None: ...

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *error: object) -> None: ...


class TestWhatAnOutageKeptUntilTheNight:
    """The visit is at a quarter to twelve, in a clinic that wakes from 8 to 20."""

    @pytest.fixture
    def kept(self, world: World) -> Message:
        visit = booked(world, "11:45")
        run(world, visit.start - DAY)
        [message] = reminders()
        return message

    @pytest.mark.parametrize("clock", ["20:00", "23:59", "03:00", "07:59"])
    def test_it_leaves_in_the_morning(self, world: World, kept: Message, clock: str) -> None:
        day = TOMORROW if clock < "12" else TOMORROW - DAY
        assert send_reminders(clinic=world.clinic, now=at(clock, day)).why_none == "night"
        kept.refresh_from_db()
        assert (kept.status, kept.send_after) == ("queued", at("08:00"))

    def test_by_day_and_in_a_dry_run_it_is_not_touched(self, world: World, kept: Message) -> None:
        before = kept.send_after
        run(world, at("19:59", TOMORROW - DAY))
        run(world, at("03:00"), dry_run=True)
        kept.refresh_from_db()
        assert kept.send_after == before

    @pytest.mark.parametrize(("channel", "waits"), [("email", False), ("sms", True)])
    def test_useless_in_the_morning_a_mail_leaves_late_and_a_text_does_not(
        self, world: World, kept: Message, channel: str, waits: bool
    ) -> None:
        Message.objects.update(channel=channel, expires_at=at("07:30"))
        run(world, at("03:00"))
        kept.refresh_from_db()
        assert (kept.send_after == at("08:00")) is waits

    def test_other_messages_leave_at_any_hour(self, world: World, kept: Message) -> None:
        Message.objects.update(template="booked")
        run(world, at("03:00"))
        kept.refresh_from_db()
        assert kept.send_after < at("03:00")
