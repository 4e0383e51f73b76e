"""Whoever is no longer the person of yesterday is signed out at the next request."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, AuditEvent, Role, SignIn, User
from accounts.operations import end_sessions, tokens
from accounts.tests.conftest import PASSWORD, SYSTEM

pytestmark = pytest.mark.django_db

IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


@pytest.fixture(autouse=True)
def _clinic(clinic_row):
    pass


def signed_in(user: User, **more) -> Client:
    client = Client(**more)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert is_in(client)
    return client


def is_in(client: Client) -> bool:
    return client.get(reverse("account_email")).status_code == 200


def token_works(text: str) -> bool:
    answer = Client().get("/api/v1/appointments", headers={"Authorization": f"Bearer {text}"})
    return answer.status_code == 200


def becomes_staff(user):
    user.groups.add(Group.objects.get(name=Role.STAFF))


def is_doctor_no_more(user):
    user.groups.clear()


def is_disabled(user):
    User.objects.filter(pk=user.pk).update(is_active=False)


def is_disabled_and_back(user):
    User.objects.filter(pk=user.pk).update(is_active=False)
    User.objects.filter(pk=user.pk).update(is_active=True)


def is_disabled_by_hand(user):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_user SET is_active = false WHERE id = %s", [user.pk])


def gets_a_permission(user):
    user.user_permissions.add(Permission.objects.get(codename="view_patient"))


def becomes_superuser(user):
    user.is_superuser = True
    user.save()


def has_a_new_password(user):
    user.set_password("another horse battery")
    user.save()


def is_ended_by_an_operator(user):
    end_sessions(user=user, by=SYSTEM, now=timezone.now())


CHANGES = [
    becomes_staff,
    is_doctor_no_more,
    is_disabled,
    is_disabled_and_back,
    is_disabled_by_hand,
    gets_a_permission,
    becomes_superuser,
    has_a_new_password,
    is_ended_by_an_operator,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_the_next_request_is_a_strangers_and_others_go_on(person, change):
    user, other = person("ann@example.org", Role.DOCTOR), person("bob@example.org", Role.DOCTOR)
    client, others = signed_in(user), signed_in(other)
    _row, text = tokens.issue(user=user, now=timezone.now(), by=SYSTEM)
    change(User.objects.get(pk=user.pk))
    assert not is_in(client)
    assert is_in(others)
    if change is not has_a_new_password:  # the pages that set one end them: test_signin
        assert not token_works(text)


@pytest.mark.parametrize("change", [becomes_staff, is_disabled_and_back])
def test_without_the_databases_step_the_old_cookie_would_still_open_everything(person, change):
    user = person("ann@example.org", Role.DOCTOR)
    client = signed_in(user)
    _row, text = tokens.issue(user=user, now=timezone.now(), by=SYSTEM)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        change(user)
        cursor.execute("SET session_replication_role = DEFAULT")
    assert is_in(client) and token_works(text)


def test_a_stale_object_that_is_saved_brings_no_session_back(person):
    user = person("ann@example.org", Role.DOCTOR)
    stale = User.objects.get(pk=user.pk)
    client = signed_in(user)
    end_sessions(user=user, by=SYSTEM, now=timezone.now())
    stale.name = "Ann"
    stale.save()
    assert not is_in(client)


def test_becoming_a_patient_signs_nobody_out(person):
    user = person("ann@example.org", Role.DOCTOR)
    client = signed_in(user)
    user.add_role(Role.PATIENT)
    assert is_in(client)


def test_sessions_ended_in_the_database_are_ended_in_the_cache_too(person):
    client = signed_in(person("ann@example.org", Role.DOCTOR))
    key = client.session.session_key
    assert any(key in name for name in cache.keys("*")), "it lies in Valkey"
    is_disabled(User.objects.get())
    assert not is_in(client)


class TestOwnPage:
    def test_it_says_what_where_and_which_is_this_one(self, client, person):
        user = person()
        phone = signed_in(user, HTTP_USER_AGENT=IPHONE, REMOTE_ADDR="198.51.100.7")
        desk = signed_in(user)
        page = desk.get(reverse("sessions")).content.decode()
        assert "Safari on iPhone" in page and "198.51.100.7" in page
        assert page.count("this one") == 1 and "An unknown device" in page
        assert is_in(phone)

    def test_one_is_ended_and_the_others_go_on(self, person):
        user = person()
        here, there = signed_in(user), signed_in(user, HTTP_USER_AGENT=IPHONE)
        row = SignIn.objects.get(system="iPhone")
        here.post(reverse("session_end", args=[row.pk]))
        assert here.get(reverse("account_email")).status_code == 200
        assert "iPhone" not in here.get(reverse("sessions")).content.decode()
        assert AuditEvent.objects.filter(action="user.session_ended").count() == 1
        assert SignIn.objects.get(pk=row.pk).ended_at
        del there

    @pytest.mark.django_db(transaction=True)
    def test_the_ended_one_is_signed_out_at_its_next_request(self, person):
        user = person()
        here, there = signed_in(user), signed_in(user, HTTP_USER_AGENT=IPHONE)
        here.post(reverse("session_end", args=[SignIn.objects.get(system="iPhone").pk]))
        assert is_in(here) and not is_in(there)

    def test_with_valkey_away_an_ended_one_ends_when_it_is_next_noted(self, person):
        """What was to be deleted there lies there still."""
        user = person()
        there = signed_in(user)
        SignIn.objects.update(ended_at=timezone.now())
        session = there.session
        session["seen"] -= 5 * 60
        session.save()
        assert not is_in(there)

    def test_everywhere_but_here(self, person):
        user = person()
        here, there = signed_in(user), signed_in(user)
        _row, text = tokens.issue(user=user, now=timezone.now(), by=SYSTEM)
        here.post(reverse("sessions_end_others"))
        assert is_in(here) and not is_in(there) and not token_works(text)
        assert len(here.get(reverse("sessions")).context["sign_ins"]) == 1
        assert not ApiToken.objects.usable(now=timezone.now()).exists()

    def test_somebody_elses_is_not_there(self, person):
        mine, theirs = signed_in(person()), signed_in(person("bob@example.org"))
        row = SignIn.objects.get(user__email="bob@example.org")
        assert mine.post(reverse("session_end", args=[row.pk])).status_code == 404
        assert is_in(theirs)


def test_signing_in_and_out_and_failing_are_on_record(person):
    user = person()
    Client().post(reverse("account_login"), {"login": user.email, "password": "wrong"})
    client = signed_in(user)
    client.post(reverse("account_logout"))
    actions = AuditEvent.objects.filter(subject_id=str(user.pk), action__startswith="user.")
    found = list(actions.order_by("id").values_list("action", "user_id"))
    assert found[-3:] == [
        ("user.signin_failed", None),
        ("user.signed_in", user.pk),
        ("user.signed_out", user.pk),
    ]


def test_what_was_typed_for_no_login_is_written_nowhere(client):
    client.post(reverse("account_login"), {"login": "my-password@x", "password": "wrong"})
    assert not AuditEvent.objects.exists()


def test_old_rows_are_forgotten(person):
    from accounts.tasks import clean_up

    signed_in(person())
    SignIn.objects.update(seen_at=timezone.now() - dt.timedelta(days=31))
    clean_up()
    assert not SignIn.objects.exists()
