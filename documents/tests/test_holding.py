"""A legal hold: placed for a reason, written down, and in the way of whatever removes."""

from __future__ import annotations

import uuid

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from accounts.models import AuditEvent, Role
from clinic.lib.actor import Actor
from documents.models import Document
from documents.operations import holding
from documents.tests.factories import document
from tests import factories
from tests.factories import NOW


@pytest.fixture
def staff(db: None) -> Actor:
    return Actor.of_user(factories.user(Role.STAFF))


def test_a_hold_is_placed_and_lifted_and_both_are_written_down(staff: Actor) -> None:
    held = document(factories.patient())
    holding.place_hold(document_id=held.pk, reason="  Case 12-4  ", by=staff, now=NOW)
    held.refresh_from_db()
    assert (held.held_reason, str(held.held_by), held.held_at) == ("Case 12-4", staff.user_id, NOW)

    holding.lift_hold(document_id=held.pk, by=staff, now=NOW)
    held.refresh_from_db()
    assert (held.held_reason, held.held_by, held.held_at) == ("", None, None)
    events = AuditEvent.objects.filter(subject_id=held.pk).order_by("id")
    assert [event.action for event in events] == ["document.held", "document.hold_lifted"]
    assert {event.patient_id for event in events} == {held.patient_id}
    assert "Case" not in str([event.data for event in events])


def test_without_a_reason_nothing_is_on_hold(staff: Actor) -> None:
    free = document(factories.patient())
    with pytest.raises(holding.ReasonNeeded):
        holding.place_hold(document_id=free.pk, reason="  ", by=staff, now=NOW)
    assert not AuditEvent.objects.exists()


def test_only_the_clinics_people_hold(db: None) -> None:
    free = document(factories.patient())
    for by in (Actor.guest(), Actor.of_user(factories.user(Role.PATIENT))):
        with pytest.raises(holding.NotYoursToHold):
            holding.place_hold(document_id=free.pk, reason="Mine", by=by, now=NOW)
        with pytest.raises(holding.NotYoursToHold):
            holding.lift_hold(document_id=free.pk, by=by, now=NOW)


def test_what_is_deleted_gone_or_on_hold_is_not_held_again(staff: Actor) -> None:
    patient = factories.patient()
    deleted = document(patient, deleted_at=NOW)
    held = document(patient, held_at=NOW, held_reason="A case")
    for pk in (deleted.pk, uuid.uuid4()):
        with pytest.raises(holding.AlreadyGone):
            holding.place_hold(document_id=pk, reason="A case", by=staff, now=NOW)
    with pytest.raises(holding.AlreadyOnHold):
        holding.place_hold(document_id=held.pk, reason="Another", by=staff, now=NOW)
    with pytest.raises(holding.NotOnHold):
        holding.lift_hold(document_id=deleted.pk, by=staff, now=NOW)


def test_the_database_itself_lets_nothing_on_hold_be_deleted(db: None) -> None:
    held = document(factories.patient(), held_at=NOW, held_reason="A case")
    with pytest.raises(IntegrityError, match="document_held_is_kept"), transaction.atomic():
        Document.objects.filter(pk=held.pk).update(deleted_at=NOW)


@pytest.mark.django_db
def test_an_operator_holds_all_documents_of_a_patient_by_a_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    operator, patient = factories.user(Role.OPERATOR), factories.patient()
    for _ in range(2):
        document(patient)
    document(factories.patient())
    ask = ("hold_documents", str(patient.pk), "--by", operator.email)
    with pytest.raises(CommandError, match="Say why"):
        call_command(*ask)
    call_command(*ask, "--reason", "Case 12-4")
    assert Document.objects.filter(held_reason="Case 12-4").count() == 2
    call_command(*ask, "--lift")
    assert not Document.objects.filter(held_at__isnull=False).exists()
    assert "Put on hold: 2" in capsys.readouterr().out
