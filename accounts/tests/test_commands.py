"""What operators type."""

from __future__ import annotations

import io
import json

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.models import AuditEvent, Clinic, Role, User
from accounts.operations.roles import PERMISSIONS
from accounts.portal import ReadOnlyAdmin
from accounts.queries import current_clinic, has_verified_email
from notifications.models import Message

pytestmark = pytest.mark.django_db

SETUP = ["--name", "Riverside", "--time-zone", "Europe/Lisbon", "--admin-email", "Ana@example.org"]


def run(*words: str, password: str = "correct horse battery", monkeypatch=None) -> str:
    out = io.StringIO()
    if monkeypatch:
        monkeypatch.setattr("sys.stdin", io.StringIO(password + "\n"))
    call_command(*words, stdout=out)
    return out.getvalue().strip()


class TestSetUp:
    def test_it_makes_the_clinic_and_an_administrator_who_can_sign_in(self, client, monkeypatch):
        said = run("setup_clinic", *SETUP, "--admin-password-stdin", monkeypatch=monkeypatch)
        assert said.startswith("Made the clinic Riverside (Europe/Lisbon)")
        user = User.objects.get()
        assert user.role_names == {"operator", "staff"}
        assert user.is_staff and not user.is_superuser and has_verified_email(user)
        assert current_clinic().name == "Riverside"
        actors = set(AuditEvent.objects.values_list("actor", flat=True))
        assert actors == {"system:setup_clinic"}
        data = {"login": "ana@example.org", "password": "correct horse battery", "next": "/admin/"}
        assert client.post("/account/login/", data).url == "/admin/"
        assert client.get("/admin/").status_code == 200

    def test_where_nobody_can_type_the_administrator_chooses_a_password_by_mail(
        self, client, monkeypatch
    ):
        run("setup_clinic", *SETUP, "--admin-by-mail", password="", monkeypatch=monkeypatch)
        user = User.objects.get()
        assert user.has_usable_password() and not user.check_password("")
        client.post(reverse("account_reset_password"), {"email": user.email})
        assert Message.objects.get().template == "password_reset"

    def test_a_second_clinic_is_refused(self, monkeypatch):
        run("setup_clinic", *SETUP, "--admin-password-stdin", monkeypatch=monkeypatch)
        with pytest.raises(CommandError, match="already"):
            run("setup_clinic", *SETUP, "--admin-password-stdin", monkeypatch=monkeypatch)
        assert Clinic.objects.count() == 1

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"--time-zone": "Mars"}, "time zone"),
            ({"--admin-email": "nonsense"}, "valid email"),
        ],
    )
    def test_what_cannot_be_is_refused_whole(self, monkeypatch, change, said):
        words = dict(zip(SETUP[::2], SETUP[1::2], strict=True)) | change
        flat = [word for pair in words.items() for word in pair]
        with pytest.raises(CommandError, match=said):
            run("setup_clinic", *flat, "--admin-password-stdin", monkeypatch=monkeypatch)
        assert not Clinic.objects.exists() and not User.objects.exists()

    def test_a_weak_password_is_refused(self, monkeypatch):
        with pytest.raises(CommandError, match="10 characters"):
            run(
                "setup_clinic",
                *SETUP,
                "--admin-password-stdin",
                password="short",
                monkeypatch=monkeypatch,
            )

    def test_without_a_terminal_it_says_what_is_missing(self, monkeypatch):
        with pytest.raises(CommandError, match="Time zone"):
            run("setup_clinic", "--name", "Riverside", monkeypatch=monkeypatch)


class TestRoles:
    def test_no_permission_is_given_for_what_the_portal_has_no_page_for(self):
        pages = admin.site._registry
        within = {inline.model for page in pages.values() for inline in page.inlines}
        for models in PERMISSIONS.values():
            for label, actions in models.items():
                if apps.get_model(label) in within:
                    continue
                page = admin.site.get_model_admin(apps.get_model(label))
                assert "add" not in actions or not isinstance(page, ReadOnlyAdmin), label

    def test_each_role_gets_its_permissions_and_no_others(self):
        facts = json.loads(run("sync_roles", "--json"))
        assert facts["patient"] == facts["doctor"] == 0
        from django.contrib.auth.models import Group, Permission

        staff = Group.objects.get(name="staff")
        staff.permissions.add(Permission.objects.get(codename="delete_user"))
        run("sync_roles")
        assert staff.permissions.count() == facts["staff"]

    def test_operators_see_neither_patients_nor_visits(self):
        models = set(PERMISSIONS[Role.OPERATOR])
        assert not models & {"accounts.patient", "booking.appointment", "documents.document"}

    def test_staff_cannot_touch_logins(self):
        assert not set(PERMISSIONS[Role.STAFF]) & {"accounts.user", "auth.group", "auth.permission"}

    def test_nobody_may_change_the_audit_trail_or_delete_patients(self):
        for models in PERMISSIONS.values():
            assert models.get("accounts.auditevent", ("view",)) == ("view",)
            assert "delete" not in models.get("accounts.patient", ())


class TestDatabaseRole:
    @pytest.fixture
    def role(self):
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE clinic_test_app")  # gone with the test's transaction
        return "clinic_test_app"

    def may(self, role: str, statement: str) -> bool:
        with connection.cursor() as cursor:
            try:
                with transaction.atomic():
                    cursor.execute(f"SET LOCAL ROLE {role}")
                    cursor.execute(statement)
                    transaction.set_rollback(True)
            except DatabaseError as error:
                assert "denied" in str(error), error
                return False
        return True

    def test_the_application_may_do_its_work_and_not_touch_the_trail(self, role):
        assert not self.may(role, "SELECT 1 FROM accounts_patient")
        said = run("grant_database_role", role)
        assert run("grant_database_role", role) == said, "and it may be run again"
        for statement, allowed in {
            "SELECT 1 FROM accounts_patient": True,
            "UPDATE accounts_patient SET name = ''": True,
            "DELETE FROM booking_slot": True,
            "SELECT nextval('accounts_auditevent_id_seq')": True,
            "SELECT 1 FROM accounts_auditevent": True,
            "INSERT INTO accounts_auditevent (at, action, actor, subject_type, subject_id, address,"
            " request_id, data) VALUES (now(), '', '', '', '', '', '', '{}')": True,
            "UPDATE accounts_auditevent SET action = ''": False,
            "DELETE FROM accounts_auditevent": False,
            "TRUNCATE accounts_auditevent": False,
            "ALTER TABLE accounts_auditevent DISABLE TRIGGER USER": None,
            "UPDATE accounts_auditseal SET digest = ''": False,
            "SELECT 1 FROM django_migrations": True,
            "DELETE FROM django_migrations": False,
        }.items():
            if allowed is None:  # "must be owner", not "denied"
                with pytest.raises(AssertionError, match="must be owner"):
                    self.may(role, statement)
            else:
                assert self.may(role, statement) is allowed, statement

    def test_a_role_that_is_not_there_is_said(self):
        with pytest.raises(CommandError, match="no database role"):
            run("grant_database_role", "nobody_at_all")

    def test_a_superuser_is_refused(self):
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            me = cursor.fetchone()[0]
        with pytest.raises(CommandError, match="superuser"):
            run("grant_database_role", me)
