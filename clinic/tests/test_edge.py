"""Behind CloudFront and a load balancer: who is asked, who is believed, who is let through."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from clinic.middleware import client_address
from tests import factories

SECRETS = ["first-secret-value", "second-secret-value"]
VIEWER, EDGE, BALANCER = "198.51.100.7", "130.176.0.9", "10.0.3.4"
SITE = "clinic.example"


def through(viewer: str = VIEWER, *, claimed: str = "", secret: str = "") -> dict[str, str]:
    """What reaches us of a viewer's request: CloudFront adds his address to what he claims, the
    load balancer CloudFront's, and how it was called itself."""
    chain = ", ".join(filter(None, [claimed, viewer, EDGE]))
    meta = {
        "REMOTE_ADDR": BALANCER,
        "HTTP_HOST": SITE,
        "HTTP_X_FORWARDED_FOR": chain,
        "HTTP_X_FORWARDED_PROTO": "https",
    }
    return meta | ({"HTTP_X_ORIGIN_VERIFY": secret} if secret else {})


@pytest.fixture
def cloud(settings: Any) -> Any:
    settings.TRUSTED_PROXIES = 2
    settings.ALLOWED_HOSTS = [SITE]
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.ORIGIN_SECRET = SECRETS
    return settings


class TestAddresses:
    @pytest.mark.parametrize("claimed", ["", "1.2.3.4", "1.2.3.4, 5.6.7.8", ", ,", "unknown"])
    def test_the_viewer_is_whom_cloudfront_saw(self, cloud: Any, claimed: str) -> None:
        request = RequestFactory().get("/", **through(claimed=claimed))
        assert client_address(request) == VIEWER

    def test_counting_one_proxy_would_take_everybody_for_cloudfront(self, cloud: Any) -> None:
        cloud.TRUSTED_PROXIES = 1
        assert client_address(RequestFactory().get("/", **through())) == EDGE

    def test_past_cloudfront_an_address_can_be_made_up_so_nobody_is_let_in(
        self, cloud: Any
    ) -> None:
        """He calls the balancer himself, which adds his address to what he claims."""
        directly = through() | {"HTTP_X_FORWARDED_FOR": "1.2.3.4, 203.0.113.5"}
        assert client_address(RequestFactory().get("/", **directly)) == "1.2.3.4"
        assert Client().get("/livez", **directly).status_code == 200
        assert Client().get("/robots.txt", **directly).status_code == 403

    @pytest.mark.django_db
    def test_made_up_addresses_do_not_help_who_guesses_passwords(self, cloud: Any) -> None:
        factories.clinic(is_current=True)
        person = factories.patient(with_login=True).user

        def guess(number: int, viewer: str = VIEWER) -> int:
            meta = through(viewer, claimed=f"203.0.113.{number}", secret=SECRETS[0])
            form = {"login": person.email, "password": "wrong"}
            return Client().post(reverse("account_login"), form, **meta).status_code

        assert [guess(number) for number in range(6)][-1] == 429
        assert guess(7, viewer="198.51.100.8") == 200


class TestTheOriginsSecret:
    @pytest.mark.parametrize("secret", SECRETS)
    def test_either_value_is_good_while_it_is_exchanged(
        self, cloud: Any, db: None, secret: str
    ) -> None:
        answer = Client().get("/accounts/", **through(secret=secret))
        assert answer.status_code not in (400, 403)

    @pytest.mark.parametrize("secret", ["", "wrong", "first-secret-value,second-secret-value", "é"])
    def test_without_it_nothing_is_answered(self, cloud: Any, secret: str) -> None:
        """Without the database fixture, any query would fail this test."""
        for path in ("/", "/api/v1/availability", "/admin/", "/metrics", "/livez/", "//livez"):
            assert Client().get(path, **through(secret=secret)).status_code == 403
        assert Client().post("/api/v1/holds", **through(secret=secret)).status_code == 403

    def test_an_empty_value_lets_nobody_in(self, cloud: Any) -> None:
        cloud.ORIGIN_SECRET = [""]
        assert Client().get("/", **through()).status_code == 403

    @pytest.mark.parametrize("path", ["/accounts/", "/livez"])
    def test_nothing_further_on_sees_it(self, cloud: Any, db: None, path: str) -> None:
        """Also where somebody before has read a header, which keeps a copy of all."""
        request = Client().get(path, **through(secret=SECRETS[0])).wsgi_request
        assert "HTTP_X_ORIGIN_VERIFY" not in request.META
        assert "X-Origin-Verify" not in request.headers
        assert request.headers["X-Forwarded-Proto"] == "https"

    def test_who_sets_none_is_asked_for_none(self, settings: Any, db: None) -> None:
        assert Client().get("/accounts/").status_code != 403


class TestHealth:
    BY_NUMBER = {"HTTP_HOST": "10.0.3.4:8000", "REMOTE_ADDR": "10.0.3.4"}

    def test_a_balancer_calls_us_by_number_and_without_any_secret(self, cloud: Any) -> None:
        assert Client().get("/livez", **self.BY_NUMBER).content == b"ok\n"

    @pytest.mark.django_db
    def test_and_is_told_whether_we_are_ready(self, cloud: Any) -> None:
        assert Client().get("/readyz", **self.BY_NUMBER).status_code == 200
        assert Client().post("/readyz", **self.BY_NUMBER).status_code == 405

    def test_everything_else_must_name_our_host(self, cloud: Any, db: None) -> None:
        asked = through(secret=SECRETS[0]) | {"HTTP_HOST": "10.0.3.4:8000"}
        assert Client().get("/accounts/", **asked).status_code == 400

    def test_health_has_the_headers_that_every_answer_has(self, cloud: Any) -> None:
        answer = Client().get("/livez", **self.BY_NUMBER)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "X-Request-ID" in answer


class TestHowWeWereCalled:
    @pytest.mark.parametrize(("said", "status"), [("https", 404), ("http", 301), ("", 301)])
    def test_the_balancer_says_it(self, cloud: Any, db: None, said: str, status: int) -> None:
        asked = through(secret=SECRETS[0]) | {"HTTP_X_FORWARDED_PROTO": said}
        assert Client().get("/no/such/page/", **asked).status_code == status
