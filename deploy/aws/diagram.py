"""The architecture, drawn from the templates: `make diagram` writes docs/architecture.md anew.

A box is a resource of one of `SHOWN`; an arrow from A to B says that A's template names B, by
itself or by way of what is not shown (a role, a policy, a task definition, a secret). What names
`MANY` of a stack has one arrow to the stack. Nobody draws by hand, so nothing is drawn that is not
deployed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

SHOWN = {
    "AWS::CloudFront::Distribution": "CloudFront",
    "AWS::WAFv2::WebACL": "WAF",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "load balancer",
    "AWS::ECS::Service": "Fargate",
    "AWS::RDS::DBInstance": "RDS PostgreSQL",
    "AWS::RDS::DBCluster": "Aurora PostgreSQL",
    "AWS::RDS::DBProxy": "RDS Proxy",
    "AWS::ElastiCache::ReplicationGroup": "ElastiCache, Valkey",
    "AWS::ElastiCache::ServerlessCache": "ElastiCache, Valkey",
    "AWS::S3::Bucket": "S3",
    "AWS::SQS::Queue": "SQS",
    "AWS::SNS::Topic": "SNS",
    "AWS::SES::EmailIdentity": "SES",
    "AWS::SES::ConfigurationSet": "SES",
    "AWS::Backup::BackupPlan": "Backup",
    "AWS::CloudTrail::Trail": "CloudTrail",
    "AWS::Route53::RecordSet": "Route 53",
}
# Shown, but nothing is followed through them: everything is allowed to everything by way of them.
HUBS = {"AWS::EC2::VPC", "AWS::KMS::Key", "AWS::ECS::Cluster", "AWS::EC2::SecurityGroup"}

# These name what speaks to them: their arrows are turned, to go as requests go.
BALANCED, BALANCER = "AWS::ECS::Service", "AWS::ElasticLoadBalancingV2::LoadBalancer"
MANY = 3

Node = tuple[str, str]  # the stack ("data"), the logical id


@dataclass(frozen=True)
class Graph:
    """`kinds`: every resource's type. `names`: what each one's template names."""

    kinds: dict[Node, str]
    names: dict[Node, set[Node]]

    def shown(self) -> list[Node]:
        return sorted(node for node, kind in self.kinds.items() if kind in SHOWN)

    def arrows(self) -> list[tuple[Node, Node]]:
        return sorted(
            (end, start) if self._is_balanced(start, end) else (start, end)
            for start in self.shown()
            for end in self._reached(start)
        )

    def _is_balanced(self, start: Node, end: Node) -> bool:
        return (self.kinds[start], self.kinds[end]) == (BALANCED, BALANCER)

    def _reached(self, start: Node) -> set[Node]:
        """What is shown, and named by `start` or by what stands between."""
        seen, reached, open_ends = {start}, set(), [start]
        while open_ends:
            for node in self.names[open_ends.pop()] - seen:
                seen.add(node)
                if self.kinds[node] in SHOWN:
                    reached.add(node)
                elif self.kinds[node] not in HUBS:
                    open_ends.append(node)
        return reached


def graph(templates: dict[str, Any]) -> Graph:
    """`templates`: by the stack's name."""
    kinds = {
        (stack, name): _kind(resource)
        for stack, template in templates.items()
        for name, resource in template.get("Resources", {}).items()
    }
    exported = {
        text: (stack, node)
        for stack, template in templates.items()
        for output in template.get("Outputs", {}).values()
        for text in _texts(output.get("Export", {}).get("Name"))
        for node in _named(output["Value"])
    }
    names: dict[Node, set[Node]] = {}
    for node in kinds:
        stack, name = node
        properties = templates[stack]["Resources"][name].get("Properties", {})
        local = {(stack, each) for each in _named(properties)}
        imported = {exported[each] for each in _imported(properties) if each in exported}
        names[node] = (local | imported) & kinds.keys()
    _turn_policies(templates, names)
    return Graph(kinds, names)


def _kind(resource: dict[str, Any]) -> str:
    """Its type; of names in the DNS only what leads to the site counts as one."""
    kind: str = resource["Type"]
    if kind == "AWS::Route53::RecordSet" and resource["Properties"]["Type"] != "A":
        return f"{kind} of another type"
    return kind


def _turn_policies(templates: dict[str, Any], names: dict[Node, set[Node]]) -> None:
    """A policy names its role; what is asked is what the role may: so the role names the policy."""
    for stack, template in templates.items():
        for name, resource in template.get("Resources", {}).items():
            if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
                for role in _named(resource["Properties"].get("Roles", [])):
                    names.setdefault((stack, role), set()).add((stack, name))


def _named(value: Any) -> Iterator[str]:
    """The logical ids in a template's value: Ref, Fn::GetAtt, and ${...} in Fn::Sub."""
    if isinstance(value, dict):
        for key, within in value.items():
            if key == "Ref":
                yield within
            elif key == "Fn::GetAtt":
                yield within[0] if isinstance(within, list) else within.split(".")[0]
            elif key == "Fn::Sub":
                text = within[0] if isinstance(within, list) else within
                yield from (found.split(".")[0] for found in re.findall(r"\$\{([\w.]+)\}", text))
            else:
                yield from _named(within)
    elif isinstance(value, list):
        for each in value:
            yield from _named(each)


def _imported(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from _texts(value.get("Fn::ImportValue"))
        for within in value.values():
            yield from _imported(within)
    elif isinstance(value, list):
        for each in value:
            yield from _imported(each)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value


def mermaid(drawn: Graph, titles: dict[Node, str]) -> str:
    """The flowchart's text; `titles`: a word for each box."""
    shown = drawn.shown()
    number = {node: f"n{index}" for index, node in enumerate(shown)}
    lines = ["flowchart LR"]
    for stack in dict.fromkeys(stack for stack, _name in shown):
        lines.append(f"  subgraph {stack}")
        lines += [
            f'    {number[node]}["{titles[node]}<br/><small>{SHOWN[drawn.kinds[node]]}</small>"]'
            for node in shown
            if node[0] == stack
        ]
        lines.append("  end")
    ends = {(number[arrow[0]], _end(arrow, drawn, number)) for arrow in drawn.arrows()}
    lines += [f"  {start} --> {end}" for start, end in sorted(ends)]
    return "\n".join(lines) + "\n"


def _end(arrow: tuple[Node, Node], drawn: Graph, number: dict[Node, str]) -> str:
    """A box, or the whole stack where the same start has `MANY` arrows into it."""
    start, (stack, _name) = arrow
    into = [end for begin, end in drawn.arrows() if begin == start and end[0] == stack != start[0]]
    return stack if len(into) >= MANY else number[arrow[1]]


def title(name: str) -> str:
    """ "WebServiceA1B2C3D4" is "web service": CDK adds eight hexadecimal digits."""
    words = re.sub(r"(?:[0-9A-F]{8})+$", "", name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", words).lower()


PAGE = """# Architecture

Production, as its templates say it: each box is deployed, and an arrow from one to another says
that the first is given the other's name (what it calls, reads, writes or tells); one to a whole
stack, that it is given three names or more of that. Drawn by `make diagram`; `make check-aws` fails
when it is not current. How the parts are meant is in [aws.md](aws.md).

```mermaid
{drawing}```
"""


def page(templates: dict[str, Any]) -> str:
    """docs/architecture.md, whole."""
    drawn = graph(templates)
    return PAGE.format(drawing=mermaid(drawn, {node: title(node[1]) for node in drawn.shown()}))
