"""Changes that come too late to be made alone: asked, answered, overtaken."""

from __future__ import annotations

import datetime as dt

import pytest

from accounts.models import AuditEvent
from booking import operations
from booking.models import Appointment, ChangeRequest, Status
from clinic.lib.actor import Actor
from notifications.models import Message
from tests.factories import SYSTEM, World, at

Kind, State = ChangeRequest.Kind, ChangeRequest.Status
PATIENT = Actor(kind="user", user_id="00000000-0000-4000-8000-000000000001")
LATE = at("08:00")  # an hour before the visit, when its notice of a day is over


@pytest.fixture
def visit(world: World) -> Appointment:
    return world.book("09:00")


def ask(visit: Appointment, kind: Kind = Kind.CANCEL, now: dt.datetime = LATE) -> ChangeRequest:
    return operations.ask_change(
        appointment=visit, kind=kind, message=" I am ill ", by=PATIENT, now=now
    )


def answer(request: ChangeRequest, outcome: State, text: str = "") -> ChangeRequest:
    return operations.answer_change_request(
        request=request, outcome=outcome, answer=text, by=SYSTEM, now=LATE
    )


def told() -> list[str]:
    return list(Message.objects.order_by("created_at").values_list("template", flat=True))


def test_a_late_wish_is_written_down_and_the_visit_stays(visit: Appointment) -> None:
    request = ask(visit)

    assert (request.status, request.message) == (State.OPEN, "I am ill")
    visit.refresh_from_db()
    assert visit.status == Status.BOOKED
    event = AuditEvent.objects.get(action="appointment.change_asked")
    assert event.data == {"kind": "cancel"}  # never the words
    assert told() == ["booked"]


def test_what_the_patient_can_do_alone_is_not_asked(visit: Appointment) -> None:
    with pytest.raises(operations.NoNeedToAsk):
        ask(visit, now=at("09:00") - dt.timedelta(hours=24))


def test_there_is_one_open_wish_and_another_after_its_answer(visit: Appointment) -> None:
    first = ask(visit)
    with pytest.raises(operations.AskedAlready):
        ask(visit, Kind.MOVE)
    answer(first, State.REFUSED, "We keep the time for you.")

    second = ask(visit, Kind.MOVE)
    answer(second, State.REFUSED, "No other time is free.")

    assert told() == ["booked", "change_answered", "change_answered"]


@pytest.mark.parametrize("moment", [at("09:00"), at("09:30")])
def test_nothing_is_asked_of_a_visit_that_has_begun(
    visit: Appointment, moment: dt.datetime
) -> None:
    with pytest.raises(operations.WrongState):
        ask(visit, now=moment)


def test_a_granted_cancellation_cancels_and_says_so_once(world: World, visit: Appointment) -> None:
    request = answer(ask(visit), State.DONE, "Get well soon.")

    visit.refresh_from_db()
    assert (request.status, visit.status) == (State.DONE, Status.CANCELLED)
    assert told() == ["booked", "cancelled"]
    assert Message.objects.get(template="cancelled").context["reason"] == "Get well soon."
    assert "09:00×2" in world.free(now=at("07:00"))


def test_a_refusal_needs_words_and_tells_them(visit: Appointment) -> None:
    request = ask(visit)
    with pytest.raises(operations.ReasonMissing):
        answer(request, State.REFUSED, "  ")
    answer(request, State.REFUSED, "Please call us.")

    message = Message.objects.get(template="change_answered")
    assert message.context["reason"] == "Please call us."
    assert Message.objects.get(template="booked").status == "queued"  # still true, so still told


def test_of_two_answers_the_second_is_refused(visit: Appointment) -> None:
    request = ask(visit)
    answer(request, State.REFUSED, "No.")

    with pytest.raises(operations.WrongState):
        answer(request, State.DONE)
    visit.refresh_from_db()
    assert visit.status == Status.BOOKED


def cancel(visit: Appointment) -> None:
    operations.cancel(appointment=visit, by=SYSTEM, now=LATE)


def move(visit: Appointment) -> None:
    operations.reschedule(appointment=visit, start=at("11:00"), by=SYSTEM, now=LATE)


def arrive(visit: Appointment) -> None:
    operations.check_in(appointment=visit, by=SYSTEM, now=LATE)


def miss(visit: Appointment) -> None:
    operations.mark_no_show(appointment=visit, by=SYSTEM, now=at("09:30"))


@pytest.mark.parametrize(
    ("kind", "change", "becomes"),
    [
        (Kind.CANCEL, cancel, State.DONE),
        (Kind.MOVE, move, State.DONE),
        (Kind.MOVE, cancel, State.VOID),
        (Kind.CANCEL, move, State.VOID),
        (Kind.MOVE, arrive, State.VOID),
        (Kind.CANCEL, miss, State.VOID),
    ],
)
def test_a_wish_ends_with_what_happens_to_its_visit(
    visit: Appointment, kind: Kind, change: object, becomes: State
) -> None:
    request = ask(visit, kind)

    change(visit)  # type: ignore[operator]

    request.refresh_from_db()
    assert (request.status, request.answered_by) == (becomes, "system:test")
    assert "change_answered" not in told()
