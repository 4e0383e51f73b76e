"""What a mail says: subject, plain text and HTML, in its reader's language."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from clinic.lib import visit_links
from notifications.catalog import KINDS
from notifications.rendering.engine import NAME
from notifications.stopping.links import stop_url

BLANK_LINES = re.compile(r"\n\s*\n")  # templates leave some where a line is not needed


class Letterlike(Protocol):
    """A Letter, or the outbox's row of it."""

    @property
    def id(self) -> uuid.UUID: ...
    @property
    def template(self) -> str: ...
    @property
    def recipient(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def context(self) -> Mapping[str, Any]: ...
    @property
    def patient_id(self) -> uuid.UUID | None: ...


@dataclass(frozen=True)
class Mail:
    subject: str  # one line
    text: str
    html: str


def write(letter: Letterlike) -> Mail:
    """Raises whatever a template or a context that cannot be raises."""
    return write_from(letter.template, letter.language, whole_context(letter))


def whole_context(letter: Letterlike) -> dict[str, Any]:
    """What the templates see: what was written down, and what is known of every letter."""
    context = {**letter.context, "site_url": settings.SITE_URL}
    if named := context.pop("visit", None):
        pk, version = named.split(":")
        context["url"] = visit_links.address(uuid.UUID(pk), int(version))
    kind = KINDS.get(letter.template)
    if kind and kind.reminder and letter.patient_id:
        context["stop_url"] = stop_url(letter.patient_id)
    return context


def write_from(template: str, language: str, context: Mapping[str, Any]) -> Mail:
    folder = f"notifications/{template}"
    with translation.override(language):
        subject = one_line(render_to_string(f"{folder}/subject.txt", dict(context), using=NAME))
        text = render_to_string(f"{folder}/body.txt", dict(context), using=NAME)
        html = render_to_string(f"{folder}/body.html", {**context, "subject": subject}, using=NAME)
    return Mail(subject, BLANK_LINES.sub("\n\n", text).strip() + "\n", html)


def one_line(text: str) -> str:
    """A header's text: whatever breaks lines is a space."""
    return " ".join(text.split())
