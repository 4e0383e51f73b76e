"""The simple path: what it does without, and that nothing of that opens a door."""

from __future__ import annotations

from collections.abc import Iterator

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.databases import primary
from deploy.aws.promises.network import incoming
from deploy.aws.promises.promise import broken_by, promise

PROCESSES = {"web", "default", "messages", "documents", "beat", "collector"}


def only_service(cloud: Cloud) -> Resource:
    """Raises ValueError unless there is exactly one."""
    (found,) = cloud.all("AWS::ECS::Service")
    return found


@promise("simple")
def nothing_is_paid_for_that_one_clinic_can_do_without(cloud: Cloud) -> Iterator[str]:
    for kind in ("AWS::EC2::NatGateway", "AWS::RDS::DBProxy"):
        yield from (f"{each} is paid by the hour" for each in cloud.all(kind))
    for door in cloud.all("AWS::EC2::VPCEndpoint"):
        if door.get("VpcEndpointType") == "Interface":
            yield f"{door} is paid by the hour"
    for database in cloud.all("AWS::RDS::DBInstance"):
        if database.get("MultiAZ") or database.get("SourceDBInstanceIdentifier"):
            yield f"{database} is a second machine"
    if only_service(cloud).get("DesiredCount") != 1:
        yield "there is more than one task"


@broken_by(nothing_is_paid_for_that_one_clinic_can_do_without)
def _a_door(cloud: Cloud) -> None:
    for door in cloud.all("AWS::EC2::VPCEndpoint"):
        door.properties["VpcEndpointType"] = "Interface"


@broken_by(nothing_is_paid_for_that_one_clinic_can_do_without)
def _a_second_machine(cloud: Cloud) -> None:
    primary(cloud).properties["MultiAZ"] = True


@broken_by(nothing_is_paid_for_that_one_clinic_can_do_without)
def _two_tasks(cloud: Cloud) -> None:
    only_service(cloud).properties["DesiredCount"] = 2


@promise("simple")
def only_the_balancer_reaches_a_task(cloud: Cloud) -> Iterator[str]:
    """Their addresses are public, so this rule alone keeps the world out."""
    tasks = cloud.named("AWS::EC2::SecurityGroup", "Tasks")
    for service in cloud.all("AWS::ECS::Service"):
        vpc = service.get("NetworkConfiguration.AwsvpcConfiguration", {})
        if tasks.name not in text(vpc.get("SecurityGroups")) or len(vpc["SecurityGroups"]) != 1:
            yield f"{service} is in other groups than the tasks'"
    if tasks.get("SecurityGroupIngress"):
        yield f"{tasks}: {tasks.get('SecurityGroupIngress')}"
    for where, rule in incoming(cloud):
        if f'"{tasks.name}"' not in text(rule.get("GroupId")):
            continue
        source = text(rule.get("SourceSecurityGroupId", ""))
        if "Balancer" not in source or rule.get("FromPort") != 8000:
            yield f"{where} admits {source or rule}"


@broken_by(only_the_balancer_reaches_a_task)
def _the_whole_network(cloud: Cloud) -> None:
    tasks = cloud.named("AWS::EC2::SecurityGroup", "Tasks")
    tasks.properties["SecurityGroupIngress"] = [{"CidrIp": "10.20.0.0/16", "FromPort": 8000}]


@broken_by(only_the_balancer_reaches_a_task)
def _another_group(cloud: Cloud) -> None:
    vpc = only_service(cloud).get("NetworkConfiguration.AwsvpcConfiguration")
    vpc["SecurityGroups"] = ["sg-00000000"]


@broken_by(only_the_balancer_reaches_a_task)
def _the_cache_may(cloud: Cloud) -> None:
    for each in cloud.all("AWS::EC2::SecurityGroupIngress"):
        if "Balancer" in text(each.get("SourceSecurityGroupId", "")):
            each.properties["SourceSecurityGroupId"] = {"Ref": "Cache"}


@promise("simple")
def only_tasks_stand_where_the_internet_begins(cloud: Cloud) -> Iterator[str]:
    kinds = {
        "AWS::ElasticLoadBalancingV2::LoadBalancer": "Subnets",
        "AWS::RDS::DBSubnetGroup": "SubnetIds",
        "AWS::ElastiCache::SubnetGroup": "SubnetIds",
    }
    for kind, name in kinds.items():
        for each in cloud.all(kind):
            if "Vpcstores" not in text(each.get(name)) or "Vpctasks" in text(each.get(name)):
                yield f"{each} stands beside the tasks"


@broken_by(only_tasks_stand_where_the_internet_begins)
def _the_balancer_too(cloud: Cloud) -> None:
    balancer = next(cloud.all("AWS::ElasticLoadBalancingV2::LoadBalancer"))
    balancer.properties["Subnets"] = only_service(cloud).get(
        "NetworkConfiguration.AwsvpcConfiguration.Subnets"
    )


@promise("simple")
def one_task_runs_everything_and_is_there_before_its_predecessor_goes(
    cloud: Cloud,
) -> Iterator[str]:
    service = only_service(cloud)
    (definition,) = cloud.all("AWS::ECS::TaskDefinition", stack="app")
    there = {each["Name"] for each in definition.get("ContainerDefinitions")}
    if there != PROCESSES:
        yield f"it runs {sorted(there)}"
    how = service.get("DeploymentConfiguration", {})
    if (how.get("MinimumHealthyPercent"), how.get("MaximumPercent")) != (100, 200):
        yield "a release is a pause"


@broken_by(one_task_runs_everything_and_is_there_before_its_predecessor_goes)
def _nobody_sends_messages(cloud: Cloud) -> None:
    (definition,) = cloud.all("AWS::ECS::TaskDefinition", stack="app")
    definition.properties["ContainerDefinitions"] = [
        each for each in definition.get("ContainerDefinitions") if each["Name"] != "messages"
    ]


@broken_by(one_task_runs_everything_and_is_there_before_its_predecessor_goes)
def _a_pause(cloud: Cloud) -> None:
    only_service(cloud).get("DeploymentConfiguration")["MinimumHealthyPercent"] = 0


@promise("simple")
def two_weeks_can_be_gone_back_to(cloud: Cloud) -> Iterator[str]:
    if not primary(cloud).get("BackupRetentionPeriod", 0) >= 14:
        yield "less than the last fourteen days can be restored"


@broken_by(two_weeks_can_be_gone_back_to)
def _a_day(cloud: Cloud) -> None:
    primary(cloud).properties["BackupRetentionPeriod"] = 1
