"""Addresses that cannot be forged, logs that name nobody, policies that allow nothing extra."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.db import connection, transaction
from django.test import Client, RequestFactory

from clinic import celery
from clinic.lib.logs import configure, logging_config
from clinic.middleware import EXPOSED_HEADERS, client_address
from tests.factories import World

CANARY = "canary-7f3a"


class TestClientAddress:
    def address(self, forwarded: str | None) -> str:
        extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
        return client_address(RequestFactory().get("/", REMOTE_ADDR="10.0.0.9", **extra))

    def test_without_proxies_what_the_caller_claims_is_ignored(self) -> None:
        assert self.address("1.2.3.4") == "10.0.0.9"

    @pytest.mark.parametrize(
        ("forwarded", "expected"),
        [
            ("198.51.100.7", "198.51.100.7"),
            ("1.2.3.4, 198.51.100.7", "198.51.100.7"),
            (None, "10.0.0.9"),
        ],
    )
    def test_behind_a_proxy_it_is_what_that_proxy_saw(
        self, settings: pytest.FixtureRequest, forwarded: str | None, expected: str
    ) -> None:
        settings.TRUSTED_PROXIES = 1
        assert self.address(forwarded) == expected


def _fail() -> None:
    raise ValueError(f"a message about {CANARY}")


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict]]]:
    """The structured lines that the process would write."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    config = logging_config(level="DEBUG", json=True)
    config["handlers"]["stderr"]["stream"] = written
    configure(config)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:], root.level = before, level


@pytest.mark.django_db
class TestLogs:
    def test_a_request_leaves_one_line_with_its_id_and_route(
        self, client: Client, world: World, lines: Callable[[], list[dict]]
    ) -> None:
        answer = client.get(f"/book/checkup/?doctor={CANARY}", HTTP_USER_AGENT=CANARY)

        (line,) = [line for line in lines() if line["event"] == "request"]
        assert line["request_id"] == answer["X-Request-ID"]
        assert line["route"] == "book/<slug:slug>/"
        assert line["method"] == "GET"

    def test_no_name_path_query_or_body_reaches_the_log(
        self, client: Client, world: World, lines: Callable[[], list[dict]]
    ) -> None:
        client.get(f"/book/{CANARY}/?q={CANARY}")
        client.get(f"/{CANARY}", HTTP_REFERER=f"http://testserver/{CANARY}")
        client.post("/account/login/", {"login": f"{CANARY}@example.org", "password": CANARY})
        client.post("/book/checkup/hold/", {"start": CANARY})
        client.generic(CANARY, "/")

        assert CANARY not in json.dumps(lines())

    def test_a_failure_is_logged_by_kind_and_place_without_its_words(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, lines: Callable[[], list[dict]]
    ) -> None:
        monkeypatch.setattr("booking.views.home.current_clinic", _fail)
        client.raise_request_exception = False

        answer = client.get("/")

        logged = lines()
        assert answer.status_code == 500
        assert CANARY not in json.dumps(logged)
        (failure,) = [line for line in logged if line["event"] == "unhandled"]
        assert failure["exception"] == "ValueError"
        assert "_fail" in failure["frames"][-1]

    @pytest.mark.parametrize("of", [logging.getLogger("a.library"), structlog.get_logger("ours")])
    def test_whoever_logs_an_exception_it_is_told_without_its_words(
        self, of: Any, lines: Callable[[], list[dict]]
    ) -> None:
        try:
            _fail()
        except ValueError:
            of.exception("something")

        (line,) = lines()
        assert CANARY not in json.dumps(line)
        assert (line["event"], line["exception"]) == ("something", "ValueError")
        assert "_fail" in line["frames"][-1]

    def test_a_task_that_breaks_a_constraint_does_not_log_the_row(
        self, world: World, lines: Callable[[], list[dict]]
    ) -> None:
        def violate() -> None:
            with transaction.atomic():
                put = "INSERT INTO notifications_message (id, dedupe_key, template, recipient, "
                put += "language, context, about, status, created_at, send_after, attempts, error)"
                put += " VALUES (gen_random_uuid(), %s, 't', 'r', 'en', '{}', '', 'odd', now(), "
                put += "now(), 0, '')"
                with connection.cursor() as cursor:
                    cursor.execute(put, [CANARY])

        task = celery.app.task(violate, name="tests.violate")
        try:
            result = task.apply()
        finally:
            celery.app.tasks.unregister("tests.violate")

        assert CANARY in str(result.result), "PostgreSQL does quote the row"
        logged = lines()
        assert CANARY not in json.dumps(logged)
        (failure,) = [line for line in logged if line["event"] == "task-failed"]
        assert (failure["task"], failure["exception"]) == ("tests.violate", "IntegrityError")
        assert any("violate" in frame for frame in failure["frames"])


@pytest.mark.django_db
class TestContentSecurityPolicy:
    @pytest.mark.parametrize("address", ["/", "/book/checkup/", "/account/login/", "/nothing"])
    def test_pages_allow_nothing_unsafe(self, client: Client, world: World, address: str) -> None:
        policy = client.get(address)["Content-Security-Policy"]

        assert "unsafe" not in policy
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy

    def test_the_admin_alone_has_the_wider_policy(self, client: Client, world: World) -> None:
        assert "unsafe-eval" in client.get("/admin/")["Content-Security-Policy"]
        assert "unsafe" not in client.get("/administrator/")["Content-Security-Policy"]


@pytest.mark.django_db
class TestCrossOrigin:
    def test_only_the_plain_endpoints_answer_a_named_origin(
        self, client: Client, world: World, settings: pytest.FixtureRequest
    ) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://site.example"]
        asks = {"HTTP_ORIGIN": "https://site.example"}
        header = "Access-Control-Allow-Origin"

        answer = client.get("/appointment-slot", **asks)
        assert answer[header] == "https://site.example"
        assert answer["Access-Control-Expose-Headers"] == EXPOSED_HEADERS
        assert header not in client.get("/appointment-slot", HTTP_ORIGIN="https://evil.example")
        assert header not in client.get("/", **asks)
        assert header not in client.get("/api/v1/visit-types", **asks)

    def test_a_preflight_is_answered_and_allows_no_credentials(
        self, client: Client, settings: pytest.FixtureRequest
    ) -> None:
        settings.CORS_ALLOWED_ORIGINS = ["https://site.example"]

        answer = client.options(
            "/book-appointment",
            HTTP_ORIGIN="https://site.example",
            HTTP_ACCESS_CONTROL_REQUEST_METHOD="POST",
        )

        assert answer.status_code == 204
        assert answer["Access-Control-Allow-Methods"] == "GET, POST"
        assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.django_db
class TestHostileRequests:
    def test_a_body_larger_than_any_form_is_refused_unread(self, world: World) -> None:
        # Strict: that the form has no token would be found by reading it.
        client = Client(enforce_csrf_checks=True)
        huge = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": "40000000"}

        page = client.generic("POST", "/account/login/", b"", **huge)
        program = client.generic("POST", "/api/v1/holds", b"", **huge)

        assert (page.status_code, program.status_code) == (413, 413)
        assert program["Content-Type"] == "application/problem+json"
        assert client.generic("POST", "/account/login/", b"").status_code != 413

    @pytest.mark.parametrize("address", ["/", "/appointments/", "/admin/", "/book/checkup/"])
    def test_a_session_cookie_that_nobody_made_is_none(
        self, client: Client, world: World, address: str
    ) -> None:
        client.cookies["clinic_session"] = "\x00" + "a" * 20

        assert client.get(address).status_code in (200, 302)
