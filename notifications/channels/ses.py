"""Mail by Amazon SES, API v2: reminders in fifties, mails with a file one by one.

A call of fifty has one template (a shape, see `rendering.shapes`) and fifty sets of values. The
only thing that SES is told of a message beside its content is its id, as a tag: events about it
come back with that.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
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
    unasked,
)
from notifications.channels.ses_client import SesClient
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
    # What is sent is written here, and tests check it against the model.
    parameter_validation=False,
    max_pool_connections=IN_FLIGHT,
    tcp_keepalive=True,
    # Put together anew for each call otherwise, from twenty parts.
    user_agent=f"Boto3/{boto3.__version__} clinic",
)


Fit = tuple[shapes.Shape, Mapping[str, str]] | None
Own = tuple[Letter, Mapping[str, str]]  # a letter, and its own values


class SesOutlet:
    name = "ses"
    per_call = PER_CALL
    in_flight = IN_FLIGHT

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: SesClient | None = None  # one for all threads
        self._fits: dict[uuid.UUID, Fit] = {}  # found when cutting, used when sending

    def calls(self, letters: Iterable[Letter]) -> list[Sequence[Letter]]:
        calls: list[Sequence[Letter]] = []
        filling: dict[shapes.Shape, list[Letter]] = {}  # the call that has room for this shape
        # What never came to be sent is forgotten here.
        self._fits = {}
        for letter in letters:
            self._fits[letter.id] = fit = shapes.fit(letter)
            if fit is None:
                calls.append([letter])
                continue
            call = filling.get(fit[0])
            if call is None or len(call) == PER_CALL:
                call = filling[fit[0]] = []
                calls.append(call)
            call.append(letter)
        return calls

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        results: dict[uuid.UUID, Result] = {}
        for shape, group in self._by_shape(letters):
            try:
                sent = self._bulk(shape, group) if shape else [self._single(group[0][0])]
            except (ProviderAway, SlowDown) as error:
                if not results:
                    raise
                return [results.get(letter.id) or unasked(error) for letter in letters]
            results.update(zip((letter.id for letter, _own in group), sent, strict=True))
        return [results[letter.id] for letter in letters]

    def quota(self) -> float:
        """Messages a second that the account may send. Raises ProviderAway or SlowDown."""
        answer = self._ask("get_account")
        return float(answer["SendQuota"]["MaxSendRate"])

    def close(self) -> None:
        with self._lock:
            client, self._made = self._made, None
        if client is not None:
            client.close()

    def _by_shape(self, letters: Sequence[Letter]) -> list[tuple[shapes.Shape | None, list[Own]]]:
        """One group, if `calls` put them together."""
        groups: list[tuple[shapes.Shape | None, list[Own]]] = []
        for letter in letters:
            known = letter.id in self._fits
            fit = self._fits.pop(letter.id, None) if known else shapes.fit(letter)
            if fit is None:
                groups.append((None, [(letter, {})]))
            elif groups and groups[-1][0] is fit[0] and len(groups[-1][1]) < PER_CALL:
                groups[-1][1].append((letter, fit[1]))
            else:
                groups.append((fit[0], [(letter, fit[1])]))
        return groups

    def _bulk(self, shape: shapes.Shape, group: list[Own]) -> list[Result]:
        """Raises ProviderAway or SlowDown."""
        template, data = shape.for_ses([own for _letter, own in group])
        entries: list[dict[str, Any]] = []
        refused: dict[int, Result] = {}
        for number, (letter, own) in enumerate(group):
            try:
                entries.append(_entry(letter, own, data[number]))
            except BadAddress:
                refused[number] = Refused("BadAddress")
        answers = iter(self._entries(template, entries) if entries else [])
        return [refused.get(number) or next(answers) for number in range(len(group))]

    def _entries(self, template: dict[str, str], entries: list[dict[str, Any]]) -> list[Result]:
        """Raises ProviderAway or SlowDown when none was taken."""
        try:
            answer = self._ask("send_bulk_email", **_request(template, entries))
        except ses_answers.NotThus as error:
            # SES refuses a call whole and does not say for whose sake: halves find the one.
            if len(entries) == 1:
                return [Refused(str(error))]
            return self._halves(template, entries)
        except ses_answers.Unanswered as error:
            return [error.result] * len(entries)
        return ses_answers.of_entries(answer.get("BulkEmailEntryResults"), len(entries))

    def _halves(self, template: dict[str, str], entries: list[dict[str, Any]]) -> list[Result]:
        middle = len(entries) // 2
        results = self._entries(template, entries[:middle])
        try:
            return results + self._entries(template, entries[middle:])
        except (ProviderAway, SlowDown) as error:
            return results + [unasked(error)] * (len(entries) - middle)

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
                FromEmailAddress=_sender(settings.DEFAULT_FROM_EMAIL),
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

    def _client(self) -> SesClient:
        with self._lock:
            if self._made is None:
                self._made = SesClient(CONFIG)
            return self._made


def _request(template: dict[str, str], entries: list[dict[str, Any]]) -> dict[str, Any]:
    headers = [{"Name": name, "Value": value} for name, value in ALWAYS.items()]
    content = {"TemplateContent": template, "TemplateData": "{}", "Headers": headers}
    return {
        "FromEmailAddress": _sender(settings.DEFAULT_FROM_EMAIL),
        "DefaultContent": {"Template": content},
        "BulkEmailEntries": entries,
        **_configuration_set(),
    }


def _entry(letter: Letter, own: Mapping[str, str], data: str) -> dict[str, Any]:
    """Raises BadAddress."""
    headers = own_headers(letter, stop=own.get("stop_url", ""))
    return {
        "Destination": {"ToAddresses": [deliverable(letter.recipient)]},
        "ReplacementTags": [{"Name": TAG, "Value": headers["X-Message-ID"]}],
        "ReplacementEmailContent": {"ReplacementTemplate": {"ReplacementTemplateData": data}},
        "ReplacementHeaders": [{"Name": name, "Value": value} for name, value in headers.items()],
    }


def _configuration_set() -> dict[str, str]:
    name = settings.SES_CONFIGURATION_SET
    return {"ConfigurationSetName": name} if name else {}


@lru_cache(maxsize=4)
def _sender(written: str) -> str:
    return sanitize_address(written, "utf-8")
