"""What each task may ask of AWS: the least that its code calls, each line beside its reason.

Statements are written out and not granted by CDK's helpers, whose idea of "read" is wider. The
roles that start tasks (image, logs, secrets at the start) are CDK's own, by name of each secret.
"""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from deploy.aws.acknowledge import INLINE, acknowledge
from deploy.aws.configuration import Environment
from deploy.aws.stacks.data import Data
from deploy.aws.stacks.messages import Messages

# documents/storage/keys.py, and doctors' photos.
UPLOADS, FILES, PAGES, PHOTOS = "uploads/*", "files/*", "pages/*", "doctors/*"
SEALS = "seals/*"  # accounts/heads.py
STATIC = "static/*"
PREFIXES = (UPLOADS, FILES, PAGES, PHOTOS, SEALS, STATIC)
BELOW = "objects have no names that are known beforehand; the prefix says which kind they are"


class Roles:
    def __init__(self, *, environment: Environment, data: Data, messages: Messages) -> None:
        self.environment, self.data, self.messages = environment, data, messages
        self.queues = [messages.default, messages.messages, messages.documents]

    def web(self, scope: Construct, name: str) -> iam.Role:
        role = self._role(scope, name)
        self._serve(role)
        return role

    def worker(self, scope: Construct, name: str) -> iam.Role:
        role = self._role(scope, name)
        self._work(role)
        return role

    def together(self, scope: Construct, name: str) -> iam.Role:
        """Of one task that is both; the clock needs nothing that they have not."""
        role = self._role(scope, name)
        self._serve(role)
        self._work(role)
        return role

    def _serve(self, role: iam.Role) -> None:
        self._documents(
            role,
            {
                # Signed links to read, and what came: an upload's size is asked for.
                ("s3:GetObject", "s3:GetObjectVersion"): (UPLOADS, FILES, PAGES, PHOTOS),
                # Signed upload forms, uploads without JavaScript, photos by staff.
                ("s3:PutObject",): (UPLOADS, PHOTOS),
                # An upload that was refused on the way.
                ("s3:DeleteObjectVersion",): (UPLOADS,),
                ("s3:DeleteObject",): (PHOTOS,),
            },
        )
        self._queues(role, self.queues, "sqs:SendMessage")  # hints that work waits
        # Operators look at dead letters in the portal, and give them back.
        self._queues(
            role, [self.messages.dead_letters], *LOOK, "sqs:DeleteMessage", "sqs:SendMessage"
        )
        self._password(role, self.data.database_secret)
        self._traces(role)

    def _work(self, role: iam.Role) -> None:
        self._documents(
            role,
            {
                ("s3:GetObject", "s3:GetObjectVersion"): (UPLOADS, FILES, PAGES),
                ("s3:PutObject",): (FILES, PAGES),  # what was checked, and pictures of its pages
                ("s3:DeleteObject", "s3:DeleteObjectVersion"): (UPLOADS, FILES, PAGES),
            },
        )
        self._seals(role)
        self._queues(role, self.queues, *LOOK, "sqs:DeleteMessage", "sqs:SendMessage")
        self._queues(
            role, [self.messages.dead_letters], *LOOK, "sqs:DeleteMessage", "sqs:SendMessage"
        )
        self._mail(role)
        self._texts(role)
        self._password(role, self.data.database_secret)
        self._traces(role)

    def beat(self, scope: Construct, name: str) -> iam.Role:
        """It says what is due, and touches nothing else."""
        role = self._role(scope, name)
        self._queues(role, self.queues, "sqs:SendMessage")
        return role

    def release(self, scope: Construct, name: str) -> iam.Role:
        """It migrates, as the database's owner, and lays static files where CloudFront looks."""
        role = self._role(scope, name)
        self._password(role, self.data.owner_secret)
        static = self.data.static
        allow(role, ["s3:ListBucket"], [static.bucket_arn])
        allow(role, ["s3:PutObject"], [static.arn_for_objects(STATIC)])
        return role

    def nothing(self, scope: Construct, name: str) -> iam.Role:
        """All that it needs is given to it at its start."""
        return self._role(scope, name)

    def _role(self, scope: Construct, name: str) -> iam.Role:
        """Only tasks of our own account may have it."""
        account, region = self.environment.account, self.environment.region
        return iam.Role(
            scope,
            name,
            assumed_by=iam.ServicePrincipal(
                "ecs-tasks.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{region}:{account}:*"},
                },
            ),
        )

    def _documents(self, role: iam.Role, rights: dict[tuple[str, ...], tuple[str, ...]]) -> None:
        bucket = self.data.documents
        # Listing makes a missing object "not there" and not "denied"; keys say nothing of anybody.
        allow(role, ["s3:ListBucket", "s3:ListBucketVersions"], [bucket.bucket_arn])
        for actions, prefixes in rights.items():
            allow(role, actions, [bucket.arn_for_objects(prefix) for prefix in prefixes])
        self._by_key(role, self.data.key, "s3")

    def _seals(self, role: iam.Role) -> None:
        """Heads of the audit trail: laid down and compared, never removed."""
        bucket = self.data.audit
        allow(role, ["s3:ListBucket", "s3:ListBucketVersions"], [bucket.bucket_arn])
        allow(
            role,
            [
                "s3:PutObject",
                "s3:PutObjectRetention",
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:GetObjectRetention",
            ],
            [bucket.arn_for_objects(SEALS)],
        )

    def _queues(self, role: iam.Role, queues: Sequence[sqs.IQueue], *actions: str) -> None:
        allow(role, actions, [queue.queue_arn for queue in queues])
        self._by_key(role, self.messages.key, "sqs")

    def _by_key(self, role: iam.Role, key: kms.IKey, service: str) -> None:
        """Through the service alone: with the key itself the task can open nothing."""
        via = f"{service}.{self.environment.region}.amazonaws.com"
        allow(
            role,
            ["kms:Decrypt", "kms:GenerateDataKey"],
            [key.key_arn],
            {"StringEquals": {"kms:ViaService": via}},
        )

    def _mail(self, role: iam.Role) -> None:
        region, account = self.environment.region, self.environment.account
        arn = f"arn:aws:ses:{region}:{account}"
        allow(
            role,
            ["ses:SendEmail", "ses:SendBulkEmail"],
            [
                f"{arn}:identity/{self.environment.domain}",
                f"{arn}:configuration-set/{self.messages.configuration_set.configuration_set_name}",
            ],
            {"StringEquals": {"ses:FromAddress": f"no-reply@{self.environment.domain}"}},
        )
        # `*`: how many mails a second the account may send is not of any one thing.
        allow(role, ["ses:GetAccount"], ["*"])

    def _texts(self, role: iam.Role) -> None:
        # `*`: a text goes to a phone number, which is no resource. Every topic is denied, so that
        # phone numbers are all that is left.
        allow(role, ["sns:Publish", "sns:CheckIfPhoneNumberIsOptedOut"], ["*"])
        role.add_to_policy(
            iam.PolicyStatement(
                effect=iam.Effect.DENY, actions=["sns:Publish"], resources=["arn:aws:sns:*:*:*"]
            )
        )

    def _password(self, role: iam.Role, secret: secretsmanager.ISecret) -> None:
        """The database's changes while a task runs, which reads it anew when it is refused."""
        allow(role, ["secretsmanager:GetSecretValue"], [secret.secret_arn])
        self._by_key(role, self.data.key, "secretsmanager")

    def _traces(self, role: iam.Role) -> None:
        # `*`: X-Ray knows no resources for these.
        allow(
            role,
            [
                "xray:PutTraceSegments",
                "xray:PutTelemetryRecords",
                "xray:GetSamplingRules",
                "xray:GetSamplingTargets",
            ],
            ["*"],
        )


