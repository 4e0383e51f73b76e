"""SNS as a test needs it: a key, a certificate, and envelopes signed with it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID

from tests.factories import NOW

HOST = "sns.us-east-1.amazonaws.com"
TOPIC = "arn:aws:sns:us-east-1:123456789012:mail-events"
CERTIFICATE = f"https://{HOST}/SimpleNotificationService-0a1b2c3d.pem"
# Written down here a second time, from the documentation.
NOTIFICATION = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"]
CONFIRMATION = [
    "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
]  # fmt: skip


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def strangers_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(private: Any = None, *, days: int = 30) -> bytes:
    private = private or key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    signer = private if isinstance(private, rsa.RSAPrivateKey) else key()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(1)
        .not_valid_before(NOW - dt.timedelta(days=60))
        .not_valid_after(NOW + dt.timedelta(days=days))
        .sign(signer, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM)


def curve_certificate() -> bytes:
    return certificate(ec.generate_private_key(ec.SECP256R1()))


def signature(found: dict[str, Any], *, private: Any = None) -> str:
    names = NOTIFICATION if found["Type"] == "Notification" else CONFIRMATION
    text = "".join(f"{name}\n{found[name]}\n" for name in names if name in found)
    digest = hashes.SHA1() if found["SignatureVersion"] == "1" else hashes.SHA256()
    signed = (private or key()).sign(text.encode(), padding.PKCS1v15(), digest)
    return base64.b64encode(signed).decode()


def envelope(message: Any = "", *, private: Any = None, **fields: Any) -> dict[str, Any]:
    """Signed, whatever is in it. `message` may be an object."""
    found = {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": TOPIC,
        "Message": message if isinstance(message, str) else json.dumps(message),
        "Timestamp": "2026-06-01T12:00:00.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE,
    } | fields
    found = {name: value for name, value in found.items() if value is not None}
    return {"Signature": signature(found, private=private)} | found


def confirmation(**fields: Any) -> dict[str, Any]:
    url = f"https://{HOST}/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=abc123"
    message = "You have chosen to subscribe to the topic."
    values = {"Type": "SubscriptionConfirmation", "Token": "abc123", "SubscribeURL": url}
    return envelope(message, **values | fields)


def ses(kind: str, *, message_id: str = "0100-mail-000000", tag: Any = None, **part: Any):
    """What SES publishes; `part` is its own part: of a Bounce, "bounce"."""
    place = {
        "DeliveryDelay": "deliveryDelay",
        "Rendering Failure": "failure",
    }.get(kind, kind.lower())
    mail = {
        "timestamp": "2026-06-01T11:59:00.000Z",
        "messageId": message_id,
        "destination": ["maria@example.org"],
        "tags": {"ses:configuration-set": ["clinic"]} | ({"message": [str(tag)]} if tag else {}),
    }
    return {"eventType": kind, "mail": mail, place: {"timestamp": "2026-06-01T12:00:00Z"} | part}


def bounce(kind: str = "Permanent", **more: Any):
    recipients = [
        {
            "emailAddress": "maria@example.org",
            "status": "5.1.1",
            "diagnosticCode": "smtp; 550 5.1.1 <maria@example.org> user unknown",
        }
    ]
    return ses(
        "Bounce", bounceType=kind, bounceSubType="General", bouncedRecipients=recipients, **more
    )


def text_status(status: str, response: str, *, message_id: str = "sms-1"):
    return {
        "notification": {"messageId": message_id, "timestamp": "2026-06-01 12:00:00.558"},
        "delivery": {
            "phoneCarrier": "My Phone Carrier",
            "mnc": 270,
            "destination": "+14155550123",
            "priceInUSD": 0.00645,
            "smsType": "Transactional",
            "mcc": 310,
            "providerResponse": response,
            "dwellTimeMs": 599,
        },
        "status": status,
    }


def answer(body: str, *, number: str = "+14155550123"):
    return {
        "originationNumber": number,
        "destinationNumber": "+12125550101",
        "messageKeyword": "JOIN",
        "messageBody": body,
        "inboundMessageId": "cae173d2-66b9-564c-8309-21f858e9fb84",
        "previousPublishedMessageId": "wJalrXUtnFEMI/K7MDENG",
    }
