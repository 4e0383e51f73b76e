"""A patient sends a paper by phone, the doctor reads it, and the patient sees who did."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pikepdf
import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from accounts.models import Role
from documents.models import Document, DocumentStatus
from documents.operations import check_waiting
from documents.storage import client as store
from tests import factories
from tests.browser.conftest import PHONE, Site


@pytest.fixture
def site(site: Site) -> Iterator[Site]:
    """The store takes uploads from the pages of this server, and of no other."""
    client, bucket = store.client(), store.bucket()
    ours = [{"AllowedOrigins": [site.url], "AllowedMethods": ["POST"]}]
    client.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": ours})
    yield site
    client.delete_bucket_cors(Bucket=bucket)


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "Referral to the eye clinic.pdf"
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(path)
    return path


def choose(page: Page, path: Path) -> None:
    page.goto("/documents/")
    page.get_by_role("link", name="Add a document").click()
    page.get_by_label("What is it?").select_option("referral")
    page.get_by_label("File").set_input_files(path)


def test_from_the_phone_to_the_doctor_and_back(
    site: Site, open_page: Callable[..., Page], letter: Path
) -> None:
    patient, doctor = site.patient(), site.doctors[0]
    doctor.user = factories.user(Role.DOCTOR)
    doctor.save()
    visit = site.book(patient, days=1)
    phone = open_page(size=PHONE, patient=patient)
    choose(phone, letter)
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_role("heading", name="We are checking this document")).to_be_visible()
    assert letter.stem not in phone.url
    assert check_waiting(clock=timezone.now)
    # By itself: the page asks for it.
    expect(phone.get_by_alt_text("Page 1")).to_be_visible()
    shown = "e => e.decode().then(() => e.naturalWidth)"
    assert phone.get_by_alt_text("Page 1").evaluate(shown) > 100

    document = Document.objects.get()
    if visit.doctor != doctor:
        phone.get_by_role("link", name="Share with a doctor").click()
        phone.get_by_label(str(doctor)).check()
        phone.get_by_role("button", name="Share").click()
    desk = open_page(patient=doctor)
    desk.goto(f"/documents/{document.pk}/")
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"referral-[\d-]+\.pdf", download.value.suggested_filename)
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")

    phone.goto("/documents/")
    phone.get_by_role("link", name="Who looked at my record").last.click()
    expect(phone.get_by_text("Downloaded a document")).to_be_visible()
    expect(phone.get_by_text("Dr Amara Osei")).to_have_count(2)


def test_a_word_that_is_lost_is_said_again_without_sending_twice(
    site: Site, open_page: Callable[..., Page], letter: Path
) -> None:
    page = open_page(size=PHONE, patient=site.patient())
    choose(page, letter)
    page.route("**/arrived/", lambda route: route.fulfill(status=429, json={"message": "Away."}))
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Away.")).to_be_visible()
    expect(page.get_by_label("What is it?")).to_have_value("referral")
    page.unroute("**/arrived/")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="We are checking this document")).to_be_visible()
    assert Document.objects.get().status == DocumentStatus.CHECKING


def test_without_javascript_and_with_what_is_no_document(
    site: Site, open_page: Callable[..., Page], letter: Path, tmp_path: Path
) -> None:
    page = open_page(size=PHONE, patient=site.patient(), javascript=False)
    wrong = tmp_path / "letter.docx"
    wrong.write_bytes(b"PK")
    choose(page, wrong)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We can take PDF files")).to_be_visible()
    expect(page.get_by_label("What is it?")).to_have_value("referral")
    page.get_by_label("File").set_input_files(letter)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="We are checking this document")).to_be_visible()


def test_where_the_store_is_out_of_reach_the_site_takes_it_at_the_second_try(
    site: Site, open_page: Callable[..., Page], letter: Path
) -> None:
    page = open_page(size=PHONE, patient=site.patient())
    choose(page, letter)
    page.route(
        f"{store.client().meta.endpoint_url}/**", lambda route: route.abort("blockedbyclient")
    )
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("The connection broke off")).to_be_visible()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="We are checking this document")).to_be_visible()
    statuses = Document.objects.order_by("created_at").values_list("status", flat=True)
    assert list(statuses) == [DocumentStatus.AWAITED, DocumentStatus.CHECKING]
