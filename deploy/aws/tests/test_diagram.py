"""The drawing says what the templates say."""

from __future__ import annotations

from deploy.aws import diagram
from deploy.aws.draw import ARCHITECTURE
from deploy.aws.synthesis import Synthesis

TEMPLATES = {
    "data": {
        "Resources": {
            "Files0123ABCD": {"Type": "AWS::S3::Bucket"},
            "Key": {"Type": "AWS::KMS::Key"},
        },
        "Outputs": {
            "Export": {
                "Value": {"Fn::GetAtt": ["Files0123ABCD", "Arn"]},
                "Export": {"Name": "files"},
            }
        },
    },
    "app": {
        "Resources": {
            "Web": {
                "Type": "AWS::ECS::Service",
                "Properties": {"TaskDefinition": {"Ref": "Task"}},
            },
            "Task": {
                "Type": "AWS::ECS::TaskDefinition",
                "Properties": {"TaskRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}},
            },
            "Role": {"Type": "AWS::IAM::Role"},
            "May": {
                "Type": "AWS::IAM::Policy",
                "Properties": {
                    "Roles": [{"Ref": "Role"}],
                    "Resource": {"Fn::Join": ["", [{"Fn::ImportValue": "files"}, "/*"]]},
                },
            },
            "Alone": {"Type": "AWS::SQS::Queue"},
        }
    },
}


def test_an_arrow_goes_by_way_of_what_is_not_shown_and_across_stacks() -> None:
    drawn = diagram.graph(TEMPLATES)

    assert drawn.arrows() == [(("app", "Web"), ("data", "Files0123ABCD"))]


def test_nothing_is_followed_through_a_key_that_everything_names() -> None:
    templates = {
        "data": {
            "Resources": {
                "One": {"Type": "AWS::SQS::Queue", "Properties": {"Key": {"Ref": "Key"}}},
                "Key": {"Type": "AWS::KMS::Key", "Properties": {"For": {"Ref": "Two"}}},
                "Two": {"Type": "AWS::SQS::Queue"},
            }
        }
    }

    assert diagram.graph(templates).arrows() == []


def test_a_request_goes_from_the_balancer_to_the_service_that_names_it() -> None:
    balancer = {"Type": "AWS::ElasticLoadBalancingV2::LoadBalancer"}
    service = {"Type": "AWS::ECS::Service", "Properties": {"Of": {"Ref": "Balancer"}}}

    drawn = diagram.graph({"app": {"Resources": {"Web": service, "Balancer": balancer}}})

    assert drawn.arrows() == [(("app", "Balancer"), ("app", "Web"))]


def test_many_arrows_into_a_stack_are_one() -> None:
    queues = {name: {"Type": "AWS::SQS::Queue"} for name in ("A", "B", "C")}
    outputs = {
        name: {"Value": {"Ref": name}, "Export": {"Name": f"queue-{name}"}} for name in queues
    }
    names = [{"Fn::ImportValue": f"queue-{name}"} for name in queues]
    worker = {"Type": "AWS::ECS::Service", "Properties": {"Of": names}}
    drawn = diagram.graph(
        {
            "messages": {"Resources": queues, "Outputs": outputs},
            "app": {"Resources": {"Worker": worker}},
        }
    )

    text = diagram.mermaid(drawn, {node: node[1] for node in drawn.shown()})

    assert [line.strip() for line in text.splitlines() if "-->" in line] == ["n0 --> messages"]


def test_a_box_has_a_readable_name() -> None:
    drawn = diagram.graph(TEMPLATES)
    text = diagram.mermaid(drawn, {node: diagram.title(node[1]) for node in drawn.shown()})

    assert '["files<br/><small>S3</small>"]' in text
    assert "n1 --> n2" in text


def test_the_page_is_what_would_be_drawn_now(syntheses: dict[str, Synthesis]) -> None:
    assert ARCHITECTURE.read_text() == diagram.page(syntheses["production"].templates), (
        "run `make diagram`"
    )
