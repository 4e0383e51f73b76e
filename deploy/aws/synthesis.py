"""Templates of an environment without an account, judged by cdk-nag on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks

from deploy.aws.acknowledge import reason_for
from deploy.aws.configuration import Environment
from deploy.aws.site import Site


@dataclass(frozen=True)
class Synthesis:
    """What came of it. `findings` and `acknowledged` are cdk-nag's, a line each."""

    environment: Environment | None  # None: of an account's own stacks
    templates: dict[str, Any]  # by the stack's name without environment: "data"
    files: list[Path]
    findings: list[str]
    acknowledged: dict[str, str]  # reason, by "rule at construct"


def synthesise(environment: Environment, outdir: Path) -> Synthesis:
    """All stacks of an environment."""
    return judge(lambda app: Site(app, environment).stacks(), outdir, of=environment)


def judge(
    build: Callable[[cdk.App], list[cdk.Stack]], outdir: Path, *, of: Environment | None = None
) -> Synthesis:
    """What `build` makes of an app."""
    app = cdk.App(outdir=str(outdir), context=context())
    stacks = build(app)
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(), HIPAASecurityChecks())
    try:
        app.synth()
    except RuntimeError as error:  # what jsii makes of a failed validation; the report says all
        if "ValidationFailed" not in str(error):
            raise
    files = [outdir / stack.template_file for stack in stacks]
    prefix = of.stack("") if of else ""
    report = json.loads((outdir / "validation-report.json").read_text())["pluginReports"]
    violations = [
        place for pack in report for found in pack["violations"] for place in _places(found)
    ]
    return Synthesis(
        environment=of,
        templates={
            stack.stack_name.removeprefix(prefix): json.loads(file.read_text())
            for stack, file in zip(stacks, files, strict=True)
        },
        files=files,
        findings=[
            f"{rule} at {path}" for rule, path in violations if reason_for(rule, path) is None
        ],
        acknowledged={
            f"{rule} at {path}": reason
            for rule, path in violations
            if (reason := reason_for(rule, path)) is not None
        }
        | {
            f"{rule} at {path}": found["reason"]
            for pack in report
            for found in pack.get("suppressedViolations", [])
            for rule, path in _places(found)
        },
    )


def context() -> dict[str, Any]:
    """The choices that cdk.json makes."""
    found: dict[str, Any] = json.loads((Path(__file__).parent / "cdk.json").read_text())["context"]
    return found


def _places(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (found["ruleName"], construct["constructPath"])
        for construct in found["violatingConstructs"]
    ]
