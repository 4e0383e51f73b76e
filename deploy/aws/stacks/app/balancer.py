"""The load balancer: nobody reaches it but CloudFront, and it has no public address.

CloudFront comes in by a "VPC origin" (docs/decisions/aws-edge.md), over TLS. Two groups of targets:
while a release is tried, ECS shares requests out between them by changing the weights of `rule`. So
nothing else may change that rule: CloudFormation would put the weights back with it.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_route53 as route53
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import Environment
from deploy.aws.stacks.app.timing import BALANCER_IDLE, DEREGISTRATION, LOOK_EVERY, LOOKS
from deploy.aws.stacks.network import STORES, TASKS, Network

PORT = 8000  # the Dockerfile's


class Balancer(Construct):
    """Exposes `balancer`, `listener`, `rule`, `certificate` and `target_groups`: one, or with a
    canary two."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        environment: Environment,
        network: Network,
        zone: route53.IHostedZone,
    ) -> None:
        super().__init__(scope, name)
        self.environment, self.network = environment, network
        self.balancer = self._balancer()
        names = ("Blue", "Green") if environment.canary else ("Blue",)
        self.target_groups = [self._targets(name) for name in names]
        self.listener = self._listener(zone)
        self.rule = self._rule()

    def _balancer(self) -> elb.ApplicationLoadBalancer:
        made = elb.ApplicationLoadBalancer(
            self,
            "Balancer",
            vpc=self.network.vpc,
            # CloudFront looks for it where there is no way to the internet.
            vpc_subnets=STORES if self.environment.public_tasks else TASKS,
            internet_facing=False,
            security_group=self.network.balancer,
            idle_timeout=cdk.Duration.seconds(BALANCER_IDLE),
            drop_invalid_header_fields=True,
            desync_mitigation_mode=elb.DesyncMitigationMode.STRICTEST,
            xff_header_processing_mode=elb.XffHeaderProcessingMode.APPEND,
            deletion_protection=self.environment.keeps_data,
        )
        acknowledge(
            made,
            {
                "AwsSolutions-ELB2": NO_ACCESS_LOG,
                "HIPAA.Security-ELBLoggingEnabled": NO_ACCESS_LOG,
                "HIPAA.Security-ALBWAFEnabled": (
                    "the rules stand before CloudFront, and nobody else reaches the balancer"
                ),
                "HIPAA.Security-ELBDeletionProtectionEnabled": (
                    "what lives for a day is removed by its pipeline"
                ),
            },
        )
        return made

    def _targets(self, name: str) -> elb.ApplicationTargetGroup:
        return elb.ApplicationTargetGroup(
            self,
            name,
            vpc=self.network.vpc,
            target_type=elb.TargetType.IP,
            port=PORT,
            protocol=elb.ApplicationProtocol.HTTP,
            # A page of figures takes a hundred times as long as a free time.
            load_balancing_algorithm_type=(
                elb.TargetGroupLoadBalancingAlgorithmType.LEAST_OUTSTANDING_REQUESTS
            ),
            deregistration_delay=cdk.Duration.seconds(DEREGISTRATION),
            health_check=elb.HealthCheck(
                path="/readyz",
                healthy_http_codes="200",
                interval=cdk.Duration.seconds(LOOK_EVERY),
                timeout=cdk.Duration.seconds(5),
                healthy_threshold_count=2,
                unhealthy_threshold_count=LOOKS,
            ),
        )

    def _listener(self, zone: route53.IHostedZone) -> elb.ApplicationListener:
        """Over TLS only; there is no port 80. Who asks by another name is refused."""
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=self.environment.domain,
            validation=acm.CertificateValidation.from_dns(zone),
        )
        return self.balancer.add_listener(
            "Https",
            port=443,
            protocol=elb.ApplicationProtocol.HTTPS,
            certificates=[self.certificate],
            ssl_policy=elb.SslPolicy.TLS13_RES,
            open=False,
            default_action=elb.ListenerAction.fixed_response(403, content_type="text/plain"),
        )

    def requests(self) -> cloudwatch.Metric:
        """All that it passed on within a minute, to whichever group of targets."""
        return cloudwatch.Metric(
            namespace="AWS/ApplicationELB",
            metric_name="RequestCount",
            dimensions_map={"LoadBalancer": self.balancer.load_balancer_full_name},
            statistic="Sum",
        )

    def _rule(self) -> elb.ApplicationListenerRule:
        weights = (100, 0)
        return elb.ApplicationListenerRule(
            self,
            "Rule",
            listener=self.listener,
            priority=1,
            conditions=[elb.ListenerCondition.host_headers([self.environment.domain])],
            action=elb.ListenerAction.weighted_forward(
                [
                    elb.WeightedTargetGroup(target_group=group, weight=weight)
                    for group, weight in zip(self.target_groups, weights, strict=False)
                ]
            ),
        )


NO_ACCESS_LOG = (
    "it cannot leave out addresses and queries, in which staff search patients by name; "
    "CloudFront's log has the fields that we choose, and the application logs each route"
)
