"""The drawing says what the templates say."""

from __future__ import annotations

from deploy.aws import diagram

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


def test_a_box_has_a_readable_name() -> None:
    drawn = diagram.graph(TEMPLATES)
    text = diagram.mermaid(drawn, {node: diagram.title(node[1]) for node in drawn.shown()})

    assert '["files<br/><small>S3</small>"]' in text
    assert "n1 --> n2" in text
