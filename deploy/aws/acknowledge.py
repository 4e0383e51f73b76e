"""Findings of cdk-nag and cfn-lint that are meant, each with the reason why."""

from __future__ import annotations

import re
from collections.abc import Mapping

import aws_cdk as cdk
from constructs import IConstruct

# The CDK writes a role's rights as a policy within it.
INLINE = {
    "HIPAA.Security-IAMNoInlinePolicy": (
        "the rights belong to this one role, are written beside it and are gone with it"
    )
}
ANYTHING = "…"

# By the construct's path: what is written with ANYTHING, for which cdk-nag has no words.
_loose: dict[str, dict[str, str]] = {}


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """`reasons`: by rule ("AwsSolutions-VPC7"), for this construct and all within it.

    A rule may name what it found, with "…" for what another stack's name makes of it:
    "AwsSolutions-IAM5[Resource::…/uploads/*]".
    """
    for rule, reason in reasons.items():
        if ANYTHING in rule:
            _loose.setdefault(construct.node.path, {})[rule] = reason
            continue
        pack = "HIPAA.Security" if rule.startswith("HIPAA.Security-") else "AwsSolutions"
        cdk.Validations.of(construct).acknowledge(
            cdk.Acknowledgment(id=f"{pack}::{rule}", reason=reason)
        )


def reason_for(rule: str, path: str) -> str | None:
    """What was written with "…" for a finding of `rule` at a construct's `path`."""
    for where, reasons in _loose.items():
        if path == where or path.startswith(f"{where}/"):
            for pattern, reason in reasons.items():
                wanted = ".*".join(map(re.escape, pattern.split(ANYTHING)))
                if re.fullmatch(wanted, rule):
                    return reason
    return None


def acknowledge_lint(resource: IConstruct, rule: str, reason: str) -> None:
    """`rule`: cfn-lint's ("W3010"), for this one resource."""
    assert isinstance(resource, cdk.CfnResource)
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": [rule]}, "reason": reason})
