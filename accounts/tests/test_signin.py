"""Signing up and in, as a browser does it: codes, limits, and what survives them."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ApiToken, Clinic, Patient, Role, User
from accounts.operations import tokens
from accounts.signup import SignupForm
from accounts.tests.conftest import PASSWORD
from clinic import settings as clinic_settings  # what tests change is Django's copy
from clinic.lib.actor import Actor
from notifications import delivery
from notifications.models import Message
from tests import factories

pytestmark = pytest.mark.django_db

SIGNUP = {
    "email": "maria@example.org",
    "password1": PASSWORD,
    "name": "Maria Jones",
    "date_of_birth_day": "27",
    "date_of_birth_month": "3",
    "date_of_birth_year": "1985",
    "phone": "(415) 555-0123",
    "time_zone": "Europe/Berlin",
}
NEXT = "/book/hold/0f8b6f9e-0000-4000-8000-000000000000/"


def code_of(template: str = "code") -> str:
    return str(Message.objects.filter(template=template).latest("created_at").context["code"])


def sign_in(client: Client, email="maria@example.org", password=PASSWORD, **more):
    data = {"login": email, "password": password, **more}
    return client.post(reverse("account_login"), data)


@pytest.fixture(autouse=True)
def _clinic(clinic_row):
    pass


class TestSignUp:
    def test_a_new_patient_signs_up_enters_the_code_and_is_signed_in(self, client):
        response = client.post(reverse("account_signup"), SIGNUP)
        assert response.url == reverse("account_email_verification_sent")
        assert "_auth_user_id" not in client.session, "not before the code"
        response = client.post(response.url, {"code": code_of()})
        assert response.url == reverse("after_login")
        assert client.get(response.url).url == reverse("appointments")
        patient = Patient.objects.get()
        assert (patient.name, patient.date_of_birth) == ("Maria Jones", dt.date(1985, 3, 27))
        assert (patient.phone, patient.time_zone) == ("+14155550123", "Europe/Berlin")
        assert patient.user.has_role(Role.PATIENT)

    def test_who_is_new_is_welcomed_once(self, client):
        client.post(reverse("account_signup"), SIGNUP)
        assert not Message.objects.filter(template="welcome").exists(), "not before the code"
        client.post(reverse("account_email_verification_sent"), {"code": code_of()})
        [message] = Message.objects.filter(template="welcome")
        assert message.recipient == "maria@example.org"
        self.prove_another(client)
        assert User.objects.get().email == "new@example.org"
        assert Message.objects.filter(template="welcome").count() == 1

    def test_who_came_long_ago_is_not_welcomed_for_another_address(self, client, person):
        person()
        User.objects.update(date_joined=timezone.now() - dt.timedelta(days=30))
        sign_in(client)
        self.prove_another(client)
        assert User.objects.get().email == "new@example.org"
        assert not Message.objects.filter(template="welcome").exists()

    def prove_another(self, client) -> None:
        new = {"email": "new@example.org", "action_add": ""}
        response = client.post(reverse("account_email"), new)
        if response.url.startswith(reverse("account_reauthenticate")):
            response = client.post(response.url, {"password": PASSWORD})
        client.post(response.url, {"code": code_of()})

    def test_the_code_leaves_by_mail(self, client, mailoutbox):
        client.post(reverse("account_signup"), SIGNUP)
        code = code_of()
        delivery.deliver_due()
        assert mailoutbox[0].to == ["maria@example.org"]
        assert code in mailoutbox[0].body and code in mailoutbox[0].subject

    def test_a_wrong_code_does_not_sign_in_and_the_third_ends_it(self, client):
        client.post(reverse("account_signup"), SIGNUP)
        page = reverse("account_email_verification_sent")
        for _attempt in range(3):
            response = client.post(page, {"code": "WRNG-CODE"})
        assert response.status_code == 302
        client.post(page, {"code": code_of()})
        assert "_auth_user_id" not in client.session

    def test_where_one_was_going_and_what_the_session_holds_survive_sign_up(self, client):
        session = client.session
        session["holder"] = "a-random-value"
        session.save()
        page = client.get(reverse("account_signup"), {"next": NEXT})
        assert f'value="{NEXT}"' in page.content.decode()
        response = client.post(reverse("account_signup"), {**SIGNUP, "next": NEXT})
        response = client.post(response.url, {"code": code_of()})
        assert response.url == NEXT
        assert client.session["holder"] == "a-random-value"

    def test_the_link_between_the_two_pages_keeps_where_one_was_going(self, client):
        pages = ("account_login", "account_signup")
        for name, other in (pages, pages[::-1]):
            page = client.get(reverse(name), {"next": NEXT}).content.decode()
            assert re.search(rf'href="{reverse(other)}\?next=[^"]*book', page)

    def test_nobody_learns_whether_an_address_has_an_account(self, client, person):
        person()
        new = Client().post(reverse("account_signup"), {**SIGNUP, "email": "new@example.org"})
        known = client.post(reverse("account_signup"), SIGNUP)
        assert (new.status_code, new.url) == (known.status_code, known.url)
        assert Message.objects.filter(template="account_exists").exists()

    def test_an_address_that_is_known_costs_a_password_hash_too(self, client, person, monkeypatch):
        """Or the time of the answer would tell."""
        person()
        hashed = []
        monkeypatch.setattr("accounts.signup.make_password", hashed.append)
        client.post(reverse("account_signup"), SIGNUP)
        assert hashed == [PASSWORD]

    def test_the_second_of_two_clicks_is_answered_like_the_first(self, client, monkeypatch):
        """The first makes the account after the second has looked for it."""
        original = SignupForm.clean

        def first_comes_between(form):
            cleaned = original(form)
            User.objects.create_user(SIGNUP["email"], PASSWORD)
            return cleaned

        monkeypatch.setattr(SignupForm, "clean", first_comes_between)
        response = client.post(reverse("account_signup"), SIGNUP)
        assert response.url == reverse("account_email_verification_sent")
        assert User.objects.count() == 1

    @pytest.mark.parametrize(
        ("field", "value", "said"),
        [
            ("date_of_birth_year", "85", "four digits"),
            ("date_of_birth_month", "13", "no date"),
            ("date_of_birth_day", "", "day, month and year"),
            ("date_of_birth_year", "2999", "future"),
            ("date_of_birth_year", "1850", "Check the year"),
            ("phone", "12", "digits"),
            ("name", "", "required"),
            ("name", "a\x00b", "Null"),
            ("password1", "short", "10 characters"),
            ("email", "nonsense", "valid email"),
        ],
    )
    def test_what_cannot_be_is_said_beside_its_field(self, client, field, value, said):
        response = client.post(reverse("account_signup"), {**SIGNUP, field: value})
        assert response.status_code == 200
        assert said in response.content.decode()
        assert not User.objects.exists()

    @pytest.mark.parametrize("month", ["3", "03", "March", "mar"])
    def test_a_month_may_be_a_number_or_a_name(self, client, month):
        client.post(reverse("account_signup"), {**SIGNUP, "date_of_birth_month": month})
        assert Patient.objects.get().date_of_birth == dt.date(1985, 3, 27)

    def test_a_zone_that_no_browser_should_send_is_dropped(self, client):
        client.post(reverse("account_signup"), {**SIGNUP, "time_zone": "Mars/Olympus"})
        assert Patient.objects.get().time_zone == ""

    def test_somebody_booked_by_phone_is_recognised_once_the_code_is_entered(self, client):
        record = Patient.objects.create(
            name="Maria Jones", date_of_birth=dt.date(1985, 3, 27), email="maria@example.org"
        )
        response = client.post(reverse("account_signup"), SIGNUP)
        record.refresh_from_db()
        assert record.user is None, "not before the code"
        client.post(response.url, {"code": code_of()})
        record.refresh_from_db()
        assert record.user.email == "maria@example.org"
        assert Patient.objects.count() == 1


class TestSignIn:
    def test_a_verified_login_needs_no_code(self, client, person):
        person()
        assert sign_in(client).url == reverse("after_login")
        assert not Message.objects.exists()

    @pytest.mark.parametrize("email", ["MARIA@example.org", " maria@example.org "])
    def test_the_case_of_the_address_does_not_matter(self, client, person, email):
        person()
        assert sign_in(client, email).status_code == 302

    def test_an_unverified_login_is_asked_for_a_code(self, client, person):
        person(verified=False)
        assert sign_in(client).url == reverse("account_email_verification_sent")
        assert "_auth_user_id" not in client.session

    def test_a_closed_account_stays_out(self, client, person):
        User.objects.filter(pk=person().pk).update(is_active=False)
        sign_in(client)
        assert "_auth_user_id" not in client.session

    def test_where_one_was_going_and_what_the_session_holds_survive(self, client, person):
        person()
        session = client.session
        session["holder"] = "a-random-value"
        session.save()
        before = session.session_key
        assert sign_in(client, next=NEXT).url == NEXT
        assert client.session["holder"] == "a-random-value"
        assert client.session.session_key != before, "and the session's own key is new"

    @pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "javascript:1"])
    def test_nobody_is_sent_to_another_site(self, client, person, evil):
        person()
        assert sign_in(client, next=evil).url == reverse("after_login")

    def test_the_admins_own_sign_in_is_the_sites(self, client):
        response = client.get("/admin/login/", {"next": "/admin/"})
        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))

    def test_passwords_are_hashed_with_argon2(self):
        assert clinic_settings.PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")


class TestLimits:
    def test_without_limits_a_password_can_be_guessed_for_ever(self, client, person, settings):
        settings.AXES_ENABLED = False
        person()
        for _guess in range(8):
            assert sign_in(client, password="wrong").status_code == 200
        assert sign_in(client).status_code == 302

    def test_the_fifth_wrong_password_locks_even_the_right_one_out(self, client, person):
        person()
        for _guess in range(4):
            assert sign_in(client, password="wrong").status_code == 200
        assert sign_in(client, password="wrong").status_code == 429
        response = sign_in(client)
        assert response.status_code == 429
        assert response["Retry-After"] == "900"
        assert "15 minutes" in response.content.decode()
        assert "_auth_user_id" not in client.session

    def test_others_at_the_same_address_are_not_locked_out(self, client, person):
        person()
        person("other@example.org")
        for _guess in range(6):
            sign_in(client, password="wrong")
        assert sign_in(Client(), "other@example.org").status_code == 302

    def test_the_owner_elsewhere_is_not_locked_out(self, client, person):
        person()
        for _guess in range(6):
            sign_in(client, password="wrong")
        elsewhere = Client(REMOTE_ADDR="198.51.100.7")
        assert sign_in(elsewhere).status_code == 302

    def test_it_ends_after_a_quarter_of_an_hour(self, client, person):
        from axes.models import AccessAttempt

        person()
        for _guess in range(6):
            sign_in(client, password="wrong")
        AccessAttempt.objects.update(attempt_time=timezone.now() - dt.timedelta(minutes=16))
        assert sign_in(client).status_code == 302

    def test_behind_a_proxy_the_caller_is_counted_and_not_the_proxy(self, person, settings):
        settings.TRUSTED_PROXIES = 1
        person()
        client = Client(HTTP_X_FORWARDED_FOR="10.0.0.9, 198.51.100.1")
        for _guess in range(6):
            sign_in(client, password="wrong")
        assert sign_in(client).status_code == 429
        assert sign_in(Client(HTTP_X_FORWARDED_FOR="198.51.100.2")).status_code == 302

    def test_a_made_up_forwarded_address_does_not_help(self, person):
        person()
        for number in range(6):
            sign_in(Client(HTTP_X_FORWARDED_FOR=f"203.0.113.{number}"), password="wrong")
        assert sign_in(Client()).status_code == 429

    def test_allauths_limit_holds_for_one_address_from_many_places(self, person, settings):
        settings.ACCOUNT_RATE_LIMITS = {}  # its defaults; off in tests
        person()
        for number in range(11):
            sign_in(Client(REMOTE_ADDR=f"198.51.100.{number}"), password="wrong")
        response = sign_in(Client(REMOTE_ADDR="198.51.100.200"))
        assert "Too many failed" in response.content.decode()

    @pytest.mark.parametrize("password", [PASSWORD, "wrong"])
    def test_with_valkey_away_people_sign_in_and_guessing_stays_limited(
        self, client, person, settings, password
    ):
        settings.ACCOUNT_RATE_LIMITS = {}
        settings.CACHES = {
            "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
        }
        person()
        statuses = [sign_in(client, password=password).status_code for _each in range(5)]
        assert statuses[-1] == (302 if password == PASSWORD else 429)


class TestNewPassword:
    def test_a_forgotten_password_is_replaced_by_code(self, client, person):
        tokens.issue(user=person(), now=timezone.now(), by=Actor.system("test"))
        response = client.post(reverse("account_reset_password"), {"email": "maria@example.org"})
        assert client.get(response.url).status_code == 200
        response = client.post(response.url, {"code": code_of("password_reset")})
        page = client.get(response.url)
        assert page.status_code == 200
        new = {"password1": "another horse battery", "password2": "another horse battery"}
        response = client.post(response.url, new)
        assert client.get(response.url).status_code == 200
        assert sign_in(Client(), password="another horse battery").status_code == 302
        assert not ApiToken.objects.usable(now=timezone.now()).exists()
        assert Message.objects.filter(template="security_notice").exists()

    def test_an_unknown_address_gets_the_same_page_and_an_honest_mail(self, client):
        response = client.post(reverse("account_reset_password"), {"email": "who@example.org"})
        assert response.url == reverse("account_confirm_password_reset_code")
        assert Message.objects.get().template == "unknown_account"

    def test_a_code_is_useless_after_a_quarter_of_an_hour(self, client, person):
        person()
        client.post(reverse("account_reset_password"), {"email": "maria@example.org"})
        message = Message.objects.get()
        assert message.expires_at - message.created_at == dt.timedelta(minutes=15)


class TestEmailChange:
    def test_a_new_address_counts_once_its_code_was_entered(self, client, person):
        user = person()
        sign_in(client)
        new = {"email": "new@example.org", "action_add": ""}
        response = client.post(reverse("account_email"), new)
        assert response.url.startswith(reverse("account_reauthenticate")), "the password again"
        response = client.post(response.url, {"password": PASSWORD})
        assert response.url == reverse("account_email_verification_sent")
        user.refresh_from_db()
        assert user.email == "maria@example.org"
        client.post(response.url, {"code": code_of()})
        user.refresh_from_db()
        assert user.email == "new@example.org"
        assert user.patient.email == "new@example.org"
        assert EmailAddress.objects.get(user=user).email == "new@example.org"
        assert not Message.objects.filter(template="welcome").exists(), "no newcomer"


class TestProfilePage:
    def test_staff_without_a_record_become_patients_there(self, client, person):
        client.force_login(person("nurse@example.org", Role.DOCTOR, name="Nora Ray"))
        page = client.get(reverse("profile"), {"next": NEXT})
        assert "Who are you?" in page.content.decode() and "Nora Ray" in page.content.decode()
        data = {key: value for key, value in SIGNUP.items() if key not in ("email", "password1")}
        response = client.post(reverse("profile"), {**data, "language": "en", "next": NEXT})
        assert response.url == NEXT
        assert Patient.objects.get().user.email == "nurse@example.org"

    def test_it_shows_what_is_known(self, client, person):
        client.force_login(person())
        page = client.get(reverse("profile")).content.decode()
        assert 'value="Maria Jones"' in page and 'value="1985"' in page

    def test_it_sends_nobody_to_another_site(self, client, person):
        client.force_login(person())
        data = {key: value for key, value in SIGNUP.items() if key not in ("email", "password1")}
        data |= {"language": "en", "next": "https://evil.example/"}
        assert client.post(reverse("profile"), data).url == reverse("profile")


class TestAfterLogin:
    @pytest.mark.parametrize(
        ("role", "expected"),
        [
            (Role.PATIENT, "/appointments/"),
            (Role.STAFF, "/admin/"),
            (Role.OPERATOR, "/admin/"),
            (Role.DOCTOR, "/"),
        ],
    )
    def test_everyone_lands_where_they_work(self, client, person, role, expected):
        client.force_login(person(role=role))
        assert client.get(reverse("after_login")).url == expected

    def test_a_doctor_of_the_clinic_lands_on_the_day(self, client, person):
        user = person(role=Role.DOCTOR)
        clinic = Clinic.objects.filter(is_current=True).first() or factories.clinic()
        factories.doctor(clinic, user=user)
        client.force_login(user)
        assert client.get(reverse("after_login")).url == "/day/"

    def test_a_patient_without_a_profile_is_asked_for_it_first(self, client, person):
        user = person(role=Role.DOCTOR)
        user.groups.clear()
        client.force_login(User.objects.get(pk=user.pk))  # what ended with the role is not that
        assert client.get(reverse("after_login")).url == "/account/profile/?next=%2Fappointments%2F"
