"""What stays when a stack is deleted, and for how long logs do."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_logs as logs

from deploy.aws.configuration import Environment

DAYS = {30: logs.RetentionDays.ONE_MONTH, 400: logs.RetentionDays.THIRTEEN_MONTHS}


def removal(environment: Environment) -> cdk.RemovalPolicy:
    return cdk.RemovalPolicy.RETAIN if environment.keeps_data else cdk.RemovalPolicy.DESTROY


def log_days(environment: Environment) -> logs.RetentionDays:
    """Raises KeyError for a number of days that CloudWatch does not know."""
    return DAYS[environment.log_days]
