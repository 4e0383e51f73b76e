from __future__ import annotations

import contextlib
import datetime as dt
import threading
from typing import Any

import pytest

from accounts.models import AuditEvent
from booking import affected, operations
from booking.models import AffectedVisit, Appointment, Proposal, Status, TimeOff
from booking.operations import cells, reassigning
from booking.tests.operations.test_away import in_thread, off
from notifications.models import Message
from tests import factories
from tests.factories import SYSTEM, World, at


def affected_visit(world: World, clock: str = "09:00", **fields: Any) -> AffectedVisit:
    world.book(clock, doctor=world.ada, **fields)
    return off(world).affected.get(appointment__start=at(clock))


def propose(world: World, row: AffectedVisit, *clocks: str, **fields: Any) -> Proposal:
    options = [(at(clock), world.bob) for clock in clocks or ("09:00", "10:00")]
    wanted = {"affected": row, "options": options, "by": SYSTEM, "now": world.now}
    return operations.propose(**wanted | fields)


def choose(world: World, proposal: Proposal, clock: str, **fields: Any) -> Appointment:
    wanted = {"start": at(clock), "doctor_id": world.bob.pk, "now": world.now}
    return operations.answer_proposal(proposal=proposal, **wanted | fields)


def outcomes(time_off: TimeOff, world: World) -> list[str]:
    return [line.outcome.value for line in affected.sheet_of(time_off, now=world.now).lines]


def test_the_patient_is_sent_the_times_and_a_link_and_nothing_medical(world: World) -> None:
    row = affected_visit(world)

    proposal = propose(world, row)

    message = Message.objects.get(template="choose_time")
    assert message.context["options"] == [
        "Tuesday 2 June, 9:00 am, with Bob Brown",
        "Tuesday 2 June, 10:00 am, with Bob Brown",
    ]
    assert "/choose/" in message.context["url"]
    assert world.checkup.name not in str(message.context)
    assert (proposal.status, proposal.version) == ("open", row.appointment.version)
    (line,) = affected.sheet_of(row.time_off, now=world.now).lines
    assert line.is_asked and line.sent == ("queued", None)


def test_it_holds_nothing(world: World) -> None:
    propose(world, affected_visit(world), "10:00")

    assert world.book("10:00", doctor=world.bob).status == Status.BOOKED


def test_the_choice_moves_the_visit(world: World) -> None:
    row = affected_visit(world)
    proposal = propose(world, row)

    visit = choose(world, proposal, "10:00")

    proposal.refresh_from_db()
    assert (visit.start, visit.doctor, visit.status) == (at("10:00"), world.bob, Status.BOOKED)
    assert proposal.status == Proposal.Status.ACCEPTED
    assert outcomes(row.time_off, world) == ["moved"]
    assert Message.objects.filter(template="moved").count() == 1


def test_the_same_choice_again_changes_nothing(world: World) -> None:
    proposal = propose(world, affected_visit(world))
    choose(world, proposal, "10:00")

    again = choose(world, proposal, "10:00")

    assert again.start == at("10:00")
    assert AuditEvent.objects.filter(action="appointment.moved").count() == 1
    with pytest.raises(operations.ProposalOver):
        choose(world, proposal, "09:00")


def test_notice_does_not_bind_who_was_asked(world: World) -> None:
    """Ten minutes before, on the day itself, and with a visit type that wants a week's notice."""
    row = affected_visit(world)
    type(world.checkup).objects.update(
        notice_minutes=7 * 24 * 60, change_notice_minutes=7 * 24 * 60, horizon_days=0
    )
    proposal = propose(world, row)

    visit = choose(world, proposal, "09:00", now=at("08:50"))

    assert visit.doctor == world.bob


@pytest.mark.parametrize("is_accepted", [True, False])
def test_what_was_booked_stays_booked_and_a_request_a_request(
    world: World, is_accepted: bool
) -> None:
    type(world.checkup).objects.update(needs_approval=True)
    world.checkup.refresh_from_db()
    visit = world.book("09:00", doctor=world.ada)
    if is_accepted:
        operations.accept(appointment=visit, by=SYSTEM, now=world.now)
    (row,) = off(world).affected.all()

    moved = choose(world, propose(world, row), "09:00")

    assert moved.status == (Status.BOOKED if is_accepted else Status.PENDING)


