"""The pages on which staff read what patients are sent."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import Role
from accounts.operations.roles import sync_role_permissions
from notifications import preview
from notifications.catalog import KINDS
from notifications.models import Channel, Message
from tests import factories

LANGUAGES = [code for code, _name in settings.LANGUAGES]
CLINIC = {"clinic_name": "Our <Clinic>", "clinic_phone": "", "clinic_address": ""}


@pytest.fixture
def staff(db: None) -> Client:
    sync_role_permissions()
    factories.clinic(name="Our <Clinic>")
    client = Client()
    client.force_login(factories.user(Role.STAFF, is_staff=True))
    return client


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_is_shown_in_every_language_and_by_every_channel(name: str) -> None:
    for variant in preview.variants(name, clinic=CLINIC):
        assert [shown.language for shown in variant.previews] == LANGUAGES
        for shown in variant.previews:
            assert shown.subject and shown.text and "<h1" in shown.html
            assert bool(shown.sms) == (Channel.SMS in KINDS[name].channels)


@pytest.mark.parametrize("name", KINDS)
def test_the_languages_differ(name: str) -> None:
    english, spanish = preview.variants(name, clinic=CLINIC)[0].previews
    assert english.subject != spanish.subject
    assert english.text != spanish.text
    for english_text in preview.SAMPLES["es"]:
        assert english_text not in spanish.text + spanish.html + spanish.sms_whole


@pytest.mark.parametrize("name", KINDS)
def test_each_switch_of_a_kind_makes_a_difference(name: str) -> None:
    texts = [variant.previews[0].text for variant in preview.variants(name, clinic=CLINIC)]
    switches = [key for key, value in KINDS[name].sample.items() if isinstance(value, bool)]
    assert len(set(texts)) == len(texts)
    assert len(texts) >= 1 + len(switches)


@pytest.mark.parametrize("name", KINDS)
def test_the_page_shows_the_mail_in_a_frame_that_may_do_nothing(staff: Client, name: str) -> None:
    page = staff.get(f"/admin/notifications/preview/{name}/")
    content = page.content.decode()
    assert content.count('<iframe sandbox=""') >= len(LANGUAGES)
    assert html.escape(html.escape("Our <Clinic>")) in content  # in a mail, in an attribute
    assert "<!doctype html><html" not in content


def test_the_list_names_every_kind(staff: Client) -> None:
    content = staff.get("/admin/notifications/preview/").content.decode()
    assert all(f"/admin/notifications/preview/{name}/" in content for name in KINDS)
    assert not Message.objects.exists()


@pytest.mark.parametrize("kind", ["unknown", "booked-x", "_base"])
def test_a_kind_that_does_not_exist_is_not_found(staff: Client, kind: Any) -> None:
    assert staff.get(f"/admin/notifications/preview/{kind}/").status_code == 404
