"""What SNS tells of text messages, and what people answer to them. Pure.

The delivery status is a line of CloudWatch's logs, which a few lines of ours at AWS publish to our
topic as they are; answers come to a topic by SNS's two-way messaging.
https://docs.aws.amazon.com/sns/latest/dg/sms_stats_cloudwatch.html
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from notifications.events.told import Kind, Told, Unknown, Wish, code, identifier, instant, part

PROVIDER = "sns"
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
# What carriers and AWS take for "no more" by themselves, and how patients here may say it.
STOP = {
    "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "opt-out", "revoke",
    "alto", "parar", "basta", "baja",
}  # fmt: skip
START = {"start", "unstop", "optin", "opt-in", "alta"}
# The reasons that SNS gives, in its words; the rest are told as they are if they are codes.
REASONS = {
    "phone number is opted out": Kind.OPTED_OUT,
    "phone has opted out": Kind.OPTED_OUT,
    "invalid phone number": Kind.NO_NUMBER,
}


def is_status(found: Mapping[str, Any]) -> bool:
    return "notification" in found and "status" in found


def is_answer(found: Mapping[str, Any]) -> bool:
    return "originationNumber" in found


def read_status(found: Mapping[str, Any], *, at: dt.datetime) -> Told:
    """Raises Unknown."""
    notification = part(found, "notification")
    said = part(found, "delivery").get("providerResponse")
    reason = said.strip().rstrip(".") if isinstance(said, str) else ""
    if found.get("status") == "SUCCESS":
        kind, reason = Kind.DELIVERY, ""
    elif found.get("status") == "FAILURE":
        kind = REASONS.get(reason.lower(), Kind.UNDELIVERED)
    else:
        raise Unknown
    return Told(
        provider=PROVIDER,
        kind=kind,
        provider_id=identifier(notification.get("messageId")),
        at=instant(notification.get("timestamp"), default=at),
        detail=_without_numbers(reason),
    )


def read_answer(found: Mapping[str, Any], *, at: dt.datetime) -> Wish:
    """Raises Unknown for whatever is neither yes nor no: nobody here reads answers."""
    number, body = found.get("originationNumber"), found.get("messageBody")
    if not (isinstance(number, str) and NUMBER.fullmatch(number) and isinstance(body, str)):
        raise Unknown
    words = re.sub(r"[^\w\s-]", " ", body.lower()).split()
    if words[:1] == ["stop"] or (len(words) == 1 and words[0] in STOP):
        return Wish(number, stop=True, at=at)
    if len(words) == 1 and words[0] in START:
        return Wish(number, stop=False, at=at)
    raise Unknown


def _without_numbers(reason: str) -> str:
    """A carrier's words may quote whom they could not reach."""
    return "" if re.search(r"\d{5}", reason) else code(reason)