def test_a_time_that_was_just_taken_is_refused_and_the_visit_stays(world: World) -> None:
    proposal = propose(world, affected_visit(world), "10:00")
    world.book("10:00", doctor=world.bob)

    with pytest.raises(operations.Taken):
        choose(world, proposal, "10:00")

    proposal.refresh_from_db()
    assert proposal.status == Proposal.Status.OPEN
    assert choose(world, proposal, "10:15").start == at("10:15")


def test_a_doctor_who_does_not_offer_it_is_none_to_choose(world: World) -> None:
    proposal = propose(world, affected_visit(world))
    stranger = factories.doctor(world.clinic)
    factories.cells(stranger, at("10:00"), 1)

    with pytest.raises(operations.NotOffered):
        choose(world, proposal, "10:00", doctor_id=stranger.pk)


def test_the_time_that_the_visit_has_is_none_to_choose(world: World) -> None:
    """Nothing would be moved, and the patient would believe that all is well."""
    row = affected_visit(world)
    proposal = propose(world, row)

    with pytest.raises(operations.NotOffered):
        choose(world, proposal, "09:00", doctor_id=world.ada.pk)
    with pytest.raises(operations.NotOffered):
        operations.move_affected(
            affected=row, start=at("09:00"), doctor=world.ada, by=SYSTEM, now=world.now
        )

    assert outcomes(row.time_off, world) == ["open"]


def test_a_request_that_is_accepted_after_times_were_proposed_is_asked_about_again(
    world: World,
) -> None:
    """The link speaks of the visit as it was, so nobody waits for an answer any more."""
    world.checkup.needs_approval = True
    world.checkup.save()
    row = affected_visit(world)
    propose(world, row)
    operations.accept(appointment=row.appointment, by=SYSTEM, now=world.now)

    sheet = affected.sheet_of(row.time_off, now=world.now)
    assert (sheet.asked, sheet.open_lines[0].proposal) == (0, None)

    operations.propose_all(time_off=row.time_off, by=SYSTEM, now=world.now)
    assert affected.sheet_of(row.time_off, now=world.now).asked == 1


def test_a_visit_that_changed_since_ends_the_proposal(world: World) -> None:
    row = affected_visit(world)
    proposal = propose(world, row)
    operations.move_affected(
        affected=row, start=at("11:00"), doctor=world.bob, by=SYSTEM, now=world.now
    )

    answers = [
        lambda: choose(world, proposal, "10:00"),
        lambda: operations.decline_proposal(proposal=proposal, now=world.now),
        lambda: operations.cancel_by_proposal(proposal=proposal, now=world.now),
    ]
    for answer in answers:
        with pytest.raises(operations.ProposalOver):
            answer()
    row.appointment.refresh_from_db()
    assert row.appointment.start == at("11:00")


def test_once_the_visit_was_to_begin_it_is_too_late(world: World) -> None:
    proposal = propose(world, affected_visit(world))

    with pytest.raises(operations.ProposalOver):
        choose(world, proposal, "10:00", now=at("09:00"))


def test_none_of_them_suits_and_the_clinic_calls(world: World) -> None:
    row = affected_visit(world)
    proposal = propose(world, row)

    for _twice in range(2):
        operations.decline_proposal(proposal=proposal, now=world.now)

    (line,) = affected.sheet_of(row.time_off, now=world.now).lines
    assert (line.has_declined, line.is_open, line.is_asked) == (True, True, False)
    assert AuditEvent.objects.filter(action="appointment.times_declined").count() == 1
    assert operations.propose_all(time_off=row.time_off, by=SYSTEM, now=world.now) == []


def test_the_patient_cancels_instead(world: World) -> None:
    row = affected_visit(world)

    visit = operations.cancel_by_proposal(proposal=propose(world, row), now=world.now)

    assert visit.status == Status.CANCELLED
    assert outcomes(row.time_off, world) == ["ended"]


def test_new_times_void_the_old_ones(world: World) -> None:
    row = affected_visit(world)
    first, second = propose(world, row), propose(world, row, "11:00")

    first.refresh_from_db()
    assert (first.status, second.status) == (Proposal.Status.VOID, Proposal.Status.OPEN)


def test_what_is_dealt_with_is_not_proposed_other_times(world: World) -> None:
    row = affected_visit(world)
    operations.keep(affected=row, reason="She insists", by=SYSTEM, now=world.now)

    with pytest.raises(operations.WrongState):
        propose(world, row)


