"""The demonstration's mails and text messages: files that the local mail server and the outlet for
texts wrote. Read only."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr
from pathlib import Path

SHOWN = 200
MAILS, TEXTS = ".eml", ".sms"
ALL = (MAILS, TEXTS)


@dataclass(frozen=True)
class Listed:
    name: str
    subject: str
    to: str
    at: dt.datetime


@dataclass(frozen=True)
class Text:
    """A text message; `parts` as phone companies count them."""

    name: str
    to: str
    at: dt.datetime
    text: str
    parts: int


@dataclass(frozen=True)
class Attachment:
    number: int
    filename: str
    content_type: str
    content: bytes


@dataclass(frozen=True)
class Opened(Listed):
    text: str
    html: str
    attachments: list[Attachment]


def newest(directory: Path, kinds: Collection[str] = ALL) -> list[Listed | Text]:
    """Mails and texts, or only those of one kind."""
    found = (_entry(path) for path in _files(directory, kinds)[:SHOWN])
    return [entry for entry in found if entry is not None]


def find(directory: Path, name: str) -> Opened | None:
    """The mail in the file `name`, or None. Only names that the directory lists are opened."""
    path = next((path for path in _files(directory, (MAILS,)) if path.name == name), None)
    if path is None:
        return None
    message = _parse(path)
    listed = _listed(path, message)
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    return Opened(
        name=listed.name,
        subject=listed.subject,
        to=listed.to,
        at=listed.at,
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        attachments=[
            Attachment(
                number,
                part.get_filename() or f"part-{number}",
                part.get_content_type(),
                part.get_payload(decode=True) or b"",  # type: ignore[arg-type]
            )
            for number, part in enumerate(message.iter_attachments())
        ],
    )


def remove_to(directory: Path, addresses: Collection[str]) -> int:
    """Remove every mail and text that went to one of these addresses (mail in lower case)."""
    removed = 0
    for path in _files(directory, ALL):
        entry = _entry(path)
        if entry is not None and entry.to.lower() in addresses:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _files(directory: Path, kinds: Collection[str]) -> list[Path]:
    """Newest first: the names begin with the time."""
    if not directory.is_dir():
        return []
    found = [path for path in directory.iterdir() if path.suffix in kinds and path.is_file()]
    return sorted(found, key=lambda path: path.name, reverse=True)


def _parse(path: Path, *, headers_only: bool = False) -> EmailMessage:
    with path.open("rb") as file:
        return BytesParser(policy=policy.default).parse(file, headersonly=headers_only)


def _entry(path: Path) -> Listed | Text | None:
    if path.suffix == TEXTS:
        return _text(path)
    return _listed(path, _parse(path, headers_only=True))


def _text(path: Path) -> Text | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Text(path.name, found["to"], _at(path), found["text"], int(found["parts"]))
    except (ValueError, KeyError, TypeError):  # not written by us
        return None


def _listed(path: Path, message: EmailMessage) -> Listed:
    to = parseaddr(str(message.get("To", "")))[1]
    return Listed(path.name, str(message.get("Subject", "")), to, _at(path))


def _at(path: Path) -> dt.datetime:
    """The names begin with it."""
    try:
        return dt.datetime.strptime(path.name.split("-")[0], "%Y%m%dT%H%M%S.%f%z")
    except ValueError:
        return dt.datetime.fromtimestamp(path.stat().st_mtime, tz=dt.UTC)
