"""What is counted of requests and of what people do."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from django_redis import get_redis_connection

from accounts.operations import record_audit
from booking import answers, operations
from clinic.lib import metrics
from clinic.lib.metrics import audited, names, requests
from notifications import delivery, outbox
from notifications.operations import suppress
from tests import factories
from tests.factories import SYSTEM, World, at

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(settings, capfd):
    """A function that says what was counted since: by name and dimensions, timings by their
    number."""
    settings.METRICS = "emf"
    metrics.flush()
    capfd.readouterr()

    def read() -> Counter[tuple[str, ...]]:
        metrics.flush()
        found: Counter[tuple[str, ...]] = Counter()
        for text in capfd.readouterr().out.splitlines():
            line = json.loads(text)
            sets = line["_aws"]["CloudWatchMetrics"][0]
            dimensions = [line[name] for name in max(sets["Dimensions"], key=len)[1:]]
            for metric in sets["Metrics"]:
                value = line[metric["Name"]]
                number = len(value) if isinstance(value, list) else value
                found[metric["Name"], *dimensions] += number
        return found

    return read


class TestRequests:
    @pytest.mark.parametrize(
        ("path", "route", "group"),
        [
            ("/", "", "pages"),
            ("/nowhere", None, "unknown"),
            ("/book/x/", "book/<slug:slug>/", "pages"),
            ("/api/v1/availability", "api/v1/availability", "api"),
            ("/appointment-slot", "appointment-slot", "api"),
            ("/admin/x/", "admin/", "portal"),
            ("/documents/1/", "documents/<uuid:pk>/", "documents"),
            ("/hooks/aws/", "hooks/aws/", "hooks"),
            ("/livez", "livez", None),
            ("/readyz", "readyz", None),
            ("/static/css/site.css", None, None),
        ],
    )
    def test_a_request_counts_in_the_group_of_its_route(self, path, route, group) -> None:
        assert requests.group_of(path, route) == group
        assert group is None or group in names.GROUPS

    def test_static_files_are_none_also_where_pages_find_them_elsewhere(self, settings) -> None:
        """The CDN of another host may ask us for them all the same."""
        settings.STATIC_URL = "https://static.example.org/static/"
        assert requests.group_of("/static/css/site.css", None) is None
        assert requests.group_of("/nowhere", None) == "unknown"

    def test_by_group_and_class_of_status_and_never_by_path(self, told) -> None:
        Client().get("/account/login/")
        Client().get("/nobody/by/the/name/of/Maria/")
        Client().get("/livez")
        assert told() == {
            ("Requests", "pages", "2xx"): 1,
            ("Requests", "unknown", "4xx"): 1,
            ("ServerErrors",): 0,
            ("RequestMilliseconds", "pages"): 1,
            ("RequestMilliseconds", "unknown"): 1,
        }

    def test_a_fault_of_ours_is_a_server_error(self, told, monkeypatch) -> None:
        def broken(*args: object) -> None:
            raise RuntimeError

        monkeypatch.setattr("booking.views.home.render", broken)
        Client(raise_request_exception=False).get("/")
        assert told()["ServerErrors",] == 1

    def test_a_wrong_password_counts_also_of_a_login_that_does_not_exist(self, told) -> None:
        guess = {"login": "nobody@example.org", "password": "wrong-password"}
        Client().post("/account/login/", guess)
        assert told()["SignInFailures",] == 1


class TestVisits:
    def test_a_hold_a_booking_a_refusal_and_a_cancellation(self, told) -> None:
        world = World()
        hold = world.hold("09:00", holder="h")
        visit = operations.book(
            patient=world.patient, hold=hold, holder="h", by=SYSTEM, now=world.now
        )
        with pytest.raises(operations.BookingError):
            world.book("09:00", patient=world.patient)
        operations.cancel(appointment=visit, by=SYSTEM, now=world.now)
        counted = told()
        expected = {"Holds": 1, "Bookings": 1, "BookingsRefused": 1, "Cancellations": 1}
        assert {name: counted[name,] for name in expected} == expected

    @pytest.mark.parametrize("clock", ["09:00", "10:00"])
    def test_a_family_that_is_refused_counts_once(self, told, clock) -> None:
        """Whether the time is another's, or what books one of its visits refuses that."""
        world = World()
        world.book("09:00", doctor=world.ada)
        family = [
            operations.Part(world.patient, world.checkup, at(clock), doctor)
            for doctor in (world.ada, world.bob)
        ]
        told()
        with pytest.raises(operations.NotTogether):
            operations.book_together(bookings=family, by=SYSTEM, now=world.now)
        assert told()["BookingsRefused",] == 1

    def test_what_is_undone_was_never_counted(self, told) -> None:
        world = World()
        told()
        with transaction.atomic():
            world.book("09:00")
            transaction.set_rollback(True)
        assert told()["Bookings",] == 0
        world.book("09:00")
        assert told()["Bookings",] == 1

    def test_every_action_that_is_counted_is_one_that_is_recorded(self) -> None:
        """Or a renamed action would count nothing, and nobody would notice."""
        sources = "".join(
            path.read_text()
            for app in ("accounts", "booking")
            for path in Path(app).rglob("*.py")
            if "tests" not in path.parts
        )
        for action in audited.OF_ACTION:
            app, verb = action.split(".")
            assert f'"{verb}"' in sources if app == "appointment" else f'"{action}"' in sources

    def test_an_emergency_counts(self, told) -> None:
        now = dt.datetime.now(dt.UTC)
        doctor = factories.doctor(World().clinic)
        record_audit(action="emergency.opened", subject=doctor, by=SYSTEM, now=now)
        assert told()["EmergencyAccesses",] == 1


class TestMessages:
    def test_sent_failed_and_suppressed_by_channel(self, told) -> None:
        now = dt.datetime.now(dt.UTC)
        suppress(channel="email", address="gone@example.org", reason="bounce", by=SYSTEM, now=now)
        told()
        for recipient in ("maria@example.org", "gone@example.org"):
            outbox.enqueue(
                template="booked", recipient=recipient, dedupe_key=recipient,
                context={"when": "Tuesday"}, patient_id=factories.patient().pk, now=now,
            )  # fmt: skip
        delivery.deliver_due()
        counted = told()
        assert counted["MessagesSent", "email"] == 1
        assert counted["MessagesFailed", "email"] == counted["MessagesSuppressed", "email"] == 1


def test_days_of_free_times_that_the_cache_had_and_had_not(settings, told) -> None:
    settings.CACHE_TTL_SECONDS = 60
    get_redis_connection("default").flushdb()
    world = World()
    asked = {"visit_type": world.checkup, "first": world.now.date(), "now": world.now}
    for _ in range(2):
        answers.free_times(**asked, last=world.now.date() + dt.timedelta(days=6))
    counted = told()
    assert (counted["CacheHits",], counted["CacheMisses",]) == (7, 7)
