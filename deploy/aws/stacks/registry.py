"""Where images wait to be run. A stack of its own: the image is pushed before anything needs it."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ecr as ecr
from constructs import Construct

from deploy.aws import outputs
from deploy.aws.configuration import Environment
from deploy.aws.stacks.keeping import removal

RELEASES_KEPT = 30  # to go back to
COLLECTORS_KEPT = 3


class Registry(cdk.Stack):
    """Exposes the repositories `application` and `collector` (AWS's collector of traces, copied
    here when a release is made: tasks that cannot reach the internet pull nothing from there)."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, **stack: Any
    ) -> None:
        super().__init__(scope, name, **stack)
        self.application = self._repository(environment, "Application", "clinic", RELEASES_KEPT)
        self.collector = self._repository(environment, "Collector", "collector", COLLECTORS_KEPT)
        cdk.CfnOutput(self, outputs.REPOSITORY_URI, value=self.application.repository_uri)
        cdk.CfnOutput(self, outputs.COLLECTOR_URI, value=self.collector.repository_uri)

    def _repository(
        self, environment: Environment, name: str, what: str, kept: int
    ) -> ecr.Repository:
        return ecr.Repository(
            self,
            name,
            repository_name=f"clinic-{environment.name}/{what}",
            encryption=ecr.RepositoryEncryption.KMS,
            image_scan_on_push=True,
            # What was tried in staging is what runs in production, under the same name.
            image_tag_mutability=ecr.TagMutability.IMMUTABLE,
            lifecycle_rules=[
                ecr.LifecycleRule(
                    description="layers without a name",
                    tag_status=ecr.TagStatus.UNTAGGED,
                    max_image_age=cdk.Duration.days(7),
                ),
                ecr.LifecycleRule(description="old releases", max_image_count=kept),
            ],
            removal_policy=removal(environment),
            empty_on_delete=not environment.keeps_data,
        )
