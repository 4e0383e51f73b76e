"""Second factors: set up, asked for, guessed at, lost; and who gets nowhere without."""

from __future__ import annotations

import datetime as dt
import json
import re

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, Role, User
from accounts.operations import remove_factors, tokens
from accounts.operations.roles import sync_role_permissions
from accounts.second_factors.missing import SecondFactorMissing
from accounts.tests.conftest import PASSWORD, SYSTEM
from notifications.models import Message

pytestmark = pytest.mark.django_db

# What follows a new app runs when it is stored, which most tests never reach.
AT_COMMIT = pytest.mark.django_db(transaction=True)
START = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
REQUIRED = ["doctor", "staff", "operator"]


@pytest.fixture(autouse=True)
def clock(clinic_row):
    with time_machine.travel(START, tick=False) as travels:
        yield travels


@pytest.fixture
def doctor(person) -> User:
    return person("ada@example.org", Role.DOCTOR)


def sign_in(user: User, **more) -> Client:
    client = Client(**more)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def code(secret: str, *, ahead: int = 0) -> str:
    counter = int(timezone.now().timestamp()) // 30 + ahead
    return format_hotp_value(hotp_value(secret, counter))


def set_up_app(client: Client) -> str:
    """Returns the secret that the app keeps."""
    activate = reverse("mfa_activate_totp")
    asked = client.get(activate)
    if asked.status_code == 302:
        client.post(asked.url, {"password": PASSWORD})
    page = client.get(activate).content.decode()
    secret = re.search(r'class="secret">(\w+)<', page).group(1)
    client.post(activate, {"code": code(secret)})
    assert Authenticator.objects.filter(type="totp").exists()
    return secret


def enter(client: Client, text: str):
    return client.post(reverse("mfa_authenticate"), {"code": text})


def is_in(client: Client) -> bool:
    return client.get(reverse("account_email")).status_code == 200


class TestApp:
    @pytest.fixture
    def secret(self, doctor, clock) -> str:
        secret = set_up_app(sign_in(doctor))
        clock.shift(dt.timedelta(minutes=5))
        return secret

    def test_the_password_alone_no_longer_opens(self, doctor, secret):
        client = sign_in(doctor)
        assert not is_in(client)
        assert enter(client, code(secret)).status_code == 302
        assert is_in(client)
        row = AuditEvent.objects.filter(action="user.signed_in").latest("id")
        assert row.data == {"second_factor": True}

    def test_a_code_counts_once(self, doctor, secret):
        """Also with an empty cache, and also while the clock's leeway would let it through."""
        used = code(secret)
        assert enter(sign_in(doctor), used).status_code == 302
        cache.clear()
        assert enter(sign_in(doctor), used).status_code == 200

    @AT_COMMIT
    def test_the_code_that_set_it_up_is_used_up(self, doctor, clock):
        secret = set_up_app(sign_in(doctor))
        client = sign_in(doctor)
        assert enter(client, code(secret)).status_code == 200
        assert enter(client, code(secret, ahead=1)).status_code == 302

    @pytest.mark.parametrize(("ahead", "status"), [(-2, 200), (-1, 302), (1, 302), (2, 200)])
    def test_a_clock_may_be_off_by_half_a_minute(self, doctor, secret, ahead, status):
        assert enter(sign_in(doctor), code(secret, ahead=ahead)).status_code == status

    def test_an_older_code_than_the_last_is_refused(self, doctor, secret):
        enter(sign_in(doctor), code(secret, ahead=1))
        assert enter(sign_in(doctor), code(secret)).status_code == 200

    def test_the_secret_lies_encrypted(self, secret):
        stored = json.dumps(Authenticator.objects.get(type="totp").data)
        assert secret not in stored

    def test_with_a_new_key_the_old_ones_are_still_read(self, doctor, secret, settings):
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "b" * 50
        assert enter(sign_in(doctor), code(secret)).status_code == 302

    def test_the_page_needs_no_inline_script_or_style(self, doctor):
        client = sign_in(doctor)
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        page = client.get(reverse("mfa_activate_totp")).content.decode()
        assert 'src="data:image/svg+xml;base64,' in page
        assert " style=" not in page and "<style" not in page

    @AT_COMMIT
    def test_setting_it_up_ends_other_sessions_and_tokens_but_not_this_one(self, doctor):
        here, there = sign_in(doctor), sign_in(doctor)
        _row, text = tokens.issue(user=doctor, now=timezone.now(), by=SYSTEM)
        set_up_app(here)
        assert is_in(here) and not is_in(there)
        headers = {"Authorization": f"Bearer {text}"}
        assert Client().get("/api/v1/appointments", headers=headers).status_code == 401

    def test_removing_it_ends_other_sessions_and_is_on_record(self, doctor, secret, clock):
        here, there = sign_in(doctor), sign_in(doctor)
        enter(here, code(secret))
        enter(there, code(secret, ahead=1))
        clock.shift(dt.timedelta(minutes=6))
        remove = reverse("mfa_deactivate_totp")
        assert here.post(remove).url.startswith(reverse("account_reauthenticate")), "is it you?"
        here.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        here.post(remove)
        assert not Authenticator.objects.exists()
        assert is_in(here) and not is_in(there)
        assert AuditEvent.objects.filter(action="mfa.removed", user_id=doctor.pk).count() == 2


