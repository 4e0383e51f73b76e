"""Tasks: what they run, what they may write to, and what they are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import broken_by, promise

DEFINITION = "AWS::ECS::TaskDefinition"
OURS = ("web", "default", "messages", "documents", "beat", "release")
# Settings that are secrets, whatever they hold.
SECRET = re.compile(r"SECRET_KEY|PASSWORD|TOKEN|REDIS_URL|ACCESS_KEY|FALLBACKS|ORIGIN_SECRET")


def containers(cloud: Cloud) -> Iterator[tuple[Resource, dict[str, Any]]]:
    for definition in cloud.all(DEFINITION):
        for container in definition.get("ContainerDefinitions"):
            yield definition, container


def container(cloud: Cloud, name: str) -> dict[str, Any]:
    """Raises StopIteration where there is none of that name."""
    return next(found for _, found in containers(cloud) if found["Name"] == name)


def told(one: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in one.get("Environment", [])}


@promise()
def every_process_of_the_image_has_a_container(cloud: Cloud) -> Iterator[str]:
    there = {each["Name"] for _, each in containers(cloud)}
    yield from (f"nobody runs {name}" for name in OURS if name not in there)


@broken_by(every_process_of_the_image_has_a_container)
def _nobody_checks_documents(cloud: Cloud) -> None:
    for definition in cloud.all(DEFINITION):
        definition.properties["ContainerDefinitions"] = [
            each for each in definition.get("ContainerDefinitions") if each["Name"] != "documents"
        ]


@promise()
def containers_write_to_nothing_but_their_own_tmp(cloud: Cloud) -> Iterator[str]:
    for definition, each in containers(cloud):
        where = f"{definition}: {each['Name']}"
        if each.get("ReadonlyRootFilesystem") is not True:
            yield f"{where} may write anywhere"
        mounts = each.get("MountPoints", [])
        if [mount["ContainerPath"] for mount in mounts if not mount["ReadOnly"]] not in (
            ["/tmp"],  # noqa: S108
            [],
        ):
            yield f"{where} may write to {mounts}"
        if each["Name"] in OURS and [m["SourceVolume"] for m in mounts] != [f"tmp-{each['Name']}"]:
            yield f"{where} has no /tmp of its own"


@broken_by(containers_write_to_nothing_but_their_own_tmp)
def _anywhere(cloud: Cloud) -> None:
    container(cloud, "web")["ReadonlyRootFilesystem"] = False


@broken_by(containers_write_to_nothing_but_their_own_tmp)
def _shared(cloud: Cloud) -> None:
    container(cloud, "messages")["MountPoints"][0]["SourceVolume"] = "tmp-default"


@promise()
def no_container_is_root_or_could_become_it(cloud: Cloud) -> Iterator[str]:
    for definition, each in containers(cloud):
        user = str(each.get("User", "0")).split(":")[0]
        if not user.isdigit() or user == "0":
            yield f"{definition}: {each['Name']} runs as {each.get('User', 'root')}"
        dropped = each.get("LinuxParameters", {}).get("Capabilities", {}).get("Drop", [])
        if dropped != ["ALL"] or each.get("Privileged"):
            yield f"{definition}: {each['Name']} has privileges"


@broken_by(no_container_is_root_or_could_become_it)
def _root(cloud: Cloud) -> None:
    container(cloud, "documents")["User"] = "0:0"


@broken_by(no_container_is_root_or_could_become_it)
def _privileged(cloud: Cloud) -> None:
    del container(cloud, "documents")["LinuxParameters"]["Capabilities"]


@promise()
def secrets_come_from_secrets_manager_alone(cloud: Cloud) -> Iterator[str]:
    # One that belongs to a database is named by what ties it to that.
    kinds = ("AWS::SecretsManager::Secret", "AWS::SecretsManager::SecretTargetAttachment")
    secrets = list(cloud.all(*kinds))
    for definition, each in containers(cloud):
        for name, value in told(each).items():
            where = f"{definition}: {each['Name']}: {name}"
            if SECRET.search(name):
                yield f"{where} is in plain sight"
            if "{{resolve:" in text(value) or re.search(r"://[^/@]*:[^/@]*@", text(value)):
                yield f"{where} holds a password"
        for one in each.get("Secrets", []):
            of_rds = "MasterUserSecret" in text(one["ValueFrom"])
            if not of_rds and not any(secret.name in text(one["ValueFrom"]) for secret in secrets):
                yield f"{definition}: {each['Name']}: {one['Name']} is no secret of ours"


@broken_by(secrets_come_from_secrets_manager_alone)
def _the_key(cloud: Cloud) -> None:
    container(cloud, "web")["Environment"].append({"Name": "SECRET_KEY", "Value": "abc"})


@broken_by(secrets_come_from_secrets_manager_alone)
def _a_password_in_an_address(cloud: Cloud) -> None:
    address = {"Name": "DATABASE_REPLICA_URL", "Value": "postgres://clinic:word@host:5432/clinic"}
    container(cloud, "web")["Environment"].append(address)


@promise()
def whoever_lives_on_is_asked_whether_he_does(cloud: Cloud) -> Iterator[str]:
    """ECS does not read the image's HEALTHCHECK."""
    for definition, each in containers(cloud):
        lives_on = each["Name"] in OURS and each["Name"] != "release"
        if lives_on and "deploy.image.health" not in each.get("HealthCheck", {}).get("Command", []):
            yield f"{definition}: nobody asks {each['Name']}"