def test_without_an_address_or_a_time_the_patient_is_called(world: World) -> None:
    row = affected_visit(world, patient=factories.patient(email=""))

    with pytest.raises(operations.NoAddress):
        propose(world, row)
    with pytest.raises(operations.NoTimes):
        operations.propose(affected=row, options=[], by=SYSTEM, now=world.now)


def test_taking_the_time_off_back_ends_what_was_proposed(world: World) -> None:
    row = affected_visit(world)
    proposal = propose(world, row)

    operations.remove_time_off(time_off=row.time_off, by=SYSTEM, now=world.now)

    proposal.refresh_from_db()
    assert (proposal.status, proposal.affected) == (Proposal.Status.VOID, None)


def test_all_are_given_to_colleagues_where_one_is_free(world: World) -> None:
    moved = world.book("09:00", doctor=world.ada)
    stays = world.book("10:00", doctor=world.ada)
    world.book("10:00", doctor=world.bob)
    time_off = off(world)

    done = operations.reassign_all(time_off=time_off, by=SYSTEM, now=world.now)

    assert [(one.visit.pk, type(one.refusal)) for one in done] == [
        (moved.pk, type(None)),
        (stays.pk, operations.NobodyFree),
    ]
    again = operations.reassign_all(time_off=time_off, by=SYSTEM, now=world.now)
    assert [one.visit.pk for one in again] == [stays.pk]
    moved.refresh_from_db()
    assert (moved.start, moved.doctor) == (at("09:00"), world.bob)


def test_a_colleague_who_was_just_taken_gives_way_to_the_next(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What looked free is booked by somebody else before it is taken: never a double booking."""
    cat = factories.doctor(world.clinic, name="Cat Clark")
    factories.cells(cat, at("09:00"), 12)
    world.checkup.doctors.add(cat)
    visit = world.book("09:00", doctor=world.ada)
    time_off = off(world)
    same_time = reassigning.equivalents.same_time

    def then_taken(*args: Any, **fields: Any) -> Any:
        found = same_time(*args, **fields)
        first = found[visit.pk][0].doctor_id
        world.book("09:00", doctor=type(cat).objects.get(pk=first))
        return found

    monkeypatch.setattr(reassigning.equivalents, "same_time", then_taken)

    (done,) = operations.reassign_all(time_off=time_off, by=SYSTEM, now=world.now)

    visit.refresh_from_db()
    assert done.refusal is None
    assert visit.doctor in (world.bob, cat)
    assert len(set(Appointment.objects.live().values_list("doctor", flat=True))) == 2


def test_all_who_are_open_are_asked_once(world: World) -> None:
    for clock in ("09:00", "09:30"):
        world.book(clock, doctor=world.ada)
    world.book("10:00", doctor=world.ada, patient=factories.patient(email=""))
    time_off = off(world)

    done = operations.propose_all(time_off=time_off, by=SYSTEM, now=world.now)
    again = operations.propose_all(time_off=time_off, by=SYSTEM, now=world.now)

    assert [type(one.refusal) for one in done] == [type(None), type(None), operations.NoAddress]
    assert [type(one.refusal) for one in again] == [operations.NoAddress]
    assert Message.objects.filter(template="choose_time").count() == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_who_choose_the_same_time_one_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    for clock in ("09:00", "09:15"):
        world.book(clock, doctor=world.ada)
    rows = off(world).affected.order_by("appointment__start")
    proposals = [propose(world, row, "10:00", "10:15") for row in rows]
    meet = threading.Barrier(2)
    claim = cells.lock_place

    def together(*args: Any, **fields: Any) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):  # who is refused looks again
            meet.wait(2)
        return claim(*args, **fields)

    monkeypatch.setattr(cells, "lock_place", together)
    runs = [in_thread(lambda p=proposal: choose(world, p, "10:00")) for proposal in proposals]
    for thread, _came in runs:
        thread.join(60)
    came = [result for _thread, (result,) in runs]

    (refused,) = [one for one in came if isinstance(one, Exception)]
    assert isinstance(refused, operations.Taken)
    statuses = sorted(Proposal.objects.values_list("status", flat=True))
    assert statuses == ["accepted", "open"]
    left = Proposal.objects.get(status="open")
    assert choose(world, left, "10:15", now=world.now + dt.timedelta(minutes=1)).start == at(
        "10:15"
    )
