"""Work and messages: nothing is lost silently, nothing leaves in clear, and texts have a limit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from deploy.aws.promises.cloud import Cloud, Resource, text
from deploy.aws.promises.promise import broken_by, promise

WORK = ("QueuesWork", "QueuesMessages", "QueuesDocuments")
TOLD = {
    "DELIVERY", "BOUNCE", "COMPLAINT", "REJECT", "RENDERING_FAILURE", "DELIVERY_DELAY",
    "SUBSCRIPTION",
}  # fmt: skip


def queues(cloud: Cloud) -> list[Resource]:
    return [cloud.named("AWS::SQS::Queue", name) for name in WORK]


@promise()
def what_no_worker_finishes_is_kept(cloud: Cloud) -> Iterator[str]:
    end = cloud.named("AWS::SQS::Queue", "QueuesDeadLetters")
    for queue in queues(cloud):
        if queue.get("RedrivePolicy.maxReceiveCount") != 5:
            yield f"{queue} does not give up after five tries"
        if end.name not in text(queue.get("RedrivePolicy", {})):
            yield f"{queue} gives up for good"
        if queue.get("VisibilityTimeout") != 1800:
            yield f"{queue} gives work out again while it may still be done"


@broken_by(what_no_worker_finishes_is_kept)
def _for_good(cloud: Cloud) -> None:
    del queues(cloud)[0].properties["RedrivePolicy"]


@broken_by(what_no_worker_finishes_is_kept)
def _given_out_again(cloud: Cloud) -> None:
    queues(cloud)[0].properties["VisibilityTimeout"] = 30


@promise()
def nobody_asks_a_queue_or_topic_in_clear(cloud: Cloud) -> Iterator[str]:
    policies = [*cloud.all("AWS::SQS::QueuePolicy"), *cloud.all("AWS::SNS::TopicPolicy")]
    refusing = text(
        [each.properties for each in policies if "SecureTransport" in text(each.properties)]
    )
    for found in cloud.all("AWS::SQS::Queue", "AWS::SNS::Topic", stack="messages"):
        if f'"{found.name}"' not in refusing:
            yield f"{found} answers without TLS"


@broken_by(nobody_asks_a_queue_or_topic_in_clear)
def _a_queue_does(cloud: Cloud) -> None:
    policy = next(cloud.all("AWS::SQS::QueuePolicy"))
    del cloud.templates[policy.stack]["Resources"][policy.name]


@promise()
def mail_leaves_over_tls_from_a_domain_that_is_ours(cloud: Cloud) -> Iterator[str]:
    (how,) = cloud.all("AWS::SES::ConfigurationSet")
    if how.get("DeliveryOptions.TlsPolicy") != "REQUIRE":
        yield "mail may go over the line in clear"
    if len(list(cloud.all("AWS::Route53::RecordSet", stack="messages"))) != 6:
        yield "names are missing: three of DKIM, two of bounces, one of DMARC"


@broken_by(mail_leaves_over_tls_from_a_domain_that_is_ours)
def _in_clear(cloud: Cloud) -> None:
    next(cloud.all("AWS::SES::ConfigurationSet")).properties["DeliveryOptions"] = {}


@broken_by(mail_leaves_over_tls_from_a_domain_that_is_ours)
def _anybodys(cloud: Cloud) -> None:
    record = next(cloud.all("AWS::Route53::RecordSet", stack="messages"))
    del cloud.templates[record.stack]["Resources"][record.name]


@promise()
def the_site_is_told_what_became_of_each_mail(cloud: Cloud) -> Iterator[str]:
    (events,) = cloud.all("AWS::SES::ConfigurationSetEventDestination")
    told = {each.upper() for each in events.get("EventDestination.MatchingEventTypes", [])}
    yield from (f"nobody is told of {what}" for what in sorted(TOLD - _plain(told)))
    (site,) = cloud.all("AWS::SNS::Subscription", stack="hooks")
    if site.get("Endpoint") != f"https://{cloud.environment.domain}/hooks/aws/":
        yield "the site is not told"
    if site.get("RawMessageDelivery") is True:
        yield "what it is told has no signature"
    if not site.get("RedrivePolicy"):
        yield "what it does not take is lost"


def _plain(names: set[str]) -> set[str]:
    """As CloudFormation spells them ("renderingFailure") and as we do."""
    return names | {each for each in TOLD if each.replace("_", "") in names}


@broken_by(the_site_is_told_what_became_of_each_mail)
def _bounces_are_not_told(cloud: Cloud) -> None:
    events = next(cloud.all("AWS::SES::ConfigurationSetEventDestination"))
    events.get("EventDestination")["MatchingEventTypes"] = ["delivery"]


@broken_by(the_site_is_told_what_became_of_each_mail)
def _without_signature(cloud: Cloud) -> None:
    next(cloud.all("AWS::SNS::Subscription", stack="hooks")).properties["RawMessageDelivery"] = True


@promise("production", "simple")
def texts_have_a_limit(cloud: Cloud) -> Iterator[str]:
    calls = text([each.get("Create") for each in cloud.all("Custom::AWS")])
    limit = cloud.environment.alerts.monthly_sms_usd
    if f'MonthlySpendLimit\\":\\"{limit}\\"' not in calls.replace("\\\\", "\\"):
        yield f"texts may cost more than {limit} dollars a month"


@broken_by(texts_have_a_limit)
def _no_limit(cloud: Cloud) -> None:
    for call in cloud.all("Custom::AWS"):
        call.properties["Create"] = "{}"


@promise()
def what_is_the_accounts_is_set_by_one_of_its_environments(cloud: Cloud) -> Iterator[str]:
    """Staging and production share an account: the second of a log's name is refused."""
    if cloud.environment.sets_texts != (cloud.environment.name in ("production", "simple")):
        yield "it is not production that says what texts may cost"
    for log in cloud.all("AWS::Logs::LogGroup"):
        if "sns/" in text(log.get("LogGroupName", "")) and not cloud.environment.sets_texts:
            yield f"{log} is the account's, and another environment has it"


@broken_by(what_is_the_accounts_is_set_by_one_of_its_environments)
def _all_of_them_do(cloud: Cloud) -> None:
    other = not cloud.environment.sets_texts
    cloud.environment = replace(cloud.environment, sets_texts=other)


@promise()
def no_function_takes_a_new_accounts_share(cloud: Cloud) -> Iterator[str]:
    """An account has ten runs at a time at first, and keeps that many for whoever reserves none."""
    for function in cloud.all("AWS::Lambda::Function"):
        if function.get("ReservedConcurrentExecutions"):
            yield f"{function} reserves runs: a new account refuses"


@broken_by(no_function_takes_a_new_accounts_share)
def _one_does(cloud: Cloud) -> None:
    next(cloud.all("AWS::Lambda::Function")).properties["ReservedConcurrentExecutions"] = 2
