"""The application itself, with exactly the settings that each task is given.

It runs in its own virtual environment (`make bootstrap`), because the CDK's has no Django: the
names come from the templates, the values are made up where only the cloud knows them.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.aws.promises.cloud import Cloud
from deploy.aws.promises.tasks import container
from deploy.aws.stacks.edge.firewall import UPLOADS

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv" / "bin" / "python"
# Read by others than clinic/settings: gunicorn, OpenTelemetry, the image's own programs.
READ_ELSEWHERE = {
    "WEB_WORKERS",
    "WEB_DRAIN_SECONDS",
    "WEB_GRACEFUL_SECONDS",
    "DATABASE_APP_ROLE",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
}
# What a task is told by its image (the Dockerfile's ENV).
OF_THE_IMAGE = {"STATIC_MANIFEST": "0", "PATH": "/usr/bin:/bin"}

ASK = """
import json, sys
import environ
read = set()
ask = environ.Env.get_value
def noting(self, var, *args, **kwargs):
    read.add(str(var))
    return ask(self, var, *args, **kwargs)
environ.Env.get_value = noting
import django
from django.conf import settings
from django.core.management import call_command
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
django.setup()
call_command("check", deploy=True, fail_level="WARNING", stdout=sys.stderr)
database = settings.DATABASES["default"]
print(json.dumps({
    "read": sorted(read),
    "uploads": list(settings.UPLOAD_PATHS),
    "host": database["HOST"],
    "user": database["USER"],
    "proxies": settings.TRUSTED_PROXIES,
    "hosts": settings.ALLOWED_HOSTS,
    "broker": settings.CELERY_BROKER_URL,
    "outlets": [settings.EMAIL_OUTLET, settings.SMS_OUTLET],
}))
"""


def given(cloud: Cloud, name: str) -> dict[str, str]:
    """As the container would find it: what is known later made up, and secrets too."""
    one = container(cloud, name)
    plain = {each["Name"]: made_up(each["Value"]) for each in one["Environment"]}
    return plain | {each["Name"]: secret(each["Name"]) for each in one["Secrets"]}


def made_up(value: Any) -> str:
    """A name for each reference; what is written out stays."""
    if isinstance(value, str):
        return value
    if "Fn::Join" in value:
        glue, parts = value["Fn::Join"]
        return str(glue).join(made_up(part) for part in parts)
    return "known.later.example"


def secret(name: str) -> str:
    if name == "REDIS_URL":
        return "rediss://:word@cache.example:6379/0"
    return "" if name.endswith("FALLBACKS") else "0123456789abcdef" * 4


def ask(settings: dict[str, str], cwd: Path) -> dict[str, Any]:
    """Raises AssertionError with Django's own words when it does not start with them."""
    done = subprocess.run(
        [PYTHON, "-W", "ignore", "-c", ASK],
        env=OF_THE_IMAGE | settings | {"PYTHONPATH": str(ROOT), "HOME": str(cwd)},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.fixture(autouse=True)
def with_the_application() -> None:
    if not PYTHON.exists():
        pytest.fail("the application's own environment is not there: make bootstrap")


@pytest.mark.parametrize("name", ["web", "default", "beat", "release"])
def test_the_application_starts_with_what_its_task_is_given(
    name: str, cloud: Cloud, tmp_path: Path
) -> None:
    settings = given(cloud, name)

    answer = ask(settings, tmp_path)

    assert set(settings) - READ_ELSEWHERE <= set(answer["read"])  # none is misspelt
    assert answer["hosts"] == [cloud.environment.domain]
    assert answer["proxies"] == 2
    if name != "release":
        assert answer["broker"] == "sqs://"
    if name == "release":
        assert answer["user"] == "clinic_owner"


def test_it_does_not_start_without_one_that_it_needs(cloud: Cloud, tmp_path: Path) -> None:
    settings = given(cloud, "web")
    del settings["SECRET_KEY"]

    with pytest.raises(AssertionError, match="SECRET_KEY"):
        ask(settings, tmp_path)


def test_one_that_is_misspelt_is_seen(cloud: Cloud, tmp_path: Path) -> None:
    settings = given(cloud, "web") | {"TRUSTED_PROXYS": "2"}

    assert "TRUSTED_PROXYS" not in ask(settings, tmp_path)["read"]


def test_files_are_sent_where_the_firewall_expects_them(cloud: Cloud, tmp_path: Path) -> None:
    assert ask(given(cloud, "web"), tmp_path)["uploads"] == list(UPLOADS)


def test_mails_and_texts_leave_by_the_services_of_the_cloud(cloud: Cloud, tmp_path: Path) -> None:
    assert ask(given(cloud, "messages"), tmp_path)["outlets"] == ["ses", "sns"]