class TestGuessing:
    @pytest.fixture
    def secret(self, doctor, clock) -> str:
        secret = set_up_app(sign_in(doctor))
        clock.shift(dt.timedelta(minutes=5))
        return secret

    def wrong(self, client: Client, times: int) -> None:
        for _guess in range(times):
            assert enter(client, "000000").status_code == 200

    def test_without_the_limit_one_may_guess_on(self, doctor, secret, settings):
        settings.MFA_WRONG_CODES = 1000
        client = sign_in(doctor)
        self.wrong(client, 8)
        assert enter(client, code(secret)).status_code == 302

    def test_after_five_wrong_codes_even_the_right_one_is_not_tried(self, doctor, secret):
        client = sign_in(doctor)
        self.wrong(client, 5)
        cache.clear()  # what forgets no limit
        answer = enter(sign_in(doctor, REMOTE_ADDR="198.51.100.9"), code(secret))
        assert "Too many wrong codes" in answer.content.decode()
        assert AuditEvent.objects.filter(action="mfa.failed").count() == 5

    def test_nor_a_recovery_code(self, doctor, secret):
        recovery = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
        client = sign_in(doctor)
        self.wrong(client, 5)
        assert enter(client, recovery).status_code == 200

    def test_it_ends_after_a_quarter_of_an_hour(self, doctor, secret, clock):
        self.wrong(sign_in(doctor), 5)
        clock.shift(dt.timedelta(minutes=15, seconds=1))
        assert enter(sign_in(doctor), code(secret)).status_code == 302

    def test_others_are_not_held_up(self, doctor, secret, person):
        self.wrong(sign_in(doctor), 5)
        other = person("bob@example.org", Role.DOCTOR)
        assert is_in(sign_in(other))


class TestRecoveryCodes:
    def test_one_lets_in_once_and_is_on_record(self, doctor, clock):
        set_up_app(sign_in(doctor))
        recovery = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]
        client = sign_in(doctor)
        assert enter(client, recovery).status_code == 302 and is_in(client)
        assert AuditEvent.objects.filter(action="mfa.recovery_used").count() == 1
        assert enter(sign_in(doctor), recovery).status_code == 200

    def test_they_are_shown_after_the_set_up(self, doctor):
        client = sign_in(doctor)
        set_up_app(client)
        page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
        for recovery in Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes():
            assert recovery in page


