"""What tells who somebody is, or what is wrong with him, sought in everything that a trace tells.

The story of the messages is lived once more, by pages too, with every span kept and sent to a
collector; then each byte that the collector got is searched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from opentelemetry import trace
from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

from accounts.models import Role, User
from accounts.operations.roles import sync_role_permissions
from clinic.lib.tracing import beginning, scrubbing
from clinic.lib.tracing.tests.receiver import Collector, collecting
from notifications.tasks import deliver_due
from tests import factories
from tests.test_canaries import IN_TEXT_ALONE, NOWHERE, Story

pytestmark = pytest.mark.django_db(transaction=True)

WHO = {
    "mail": "canary.mail@example.org",
    "phone": "4155550123",
    "password": "CanaryPassword-1",
    "query": "CanaryQuery",
    "token": "CanaryToken",
}
CANARIES = NOWHERE | IN_TEXT_ALONE | WHO
REMOTE = {"HTTP_USER_AGENT": "CanaryBrowser", "REMOTE_ADDR": "198.51.100.77"}
AROUND = {"browser": "CanaryBrowser", "address": "198.51.100.77"}


@pytest.fixture
def collector(settings: Any) -> Iterator[Collector]:
    with collecting() as found:
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = found.url
        settings.TRACES_SHARE = 1.0
        beginning.begin()
        yield found
        beginning.end()


@pytest.fixture
def unscrubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard off: spans leave as they are."""
    monkeypatch.setattr(scrubbing, "scrubbed", lambda span, resource: span)


def found_in(collector: Collector) -> set[str]:
    beginning.flush()
    said = collector.text.lower()
    return {what for what, canary in (CANARIES | AROUND).items() if canary.lower() in said}


def in_a_task(work: Callable[[], Any]) -> None:
    with beginning.tracer().start_as_current_span("task", kind=SpanKind.CONSUMER):
        work()


def visit_pages() -> None:
    sync_role_permissions()
    client = Client(**REMOTE)
    client.post("/account/login/", {"login": WHO["mail"], "password": WHO["password"]})
    client.get("/account/login/", {"next": f"/?q={WHO['query']}"})
    client.get(f"/choose/{WHO['token']}/")
    client.get(f"/nowhere/{WHO['token']}/")
    client.force_login(
        factories.user(Role.STAFF, is_staff=True),
        backend="allauth.account.auth_backends.AuthenticationBackend",
    )
    client.get("/admin/accounts/patient/", {"q": IN_TEXT_ALONE["patient"]})
    client.get("/api/v1/availability", {"visit_type": WHO["query"]})


def test_nothing_that_tells_who_somebody_is_leaves_in_a_trace(collector: Collector) -> None:
    def live() -> None:
        Story().live()
        deliver_due()

    in_a_task(live)
    visit_pages()
    assert found_in(collector) == set()
    told = {span.name for span in collector.spans}
    # There was something to find.
    assert {
        "INSERT booking_appointment",
        "UPDATE notifications_message",
        "POST /account/login/",
        "GET /admin/accounts/patient/",
    } <= told
    assert len(collector.spans) > 500


class TestTheSearchItself:
    """Each place is poisoned once: without the scrubber the search finds it, with it nothing."""

    def attribute(self) -> None:
        trace.get_current_span().set_attribute("patient", IN_TEXT_ALONE["patient"])

    def an_allowed_attributes_value(self) -> None:
        trace.get_current_span().set_attribute("http.route", f"/?q={IN_TEXT_ALONE['patient']}")

    def name(self) -> None:
        trace.get_current_span().update_name(f"visit of {IN_TEXT_ALONE['patient']}")

    def event(self) -> None:
        trace.get_current_span().add_event(IN_TEXT_ALONE["patient"])

    def status(self) -> None:
        trace.get_current_span().set_status(Status(StatusCode.ERROR, IN_TEXT_ALONE["patient"]))

    def a_link(self) -> None:
        state = TraceState([("who", IN_TEXT_ALONE["patient"])])
        context = SpanContext(1, 1, is_remote=True, trace_flags=TraceFlags(1), trace_state=state)
        trace.get_current_span().add_link(context, {"who": IN_TEXT_ALONE["patient"]})

    def what_a_constraint_quotes(self) -> None:
        """PostgreSQL shows the whole row; nobody has to be careless for that."""
        email = f"{IN_TEXT_ALONE['patient']}@example.org".lower()
        factories.user(email=email)
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.create(email=email, password="x")

    PLACES = (
        "attribute",
        "an_allowed_attributes_value",
        "name",
        "event",
        "status",
        "a_link",
        "what_a_constraint_quotes",
    )

    @pytest.mark.parametrize("place", PLACES)
    def test_what_is_poisoned_leaves_without_the_scrubber(
        self, collector: Collector, unscrubbed: None, place: str
    ) -> None:
        in_a_task(getattr(self, place))
        assert "patient" in found_in(collector)

    @pytest.mark.parametrize("place", PLACES)
    def test_and_not_with_it(self, collector: Collector, place: str) -> None:
        in_a_task(getattr(self, place))
        assert found_in(collector) == set()
        assert collector.spans
