"""What a browser does with a form and a link: plain HTTP, no credentials."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import urllib3

from documents.storage import Form

http = urllib3.PoolManager(retries=False, timeout=60)
HUNG_UP = 0  # instead of a status


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes
    headers: dict[str, str]


def post(form: Form, content: bytes, *, origin: str = "", **changed: str | None) -> Answer:
    """Post `form` as a browser would from a page of `origin`.

    Fields in `changed` are replaced, added or (None) left out.
    """
    wanted = {**form.fields, **{name.replace("_", "-"): v for name, v in changed.items()}}
    fields: list[tuple[str, object]] = [(n, v) for n, v in wanted.items() if v is not None]
    body, content_type = urllib3.encode_multipart_formdata(
        [*fields, ("file", ("holiday.pdf", content, "application/octet-stream"))],
        boundary=uuid.uuid4().hex,
    )
    headers = {"Content-Type": content_type, **({"Origin": origin} if origin else {})}
    return _answer(http.request("POST", form.url, body=body, headers=headers))


def get(url: str) -> Answer:
    try:
        return _answer(http.request("GET", url))
    except urllib3.exceptions.ProtocolError:  # SeaweedFS says nothing to a malformed credential
        return Answer(HUNG_UP, b"", {})


def _answer(response: urllib3.BaseHTTPResponse) -> Answer:
    return Answer(response.status, response.data, dict(response.headers))
