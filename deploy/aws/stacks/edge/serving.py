"""CloudFront: static files from their bucket, for a year; all else from the balancer, never kept.

A page is always somebody's own, and free times are answered by the application's own cache.
"""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from deploy.aws.acknowledge import acknowledge
from deploy.aws.configuration import Environment
from deploy.aws.stacks.app.timing import BALANCER_IDLE

YEAR = cdk.Duration.days(365)


def distribution(
    scope: Construct,
    name: str,
    *,
    environment: Environment,
    certificate: acm.ICertificate,
    web_acl: waf.CfnWebACL,
    balancer: elb.IApplicationLoadBalancer,
    files: s3.IBucket,
) -> cloudfront.Distribution:
    headers = _headers(scope)
    made = cloudfront.Distribution(
        scope,
        name,
        comment=f"clinic {environment.name}",
        domain_names=[environment.domain],
        certificate=certificate,
        minimum_protocol_version=cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021,
        http_version=cloudfront.HttpVersion.HTTP2_AND_3,
        price_class=cloudfront.PriceClass.PRICE_CLASS_100,
        web_acl_id=web_acl.attr_arn,
        default_behavior=_pages(balancer, headers),
        additional_behaviors={"/static/*": _files(scope, files, headers)},
    )
    acknowledge(
        made,
        {
            "AwsSolutions-CFR1": (
                "patients travel; from where somebody asks is no reason to keep them from a visit"
            ),
            "AwsSolutions-CFR3": (
                "logged by the newer way, with chosen fields (logs.py): the older has addresses"
            ),
        },
    )
    return made


def _pages(
    balancer: elb.IApplicationLoadBalancer, headers: cloudfront.IResponseHeadersPolicy
) -> cloudfront.BehaviorOptions:
    """Through a VPC origin: the balancer has no public address, and is spoken to by TLS."""
    return cloudfront.BehaviorOptions(
        origin=origins.VpcOrigin.with_application_load_balancer(
            balancer,
            protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY,
            origin_ssl_protocols=[cloudfront.OriginSslPolicy.TLS_V1_2],
            # Ours ends first: never is a request sent over a connection that the balancer closes.
            keepalive_timeout=cdk.Duration.seconds(BALANCER_IDLE - 10),
            read_timeout=cdk.Duration.seconds(60),
        ),
        allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
        # With the host that was asked for: the balancer's certificate and Django know no other.
        origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER,
        response_headers_policy=headers,
        # What somebody typed beside a secret, in one compressed page, gives the secret away.
        compress=False,
    )


def _files(
    scope: Construct, files: s3.IBucket, headers: cloudfront.IResponseHeadersPolicy
) -> cloudfront.BehaviorOptions:
    """Their names change with their content, so what was once fetched is right for ever."""
    return cloudfront.BehaviorOptions(
        origin=origins.S3BucketOrigin.with_origin_access_control(_by_name(scope, files)),
        allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
        viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cache_policy=cloudfront.CachePolicy(
            scope,
            "Files",
            comment="Static files: kept for a year, whatever is asked beside the name",
            default_ttl=YEAR,
            min_ttl=cdk.Duration.days(1),
            max_ttl=YEAR,
            enable_accept_encoding_brotli=True,
            enable_accept_encoding_gzip=True,
        ),
        response_headers_policy=headers,
        compress=True,
    )


def _by_name(scope: Construct, files: s3.IBucket) -> s3.IBucket:
    """The bucket's own policy says who reads it (stacks/data/buckets.py): were it changed from
    here, the data's stack would wait for this one, which waits for the data's."""
    return s3.Bucket.from_bucket_attributes(
        scope,
        "StaticFiles",
        bucket_arn=files.bucket_arn,
        bucket_regional_domain_name=files.bucket_regional_domain_name,
    )


def _headers(scope: Construct) -> cloudfront.ResponseHeadersPolicy:
    """What Django says of each page (clinic/settings/transport.py), for answers that are not
    Django's: static files, and CloudFront's own. None is said twice: the application's stands."""
    kept = {"override": False}
    return cloudfront.ResponseHeadersPolicy(
        scope,
        "Headers",
        comment="As Django's, where Django does not answer",
        security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
            strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                access_control_max_age=YEAR, include_subdomains=True, preload=True, **kept
            ),
            content_type_options=cloudfront.ResponseHeadersContentTypeOptions(**kept),
            frame_options=cloudfront.ResponseHeadersFrameOptions(
                frame_option=cloudfront.HeadersFrameOption.DENY, **kept
            ),
            referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                referrer_policy=cloudfront.HeadersReferrerPolicy.SAME_ORIGIN, **kept
            ),
        ),
        remove_headers=["Server"],
    )
