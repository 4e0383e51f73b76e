"""What a browser says of a file, before a byte of it has come, is believed by nobody."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("size", "word"),
    [("9" * 5000, "MB"), ("-1", "0 bytes"), ("١", "0 bytes"), ("1e9", "0 bytes")],
)
def test_a_size_that_cannot_be_is_refused_in_words(client: Client, size: str, word: str) -> None:
    patient = factories.patient(with_login=True)
    assert patient.user is not None
    client.force_login(patient.user)
    form = {"kind": "letter", "name": "letter.pdf", "type": "application/pdf", "size": size}
    response = client.post(reverse("document_begin"), form)
    assert response.status_code == 400
    assert word in response.json()["message"]
