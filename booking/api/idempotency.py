"""One request, one effect: `Idempotency-Key` on every POST that changes bookings.

1. The key is claimed by an INSERT that commits before the work starts. It carries a lease, so that
   a killed process cannot jam it.
2. The work and its answer are one transaction. Whatever dies in between, either the booking is
   there and its answer with it, or neither: a repeat can never book twice.
3. The key's row stays locked while the work goes on. A lease that ran out under a process that is
   merely slow is not taken over, and a process that lost its lease does nothing.

Final answers (2xx, 4xx but 429) are replayed for 24 hours; others leave no trace.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from booking import operations
from booking.api.base import ApiView
from booking.models import IdempotencyKey
from booking.models.idempotency import KEPT
from clinic.lib.problems import Problem

LEASE = dt.timedelta(seconds=30)
KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT_HEADERS = ("Location",)

CLAIM = """
    INSERT INTO booking_idempotencykey
        (caller, key, fingerprint, lease, leased_until, created_at)
    VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT (caller, key) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A caller's key, what is asked with it, and the lease under which this process works."""

    caller: str
    key: str
    fingerprint: str
    lease: uuid.UUID


class _NotKept(Exception):
    """Takes an answer that is not final out of the transaction, which is undone."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


Method = Callable[..., Any]


def idempotent(method: Method) -> Method:
    """For a handler of an ApiView: what its caller sends with the same key happens once."""

    @functools.wraps(method)
    def handler(self: ApiView, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if (key := _key_of(request)) is None:
            return method(self, request, *args, **kwargs)
        now = timezone.now()
        claim = Claim(self.caller(request), key, _fingerprint(request), uuid.uuid4())
        if earlier := _claim(claim, now=now):
            return _replay(earlier)
        # Otherwise an operation would do it inside this transaction, and hold those cells.
        operations.expire_holds(now=now)
        return _work(self, claim, functools.partial(method, self, request, *args, **kwargs))

    return handler


def _key_of(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        detail = _("An Idempotency-Key is 1 to 255 visible ASCII characters.")
        raise Problem(400, "invalid-idempotency-key", detail)
    return key


def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode("utf-8", "replace"))
    digest.update(request._request.body)
    return digest.hexdigest()


def _claim(claim: Claim, *, now: dt.datetime) -> IdempotencyKey | None:
    """Claim the key, or return the row that has the answer. Raises Problem (409, 422)."""
    for _attempt in range(3):
        with connection.cursor() as cursor:
            cursor.execute(
                CLAIM,
                [claim.caller, claim.key, claim.fingerprint, claim.lease, now + LEASE, now],
            )
            if cursor.rowcount:
                return None
        row = IdempotencyKey.objects.filter(caller=claim.caller, key=claim.key).first()
        if row is None:
            continue  # deleted in between: its request was not final
        is_old = row.created_at <= now - KEPT
        if not is_old and row.fingerprint != claim.fingerprint:
            detail = _("This Idempotency-Key was used for another request.")
            raise Problem(422, "idempotency-key-reused", detail)
        if not is_old and row.status_code is not None:
            return row
        if row.status_code is None and row.leased_until > now:
            raise _in_flight()
        if _take_over(row, claim, now=now):
            return None
    raise _in_flight()


def _take_over(row: IdempotencyKey, claim: Claim, *, now: dt.datetime) -> bool:
    """Make the row this claim's, unless somebody did so before or is at work under it still."""
    # The lease changes hands with the row, so that it tells whether this is the row as it was read.
    same = IdempotencyKey.objects.filter(
        pk=row.pk, lease=row.lease, status_code__isnull=row.status_code is None
    )
    with transaction.atomic():
        if same.select_for_update(skip_locked=True).first() is None:
            return False
        return bool(
            same.update(
                fingerprint=claim.fingerprint,
                lease=claim.lease,
                leased_until=now + LEASE,
                created_at=now,
                status_code=None,
                body=None,
            )
        )


def _work(view: ApiView, claim: Claim, method: Callable[[], Any]) -> HttpResponse:
    try:
        with transaction.atomic():
            _lock(claim)
            response = _rendered(_attempt(view, method))
            if response.status_code == 429 or response.status_code >= 500:
                raise _NotKept(response)
            _store(claim, response)
    except _NotKept as unfinished:
        _give_up(claim)
        return unfinished.response
    except BaseException:
        _give_up(claim)
        raise
    return response


def _attempt(view: ApiView, method: Callable[[], Any]) -> Any:
    """The handler's answer; a refusal undoes what was done, and is an answer too."""
    try:
        with transaction.atomic():
            return method()
    except Exception as error:
        return view.handle_exception(error)  # raises what is no refusal


def _mine(claim: Claim) -> Any:
    return IdempotencyKey.objects.filter(
        caller=claim.caller, key=claim.key, lease=claim.lease, status_code__isnull=True
    )


def _lock(claim: Claim) -> None:
    if _mine(claim).select_for_update(no_key=True).first() is None:
        raise _in_flight()  # this process was so slow that another has taken over


def _store(claim: Claim, response: HttpResponse) -> None:
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    body = {
        "text": response.content.decode(),
        "type": response["Content-Type"],
        "headers": headers,
    }
    _mine(claim).update(status_code=response.status_code, body=body)


def _give_up(claim: Claim) -> None:
    with suppress(DatabaseError):  # then the lease runs out
        _mine(claim).delete()


def _rendered(response: Any) -> HttpResponse:
    """The answer as finished bytes, the same now and when it is replayed."""
    if not isinstance(response, Response):
        return response
    content = b"" if response.data is None else JSONRenderer().render(response.data)
    finished = HttpResponse(content, status=response.status_code, content_type="application/json")
    for name, value in response.headers.items():
        finished.setdefault(name, value)
    return finished


def _replay(row: IdempotencyKey) -> HttpResponse:
    assert row.body is not None
    return HttpResponse(
        row.body["text"],
        status=row.status_code,
        content_type=row.body["type"],
        headers={**row.body["headers"], "Idempotency-Replayed": "true"},
    )


def _in_flight() -> Problem:
    detail = _("The first request with this Idempotency-Key has not been answered yet.")
    return Problem(409, "in-flight", detail, headers={"Retry-After": "1"})
