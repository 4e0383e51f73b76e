"""Ways to break each promise: the guard is taken away, then a mistake is made.

Used in a transaction that is rolled back.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

from accounts.models import AuditEvent, AuditSeal, Role, TreatingRelationship
from booking.models import Appointment, FreedTime, Offer, Slot, SlotStatus, Status, WaitlistEntry
from booking.tests.document_breakers import DOCUMENT_BREAKERS
from booking.tests.lived import Lived, change, second, sql, without
from notifications.models import Message
from tests import factories
from tests.factories import NOW, at


def _slots_overlap(lived: Lived) -> None:
    without("booking_slot", "slot_no_overlap")
    Slot.objects.create(doctor=lived.ada, start=at("09:05"), end=at("09:20"))


def _doctor_twice(lived: Lived) -> None:
    without("booking_appointment", "appointment_doctor_once")
    second(lived.booked, patient=factories.patient())


def _doctor_twice_by_a_buffer(lived: Lived) -> None:
    """The visits themselves touch, and only the buffer stands on the other."""
    without("booking_appointment", "appointment_doctor_once")
    times = {"start": at("10:00"), "end": at("10:15")}
    busy = {"busy_start": at("10:00"), "busy_end": at("10:15")}
    second(lived.booked, patient=factories.patient(), **times, **busy)


def _patient_twice(lived: Lived) -> None:
    without("booking_appointment", "appointment_patient_once", "appointment_doctor_once")
    second(lived.booked, doctor=lived.bob)


def _two_owners(lived: Lived) -> None:
    sql("DROP INDEX slot_claimed_once")
    slot = lived.booked.cells.get().slot
    lived.moved.cells.create(slot=slot, claimed_at=NOW)


def _ended_with_cells(lived: Lived) -> None:
    change(lived.booked, status=Status.CANCELLED, ended_at=NOW, ended_by="system:test")


def _free_and_owned(lived: Lived) -> None:
    Slot.objects.filter(claims__appointment=lived.booked).update(status=SlotStatus.FREE)


def taken_by_nobody(lived: Lived) -> None:
    Slot.objects.filter(doctor=lived.ada, start=at("11:45")).update(status=SlotStatus.BOOKED)


def _held_until_another_time(lived: Lived) -> None:
    later = NOW + dt.timedelta(hours=2)
    Slot.objects.filter(claims__appointment=lived.held).update(held_until=later)


def _held_by_a_booked_visit(lived: Lived) -> None:
    Slot.objects.filter(claims__appointment=lived.booked).update(status="held", held_until=NOW)


def _visit_without_cells(lived: Lived) -> None:
    lived.booked.cells.update(released_at=NOW)


def _visit_with_a_gap(lived: Lived) -> None:
    lived.buffered.cells.filter(slot__start=at("10:30")).update(released_at=NOW)


def _visit_on_anothers_cells(lived: Lived) -> None:
    slot = Slot.objects.get(doctor=lived.bob, start=at("11:45"))
    lived.booked.cells.update(slot=slot)


def _cell_slipped_under_a_visit(lived: Lived) -> None:
    """Hours changed, and the new grid put a free cell into somebody's buffer."""
    lived.buffered.cells.filter(slot__start=at("10:00")).update(released_at=NOW)
    Slot.objects.filter(doctor=lived.ada, start=at("10:00")).update(status=SlotStatus.FREE)


def _room_twice(lived: Lived) -> None:
    without("booking_resourceuse", "resource_used_once")
    use = lived.scanned.uses.get()
    lived.moved.uses.create(resource=lived.room, start=use.start, end=use.end, claimed_at=NOW)


def _room_of_an_ended_visit(lived: Lived) -> None:
    lived.scanned.cells.update(released_at=NOW)
    change(lived.scanned, status=Status.CANCELLED, ended_at=NOW, ended_by="system:test")


def _room_for_half_of_the_visit(lived: Lived) -> None:
    lived.scanned.uses.update(end=at("10:05"))


def _no_room(lived: Lived) -> None:
    lived.scanned.uses.update(released_at=NOW)


def _odd_slot_status(lived: Lived) -> None:
    without("booking_slot", "slot_status_known")
    Slot.objects.filter(doctor=lived.ada, start=at("11:45")).update(status="lost")


def _odd_visit_status(lived: Lived) -> None:
    without("booking_appointment", "appointment_status_known", "appointment_ended_when_over")
    change(lived.booked, status="lost")


def _when_without_who(lived: Lived) -> None:
    without("booking_appointment", "appointment_booked_pair")
    change(lived.booked, booked_by=None)


def _over_without_an_end(lived: Lived) -> None:
    without("booking_appointment", "appointment_ended_when_over")
    change(lived.done, ended_at=None, ended_by=None)


def _nobodys_visit(lived: Lived) -> None:
    without("booking_appointment", "appointment_has_patient")
    change(lived.booked, patient=None)


def _hold_without_end(lived: Lived) -> None:
    without("booking_appointment", "appointment_hold_has_end")
    change(lived.held, held_until=None)


