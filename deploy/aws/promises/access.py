"""What roles may do: nothing with a `*` in it, but what is named here with its reason."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import APART, broken_by, promise

# Actions that may be allowed on the resource `*`, and why.
EVERYWHERE = {
    "ecr:GetAuthorizationToken": "a token for the whole registry; what it opens is said by image",
    "ses:GetAccount": "how much the account may send is a fact about the account",
    "sns:Publish": "a phone number is no resource; every topic is denied beside it",
    "sns:CheckIfPhoneNumberIsOptedOut": "a phone number is no resource",
    "xray:PutTraceSegments": "X-Ray knows no resources",
    "xray:PutTelemetryRecords": "X-Ray knows no resources",
    "xray:GetSamplingRules": "X-Ray knows no resources",
    "xray:GetSamplingTargets": "X-Ray knows no resources",
}
# Resources that may end with a `*`, and why.
BELOW = {
    "/uploads/*": "objects have names that nobody knows before; the prefix says their kind",
    "/files/*": "as uploads",
    "/pages/*": "as uploads",
    "/doctors/*": "as uploads",
    "/seals/*": "as uploads",
    "/static/*": "as uploads",
}
OURS = ("app", "commands", "edge", "registry")
# Managed policies of AWS that a role of ours may have, and why.
MANAGED = {
    "AmazonECSInfrastructureRolePolicyForLoadBalancers": "ECS asks for it by name, and has it alone"
}


def statements(cloud: Cloud) -> Iterator[tuple[Resource, dict[str, Any]]]:
    """Of the policies of roles, in the stacks that are judged here."""
    for stack in OURS:
        for policy in cloud.all("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", stack=stack):
            for statement in policy.get("PolicyDocument.Statement"):
                yield policy, statement
        for role in cloud.all("AWS::IAM::Role", stack=stack):
            for inline in role.get("Policies", []):
                for statement in inline["PolicyDocument"]["Statement"]:
                    yield role, statement


def listed(one: Any) -> list[Any]:
    return one if isinstance(one, list) else [one]


@promise()
def nothing_is_allowed_everywhere_without_a_reason(cloud: Cloud) -> Iterator[str]:
    for policy, statement in statements(cloud):
        if statement["Effect"] != "Allow":
            continue
        actions = listed(statement.get("Action", "everything but"))
        yield from (f"{policy} may do {action}" for action in actions if "*" in action)
        for resource in listed(statement.get("Resource", "*")):
            where = plain(resource)
            if where == "*":
                unnamed = [action for action in actions if action not in EVERYWHERE]
                yield from (f"{policy} may {action} everywhere" for action in unnamed)
            elif "*" in where and not where.endswith(tuple(BELOW)):
                yield f"{policy} may {actions} at {where}"


def plain(resource: Any) -> str:
    """`Fn::Join` put together, with the name of what is joined for what is known later."""
    if isinstance(resource, dict) and "Fn::Join" in resource:
        glue, parts = resource["Fn::Join"]
        return str(glue).join(plain(part) for part in parts)
    return resource if isinstance(resource, str) else re.sub(r"[*]", "", text(resource))


@broken_by(nothing_is_allowed_everywhere_without_a_reason)
def _all_of_s3(cloud: Cloud) -> None:
    policy = cloud.named("AWS::IAM::Policy", "WebRole")
    policy.get("PolicyDocument.Statement")[0]["Action"] = ["s3:*"]


@broken_by(nothing_is_allowed_everywhere_without_a_reason)
def _any_bucket(cloud: Cloud) -> None:
    policy = cloud.named("AWS::IAM::Policy", "WebRole")
    policy.get("PolicyDocument.Statement")[0]["Resource"] = "*"


@broken_by(nothing_is_allowed_everywhere_without_a_reason)
def _the_whole_bucket(cloud: Cloud) -> None:
    policy = cloud.named("AWS::IAM::Policy", "WebRole")
    policy.get("PolicyDocument.Statement")[0]["Resource"] = "arn:aws:s3:::documents/*"


@promise()
def no_role_has_rights_that_aws_made_up(cloud: Cloud) -> Iterator[str]:
    for stack in OURS:
        for role in cloud.all("AWS::IAM::Role", stack=stack):
            for managed in role.get("ManagedPolicyArns", []):
                if not any(name in text(managed) for name in MANAGED):
                    yield f"{role} has {text(managed)}"


@broken_by(no_role_has_rights_that_aws_made_up)
def _administrator(cloud: Cloud) -> None:
    role = cloud.named("AWS::IAM::Role", "WebRole")
    role.properties["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AdministratorAccess"]


def rights(cloud: Cloud, role: str) -> set[str]:
    """The actions that a task's role allows."""
    found: set[str] = set()
    for policy, statement in statements(cloud):
        if policy.name.startswith(f"{role}DefaultPolicy") and statement["Effect"] == "Allow":
            found.update(listed(statement["Action"]))
    return found


