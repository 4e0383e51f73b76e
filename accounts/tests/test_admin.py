"""The staff portal: who opens what, what it records, and what it never does."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.contrib.auth.models import Group
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import AuditEvent, Clinic, Doctor, Patient, Role, User
from accounts.operations import record_audit, record_list, tokens
from accounts.operations.roles import sync_role_permissions
from accounts.tests.conftest import PASSWORD, SYSTEM
from clinic.lib.actor import Actor
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _roles(db):
    sync_role_permissions()


@pytest.fixture
def staff(client, person):
    client.force_login(person("staff@example.org", Role.STAFF))
    return client


@pytest.fixture
def operator(client, person):
    client.force_login(person("operator@example.org", Role.OPERATOR))
    return client


def last_event() -> AuditEvent:
    return AuditEvent.objects.latest("id")


def url(model: str, page: str, *args) -> str:
    return reverse(f"admin:accounts_{model}_{page}", args=args)


class TestUsers:
    def test_an_operator_adds_somebody_by_address_who_then_chooses_a_password(self, operator):
        from django.contrib.auth.models import Group

        group = Group.objects.get(name="staff")
        data = {"email": "New@Example.org", "name": "Nora", "groups": [group.pk]}
        response = operator.post(url("user", "add"), data)
        assert response.status_code == 302, response.context["errors"]
        user = User.objects.get(email="new@example.org")
        assert user.is_staff and not user.is_superuser and not user.has_usable_password()
        assert last_event().action == "user.created"

    def test_a_role_taken_away_closes_the_portal(self, operator, person):
        user = person("nora@example.org", Role.STAFF)
        data = {"name": user.name, "groups": [], "is_active": "on"}
        assert operator.post(url("user", "change", user.pk), data).status_code == 302
        user.refresh_from_db()
        assert not user.is_staff
        event = last_event()
        assert (event.action, event.data) == ("user.changed", {"fields": ["groups"]})
        assert event.user_id == User.objects.get(email="operator@example.org").pk

    def test_nobody_makes_a_superuser_there(self, operator, person):
        user = person("nora@example.org", Role.STAFF)
        data = {"name": user.name, "groups": [], "is_active": "on", "is_superuser": "on"}
        operator.post(url("user", "change", user.pk), data)
        user.refresh_from_db()
        assert not user.is_superuser

    def test_a_superuser_is_out_of_an_operators_reach(self, operator):
        boss = User.objects.create_superuser("boss@example.org", "x")
        response = operator.post(url("user", "change", boss.pk), {"name": "Fallen", "groups": []})
        assert response.status_code == 403
        boss.refresh_from_db()
        assert boss.is_superuser and boss.is_active

    def test_ending_sessions_signs_out_everywhere(self, operator, person):
        from django.test import Client

        user = person()
        elsewhere = Client()
        elsewhere.post("/account/login/", {"login": user.email, "password": PASSWORD})
        assert elsewhere.get("/account/profile/").status_code == 200
        from django.utils import timezone

        token, _text = tokens.issue(user=user, now=timezone.now(), by=SYSTEM)
        data = {"action": "end_their_sessions", "_selected_action": [str(user.pk)]}
        operator.post(url("user", "changelist"), data)
        assert elsewhere.get("/account/profile/").status_code == 302
        token.refresh_from_db()
        assert token.revoked_at is not None

    def test_a_closed_account_is_signed_out_at_once(self, operator, person):
        from django.test import Client

        user = person()
        elsewhere = Client()
        elsewhere.force_login(user)
        operator.post(url("user", "change", user.pk), {"name": user.name, "groups": []})
        assert elsewhere.get("/account/profile/").status_code == 302

    def test_somebody_locked_out_can_be_let_in_again(self, operator, person):
        from django.test import Client

        user, elsewhere = person(), Client()
        for _guess in range(6):
            response = elsewhere.post("/account/login/", {"login": user.email, "password": "no"})
        assert response.status_code == 429
        data = {"action": "unlock", "_selected_action": [str(user.pk)]}
        operator.post(url("user", "changelist"), data)
        response = elsewhere.post("/account/login/", {"login": user.email, "password": PASSWORD})
        assert response.status_code == 302


class TestPatients:
    @pytest.fixture
    def maria(self):
        return Patient.objects.create(
            name="Maria Jones",
            email="maria@example.org",
            phone="+14155550123",
            date_of_birth=dt.date(1985, 3, 27),
        )

    @pytest.mark.parametrize(
        "words",
        ["jones", "MARIA@example", "4155550123", "1985-03-27", "27 3 1985", "27 March 1985"],
    )
    def test_staff_find_a_patient_by_what_they_know(self, staff, maria, words):
        Patient.objects.create(name="Somebody Else")
        page = staff.get(url("patient", "changelist"), {"q": words}).content.decode()
        assert "Maria Jones" in page and "Somebody Else" not in page

    def test_a_change_is_recorded_by_field_without_values(self, staff, maria):
        data = {
            "name": "Maria Smith",
            "date_of_birth": "1985-03-27",
            "phone": maria.phone,
            "email": maria.email,
            "language": "en",
            "time_zone": "",
            "contact_by": "email",
        }
        response = staff.post(url("patient", "change", maria.pk), data)
        assert response.status_code == 302, response.context["errors"]
        event = last_event()
        assert (event.action, event.patient_id) == ("patient.changed", maria.pk)
        assert event.data == {"fields": ["name"]}
        from django.contrib.admin.models import LogEntry

        assert not LogEntry.objects.exists(), "which would keep the name beside the change"

    def test_opening_a_record_is_recorded(self, staff, maria):
        staff.get(url("patient", "change", maria.pk))
        assert (last_event().action, last_event().patient_id) == ("patient.viewed", maria.pk)

    def test_there_is_no_export_and_no_delete(self, staff, maria):
        page = staff.get(url("patient", "changelist")).content.decode()
        assert "export" not in page.lower() and "delete_selected" not in page
        assert staff.post(url("patient", "delete", maria.pk)).status_code == 403

    def test_operators_see_none(self, operator, maria):
        assert operator.get(url("patient", "changelist")).status_code == 403
        assert operator.get(url("patient", "change", maria.pk)).status_code == 403


def picture(kind: str = "JPEG", size=(900, 600), **save) -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, kind, **save)
    return SimpleUploadedFile(f"me.{kind.lower()}", out.getvalue(), f"image/{kind.lower()}")


@pytest.mark.django_db(transaction=True)
class TestPhotos:
    @pytest.fixture
    def doctor(self, clinic_row):
        return Doctor.objects.create(clinic=clinic_row, name="Ada Stone")

    def put(self, client, doctor, **more):
        sync_role_permissions()
        data = {
            "clinic": str(doctor.clinic_id),
            "name": doctor.name,
            "languages": "en",
            "slot_minutes": "15",
            "active": "on",
            **more,
        }
        return client.post(url("doctor", "change", doctor.pk), data)

    def test_a_photo_is_made_small_and_loses_what_the_camera_wrote(self, staff, doctor):
        exif = Image.Exif()
        exif[0x010F] = "SecretCamera"
        self.put(staff, doctor, new_photo=picture(exif=exif))
        response = staff.get(reverse("doctor_photo", args=[doctor.pk]))
        content = b"".join(response.streaming_content)
        stored = Image.open(io.BytesIO(content))
        assert stored.format == "JPEG" and stored.size == (512, 341)
        assert not stored.getexif() and b"SecretCamera" not in content
        assert response["Content-Type"] == "image/jpeg"
        assert "max-age" in response["Cache-Control"]
        again = staff.get(
            reverse("doctor_photo", args=[doctor.pk]), headers={"If-None-Match": response["ETag"]}
        )
        assert again.status_code == 304

    def test_a_new_one_replaces_the_old_and_one_can_be_taken_away(self, staff, doctor):
        self.put(staff, doctor, new_photo=picture())
        doctor.refresh_from_db()
        first = doctor.photo.name
        self.put(staff, doctor, new_photo=picture("PNG"))
        doctor.refresh_from_db()
        assert doctor.photo.name != first and not default_storage.exists(first)
        self.put(staff, doctor, remove_photo="on")
        doctor.refresh_from_db()
        assert not doctor.photo
        assert staff.get(reverse("doctor_photo", args=[doctor.pk])).status_code == 404

    @pytest.mark.parametrize(
        "file",
        [
            SimpleUploadedFile("x.jpg", b"<script>alert(1)</script>", "image/jpeg"),
            SimpleUploadedFile(
                "x.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"
            ),
            picture("GIF"),
            picture("BMP"),
            SimpleUploadedFile("x.jpg", b"\xff\xd8\xff" + b"\0" * 100, "image/jpeg"),
        ],
    )
    def test_what_is_no_photo_is_refused(self, staff, doctor, file):
        file.seek(0)
        response = self.put(staff, doctor, new_photo=file)
        assert response.status_code == 200
        assert "no JPEG, PNG or WebP" in response.content.decode()
        doctor.refresh_from_db()
        assert not doctor.photo

    def test_a_picture_that_would_fill_the_memory_is_refused(self, staff, doctor):
        huge = io.BytesIO()
        Image.new("1", (20000, 20000)).save(huge, "PNG")
        file = SimpleUploadedFile("x.png", huge.getvalue(), "image/png")
        assert self.put(staff, doctor, new_photo=file).status_code == 200

    def test_a_store_that_is_away_loses_nothing_else(self, staff, doctor, monkeypatch):
        def away(*args, **kwargs):
            raise OSError

        monkeypatch.setattr(default_storage, "save", away)
        response = self.put(staff, doctor, name="Ada Stone-Hill", new_photo=picture())
        assert response.status_code == 302
        doctor.refresh_from_db()
        assert doctor.name == "Ada Stone-Hill" and not doctor.photo


def file_of(response) -> str:
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode()


class TestAuditTrail:
    @pytest.mark.parametrize("who", [Role.STAFF, Role.OPERATOR])
    def test_it_is_read_and_never_written(self, client, person, who):
        client.force_login(person("x@example.org", who))
        row = AuditEvent.objects.latest("id")
        page = client.get(url("auditevent", "changelist"))
        assert page.status_code == 200 and row.action in page.content.decode()
        assert client.get(url("auditevent", "change", row.pk)).status_code == 200
        assert client.post(url("auditevent", "change", row.pk), {}).status_code == 403
        assert client.get(url("auditevent", "add")).status_code == 403
        assert client.post(url("auditevent", "delete", row.pk)).status_code == 403

    def test_it_is_found_by_an_id_and_by_a_day(self, staff, person):
        user = person()
        found = staff.get(url("auditevent", "changelist"), {"q": str(user.pk)}).content.decode()
        assert "user.created" in found
        for day, is_found in (("2020-01-01", True), ("2100-01-01", False)):
            page = staff.get(
                url("auditevent", "changelist"),
                {"q": str(user.pk), "at_from_0": day, "at_from_1": "00:00:00"},
            )
            assert page.status_code == 200
            actions = [row.action for row in page.context["cl"].result_list]
            assert ("user.created" in actions) == is_found

    def test_it_is_found_by_who_by_whom_and_by_what(self, staff, person):
        maria = Patient.objects.get(user=person())
        other = Patient.objects.get(user=person("olga@example.org", name="Olga Other"))
        nurse = person("nurse@example.org", Role.STAFF, name="Nora Nurse")
        by = Actor.of_user(nurse)
        now = dt.datetime(2026, 12, 1, 12, tzinfo=dt.UTC)
        both = [maria.pk, other.pk]
        record_audit(action="patient.viewed", subject=maria, by=by, now=now)
        record_list(action="patients.listed", of=Patient, patient_ids=both, by=by, now=now)
        record_audit(action="patient.viewed", subject=other, by=by, now=now)

        def found(**asked):
            page = staff.get(url("auditevent", "changelist"), asked)
            rows = page.context["cl"].result_list
            return [(row.action, row.patient_id) for row in rows if row.user_id == nurse.pk]

        one, some, another = (
            ("patient.viewed", maria.pk), ("patients.listed", None), ("patient.viewed", other.pk),
        )  # fmt: skip
        assert found(user_id="nurse@example.org") == [another, some, one]
        assert found(user_id="nobody@example.org") == []
        assert found(patient_id=str(maria.pk)) == [some, one]
        assert found(patient_id="Olga") == [another, some]
        assert found(q="Olga Other") == [another, some]
        assert found(q="nurse@example.org", action="patients.listed") == [some]
        page = staff.get(url("auditevent", "changelist"), {"patient_id": "Olga"}).content.decode()
        assert "Olga Other" in page and "Nora Nurse" in page and "a list of 2" in page

    def test_an_operator_reads_ids_and_no_patients_names(self, client, person, clinic_row):
        maria = Patient.objects.get(user=person())
        client.force_login(person("op@example.org", Role.OPERATOR, name="Otto"))
        page = client.get(url("auditevent", "changelist"), {"patient_id": str(maria.pk)})
        assert str(maria.pk) in page.content.decode()
        assert maria.name not in page.content.decode()
        by_name = client.get(url("auditevent", "changelist"), {"patient_id": maria.name})
        assert not by_name.context["cl"].result_list
        assert maria.name not in file_of(client.get(url("auditevent", "export")))

    def test_it_is_a_file_too_and_taking_it_is_written_down(self, staff, person):
        maria = Patient.objects.get(user=person())
        record_audit(
            action="=patient.viewed", subject=maria, by=Actor.system("test"),
            now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC), data={"ground": "staff"},
        )  # fmt: skip
        asked = {"patient_id": "Maria", "action": "=patient.viewed"}
        text = file_of(staff.get(url("auditevent", "export"), asked))
        head, row = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
        assert len(head) == len(row)
        assert row[2] == "'=patient.viewed"
        assert str(maria.pk) in row and '{"ground": "staff"}' in row
        event = last_event()
        assert event.action == "auditevents.exported"
        assert event.data == {
            "rows": 1,
            "filters": {"patient_id": "given", "action": "given"},
            "patients": [str(maria.pk)],
        }

    def test_who_is_named_on_a_list_in_the_file_is_written_down_too(self, staff, person):
        maria, olga = Patient.objects.get(user=person()), Patient.objects.create(name="Olga")
        record_list(
            action="patients.listed", of=Patient, patient_ids=[maria.pk, olga.pk],
            by=Actor.system("test"), now=dt.datetime(2026, 11, 1, tzinfo=dt.UTC),
        )  # fmt: skip
        assert str(olga.pk) in file_of(
            staff.get(url("auditevent", "export"), {"action": "patients.listed"})
        )
        event = last_event()
        assert event.action == "auditevents.exported"
        assert event.data["patients"] == sorted([str(maria.pk), str(olga.pk)])

    def test_a_file_of_too_many_rows_is_refused(self, staff, person, monkeypatch):
        monkeypatch.setattr("accounts.admin.audit_export.MOST_ROWS", 1)
        person()
        response = staff.get(url("auditevent", "export"), follow=True)
        assert "more than 1 rows" in response.content.decode()
        assert not AuditEvent.objects.filter(action="auditevents.exported").exists()

    def test_a_list_counts_no_further_than_five_thousand(
        self, staff, django_assert_max_num_queries
    ):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(
            connection,
        ) as queries:
            staff.get(url("auditevent", "changelist"))
        counts = [q["sql"] for q in queries if "COUNT(" in q["sql"] and "auditevent" in q["sql"]]
        assert counts and all("LIMIT 5000" in sql for sql in counts)


class TestClinic:
    def test_a_change_is_seen_at_once(self, staff, clinic_row, django_capture_on_commit_callbacks):
        from accounts.queries import current_clinic

        assert current_clinic().name == "Riverside Clinic"
        data = {"name": "Lakeside", "time_zone": "Europe/Lisbon", "language": "en"}
        with django_capture_on_commit_callbacks(execute=True):
            response = staff.post(url("clinic", "change", clinic_row.pk), data)
        assert response.status_code == 302, response.context["errors"]
        assert current_clinic().name == "Lakeside"
        assert Clinic.objects.get().time_zone == "Europe/Lisbon"


class TestTokens:
    def test_an_operator_revokes_one_and_sees_no_digest(self, operator, person, now):
        from django.utils import timezone

        token, _text = tokens.issue(user=person(), now=timezone.now(), by=SYSTEM)
        page = operator.get(url("apitoken", "change", token.pk)).content.decode()
        assert token.digest not in page
        data = {"action": "revoke", "_selected_action": [str(token.pk)]}
        operator.post(url("apitoken", "changelist"), data)
        token.refresh_from_db()
        assert token.revoked_at is not None
        assert last_event().action == "token.revoked"


class TestDoors:
    @pytest.mark.parametrize("who", [Role.PATIENT, Role.DOCTOR])
    def test_patients_and_doctors_have_no_portal(self, client, person, who):
        client.force_login(person("x@example.org", who))
        response = client.get("/admin/")
        assert response.status_code == 302 and "/admin/login/" in response.url

    def test_third_party_pages_are_not_there(self, client):
        client.force_login(User.objects.create_superuser("boss@example.org", "x"))
        page = client.get("/admin/").content.decode()
        for part in ("/admin/axes/", "/admin/account/", "/admin/mfa/", "/admin/sites/"):
            assert part not in page

    def test_messages_are_seen_without_what_they_say(self, client, person, now):
        from notifications import outbox

        client.force_login(person("operator@example.org", Role.OPERATOR))
        message = outbox.enqueue(
            template="booked",
            recipient="maria@example.org",
            dedupe_key="k",
            context={"when": "VERY-PRIVATE"},
            now=now,
        )
        message.status = "failed"
        message.save()
        page = client.get(reverse("admin:notifications_message_change", args=[message.pk]))
        assert page.status_code == 200 and "VERY-PRIVATE" not in page.content.decode()
        data = {"action": "queue_again", "_selected_action": [str(message.pk)]}
        client.post(reverse("admin:notifications_message_changelist"), data)
        message.refresh_from_db()
        assert message.status == "queued"


class TestAddressesOfLists:
    """What may be asked of a list by its address, beside what it shows."""

    @pytest.mark.parametrize(
        ("role", "address"),
        [
            (Role.OPERATOR, "/admin/accounts/user/?password__startswith=argon2"),
            (Role.OPERATOR, "/admin/accounts/apitoken/?digest__startswith=a"),
            (Role.OPERATOR, "/admin/notifications/message/?context__reason__icontains=a"),
            (Role.STAFF, "/admin/booking/appointment/?holder__startswith=a"),
        ],
    )
    def test_nothing_is_learned_of_a_column_that_is_not_shown(
        self, client: Client, role: Role, address: str
    ) -> None:
        sync_role_permissions()
        client.force_login(factories.user(role, is_staff=True))

        assert client.get(address).status_code in (302, 400)

    @pytest.mark.parametrize(
        "query", ["name=%00", "is_guest__exact=%00", "name__regex=%5B", "p=99999999999999999999"]
    )
    def test_nonsense_is_an_answer_and_no_failure(self, client: Client, query: str) -> None:
        sync_role_permissions()
        client.force_login(factories.user(Role.STAFF, is_staff=True))

        assert client.get(f"/admin/accounts/patient/?{query}").status_code < 500

    def test_selected_rows_that_cannot_be_are_none(self, client: Client) -> None:
        sync_role_permissions()
        client.force_login(factories.user(Role.OPERATOR, is_staff=True))

        for value in ("x", "\x00", "9" * 40):
            answer = client.post(
                "/admin/accounts/user/", {"action": "unlock", "_selected_action": value}
            )
            assert answer.status_code == 302

    def test_nobody_gives_himself_a_role(self, client: Client) -> None:
        sync_role_permissions()
        operator = factories.user(Role.OPERATOR, is_staff=True)
        client.force_login(operator)
        staff = Group.objects.get(name=Role.STAFF)

        client.post(
            f"/admin/accounts/user/{operator.pk}/change/",
            {"name": "x", "is_active": "on", "groups": [staff.pk]},
        )

        assert not operator.groups.filter(pk=staff.pk).exists()
