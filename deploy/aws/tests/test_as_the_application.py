"""What is written here and in the application too is the same in both."""

from __future__ import annotations

import ast
import json
import runpy
from pathlib import Path
from typing import Any

from deploy.aws.promises.cloud import Cloud
from deploy.aws.promises.storage import bucket, policy
from deploy.aws.stacks.data import buckets, passwords
from deploy.aws.stacks.messages import hooks, queues
from deploy.aws.stacks.network import groups

ROOT = Path(__file__).parents[3]
NAME, KEY = "the-bucket", "arn:of:key"
# By its path: what is around it wants libraries that this virtual environment does not have.
statements = runpy.run_path(str(ROOT / "documents/storage/bucket/policy.py"))["statements"]


def constant(file: str, name: str) -> Any:
    """Read, not imported, for the same reason."""
    for line in ast.parse((ROOT / file).read_text()).body:
        if isinstance(line, ast.Assign) and getattr(line.targets[0], "id", "") == name:
            return eval(ast.unparse(line.value), {"LONGEST_TASK": 15 * 60})
    raise LookupError(f"{file} has no {name}")


def test_lifetimes_and_places_of_files() -> None:
    of_buckets = "documents/storage/bucket/properties.py"

    assert constant(of_buckets, "UPLOAD_DAYS") == buckets.UPLOAD_DAYS
    assert constant(of_buckets, "OLD_VERSION_DAYS") == buckets.OLD_VERSION_DAYS
    assert constant(of_buckets, "CHECKS") == buckets.CHECKS
    assert constant("documents/storage/keys.py", "UPLOADS") == buckets.UPLOADS


def test_how_long_work_is_taken_for() -> None:
    assert constant("clinic/lib/queues.py", "TAKEN_FOR") == queues.TAKEN_FOR.to_seconds()


def test_the_two_roles_of_the_database() -> None:
    local = (ROOT / "deploy/local/postgres.py").read_text()

    assert f'OWNER, APP, SUPERUSER = "{passwords.OWNER}", "{passwords.APP}"' in local


def test_where_the_site_is_told_and_where_it_listens() -> None:
    assert f'"{hooks.ENDPOINT.lstrip("/")}"' in (ROOT / "clinic/urls.py").read_text()
    assert f"PORT={groups.WEB}" in (ROOT / "Dockerfile").read_text()


def test_documents_are_refused_by_the_same_statements(cloud: Cloud) -> None:
    written = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY}
    wanted = statements(NAME, encryption=written, over_tls=True)
    made = {each.get("Sid"): each for each in _plain(cloud, "Documents")}

    assert {sid: made.get(sid) for sid in wanted} == wanted


def test_seals_are_refused_by_the_same_statements(cloud: Cloud) -> None:
    wanted = statements(NAME, encryption=None, over_tls=True)
    made = {each.get("Sid"): each for each in _plain(cloud, "Audit")}

    assert {sid: made.get(sid) for sid in wanted} == wanted


def _plain(cloud: Cloud, name: str) -> list[dict[str, Any]]:
    """The policy's statements, with what CloudFormation will put in."""
    arn = {"Fn::GetAtt": [bucket(cloud, name).name, "Arn"]}
    (key,) = (each for each in cloud.all("AWS::KMS::Key", stack="data"))
    said = json.dumps(policy(cloud, name).get("PolicyDocument.Statement"))
    for found, instead in (
        ({"Fn::Join": ["", [arn, "/*"]]}, f"arn:aws:s3:::{NAME}/*"),
        (arn, f"arn:aws:s3:::{NAME}"),
        ({"Fn::GetAtt": [key.name, "Arn"]}, KEY),
    ):
        said = said.replace(json.dumps(found), json.dumps(instead))
    return list(json.loads(said))
