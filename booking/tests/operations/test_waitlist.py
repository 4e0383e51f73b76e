"""What becomes free is offered: to whom, for how long, and what comes of the answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from accounts.models import AuditEvent, Patient
from booking import operations, queries
from booking.models import Appointment, FreedTime, Offer, Slot, SlotStatus, Status, WaitlistEntry
from booking.operations import Wishes
from clinic.lib.actor import Actor
from notifications.models import Message
from tests import factories
from tests.factories import NOW, SYSTEM, TOMORROW, World, at

MINUTE = dt.timedelta(minutes=1)
BY = {"by": SYSTEM, "now": NOW}
GUEST = Actor.guest("192.0.2.1")


def wait(world: World, *, ago: int = 0, **fields: Any) -> WaitlistEntry:
    """An entry that is `ago` minutes old."""
    wish = {"earliest": TOMORROW, "latest": TOMORROW + dt.timedelta(days=9)}
    wish |= {name: fields.pop(name) for name in list(fields) if name in Wishes.__slots__}
    wanted = {
        "patient": fields.pop("patient", None) or factories.patient(),
        "visit_type": world.checkup,
        "wish": Wishes(**wish),
        "by": SYSTEM,
        "now": NOW - ago * MINUTE,
    }
    return operations.join_waitlist(**wanted | fields)


def run(now: dt.datetime = NOW) -> int:
    return operations.offer_freed_times(now=now)


def open_offers() -> list[Offer]:
    return list(Offer.objects.filter(status=Offer.Status.OPEN).select_related("entry", "hold"))


def free_a_time(world: World, clock: str = "09:00", *, now: dt.datetime = NOW) -> Appointment:
    visit = world.book(clock, doctor=world.ada)
    return operations.cancel(appointment=visit, by=SYSTEM, now=now)


def fill(world: World) -> None:
    """Nothing is free but what becomes so."""
    Slot.objects.filter(status=SlotStatus.FREE).update(status=SlotStatus.BLOCKED)


@pytest.fixture
def busy(world: World) -> World:
    """A world in which 9:00 with Ada is the only time that can be booked."""
    kept = Slot.objects.filter(doctor=world.ada, start=at("09:00"))
    Slot.objects.exclude(pk__in=kept).update(status=SlotStatus.BLOCKED)
    return world


class TestWhatIsFreedIsWrittenDown:
    def causes(self) -> list[tuple[str, str, str]]:
        rows = FreedTime.objects.order_by("id")
        return [(row.cause, f"{row.start:%H:%M}", f"{row.end:%H:%M}") for row in rows]

    def test_a_cancelled_visit(self, world: World) -> None:
        free_a_time(world)
        assert self.causes() == [("cancelled", "09:00", "09:15")]

    def test_a_visit_that_moved_leaves_what_it_does_not_keep(self, world: World) -> None:
        long = factories.visit_type(world.clinic, world.ada, minutes=30)
        visit = world.book("09:00", visit_type=long)
        operations.reschedule(appointment=visit, start=at("09:15"), **BY)
        assert self.causes() == [("moved", "09:00", "09:15")]
        operations.reschedule(appointment=visit, start=at("10:30"), **BY)
        assert self.causes()[1:] == [("moved", "09:15", "09:45")]

    def test_a_declined_and_a_lapsed_request(self, world: World) -> None:
        asked = factories.visit_type(world.clinic, world.ada, needs_approval=True)
        first = world.book("09:00", visit_type=asked)
        operations.decline(appointment=first, reason="No", **BY)
        second = world.book("09:30", visit_type=asked, confirm_by=NOW + MINUTE)
        operations.lapse_requests(now=NOW + 2 * MINUTE)
        second.refresh_from_db()
        assert second.status == Status.LAPSED
        assert [row[:2] for row in self.causes()] == [("declined", "09:00"), ("lapsed", "09:30")]

    def test_the_rest_of_a_missed_visit(self, world: World) -> None:
        long = factories.visit_type(world.clinic, world.ada, minutes=60)
        visit = world.book("09:00", visit_type=long)
        operations.mark_no_show(appointment=visit, by=SYSTEM, now=at("09:20"))
        assert self.causes() == [("no_show", "09:20", "10:00")]

    def test_a_hold_that_ends_only_if_somebody_waits(self, world: World) -> None:
        world.hold("09:00", doctor=world.ada)
        operations.expire_holds(now=NOW + dt.timedelta(hours=1))
        assert self.causes() == []
        wait(world)
        world.hold("09:15", doctor=world.ada)
        operations.expire_holds(now=NOW + dt.timedelta(hours=1))
        released = world.hold("09:30", doctor=world.ada)
        operations.release(hold=released, **BY)
        assert [row[:2] for row in self.causes()] == [("expired", "09:15"), ("expired", "09:30")]

    def test_a_hold_for_what_nobody_waits_for_with_that_doctor(self, world: World) -> None:
        wait(world, visit_type=factories.visit_type(world.clinic, world.bob))
        operations.release(hold=world.hold("09:00", doctor=world.ada), **BY)
        assert self.causes() == []

    def test_new_hours_one_row_for_each_stretch_and_only_if_somebody_waits(
        self, world: World
    ) -> None:
        Slot.objects.all().delete()
        factories.hours(world.ada, "09:00", "10:00", weekdays=[TOMORROW.weekday()])
        factories.hours(world.ada, "11:00", "12:00", weekdays=[TOMORROW.weekday()])
        day = {"clinic": world.clinic, "now": NOW, "first": TOMORROW, "last": TOMORROW}
        operations.generate_slots(**day)
        assert self.causes() == []
        Slot.objects.all().delete()
        wait(world)
        operations.generate_slots(**day)
        assert self.causes() == [("new", "09:00", "10:00"), ("new", "11:00", "12:00")]
        operations.generate_slots(**day)
        assert len(self.causes()) == 2, "what was there already is not new"

    def test_time_that_is_blocked_no_more_is_new(self, world: World) -> None:
        Slot.objects.all().delete()
        factories.hours(world.ada, "09:00", "10:00", weekdays=[TOMORROW.weekday()])
        day = {"clinic": world.clinic, "now": NOW, "first": TOMORROW, "last": TOMORROW}
        operations.generate_slots(**day)
        Slot.objects.update(status=SlotStatus.BLOCKED)
        wait(world)
        operations.generate_slots(**day)
        assert self.causes() == [("new", "09:00", "10:00")]

    def test_what_is_over_is_not_written_down(self, world: World) -> None:
        visit = world.book("09:00")
        operations.freed.note_visit(visit, cause=FreedTime.Cause.CANCELLED, now=visit.end)
        assert self.causes() == []


class TestAnOffer:
    def test_the_freed_time_is_kept_for_who_waits_and_is_written_to(self, busy: World) -> None:
        entry = wait(busy)
        free_a_time(busy)

        assert run() == 1

        (offer,) = open_offers()
        entry.refresh_from_db()
        assert entry.status == WaitlistEntry.Status.OFFERED
        assert offer.hold.is_held(now=NOW)
        assert (offer.hold.start, offer.hold.doctor) == (at("09:00"), busy.ada)
        assert offer.expires_at == offer.hold.held_until == NOW + 30 * MINUTE
        assert busy.free() == [], "nobody else is shown it"
        message = Message.objects.get(template="waitlist_offer")
        assert message.recipient == entry.patient.email
        assert "/offer/" in message.context["url"]
        assert busy.checkup.name not in str(message.context)
        assert message.expires_at == offer.expires_at
        assert AuditEvent.objects.get(action="offer.made").patient_id == entry.patient_id

    def test_running_again_offers_nothing_twice(self, busy: World) -> None:
        wait(busy)
        wait(busy)
        free_a_time(busy)
        assert [run(), run(), run(NOW + MINUTE)] == [1, 0, 0]

    def test_the_urgent_come_first_then_who_waits_longest(self, busy: World) -> None:
        wait(busy, ago=10)
        longest = wait(busy, ago=20)
        urgent = wait(busy, ago=5, urgent=True)
        free_a_time(busy)
        asked = []
        for minutes in (0, 31, 62):
            run(NOW + minutes * MINUTE)
            asked += [offer.entry for offer in open_offers()]
        assert asked[:2] == [urgent, longest]
        assert len(set(asked)) == 3

    def test_only_the_clinic_says_that_something_is_urgent(self, world: World) -> None:
        assert not wait(world, urgent=True, by=GUEST).urgent

    @pytest.mark.parametrize(
        "wish",
        [
            {"parts": ["afternoon", "evening"]},
            {"weekdays": [day for day in range(7) if day != TOMORROW.weekday()]},
            {"earliest": TOMORROW + dt.timedelta(days=1)},
            {"earliest": NOW.date(), "latest": NOW.date()},
        ],
        ids=["part-of-day", "weekday", "earliest", "latest"],
    )
    def test_what_is_not_wished_for_is_not_offered(self, busy: World, wish: Any) -> None:
        wait(busy, **wish)
        free_a_time(busy)
        assert run() == 0
        assert FreedTime.objects.get().done_at == NOW, "it is public for good"
        assert busy.free() == ["09:00×1"]

    def test_another_doctor_than_was_wished_for_is_not_offered(self, busy: World) -> None:
        wait(busy, doctors=[busy.bob])
        free_a_time(busy)
        assert run() == 0
        wait(busy, doctors=[busy.ada, busy.bob])
        free_a_time(busy)
        assert run() == 1

    def test_parts_and_days_are_those_of_the_clinic(self, busy: World) -> None:
        """9:00 in UTC is 18:00 on the same day in Tokyo."""
        busy.clinic.time_zone = "Asia/Tokyo"
        busy.clinic.save()
        busy.checkup.refresh_from_db()
        morning = wait(busy, parts=["morning"], ago=10)
        evening = wait(busy, parts=["evening"], weekdays=[TOMORROW.weekday()])
        free_a_time(busy, now=at("03:00", NOW.date()))
        run(at("03:00", NOW.date()))
        assert [offer.entry for offer in open_offers()] == [evening]
        assert morning.offers.count() == 0

    def test_a_visit_that_is_longer_fits_when_the_neighbour_is_free(self, world: World) -> None:
        fill(world)
        Slot.objects.filter(doctor=world.ada, start__in=[at("09:00"), at("09:15")]).update(
            status=SlotStatus.FREE
        )
        long = factories.visit_type(world.clinic, world.ada, minutes=30)
        visit = world.book("09:15", doctor=world.ada)
        wait(world, visit_type=long)
        operations.cancel(appointment=visit, **BY)
        assert run() == 1
        assert open_offers()[0].hold.start == at("09:00")

    def test_a_visit_that_does_not_fit_is_not_offered(self, busy: World) -> None:
        wait(busy, visit_type=factories.visit_type(busy.clinic, busy.ada, minutes=30))
        free_a_time(busy)
        assert run() == 0

    def test_who_is_busy_then_is_passed_over(self, busy: World) -> None:
        elsewhere = factories.doctor(busy.clinic)
        other = factories.visit_type(busy.clinic, elsewhere)
        factories.cells(elsewhere, at("09:00"), 1)
        patient = factories.patient()
        busy.book("09:00", visit_type=other, patient=patient)
        wait(busy, patient=patient, ago=10)
        next_one = wait(busy)
        free_a_time(busy)
        run()
        assert [offer.entry for offer in open_offers()] == [next_one]

    def test_who_can_no_longer_be_written_to_is_passed_over(self, busy: World) -> None:
        lost, reached = wait(busy, ago=9), wait(busy, ago=1)
        lost.patient.email = ""
        lost.patient.save()
        free_a_time(busy)

        run()
        assert [offer.entry for offer in open_offers()] == [reached]

    def test_who_has_such_a_visit_is_offered_only_an_earlier_one(self, world: World) -> None:
        has_one = factories.patient()
        world.book("10:00", patient=has_one)
        wait(world, patient=has_one)
        fill(world)
        later, earlier = "11:00", "09:00"
        for clock in (later, earlier):
            Slot.objects.filter(doctor=world.ada, start=at(clock)).update(status=SlotStatus.FREE)
        free_a_time(world, later)
        assert run() == 0
        free_a_time(world, earlier)
        assert run() == 1

    def test_a_visit_before_the_wished_days_does_not_count(self, world: World) -> None:
        has_one = factories.patient()
        world.book("09:00", patient=has_one)
        day = TOMORROW + dt.timedelta(days=2)
        factories.cells(world.bob, at("09:00", day), 1)
        wait(world, patient=has_one, earliest=day)
        visit = world.book(start=at("09:00", day))
        operations.cancel(appointment=visit, **BY)
        assert run() == 1

    def test_nobody_is_offered_what_can_no_longer_be_booked(self, busy: World) -> None:
        wait(busy)
        free_a_time(busy, now=at("08:30"))
        assert run(at("08:30")) == 0, "the notice is an hour"

    @pytest.mark.parametrize(
        ("before_start", "kept"),
        [(600, 30), (160, 25), (100, 10), (99, None)],
        ids=["far", "a-quarter-of-what-is-left", "the-least", "too-near"],
    )
    def test_the_nearer_the_visit_the_shorter_the_offer(
        self, busy: World, before_start: int, kept: int | None, settings: Any
    ) -> None:
        settings.WAITLIST_QUIET_FROM = settings.WAITLIST_QUIET_UNTIL
        now = at("09:00") - before_start * MINUTE
        wait(busy)
        free_a_time(busy, now=now)
        run(now)
        assert [(offer.expires_at - now) / MINUTE for offer in open_offers()] == (
            [kept] if kept else []
        )

    def test_at_night_the_time_stays_public_until_the_morning(self, busy: World) -> None:
        day = TOMORROW + dt.timedelta(days=2)
        factories.cells(busy.ada, at("09:00", day), 2)
        wait(busy)
        night = at("22:30")
        for clock in ("09:00", "09:15"):
            visit = busy.book(start=at(clock, day))
            operations.cancel(appointment=visit, by=SYSTEM, now=night)
        morning = at("08:00", TOMORROW + dt.timedelta(days=1))
        assert run(night) == 0
        assert {freed.look_after for freed in FreedTime.objects.all()} == {morning}
        assert run(morning - MINUTE) == 0
        busy.book(start=at("09:00", day), now=night)  # anybody may have it meanwhile
        assert run(morning) == 1
        assert open_offers()[0].hold.start == at("09:15", day)


class TestAnswers:
    @pytest.fixture
    def offer(self, busy: World) -> Offer:
        wait(busy, ago=10)
        free_a_time(busy)
        run()
        (offer,) = open_offers()
        return offer

    def test_a_yes_books_the_time(self, offer: Offer, busy: World) -> None:
        visit = operations.accept_offer(offer=offer, by=GUEST, now=NOW + MINUTE)

        offer.refresh_from_db()
        assert (visit.status, visit.start, visit.patient) == (
            Status.BOOKED,
            at("09:00"),
            offer.entry.patient,
        )
        assert visit.pk == offer.hold_id
        assert offer.status == Offer.Status.ACCEPTED
        assert offer.entry.status == WaitlistEntry.Status.BOOKED
        assert Message.objects.filter(template="booked", about=f"appointment:{visit.pk}").exists()
        assert run(NOW + 2 * MINUTE) == 0
        assert FreedTime.objects.get().done_at

    def test_a_second_yes_leads_to_the_same_visit(self, offer: Offer) -> None:
        first = operations.accept_offer(offer=offer, by=GUEST, now=NOW)
        assert operations.accept_offer(offer=offer, by=GUEST, now=NOW + 60 * MINUTE) == first

    def test_a_yes_to_what_needs_approval_is_a_request(self, offer: Offer, busy: World) -> None:
        busy.checkup.needs_approval = True
        busy.checkup.save()
        assert operations.accept_offer(offer=offer, by=GUEST, now=NOW).status == Status.PENDING

    def test_a_yes_that_comes_too_late_is_told_so(self, offer: Offer) -> None:
        with pytest.raises(operations.OfferOver):
            operations.accept_offer(offer=offer, by=GUEST, now=offer.expires_at)

    def test_a_yes_after_the_sweep_of_holds_is_told_so(self, offer: Offer) -> None:
        operations.expire_holds(now=offer.expires_at)
        with pytest.raises(operations.OfferOver):
            operations.accept_offer(offer=offer, by=GUEST, now=NOW)

    def test_a_yes_of_somebody_who_is_busy_by_now_leaves_the_offer_open(
        self, offer: Offer, busy: World
    ) -> None:
        elsewhere = factories.doctor(busy.clinic)
        factories.cells(elsewhere, at("09:00"), 1)
        other = factories.visit_type(busy.clinic, elsewhere)
        busy.book("09:00", visit_type=other, patient=offer.entry.patient)
        with pytest.raises(operations.PatientBusy):
            operations.accept_offer(offer=offer, by=GUEST, now=NOW)
        offer.refresh_from_db()
        assert offer.is_open(now=NOW)

    def test_a_no_passes_the_time_on_at_once(self, offer: Offer, busy: World) -> None:
        second = wait(busy)
        operations.decline_offer(offer=offer, by=GUEST, now=NOW + MINUTE)
        offer.refresh_from_db()
        assert offer.status == Offer.Status.DECLINED
        assert offer.entry.status == WaitlistEntry.Status.WAITING
        assert run(NOW + MINUTE) == 1
        assert [some.entry for some in open_offers()] == [second]
        operations.decline_offer(offer=offer, by=GUEST, now=NOW + MINUTE)  # pressed again
        with pytest.raises(operations.OfferOver):
            operations.accept_offer(offer=offer, by=GUEST, now=NOW + MINUTE)

    def test_a_no_before_the_mail_left_takes_it_back(self, offer: Offer) -> None:
        operations.decline_offer(offer=offer, by=GUEST, now=NOW)
        assert Message.objects.get(template="waitlist_offer").status == "void"

    def test_no_answer_passes_it_on_and_keeps_the_place(self, offer: Offer, busy: World) -> None:
        second = wait(busy)
        assert run(offer.expires_at) == 1
        offer.refresh_from_db()
        assert offer.status == Offer.Status.EXPIRED
        assert offer.entry.status == WaitlistEntry.Status.WAITING
        assert [some.entry for some in open_offers()] == [second]
        # Of the next time that becomes free the first one hears before the second.
        factories.cells(busy.ada, at("12:00"), 1)
        free_a_time(busy, "12:00", now=offer.expires_at)
        run(offer.expires_at)
        assert {some.entry for some in open_offers()} == {second, offer.entry}

    def test_after_three_in_vain_it_is_everybodys(self, offer: Offer, busy: World) -> None:
        for _ in range(4):
            wait(busy)
        now = NOW
        made = [1]
        for _ in range(4):
            now += 31 * MINUTE
            made.append(run(now))
        assert made == [1, 1, 1, 0, 0]
        freed = FreedTime.objects.get()
        assert (freed.offers_made, bool(freed.done_at)) == (3, True)
        assert busy.free(now=now) == ["09:00×1"]

    def test_holding_it_again_and_again_does_not_keep_it_from_everybody(
        self, offer: Offer, busy: World
    ) -> None:
        for _ in range(5):
            wait(busy)
        now = NOW
        for _ in range(4):
            now += 31 * MINUTE
            run(now)
        hold = busy.hold("09:00", now=now)
        operations.release(hold=hold, by=SYSTEM, now=now)
        assert FreedTime.objects.filter(cause="expired", done_at=None).exists()
        assert run(now) == 0

    def test_what_is_left_of_a_longer_time_is_offered_to_the_next(self, world: World) -> None:
        fill(world)
        Slot.objects.filter(doctor=world.ada, start__lt=at("09:30")).update(status=SlotStatus.FREE)
        long = factories.visit_type(world.clinic, world.ada, minutes=30)
        visit = world.book("09:00", visit_type=long)
        first, second = wait(world, ago=10), wait(world)
        operations.cancel(appointment=visit, **BY)
        run()
        (offer,) = open_offers()
        assert offer.entry == first
        operations.accept_offer(offer=offer, by=GUEST, now=NOW)
        run()
        (offer,) = open_offers()
        assert (offer.entry, offer.hold.start) == (second, at("09:15"))

    def test_who_has_an_offer_gets_the_other_time_once_he_has_said_no(self, world: World) -> None:
        """Two times, one who waits: the second time is not forgotten while the first is open."""
        fill(world)
        wait(world)
        for clock in ("09:00", "10:00"):
            Slot.objects.filter(doctor=world.ada, start=at(clock)).update(status=SlotStatus.FREE)
            free_a_time(world, clock)
        assert run() == 1
        (offer,) = open_offers()
        operations.decline_offer(offer=offer, by=GUEST, now=NOW + MINUTE)
        later = offer.expires_at
        assert run(later) == 1
        assert open_offers()[0].hold.start == at("10:00")

    def test_leaving_with_an_open_offer_gives_the_time_back(
        self, offer: Offer, busy: World
    ) -> None:
        second = wait(busy)
        operations.leave_waitlist(entry=offer.entry, **BY)
        offer.entry.refresh_from_db()
        assert offer.entry.status == WaitlistEntry.Status.LEFT
        run()
        assert [some.entry for some in open_offers()] == [second]
        operations.leave_waitlist(entry=offer.entry, **BY)  # again

    def test_an_offer_does_not_outlive_its_hold_in_the_state_that_is_read(
        self, offer: Offer
    ) -> None:
        assert offer.is_open(now=offer.expires_at - MINUTE)
        assert not offer.is_open(now=offer.expires_at)


class TestTheList:
    def test_one_place_for_each_kind_of_visit(self, world: World) -> None:
        patient = factories.patient()
        entry = wait(world, patient=patient)
        with pytest.raises(operations.AlreadyWaiting):
            wait(world, patient=patient)
        operations.leave_waitlist(entry=entry, **BY)
        wait(world, patient=patient)

    @pytest.mark.parametrize(
        "wish",
        [
            {"earliest": TOMORROW, "latest": NOW.date()},
            {"earliest": dt.date(2026, 5, 1), "latest": dt.date(2026, 5, 2)},
            {"earliest": TOMORROW, "latest": dt.date(2028, 1, 1)},
            {"weekdays": [7]},
        ],
        ids=["order", "past", "too-far", "no-weekday"],
    )
    def test_wishes_that_cannot_come_true_are_refused(self, world: World, wish: Any) -> None:
        with pytest.raises(operations.WishImpossible):
            wait(world, **wish)

    def test_a_doctor_who_does_not_offer_it_is_refused(self, world: World) -> None:
        with pytest.raises(operations.WishImpossible):
            wait(world, doctors=[factories.doctor(world.clinic)])

    def test_who_cannot_be_written_to_cannot_wait(self, world: World) -> None:
        with pytest.raises(operations.Unreachable):
            wait(world, patient=factories.patient(email=""))
        with pytest.raises(operations.Unreachable):
            wait(world, patient=factories.patient(is_guest=True))

    def test_a_child_s_offers_go_to_who_looks_after_it(self, busy: World) -> None:
        parent = factories.patient(with_login=True)
        child: Patient = factories.patient(email="")
        child.cared_for_by.create(user=parent.user, opened_at=NOW, opened_by="test")
        wait(busy, patient=child)
        free_a_time(busy)
        run()
        assert Message.objects.get(template="waitlist_offer").recipient == parent.user.email

    def test_changing_the_wish_keeps_the_place(self, busy: World) -> None:
        entry = wait(busy, ago=10, parts=["evening"])
        wait(busy)
        wish = Wishes(earliest=TOMORROW, latest=TOMORROW)
        operations.change_wish(entry=entry, wish=wish, **BY)
        free_a_time(busy)
        run()
        assert [offer.entry for offer in open_offers()] == [entry]

    def test_what_has_ended_is_not_changed(self, world: World) -> None:
        entry = wait(world)
        operations.leave_waitlist(entry=entry, **BY)
        wish = Wishes(earliest=TOMORROW, latest=TOMORROW)
        with pytest.raises(operations.WrongState):
            operations.change_wish(entry=entry, wish=wish, **BY)

    def test_a_wish_ends_with_its_last_day(self, world: World) -> None:
        entry = wait(world, latest=TOMORROW)
        run(at("23:59"))
        entry.refresh_from_db()
        assert entry.is_open
        run(at("00:01", TOMORROW + dt.timedelta(days=1)))
        entry.refresh_from_db()
        assert entry.status == WaitlistEntry.Status.ENDED

    def test_a_new_day_that_cannot_be_booked_yet_is_looked_at_when_it_can(
        self, world: World
    ) -> None:
        """The grid reaches further than a visit type may be booked ahead."""
        day = NOW.date() + dt.timedelta(days=70)
        factories.hours(world.bob, "09:00", "10:00", weekdays=[day.weekday()])
        wait(world, earliest=day, latest=day)
        operations.generate_slots(clinic=world.clinic, now=NOW, first=day, last=day)
        assert run() == 0
        freed = FreedTime.objects.get()
        assert freed.done_at is None
        assert freed.look_after == at("10:00", day) - dt.timedelta(days=60)
        assert queries.free_times(
            visit_type=world.checkup, first=day, last=day, now=freed.look_after
        )
        assert run(freed.look_after) == 1

    def test_one_row_that_fails_does_not_keep_the_others_from_their_turn(
        self, busy: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        factories.cells(busy.ada, at("12:00"), 1)
        wait(busy)
        free_a_time(busy)
        free_a_time(busy, "12:00")
        look = operations.offering._look

        def fails_at_nine(freed: FreedTime, run: Any) -> bool:
            if freed.start == at("09:00"):
                raise RuntimeError
            return look(freed, run)

        monkeypatch.setattr(operations.offering, "_look", fails_at_nine)
        assert run() == 1
