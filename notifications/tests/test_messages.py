"""Every message as it is read: subject, text and HTML."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from notifications.catalog import KINDS, SAMPLE_CONTEXT
from notifications.models import Message
from notifications.rendering import render

BOOKING = [name for name, kind in KINDS.items() if "when" in kind.sample]


def mail(name: str, **changes: object):
    context = {**SAMPLE_CONTEXT[name], **changes}
    return render(Message(template=name, recipient="maria@example.org", context=context))


def html_of(message) -> str:
    return message.alternatives[0][0]


def test_every_folder_is_in_the_catalogue():
    folders = Path(settings.BASE_DIR, "templates", "notifications").iterdir()
    assert {folder.name for folder in folders if folder.is_dir()} - {"mailbox", "stopping"} == set(
        KINDS
    )


@pytest.mark.parametrize("name", KINDS)
def test_it_has_a_subject_a_text_and_html_without_loose_ends(name):
    message = mail(name)
    assert 5 < len(message.subject) < 90
    for text in (message.subject, message.body, html_of(message)):
        assert "{{" not in text and "{%" not in text and "None" not in text
    assert "<" not in message.body
    assert "\n\n\n" not in message.body
    assert html_of(message).count("<h1") == 1
    assert "Riverside Clinic" in message.body and "Riverside Clinic" in html_of(message)


@pytest.mark.parametrize("name", KINDS)
def test_it_holds_with_only_what_it_must_have(name):
    bare = {
        key: "" for key in SAMPLE_CONTEXT[name] if key not in ("code", "when", "day", "what", "url")
    }
    message = mail(name, **bare)
    assert "None" not in message.body


@pytest.mark.parametrize("name", KINDS)
def test_it_has_one_action_at_most(name):
    footers = html_of(mail(name)).count("/reminders/stop/") + html_of(mail(name)).count(".ics")
    assert len(re.findall("<a ", html_of(mail(name)))) - footers <= 1


@pytest.mark.parametrize("name", BOOKING)
def test_a_visit_is_told_by_its_time_and_doctor_and_nothing_medical(name):
    message = mail(name, visit_type="Cardiology", reason_for_visit="chest pain")
    assert "Tuesday 3 December, 9:30 am" in message.subject
    assert "Dr Ada Stone" in message.body
    for text in (message.subject, message.body, html_of(message)):
        assert "Cardiology" not in text and "chest pain" not in text


@pytest.mark.parametrize("name", KINDS)
def test_what_people_write_is_escaped_in_html_and_plain_in_text(name):
    evil = "<script>alert(1)</script> & Söhne"
    fields = {
        key: evil
        for key, value in SAMPLE_CONTEXT[name].items()
        if isinstance(value, str) and key not in ("calendar", "url", "stop_url")
    }
    message = mail(name, **fields)
    assert "<script>" not in html_of(message)
    assert "& Söhne" in message.body and "&amp;" not in message.body


def test_a_line_break_in_a_subject_cannot_add_a_header():
    message = mail("booked", when="today\r\nBcc: someone@example.org")
    assert "\n" not in message.subject and "\r" not in message.subject
    assert "Bcc" not in message.message()


def test_a_calendar_file_carries_its_method():
    parts = list(mail("booked").message().walk())
    calendar = next(part for part in parts if part.get_content_type() == "text/calendar")
    assert calendar.get_param("method") == "PUBLISH"
    assert calendar.get_filename() == "appointment.ics"
    assert b"BEGIN:VCALENDAR" in calendar.get_payload(decode=True)


def test_a_cancelled_visits_file_says_so():
    text = "BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n"
    parts = list(mail("cancelled", calendar=text).message().walk())
    assert parts[-1].get_param("method") == "CANCEL"
