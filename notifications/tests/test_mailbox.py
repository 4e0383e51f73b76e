"""The demonstration's mailbox: there, and nowhere else."""

from __future__ import annotations

import json
import uuid

import pytest

from notifications.catalog import SAMPLE_CONTEXT
from notifications.channels import Letter
from notifications.channels.file import FileOutlet
from notifications.models import Message
from notifications.rendering import render

pytestmark = pytest.mark.django_db

NAME = "20261203T173000.000000Z-0f8b6f9e.eml"
OLDER = "20261203T163000.000000Z-1f8b6f9e.eml"


@pytest.fixture
def box(tmp_path, settings):
    settings.DEMO = True
    folder = tmp_path / "mailbox"
    folder.mkdir()
    settings.MAILBOX_DIR = str(folder)
    (tmp_path / "secret.eml").write_text("Subject: secret\n\nsecret")
    for name, template in ((NAME, "booked"), (OLDER, "code")):
        message = Message(
            template=template, recipient="maria@example.org", context=SAMPLE_CONTEXT[template]
        )
        (folder / name).write_bytes(render(message).message().as_bytes())
    return folder


def test_it_lists_the_newest_first(client, box):
    page = client.get("/mailbox/").content.decode()
    assert page.index("Your appointment on") < page.index("is your code")
    assert "maria@example.org" in page


def test_an_empty_one_says_what_to_do(client, box):
    for file in box.iterdir():
        file.unlink()
    assert "no mail yet" in client.get("/mailbox/").content.decode()


def _text(box, stamp: str, text: str, parts: int = 1) -> str:
    name = f"{stamp}-2f8b6f9e.sms"
    found = {"to": "+14155550123", "text": text, "parts": parts, "message": "0"}
    (box / name).write_text(json.dumps(found))
    return name


def test_texts_stand_among_the_mails_with_their_parts_and_links(client, box):
    url = "https://clinic.example.org/a/x/"
    _text(box, "20261203T170000.000000Z", f"Riverside: Tuesday 9:30 am <b> {url}", parts=2)
    page = client.get("/mailbox/").content.decode()
    first, text, last = (
        page.index(part) for part in ("Your appointment on", "Riverside:", "is your code")
    )
    assert first < text < last
    assert "+14155550123" in page and "2 parts" in page
    assert f'href="{url}"' in page and "&lt;b&gt;" in page


def test_it_can_show_only_mails_or_only_texts(client, box):
    _text(box, "20261203T170000.000000Z", "Riverside")
    for show, mails, texts in (
        ("", True, True),
        ("mails", True, False),
        ("texts", False, True),
        ("x", True, True),
    ):
        page = client.get("/mailbox/", {"show": show}).content.decode()
        assert ("is your code" in page, "1 part" in page) == (mails, texts)


def test_without_texts_it_says_who_gets_them(client, box):
    assert "patients who chose them" in client.get("/mailbox/?show=texts").content.decode()


def test_what_the_outlet_writes_is_what_the_page_shows(client, box):
    sent = Letter(
        id=uuid.uuid4(),
        template="booked",
        recipient="+14155550123",
        language="en",
        context=SAMPLE_CONTEXT["booked"],
    )
    FileOutlet().send([sent])
    page = client.get("/mailbox/?show=texts").content.decode()
    assert "+14155550123" in page and "Riverside Clinic" in page


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"to": 1}', "\xff"])
def test_a_file_that_is_no_text_is_passed_by(client, box, content):
    (box / "20261203T170000.000000Z-x.sms").write_bytes(content.encode("latin-1"))
    assert "is your code" in client.get("/mailbox/").content.decode()


def test_a_text_has_no_page_of_a_mail(client, box):
    name = _text(box, "20261203T170000.000000Z", "Riverside")
    assert client.get(f"/mailbox/{name}/").status_code == 404


def test_a_mail_opens_with_its_text_its_frame_and_its_attachment(client, box):
    page = client.get(f"/mailbox/{NAME}/").content.decode()
    assert "Your appointment is booked" in page and "appointment.ics" in page
    assert f'src="/mailbox/{NAME}/html"' in page and 'sandbox="' in page
    frame = client.get(f"/mailbox/{NAME}/html")
    assert "default-src 'none'" in frame["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    calendar = client.get(f"/mailbox/{NAME}/attachments/0")
    assert calendar["Content-Type"].startswith("text/calendar")
    assert calendar.content.startswith(b"BEGIN:VCALENDAR")
    assert client.get(f"/mailbox/{NAME}/attachments/7").status_code == 404


def test_its_pages_keep_the_sites_policy(client, box):
    policy = client.get("/mailbox/")["Content-Security-Policy"]
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "name", ["..%2Fsecret.eml", "../secret.eml", "..%5csecret.eml", "nothing.eml", "%00", "."]
)
def test_no_name_leads_out_of_its_folder(client, box, name):
    response = client.get(f"/mailbox/{name}/")
    assert response.status_code in (404, 301)
    assert b"secret" not in response.content.replace(b"secret.eml", b"")


@pytest.mark.parametrize("path", ["", f"{NAME}/", f"{NAME}/html", f"{NAME}/attachments/0"])
@pytest.mark.parametrize("change", [{"DEMO": False}, {"MAILBOX_DIR": ""}])
def test_outside_a_demonstration_it_does_not_exist(client, box, settings, path, change):
    for name, value in change.items():
        setattr(settings, name, value)
    assert client.get(f"/mailbox/{path}").status_code == 404
