"""What starts at eight in the morning starts quickly; and what is loaded later is checked still."""

from __future__ import annotations

import subprocess
import sys

from django.contrib import admin
from django.urls import get_resolver

SENDING = """
import uuid
from clinic.celery import app
app.loader.import_default_modules()
app.loader.init_worker()
from notifications.stopping.links import stop_url
stop_url(uuid.uuid4())
import sys
print([name for name in ("clinic.urls", "booking.views", "booking.admin") if name in sys.modules])
"""


def test_a_worker_that_sends_reminders_loads_no_pages() -> None:
    done = subprocess.run([sys.executable, "-c", SENDING], capture_output=True, text=True)

    assert done.stdout.strip() == "[]", done.stderr


def test_the_portals_pages_pass_djangos_checks() -> None:
    assert get_resolver().url_patterns  # by which they are loaded

    assert len(admin.site._registry) > 10
    assert admin.site.check(None) == []
