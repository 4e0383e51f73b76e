"""Security groups: each with one purpose; every rule names a port and who stands at its end."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from deploy.aws import regions
from deploy.aws.configuration import Environment

HTTPS = 443
WEB = 8000  # as in the Dockerfile
POSTGRES = 5432
VALKEY = 6379


class Groups:
    """Not a construct: a group's path is to say whose it is."""

    def __init__(self, scope: Construct, vpc: ec2.Vpc, environment: Environment) -> None:
        self.scope, self.vpc = scope, vpc
        self.balancer = self._group("Balancer", "Requests from CloudFront, to the web tasks")
        self.tasks = self._group("Tasks", "The application")
        self.proxy = self._group("Proxy", "RDS Proxy, between the application and PostgreSQL")
        self.database = self._group("Database", "PostgreSQL")
        self.cache = self._group("Cache", "Valkey, from the application")
        self.rotation = self._group("Rotation", "What changes the passwords of the database")
        self.doors = self._group("Doors", "Endpoints of services of AWS")

        cloudfront = ec2.Peer.prefix_list(regions.CLOUDFRONT[environment.region])
        # One port only: the list counts as 55 of the 60 rules that a group may have.
        self.balancer.add_ingress_rule(cloudfront, ec2.Port.tcp(HTTPS), "CloudFront")
        _allow(self.balancer, self.tasks, WEB, "requests")
        _allow(self.tasks, self.cache, VALKEY, "cache and sessions")
        _allow(self.tasks, self.proxy, POSTGRES, "SQL")
        _allow(self.proxy, self.database, POSTGRES, "SQL of the application")
        _allow(self.tasks, self.database, POSTGRES, "migrations and reads from the replica")
        _allow(self.rotation, self.database, POSTGRES, "new passwords")
        self._out(environment)

    def _group(self, name: str, purpose: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            self.scope, name, vpc=self.vpc, description=purpose, allow_all_outbound=False
        )

    def _out(self, environment: Environment) -> None:
        """To AWS: through the doors only, or where that is dearer to whoever speaks HTTPS."""
        files = ec2.Peer.prefix_list(regions.S3[environment.region])
        self.tasks.add_egress_rule(files, ec2.Port.tcp(HTTPS), "S3")
        for group, why in ((self.tasks, "services of AWS"), (self.rotation, "Secrets Manager")):
            if environment.endpoint_zones:
                _allow(group, self.doors, HTTPS, why)
            else:
                group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(HTTPS), why)


def _allow(giver: ec2.SecurityGroup, taker: ec2.SecurityGroup, port: int, what: str) -> None:
    giver.connections.allow_to(taker, ec2.Port.tcp(port), what)
