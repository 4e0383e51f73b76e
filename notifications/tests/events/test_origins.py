"""Which addresses are SNS's own. Everything that only looks like one is not."""

from __future__ import annotations

import pytest

from notifications.events.origins import Foreign, certificate_path, confirmation_path, host_of
from notifications.tests.events.sns import CERTIFICATE, HOST, TOPIC

CONFIRM = f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc123"
ENCODED = CONFIRM.replace(":sns:", "%3Asns%3A")


def test_a_topics_host_is_that_of_its_region_and_partition():
    assert host_of(TOPIC) == HOST
    assert host_of("arn:aws-cn:sns:cn-north-1:123456789012:t") == "sns.cn-north-1.amazonaws.com.cn"
    assert host_of("arn:aws-us-gov:sns:us-gov-west-1:123456789012:t").endswith("amazonaws.com")


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "arn:aws:sqs:us-east-1:123456789012:t",
        "arn:aws:sns:evil.example/:123456789012:t",
        "arn:aws:sns:us-east-1:123456789012:t\n",
        "arn:evil:sns:us-east-1:123456789012:t",
    ],
)
def test_what_is_no_topic_has_no_host(topic):
    with pytest.raises(Foreign):
        host_of(topic)


def test_the_topics_own_addresses_are_taken():
    assert certificate_path(CERTIFICATE, topic=TOPIC) == CERTIFICATE.removeprefix(f"https://{HOST}")
    for url in (CONFIRM, ENCODED):
        assert confirmation_path(url, topic=TOPIC) == url.removeprefix(f"https://{HOST}")


FOREIGN = [
    "",
    "http://sns.us-east-1.amazonaws.com{path}",
    "HTTPS://sns.us-east-1.amazonaws.com{path}",
    "https://sns.us-east-1.amazonaws.com.evil.example{path}",
    "https://evil.example{path}",
    "https://evil.example/sns.us-east-1.amazonaws.com{path}",
    "https://sns.us-east-1.amazonaws.com@evil.example{path}",
    "https://evil.example@sns.us-east-1.amazonaws.com{path}",
    "https://sns.us-east-1.amazonaws.com:443{path}",
    "https://sns.us-east-1.amazonaws.com:8443{path}",
    "https://sns.us-east-1.amazonaws.com\\@evil.example{path}",
    "https://sns.us-east-1.amazonaws.com\t.evil.example{path}",
    " https://sns.us-east-1.amazonaws.com{path}",
    "https://sns.us-east-1.amazonaws.com{path}\n",
    "https://sns.us-east-1.amazonaws.com{path}#x",
    "https://sns.us-east-1.amazonaws.com{path}\r\nHost: evil.example",
    "https://sns.us-east-1.amazonaws.com/..{path}",
    "https://sns.us-east-1.amazonaws.com/bucket{path}",
    "https://snsXus-east-1.amazonaws.com{path}",
    "https://s3.us-east-1.amazonaws.com{path}",
    "https://sns.eu-west-1.amazonaws.com{path}",  # SNS, but not the topic's region
    "https://sns.us-east-1.amazonaws.com.cn{path}",
    "https://sns.us-eаst-1.amazonaws.com{path}",  # a Cyrillic letter
    "//sns.us-east-1.amazonaws.com{path}",
    "file:///etc/passwd",
]


@pytest.mark.parametrize("frame", FOREIGN)
def test_what_only_looks_like_sns_is_asked_for_nothing(frame):
    pem, query = (
        CERTIFICATE.removeprefix(f"https://{HOST}"),
        CONFIRM.removeprefix(f"https://{HOST}"),
    )
    with pytest.raises(Foreign):
        certificate_path(frame.replace("{path}", pem), topic=TOPIC)
    with pytest.raises(Foreign):
        confirmation_path(frame.replace("{path}", query), topic=TOPIC)


@pytest.mark.parametrize(
    "path", ["/", "/x.crt", "/x.pem?y=1", "/x.pem/", "/%2e%2e/x.pem", "/.pem "]
)
def test_a_certificate_is_one_file_of_its_kind(path):
    with pytest.raises(Foreign):
        certificate_path(f"https://{HOST}{path}", topic=TOPIC)


@pytest.mark.parametrize(
    "query",
    [
        "Action=Unsubscribe&TopicArn={topic}&Token=a",
        "Action=ConfirmSubscription&TopicArn={topic}x&Token=a",
        "Action=ConfirmSubscription&Token=a",
        "Action=ConfirmSubscription&Action=Publish&TopicArn={topic}&Token=a",
        "",
    ],
)
def test_only_a_subscription_to_the_same_topic_is_confirmed(query):
    with pytest.raises(Foreign):
        confirmation_path(f"https://{HOST}/?{query.format(topic=TOPIC)}", topic=TOPIC)
