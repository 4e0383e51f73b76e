"""What a visit asks for, on the doctor's day: what is there, and what is missing."""

from __future__ import annotations

import re
import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.models import Appointment
from documents.models import Document, DocumentStatus
from tests import factories
from tests.factories import World, at

pytestmark = pytest.mark.django_db
LINES = ["A list of medicines", "Your last blood test", "Your vaccination card"]


@pytest.fixture(autouse=True)
def _asks(world: World) -> None:
    world.checkup.documents_asked = "\n".join(LINES)
    world.checkup.save()


def send(visit: Appointment, what: str, status: str) -> Document:
    key = uuid.uuid4().hex
    ready = status == DocumentStatus.READY
    document = Document.objects.create(
        patient=visit.patient,
        name="scan.pdf",
        status=status,
        refusal="encrypted" if status == DocumentStatus.REFUSED else "",
        created_at=visit.created_at,
        created_by="user",
        upload_key=key,
        **({"key": key, "version": "1", "size": 9, "sha256": "a" * 64} if ready else {}),
    )
    visit.wanted_documents.filter(what=what).update(document=document)
    return document


def words(client: Client, address: str) -> str:
    page = client.get(address).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


def test_the_day_says_how_many_are_here_and_which_are_missing(world: World, ada: Client) -> None:
    visit = world.book("09:00", doctor=world.ada)
    send(visit, LINES[0], DocumentStatus.READY)
    send(visit, LINES[1], DocumentStatus.CHECKING)
    said = words(ada, reverse("today"))
    assert "1 of 3 documents here" in said
    assert "1 being checked" in said
    assert f"1 missing: {LINES[2]}" in said


def test_one_that_was_refused_is_missing(world: World, ada: Client) -> None:
    visit = world.book("09:00", doctor=world.ada)
    for line in LINES:
        send(visit, line, DocumentStatus.READY)
    assert "missing" not in words(ada, reverse("today"))
    send(visit, LINES[1], DocumentStatus.REFUSED)
    assert f"1 missing: {LINES[1]}" in words(ada, reverse("today"))


def test_more_visits_with_more_documents_are_no_more_queries(world: World, ada: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            ada.get(reverse("today"))
        return len(asked)

    world.book("09:00", doctor=world.ada)
    queries()  # the clinic is known from now on
    one = queries()
    for clock in ("09:30", "10:00", "10:30"):
        send(world.book(clock, doctor=world.ada), LINES[0], DocumentStatus.READY)
    assert queries() == one


class TestForThePatient:
    def page(self, world: World, visit: Appointment, name: str) -> str:
        client = Client()
        backend = "allauth.account.auth_backends.AuthenticationBackend"
        client.force_login(visit.patient.user, backend=backend)  # type: ignore[union-attr]
        return words(client, reverse(name, args=[visit.pk]))

    @pytest.fixture
    def visit(self, world: World) -> Appointment:
        return world.book("11:00", patient=factories.patient(with_login=True), now=at("08:00"))

    @pytest.mark.parametrize("name", ["appointment", "booked"])
    def test_the_visits_pages_ask_for_each(
        self, world: World, visit: Appointment, name: str
    ) -> None:
        said = self.page(world, visit, name)
        assert "Please send us" in said
        assert [said.count(line) >= 1 for line in LINES] == [True] * 3

    def test_and_say_what_became_of_each(self, world: World, visit: Appointment) -> None:
        send(visit, LINES[0], DocumentStatus.READY)
        send(visit, LINES[1], DocumentStatus.CHECKING)
        send(visit, LINES[2], DocumentStatus.REFUSED)
        said = self.page(world, visit, "appointment")
        assert f"{LINES[0]} Sent" in said
        assert f"{LINES[1]} Sent, we are checking it" in said
        assert f"{LINES[2]} We could not accept the file" in said
        assert "This PDF asks for a password" in said  # why, and what to do
        document = Document.objects.get(status=DocumentStatus.REFUSED)
        client = Client()
        client.force_login(
            visit.patient.user,  # type: ignore[union-attr, arg-type]
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        page = client.get(reverse("appointment", args=[visit.pk])).content.decode()
        assert f'href="{reverse("document", args=[document.pk])}"' in page

    def test_when_all_are_there_nothing_is_asked_for(
        self, world: World, visit: Appointment
    ) -> None:
        for line in LINES:
            send(visit, line, DocumentStatus.READY)
        said = self.page(world, visit, "appointment")
        assert "Please send us" not in said and "You have sent us" in said