LOOK = ("sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes")


def allow(
    role: iam.Role,
    actions: Sequence[str],
    resources: Sequence[str],
    conditions: dict[str, dict[str, str]] | None = None,
) -> None:
    role.add_to_policy(
        iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)
    )


def acknowledge_wildcards(stack: cdk.Stack) -> None:
    """Once its tasks are made. What is a `*` and why is held by `promises/access.py`."""
    acknowledge(
        stack,
        {f"AwsSolutions-IAM5[Resource::…/{prefix}]": BELOW for prefix in PREFIXES}
        | {
            "AwsSolutions-IAM5[Resource::*]": (
                "actions that know no resource; each is named with its reason in "
                "promises/access.py, and one that is not named there fails"
            ),
        }
        | INLINE,
    )


SHIFTING = "AmazonECSInfrastructureRolePolicyForLoadBalancers"


def of_service(scope: Construct, name: str) -> iam.Role:
    """With it ECS itself moves requests from one set of tasks to the other."""
    role = iam.Role(
        scope,
        name,
        assumed_by=iam.ServicePrincipal("ecs.amazonaws.com"),
        managed_policies=[iam.ManagedPolicy.from_aws_managed_policy_name(SHIFTING)],
    )
    acknowledge(
        role,
        {
            f"AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/{SHIFTING}]": (
                "the policy that ECS asks for by name; ECS alone can have the role, and our "
                "deployments would break in silence if we wrote an older copy of it"
            )
        },
    )
    return role
