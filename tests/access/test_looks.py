"""Whoever is shown a patient's data leaves a row that says so: asked of every route of the site."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.db import transaction
from django.db.models import Q

from accounts.looking import RecordsLooks, path_to_patient
from accounts.models import AuditEvent, Patient, User
from accounts.portal import AuditedAdmin
from booking.models import Offer, VisitType, WaitlistEntry
from clinic.lib.times import local_day
from notifications.models import Message, Suppression
from tests.access.matrix import REFUSED, Row, rows
from tests.access.test_access import undone_later

NAME, EMAIL, PHONE = "Zoraida Quillfeather", "quillfeather@example.org", "+15550109977"
# The patient sees the own address on every page; that own visits are read is asked further down.
WHO = ("carer", "other_patient", "treating_doctor", "other_doctor", "staff", "operator")
# For whom one may book is a choice of names, which the carer has given or knows: no look at data.
ONLY_NAMES = {
    "book/<slug:slug>/together/",
    "account/family/",
    "account/family/<uuid:patient_id>/end/",
    "waiting/new/<slug:slug>/",
    # Whose documents one may open, before any are listed.
    "documents/",
    "documents/upload/",
    "documents/who-looked/",
}


class Asked(NamedTuple):
    what: str
    method: str
    path: str
    data: dict[str, Any]
    json: bool = False


@pytest.fixture
def canary(things: Any) -> Any:
    """The patient whose things the matrix asks for has data that cannot be anybody else's."""
    User.objects.filter(pk=things.users["patient"].pk).update(name=NAME, email=EMAIL)
    Patient.objects.filter(pk=things.patient.pk).update(name=NAME, email=EMAIL, phone=PHONE)
    # What the matrix has of the other one is the patient's too.
    WaitlistEntry.objects.update(patient=things.patient)
    Suppression.objects.update(address=EMAIL)
    return things


def asked_of(row: Row, things: Any, person: str) -> Iterator[Asked]:
    for method in ("GET", "POST"):
        # A refusal shows nobody; that it is one, the matrix itself is asked.
        if (row.expected(method) or {}).get(person, 404) not in REFUSED | {302}:
            data = row.send(things) if method == "POST" else {}
            yield Asked(row.route, method, row.path(things), data, row.json)


def with_a_wish(things: Any) -> Iterator[Asked]:
    """What staff see of somebody only when they ask for it."""
    day = local_day(things.appointment.start, things.appointment.clinic.zone)
    for model in ("accounts/patient", "booking/appointment", "notifications/message"):
        yield Asked(f"{model} by name", "GET", f"/admin/{model}/", {"q": NAME})
    of_one = {"patient": things.patient.pk}
    yield Asked("messages of one", "GET", "/admin/notifications/message/", of_one)
    yield Asked("desk", "GET", f"/admin/desk/{day}/", {"all": ""})
    yield Asked("paper", "GET", f"/admin/desk/{day}/print/", {"all": ""})
    yield Asked("find", "POST", "/admin/desk/find/", {"q": "Quillfeather"})
    yield Asked("find to book", "POST", "/admin/desk/book/", {"q": "Quillfeather", "find": ""})
    yield Asked("book for one", "GET", "/admin/desk/book/", {"patient": things.patient.pk})
    kind = VisitType.objects.get(slug="check-up").pk
    why = {"visit_type": kind, "doctor": things.doctor.pk, "day": day.isoformat()}
    yield Asked("why", "GET", "/admin/booking/why/", why)
    pair = {"one": things.patient.pk, "other": things.other_patient.pk}
    yield Asked("compare", "GET", "/admin/booking/merge/", pair)
    field = {"app_label": "accounts", "model_name": "care", "field_name": "patient"}
    yield Asked("typing", "GET", "/admin/autocomplete/", field | {"term": "Quill"})
    yield Asked("export", "GET", "/admin/booking/appointment/export/", {"q": NAME})


class Answer(NamedTuple):
    shown: list[str]
    written: int
    status: int


