"""What the world meets: TLS, the firewall, and what is kept near the viewer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from deploy.aws.promises.cloud import Cloud, text
from deploy.aws.promises.promise import broken_by, promise

LISTENER = "AWS::ElasticLoadBalancingV2::Listener"
BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
DISTRIBUTION = "AWS::CloudFront::Distribution"
ACL = "AWS::WAFv2::WebACL"
MANAGED = (
    "AWSManagedRulesCommonRuleSet",
    "AWSManagedRulesSQLiRuleSet",
    "AWSManagedRulesKnownBadInputsRuleSet",
    "AWSManagedRulesAmazonIpReputationList",
)
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # CloudFront's own policy
YEAR = 365 * 24 * 3600


@promise()
def the_balancer_speaks_tls_1_2_or_newer_and_nothing_else(cloud: Cloud) -> Iterator[str]:
    listeners = list(cloud.all(LISTENER, stack="app"))
    for each in listeners:
        if each.get("Protocol") != "HTTPS" or each.get("Port") != 443:
            yield f"{each} speaks {each.get('Protocol')}"
        if "TLS13-1-2" not in each.get("SslPolicy", ""):
            yield f"{each} has the policy {each.get('SslPolicy')}"
    if not listeners:
        yield "nothing listens"


@broken_by(the_balancer_speaks_tls_1_2_or_newer_and_nothing_else)
def _old_tls(cloud: Cloud) -> None:
    policy = "ELBSecurityPolicy-2016-08"
    next(cloud.all(LISTENER, stack="app")).properties["SslPolicy"] = policy


@promise()
def the_balancer_has_no_public_address(cloud: Cloud) -> Iterator[str]:
    for each in cloud.all(BALANCER, stack="app"):
        if each.get("Scheme") != "internal":
            yield f"{each} is {each.get('Scheme')}"
        how = {one["Key"]: one["Value"] for one in each.get("LoadBalancerAttributes")}
        if how.get("routing.http.drop_invalid_header_fields.enabled") != "true":
            yield f"{each} passes on headers that are none"
        if how.get("deletion_protection.enabled", "false") != text(cloud.environment.keeps_data):
            yield f"{each} can be deleted, or cannot"


@broken_by(the_balancer_has_no_public_address)
def _a_public_one(cloud: Cloud) -> None:
    next(cloud.all(BALANCER, stack="app")).properties["Scheme"] = "internet-facing"


@promise()
def who_asks_by_another_name_is_refused(cloud: Cloud) -> Iterator[str]:
    (listener,) = cloud.all(LISTENER, stack="app")
    (default,) = listener.get("DefaultActions")
    if default.get("FixedResponseConfig", {}).get("StatusCode") != "403":
        yield f"{listener} answers anybody"
    for rule in cloud.all("AWS::ElasticLoadBalancingV2::ListenerRule", stack="app"):
        if f'["{cloud.environment.domain}"]' not in text(rule.get("Conditions")):
            yield f"{rule} is for {rule.get('Conditions')}"


@broken_by(who_asks_by_another_name_is_refused)
def _anybody(cloud: Cloud) -> None:
    rule = next(cloud.all("AWS::ElasticLoadBalancingV2::ListenerRule", stack="app"))
    rule.properties["Conditions"] = [{"Field": "path-pattern", "PathPatternConfig": "/*"}]


def config(cloud: Cloud) -> dict[str, Any]:
    (found,) = cloud.all(DISTRIBUTION)
    return found.properties["DistributionConfig"]


@promise()
def viewers_are_spoken_to_by_tls_alone(cloud: Cloud) -> Iterator[str]:
    found = config(cloud)
    if found["ViewerCertificate"].get("MinimumProtocolVersion") != "TLSv1.2_2021":
        yield f"{found['ViewerCertificate']}"
    for each in (found["DefaultCacheBehavior"], *found["CacheBehaviors"]):
        if each["ViewerProtocolPolicy"] != "redirect-to-https":
            yield f"{each.get('PathPattern', 'a page')} by plain HTTP"
    for origin in found["Origins"]:
        if "CustomOriginConfig" in origin:
            yield f"{origin['Id']} is reached over the internet"


@broken_by(viewers_are_spoken_to_by_tls_alone)
def _plain(cloud: Cloud) -> None:
    config(cloud)["DefaultCacheBehavior"]["ViewerProtocolPolicy"] = "allow-all"


@broken_by(viewers_are_spoken_to_by_tls_alone)
def _tls_1_0(cloud: Cloud) -> None:
    config(cloud)["ViewerCertificate"]["MinimumProtocolVersion"] = "TLSv1"


@promise()
def nothing_personal_is_kept_near_the_viewer(cloud: Cloud) -> Iterator[str]:
    """Pages are never kept; of the rest only what lies below /static/, from the bucket."""
    found = config(cloud)
    if found["DefaultCacheBehavior"]["CachePolicyId"] != CACHING_DISABLED:
        yield "pages are kept"
    if found["DefaultCacheBehavior"].get("Compress"):
        yield "pages are compressed with what somebody may have typed into them"
    patterns = [each["PathPattern"] for each in found["CacheBehaviors"]]
    if patterns != ["/static/*"]:
        yield f"kept as well: {patterns}"


@broken_by(nothing_personal_is_kept_near_the_viewer)
def _pages_too(cloud: Cloud) -> None:
    optimised = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    config(cloud)["DefaultCacheBehavior"]["CachePolicyId"] = optimised


@broken_by(nothing_personal_is_kept_near_the_viewer)
def _photos_too(cloud: Cloud) -> None:
    behaviors = config(cloud)["CacheBehaviors"]
    behaviors.append(behaviors[0] | {"PathPattern": "/doctors/*"})


@promise()
def static_files_are_kept_for_a_year(cloud: Cloud) -> Iterator[str]:
    for policy in cloud.all("AWS::CloudFront::CachePolicy"):
        how = policy.get("CachePolicyConfig")
        if (how["DefaultTTL"], how["MaxTTL"]) != (YEAR, YEAR):
            yield f"{policy}: {how['DefaultTTL']} s"
        what = how["ParametersInCacheKeyAndForwardedToOrigin"]
        if {what[f"{part}Config"][f"{part[:-1]}Behavior"] for part in ("Cookies", "Headers")} != {
            "none"
        }:
            yield f"{policy}: by who asks"
    readers = [
        text(policy.get("PolicyDocument.Statement"))
        for policy in cloud.all("AWS::S3::BucketPolicy", stack="data")
    ]
    if not any('"cloudfront.amazonaws.com"' in reader for reader in readers):
        yield "CloudFront may not read them"
    access = text([origin.get("OriginAccessControlId") for origin in config(cloud)["Origins"]])
    if "GetAtt" not in access:
        yield "the bucket is read without a signature"


@broken_by(static_files_are_kept_for_a_year)
def _for_an_hour(cloud: Cloud) -> None:
    policy = next(cloud.all("AWS::CloudFront::CachePolicy"))
    policy.get("CachePolicyConfig")["DefaultTTL"] = 3600


@broken_by(static_files_are_kept_for_a_year)
def _unreadable(cloud: Cloud) -> None:
    for policy in cloud.all("AWS::S3::BucketPolicy", stack="data"):
        policy.properties["PolicyDocument"]["Statement"] = [
            each
            for each in policy.get("PolicyDocument.Statement")
            if each.get("Sid") != "CloudFront"
        ]


def rules(cloud: Cloud) -> dict[str, dict[str, Any]]:
    (acl,) = cloud.all(ACL)
    return {each["Name"]: each for each in acl.get("Rules")}


@promise()
def the_firewall_stands_before_everything(cloud: Cloud) -> Iterator[str]:
    (acl,) = cloud.all(ACL)
    if acl.name not in text(config(cloud).get("WebACLId")) or acl.get("Scope") != "CLOUDFRONT":
        yield f"{acl} stands before nothing"
    there = text(acl.get("Rules"))
    yield from (f"{group} is missing" for group in MANAGED if f'"{group}"' not in there)
    for rule in rules(cloud).values():
        if "Count" in rule.get("OverrideAction", {}) or "Count" in rule.get("Action", {}):
            yield f"{rule['Name']} only counts"


@broken_by(the_firewall_stands_before_everything)
def _not_before_ours(cloud: Cloud) -> None:
    del config(cloud)["WebACLId"]


@broken_by(the_firewall_stands_before_everything)
def _sql_goes_through(cloud: Cloud) -> None:
    (acl,) = cloud.all(ACL)
    acl.properties["Rules"] = [r for r in acl.get("Rules") if r["Name"] != "SQLiRuleSet"]


@broken_by(the_firewall_stands_before_everything)
def _it_only_counts(cloud: Cloud) -> None:
    rules(cloud)["CommonRuleSet"]["OverrideAction"] = {"Count": {}}


@promise()
def what_is_only_counted_of_a_body_is_judged_after_all(cloud: Cloud) -> Iterator[str]:
    counted = [
        override["Name"]
        for rule in rules(cloud).values()
        for override in rule["Statement"]
        .get("ManagedRuleGroupStatement", {})
        .get("RuleActionOverrides", [])
    ]
    judged = text(rules(cloud).get("Bodies", {}))
    for name in counted:
        if name.replace("_BODY", "_Body") not in judged:
            yield f"{name} is counted and nothing else"


@broken_by(what_is_only_counted_of_a_body_is_judged_after_all)
def _never_judged(cloud: Cloud) -> None:
    (acl,) = cloud.all(ACL)
    acl.properties["Rules"] = [r for r in acl.get("Rules") if r["Name"] != "Bodies"]


@promise()
def one_address_may_ask_only_so_often(cloud: Cloud) -> Iterator[str]:
    rate = rules(cloud).get("Rate", {}).get("Statement", {}).get("RateBasedStatement", {})
    if (rate.get("AggregateKeyType"), rate.get("Limit")) != (
        "IP",
        cloud.environment.requests_per_address,
    ):
        yield f"as often as {rate}"


@broken_by(one_address_may_ask_only_so_often)
def _without_limit(cloud: Cloud) -> None:
    (acl,) = cloud.all(ACL)
    acl.properties["Rules"] = [r for r in acl.get("Rules") if r["Name"] != "Rate"]


@promise()
def no_log_has_the_address_of_a_page(cloud: Cloud) -> Iterator[str]:
    for delivery in cloud.all("AWS::Logs::Delivery", stack="edge"):
        for field in delivery.get("RecordFields"):
            if field.startswith(("cs-uri", "cs(", "x-forwarded")):
                yield f"{delivery} has {field}"
    for logging in cloud.all("AWS::WAFv2::LoggingConfiguration"):
        redacted = text(logging.get("RedactedFields"))
        for field in ("UriPath", "QueryString", "cookie", "authorization", "referer"):
            if field not in redacted:
                yield f"{logging} has {field}"
    for balancer in cloud.all(BALANCER, stack="app"):
        if '"access_logs.s3.enabled", "Value": "true"' in text(balancer.properties):
            yield f"{balancer} logs whole addresses"
    if "Logging" in config(cloud) or '"SampledRequestsEnabled": true' in text(_all(cloud)):
        yield "whole addresses are kept"


def _all(cloud: Cloud) -> list[dict[str, Any]]:
    return [each.properties for each in cloud.all(ACL)]


@broken_by(no_log_has_the_address_of_a_page)
def _queries(cloud: Cloud) -> None:
    next(cloud.all("AWS::Logs::Delivery", stack="edge")).get("RecordFields").append("cs-uri-query")


@broken_by(no_log_has_the_address_of_a_page)
def _paths(cloud: Cloud) -> None:
    logging = next(cloud.all("AWS::WAFv2::LoggingConfiguration"))
    logging.properties["RedactedFields"] = logging.get("RedactedFields")[1:]


@promise()
def the_site_is_found_by_both_kinds_of_address(cloud: Cloud) -> Iterator[str]:
    there = {each.get("Type") for each in cloud.all("AWS::Route53::RecordSet", stack="edge")}
    yield from (f"no {kind} record" for kind in ("A", "AAAA") if kind not in there)


@broken_by(the_site_is_found_by_both_kinds_of_address)
def _no_ipv6(cloud: Cloud) -> None:
    found = [
        each
        for each in cloud.all("AWS::Route53::RecordSet", stack="edge")
        if each.get("Type") == "AAAA"
    ]
    for each in found:
        del cloud.templates["edge"]["Resources"][each.name]
