"""The firewall before CloudFront: AWS's lists of attacks, and how much one address may ask."""

from __future__ import annotations

from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from deploy.aws.configuration import Environment

Acl = waf.CfnWebACL
Statement = Acl.StatementProperty
Rule = Acl.RuleProperty

# AWS's own groups of rules; what they say of a body is judged by `_bodies`.
COMMON, SQL = "AWSManagedRulesCommonRuleSet", "AWSManagedRulesSQLiRuleSet"
GROUPS = {
    "AWSManagedRulesAmazonIpReputationList": (),
    COMMON: ("SizeRestrictions_BODY", "CrossSiteScripting_BODY"),
    "AWSManagedRulesKnownBadInputsRuleSet": (),
    SQL: ("SQLi_BODY",),
}
# The labels that those rules leave behind where they only count.
LABELS = (
    "awswaf:managed:aws:core-rule-set:SizeRestrictions_Body",
    "awswaf:managed:aws:core-rule-set:CrossSiteScripting_Body",
    "awswaf:managed:aws:sql-database:SQLi_Body",
)
# Where files are sent through the site (UPLOAD_PATHS in clinic/settings/files.py), and where SNS
# tells what became of messages: bytes that look like anything, and more than 8 KB of them. Each has
# its own limit and its own check in the application.
UPLOADS = ("/admin/accounts/doctor/", "/documents/upload/", "/admin/documents/scan/")
HOOKS = "/hooks/aws/"
FIVE_MINUTES = 300


class Firewall(Construct):
    """Exposes `web_acl`."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, log: logs.ILogGroup
    ) -> None:
        super().__init__(scope, name)
        rules = [
            _rate(0, environment.requests_per_address),
            *(_managed(n, group, counted) for n, (group, counted) in enumerate(GROUPS.items(), 1)),
            _bodies(len(GROUPS) + 1),
        ]
        self.web_acl = Acl(
            self,
            "WebAcl",
            name=f"clinic-{environment.name}",
            scope="CLOUDFRONT",
            default_action=Acl.DefaultActionProperty(allow={}),
            rules=rules,
            visibility_config=_seen(f"clinic-{environment.name}"),  # as its alarm asks for it
        )
        waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=self.web_acl.attr_arn,
            log_destination_configs=[log.log_group_arn],
            redacted_fields=[
                _Field(uri_path={}),
                _Field(query_string={}),
                _Field(single_header={"Name": "cookie"}),
                _Field(single_header={"Name": "authorization"}),
                _Field(single_header={"Name": "referer"}),
            ],
        )


_Field = waf.CfnLoggingConfiguration.FieldToMatchProperty


def _seen(name: str) -> Acl.VisibilityConfigProperty:
    """Counted, but no samples of requests kept: they show whole addresses."""
    return Acl.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )


def _managed(priority: int, group: str, counted: tuple[str, ...]) -> Rule:
    name = group.removeprefix("AWSManagedRules")
    return Rule(
        name=name,
        priority=priority,
        override_action=Acl.OverrideActionProperty(none={}),
        statement=Statement(
            managed_rule_group_statement=Acl.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=group,
                rule_action_overrides=[
                    Acl.RuleActionOverrideProperty(
                        name=rule, action_to_use=Acl.RuleActionProperty(count={})
                    )
                    for rule in counted
                ]
                or None,
            )
        ),
        visibility_config=_seen(name),
    )


def _rate(priority: int, most: int) -> Rule:
    """Who asks more often than any front desk is let in again minutes later. SNS speaks for all
    patients from a few addresses, and is believed by its signature."""
    return Rule(
        name="Rate",
        priority=priority,
        action=Acl.RuleActionProperty(
            block=Acl.BlockActionProperty(
                custom_response=Acl.CustomResponseProperty(response_code=429)
            )
        ),
        statement=Statement(
            rate_based_statement=Acl.RateBasedStatementProperty(
                aggregate_key_type="IP",
                limit=most,
                evaluation_window_sec=FIVE_MINUTES,
                scope_down_statement=_not(_below(HOOKS)),
            )
        ),
        visibility_config=_seen("Rate"),
    )


def _bodies(priority: int) -> Rule:
    """Blocks what the lists said of a body, but where files and tellings are sent."""
    labels = [
        Statement(label_match_statement=Acl.LabelMatchStatementProperty(scope="LABEL", key=label))
        for label in LABELS
    ]
    elsewhere = [_not(_below(path)) for path in (*UPLOADS, HOOKS)]
    return Rule(
        name="Bodies",
        priority=priority,
        action=Acl.RuleActionProperty(block={}),
        statement=_all([_any(labels), *elsewhere]),
        visibility_config=_seen("Bodies"),
    )


def _below(path: str) -> Statement:
    return Statement(
        byte_match_statement=Acl.ByteMatchStatementProperty(
            field_to_match=Acl.FieldToMatchProperty(uri_path={}),
            positional_constraint="STARTS_WITH",
            search_string=path,
            text_transformations=[Acl.TextTransformationProperty(priority=0, type="NONE")],
        )
    )


def _not(one: Statement) -> Statement:
    return Statement(not_statement=Acl.NotStatementProperty(statement=one))


def _any(several: list[Statement]) -> Statement:
    return Statement(or_statement=Acl.OrStatementProperty(statements=several))


def _all(several: list[Statement]) -> Statement:
    return Statement(and_statement=Acl.AndStatementProperty(statements=several))
