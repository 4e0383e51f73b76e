"""What AWS says once, when it happens: sent on to the operators in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from deploy.aws.configuration import Environment
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.observability.alarms import described
from deploy.aws.stacks.observability.stores import instances


class Happenings(Construct):
    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, topic: sns.ITopic
    ) -> None:
        super().__init__(scope, name)
        self.environment, self.topic = environment, topic

    def releases(self, services: Sequence[ecs.FargateService]) -> None:
        """By the circuit breaker, the canary's alarms or a health check."""
        self._tell(
            "release-taken-back",
            "A release did not come to a good end and is taken back.",
            source=["aws.ecs"],
            detail_type=["ECS Deployment State Change", "ECS Service Deployment State Change"],
            resources=[service.service_arn for service in services],
            detail={"eventName": ["SERVICE_DEPLOYMENT_FAILED"]},
        )

    def backups(self, vault: str) -> None:
        """Copies to the other region among them."""
        self._tell(
            "backup-failed",
            "A copy of the database or the documents was not made.",
            source=["aws.backup"],
            detail_type=["Backup Job State Change"],
            detail={
                "backupVaultName": [vault],
                "state": ["FAILED", "ABORTED", "EXPIRED"],
            },
        )
        self._tell(
            "backup-copy-failed",
            "A copy was made, but did not come to the other region.",
            source=["aws.backup"],
            detail_type=["Copy Job State Change"],
            detail={"state": ["FAILED"]},
        )

    def rotations(self) -> None:
        self._tell(
            "rotation-failed",
            "A password of the database was not exchanged.",
            source=["aws.secretsmanager"],
            detail_type=["AWS Service Event via CloudTrail"],
            detail={"eventName": ["RotationFailed"]},
        )

    def database(self, data: Data) -> None:
        self._tell(
            "database-event",
            "RDS says that the database failed, failed over or was restored.",
            source=["aws.rds"],
            detail_type=["RDS DB Instance Event"],
            detail={
                "SourceIdentifier": [
                    instance.instance_identifier for _, instance in instances(data)
                ],
                "EventCategories": ["failover", "failure", "low storage", "recovery"],
            },
        )

    def _tell(self, slug: str, says: str, **pattern: Any) -> None:
        text = described(says, slug)
        events.Rule(
            self,
            "".join(word.capitalize() for word in slug.split("-")),
            rule_name=self.environment.stack(slug),
            description=text,
            event_pattern=events.EventPattern(**pattern),
            targets=[
                targets.SnsTopic(
                    self.topic,
                    message=events.RuleTargetInput.from_text(
                        f"{self.environment.name}: {text} "
                        f"{events.EventField.from_path('$.resources[0]')} "
                        f"at {events.EventField.time}"
                    ),
                )
            ],
        )
