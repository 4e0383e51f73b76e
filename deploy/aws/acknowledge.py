"""Findings of cdk-nag that are meant, each with the reason why."""

from __future__ import annotations

from collections.abc import Mapping

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """`reasons`: by rule ("AwsSolutions-VPC7"), for this construct and all within it."""
    for rule, reason in reasons.items():
        pack = "HIPAA.Security" if rule.startswith("HIPAA.Security-") else "AwsSolutions"
        cdk.Validations.of(construct).acknowledge(
            cdk.Acknowledgment(id=f"{pack}::{rule}", reason=reason)
        )
