"""Thousands of letters of one kind, rendered once.

What differs between two reminders are a few strings. The templates are rendered once with marks in
their places, and the result is cut at the marks: a shape. A letter then costs its own values,
escaped where they stand in HTML. A provider that fills in templates is given the shape and the
values; elsewhere they are put together here. Only kinds that declare it (`Kind.bulk`), and a test
proves for each that a filled shape equals the ordinary rendering to the letter.
"""

from __future__ import annotations

import html
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import orjson

from notifications.catalog import CLINIC, KINDS
from notifications.rendering.words import Letterlike, Mail, whole_context, write_from
from notifications.rendering.words import write as write_ordinarily

# The same for many and often of several lines, which templates treat by line: part of a shape.
SHARED = frozenset({*CLINIC, "site_url", "where", "what_to_bring"})
# Shapes are few (kinds, languages, places, what to bring); this bounds them whatever happens.
SHAPES_KEPT = 512
KEY = re.compile(r"[a-z][a-z0-9_]*")
# Before the name of an escaped value; no key begins so.
ESCAPED = "H_"

# Letters only, which no escaping touches, and nobody can know.
NONCE = "q" + "".join(secrets.choice("bcdfghjklmnpqrstvwxz") for _each in range(20))
MARK = re.compile(f"{NONCE}A([a-z][a-z0-9_]*)Z")


@dataclass(frozen=True)
class Part:
    """`texts` with one of `keys` between each two of them."""

    texts: tuple[str, ...]
    keys: tuple[str, ...]

    def fill(self, values: Mapping[str, str]) -> str:
        pieces = [self.texts[0]]
        for key, text in zip(self.keys, self.texts[1:], strict=True):
            pieces += values[key], text
        return "".join(pieces)

    def tagged(self, escaped: Collection[str] = ()) -> str:
        """With tags as SES reads them; those of `escaped` keys ask for the escaped value."""
        names = {key: ESCAPED + key if key in escaped else key for key in self.keys}
        return self.fill({key: f"{{{{{name}}}}}" for key, name in names.items()})


@dataclass(frozen=True, eq=False)
class Shape:
    subject: Part
    text: Part
    html: Part

    def fill(self, values: Mapping[str, str]) -> Mail:
        return Mail(
            self.subject.fill(values),
            self.text.fill(values),
            self.html.fill({key: html.escape(values[key]) for key in self.html.keys}),
        )

    def for_ses(self, letters: Sequence[Mapping[str, str]]) -> tuple[dict[str, str], list[str]]:
        """As SES takes letters of one call: the template, with tags and nothing else that its
        language would read, and each letter's own values as JSON.

        SES escapes nothing. What reads otherwise in HTML, in any of these letters, is given a
        second time, escaped here and under a name of its own; most of them have nothing such.
        """
        escaped = [
            key
            for key in self._keys_in_html
            if _reads_otherwise("".join([each[key] for each in letters]))
        ]
        if not escaped:
            return self._plain_template, [_json(self._wanted(each)) for each in letters]
        return self._template(escaped), [
            _json(self._wanted(each) | {ESCAPED + key: html.escape(each[key]) for key in escaped})
            for each in letters
        ]

    def _wanted(self, values: Mapping[str, str]) -> dict[str, str]:
        """What no text asks for is nobody's business."""
        return {key: values[key] for key in self._keys}

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.subject.keys + self.text.keys + self.html.keys))

    @cached_property
    def _keys_in_html(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.html.keys))

    @cached_property
    def _plain_template(self) -> dict[str, str]:
        return self._template([])

    def _template(self, escaped: Sequence[str]) -> dict[str, str]:
        return {
            "Subject": self.subject.tagged(),
            "Text": self.text.tagged(),
            "Html": self.html.tagged(escaped),
        }


def _json(values: Mapping[str, str]) -> str:
    return orjson.dumps(values).decode()


def _reads_otherwise(text: str) -> bool:
    return html.escape(text) != text


def write(letter: Letterlike) -> Mail:
    """What `words.write` says, cheaper where a shape serves."""
    fitted = fit(letter)
    if fitted is None:
        return write_ordinarily(letter)
    shape, values = fitted
    return shape.fill(values)


def fit(letter: Letterlike) -> tuple[Shape, dict[str, str]] | None:
    """The letter's shape and its own values; None when it must be rendered for itself."""
    kind = KINDS.get(letter.template)
    if kind is None or not kind.bulk or letter.context.get("calendar"):
        return None
    try:
        context = whole_context(letter)
    except Exception:  # as below
        return None
    own: dict[str, str] = {}
    shared: list[tuple[str, str | bool | None]] = []
    for key, value in context.items():
        if value is None or type(value) is bool:
            shared.append((key, value))
        elif type(value) is not str:
            return None  # templates may do anything with it
        elif not value or key in SHARED:
            shared.append((key, value))
        elif _is_plain(value):
            own[key] = value
        else:
            return None
    try:
        shape = _shape(letter.template, letter.language, frozenset(shared), frozenset(own))
    except Exception:  # the ordinary rendering will meet it too, and this letter alone is refused
        return None
    return (shape, own) if shape else None


def _is_plain(value: str) -> bool:
    """Whether it stands in a line as any other would: nothing in it that breaks lines or that
    putting text into one line would change."""
    # Of all that is blank, only the space is printable.
    return value.isprintable() and value[0] != " " != value[-1] and "  " not in value


@lru_cache(maxsize=SHAPES_KEPT)
def _shape(
    template: str,
    language: str,
    shared: frozenset[tuple[str, str | bool | None]],
    own: frozenset[str],
) -> Shape | None:
    if not all(KEY.fullmatch(key) for key in own):
        return None
    context: dict[str, Any] = {**dict(shared), **{key: f"{NONCE}A{key}Z" for key in own}}
    mail = write_from(template, language, context)
    parts = [_cut(text) for text in (mail.subject, mail.text, mail.html)]
    return Shape(*parts) if all(map(_is_whole, parts)) else None


def _cut(text: str) -> Part:
    pieces = MARK.split(text)
    return Part(tuple(pieces[::2]), tuple(pieces[1::2]))


def _is_whole(part: Part) -> bool:
    """Whether every mark was found, and nothing between them reads as a tag, alone or with one."""
    together = part.tagged()
    tags = [f"{{{{{key}}}}}" for key in part.keys]
    return (
        NONCE[:6] not in together.lower()  # also a mark that was shortened or made large
        and re.findall(r"\{\{[a-z0-9_]*\}\}", together) == tags
        and together.count("{{") == together.count("}}") == len(tags)
        and "{{{" not in together
        and "}}}" not in together
        # In SES's language a backslash before a tag takes its meaning away.
        and "\\{{" not in together
    )
