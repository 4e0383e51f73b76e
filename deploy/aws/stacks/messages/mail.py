"""Mail by SES: the domain that it comes from, and what is told of each mail afterwards."""

from __future__ import annotations

from aws_cdk import aws_route53 as route53
from aws_cdk import aws_ses as ses
from aws_cdk import aws_sns as sns
from constructs import Construct

from deploy.aws.configuration import Environment

# What docs/decisions/provider-events.md wants to be told.
TOLD = [
    ses.EmailSendingEvent.DELIVERY,
    ses.EmailSendingEvent.BOUNCE,
    ses.EmailSendingEvent.COMPLAINT,
    ses.EmailSendingEvent.REJECT,
    ses.EmailSendingEvent.RENDERING_FAILURE,
    ses.EmailSendingEvent.DELIVERY_DELAY,
    ses.EmailSendingEvent.SUBSCRIPTION,
]


class Mail(Construct):
    """Exposes `configuration_set` and `identity`."""

    def __init__(
        self, scope: Construct, name: str, *, environment: Environment, events: sns.ITopic
    ) -> None:
        super().__init__(scope, name)
        self.configuration_set = ses.ConfigurationSet(
            self,
            "Told",
            configuration_set_name=environment.stack("mail"),
            tls_policy=ses.ConfigurationSetTlsPolicy.REQUIRE,  # not over the line in clear
            reputation_metrics=True,
            # SES's own list of the account, beside ours: whoever bounced or complained is spared.
            suppression_reasons=ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
        )
        self.configuration_set.add_event_destination(
            "Events", destination=ses.EventDestination.sns_topic(events), events=TOLD
        )
        # Bounces come back to a name of ours, so that SPF and the sender agree (DMARC).
        self.identity = ses.EmailIdentity(
            self,
            "Domain",
            identity=ses.Identity.domain(environment.domain),
            configuration_set=self.configuration_set,
            dkim_identity=ses.DkimIdentity.easy_dkim(ses.EasyDkimSigningKeyLength.RSA_2048_BIT),
            mail_from_domain=f"bounces.{environment.domain}",
            mail_from_behavior_on_mx_failure=(ses.MailFromBehaviorOnMxFailure.USE_DEFAULT_VALUE),
            feedback_forwarding=False,  # the topic is told; no letterbox has to be read
        )
        self._names(environment)

    def _names(self, environment: Environment) -> None:
        """What proves to others that the mails are ours: DKIM, SPF for bounces, DMARC."""
        zone = route53.HostedZone.from_hosted_zone_attributes(
            self, "Zone", hosted_zone_id=environment.zone_id, zone_name=environment.zone
        )
        for number, record in enumerate(self.identity.dkim_records, 1):
            route53.CnameRecord(
                self,
                f"Dkim{number}",
                zone=zone,
                record_name=f"{record.name}.",  # whole already: nothing is appended
                domain_name=record.value,
            )
        bounces = f"bounces.{environment.domain}."
        route53.MxRecord(
            self,
            "BouncesMx",
            zone=zone,
            record_name=bounces,
            values=[
                route53.MxRecordValue(
                    host_name=f"feedback-smtp.{environment.region}.amazonses.com", priority=10
                )
            ],
        )
        route53.TxtRecord(
            self,
            "BouncesSpf",
            zone=zone,
            record_name=bounces,
            values=["v=spf1 include:amazonses.com -all"],
        )
        route53.TxtRecord(
            self,
            "Dmarc",
            zone=zone,
            record_name=f"_dmarc.{environment.domain}.",
            values=["v=DMARC1; p=quarantine; adkim=s; aspf=r"],
        )
