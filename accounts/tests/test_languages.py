"""The switch between languages: kept for visitors, for patients, and in what is written to them."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import AuditEvent, Patient, Role
from tests import factories
from tests.factories import World

pytestmark = pytest.mark.django_db
SWITCH = "/account/language/"


@pytest.fixture
def maria(world: World) -> Patient:
    return factories.patient(with_login=True)


def language_of(client: Client, path: str = "/", **headers: str) -> str:
    return client.get(path, **headers).headers["Content-Language"]  # type: ignore[arg-type]


def test_a_visitor_who_switches_stays_on_the_page_and_in_the_language(
    client: Client, world: World
) -> None:
    page = f"http://testserver/book/{world.checkup.slug}/?day=2026-12-01"

    answer = client.post(SWITCH, {"language": "es"}, HTTP_REFERER=page)

    assert answer.headers["Location"] == page
    assert language_of(client) == "es"
    assert language_of(client, HTTP_ACCEPT_LANGUAGE="en") == "es"


def test_without_the_browsers_word_the_form_says_where_it_was(client: Client, world: World) -> None:
    answer = client.post(SWITCH, {"language": "es", "next": "/appointments/"})
    assert answer.headers["Location"] == "/appointments/"


@pytest.mark.parametrize("page", ["https://elsewhere.example/", "//elsewhere.example", "", "\x00"])
def test_it_leads_nowhere_else(client: Client, world: World, page: str) -> None:
    answer = client.post(SWITCH, {"language": "es", "next": page}, HTTP_REFERER=page)
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("language", ["", "xx", "es\x00", "../es", "e" * 10_000])
def test_a_language_that_is_not_offered_changes_nothing(
    client: Client, world: World, language: str
) -> None:
    assert client.post(SWITCH, {"language": language}).status_code == 400
    assert language_of(client) == "en"


def test_a_patients_choice_is_kept_with_the_patient(client: Client, maria: Patient) -> None:
    client.force_login(maria.user)

    client.post(SWITCH, {"language": "es"})

    maria.refresh_from_db()
    assert maria.language == "es"
    event = AuditEvent.objects.filter(action="patient.changed").latest("at")
    assert event.data == {"fields": ["language"]}


def test_who_is_cared_for_is_written_to_in_the_carers_language_unless_they_read_themselves(
    client: Client, world: World, maria: Patient
) -> None:
    child, grown = (
        Patient.objects.create(name=name, email=email)
        for name, email in [("Leo", ""), ("Zoe", "zoe@example.org")]
    )
    for patient in (child, grown):
        patient.cared_for_by.create(user=maria.user, opened_at=world.now, opened_by="test")
    client.force_login(maria.user)

    client.post(SWITCH, {"language": "es"})

    assert [Patient.objects.get(pk=each.pk).language for each in (child, grown)] == ["es", "en"]


def test_pages_come_in_the_patients_language_from_the_sign_in_on(
    client: Client, maria: Patient
) -> None:
    Patient.objects.filter(pk=maria.pk).update(language="es")
    client.force_login(maria.user)

    assert language_of(client, "/appointments/") == "es"
    assert language_of(client, "/appointments/", HTTP_ACCEPT_LANGUAGE="en") == "es"

    client.post(SWITCH, {"language": "en"})
    assert language_of(client, "/appointments/") == "en"


def test_the_profiles_language_is_that_of_the_next_page(client: Client, maria: Patient) -> None:
    client.force_login(maria.user)
    form = {"name": "Ana", "date_of_birth_day": "3", "date_of_birth_month": "abr"}
    form |= {"date_of_birth_year": "1985", "language": "es"}

    page = client.post("/account/profile/", form, follow=True)

    assert "Sus datos están guardados." in page.content.decode()
    maria.refresh_from_db()
    assert maria.date_of_birth is not None
    assert maria.date_of_birth.month == 4


def test_the_staff_portal_speaks_english_whatever_was_chosen(client: Client, world: World) -> None:
    client.cookies["clinic_language"] = "es"
    client.force_login(factories.user(Role.STAFF, is_staff=True))

    page = client.get("/admin/")

    assert page.headers["Content-Language"] == "en"
    assert language_of(client) == "es"


def test_a_cache_between_keeps_languages_apart(client: Client, world: World) -> None:
    vary = client.get("/").headers["Vary"].lower()
    assert "cookie" in vary
    assert "accept-language" in vary


def test_two_readers_in_turn_each_get_their_own_language(world: World) -> None:
    """Also of free times, whose answers are kept between requests."""
    spanish, english = Client(headers={"accept-language": "es"}), Client()
    path = f"/book/{world.checkup.slug}/"
    for _turn in range(2):
        assert "Todos los horarios" in spanish.get(path).content.decode()
        assert "All times are" in english.get(path).content.decode()
