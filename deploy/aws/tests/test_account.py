"""Who a pipeline may be: bound to one environment of this repository, and to what is its."""

from __future__ import annotations

import copy
from fnmatch import fnmatch
from typing import Any

import pytest

from deploy.aws.account import account_stacks
from deploy.aws.configuration import ENVIRONMENTS
from deploy.aws.promises.cloud import text
from deploy.aws.stacks.account import GITHUB
from deploy.aws.synthesis import Synthesis, judge

SUBJECT, AUDIENCE = f"{GITHUB}:sub", f"{GITHUB}:aud"


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Synthesis:
    return judge(account_stacks, tmp_path_factory.mktemp("account"))


def test_cdk_nag_finds_nothing_that_is_not_acknowledged(account: Synthesis) -> None:
    assert account.findings == []


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_a_role_is_taken_by_one_environment_of_one_repository(
    account: Synthesis, name: str
) -> None:
    template = pipelines(account, name)

    assert strangers(template) == []
    assert subjects(template) == {
        f"repo:clinic/clinic:environment:{name}",
        "repo:clinic/clinic:environment:preview",  # who only looks
    }


def test_a_role_that_anybody_may_take_is_seen(account: Synthesis) -> None:
    for loosened in ({SUBJECT: "repo:*"}, {AUDIENCE: "sts.amazonaws.com"}, {}):
        template = copy.deepcopy(pipelines(account, "production"))
        next(trusts(template))["Condition"] = {"StringLike": loosened}

        assert strangers(template)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_what_it_may_is_named_and_its_own(account: Synthesis, name: str) -> None:
    for statement in statements(pipelines(account, name)):
        resources = statement["Resource"]
        if resources == "*":
            assert statement["Action"] == "ecr:GetAuthorizationToken"  # AWS takes none there
            continue
        for resource in resources if isinstance(resources, list) else [resources]:
            theirs = ("clinic-staging/", "clinic-staging-registry/")
            taken_over = name == "production" and any(each in text(resource) for each in theirs)
            assert f"clinic-{name}" in text(resource) or "cdk-" in text(resource) or taken_over


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_it_may_run_the_tasks_that_run_once_by_their_names(
    account: Synthesis, syntheses: dict[str, Synthesis], name: str
) -> None:
    families = {
        each["Properties"]["Family"]
        for each in syntheses[name].templates["commands"]["Resources"].values()
        if each["Type"] == "AWS::ECS::TaskDefinition"
    }

    assert len(families) == 2
    for family in families:
        definition = f"arn:aws:ecs:us-east-1:111122223333:task-definition/{family}:7"
        assert may(account, name, "ecs:RunTask", definition)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_it_may_deploy_wherever_its_environment_has_a_stack(account: Synthesis, name: str) -> None:
    environment = ENVIRONMENTS[name]()
    for region in (environment.region, environment.second_region, "us-east-1"):
        role = f"arn:aws:iam::111122223333:role/cdk-hnb659fds-deploy-role-111122223333-{region}"
        assert may(account, name, "sts:AssumeRole", role), region


def test_production_finds_the_image_that_staging_ran(account: Synthesis) -> None:
    asked = "arn:aws:cloudformation:us-east-1:111122223333:stack/clinic-staging-registry/1-2"

    assert may(account, "production", "cloudformation:DescribeStacks", asked)
    assert not may(account, "dev", "cloudformation:DescribeStacks", asked)


def test_production_reads_what_staging_ran_and_cannot_change_it(account: Synthesis) -> None:
    for statement in statements(pipelines(account, "production")):
        if "clinic-staging/" in text(statement["Resource"]):
            assert "ecr:PutImage" not in statement["Action"]


def test_who_looks_at_a_difference_may_change_nothing(account: Synthesis) -> None:
    for name in ENVIRONMENTS:
        (policy,) = [
            each["Properties"]["PolicyDocument"]["Statement"]
            for logical, each in pipelines(account, name)["Resources"].items()
            if each["Type"] == "AWS::IAM::ManagedPolicy" and logical.startswith("Diff")
        ]
        assert "lookup-role" in text(policy)
        assert not any(word in text(policy) for word in ("deploy-role", "publishing", "Push"))


def may(account: Synthesis, name: str, action: str, resource: str) -> bool:
    for statement in statements(pipelines(account, name)):
        actions, resources = statement["Action"], statement["Resource"]
        if action in ([actions] if isinstance(actions, str) else actions):
            patterns = resources if isinstance(resources, list) else [resources]
            if any(fnmatch(resource, pattern) for pattern in patterns):
                return True
    return False


def pipelines(account: Synthesis, name: str) -> dict[str, Any]:
    found: dict[str, Any] = account.templates[f"clinic-{name}-pipelines"]
    return found


def trusts(template: dict[str, Any]) -> Any:
    for each in template["Resources"].values():
        if each["Type"] == "AWS::IAM::Role":
            yield from each["Properties"]["AssumeRolePolicyDocument"]["Statement"]


def subjects(template: dict[str, Any]) -> set[str]:
    return {each["Condition"]["StringEquals"][SUBJECT] for each in trusts(template)}


def strangers(template: dict[str, Any]) -> list[str]:
    """Trusts that name no repository's environment, exactly."""
    exact = [each.get("Condition", {}).get("StringEquals", {}) for each in trusts(template)]
    return [str(each) for each in exact if not {SUBJECT, AUDIENCE} <= set(each)]


def statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        statement
        for each in template["Resources"].values()
        if each["Type"] == "AWS::IAM::ManagedPolicy"
        for statement in each["Properties"]["PolicyDocument"]["Statement"]
    ]
