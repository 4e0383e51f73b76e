"""What SES's answers mean for a message: taken, refused, later, or the provider's own matter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
    ResponseStreamingError,
)

from notifications.channels.base import (
    Accepted,
    ProviderAway,
    Refused,
    Result,
    SlowDown,
    Throttled,
    Trouble,
    Untried,
)

RATE_PAUSE = 1.0
QUOTA_PAUSE = 300.0  # a day's quota comes back by and by

THROTTLED = {
    "TooManyRequestsException",
    "ThrottlingException",
    "Throttling",
    "RequestThrottled",
    "RequestLimitExceeded",
    "SlowDown",
}
# Said of the request, and so of a letter in it.
NOT_THUS = {
    "BadRequestException",
    "MessageRejected",
    "ValidationException",
    "InvalidParameterValue",
}
# Said of an entry of a bulk call, by status. What is in none of these is the account's or our
# own set-up's matter: no letter is to blame, and all would meet it.
OF_THE_LETTER = {"MESSAGE_REJECTED", "INVALID_PARAMETER"}
PASSING = {"TRANSIENT_FAILURE", "FAILED"}
TOO_FAST = {"ACCOUNT_THROTTLED": RATE_PAUSE, "ACCOUNT_DAILY_QUOTA_EXCEEDED": QUOTA_PAUSE}


class NotThus(Exception):
    """The request was refused for what is in it."""


class Unanswered(Exception):
    """It was sent and no answer came: it may have been taken."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.result = Trouble(reason)


def of_error(error: ClientError | BotoCoreError) -> Exception:
    """ProviderAway, SlowDown, NotThus or Unanswered, for the caller to raise."""
    if isinstance(error, ClientError):
        return _of_refusal(error.response)
    if isinstance(error, ReadTimeoutError | ConnectionClosedError | ResponseStreamingError):
        return Unanswered(type(error).__name__)
    return ProviderAway(type(error).__name__)  # no connection, no credentials


def _of_refusal(response: Mapping[str, Any]) -> Exception:
    problem = response.get("Error", {})
    code, text = str(problem.get("Code", "")), str(problem.get("Message", "")).lower()
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLED or code == "LimitExceededException" or status == 429:
        return SlowDown(QUOTA_PAUSE if "daily" in text else RATE_PAUSE)
    # "Email address is not verified" is said of the sender, or by an account on trial: not one
    # letter's fault, and true of every other.
    if code in NOT_THUS and status < 500 and "not verified" not in text:
        return NotThus(code)
    return ProviderAway(code or f"HTTP {status}")


def of_entries(answers: Any, asked: int) -> list[Result]:
    """One result an entry. `answers`: as JSON gave them. Raises ProviderAway or SlowDown when all
    of them say so."""
    if not _are_entries(answers) or len(answers) != asked:
        return [Trouble("answers missing")] * asked
    statuses = [str(answer.get("Status", "")) for answer in answers]
    if all(status in TOO_FAST for status in statuses):
        raise SlowDown(max(TOO_FAST[status] for status in statuses))
    results = [_of_entry(answer) for answer in answers]
    if all(isinstance(result, Untried) for result in results):
        raise ProviderAway(statuses[0])
    return results


def _are_entries(answers: Any) -> bool:
    return isinstance(answers, list) and all(isinstance(answer, dict) for answer in answers)


def _of_entry(answer: Mapping[str, Any]) -> Result:
    status = str(answer.get("Status", ""))
    if status == "SUCCESS":
        return Accepted(str(answer.get("MessageId") or ""))
    if status in OF_THE_LETTER:
        return Refused(status)
    if status in PASSING:
        return Trouble(status)
    if status in TOO_FAST:
        return Throttled(TOO_FAST[status], status)
    return Untried(status)
