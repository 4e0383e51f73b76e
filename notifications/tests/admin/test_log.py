"""The log of messages in the portal: what staff read, and what operators do not."""

from __future__ import annotations

import uuid

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEvent, Role
from accounts.operations.roles import sync_role_permissions
from notifications import outbox
from notifications.models import Attempt, Message, ProviderEvent
from tests import factories
from tests.factories import NOW

pytestmark = pytest.mark.django_db

LIST = reverse("admin:notifications_message_changelist")


def signed_in(role: Role) -> Client:
    sync_role_permissions()
    client = Client()
    client.force_login(factories.user(role, is_staff=True))
    return client


@pytest.fixture
def staff() -> Client:
    return signed_in(Role.STAFF)


@pytest.fixture
def operator() -> Client:
    return signed_in(Role.OPERATOR)


def message(key: str = "a", *, template: str = "booked", patient=None, **changes) -> Message:
    patient = patient or factories.patient(name="Maria Secretname")
    made = outbox.enqueue(
        template=template,
        recipient="maria@example.org",
        dedupe_key=key,
        context={
            "patient_name": "Maria Secretname",
            "when": "Tuesday at nine",
            "clinic_name": "Riverside",
            "code": "BCDF-GHJK",
        },
        patient_id=patient.pk,
        about=changes.pop("about", ""),
        now=NOW,
    )
    Message.objects.filter(pk=made.pk).update(**changes)
    return Message.objects.select_related("patient").get(pk=made.pk)


def page(message: Message) -> str:
    return reverse("admin:notifications_message_change", args=[message.pk])


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response
    return response.content.decode()


class TestList:
    def test_its_queries_do_not_grow_with_it_and_none_reads_what_was_said(self, staff) -> None:
        counts = []
        for _batch in range(2):
            for _number in range(10):
                message(uuid.uuid4().hex)
            with CaptureQueriesContext(connection) as queries:
                staff.get(LIST)
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert not any('"context"' in query["sql"] for query in queries.captured_queries)

    def test_a_patients_messages_are_found_by_name_and_by_a_link(self, staff) -> None:
        mine = message("mine")
        message("other", patient=factories.patient(name="Leo Other"))
        for query in ("?q=Secretname", f"?patient={mine.patient_id}"):
            found = text_of(staff, LIST + query)
            assert page(mine) in found
            assert "Leo Other" not in found

    def test_a_visits_messages_are_found_by_a_link(self, staff) -> None:
        visit = "00000000-0000-0000-0000-000000000001"
        mine = message("mine", about=f"appointment:{visit}")
        other = message("other")
        found = text_of(staff, f"{LIST}?visit={visit}")
        assert page(mine) in found
        assert page(other) not in found

    def test_by_the_providers_id(self, operator) -> None:
        mine = message("mine", provider_id="0100-abc")
        other = message("other")
        found = text_of(operator, f"{LIST}?q=0100-abc")
        assert page(mine) in found
        assert page(other) not in found

    @pytest.mark.parametrize("query", ["?patient=nonsense", "?visit=1", "?q=%00", "?context__x=1"])
    def test_what_cannot_be_looked_for_is_no_error(self, staff, query) -> None:
        assert staff.get(LIST + query).status_code in (200, 302, 400)

    def test_of_whom_nothing_was_written_to_it_says_why(self, staff) -> None:
        unknown = factories.patient(email="")
        assert "There is no address" in text_of(staff, f"{LIST}?patient={unknown.pk}")

    def test_operators_see_neither_names_nor_addresses_nor_search_by_them(self, operator) -> None:
        mine = message()
        found = text_of(operator, LIST)
        assert "Secretname" not in found
        assert "maria@" not in found
        assert page(mine) not in text_of(operator, f"{LIST}?q=Secretname")
        assert operator.get(f"{LIST}?patient={mine.patient_id}").status_code == 400


class TestOne:
    def test_it_shows_what_was_sent_what_failed_and_what_the_provider_said(self, staff) -> None:
        sent = message(status="delivered", sent_at=NOW, provider_id="0100-abc")
        Attempt.objects.create(
            message=sent, begun_at=NOW, ended_at=NOW, outcome="trouble", error="Throttling"
        )
        ProviderEvent.objects.create(
            event_id="e", kind="delivery", provider_id="0100-abc", message=sent, at=NOW,
            received_at=NOW, provider="ses",
        )  # fmt: skip
        found = text_of(staff, page(sent))
        for part in ("Secretname", "Tuesday at nine", "0100-abc", "Throttling", "delivery"):
            assert part in found
        assert "<iframe sandbox srcdoc=" in found

    def test_to_open_it_is_recorded_with_the_patient(self, staff) -> None:
        some = message()
        staff.get(page(some))
        assert AuditEvent.objects.get(action="message.viewed").patient_id == some.patient_id

    def test_a_code_is_shown_to_nobody(self, staff) -> None:
        assert "BCDF" not in text_of(staff, page(message(template="code")))

    @pytest.mark.parametrize("channel", ["email", "sms"])
    def test_what_cannot_be_put_into_words_still_has_its_page(
        self, staff, channel, monkeypatch
    ) -> None:
        for name in ("write", "sms_text"):
            monkeypatch.setattr(f"notifications.admin.preview.{name}", None)
        assert "cannot be put into words" in text_of(staff, page(message(channel=channel)))
        gone = message("of an older program", template="booked")
        Message.objects.filter(pk=gone.pk).update(template="unknown")
        assert "not known any more" in text_of(staff, page(gone))

    def test_operators_see_its_fate_but_not_what_it_says_nor_to_whom(self, operator) -> None:
        failed = message(status="failed", error="MessageRejected")
        found = text_of(operator, page(failed))
        assert "MessageRejected" in found
        for private in ("Secretname", "Tuesday at nine", "maria@", "iframe"):
            assert private not in found
        assert not AuditEvent.objects.filter(action="message.viewed").exists()

    def test_what_it_says_cannot_leave_its_frame(self, staff) -> None:
        some = message()
        context = {**some.context, "patient_name": '"><script>alert(1)</script>'}
        Message.objects.filter(pk=some.pk).update(context=context)
        found = text_of(staff, page(some))
        assert "<script>alert(1)" not in found
        frame = found.split("<iframe sandbox srcdoc=", 1)[1].split(">", 1)[0]
        assert "&lt;html lang=&quot;" in frame, "all of it stands inside of the attribute"
        assert 'title="The message"' in frame


class TestResend:
    def address(self, some: Message) -> str:
        return reverse("admin:notifications_message_resend", args=[some.pk])

    def test_it_asks_then_sends_and_shows_the_new_one(self, staff) -> None:
        old = message(status="bounced", sent_at=NOW)
        assert "once more" in text_of(staff, self.address(old))
        assert Message.objects.count() == 1
        answer = staff.post(self.address(old))
        new = Message.objects.exclude(pk=old.pk).get()
        assert answer.headers["Location"] == page(new)
        assert page(old) in text_of(staff, page(new))

    def test_a_refusal_is_a_sentence(self, staff) -> None:
        answer = staff.post(self.address(message(status="void")), follow=True)
        assert "no longer true" in answer.content.decode()
        assert Message.objects.count() == 1

    def test_operators_send_nothing_again(self, operator) -> None:
        assert operator.post(self.address(message())).status_code == 403
