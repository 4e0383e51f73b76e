"""The files for Elastic Beanstalk, as far as they can be judged without an account."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.image.entry import command_for

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "beanstalk"
PLAIN = "aws:elasticbeanstalk:application:environment"
SECRET = "aws:elasticbeanstalk:application:environmentsecrets"
TRUTH, NUMBER, IDS = "true|false", r"\d+", r"[\w-]+(,[\w-]+)*"
NAME, ARN = r"[\w-]+", r"arn:aws:[\w:/-]+"
# Each option that is used, with its values, as AWS's "General options for all environments" has it.
OPTIONS = {
    "aws:elasticbeanstalk:environment": {
        "EnvironmentType": "SingleInstance|LoadBalanced",
        "LoadBalancerType": "classic|application|network",
        "ServiceRole": NAME,
    },
    "aws:ec2:vpc": {
        "VPCId": r"vpc-\w+",
        "Subnets": IDS,
        "ELBSubnets": IDS,
        "ELBScheme": "public|internal",
        "AssociatePublicIpAddress": TRUTH,
    },
    "aws:ec2:instances": {
        "InstanceTypes": r"[\w.]+(,[\w.]+)*",
        "SupportedArchitectures": "arm64|x86_64",
    },
    "aws:autoscaling:launchconfiguration": {
        "IamInstanceProfile": NAME,
        "SecurityGroups": IDS,
        "DisableIMDSv1": TRUTH,
        "RootVolumeType": "gp2|gp3|io1",
    },
    "aws:autoscaling:asg": {"MinSize": NUMBER, "MaxSize": NUMBER},
    "aws:autoscaling:trigger": {
        "MeasureName": "CPUUtilization|NetworkOut|RequestCount",
        "Unit": "Percent|Bytes|Count",
        "UpperThreshold": NUMBER,
        "LowerThreshold": NUMBER,
    },
    "aws:elbv2:listener:default": {"ListenerEnabled": TRUTH},
    "aws:elbv2:listener:443": {"Protocol": "HTTPS", "SSLCertificateArns": ARN, "SSLPolicy": NAME},
    "aws:elasticbeanstalk:environment:process:default": {
        "Port": NUMBER,
        "Protocol": "HTTP|HTTPS",
        "HealthCheckPath": r"/\w+",
        "HealthCheckInterval": NUMBER,
        "HealthCheckTimeout": NUMBER,
        "HealthyThresholdCount": NUMBER,
        "UnhealthyThresholdCount": NUMBER,
        "DeregistrationDelay": NUMBER,
    },
    "aws:elasticbeanstalk:command": {
        "DeploymentPolicy": "AllAtOnce|Rolling|RollingWithAdditionalBatch|Immutable",
        "BatchSizeType": "Percentage|Fixed",
        "BatchSize": NUMBER,
        "Timeout": NUMBER,
    },
    "aws:elasticbeanstalk:healthreporting:system": {"SystemType": "basic|enhanced"},
    "aws:elasticbeanstalk:managedactions": {
        "ManagedActionsEnabled": TRUTH,
        "PreferredStartTime": r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun):\d\d:\d\d",
        "ServiceRoleForManagedUpdates": NAME,
    },
    "aws:elasticbeanstalk:managedactions:platformupdate": {
        "UpdateLevel": "patch|minor",
        "InstanceRefreshEnabled": TRUTH,
    },
    "aws:elasticbeanstalk:cloudwatch:logs": {
        "StreamLogs": TRUTH,
        "DeleteOnTerminate": TRUTH,
        "RetentionInDays": "30|60|90|180|365|400|545",
    },
}
# Read by Compose, gunicorn and the image's own programs, not by clinic/settings.
READ_ELSEWHERE = {
    "IMAGE",
    "OWNER_DATABASE_URL",
    "OWNER_DATABASE_SECRET_ARN",
    "DATABASE_APP_ROLE",
    "WEB_DRAIN_SECONDS",
    "WEB_GRACEFUL_SECONDS",
}
ASK = """
import json, os, environ
read, ask = set(), environ.Env.get_value
def noting(self, var, *args, **kwargs):
    read.add(str(var))
    return ask(self, var, *args, **kwargs)
