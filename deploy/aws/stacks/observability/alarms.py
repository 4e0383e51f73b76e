"""An alarm: what is wrong in a sentence, where docs/runbook.md says what to do, and who is told."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import Environment

RUNBOOK = "docs/runbook.md"
Over = cloudwatch.ComparisonOperator
# What it means that nothing was measured. CloudWatch's own default, "insufficient data", tells
# nobody anything: no alarm has it.
GONE = cloudwatch.TreatMissingData.BREACHING  # who measures is gone: that is trouble
QUIET = cloudwatch.TreatMissingData.NOT_BREACHING  # nothing happened, so nothing was counted
AS_IT_WAS = cloudwatch.TreatMissingData.IGNORE  # told seldom: between two times nothing is new


class Alarms:
    """Makes alarms in `scope` that tell `topic`, when they begin and when they are over."""

    def __init__(self, scope: Construct, environment: Environment, topic: sns.ITopic) -> None:
        self.scope, self.environment = scope, environment
        self.action = actions.SnsAction(topic)

    def add(
        self,
        slug: str,
        says: str,
        metric: cloudwatch.IMetric,
        *,
        above: float | None = None,
        below: float | None = None,
        times: tuple[int, int],
        missing: cloudwatch.TreatMissingData,
        of: str = "",
        told: bool = True,
        over: bool = True,
    ) -> cloudwatch.Alarm:
        """`slug`: its section of the runbook; `of`: which of several ("web"). `times`: so many of
        so many of the metric's periods. `told` is False for what only speaks by `either`; `over`,
        for what is news and not a state: nobody is told that it ended."""
        threshold = above if above is not None else below
        assert threshold is not None
        made = metric.create_alarm(  # type: ignore[attr-defined]
            self.scope,
            _id(slug, of),
            alarm_name=self._name(slug, of),
            alarm_description=described(says, slug),
            threshold=threshold,
            comparison_operator=(
                Over.GREATER_THAN_THRESHOLD if above is not None else Over.LESS_THAN_THRESHOLD
            ),
            datapoints_to_alarm=times[0],
            evaluation_periods=times[1],
            treat_missing_data=missing,
        )
        if told:
            self._tell(made, over=over)
        else:
            acknowledge(made, {"HIPAA.Security-CloudWatchAlarmAction": PART})
        return made

    def either(
        self,
        slug: str,
        says: str,
        parts: Sequence[cloudwatch.IAlarm],
        *,
        quiet_during: cloudwatch.IAlarm | None = None,
    ) -> cloudwatch.CompositeAlarm:
        """One message for several. It says nothing while `quiet_during` rings, nor for a while
        after: that one has been told, and is the cause."""
        waits = (
            {
                "actions_suppressor": quiet_during,
                "actions_suppressor_wait_period": cdk.Duration.minutes(2),
                "actions_suppressor_extension_period": cdk.Duration.minutes(5),
            }
            if quiet_during
            else {}
        )
        made = cloudwatch.CompositeAlarm(
            self.scope,
            _id(slug, ""),
            composite_alarm_name=self._name(slug, ""),
            alarm_description=described(says, slug),
            alarm_rule=cloudwatch.AlarmRule.any_of(
                *(
                    cloudwatch.AlarmRule.from_alarm(part, cloudwatch.AlarmState.ALARM)
                    for part in parts
                )
            ),
            **waits,
        )
        self._tell(made, over=True)
        return made

    def _tell(self, alarm: cloudwatch.AlarmBase, *, over: bool) -> None:
        alarm.add_alarm_action(self.action)
        if over:
            alarm.add_ok_action(self.action)

    def _name(self, slug: str, of: str) -> str:
        return self.environment.stack("-".join(filter(None, (slug, of))))


PART = "it speaks by an alarm of several, so that one trouble is told once"


def described(says: str, slug: str) -> str:
    return f"{says} {RUNBOOK}#{slug}"


def _id(slug: str, of: str) -> str:
    return "".join(word.capitalize() for word in f"{slug}-{of}".split("-"))
