"""The demonstration's documents without the rest of it: sent once, checked as any other."""

from __future__ import annotations

from collections import Counter

import pytest

from accounts.models import Patient, Role, User
from accounts.operations.roles import sync_role_permissions
from booking import demo, operations
from booking.demo import documents as papers
from booking.models import Sent
from documents import operations as documents
from documents import storage
from documents.models import Document, DocumentStatus, Kind
from documents.queries import Why, ground_to_read
from tests import factories
from tests.factories import NOW, SYSTEM

PATIENT, DOCTOR, STAFF, _OPERATOR = (login.email for login in demo.LOGINS)


@pytest.fixture
def world(db: None) -> factories.World:
    """A small clinic with those whom the demonstration's documents are about."""
    world = factories.World()
    sync_role_permissions()
    own = factories.patient(user=factories.user(Role.PATIENT, email=PATIENT))
    child = factories.patient(name="Maya")
    child.cared_for_by.create(user=own.user, opened_at=NOW, opened_by="test")
    world.ada.user = factories.user(Role.DOCTOR, email=DOCTOR)
    world.ada.save()
    factories.user(Role.STAFF, email=STAFF, is_staff=True)
    for clock in ("09:00", "10:00", "11:00"):
        visit = world.book(clock, patient=factories.patient(), doctor=world.ada)
        operations.ask_documents(appointment=visit, text=papers.ASKED, by=SYSTEM, now=NOW)
    return world


def found() -> dict[str, str]:
    own = Patient.objects.get(user__email=PATIENT)
    return dict(Document.objects.filter(patient=own).values_list("name", "status"))


def test_the_real_check_takes_them_or_says_what_to_do(world: factories.World) -> None:
    assert papers.bring(now=NOW) == 6
    for pk in Document.objects.values_list("pk", flat=True):
        documents.check_document(pk, now=NOW)

    ready, refused = DocumentStatus.READY, DocumentStatus.REFUSED
    assert found() == {"Referral.pdf": ready, "Blood test.jpg": ready, "Insurance.pdf": refused}
    assert Document.objects.get(status=refused).refusal == "encrypted"
    assert Document.objects.filter(name="Referral.pdf")[0].pages.count() == 2
    # A photo says where it was taken; what is served does not.
    assert "location" in Document.objects.get(name="Blood test.jpg").removed
    visits = world.ada.appointments.order_by("start")
    sent = [each.sent for visit in visits for each in visit.wanted_documents.all()]
    assert sent == [Sent.HERE, Sent.MISSING, Sent.HERE]


def test_the_childs_is_shared_with_the_doctor_who_does_not_treat_it(world: factories.World) -> None:
    papers.bring(now=NOW)
    shots = Document.objects.get(patient__name="Maya")
    doctor = User.objects.get(email=DOCTOR)
    ground = ground_to_read(user=doctor, document=shots, now=NOW)
    assert ground is not None and ground.why == Why.SHARED


def test_loaded_again_nothing_comes_twice(world: factories.World) -> None:
    papers.bring(now=NOW)
    before = Counter(Document.objects.values_list("patient", "name"))
    assert papers.bring(now=NOW) == 0
    assert Counter(Document.objects.values_list("patient", "name")) == before


def test_without_a_store_the_rest_is_there_and_they_come_the_next_time(
    world: factories.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = storage.put_bytes
    calls = iter([True, True, False])

    def away(*args: object) -> storage.Stored:
        if not next(calls, False):
            raise storage.StorageAway
        return put(*args)

    with monkeypatch.context() as patch:
        patch.setattr(storage, "put_bytes", away)
        assert papers.bring(now=NOW) == 2
    assert papers.bring(now=NOW) == 4
    names = Counter(Document.objects.values_list("patient", "name"))
    assert len(names) == 6 and set(names.values()) == {1}


def test_what_is_not_taken_in_leaves_nothing_in_the_store(world: factories.World) -> None:
    stranger = factories.user(Role.PATIENT)
    before = {each.key for each in storage.versions(storage.UPLOADS)}
    with pytest.raises(documents.NotYours):
        documents.hand_in(
            patient=factories.patient(),
            user=stranger,
            kind=Kind.OTHER,
            name="x.pdf",
            content=b"%PDF-1.7",
            content_type="application/pdf",
            by=SYSTEM,
            now=NOW,
        )
    assert {each.key for each in storage.versions(storage.UPLOADS)} == before


def test_the_childs_own_doctor_needs_no_share(world: factories.World) -> None:
    world.book("10:30", patient=Patient.objects.get(name="Maya"), doctor=world.ada)
    assert papers.bring(now=NOW) == 6
    ground = ground_to_read(
        user=User.objects.get(email=DOCTOR),
        document=Document.objects.get(patient__name="Maya"),
        now=NOW,
    )
    assert ground is not None and ground.why == Why.TREATING
