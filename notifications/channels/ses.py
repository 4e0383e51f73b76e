"""Mail by Amazon SES, API v2: reminders in fifties, mails with a file one by one.

A call of fifty has one template (a shape, see `rendering.shapes`) and fifty sets of values. The
only thing that SES is told of a message beside its content is its id, as a tag: events about it
come back with that.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.mail.message import sanitize_address

from notifications.channels import ses_answers
from notifications.channels.base import (
    Accepted,
    Letter,
    ProviderAway,
    Refused,
    Result,
    SlowDown,
    Untried,
)
from notifications.rendering import render, shapes
from notifications.rendering.addresses import BadAddress, deliverable
from notifications.rendering.mime import ALWAYS, own_headers

PER_CALL = 50  # SES's own limit
IN_FLIGHT = 8
TAG = "message"
CONFIG = Config(
    connect_timeout=3,
    read_timeout=10,
    # Delivery tries again, later and with what was taken back meanwhile left out.
    retries={"total_max_attempts": 1},
    # What is sent is written here; checking it against the model costs more than signing it.
    parameter_validation=False,
    max_pool_connections=IN_FLIGHT,
    tcp_keepalive=True,
)


class Bulk(tuple[Letter, ...]):
    """Letters of one shape, with what of each is its own."""

    shape: shapes.Shape
    values: tuple[Mapping[str, str], ...]

    @classmethod
    def of(
        cls, shape: shapes.Shape, letters: Iterable[Letter], values: Iterable[Mapping[str, str]]
    ) -> Bulk:
        made = cls(letters)
        made.shape, made.values = shape, tuple(values)
        return made

    def __getitem__(self, wanted: Any) -> Any:
        if isinstance(wanted, slice):
            return Bulk.of(self.shape, super().__getitem__(wanted), self.values[wanted])
        return super().__getitem__(wanted)


class SesOutlet:
    name = "ses"
    per_call = PER_CALL
    in_flight = IN_FLIGHT

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: Any = None  # boto3's client: one for all threads

    def calls(self, letters: Iterable[Letter]) -> list[Sequence[Letter]]:
        calls: list[list[Letter]] = []
        values: dict[int, list[Mapping[str, str]]] = {}
        filling: dict[shapes.Shape, int] = {}  # which call still has room for this shape
        shape_of: dict[int, shapes.Shape] = {}
        for letter in letters:
            fitted = shapes.fit(letter)
            if fitted is None:
                calls.append([letter])
                continue
            shape, own = fitted
            at = filling.get(shape)
            if at is None or len(calls[at]) == PER_CALL:
                at = filling[shape] = len(calls)
                calls.append([])
                values[at], shape_of[at] = [], shape
            calls[at].append(letter)
            values[at].append(own)
        return [
            Bulk.of(shape_of[at], call, values[at]) if at in shape_of else call
            for at, call in enumerate(calls)
        ]

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        if isinstance(letters, Bulk):
            return self._bulk(letters)
        results: dict[Any, Result] = {}
        away = ""
        for call in self.calls(letters):
            try:
                sent = self._bulk(call) if isinstance(call, Bulk) else [self._single(call[0])]
            except (ProviderAway, SlowDown) as error:
                if not results:
                    raise
                away = type(error).__name__
                break
            results.update(zip((letter.id for letter in call), sent, strict=True))
        return [results.get(letter.id) or Untried(away) for letter in letters]

    def quota(self) -> float:
        """Messages a second that the account may send. Raises ProviderAway or SlowDown."""
        answer = self._ask("get_account")
        return float(answer["SendQuota"]["MaxSendRate"])

    def close(self) -> None:
        with self._lock:
            client, self._made = self._made, None
        if client is not None:
            client.close()

    def _bulk(self, call: Bulk) -> list[Result]:
        """Raises ProviderAway or SlowDown."""
        sendable: list[tuple[int, str]] = []
        results: dict[int, Result] = {}
        for number, letter in enumerate(call):
            try:
                sendable.append((number, deliverable(letter.recipient)))
            except BadAddress:
                results[number] = Refused("BadAddress")
        if sendable:
            entries = [
                _entry(call[at], call.shape.data(call.values[at]), to) for at, to in sendable
            ]
            answers = self._entries(call.shape, entries)
            results.update(zip((at for at, _to in sendable), answers, strict=True))
        return [results[number] for number in range(len(call))]

    def _entries(self, shape: shapes.Shape, entries: list[dict[str, Any]]) -> list[Result]:
        """Raises ProviderAway or SlowDown when none was taken."""
        try:
            answer = self._ask("send_bulk_email", **_request(shape, entries))
        except ses_answers.NotThus as error:
            # SES refuses a call whole and does not say for whose sake: halves find the one.
            if len(entries) == 1:
                return [Refused(str(error))]
            return self._halves(shape, entries)
        except ses_answers.Unanswered as error:
            return [error.result] * len(entries)
        return ses_answers.of_entries(answer.get("BulkEmailEntryResults", []), len(entries))

    def _halves(self, shape: shapes.Shape, entries: list[dict[str, Any]]) -> list[Result]:
        middle = len(entries) // 2
        results = self._entries(shape, entries[:middle])
        try:
            return results + self._entries(shape, entries[middle:])
        except (ProviderAway, SlowDown) as error:
            left = len(entries) - middle
            return results + [Untried(type(error).__name__)] * left

    def _single(self, letter: Letter) -> Result:
        """Raises ProviderAway or SlowDown."""
        try:
            mail = render(letter)
            raw = mail.message().as_bytes()
        except Exception as error:  # a template or context that cannot be: this letter alone
            return Refused(f"render {type(error).__name__}")
        try:
            answer = self._ask(
                "send_email",
                FromEmailAddress=_sender(),
                Destination={"ToAddresses": mail.to},
                Content={"Raw": {"Data": raw}},
                EmailTags=[{"Name": TAG, "Value": str(letter.id)}],
                **_configuration_set(),
            )
        except ses_answers.NotThus as error:
            return Refused(str(error))
        except ses_answers.Unanswered as error:
            return error.result
        return Accepted(answer.get("MessageId", ""))

    def _ask(self, operation: str, **request: Any) -> Any:
        """Raises ProviderAway, SlowDown, NotThus or Unanswered."""
        try:
            return getattr(self._client(), operation)(**request)
        except (ClientError, BotoCoreError) as error:
            raise ses_answers.of_error(error) from error

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                self._made = boto3.session.Session().client(
                    "sesv2",
                    region_name=settings.AWS_REGION,
                    endpoint_url=settings.SES_ENDPOINT_URL,
                    config=CONFIG,
                )
            return self._made


def _request(shape: shapes.Shape, entries: list[dict[str, Any]]) -> dict[str, Any]:
    headers = [{"Name": name, "Value": value} for name, value in ALWAYS.items()]
    template = {"TemplateContent": shape.template, "TemplateData": "{}", "Headers": headers}
    return {
        "FromEmailAddress": _sender(),
        "DefaultContent": {"Template": template},
        "BulkEmailEntries": entries,
        **_configuration_set(),
    }


def _entry(letter: Letter, data: str, address: str) -> dict[str, Any]:
    headers = own_headers(letter)
    return {
        "Destination": {"ToAddresses": [address]},
        "ReplacementTags": [{"Name": TAG, "Value": str(letter.id)}],
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
        "ReplacementHeaders": [{"Name": name, "Value": value} for name, value in headers.items()],
    }


def _configuration_set() -> dict[str, str]:
    name = settings.SES_CONFIGURATION_SET
    return {"ConfigurationSetName": name} if name else {}


def _sender() -> str:
    return sanitize_address(settings.DEFAULT_FROM_EMAIL, "utf-8")
