"""Dead letters in the queue that SQS itself moves to what was taken too often.

A message that killed its worker each time comes there by the queues' redrive policy; one that no
worker can read is put there by the worker that met it.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import json
from typing import Any

import boto3
from botocore.config import Config

from clinic.lib.dead_letters.letter import DeadLetter, from_json

# Seconds for which those that were taken are out of others' sight, should we die over them.
HIDDEN = 120
MOST = 1_000


class OnSqs:
    def __init__(self, url: str, *, region: str) -> None:
        self._url = url
        config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
        self._sqs = boto3.client("sqs", region_name=region, config=config)
        self._receipts: dict[str, str] = {}

    def keep(self, letter: DeadLetter) -> None:
        self._sqs.send_message(QueueUrl=self._url, MessageBody=letter.as_json())

    def all(self) -> list[DeadLetter]:
        """At most a thousand. Until `close` nobody else sees them."""
        letters = []
        while len(self._receipts) < MOST and (messages := self._receive()):
            for message in messages:
                self._receipts[message["MessageId"]] = message["ReceiptHandle"]
                letters.append(read(message))
        return letters

    def count(self) -> int:
        """About: SQS knows no more."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        return sum(int(found["Attributes"].get(name, 0)) for name in names)

    def remove(self, letter: DeadLetter) -> None:
        """Of those that `all` gave."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=self._receipts.pop(letter.id))

    def close(self) -> None:
        while self._receipts:
            _id, receipt = self._receipts.popitem()
            self._sqs.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=0
            )
        self._sqs.close()

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN,
            WaitTimeSeconds=1,  # asks all of SQS's machines, not some
            MessageSystemAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages


def read(message: dict[str, Any]) -> DeadLetter:
    """What lies in the queue, ours or moved there by SQS; its id is the queue's."""
    identity = message["MessageId"]
    if letter := from_json(message["Body"]):
        return DeadLetter(**{**vars(letter), "id": identity})
    envelope = _envelope(message["Body"])
    headers = envelope.get("headers") or {}
    properties = envelope.get("properties") or {}
    attributes = message.get("Attributes", {})
    sent = int(attributes.get("SentTimestamp", 0)) / 1000
    return DeadLetter(
        id=identity,
        queue=(properties.get("delivery_info") or {}).get("routing_key", ""),
        task=str(headers.get("task", "")),
        reason="never finished by any worker",
        at=dt.datetime.fromtimestamp(sent, tz=dt.UTC),
        body=_plain(envelope.get("body", message["Body"])),
        headers=headers,
        content_type=envelope.get("content-type") or "",
        content_encoding=envelope.get("content-encoding") or "",
    )


def _envelope(text: str) -> dict[str, Any]:
    """Kombu's own form of a message, itself in base64; nothing for what is none."""
    try:
        data = json.loads(_plain(text))
    except ValueError:
        return {}
    return data if isinstance(data, dict) and "properties" in data else {}


def _plain(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, ValueError):
        return text
