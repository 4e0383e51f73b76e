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
from clinic.lib.times import local_day
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


def sign_in(page: Page, email: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill("correct-horse-9")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("navigation", name="Main").get_by_text("My day")).to_be_visible()


def test_from_the_phone_to_the_doctor_and_back(
    site: Site, open_page: Callable[..., Page], letter: Path
) -> None:
    patient = site.patient()
    visit = site.book(patient, days=1)
    visit.doctor.user = factories.user(Role.DOCTOR)
    visit.doctor.save()
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

    desk = open_page()
    sign_in(desk, visit.doctor.user.email)
    desk.goto(f"/day/{local_day(visit.start, site.clinic.zone)}/")
    desk.get_by_role("link", name=re.compile(f"Documents.*{patient.name}")).click()
    desk.get_by_role("link", name=letter.stem).click()
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Download").click()
    assert re.fullmatch(r"referral-[\d-]+\.pdf", download.value.suggested_filename)
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")

    phone.goto("/documents/")
    phone.get_by_role("link", name="Who looked at my record").last.click()
    looks = phone.locator(".looks li").filter(has_text=str(visit.doctor))
    for what in (
        f"Downloaded a document: {letter.name} (treats the patient)",
        f"Looked at a document: {letter.name} (treats the patient)",
        "Saw the list of documents (treats the patient)",
        "Saw the visits of a day",
    ):
        expect(looks.filter(has_text=what)).to_have_count(1)


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
