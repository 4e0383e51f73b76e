"""Names and addresses as nobody would write them who means well: safe text or an error, never a
header of somebody else's, and never a whole batch lost."""

from __future__ import annotations

import email
import email.policy
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.utils import timezone

from clinic.lib.storable import storable_json
from notifications import delivery, outbox
from notifications.catalog import KINDS
from notifications.channels import Letter
from notifications.models import Channel, Message
from notifications.rendering import render, words
from notifications.rendering.sms import sms_text
from notifications.tests.delivery.provider import put, state

LONG = "Wolfeschlegelsteinhausenbergerdorff " * 280  # 10,000 characters
NAUGHTY = {
    "header": "Eve\r\nBcc: thief@example.org\r\n\r\nbody",
    "bare line feed": "Eve\nX-Injected: yes",
    "controls": "Eve\x00\x01\x07\x08\x0b\x0c\x1b[31m\x7f\x85",
    "line separators": "Eve\u2028Bcc: a@b.org\u2029c",
    "right to left": "\u202eevil\u202c \u2066x\u2069 محمد",
    "emoji": "👩🏽‍⚕️ 👨‍👩‍👧‍👦 🏳️‍🌈",
    "half an emoji": "Eve \ud83d",
    "combining": "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!",
    "template": "{{ 7|add:7 }}{% debug %}{{ clinic_phone }}{# x #}",
    "format": "%(x)s %s %n %d {0} {x} ${x} $$ %",
    "html": "<script>alert(1)</script><img src=x onerror=alert(2)>'\"&amp;--></title>",
    "encoded word": "=?utf-8?q?=0D=0ABcc:_a=40b.org?=",
    "calendar": "BEGIN:VEVENT\r\nEND:VCALENDAR",
    "path": "../../../../etc/passwd",
    "sql": "Robert'); DROP TABLE notifications_message;--",
    "long": LONG,
    "empty": "",
    "spaces": " \t\u00a0\u200b ",
    "byte order": "\ufeffEve\ufffe\uffff",
}
HEADERS = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID",
    "Auto-Submitted", "X-Message-ID",
}  # fmt: skip
TEXTED = [name for name, kind in KINDS.items() if Channel.SMS in kind.channels]
naughty = pytest.mark.parametrize("text", NAUGHTY.values(), ids=NAUGHTY)


def letter(name: str, text: str) -> Letter:
    """With `text` wherever a person's words may stand."""
    sample = KINDS[name].sample
    kept = ("calendar", "url", "stop_url")
    context: dict[str, Any] = {
        key: text if isinstance(value, str) and key not in kept else value
        for key, value in sample.items()
    }
    context = json.loads(storable_json(context))  # as it comes out of the outbox
    return Letter(uuid.uuid4(), name, "maria@example.org", "en", context)


@naughty
def test_no_name_adds_a_header_or_breaks_a_mail(text: str) -> None:
    for name, kind in KINDS.items():
        sent = render(letter(name, text)).message().as_bytes()

        parsed = email.message_from_bytes(sent, policy=email.policy.SMTP)
        assert set(parsed.keys()) <= HEADERS, name
        assert parsed["To"] == "maria@example.org"
        assert parsed.defects == [], name
        types = [part.get_content_type() for part in parsed.walk() if not part.is_multipart()]
        assert types[:2] == ["text/plain", "text/html"], name
        assert len(types) == (3 if kind.sample.get("calendar") else 2), name


@naughty
def test_every_name_is_text_and_nothing_else(text: str) -> None:
    for name in KINDS:
        said = words.write(letter(name, text))
        assert "\n" not in said.subject and "\r" not in said.subject, name
        assert "<script" not in said.html and "<img src=x" not in said.html, name


@pytest.mark.parametrize("name", KINDS)
def test_no_name_is_run_as_a_template_or_a_format(name: str) -> None:
    said = words.write(letter(name, NAUGHTY["template"])).text
    assert "14" not in said
    assert "{{ 7|add:7 }}{% debug %}" in said
    assert NAUGHTY["format"] in words.write(letter(name, NAUGHTY["format"])).text