@promise(*APART)
def the_clock_may_only_ask_for_work(cloud: Cloud) -> Iterator[str]:
    beyond = rights(cloud, "BeatRole") - {
        "sqs:SendMessage",
        "kms:Decrypt",
        "kms:GenerateDataKey",
    }
    yield from (f"the clock may {action}" for action in sorted(beyond))


@broken_by(the_clock_may_only_ask_for_work)
def _it_reads_documents(cloud: Cloud) -> None:
    policy = cloud.named("AWS::IAM::Policy", "BeatRole")
    policy.get("PolicyDocument.Statement")[0]["Action"] = ["s3:GetObject"]


@promise(*APART)
def only_workers_send_and_only_they_seal(cloud: Cloud) -> Iterator[str]:
    for role in ("WebRole", "BeatRole", "Role"):
        for action in rights(cloud, role):
            if action.startswith(("ses:", "sns:")) or action == "s3:PutObjectRetention":
                yield f"{role} may {action}"
    if "ses:SendEmail" not in rights(cloud, "WorkerRole"):
        yield "nobody sends mails"


@broken_by(only_workers_send_and_only_they_seal)
def _the_site_sends(cloud: Cloud) -> None:
    policy = cloud.named("AWS::IAM::Policy", "WebRole")
    policy.get("PolicyDocument.Statement")[0]["Action"] = ["ses:SendEmail"]


@promise()
def a_seal_can_be_removed_by_nobody(cloud: Cloud) -> Iterator[str]:
    for policy, statement in statements(cloud):
        actions = listed(statement.get("Action", []))
        if "/seals/" in text(statement.get("Resource")):
            yield from (
                f"{policy} may {action}"
                for action in actions
                if "Delete" in action or "Bypass" in action
            )


@broken_by(a_seal_can_be_removed_by_nobody)
def _by_a_worker(cloud: Cloud) -> None:
    for _policy, statement in statements(cloud):
        if "/seals/" in text(statement.get("Resource")):
            statement["Action"] = ["s3:DeleteObject"]


@promise()
def the_owner_s_password_is_for_migrations_alone(cloud: Cloud) -> Iterator[str]:
    readers = {
        policy.stack
        for policy, statement in statements(cloud)
        if "secretsmanager:GetSecretValue" in listed(statement.get("Action", []))
        and "Owner" in text(statement["Resource"])
    }
    if readers != {"commands"}:
        yield f"read by {sorted(readers)}"


@broken_by(the_owner_s_password_is_for_migrations_alone)
def _the_site_reads_it(cloud: Cloud) -> None:
    for policy, statement in statements(cloud):
        if policy.name.startswith("WebRole"):
            statement["Action"] = "secretsmanager:GetSecretValue"
            statement["Resource"] = "arn:aws:secretsmanager:us-east-1:111122223333:secret:Owner"


@promise()
def a_key_opens_only_what_its_service_hands_over(cloud: Cloud) -> Iterator[str]:
    for policy, statement in statements(cloud):
        if any(action.startswith("kms:") for action in listed(statement.get("Action", []))):
            via = statement.get("Condition", {}).get("StringEquals", {}).get("kms:ViaService")
            if not via:
                yield f"{policy} may use {text(statement['Resource'])} itself"


@broken_by(a_key_opens_only_what_its_service_hands_over)
def _with_the_key_itself(cloud: Cloud) -> None:
    for policy, statement in statements(cloud):
        if policy.name.startswith("WebRole") and "kms:" in text(statement["Action"]):
            del statement["Condition"]
            return
