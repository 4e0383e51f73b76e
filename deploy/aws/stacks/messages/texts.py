"""Text messages by SNS: a limit to what they may cost, and what became of each.

Limit and log are settings of the whole account in its region, for which CloudFormation has no
resource: the deployment makes the call that sets them. So an environment that comes and goes leaves
them alone, and production wants an account of its own (docs/decisions/aws-messages.md).
"""

from __future__ import annotations

from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as functions
from aws_cdk import aws_logs as logs
from aws_cdk import aws_logs_destinations as destinations
from aws_cdk import aws_sns as sns
from aws_cdk import custom_resources
from constructs import Construct

from deploy.aws.acknowledge import INLINE, acknowledge, acknowledge_lint
from deploy.aws.configuration import Environment

TELLING = Path(__file__).with_name("telling.py")
SET = "sns:SetSMSAttributes"


class Texts(Construct):
    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        key: kms.Key,
        topic: sns.Topic,
    ) -> None:
        super().__init__(scope, name)
        self.environment, self.key = environment, key
        writer = self._writer()
        own = {"DefaultSMSType": "Transactional"}
        kept = {
            "DeliveryStatusIAMRole": writer.role_arn,
            "DeliveryStatusSuccessSamplingRate": "100",
        }
        self._set("Log", own | kept, passes=writer)
        # A limit that AWS has not granted yet is refused: then the account's own, lower one stays.
        limit = {"MonthlySpendLimit": str(environment.alerts.monthly_sms_usd)}
        self._set("Limit", limit, refused="InvalidParameter.*")
        _acknowledge_caller(self)
        self._tell(topic)

    def _writer(self) -> iam.Role:
        """As SNS writes down what became of a text: a number, a carrier's words, a price."""
        made = iam.Role(self, "Writer", assumed_by=iam.ServicePrincipal("sns.amazonaws.com"))
        where = f"arn:aws:logs:{self.environment.region}:{self.environment.account}:log-group"
        made.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[f"{where}:{name}:*" for name in self._names()],
            )
        )
        acknowledge(made, INLINE | _streams(where, self._names()))
        return made

    def _names(self) -> list[str]:
        """SNS's own names for its logs."""
        name = f"sns/{self.environment.region}/{self.environment.account}/"
        return [f"{name}DirectPublishToPhoneNumber", f"{name}DirectPublishToPhoneNumber/Failure"]

    def _set(
        self,
        name: str,
        attributes: dict[str, str],
        *,
        passes: iam.Role | None = None,
        refused: str | None = None,
    ) -> None:
        call = custom_resources.AwsSdkCall(
            service="SNS",
            action="setSMSAttributes",
            parameters={"attributes": attributes},
            physical_resource_id=custom_resources.PhysicalResourceId.of(name),
            ignore_error_codes_matching=refused,
        )
        may = [iam.PolicyStatement(actions=[SET], resources=["*"])]
        if passes:
            may.append(iam.PolicyStatement(actions=["iam:PassRole"], resources=[passes.role_arn]))
        made = custom_resources.AwsCustomResource(
            self,
            name,
            on_create=call,
            on_update=call,
            install_latest_aws_sdk=False,
            policy=custom_resources.AwsCustomResourcePolicy.from_statements(may),
        )
        acknowledge(
            made,
            INLINE
            | {"AwsSolutions-IAM5[Resource::*]": f"{SET} is the account's: it has no resource"},
        )

    def _tell(self, topic: sns.Topic) -> None:
        log, role = self._log("TellerLog", None), self._teller()
        log.grant_write(role)
        teller = functions.Function(
            self,
            "Teller",
            description="Lines of the log of text messages, to the topic of events",
            runtime=functions.Runtime.PYTHON_3_14,
            handler="index.handler",
            code=functions.Code.from_inline(TELLING.read_text()),
            environment={"TOPIC": topic.topic_arn},
            environment_encryption=self.key,
            timeout=cdk.Duration.seconds(30),
            log_group=log,
            role=role,
        )
        topic.grant_publish(teller)
        for number, name in enumerate(self._names(), 1):
            self._log(f"Texts{number}", name).add_subscription_filter(
                "Told",
                destination=destinations.LambdaDestination(teller),
                filter_pattern=logs.FilterPattern.all_events(),
            )
        acknowledge_lint(teller.node.default_child, "W3005", HARMLESS)
        acknowledge(
            teller,
            {
                "HIPAA.Security-LambdaConcurrency": (
                    "a new account has ten at a time for all its functions, and refuses to give "
                    "away any of them; this one only runs as often as texts are sent"
                ),
                "HIPAA.Security-LambdaDLQ": (
                    "the log keeps each line for a month, from which it can be told again"
                ),
                "HIPAA.Security-LambdaInsideVPC": (
                    "it reaches one topic by its role and nothing in the network"
                ),
            },
        )

    def _teller(self) -> iam.Role:
        made = iam.Role(self, "TellerRole", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        acknowledge(made, INLINE | KEYS)
        return made

    def _log(self, name: str, called: str | None) -> logs.LogGroup:
        """A month: the lines have numbers in them, and what they say is in the database by then."""
        return logs.LogGroup(
            self,
            name,
            log_group_name=called,
            encryption_key=self.key,
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )


WHY = "variants of one action on one key, as KMS's own documentation wants them"
KEYS = {
    "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": WHY,
    "AwsSolutions-IAM5[Action::kms:ReEncrypt*]": WHY,
}
HARMLESS = "the CDK says twice what it depends on, without consequence"
CALLER = "AWS679f53fac002430cb0da5b7982bd2287"  # the CDK's one function for all such calls
BASIC = (
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/"
    "AWSLambdaBasicExecutionRole]"
)


def _acknowledge_caller(scope: Construct) -> None:
    caller = scope.node.scope.node.find_child(CALLER)
    acknowledge_lint(caller.node.default_child, "W3005", HARMLESS)
    acknowledge(
        caller,
        {
            BASIC: "the CDK gives its function the right to write its log, and no other",
            "HIPAA.Security-LambdaDLQ": "the deployment waits for its answer, and fails with it",
            "HIPAA.Security-LambdaInsideVPC": "it makes one call to AWS, and only in deployments",
            "HIPAA.Security-LambdaConcurrency": "only a deployment calls it, once for each setting",
        },
    )


def _streams(where: str, names: list[str]) -> dict[str, str]:
    why = "the streams of this one log, which SNS names by their day"
    return {f"AwsSolutions-IAM5[Resource::{where}:{name}:*]": why for name in names}
