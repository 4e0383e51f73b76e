"""What became of a text message: from the log's batch to the topic, as it stands there."""

from __future__ import annotations

import base64
import gzip
import json
import runpy
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from deploy.aws.stacks.messages.texts import TELLING

LINE = '{"notification": {"messageId": "1"}, "status": "SUCCESS"}'


def told(monkeypatch: pytest.MonkeyPatch, batch: dict[str, Any]) -> list[dict[str, str]]:
    calls: list[dict[str, str]] = []
    client = SimpleNamespace(publish=lambda **call: calls.append(call))
    monkeypatch.setitem(sys.modules, "boto3", SimpleNamespace(client=lambda name: client))
    monkeypatch.setenv("TOPIC", "arn:of:topic")
    packed = base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()
    runpy.run_path(str(TELLING))["handler"]({"awslogs": {"data": packed}}, None)
    return calls


def test_each_line_is_told_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = {"logEvents": [{"message": LINE}, {"message": "another"}]}

    assert told(monkeypatch, batch) == [
        {"TopicArn": "arn:of:topic", "Message": LINE},
        {"TopicArn": "arn:of:topic", "Message": "another"},
    ]


def test_a_batch_that_only_tries_the_connection_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert told(monkeypatch, {"messageType": "CONTROL_MESSAGE"}) == []


def test_it_fits_where_code_is_written_into_the_template() -> None:
    assert len(TELLING.read_text()) < 4096
