"""A hold is put and lifted from a document's page, by the few who may."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEvent, Role, User
from accounts.operations.roles import RECORDS, sync_role_permissions
from documents import operations
from documents.models import Document
from documents.tests.factories import document
from tests import factories
from tests.factories import NOW, SYSTEM

REASON = "Case 12-4"


def signed_in(role: Role = Role.STAFF, *, records: bool) -> Client:
    sync_role_permissions()
    user = factories.user(role, is_staff=True)
    if records:
        user.groups.add(Group.objects.get(name=RECORDS))
    client = Client()
    fresh = User.objects.get(pk=user.pk)  # a session is of the rights that it began with
    client.force_login(fresh, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def kept(db: None) -> Document:
    return document(factories.patient())


def addresses(document: Document) -> tuple[str, str, str]:
    names = ("admin:documents_hold", "admin:documents_lift", "admin:documents_document_change")
    hold, lift, page = (reverse(name, args=[document.pk]) for name in names)
    return hold, lift, page


def test_it_is_put_for_a_reason_and_lifted_when_that_is_meant(kept: Document) -> None:
    client = signed_in(records=True)
    hold, lift, page = addresses(kept)
    assert hold in client.get(page).content.decode()
    assert client.get(hold).status_code == client.get(lift).status_code == 200
    assert not Document.objects.exclude(held_at=None).exists()  # asking does nothing

    assert client.post(hold, {"reason": REASON}).url == page
    kept.refresh_from_db()
    assert (kept.held_reason, kept.held_at is None) == (REASON, False)
    said = client.get(page).content.decode()
    assert lift in said and hold not in said and REASON in said
    assert REASON in client.get(lift).content.decode()

    client.post(lift)
    kept.refresh_from_db()
    assert (kept.held_reason, kept.held_at) == ("", None)
    actions = AuditEvent.objects.filter(subject_id=kept.pk).values_list("action", flat=True)
    assert {"document.held", "document.hold_lifted"} <= set(actions)


def test_without_a_reason_it_is_asked_again(kept: Document) -> None:
    hold, *_others = addresses(kept)
    answer = signed_in(records=True).post(hold, {"reason": "  "})
    assert (answer.status_code, b'role="alert"' in answer.content) == (400, True)
    kept.refresh_from_db()
    assert kept.held_at is None


def test_what_was_done_meanwhile_is_said_and_nothing_is_done_twice(kept: Document) -> None:
    client = signed_in(records=True)
    hold, lift, _page = addresses(kept)
    said = client.post(lift, follow=True).content.decode()
    assert "not on hold" in said
    operations.place_hold(document_id=kept.pk, reason="First", by=SYSTEM, now=NOW)
    said = client.post(hold, {"reason": "Second"}, follow=True).content.decode()
    assert "on hold already" in said
    kept.refresh_from_db()
    assert kept.held_reason == "First"


@pytest.mark.parametrize("role", [Role.STAFF, Role.OPERATOR])
def test_others_of_the_clinic_neither_hold_nor_lift(kept: Document, role: Role) -> None:
    client = signed_in(role, records=False)
    operations.place_hold(document_id=kept.pk, reason="First", by=SYSTEM, now=NOW)
    hold, lift, page = addresses(kept)
    assert client.post(hold, {"reason": REASON}).status_code == 403
    assert client.post(lift).status_code == client.get(lift).status_code == 403
    if role == Role.STAFF:
        assert lift not in client.get(page).content.decode()
    kept.refresh_from_db()
    assert kept.held_reason == "First"


def test_a_document_that_is_not_there_is_not_found(db: None) -> None:
    client = signed_in(records=True)
    for name in ("hold", "lift"):
        address = f"/admin/documents/00000000-0000-4000-8000-000000000000/{name}/"
        assert client.get(address).status_code == 404


def test_that_a_file_was_not_scanned_is_said_in_words(kept: Document) -> None:
    client = signed_in(records=True)
    lists = reverse("admin:documents_document_changelist")
    for scanned, said in ((False, "not scanned"), (True, "scanned")):
        Document.objects.filter(pk=kept.pk).update(scanned=scanned)
        for address in (lists, addresses(kept)[2]):
            assert re.search(rf">\s*{said}\s*<", client.get(address).content.decode())