def answer(things: Any, person: str, asked: Asked) -> Answer:
    """Which of the patient's data the answer has, and how many rows of this very request by this
    very person name the patient. Whatever it did is undone."""
    options: dict[str, Any] = {"data": asked.data}
    if asked.json:
        options["content_type"] = "application/json"
    with undone_later():
        response = getattr(things.client(person), asked.method.lower())(asked.path, **options)
        content = response.getvalue().decode(errors="replace")
        about = Q(patient_id=things.patient.pk)
        about |= Q(data__patients__contains=[str(things.patient.pk)])
        rows = AuditEvent.objects.filter(
            about,
            request_id=response.headers["X-Request-ID"],
            user_id=things.users[person].pk,
        )
        written = rows.count()
        transaction.set_rollback(True)
    shown = [word for word in (NAME, EMAIL, PHONE) if word in content]
    return Answer(shown, written, response.status_code)


def test_whoever_is_shown_a_patient_leaves_a_row(canary: Any) -> None:
    missing, seen = [], 0
    for row in rows().values():
        for person in set(WHO) & set(row.persons):
            for asked in asked_of(row, canary, person):
                got = answer(canary, person, asked)
                seen += bool(got.shown)
                only_name = row.route in ONLY_NAMES and got.shown == [NAME]
                if got.shown and not got.written and not only_name:
                    missing.append(f"{asked.method} /{row.route} by {person}: {got}")
    assert missing == []
    assert seen > 60, "the canary is hardly anywhere: the test looks at nothing"


def test_whoever_asks_for_a_patient_leaves_a_row(canary: Any, subtests: Any) -> None:
    for asked in with_a_wish(canary):
        with subtests.test(asked.what):
            got = answer(canary, "staff", asked)
            assert got.status in (200, 400)
            assert got.shown, "shows nobody"
            assert got.written == 1


def test_what_shows_nobody_leaves_nothing(canary: Any, subtests: Any) -> None:
    """Free times, hours, figures, the state of the day: nobody's data."""
    day = local_day(canary.appointment.start, canary.appointment.clinic.zone)
    for path in (
        "/admin/",
        "/admin/booking/visittype/",
        "/admin/booking/figures/",
        "/admin/booking/freedtime/",
        "/admin/desk/find/",
        f"/admin/desk/{day}/state/",
        f"/admin/accounts/doctor/{canary.doctor.pk}/change/",
        "/admin/accounts/patient/?q=nobody-of-that-name",
    ):
        with subtests.test(path):
            before = AuditEvent.objects.count()
            assert canary.client("staff").get(path).status_code == 200
            assert AuditEvent.objects.count() == before


def test_own_visits_read_by_the_patient_are_written_down_too(canary: Any, subtests: Any) -> None:
    visit = f"/appointments/{canary.appointment.pk}/"
    token = f"/api/v1/appointments/{canary.appointment.pk}"
    for path in ("/appointments/", visit, visit + "calendar.ics", token, "/api/v1/appointments"):
        with subtests.test(path):
            assert answer(canary, "patient", Asked("own", "GET", path, {})).written == 1


def goes_its_own_way(model: Any, page: type) -> list[str]:
    """What a ModelAdmin does so that a look at a patient would not be recorded."""
    if path_to_patient(model) is None:
        return []
    if not issubclass(page, RecordsLooks):
        return [f"{page.__name__} is no AuditedAdmin"]
    faults = []
    for name in ("changelist_view", "changeform_view", "history_view", "delete_view"):
        method = getattr(page, name)
        calls_up = "__class__" in method.__code__.co_freevars
        if not method.__qualname__.startswith("RecordsLooks.") and not calls_up:
            faults.append(f"{page.__name__}.{name} does not call super()")
    return faults


def test_every_page_of_the_portal_about_patients_is_of_the_kind_that_records() -> None:
    for model, page in admin.site._registry.items():
        assert goes_its_own_way(model, type(page)) == []


def test_a_page_that_would_not_record_is_noticed() -> None:
    class Plain(admin.ModelAdmin): ...

    class OwnList(AuditedAdmin):
        def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
            return None

    assert goes_its_own_way(Message, Plain) == ["Plain is no AuditedAdmin"]
    assert goes_its_own_way(Message, OwnList) == ["OwnList.changelist_view does not call super()"]
    assert goes_its_own_way(VisitType, Plain) == []


def test_the_way_to_a_patient_is_found_along_foreign_keys() -> None:
    assert path_to_patient(Patient) == "pk"
    assert path_to_patient(Message) == "patient_id"
    assert path_to_patient(Offer) == "entry__patient_id"
    assert path_to_patient(VisitType) is None