@broken_by(whoever_lives_on_is_asked_whether_he_does)
def _a_worker_that_hangs(cloud: Cloud) -> None:
    del container(cloud, "messages")["HealthCheck"]


@promise()
def a_task_ends_without_losing_a_request(cloud: Cloud) -> Iterator[str]:
    """Off the balancer first; then as much time as gunicorn takes, before it is killed."""
    web = container(cloud, "web")
    needs = sum(float(told(web)[name]) for name in ("WEB_DRAIN_SECONDS", "WEB_GRACEFUL_SECONDS"))
    if not web["StopTimeout"] > needs:
        yield f"it is killed after {web['StopTimeout']} s and wants {needs:g}"
    for group in cloud.all("AWS::ElasticLoadBalancingV2::TargetGroup", stack="app"):
        waits = int(
            attributes(group, "TargetGroupAttributes")["deregistration_delay.timeout_seconds"]
        )
        if waits < GUNICORN_TIMEOUT:
            yield f"{group} gives up a request after {waits} s"
    for balancer in cloud.all("AWS::ElasticLoadBalancingV2::LoadBalancer", stack="app"):
        idle = int(attributes(balancer, "LoadBalancerAttributes")["idle_timeout.timeout_seconds"])
        if not idle < GUNICORN_KEEPALIVE:
            yield f"{balancer} uses connections that gunicorn closes"
    if any(container(cloud, name)["StopTimeout"] < 120 for name in ("default", "documents")):
        yield "a worker has less time to end its work than Fargate would give it"


GUNICORN_TIMEOUT, GUNICORN_KEEPALIVE = 30, 75  # deploy/gunicorn.conf.py


def attributes(resource: Resource, name: str) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in resource.get(name, [])}


@broken_by(a_task_ends_without_losing_a_request)
def _killed_on_the_way(cloud: Cloud) -> None:
    container(cloud, "web")["StopTimeout"] = 20


@broken_by(a_task_ends_without_losing_a_request)
def _a_quiet_connection(cloud: Cloud) -> None:
    balancer = next(cloud.all("AWS::ElasticLoadBalancingV2::LoadBalancer", stack="app"))
    for each in balancer.get("LoadBalancerAttributes"):
        if each["Key"] == "idle_timeout.timeout_seconds":
            each["Value"] = "120"


@promise()
def images_have_names_that_never_move(cloud: Cloud) -> Iterator[str]:
    for repository in cloud.all("AWS::ECR::Repository"):
        if repository.get("ImageTagMutability") != "IMMUTABLE":
            yield f"{repository}: a tag may come to name another image"
        if repository.get("ImageScanningConfiguration.ScanOnPush") is not True:
            yield f"{repository}: nobody looks for known holes"
        if repository.get("EncryptionConfiguration.EncryptionType") != "KMS":
            yield f"{repository} is not encrypted by a key"
    for definition, each in containers(cloud):
        image = text(each["Image"])
        if "latest" in image or "dkr.ecr" not in image:
            yield f"{definition}: {each['Name']} is {image}"


@broken_by(images_have_names_that_never_move)
def _the_latest(cloud: Cloud) -> None:
    container(cloud, "collector")["Image"] = "public.ecr.aws/aws-otel-collector:latest"


@broken_by(images_have_names_that_never_move)
def _movable(cloud: Cloud) -> None:
    next(cloud.all("AWS::ECR::Repository")).properties["ImageTagMutability"] = "MUTABLE"


@promise()
def logs_are_encrypted_and_end(cloud: Cloud) -> Iterator[str]:
    for group in cloud.all("AWS::Logs::LogGroup"):
        if group.stack in ("app", "commands", "edge"):
            if not group.get("KmsKeyId"):
                yield f"{group} is not encrypted by a key of ours"
            if group.get("RetentionInDays") != cloud.environment.log_days:
                yield f"{group} is kept for {group.get('RetentionInDays', 'ever')}"
    for definition, each in containers(cloud):
        if each.get("LogConfiguration", {}).get("LogDriver") != "awslogs":
            yield f"{definition}: what {each['Name']} says is lost"


@broken_by(logs_are_encrypted_and_end)
def _for_ever(cloud: Cloud) -> None:
    del next(cloud.all("AWS::Logs::LogGroup", stack="app")).properties["RetentionInDays"]


@broken_by(logs_are_encrypted_and_end)
def _unencrypted(cloud: Cloud) -> None:
    del next(cloud.all("AWS::Logs::LogGroup", stack="edge")).properties["KmsKeyId"]
