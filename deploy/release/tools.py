"""What has to be at hand before anything is touched: tools, credentials, the right account."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from deploy.release.errors import ReleaseError

ROOT = Path(__file__).resolve().parents[2]
CDK = ROOT / "deploy" / "aws" / "node_modules" / ".bin" / "cdk"
CLOUD_PYTHON = ROOT / ".venv-aws" / "bin" / "python"
BUILDERS = ("docker", "buildah")


@dataclass(frozen=True)
class Account:
    id: str
    region: str
    who: str  # the ARN of the identity that acts


def check_tools(*, builds: bool) -> None:
    """`builds`: whether an image is to be made. Raises ReleaseError with all that is missing."""
    missing = [
        f"{tool} ({why})"
        for tool, why, there in (
            ("node", "https://nodejs.org, version 22 or newer", shutil.which("node")),
            ("the CDK's command line", "`make cloud-tools` installs it", CDK.exists()),
            (".venv-aws", "`make cloud-tools` makes it", CLOUD_PYTHON.exists()),
            ("docker or buildah", "to build the image", not builds or builder()),
        )
        if not there
    ]
    if missing:
        raise ReleaseError("These are missing: " + "; ".join(missing) + ".")


def builder() -> str | None:
    """What builds images here; None if nothing does."""
    return next((name for name in BUILDERS if shutil.which(name)), None)


def account(session: Any) -> Account:
    """Whose cloud it is, by the credentials of the terminal. Raises ReleaseError."""
    if not session.region_name:
        raise ReleaseError("No region is chosen: set AWS_REGION, for example us-east-1.")
    try:
        answer = session.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise ReleaseError(
            f"AWS does not take these credentials ({type(error).__name__}):"
            " `aws sso login`, or set AWS_PROFILE."
        ) from error
    return Account(id=answer["Account"], region=session.region_name, who=answer["Arn"])
