"""Who a pipeline may be in an account: one role to release, one that only looks.

No key is stored anywhere: GitHub says in a signed token which repository and which of its
environments a job runs for, and AWS gives that job an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.outputs import MIGRATION, ROLES
from deploy.aws.stacks.account import GITHUB

# The roles that `cdk bootstrap` made: the CDK does all its work as one of these.
LOOKS = ("lookup-role",)
RELEASES = ("lookup-role", "deploy-role", "file-publishing-role", "image-publishing-role")
QUALIFIER = "hnb659fds"  # the CDK's own, unless one is chosen at bootstrap
READ_IMAGES = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:DescribeImages",
    "ecr:GetDownloadUrlForLayer",
)
TO_TASKS = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
WRITE_IMAGES = (
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)


class Pipelines(cdk.Stack):
    """Deployed by hand, as it decides what a pipeline may: a pipeline may not change it.

    Outputs `ReleaseRole` and `DiffRole`: variables AWS_RELEASE_ROLE (or AWS_PREVIEW_ROLE) and
    AWS_DIFF_ROLE of the repository's environment of the same name.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: str,
        repository: str,
        regions: Sequence[str],
        **stack: Any,
    ) -> None:
        """`environment`: "staging"; "preview" for all of them. `repository`: "owner/name".
        `regions`: all that the environment has stacks in."""
        super().__init__(scope, name, **stack)
        self.environment_name = environment
        self.regions = regions
        # All previews share a role: each comes and goes, and its pipeline cannot wait for hands.
        self.ours = "clinic-preview-*" if environment == "preview" else f"clinic-{environment}"
        self.repository = repository
        release = self._role("Release", "Releases and removes what it released", RELEASES)
        self._may_push(release)
        self._may_migrate(release)
        # The difference is computed for pull requests, whose code nobody has read yet: it looks.
        self._role("Diff", "Computes what a change would do", LOOKS)

    def _role(self, name: str, purpose: str, bootstrapped: tuple[str, ...]) -> iam.Role:
        subject = f"repo:{self.repository}:environment:{self.environment_name}"
        if name == "Diff":
            subject = f"repo:{self.repository}:environment:preview"
        provider = f"arn:aws:iam::{self.account}:oidc-provider/{GITHUB}"
        role = iam.Role(
            self,
            name,
            description=purpose,
            max_session_duration=cdk.Duration.hours(2),
            assumed_by=iam.WebIdentityPrincipal(
                provider,
                {"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": subject}},
            ),
        )
        roles = [
            f"arn:aws:iam::{self.account}:role/cdk-{QUALIFIER}-{each}-{self.account}-{region}"
            for region in self.regions
            for each in bootstrapped
        ]
        self._allow(role, f"{name}AsBootstrapped", {("sts:AssumeRole",): roles})
        cdk.CfnOutput(self, f"{name}Role", value=role.role_arn)
        return role

    def _may_push(self, role: iam.Role) -> None:
        """And read what staging ran, whose image production takes over."""
        repositories = [f"arn:aws:ecr:{self.region}:{self.account}:repository/{self.ours}/*"]
        if self.environment_name == "production":
            staging = f"arn:aws:ecr:{self.region}:{self.account}:repository/clinic-staging/*"
            repositories.append(staging)
        self._allow(
            role,
            "Images",
            {
                # A token for the registry as a whole: AWS takes no resource here.
                ("ecr:GetAuthorizationToken",): ["*"],
                READ_IMAGES: repositories,
                WRITE_IMAGES: repositories[:1],
            },
            "the token is for the registry as a whole, AWS takes no resource there; else it is"
            " every repository of this environment and no other",
        )

    def _may_migrate(self, role: iam.Role) -> None:
        """Start the tasks that run once as they were deployed, and see how they end."""
        cluster = f"arn:aws:ecs:{self.region}:{self.account}:*/{self.ours}*"
        stacks = [f"{self.ours}-*"]
        if self.environment_name == "production":
            stacks.append("clinic-staging-registry")  # where the image is that it takes over
        families = f"arn:aws:ecs:{self.region}:{self.account}:task-definition/{self.ours}"
        self._allow(
            role,
            "Migration",
            {
                ("cloudformation:DescribeStacks",): [
                    f"arn:aws:cloudformation:{region}:{self.account}:stack/{stack}/*"
                    for region in self.regions
                    for stack in stacks
                ],
                ("ecs:RunTask",): [f"{families}-{name}:*" for name in (ROLES, MIGRATION)],
                ("ecs:DescribeTasks",): [cluster],
                # Of the stack `commands`, of whose name CloudFormation may cut the end off.
                ("iam:PassRole",): [f"arn:aws:iam::{self.account}:role/{self.ours}-comm*"],
            },
            "stacks, tasks and roles end with what AWS makes up: a star stands for that, after this"
            " environment's own name",
        )

    def _allow(
        self, role: iam.Role, name: str, allowed: dict[tuple[str, ...], list[str]], why: str = ""
    ) -> None:
        """`allowed`: resources by actions. `why`: the reason for each `*` in a resource."""
        statements = [
            iam.PolicyStatement(
                actions=list(actions),
                resources=resources,
                conditions=TO_TASKS if "iam:PassRole" in actions else None,
            )
            for actions, resources in allowed.items()
        ]
        policy = iam.ManagedPolicy(self, name, statements=statements, roles=[role])
        starred = [each for resources in allowed.values() for each in resources if "*" in each]
        acknowledge(policy, {f"AwsSolutions-IAM5[Resource::{each}]": why for each in starred})
