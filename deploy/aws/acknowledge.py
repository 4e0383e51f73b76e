"""Findings of cdk-nag and cfn-lint that are meant, each with the reason why."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import IConstruct

# The CDK writes a role's rights as a policy within it.
INLINE = {
    "HIPAA.Security-IAMNoInlinePolicy": (
        "the rights belong to this one role, are written beside it and are gone with it"
    )
}


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """`reasons`: by rule ("AwsSolutions-VPC7"), for this construct and all within it."""
    for rule, reason in reasons.items():
        pack = "HIPAA.Security" if rule.startswith("HIPAA.Security-") else "AwsSolutions"
        cdk.Validations.of(construct).acknowledge(
            cdk.Acknowledgment(id=f"{pack}::{rule}", reason=reason)
        )


def acknowledge_lint(resource: IConstruct, rule: str, reason: str) -> None:
    """`rule`: cfn-lint's ("W3010"), for this one resource."""
    assert isinstance(resource, cdk.CfnResource)
    resource.add_metadata("cfn-lint", {"config": {"ignore_checks": [rule]}, "reason": reason})
