"""Whatever is sent gets a status below 500 and, where it is refused, a problem document."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from accounts.models import Patient
from booking.models import Appointment
from booking.tests.api.conftest import problem
from tests.factories import World

SOME_ID = "00000000-0000-4000-8000-000000000000"
BODIES = {
    "/api/v1/holds": {"start": "2026-06-02T09:00:00Z", "visit_type": "checkup", "doctor": None},
    "/api/v1/appointments": {
        "start": "2026-06-02T09:00:00Z",
        "visit_type": "checkup",
        "reason": "A reason",
        "hold": SOME_ID,
    },
    "/api/v1/appointments/{visit}/cancel": {"reason": "A reason"},
    "/api/v1/appointments/{visit}/reschedule": {"start": "2026-06-02T10:00:00Z", "doctor": None},
    "/book-appointment": {
        "appointmentId": "0" * 32 + "-20260602T090000Z",
        "patientName": "Gus",
        "patientEmail": "gus@example.org",
        "notes": "",
    },
}
READS = {
    "/api/v1/availability": ["from", "to", "visit_type", "doctor"],
    "/api/v1/appointments": ["status", "from", "cursor"],
    "/api/v1/visit-types": ["x"],
    "/api/v1/doctors": ["x"],
    "/api/v1/schema/": ["lang", "version", "format"],
    "/appointment-slot": ["from", "to"],
}
IDS = ["/api/v1/appointments/", "/api/v1/holds/", "/appointment-slot/"]

odd_text = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "",
            "\x00",
            "2026-06-02",
            "2026-06-02T09:00:00",
            "9999-12-31T23:59:59-14:00",
            SOME_ID,
            "0001-01-01T00:00:00+14:00",
            "checkup",
            "-1",
            "1e999",
            "\u202e",
            "a" * 3000,
            "' OR 1=1",
        ]
    ),
)
odd_value = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        odd_text,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(odd_text, inner, max_size=3)
    ),
    max_leaves=4,
)
# Each example is undone by nothing, and need not be: none of them can break the next.
fuzz = settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def sound(response: Any) -> None:
    assert response.status_code < 500, response.content
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json", response.content
        document = response.json()
        assert document["status"] == response.status_code
        assert document["code"]


@pytest.fixture
def paths(world: World, pat: Patient) -> dict[str, str]:
    visit = world.book("11:00", patient=pat)
    return {path: path.format(visit=visit.pk) for path in BODIES}


@fuzz
@given(data=st.data())
def test_odd_fields_are_refused(
    patient: APIClient, anonymous: APIClient, paths: dict[str, str], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(BODIES)))
    body: Any = dict(BODIES[path])
    for name in data.draw(st.sets(st.sampled_from(sorted(body)), min_size=1)):
        body[name] = data.draw(odd_value)
    if data.draw(st.integers(0, 9)) == 0:
        body = data.draw(odd_value)
    client = data.draw(st.sampled_from([patient, anonymous]))
    text = json.dumps(body, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
    sound(client.post(paths[path], text, content_type="application/json"))


@fuzz
@given(data=st.data())
def test_odd_queries_are_refused(
    patient: APIClient, anonymous: APIClient, data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(READS)))
    query = data.draw(st.dictionaries(st.sampled_from(READS[path]), odd_text))
    client = data.draw(st.sampled_from([patient, anonymous]))
    sound(
        client.get(path, {name: value.encode("utf-8", "replace") for name, value in query.items()})
    )


@fuzz
@given(data=st.data())
def test_odd_bytes_are_refused(
    patient: APIClient, paths: dict[str, str], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(BODIES)))
    kind = data.draw(
        st.sampled_from(["application/json", "text/plain", "multipart/form-data; boundary=x", ""])
        | st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=20)
    )
    body = data.draw(st.binary(max_size=60))
    sound(patient.generic("POST", paths[path], body, content_type=kind))


@fuzz
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"]),
    path=st.sampled_from([*BODIES, *READS]),
    accept=st.sampled_from(["*/*", "text/html", "application/xml", "", "\x00", ";;;", "a/b/c"]),
    language=st.sampled_from(["", "es", "xx-\x00", "-" * 600]),
)
def test_other_methods_and_odd_headers_are_survived(
    patient: APIClient, paths: dict[str, str], method: str, path: str, accept: str, language: str
) -> None:
    response = patient.generic(
        method,
        paths.get(path, path),
        HTTP_ACCEPT=accept,
        HTTP_ACCEPT_LANGUAGE=language,
        HTTP_IF_NONE_MATCH=accept,
    )
    sound(response)


ODD_IDS = ["x", "%00", "0", "9" * 400, "%F0%9F%98%80", "%ff", SOME_ID, SOME_ID.upper(), "..."]


@pytest.mark.parametrize("path", IDS)
def test_odd_ids_are_unknown(patient: APIClient, path: str) -> None:
    for odd in ODD_IDS:
        for method in (patient.get, patient.delete, patient.post):
            response = method(path + odd)
            sound(response)
            assert response.status_code in (404, 405), odd


# -- Large, deep and broken bodies -----------------------------------------------------------


HARMFUL = [
    (b'{"reason": "' + b"x" * (10 * 1024 * 1024) + b'"}', 413),
    (b"[" * 100_000, 400),
    (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400),
    (b'{"reason": "\xff\xfe"}', 400),
    (b'{"reason": "\\ud800"}', 400),
    (b"\x00", 400),
    (b"\xef\xbb\xbf{}", 400),
    (b'{"start": ' + b"9" * 5000 + b"}", 400),
    (b'{"start": NaN}', 400),
    (b'{"start": ', 400),
]


@pytest.mark.parametrize("path", sorted(BODIES))
def test_bodies_that_harm_are_refused(patient: APIClient, paths: dict[str, str], path: str) -> None:
    for number, (body, status) in enumerate(HARMFUL):
        for headers in ({}, {"Idempotency-Key": f"k{number}"}):
            response = patient.post(
                paths[path], body, content_type="application/json", headers=headers
            )
            sound(response)
            assert response.status_code == status, body[:40]
    assert Appointment.objects.count() == 1


class Endless(io.RawIOBase):
    """A body without an end, which counts what was read of it."""

    taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "read to the end"
        self.taken += size
        return b"x" * size


def chunked(client: Client, body: Any) -> Any:
    return client.post(
        "/api/v1/holds",
        content_type="application/json",
        **{
            "wsgi.input": body,
            "wsgi.input_terminated": True,
            "CONTENT_LENGTH": "",
            "HTTP_TRANSFER_ENCODING": "chunked",
        },
    )


def test_a_chunked_body_is_read_no_further_than_the_limit(world: World) -> None:
    body = Endless()
    problem(chunked(Client(), body), 413, "too-large")
    assert body.taken <= 1024 * 1024 + 1


def test_a_chunked_body_is_understood(world: World) -> None:
    body = json.dumps({"start": "2026-06-02T09:00:00Z", "visit_type": "checkup"}).encode()
    assert chunked(Client(), io.BytesIO(body)).status_code == 201


def test_a_large_body_is_refused_by_its_announced_length(world: World) -> None:
    body = Endless()
    response = Client().post(
        "/book-appointment",
        content_type="application/json",
        **{"wsgi.input": body, "CONTENT_LENGTH": str(10 * 1024 * 1024)},
    )
    problem(response, 413, "too-large")
    assert body.taken == 0


def test_forms_are_not_json(patient: APIClient) -> None:
    response = patient.post("/api/v1/appointments", {"start": "x"}, format="multipart")
    problem(response, 415, "unsupported-media-type")


@pytest.mark.parametrize("cookie", ["\x00" * 12, "\\000" * 12, '"\\000aaaaaaaaaaaa"', "x" * 5000])
def test_an_odd_session_cookie_is_nobody(world: World, cookie: str) -> None:
    client = APIClient(HTTP_COOKIE=f"clinic_session={cookie}; csrftoken={cookie}")
    sound(client.get("/api/v1/appointments"))
    wish = {"start": "2026-06-02T09:00:00Z", "visit_type": "checkup"}
    assert client.post("/api/v1/holds", wish, format="json").status_code in (201, 400)