def _buffer_inside(lived: Lived) -> None:
    without("booking_appointment", "appointment_times_order")
    change(lived.booked, busy_start=at("09:05"))


def _another_clinic(lived: Lived) -> None:
    change(lived.booked, clinic=factories.clinic(is_current=False))


def _two_holds(lived: Lived) -> None:
    sql("DROP INDEX one_hold_per_holder")
    change(lived.hold("11:45"), holder=lived.held.holder)


def _hours_twice(lived: Lived) -> None:
    without("booking_workinghours", "hours_no_overlap")
    factories.hours(lived.ada, "09:00", "12:00", weekdays=[1])
    factories.hours(lived.ada, "11:00", "13:00", weekdays=[1])


def _guest_with_login(lived: Lived) -> None:
    without("accounts_patient", "guest_has_no_login")
    lived.guest.user = factories.user(Role.PATIENT)
    lived.guest.save()


def _guest_is_treated(lived: Lived) -> None:
    TreatingRelationship.objects.create(
        doctor=lived.ada, patient=lived.guest, opened_at=NOW, ends_at=at("12:00")
    )


def _untreated(lived: Lived) -> None:
    TreatingRelationship.objects.filter(patient=lived.patient).delete()


def _treated_too_briefly(lived: Lived) -> None:
    TreatingRelationship.objects.filter(patient=lived.patient).update(ends_at=NOW)


def _audit(visit: Appointment, action: str) -> None:
    AuditEvent.objects.create(
        at=NOW,
        action=action,
        actor="system:test",
        subject_type="booking.appointment",
        subject_id=str(visit.pk),
    )


def _booked_twice_in_the_trail(lived: Lived) -> None:
    _audit(lived.booked, "appointment.booked")


def _booked_unseen(lived: Lived) -> None:
    sql("ALTER TABLE accounts_auditevent DISABLE TRIGGER USER")
    AuditEvent.objects.filter(subject_id=str(lived.booked.pk)).delete()


def _ended_unseen(lived: Lived) -> None:
    change(lived.booked, status=Status.LAPSED, ended_at=NOW, ended_by="system:test")


def _arrived_unseen(lived: Lived) -> None:
    change(lived.booked, status=Status.CHECKED_IN)


def _undone_to_another_state(lived: Lived) -> None:
    """The trail says that the arrival was taken back, and the visit is still checked in."""
    AuditEvent.objects.create(
        at=NOW,
        action="appointment.undone",
        actor="system:test",
        subject_type="booking.appointment",
        subject_id=str(lived.booked.pk),
        data={"from": "completed", "to": "checked_in"},
    )


def _old_news(lived: Lived) -> None:
    change(lived.booked, version=lived.booked.version + 1)


def _sent_at_no_time(lived: Lived) -> None:
    without("notifications_message", "message_sent_at_when_left")
    Message.objects.filter(about=f"appointment:{lived.booked.pk}").update(status="sent")


def _message_of_nobody(lived: Lived) -> None:
    """No constraint stands in the way."""
    told = Message.objects.filter(about=f"appointment:{lived.booked.pk}")
    assert told.update(patient_id=uuid.uuid4())


def _wrong_seal(lived: Lived) -> None:
    event = AuditEvent.objects.order_by("id").first()
    AuditSeal.objects.create(
        sealed_at=NOW, event_ids=[[event.pk, event.pk]], rows=1, previous="", digest="0" * 64
    )


def _offered_without_a_hold(lived: Lived) -> None:
    """Somebody else's visit stands where the offer has its hold."""
    Appointment.objects.filter(pk=lived.offer.hold_id).update(
        status=Status.BOOKED,
        patient=factories.patient(),
        booked_at=NOW,
        booked_by="system:test",
    )


def _held_for_nobody(lived: Lived) -> None:
    lived.hold("11:45", holder="waitlist:lost")


def _yes_without_a_visit(lived: Lived) -> None:
    Offer.objects.filter(pk=lived.offer.pk).update(status="accepted", answered_at=NOW)


def _no_with_a_visit(lived: Lived) -> None:
    Offer.objects.filter(pk=lived.said_yes.pk).update(status="declined")


def _offered_and_waiting(lived: Lived) -> None:
    WaitlistEntry.objects.filter(pk=lived.offer.entry_id).update(status="waiting")


def _offered_nothing(lived: Lived) -> None:
    WaitlistEntry.objects.filter(status="waiting").update(status="offered")


def _done_with_an_open_offer(lived: Lived) -> None:
    FreedTime.objects.filter(pk=lived.offer.freed_id).update(done_at=NOW)


def _offers_not_counted(lived: Lived) -> None:
    FreedTime.objects.filter(pk=lived.offer.freed_id).update(offers_made=0)


def _constraint_gone(lived: Lived) -> None:
    without("booking_slot", "slot_no_overlap")


def _constraint_not_valid(lived: Lived) -> None:
    without("booking_appointment", "appointment_ended_pair")
    sql(
        "ALTER TABLE booking_appointment ADD CONSTRAINT appointment_ended_pair"
        " CHECK ((ended_at IS NULL) = (ended_by IS NULL)) NOT VALID"
    )


