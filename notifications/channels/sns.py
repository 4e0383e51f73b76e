"""Text messages by Amazon SNS: one call a message, to a phone number in E.164."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ParamValidationError,
    ReadTimeoutError,
)
from django.conf import settings

from notifications.channels.base import (
    Accepted,
    Letter,
    ProviderAway,
    Refused,
    Result,
    SlowDown,
    Trouble,
)
from notifications.rendering.sms import sms_text
from notifications.segments import in_parts

logger = structlog.get_logger(__name__)

IN_FLIGHT = 8
PAUSE_SECONDS = 1.0
OPT_OUT = "opt_out"  # Suppression.Reason.OPT_OUT, without a model

# By the codes that botocore's description of SNS gives, and those common to all of AWS.
THROTTLED = {
    "Throttled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
}
OPTED_OUT = {"OptedOut", "OptedOutException"}
NO_SUCH_NUMBER = {
    "InvalidParameter",
    "InvalidParameterException",
    "ParameterValueInvalid",
    "ValidationException",
    "ValidationError",
}
# The account's monthly spend limit is reached, or it is still in the sandbox's limits: no fault of
# any message, and it ends when somebody raises the limit or the month ends.
SPENT = {
    "LimitExceeded",
    "LimitExceededException",
    "ServiceQuotaExceededException",
    "MonthlySpendLimitReached",
}


class SnsOutlet:
    name = "sns"
    per_call = 1
    in_flight = IN_FLIGHT

    def __init__(self) -> None:
        self._client = boto3.client(
            "sns",
            region_name=settings.AWS_REGION,
            endpoint_url=settings.SNS_ENDPOINT_URL,
            config=Config(
                connect_timeout=2,
                read_timeout=5,
                max_pool_connections=IN_FLIGHT,
                # Delivery tries again by itself; a second try in here would be one nobody counts.
                retries={"total_max_attempts": 1, "mode": "standard"},
            ),
        )

    def calls(self, letters: Iterable[Letter]) -> list[Sequence[Letter]]:
        return [[letter] for letter in letters]

    def send(self, letters: Sequence[Letter]) -> list[Result]:
        return [self._send(letter) for letter in letters]

    def close(self) -> None:
        self._client.close()

    def _send(self, letter: Letter) -> Result:
        """Raises ProviderAway or SlowDown."""
        try:
            text = sms_text(letter)
        except Exception as error:  # a template or context that cannot be: this letter alone
            return Refused(f"render {type(error).__name__}")
        parts = in_parts(text)
        try:
            answer = self._client.publish(
                PhoneNumber=letter.recipient, Message=text, MessageAttributes=_attributes()
            )
        except ClientError as error:
            return self._refused(error, letter)
        except ParamValidationError as error:
            return Refused(type(error).__name__)
        except (ReadTimeoutError, ConnectionClosedError) as error:  # perhaps it was taken
            return Trouble(type(error).__name__)
        except BotoCoreError as error:  # no line, no name, no credentials
            raise ProviderAway(type(error).__name__) from error
        return Accepted(answer["MessageId"], parts.count, parts.cost)

    def _refused(self, error: ClientError, letter: Letter) -> Result:
        """Raises ProviderAway or SlowDown. What SNS says in words may quote the number: only its
        code is kept."""
        code, status = _code(error), error.response["ResponseMetadata"].get("HTTPStatusCode", 0)
        if code in THROTTLED or status == 429:
            raise SlowDown(PAUSE_SECONDS) from error
        if code in SPENT:
            logger.error("sms-spend-limit", code=code)
            raise ProviderAway(f"spend limit {code}") from error
        if code in OPTED_OUT:
            return Refused(code, suppress=OPT_OUT)
        if code in NO_SUCH_NUMBER:
            opted_out = self._has_opted_out(letter.recipient)
            return Refused(code, suppress=OPT_OUT if opted_out else "")
        # Credentials, permissions, a service in trouble: nothing that this message could help.
        raise ProviderAway(code) from error

    def _has_opted_out(self, number: str) -> bool:
        """SNS says "invalid parameter" of those as well. When it cannot be asked: not known."""
        try:
            answer = self._client.check_if_phone_number_is_opted_out(phoneNumber=number)
        except (ClientError, BotoCoreError):
            return False
        return bool(answer["isOptedOut"])


def _attributes() -> dict[str, dict[str, str]]:
    values = {"AWS.SNS.SMS.SMSType": "Transactional"}
    if settings.SMS_SENDER_ID:
        values["AWS.SNS.SMS.SenderID"] = settings.SMS_SENDER_ID
    return {name: {"DataType": "String", "StringValue": value} for name, value in values.items()}


def _code(error: ClientError) -> str:
    details: dict[str, Any] = error.response.get("Error", {})
    return str(details.get("Code") or "unknown")[:60]
