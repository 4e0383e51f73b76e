from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from rest_framework import exceptions, serializers

from booking.api.refusals import STATUS, as_problem
from booking.operations import BookingError, Busy
from booking.tests.api.conftest import problem
from clinic.lib import problems


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Http404(), 404, "not-found"),
        (PermissionDenied(), 403, "forbidden"),
        (RequestDataTooBig(), 413, "too-large"),
        (SuspiciousOperation(), 400, "bad-request"),
        (OperationalError(), 503, "unavailable"),
        (exceptions.MethodNotAllowed("PUT"), 405, "method-not-allowed"),
        (exceptions.UnsupportedMediaType("x/y"), 415, "unsupported-media-type"),
        (exceptions.ParseError(), 400, "parse-error"),
    ],
)
def test_every_expected_error_is_a_problem(error: Exception, status: int, code: str) -> None:
    response = problems.exception_handler(error, {})
    assert response is not None
    document = response_document(response, status, code)
    assert document["type"] == "about:blank"


def response_document(response: object, status: int, code: str) -> dict[str, object]:
    response.json = lambda: json.loads(response.content)  # type: ignore[attr-defined]
    return problem(response, status, code)


def test_an_unexpected_error_is_left_to_the_site() -> None:
    assert problems.exception_handler(RuntimeError(), {}) is None


def test_nested_errors_name_their_fields() -> None:
    error = serializers.ValidationError({"a": {"b": ["wrong"]}, "non_field_errors": ["whole"]})
    response = problems.exception_handler(error, {})
    document = response_document(response, 400, "invalid")
    assert [(each["field"], each["detail"]) for each in document["errors"]] == [
        ("a.b", "wrong"),
        ("", "whole"),
    ]


# What only pages ask for: the clinic's day, the waiting list, several visits together.
NOT_IN_THE_API = {
    "AlreadyWaiting", "AskedAlready", "DelayNotToday", "DelayTooLong", "EmptyTime", "MergeRefused",
    "NoAddress", "NoLongerThere", "NoNeedToAsk", "NoTimes", "NobodyFree", "NotTogether",
    "NotWaiting", "NothingAsked", "OfferOver", "OverrideNotAllowed", "OwnRequest", "ProposalOver",
    "TooEarlyToCheckIn", "TooEarlyToConfirm", "TooLong", "UndoTooLate", "Unreachable", "VisitsLeft",
    "WishImpossible",
}  # fmt: skip


def test_every_refusal_of_the_domain_has_a_status() -> None:
    refusals = {
        each
        for each in BookingError.__subclasses__()
        if each.__module__.startswith("booking.operations")
    }
    assert {each.__name__ for each in refusals - set(STATUS)} == NOT_IN_THE_API
    for refusal in STATUS:
        told = as_problem(refusal())
        assert isinstance(told, problems.Problem)
        assert 400 <= told.status_code < 500 or isinstance(refusal(), Busy)
        assert told.code == refusal.code


def test_programs_get_problems_where_people_get_pages() -> None:
    assert problems.instead_of_page("/appointments/", 404) is None
    response = problems.instead_of_page("/api/v1/nothing", 404)
    response_document(response, 404, "not-found")
