from __future__ import annotations

from rest_framework.test import APIClient

from booking.tests.api.conftest import problem
from tests import factories
from tests.factories import World


def test_anybody_sees_the_visit_types(anonymous: APIClient, world: World) -> None:
    factories.visit_type(world.clinic, world.ada, active=False)
    response = anonymous.get("/api/v1/visit-types")
    assert [each["slug"] for each in response.json()] == ["checkup"]
    assert response.json()[0]["minutes"] == 15
    assert response["Cache-Control"] == "public, max-age=60"


def test_anybody_sees_the_doctors_and_what_each_offers(anonymous: APIClient, world: World) -> None:
    world.ada.languages, world.ada.title = ["en", "es"], "Dr"
    world.ada.photo = "doctors/ada.jpg"
    world.ada.save()
    factories.doctor(world.clinic, active=False)
    ada, bob = anonymous.get("/api/v1/doctors").json()
    assert ada == {
        "id": str(world.ada.pk),
        "name": "Ada Adams",
        "title": "Dr",
        "about": "",
        "languages": ["en", "es"],
        "photo": f"/doctors/{world.ada.pk}/photo",
        "visit_types": ["checkup"],
    }
    assert bob["photo"] is None


def test_an_outworn_token_does_not_keep_anyone_from_the_catalogue(world: World) -> None:
    client = APIClient(HTTP_AUTHORIZATION="Bearer outworn")
    assert client.get("/api/v1/visit-types").status_code == 200


def test_another_clinics_doctors_and_visit_types_are_not_shown(
    anonymous: APIClient, world: World
) -> None:
    other = factories.clinic(is_current=False)
    factories.visit_type(other, factories.doctor(other), slug="elsewhere")
    assert len(anonymous.get("/api/v1/doctors").json()) == 2
    assert len(anonymous.get("/api/v1/visit-types").json()) == 1


def test_before_a_clinic_is_set_up_there_is_nothing_to_find(db: None) -> None:
    problem(APIClient().get("/api/v1/visit-types"), 404, "not-found")
    query = {"visit_type": "checkup", "from": "2026-06-02", "to": "2026-06-02"}
    problem(APIClient().get("/api/v1/availability", query), 404, "not-found")
