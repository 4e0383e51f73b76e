"""Every message as it would be read: each kind, by each channel, in each language, with sample
data. Nothing is sent, and nobody's data is read."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from notifications.catalog import KINDS, Kind
from notifications.channels import Letter
from notifications.models import Channel
from notifications.rendering.sms import sms_text
from notifications.rendering.words import write
from notifications.segments import Parts, in_parts

# Without these a message would not be written at all.
NEEDED = frozenset(
    ("clinic_name", "code", "confirm_by", "day", "minutes", "options", "until", "url", "visits",
     "what", "when")
)  # fmt: skip

# What the clinic's own people or the clock put into a message is there in its language already.
SAMPLES = {
    "es": {
        "Tuesday 3 December, 9:30 am": "martes 3 de diciembre, 9:30",
        "Tuesday 3 December, 10:00 am": "martes 3 de diciembre, 10:00",
        "Tuesday 3 December": "martes 3 de diciembre",
        "9:30 am – 10:00 am": "9:30 – 10:00",
        "10:00 am – 10:15 am": "10:00 – 10:15",
        "Monday 2 December, 2:00 pm": "lunes 2 de diciembre, 14:00",
        "Sunday 1 December, 10:00 am": "domingo 1 de diciembre, 10:00",
        "Sunday 1 December, 9:30 am": "domingo 1 de diciembre, 9:30",
        "Wednesday 4 December, 9:30 am, with Dr Ben Okoro": (
            "miércoles 4 de diciembre, 9:30, con Dr Ben Okoro"
        ),
        "Thursday 5 December, 9:00 am, with Dr Ada Stone": (
            "jueves 5 de diciembre, 9:00, con Dr Ada Stone"
        ),
        "The letter of your last examination": "La carta de su último examen",
        "Your password was changed.": "Se cambió su contraseña.",
    }
}


@dataclass(frozen=True)
class Preview:
    language: str
    subject: str
    text: str
    html: str
    sms: Parts | None

    @property
    def sms_whole(self) -> str:
        return "".join(self.sms.texts) if self.sms else ""


@dataclass(frozen=True)
class Variant:
    """One of the ways in which a message may read, in every language."""

    name: str
    previews: tuple[Preview, ...]


def variants(name: str, *, clinic: Mapping[str, str]) -> list[Variant]:
    """Raises KeyError for a kind that does not exist. `clinic`: name, phone and address to be
    shown in place of the sample's."""
    kind = KINDS[name]
    found: list[Variant] = []
    for title, context in _contexts(kind):
        previews = tuple(
            _preview(name, kind, {**context, **clinic}, language)
            for language, _title in settings.LANGUAGES
        )
        if all(variant.previews != previews for variant in found):
            found.append(Variant(title, previews))
    return found


def _contexts(kind: Kind) -> Iterator[tuple[str, dict[str, Any]]]:
    """As the catalogue has it, then each switch turned, then with as little as there may be."""
    yield _("With everything"), kind.sample
    for key, value in kind.sample.items():
        if isinstance(value, bool):
            yield f"{key}: {not value}", {**kind.sample, key: not value}
        elif isinstance(value, int):
            yield f"{key}: 1", {**kind.sample, key: 1}
            yield f"{key}: 0", {**kind.sample, key: 0}
    least = {
        key: value if key in NEEDED or not isinstance(value, str) else ""
        for key, value in kind.sample.items()
    }
    yield _("With as little as possible"), least


def _preview(name: str, kind: Kind, context: Mapping[str, Any], language: str) -> Preview:
    said_in = {key: _in_language(value, language) for key, value in context.items()}
    letter = Letter(uuid.UUID(int=0), name, "maria@example.org", language, said_in)
    mail = write(letter)
    texted = Channel.SMS in kind.channels
    sms = in_parts(sms_text(letter)) if texted else None
    return Preview(language, mail.subject, mail.text, mail.html, sms)


def _in_language(value: Any, language: str) -> Any:
    if isinstance(value, str):
        return SAMPLES.get(language, {}).get(value, value)
    if isinstance(value, list):
        return [_in_language(each, language) for each in value]
    if isinstance(value, dict):
        return {key: _in_language(each, language) for key, each in value.items()}
    return value
