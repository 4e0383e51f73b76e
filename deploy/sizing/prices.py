"""What AWS asks for, in dollars: us-east-1, on demand, without free allowances but those named.

Each price has a page where it was read, and the day of it. `checked`: the page is AWS's own, or a
transcript of it word for word. What is not checked is marked in the tables. Nobody has compared any
of it with a bill.
"""

from __future__ import annotations

from dataclasses import dataclass

HOURS = 730.0  # a month

_FARGATE = "https://www.vantage.sh/blog/fargate-pricing"
_FARGATE_2026 = "https://www.factualminds.com/blog/amazon-fargate-ecs-task-pricing-2026/"
_RDS = "https://infratally.com/articles/aws-rds-pricing-explained-2026.html"
_STORAGE = "https://www.usage.ai/blogs/aws/reserved-instances/rds/pricing-calculator/"
_ALB = "https://aws.amazon.com/elasticloadbalancing/pricing/"
_CDN = "https://aws.amazon.com/cloudfront/pricing/"
_DNS = "https://aws.amazon.com/route53/pricing/"
_VPC = "https://www.zacfukuda.com/blog/aws-nat-gateway-vs-vpc-endpoint"
_NETWORK = "https://www.factualminds.com/blog/amazon-vpc-pricing-endpoints-peering-transit-gateway/"
_KMS = "https://www.wring.co/blog/aws-kms-pricing-guide"
_WATCH = (
    "https://www.factualminds.com/blog/amazon-cloudwatch-pricing-metrics-logs-alarms-dashboards/"
)
_MAIL = "https://www.acecloudinterviews.com/tutorials/aws/ses/"
_SPACE = "https://aws.amazon.com/s3/pricing/"


@dataclass(frozen=True)
class Price:
    usd: float
    unit: str
    source: str  # where it was read, or where it is to be looked up
    read: str  # the page's date; "-" where no page was read
    checked: bool = True


def _unseen(usd: float, unit: str, source: str) -> Price:
    """A price that is remembered, not read: look it up before anything is decided by it."""
    return Price(usd, unit, source, "-", checked=False)


def _told(usd: float, unit: str, source: str, read: str) -> Price:
    """A price that somebody else's page tells."""
    return Price(usd, unit, source, read, checked=False)


_RDS_PAGE = "https://aws.amazon.com/rds/postgresql/pricing/"
_CACHE_PAGE = "https://aws.amazon.com/elasticache/pricing/"

PRICES: dict[str, Price] = {
    "Fargate, ARM, a vCPU": _told(0.03238, "hour", _FARGATE, "undated"),
    "Fargate, ARM, a GB": _told(0.00356, "hour", _FARGATE, "undated"),
    "Fargate, x86, a vCPU": _told(0.04048, "hour", _FARGATE_2026, "2026-06-17"),
    "Fargate, x86, a GB": _told(0.004445, "hour", _FARGATE_2026, "2026-06-17"),
    "RDS db.t4g.micro": _told(0.016, "hour", _RDS, "2026"),
    "RDS db.t4g.small": _told(0.032, "hour", _RDS, "2026"),
    "RDS db.t4g.medium": _told(0.065, "hour", _RDS, "2026"),
    "RDS db.m7g.large": _unseen(0.168, "hour", _RDS_PAGE),
    "RDS db.m7g.xlarge": _unseen(0.337, "hour", _RDS_PAGE),
    "RDS db.m7g.2xlarge": _unseen(0.674, "hour", _RDS_PAGE),
    "RDS db.m7g.4xlarge": _unseen(1.348, "hour", _RDS_PAGE),
    "RDS db.m7g.8xlarge": _unseen(2.696, "hour", _RDS_PAGE),
    "RDS db.m7g.16xlarge": _unseen(5.392, "hour", _RDS_PAGE),
    "RDS gp3, a GB": _told(0.115, "month", _STORAGE, "2026-06"),
    "RDS backup beyond the database's size, a GB": _told(0.095, "month", _STORAGE, "2026-06"),
    "Aurora Serverless v2, an ACU": _unseen(
        0.12, "hour", "https://aws.amazon.com/rds/aurora/pricing/"
    ),
    "RDS Proxy, a vCPU": _unseen(0.015, "hour", "https://aws.amazon.com/rds/proxy/pricing/"),
    "ElastiCache Valkey cache.t4g.micro": _unseen(0.0128, "hour", _CACHE_PAGE),
    "ElastiCache Valkey cache.t4g.small": _unseen(0.0256, "hour", _CACHE_PAGE),
    "ElastiCache Valkey cache.t4g.medium": _unseen(0.052, "hour", _CACHE_PAGE),
    "ElastiCache Valkey cache.m7g.large": _unseen(0.1264, "hour", _CACHE_PAGE),
    "Load balancer": Price(0.0225, "hour", _ALB, "2026-09-20"),
    "Load balancer, a capacity unit": Price(0.008, "hour", _ALB, "2026-09-20"),
    "CloudFront, a GB after the first 1,024": _unseen(0.085, "GB", _CDN),
    "CloudFront, 10,000 requests after the first 10,000,000": _unseen(0.01, "10,000", _CDN),
    "Route 53, a zone": Price(0.5, "month", _DNS, "2026-09-20"),
    "Interface endpoint in a zone": _told(0.01, "hour", _VPC, "2026-06-01"),
    "Interface endpoint, a GB": _told(0.01, "GB", _VPC, "2026-06-01"),
    "NAT gateway": _told(0.045, "hour", _VPC, "2026-06-01"),
    "NAT gateway, a GB": _told(0.045, "GB", _VPC, "2026-06-01"),
    "Public IPv4 address": _told(0.005, "hour", _NETWORK, "2026-06-13"),
    "KMS key": _told(1.0, "month", _KMS, "2026"),
    "Secret": _unseen(0.40, "month", "https://aws.amazon.com/secrets-manager/pricing/"),
    "CloudWatch logs, a GB taken in": _told(0.50, "GB", _WATCH, "2026-06-13"),
    "CloudWatch logs, a GB kept": _unseen(
        0.03, "month", "https://aws.amazon.com/cloudwatch/pricing/"
    ),
    "CloudWatch metric of ours": _told(0.30, "month", _WATCH, "2026-06-13"),
    "CloudWatch alarm": _told(0.10, "month", _WATCH, "2026-06-13"),
    "CloudWatch dashboard": _told(3.0, "month", _WATCH, "2026-06-13"),
    "Firewall (WAF)": _unseen(5.0, "month", "https://aws.amazon.com/waf/pricing/"),
    "Firewall, a rule": _unseen(1.0, "month", "https://aws.amazon.com/waf/pricing/"),
    "Firewall, a million requests": _unseen(
        0.60, "1,000,000", "https://aws.amazon.com/waf/pricing/"
    ),
    "Mail (SES), 1,000": _told(0.10, "1,000", _MAIL, "undated"),
    "Text message, a part, to the US, with the carrier's fee": _unseen(
        0.00945, "part", "https://aws.amazon.com/sns/sms-pricing/"
    ),
    "S3, a GB": _unseen(0.023, "month", _SPACE),
}


def usd(name: str) -> float:
    """The price's dollars. Raises KeyError for what has no price: nothing is free by mistake."""
    return PRICES[name].usd
