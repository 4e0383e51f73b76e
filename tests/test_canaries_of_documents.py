"""What a document is called and says, and why somebody opened it, sought wherever one passes.

A document's whole life is lived through the pages with a canary in each word; then addresses, logs,
queues, the store's keys, the trail, messages and error pages are searched for them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role
from documents import operations, storage, tasks
from documents.models import Document, DocumentStatus
from documents.operations import reading
from documents.tests import corpus
from documents.views import one
from notifications.models import Message
from notifications.rendering import render
from tests import factories
from tests.factories import World
from tests.test_canaries import _in_valkey, _stores, logged  # noqa: F401 (a fixture)

pytestmark = pytest.mark.django_db(transaction=True)

CANARIES = {
    "file name": "CanaryOncology",
    "new name": "CanaryBiopsy",
    "content": "CanaryCarcinoma",
    "patient": "CanaryPatient",
    "reason of an emergency": "CanaryUnconscious",
    "reason of a hold": "CanaryLawsuit",
    "a fault's own words": "CanaryFault",
}
BORN = "1980-02-03"


def address(verb: str, document: Document) -> str:
    return reverse(f"document_{verb}", args=[document.pk])


class Life:
    """Of one document: sent, checked, read, shared, opened in an emergency, deleted, gone."""

    def __init__(self) -> None:
        self.world = World()
        name = CANARIES["patient"]
        self.patient = factories.patient(with_login=True, name=name, date_of_birth=BORN)
        clinic = self.world.clinic
        self.doctor = factories.doctor(clinic, user=factories.user(Role.DOCTOR))
        self.operator = factories.user(Role.OPERATOR, email="operator@example.org")
        # Addresses that a browser keeps, or a proxy logs; and pages that say something went wrong.
        self.addresses: list[str] = []
        self.errors: list[str] = []
        self.keys: list[str] = []

    def ask(self, who: Any, method: str, path: str, data: Any = None) -> Any:
        client = Client(raise_request_exception=False)
        client.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
        answer = getattr(client, method)(path, data or {})
        text = answer.content.decode()
        self.addresses += [path, answer.headers.get("Location", "")]
        self.addresses += re.findall(r'(?:href|src|action|hx-get)="([^"]*)"', text)
        if answer.status_code >= 500 or answer.status_code == 404:
            self.errors.append(text)
        return answer

    def send(self, content: bytes) -> Document:
        file = SimpleUploadedFile(f"{CANARIES['file name']}.pdf", content, "application/pdf")
        path = f"/documents/upload/?for={self.patient.pk}"
        sent = self.ask(self.patient.user, "post", path, {"kind": "result", "file": file})
        assert sent.status_code == 302
        tasks.verify()
        return Document.objects.latest("created_at")

    def live(self, monkeypatch: Any) -> None:
        owner, reader = self.patient.user, self.doctor.user
        refused = self.send(b"%PDF-1.7\n" + CANARIES["content"].encode())
        assert refused.status == DocumentStatus.REFUSED
        document = self.send(corpus.saved(corpus.new_pdf(text=CANARIES["content"])))
        assert document.status == DocumentStatus.READY
        at = f"/documents/{document.pk}/"
        for path in (at, f"{at}file/", f"{at}pages/1/", f"{at}share/", f"{at}describe/"):
            assert self.ask(owner, "get", path).status_code in (200, 302)
        self.ask(reader, "get", at)  # 404: it is not this doctor's
        renamed = {"kind": "result", "name": CANARIES["new name"]}
        self.ask(owner, "post", address("describe", document), renamed)
        self.ask(owner, "post", address("share", document), {"doctor": self.doctor.pk})
        self.ask(reader, "get", at)
        self.ask(reader, "get", "/day/shared/")
        emergency = {
            "name": CANARIES["patient"],
            "date_of_birth": BORN,
            "reason": f"{CANARIES['reason of an emergency']}, brought in by ambulance",
            "understood": "on",
        }
        opened = self.ask(reader, "post", "/day/emergency/", emergency)
        assert opened.status_code == 302
        self.ask(reader, "get", opened.headers["Location"])
        self.ask(owner, "get", "/documents/who-looked/?own=1")
        self.faults(document, monkeypatch)
        self.end(document)

    def faults(self, document: Document, monkeypatch: Any) -> None:
        for error in (
            storage.StorageAway("SlowDown"),
            RuntimeError(CANARIES["a fault's own words"]),
        ):

            def fails(*args: Any, error: Exception = error, **options: Any) -> None:
                raise error

            with monkeypatch.context() as broken:
                broken.setattr(one.storage, "head", fails)
                got = self.ask(self.patient.user, "get", address("file", document))
                assert got.status_code in (500, 503)

    def end(self, document: Document) -> None:
        now, by = timezone.now(), factories.SYSTEM
        reason = CANARIES["reason of a hold"]
        operations.place_hold(document_id=document.pk, reason=reason, by=by, now=now)
        self.ask(self.patient.user, "post", address("delete", document))
        operations.lift_hold(document_id=document.pk, by=by, now=now)
        self.ask(self.patient.user, "post", address("delete", document))
        self.keys += [each.key for each in storage.versions("")]
        operations.purge(document_id=document.pk, cause="deleted", by=by, now=now)


@pytest.fixture
def leaks(logged: io.StringIO, monkeypatch: Any) -> Callable[[], set[tuple[str, str]]]:  # noqa: F811
    """Lives the life, and says where which canary sings."""

    def lived() -> set[tuple[str, str]]:
        for store in _stores():
            store.flushdb()
        life = Life()
        life.live(monkeypatch)
        trail = AuditEvent.objects.values_list("action", "subject_id", "data", "actor")
        mails = [render(each) for each in Message.objects.all()]
        surfaces = {
            "addresses": "\n".join(life.addresses),
            "error pages": "\n".join(life.errors),
            "logs": logged.getvalue(),
            "queue and cache": "\n".join(_in_valkey()),
            "the store's keys": "\n".join(life.keys),
            "trail": "\n".join(map(str, trail)),
            "mails": "\n".join(mail.subject + str(mail.message()) for mail in mails),
        }
        assert all(surfaces.values()), "each place was looked at"
        return {
            (place, what)
            for place, text in surfaces.items()
            for what, canary in CANARIES.items()
            if canary.lower() in text.lower()
        }

    return lived


def test_nothing_of_a_document_is_anywhere_it_passes(leaks: Callable[[], Any]) -> None:
    assert leaks() == set()


def test_a_careless_change_would_be_noticed(leaks: Callable[[], Any], monkeypatch: Any) -> None:
    monkeypatch.setattr(one, "_given_name", lambda document: document.name)
    monkeypatch.setattr(
        reading, "_reasons", lambda ground: {"of": Document.objects.earliest("created_at").name}
    )
    assert {("addresses", "file name"), ("trail", "file name")} <= leaks()