def _constraint_with_a_hole(lived: Lived) -> None:
    without("booking_appointment", "appointment_doctor_once")
    sql(
        "ALTER TABLE booking_appointment ADD CONSTRAINT appointment_doctor_once EXCLUDE USING gist"
        " (doctor_id WITH =, tstzrange(busy_start, busy_end) WITH &&)"
        " WHERE (status IN ('held', 'booked', 'checked_in', 'completed'))"
    )


def _unique_index_gone(lived: Lived) -> None:
    sql("DROP INDEX slot_claimed_once")


def _trigger_asleep(lived: Lived) -> None:
    sql("ALTER TABLE accounts_auditevent DISABLE TRIGGER insert_only")


def _truncate_allowed(lived: Lived) -> None:
    sql("DROP TRIGGER insert_only_truncate ON accounts_auditseal")


def _harmless_trigger(lived: Lived) -> None:
    sql(
        "CREATE OR REPLACE FUNCTION accounts_insert_only() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN RETURN OLD; END'"
    )


def _sleeping_session(lived: Lived) -> None:
    sql("SET LOCAL session_replication_role = replica")


BREAKERS: list[tuple[str, Callable[[Lived], None]]] = [
    *DOCUMENT_BREAKERS,
    ("slots_do_not_overlap", _slots_overlap),
    ("doctor_is_not_double_booked", _doctor_twice),
    ("doctor_is_not_double_booked", _doctor_twice_by_a_buffer),
    ("patient_is_not_double_booked", _patient_twice),
    ("slot_has_one_owner", _two_owners),
    ("only_live_visits_have_slots", _ended_with_cells),
    ("free_slots_have_no_owner", _free_and_owned),
    ("taken_slots_have_an_owner", taken_by_nobody),
    ("slots_agree_with_their_visit", _held_until_another_time),
    ("slots_agree_with_their_visit", _held_by_a_booked_visit),
    ("visits_stand_on_their_slots", _visit_without_cells),
    ("visits_stand_on_their_slots", _visit_with_a_gap),
    ("visits_stand_on_their_slots", _visit_on_anothers_cells),
    ("visits_stand_on_their_slots", _cell_slipped_under_a_visit),
    ("rooms_are_not_used_twice", _room_twice),
    ("only_live_visits_use_rooms", _room_of_an_ended_visit),
    ("only_live_visits_use_rooms", _room_for_half_of_the_visit),
    ("visits_have_the_rooms_they_need", _no_room),
    ("statuses_are_known", _odd_slot_status),
    ("statuses_are_known", _odd_visit_status),
    ("who_and_when_come_in_pairs", _when_without_who),
    ("who_and_when_come_in_pairs", _over_without_an_end),
    ("visits_have_a_patient", _nobodys_visit),
    ("visits_have_a_patient", _hold_without_end),
    ("times_are_in_order", _buffer_inside),
    ("visits_stay_in_their_clinic", _another_clinic),
    ("one_hold_per_browser", _two_holds),
    ("hours_do_not_overlap", _hours_twice),
    ("guests_have_no_login", _guest_with_login),
    ("guests_are_treated_by_nobody", _guest_is_treated),
    ("booked_visits_have_a_treating_doctor", _untreated),
    ("booked_visits_have_a_treating_doctor", _treated_too_briefly),
    ("bookings_are_written_down_once", _booked_twice_in_the_trail),
    ("bookings_are_written_down_once", _booked_unseen),
    ("ends_are_written_down", _ended_unseen),
    ("trail_tells_the_present_state", _arrived_unseen),
    ("trail_tells_the_present_state", _undone_to_another_state),
    ("no_message_about_an_older_version", _old_news),
    ("messages_are_in_a_true_state", _sent_at_no_time),
    ("messages_name_patients_that_are_there", _message_of_nobody),
    ("audit_seals_hold", _wrong_seal),
    ("open_offers_keep_their_time", _offered_without_a_hold),
    ("open_offers_keep_their_time", _held_for_nobody),
    ("answered_offers_came_true", _yes_without_a_visit),
    ("answered_offers_came_true", _no_with_a_visit),
    ("who_has_an_offer_is_marked_so", _offered_and_waiting),
    ("who_has_an_offer_is_marked_so", _offered_nothing),
    ("freed_times_are_looked_after", _done_with_an_open_offer),
    ("freed_times_are_looked_after", _offers_not_counted),
    ("constraints_are_in_force", _constraint_gone),
    ("constraints_are_in_force", _constraint_not_valid),
    ("constraints_are_in_force", _constraint_with_a_hole),
    ("constraints_are_in_force", _unique_index_gone),
    ("audit_trail_takes_insert_only", _trigger_asleep),
    ("audit_trail_takes_insert_only", _truncate_allowed),
    ("audit_trail_takes_insert_only", _harmless_trigger),
    ("audit_trail_takes_insert_only", _sleeping_session),
]
