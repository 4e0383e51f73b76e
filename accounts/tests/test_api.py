"""Bearer tokens: to whom, for how long, and what they open."""

from __future__ import annotations

import datetime as dt

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from accounts.api.authentication import BearerAuthentication
from accounts.models import ApiToken, AuditEvent, User
from accounts.operations import tokens
from accounts.tests.conftest import PASSWORD, SYSTEM

pytestmark = pytest.mark.django_db

URL = "/api/v1/auth/token"
RIGHT = {"email": "maria@example.org", "password": PASSWORD}


def ask(client: Client, **changes):
    return client.post(URL, {**RIGHT, **changes}, content_type="application/json")


def give_back(client: Client, token: str):
    return client.delete(URL, headers={"Authorization": f"Bearer {token}"})


def whom(token: str) -> User | None:
    """Whose token it is; raises as the API does."""
    request = APIRequestFactory().get("/", headers={"Authorization": f"Bearer {token}"})
    found = BearerAuthentication().authenticate(Request(request))
    return found[0] if found else None


def test_email_and_password_give_a_token_for_a_while(client, person, settings):
    user = person()
    response = ask(client)
    assert response.status_code == 200
    answer = response.json()
    assert whom(answer["token"]) == user
    lasts = dt.datetime.fromisoformat(answer["expires_at"]) - timezone.now()
    assert abs(lasts.total_seconds() - settings.API_TOKEN_HOURS * 3600) < 60
    assert response["Cache-Control"] == "no-store"
    assert (
        "sessionid" not in response.cookies and settings.SESSION_COOKIE_NAME not in response.cookies
    )


def test_only_a_digest_is_kept(client, person):
    person()
    token = ask(client).json()["token"]
    row = ApiToken.objects.get()
    assert token not in str(vars(row)) and len(row.digest) == 64
    assert token not in str(list(AuditEvent.objects.values()))
    assert AuditEvent.objects.filter(action="token.issued").count() == 1


def test_it_works_for_whoever_wrote_the_address_in_capitals(client, person):
    person()
    assert ask(client, email="Maria@Example.org").status_code == 200


@pytest.mark.parametrize("wrong", [{"password": "wrong"}, {"email": "nobody@example.org"}])
def test_a_wrong_pair_is_refused_without_saying_what_was_wrong(client, person, wrong):
    person()
    response = ask(client, **wrong)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert "Email address or password" in response.content.decode()


@pytest.mark.parametrize(
    "body", ['{"email": 1}', "[]", "{", '"x"', '{"email": "a@b.org"}', '{"email":"a\\u0000@b.org"}']
)
def test_nonsense_is_a_bad_request(client, body):
    response = client.post(URL, body, content_type="application/json")
    assert response.status_code == 400


def test_who_uses_a_second_factor_gets_none_here(client, person):
    Authenticator.objects.create(user=person(), type=Authenticator.Type.TOTP, data={})
    assert ask(client).status_code == 403
    assert not ApiToken.objects.exists()


def test_an_unconfirmed_address_gets_none(client, person):
    person(verified=False)
    assert ask(client).status_code == 403


def test_a_closed_account_gets_none_and_its_old_ones_stop(client, person):
    user = person()
    token = ask(client).json()["token"]
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert ask(client).status_code == 401
    assert give_back(client, token).status_code == 401


def test_guessing_is_limited_by_the_same_count_as_on_the_page(client, person):
    person()
    for _guess in range(5):
        ask(client, password="wrong")
    response = ask(client)
    assert response.status_code == 429
    assert response["Content-Type"] == "application/problem+json"
    assert (response.json()["status"], response.json()["code"]) == (429, "throttled")
    assert response["Retry-After"] == "900"
    page = client.post("/account/login/", {"login": RIGHT["email"], "password": PASSWORD})
    assert page.status_code == 429


def test_an_odd_accept_header_is_no_reason_to_refuse(client, person):
    person()
    response = client.post(URL, RIGHT, content_type="application/json", HTTP_ACCEPT="text/html")
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


def test_a_token_is_revoked_by_giving_it_back(client, person):
    person()
    token = ask(client).json()["token"]
    assert give_back(client, token).status_code == 204
    assert give_back(client, token).status_code == 401
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_giving_back_needs_a_token(client, person):
    client.force_login(person())
    assert client.delete(URL).status_code == 401, "a session is not enough"


@pytest.mark.parametrize("bad", ["", "x", "x y", "\xff\xfe", "a" * 5000])
def test_a_token_that_is_none_is_refused(client, bad):
    assert give_back(client, bad).status_code == 401


def test_an_expired_token_is_refused(client, person):
    person()
    token = ask(client).json()["token"]
    ApiToken.objects.update(expires_at=timezone.now())
    assert give_back(client, token).status_code == 401


def test_an_old_token_in_the_header_does_not_keep_anyone_from_a_new_one(client, person):
    person()
    response = client.post(
        URL, RIGHT, content_type="application/json", headers={"Authorization": "Bearer stale"}
    )
    assert response.status_code == 200


def test_it_costs_one_query_to_know_whose_a_token_is(person, django_assert_num_queries):
    _row, token = tokens.issue(user=person(), now=timezone.now(), by=SYSTEM)
    with django_assert_num_queries(1):
        assert whom(token) is not None


def test_all_of_a_person_can_be_ended_at_once(person):
    user = person()
    for _each in range(3):
        tokens.issue(user=user, now=timezone.now(), by=SYSTEM)
    assert tokens.revoke_all(user=user, now=timezone.now(), by=SYSTEM) == 3
    assert not ApiToken.objects.usable(now=timezone.now()).exists()