environ.Env.get_value = noting
os.environ["DJANGO_SETTINGS_MODULE"] = "clinic.settings"
from django.conf import settings
settings.DEBUG
print(json.dumps(sorted(read)))
"""


@pytest.fixture
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())
    return found


@pytest.fixture
def options() -> dict[str, dict[str, Any]]:
    found = yaml.safe_load((FOLDER / ".ebextensions" / "clinic.config").read_text())
    settings: dict[str, dict[str, Any]] = found["option_settings"]
    return settings


def said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def wrong(options: dict[str, dict[str, Any]]) -> list[str]:
    """Options that Beanstalk does not know, and values that it does not take."""
    return [
        f"{space} {name}: {value}"
        for space, given in options.items()
        if space not in (PLAIN, SECRET)
        for name, value in given.items()
        if not re.fullmatch(OPTIONS.get(space, {}).get(name, "(?!)"), said(value))
    ]


def read(settings: dict[str, str], folder: Path) -> set[str]:
    """The names that the application asks for when it starts with these."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK],
        env={"PATH": os.defpath, "HOME": str(folder), "STATIC_MANIFEST": "0"}
        | settings
        | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return set(json.loads(done.stdout.splitlines()[-1]))


def given(options: dict[str, dict[str, Any]]) -> dict[str, str]:
    secrets = {"SECRET_KEY": "0123456789abcdef" * 4, "REDIS_URL": "rediss://:word@cache:6379/0"}
    assert secrets.keys() == options[SECRET].keys()
    return {name: said(value) for name, value in options[PLAIN].items()} | secrets


def test_each_option_is_one_that_beanstalk_knows(options: dict[str, dict[str, Any]]) -> None:
    assert wrong(options) == []


@pytest.mark.parametrize(
    ("space", "name", "value"),
    [
        ("aws:elasticbeanstalk:command", "DeploymentPolicy", "RollingWithAdditionalBatches"),
        ("aws:elasticbeanstalk:managedactions", "ManagedActionEnabled", True),
        ("aws:elasticbeanstalk:managedaction", "ManagedActionsEnabled", True),
    ],
)
def test_one_that_is_misspelt_is_seen(
    options: dict[str, dict[str, Any]], space: str, name: str, value: object
) -> None:
    options.setdefault(space, {})[name] = value

    assert len(wrong(options)) == 1


def test_each_container_runs_what_the_image_can_run(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        command_for(service["command"])  # EntryError for what it cannot
    assert set(compose["services"]) == {"release", "web", "worker", "beat"}


def test_each_container_is_confined_as_on_fargate(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["image"] == "${IMAGE}", name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert service["tmpfs"] == ["/tmp"], name


def test_nothing_serves_before_the_schema_is_right(compose: dict[str, Any]) -> None:
    for name in ("web", "worker", "beat"):
        assert compose["services"][name]["depends_on"] == {
            "release": {"condition": "service_completed_successfully"}
        }
    assert compose["services"]["release"]["restart"] == "no"


def test_the_balancer_asks_where_the_site_listens(options: dict[str, dict[str, Any]]) -> None:
    process = options["aws:elasticbeanstalk:environment:process:default"]
    exposed = re.search(r"^EXPOSE (\d+)$", (ROOT / "Dockerfile").read_text(), re.M)

    assert exposed is not None
    assert (process["Port"], process["HealthCheckPath"]) == (int(exposed[1]), "/readyz")


def test_nobody_is_answered_in_clear(options: dict[str, dict[str, Any]]) -> None:
    assert options["aws:elbv2:listener:default"]["ListenerEnabled"] is False
    assert options["aws:elbv2:listener:443"]["Protocol"] == "HTTPS"


def test_the_application_starts_with_these_settings_and_reads_each(
    options: dict[str, dict[str, Any]], compose: dict[str, Any], tmp_path: Path
) -> None:
    settings = given(options)
    of_services = {
        name for service in compose["services"].values() for name in service["environment"]
    }

    names = settings.keys() | of_services
    assert names - READ_ELSEWHERE <= read(settings, tmp_path)


def test_it_does_not_start_without_one_that_it_needs(
    options: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    settings = given(options)
    del settings["SECRET_KEY"]

    with pytest.raises(AssertionError, match="SECRET_KEY"):
        read(settings, tmp_path)


def test_no_secret_stands_in_a_file(options: dict[str, dict[str, Any]]) -> None:
    for name, value in options[PLAIN].items():
        assert not re.search(r"://[^/@]*:[^/@]*@", said(value)), name
    assert all(said(arn).startswith("arn:") for arn in options[SECRET].values())
    assert not set(options[SECRET]) & set(options[PLAIN])