class TestRequired:
    @pytest.fixture(autouse=True)
    def _required(self, settings):
        sync_role_permissions()
        settings.MFA_REQUIRED = REQUIRED

    @pytest.mark.parametrize("role", [Role.DOCTOR, Role.STAFF, Role.OPERATOR])
    @pytest.mark.parametrize(
        "path", ["/", "/day/", "/admin/", "/admin/accounts/user/", "/account/tokens/", "/away/"]
    )
    def test_without_a_factor_there_is_only_its_set_up(self, person, role, path):
        client = sign_in(person("someone@example.org", role))
        response = client.get(path)
        assert (response.status_code, response.url) == (302, reverse("mfa_index"))
        assert client.get(response.url).status_code == 200, "no loop"

    def test_without_the_setting_they_go_on(self, doctor, settings):
        settings.MFA_REQUIRED = []
        assert is_in(sign_in(doctor))

    def test_a_program_gets_a_problem(self, doctor):
        answer = sign_in(doctor).get("/api/v1/appointments")
        assert answer.status_code == 403
        assert answer.json()["code"] == "second-factor-required"

    def test_htmx_leaves_the_page(self, doctor):
        answer = sign_in(doctor).get("/day/", headers={"HX-Request": "true"})
        assert answer["HX-Redirect"] == reverse("mfa_index")

    def test_patients_go_on(self, person):
        assert is_in(sign_in(person()))

    def test_a_superuser_without_a_role_is_held_back_too(self, db):
        user = User.objects.create_superuser("root@example.org", PASSWORD)
        user.emailaddress_set.create(email=user.email, verified=True, primary=True)
        assert sign_in(user).get("/admin/").url == reverse("mfa_index")

    @AT_COMMIT
    def test_setting_one_up_opens_everything_at_once(self, doctor):
        client = sign_in(doctor)
        set_up_app(client)
        assert is_in(client)

    def test_signing_in_with_it_opens_the_portal(self, person, clock):
        user = person("op@example.org", Role.OPERATOR)
        secret = set_up_app(sign_in(user))
        clock.shift(dt.timedelta(minutes=5))
        client = sign_in(user)
        enter(client, code(secret))
        assert client.get("/admin/").status_code == 200

    def test_a_session_that_never_showed_the_factor_shows_it_before_anything(self, doctor, clock):
        """As one that began before the setting; the password alone may not add a factor either."""
        secret = set_up_app(sign_in(doctor))
        clock.shift(dt.timedelta(minutes=5))
        client = Client()
        client.force_login(User.objects.get(pk=doctor.pk))
        for name in ("account_email", "mfa_index", "mfa_activate_totp", "mfa_add_webauthn"):
            assert client.get(reverse(name)).url.startswith(reverse("mfa_reauthenticate")), name
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        assert not is_in(client), "the password is not it"
        to = client.get(reverse("account_email")).url
        assert client.post(to, {"code": code(secret)}).url == reverse("account_email")
        assert is_in(client)

    def test_signing_out_is_always_possible(self, doctor):
        client = sign_in(doctor)
        client.post(reverse("account_logout"))
        assert "_auth_user_id" not in client.session

    def test_there_are_no_tokens_before_the_factor(self, doctor):
        with pytest.raises(SecondFactorMissing):
            tokens.issue(user=doctor, now=timezone.now(), by=SYSTEM)
        data = {"email": doctor.email, "password": PASSWORD}
        answer = Client().post("/api/v1/auth/token", data, content_type="application/json")
        assert answer.status_code == 403
        assert "second factor" in answer.json()["detail"]

    def test_who_becomes_staff_is_asked_at_the_next_sign_in(self, person):
        user = person()
        user.add_role(Role.STAFF)
        assert sign_in(user).get("/").url == reverse("mfa_index")

    @AT_COMMIT
    def test_who_removes_the_last_one_sets_up_another(self, doctor, clock):
        client = sign_in(doctor)
        set_up_app(client)
        client.post(reverse("mfa_deactivate_totp"))
        assert not Authenticator.objects.exists()
        assert client.get("/day/").url == reverse("mfa_index")


class TestLostPhone:
    @pytest.fixture
    def operator(self, person, client) -> Client:
        sync_role_permissions()
        client.force_login(person("op@example.org", Role.OPERATOR))
        return client

    def test_an_operator_takes_it_away_and_the_person_is_told(self, doctor, operator):
        session = sign_in(doctor)
        set_up_app(session)
        data = {"action": "remove_their_factors", "_selected_action": [str(doctor.pk)]}
        operator.post(reverse("admin:accounts_user_changelist"), data)
        assert not Authenticator.objects.exists()
        assert not is_in(session)
        row = AuditEvent.objects.filter(action="mfa.removed").latest("id")
        assert row.subject_id == str(doctor.pk) and row.user_id != doctor.pk
        assert row.data == {"types": ["recovery_codes", "totp"]}
        message = Message.objects.filter(template="security_notice").latest("created_at")
        assert message.recipient == doctor.email
        assert "took your second factor away" in message.context["what"]

    def test_nobody_takes_away_his_own_like_this(self, operator):
        user = User.objects.get(email="op@example.org")
        Authenticator.objects.create(user=user, type="totp", data={})
        data = {"action": "remove_their_factors", "_selected_action": [str(user.pk)]}
        operator.post(reverse("admin:accounts_user_changelist"), data)
        assert Authenticator.objects.exists()

    def test_where_there_is_none_nothing_happens(self, doctor):
        assert remove_factors(user=doctor, by=SYSTEM, now=timezone.now()) == 0
        assert not Message.objects.exists()