@pytest.mark.parametrize("text", [text for text in NAUGHTY.values() if text != LONG])
def test_as_a_text_message_it_is_one_line_with_its_link(text: str) -> None:
    for name in TEXTED:
        said = sms_text(letter(name, text))
        assert not any(ord(sign) < 32 or ord(sign) == 127 for sign in said), name
        assert not set(said) & set("\u202e\u2066\u2028\u2029\x85"), name
        assert said.endswith(KINDS[name].sample["url"]), name


def test_a_long_name_is_cut_where_time_and_link_are_not() -> None:
    sample = KINDS["booked"].sample
    context = {**sample, "clinic_name": LONG, "patient_name": LONG, "doctor": LONG}
    said = sms_text(Letter(uuid.uuid4(), "booked", "+14155550123", "en", context))
    assert len(said) < 306
    assert sample["when"] in said and said.endswith(sample["url"])


@pytest.mark.django_db
class TestBatches:
    def test_each_of_them_leaves_and_those_that_cannot_fail_alone(self) -> None:
        now = timezone.now()
        drafts = [
            outbox.Draft(
                template="booked",
                recipient=f"reader{number}@example.org",
                dedupe_key=f"naughty:{number}",
                context={**KINDS["booked"].sample, "patient_name": text, "doctor": text},
            )
            for number, text in enumerate(NAUGHTY.values())
        ]
        assert outbox.enqueue_many(drafts, now=now) == len(NAUGHTY)
        broken = [put(f"broken{number}@example.org") for number in range(4)]
        changes: list[dict[str, Any]] = [
            {"template": "no-such-kind"},
            {"template": "../booked"},
            {"recipient": "a@example.org\r\nBcc: thief@example.org"},
            {"context": {"calendar": 7, "options": 1}},
        ]
        for message, change in zip(broken, changes, strict=True):
            Message.objects.filter(pk=message.pk).update(**change)

        counts = delivery.deliver_due()

        assert counts == {"sent": len(NAUGHTY), "failed": len(broken)}
        assert {state(message) for message in broken} == {"failed"}
        assert all(message.error and "thief" not in message.error for message in broken)
        sent_to = {address for each in mail.outbox for address in each.recipients()}
        assert sent_to == {draft.recipient for draft in drafts}

    @pytest.mark.parametrize("template", ["", "nope", "../booked", "_base", "mailbox", "BOOKED"])
    def test_a_kind_that_does_not_exist_is_refused_when_it_is_written(self, template: str) -> None:
        with pytest.raises(outbox.UnknownTemplate):
            outbox.enqueue(
                template=template,
                recipient="maria@example.org",
                dedupe_key="naughty",
                context={},
                now=timezone.now(),
            )

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "a@example.org\nBcc: thief@example.org",
            "a@example.org\r\n",
            "a@example.org\x00",
            "a\u2028@example.org",
            "a@example.org,b@example.org",
            '"Eve" <a@example.org>',
            "a@exa mple.org",
            "a" * 10_000 + "@example.org",
        ],
    )
    def test_what_is_no_address_is_refused_when_it_is_written(self, address: str) -> None:
        with pytest.raises(outbox.BadRecipient):
            put(address)
        assert not Message.objects.exists()

    @pytest.mark.parametrize("number", ["", "123", "+1\n415", "+14155550123\r\n", "+1415555012３"])
    def test_what_is_no_number_is_refused_when_it_is_written(self, number: str) -> None:
        with pytest.raises(outbox.BadRecipient):
            put(number, channel=Channel.SMS)


def test_json_for_the_database_keeps_all_but_what_it_cannot() -> None:
    kept = {"a": "é 👩🏽‍⚕️ \\u0000", "b": [1, None, True, {"c": "\u2028"}]}
    assert json.loads(storable_json(kept)) == kept
    assert json.loads(storable_json({"a\x00": ["x\x00", "\ud83d y \ude00"]})) == {
        "a\ufffd": ["x\ufffd", "\ufffd y \ufffd"]
    }


def test_no_template_of_a_message_trusts_its_words_as_html() -> None:
    """`safe` would, and so would a body of HTML without escaping."""
    for path in Path(settings.BASE_DIR, "templates", "notifications").rglob("*.html"):
        source = path.read_text()
        assert "|safe" not in source and "autoescape off" not in source, path
