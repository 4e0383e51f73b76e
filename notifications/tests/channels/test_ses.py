"""Mail by SES: fifties of one shape, each letter answered for itself, and whose fault it was."""

from __future__ import annotations

import datetime as dt
import email
import json
from collections.abc import Callable, Iterator
from email.message import Message as Mail
from typing import Any
from unittest import mock

import pytest
from botocore import auth
from botocore.awsrequest import AWSRequest, AWSResponse, HeadersDict
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from botocore.validate import ParamValidator
from django.utils import timezone

from benchmarks import ses_stub
from notifications import delivery
from notifications.catalog import SAMPLE_CONTEXT
from notifications.channels import (
    Accepted,
    ProviderAway,
    Refused,
    SlowDown,
    Throttled,
    Trouble,
    Untried,
    ses,
)
from notifications.models import Message
from notifications.outbox import Draft, enqueue_many
from notifications.tests.letters import letter


@pytest.fixture
def stub(settings: Any, monkeypatch: Any) -> Iterator[ses_stub.Stub]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stub")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "stub")
    with ses_stub.running() as running:
        settings.SES_ENDPOINT_URL = running.url
        settings.SES_CONFIGURATION_SET = "events"
        settings.DEFAULT_FROM_EMAIL = "Clínica <no-reply@clinic.example.org>"
        yield running


@pytest.fixture
def outlet(stub: ses_stub.Stub) -> Iterator[ses.SesOutlet]:
    made = ses.SesOutlet()
    yield made
    made.close()


def bodies(stub: ses_stub.Stub) -> list[dict[str, Any]]:
    return [body for _path, body in stub.book.bodies]


def people(count: int, **changes: Any) -> list[Any]:
    return [letter(f"p{number}@example.org", **changes) for number in range(count)]


def refusal(code: str, status: int = 400, message: str = "") -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return ClientError(response, "SendBulkEmail")


TWO = b"""{"BulkEmailEntryResults": [
    {"Status": "SUCCESS", "Error": null, "MessageId": "one"},
    {"Status": "MESSAGE_REJECTED", "Error": "not this one", "MessageId": null}
]}"""


class Wire:
    """What connects, and here does not: `answer` of a request."""

    def __init__(self, answer: Callable[[Any], AWSResponse]) -> None:
        self.send = answer


def _answered(body: bytes, status: int = 200) -> AWSResponse:
    answer = AWSResponse("http://ses", status, HeadersDict({"x-amzn-RequestId": "1"}), None)
    answer._content = body
    return answer


def said(call: Callable[..., Any], request: dict[str, Any]) -> Any:
    """What boto's caller makes of it: the entries' answers, or the refusal."""
    try:
        answer = call(**request)
    except ClientError as error:
        return error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    except ResponseParserError:
        return []
    # boto leaves out what is null, and whoever reads does not tell it from what is not there.
    entries = answer.get("BulkEmailEntryResults") or []
    return [{name: value for name, value in each.items() if value} for each in entries]


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


def raw_mail(body: dict[str, Any]) -> Mail:
    import base64

    return email.message_from_bytes(base64.b64decode(body["Content"]["Raw"]["Data"]))


class TestCalls:
    def test_reminders_of_one_shape_leave_in_fifties(self, outlet):
        assert [len(call) for call in outlet.calls(people(120))] == [50, 50, 20]

    def test_shapes_are_kept_apart_and_those_with_a_file_leave_alone(self, outlet):
        mixed = [
            letter("1@example.org"),
            letter("2@example.org", language="es"),
            letter("3@example.org", template="booked"),
            letter("4@example.org"),
            letter("5@example.org", template="booked"),
        ]
        calls = outlet.calls(mixed)
        assert [[one.recipient[0] for one in call] for call in calls] == [
            ["1", "4"],
            ["2"],
            ["3"],
            ["5"],
        ]

    def test_a_part_of_a_call_can_be_sent_in_whatever_order(self, outlet, stub):
        (call,) = outlet.calls(people(3))
        assert len(outlet.send([call[2], call[0]])) == 2
        assert len(outlet.send(call[1:2])) == 1
        assert [entry["Destination"]["ToAddresses"] for entry in _entries(stub)] == [
            ["p2@example.org"],
            ["p0@example.org"],
            ["p1@example.org"],
        ]

    def test_letters_that_no_call_put_together_are_sent_too(self, outlet, stub):
        mixed = [letter(), letter(template="booked"), letter(language="es"), letter("no one")]
        results = outlet.send(mixed)
        assert [type(result) for result in results] == [Accepted, Accepted, Accepted, Refused]
        assert stub.book.counts()["messages"] == 3


def _entries(stub: ses_stub.Stub) -> list[dict[str, Any]]:
    return [entry for body in bodies(stub) for entry in body.get("BulkEmailEntries", [])]


class TestBulk:
    def test_each_has_its_own_words_tag_and_headers(self, outlet, stub):
        first, second = letter("a@example.org"), letter("b@example.org", patient_name="Zoë <b>")
        results = outlet.send(outlet.calls([first, second])[0])
        assert all(isinstance(result, Accepted) and result.provider_id for result in results)
        (body,) = bodies(stub)
        assert body["ConfigurationSetName"] == "events"
        assert body["FromEmailAddress"] == "=?utf-8?q?Cl=C3=ADnica?= <no-reply@clinic.example.org>"
        template = body["DefaultContent"]["Template"]
        assert "{{when}}" in template["TemplateContent"]["Subject"]
        assert {"Name": "Auto-Submitted", "Value": "auto-generated"} in template["Headers"]
        entry = body["BulkEmailEntries"][1]
        assert entry["ReplacementTags"] == [{"Name": "message", "Value": str(second.id)}]
        headers = {each["Name"]: each["Value"] for each in entry["ReplacementHeaders"]}
        assert headers["X-Message-ID"] == str(second.id)
        assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        said = json.loads(
            entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
        )
        assert said["patient_name"] == "Zoë <b>" and said["H_patient_name"] == "Zoë &lt;b&gt;"
        assert headers["List-Unsubscribe"] == f"<{said['stop_url']}>"

    def test_what_goes_over_the_wire_is_what_boto_would_have_written(self, outlet, stub):
        outlet.send(people(3))
        (body,) = bodies(stub)
        boto = outlet._client().boto
        model = boto.meta.service_model.operation_model("SendBulkEmail")
        assert json.loads(boto._serializer.serialize_to_request(body, model)["body"]) == body
        assert not ParamValidator().validate(body, model.input_shape).has_errors()

    def test_a_call_goes_where_botos_would_and_is_signed_as_it(self, outlet, stub, monkeypatch):
        monkeypatch.setenv("AWS_SESSION_TOKEN", "of a role")
        monkeypatch.setattr(auth, "get_current_datetime", lambda: dt.datetime(2026, 12, 1, 8))
        client, asked = outlet._client(), []
        client.boto.meta.events.register(
            "before-send.sesv2.SendBulkEmail",
            lambda request, **_more: asked.append(request) or _answered(TWO),
        )
        monkeypatch.setattr(client, "_wire", Wire(lambda one: asked.append(one) or _answered(TWO)))
        outlet.send(people(2))
        ours = asked[0]
        client.boto.send_bulk_email(**json.loads(ours.body))
        botos = asked[1]
        assert (ours.method, ours.url) == (botos.method, botos.url)
        assert json.loads(ours.body) == json.loads(botos.body)
        # What boto adds beside: which of its own tries this is.
        theirs = {name for name in botos.headers if not name.startswith("amz-sdk-")}
        assert set(ours.headers) == theirs
        signed = AWSRequest("POST", botos.url, data=ours.body)
        for name in ("Content-Type", "X-Amz-Date", "X-Amz-Security-Token"):
            assert _text(ours.headers[name]) == _text(botos.headers[name])
        credentials = client._session.get_credentials()
        signed.headers["Content-Type"] = "application/json"
        auth.SigV4Auth(credentials, "ses", client.boto.meta.region_name).add_auth(signed)
        assert _text(ours.headers["Authorization"]) == signed.headers["Authorization"]

    @pytest.mark.parametrize("status", [200, 400, 503])
    @pytest.mark.parametrize(
        "body",
        [
            TWO,
            b"no JSON",
            b"",
            b'{"BulkEmailEntryResults": null}',
            b'{"message": "Maximum sending rate exceeded."}',
            b'{"__type": "com.amazon#MessageRejected", "Message": "not verified"}',
        ],
    )
    def test_what_comes_over_the_wire_is_read_as_boto_would(
        self, outlet, monkeypatch, status, body
    ):
        client = outlet._client()
        answer = _answered(body, status)
        client.boto.meta.events.register("before-send.sesv2", lambda **_more: answer)
        monkeypatch.setattr(client, "_wire", Wire(lambda _request: answer))
        request = {"DefaultContent": {}, "BulkEmailEntries": []}
        assert said(client.send_bulk_email, request) == said(client.boto.send_bulk_email, request)

    def test_an_answer_that_is_none_is_nobodys_yes(self, outlet, monkeypatch):
        entries = (b"null", b"2", b'{"0": 1, "1": 1}', b"[null, null]", b'["SUCCESS", "SUCCESS"]')
        answers = [b'{"BulkEmailEntryResults": %s}' % each for each in entries]
        for body in (b"no JSON", b"[]", *answers):
            monkeypatch.setattr(outlet._client(), "_wire", Wire(lambda _r, b=body: _answered(b)))
            assert outlet.send(people(2)) == [Trouble("answers missing")] * 2

    @pytest.mark.parametrize("body", [b"\xff\xfe", b"[]"])
    def test_a_refusal_that_nobody_can_read_is_no_letters_fault(self, outlet, monkeypatch, body):
        """What stands between us and SES may say anything; whoever is alone in a call would be
        given up for it."""
        wire = Wire(lambda _request: _answered(body, 400))
        monkeypatch.setattr(outlet._client(), "_wire", wire)
        with pytest.raises(ProviderAway, match="400"):
            outlet.send(people(1))

    def test_nothing_personal_is_told_beside_the_mail(self, outlet, stub):
        outlet.send([letter(patient_name="Maria Canary")])
        (body,) = bodies(stub)
        for entry in body["BulkEmailEntries"]:
            del entry["ReplacementEmailContent"], entry["Destination"]
        assert "Canary" not in json.dumps(body)

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            ("MESSAGE_REJECTED", Refused),
            ("INVALID_PARAMETER", Refused),
            ("TRANSIENT_FAILURE", Trouble),
            ("FAILED", Trouble),
            ("ACCOUNT_THROTTLED", Throttled),
            ("ACCOUNT_DAILY_QUOTA_EXCEEDED", Throttled),
            ("MAIL_FROM_DOMAIN_NOT_VERIFIED", Untried),
            ("CONFIGURATION_SET_NOT_FOUND", Untried),
            ("ACCOUNT_SENDING_PAUSED", Untried),
            ("SOMETHING_NEW", Untried),
        ],
    )
    def test_one_entry_that_is_not_taken_says_so_alone(self, outlet, stub, status, kind):
        stub.ways.statuses = {"p1@example.org": status}
        first, second, third = outlet.send(outlet.calls(people(3))[0])
        assert isinstance(first, Accepted) and isinstance(third, Accepted)
        assert isinstance(second, kind) and second.reason == status

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            ("ACCOUNT_THROTTLED", SlowDown),
            ("ACCOUNT_DAILY_QUOTA_EXCEEDED", SlowDown),
            ("ACCOUNT_SUSPENDED", ProviderAway),
            ("MAIL_FROM_DOMAIN_NOT_VERIFIED", ProviderAway),
            ("CONFIGURATION_SET_SENDING_PAUSED", ProviderAway),
        ],
    )
    def test_what_all_entries_say_is_said_of_the_account(self, outlet, stub, status, error):
        stub.ways.statuses = {f"p{number}@example.org": status for number in range(3)}
        with pytest.raises(error):
            outlet.send(outlet.calls(people(3))[0])

    def test_a_call_refused_whole_is_halved_until_the_one_is_found(self, outlet, monkeypatch):
        ask, asked = outlet._ask, []

        def picky(operation: str, **request: Any) -> Any:
            sent = [entry["Destination"]["ToAddresses"][0] for entry in request["BulkEmailEntries"]]
            asked.append(len(sent))
            if "p7@example.org" in sent:
                raise ses.ses_answers.of_error(refusal("BadRequestException"))
            return ask(operation, **request)

        monkeypatch.setattr(outlet, "_ask", picky)
        results = outlet.send(outlet.calls(people(50))[0])
        assert results[7] == Refused("BadRequestException")
        assert sum(isinstance(result, Accepted) for result in results) == 49
        assert len(asked) <= 13

    def test_one_that_goes_away_between_halves_leaves_the_rest_untried(self, outlet, monkeypatch):
        answers = iter([refusal("BadRequestException"), None, refusal("InternalFailure", 500)])

        def failing(operation: str, **request: Any) -> Any:
            error = next(answers)
            if error:
                raise ses.ses_answers.of_error(error)
            return {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "1"}] * 2}

        monkeypatch.setattr(outlet, "_ask", failing)
        results = outlet.send(outlet.calls(people(4))[0])
        assert [type(result) for result in results] == [Accepted, Accepted, Untried, Untried]

    def test_one_that_wants_a_pause_between_halves_says_so_of_the_rest(self, outlet, monkeypatch):
        answers = iter(
            [refusal("BadRequestException"), None, refusal("TooManyRequestsException", 429)]
        )

        def failing(operation: str, **request: Any) -> Any:
            error = next(answers)
            if error:
                raise ses.ses_answers.of_error(error)
            return {"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "1"}] * 2}

        monkeypatch.setattr(outlet, "_ask", failing)
        results = outlet.send(outlet.calls(people(4))[0])
        assert [type(result) for result in results] == [Accepted, Accepted, Throttled, Throttled]

    def test_an_address_that_cannot_be_one_is_refused_alone(self, outlet, stub):
        bad = ["no one", "", "ä@example.org", "a@b\r\nBcc: c@d", "a b@example.org", "@example.org"]
        letters = [letter(each) for each in (*bad, "a@münchen.example")]
        results = outlet.send(outlet.calls(letters)[0])
        assert [type(result) for result in results] == [Refused] * len(bad) + [Accepted]
        assert _entries(stub)[0]["Destination"]["ToAddresses"] == ["a@xn--mnchen-3ya.example"]


class TestSingle:
    def test_a_mail_with_a_calendar_file_leaves_whole(self, outlet, stub):
        written = letter(template="booked")
        (result,) = outlet.send([written])
        assert isinstance(result, Accepted) and result.provider_id
        (body,) = bodies(stub)
        assert body["EmailTags"] == [{"Name": "message", "Value": str(written.id)}]
        mail = raw_mail(body)
        assert mail["Message-ID"] == f"<{written.id}@clinic.example.org>"
        assert mail["List-Unsubscribe"] is None, "this is no reminder"
        assert [part.get_content_type() for part in mail.walk()][-1] == "text/calendar"

    def test_a_reminder_that_no_shape_holds_leaves_alone_with_its_headers(self, outlet, stub):
        outlet.send([letter(patient_name="two\r\nBcc: x@example.org")])
        mail = raw_mail(bodies(stub)[0])
        assert mail["List-Unsubscribe"].strip().startswith("<http") and mail["Bcc"] is None

    @pytest.mark.parametrize(
        "changes", [{"template": "no-such-folder"}, {"to": "a@b\r\nBcc: c@example.org"}]
    )
    def test_a_letter_that_cannot_be_written_is_refused_alone(self, outlet, stub, changes):
        bad, good = letter(**changes), letter(template="booked")
        results = [outlet.send(call)[0] for call in outlet.calls([bad, good])]
        assert isinstance(results[0], Refused) and isinstance(results[1], Accepted)
        assert stub.book.counts()["accepted"] == 1

    def test_one_that_ses_rejects_is_refused(self, outlet, monkeypatch):
        monkeypatch.setattr(outlet, "_ask", mock.Mock(side_effect=ses.ses_answers.NotThus("Bad")))
        assert outlet.send([letter(template="booked")]) == [Refused("Bad")]


class TestErrors:
    @pytest.mark.parametrize(
        ("error", "becomes"),
        [
            (refusal("TooManyRequestsException", 429), SlowDown),
            (refusal("ThrottlingException"), SlowDown),
            (refusal("LimitExceededException"), SlowDown),
            (refusal("Whatever", 429), SlowDown),
            (refusal("AccountSuspendedException"), ProviderAway),
            (refusal("SendingPausedException"), ProviderAway),
            (refusal("MailFromDomainNotVerifiedException"), ProviderAway),
            (refusal("NotFoundException", 404), ProviderAway),
            (refusal("AccessDeniedException", 403), ProviderAway),
            (refusal("ExpiredTokenException", 403), ProviderAway),
            (refusal("InternalFailure", 500), ProviderAway),
            (refusal("", 503), ProviderAway),
            (refusal("MessageRejected", 400, "Email address is not verified."), ProviderAway),
            (refusal("MessageRejected"), ses.ses_answers.NotThus),
            (refusal("BadRequestException"), ses.ses_answers.NotThus),
            (ConnectTimeoutError(endpoint_url="x"), ProviderAway),
            (ReadTimeoutError(endpoint_url="x"), ses.ses_answers.Unanswered),
        ],
    )
    def test_whose_matter_it_is(self, error, becomes):
        assert type(ses.ses_answers.of_error(error)) is becomes

    def test_a_spent_day_waits_longer_than_a_second_too_full(self):
        daily = refusal("TooManyRequestsException", 429, "Daily message quota exceeded.")
        rate = refusal("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
        waits = [ses.ses_answers.of_error(error).seconds for error in (daily, rate)]
        assert waits[0] > 60 > waits[1]

    def test_throttled_as_a_whole_none_was_taken(self, outlet, stub):
        stub.ways.throttle = 1.0
        for call in outlet.calls([*people(3), letter(template="booked")]):
            with pytest.raises(SlowDown):
                outlet.send(call)
        assert stub.book.counts()["accepted"] == 0

    def test_nobody_listening_is_no_letters_fault(self, outlet, settings):
        settings.SES_ENDPOINT_URL = "http://127.0.0.1:9"
        with pytest.raises(ProviderAway):
            outlet.send(people(2))

    def test_an_answer_that_never_comes_may_have_been_a_yes(self, outlet, stub):
        stub.ways.drop = 1.0
        results = outlet.send(outlet.calls(people(2))[0])
        assert [type(result) for result in results] == [Trouble, Trouble]
        assert stub.book.counts()["accepted"] == 2, "which is why they are tried again, and counted"

    def test_without_credentials_everything_waits(self, outlet, monkeypatch):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
        with pytest.raises(ProviderAway):
            outlet.send(people(1))


def test_the_accounts_quota_is_asked_for(outlet, stub):
    stub.ways.max_rate = 14.0
    assert outlet.quota() == 14.0


def test_after_a_close_the_next_call_opens_again(outlet):
    assert isinstance(outlet.send(people(1))[0], Accepted)
    outlet.close()
    outlet.close()
    assert isinstance(outlet.send(people(1))[0], Accepted)


@pytest.mark.django_db
def test_a_morning_leaves_in_fifties_and_each_is_recorded(stub, settings):
    settings.EMAIL_OUTLET = "ses"
    stub.ways.statuses = {"p7@example.org": "MESSAGE_REJECTED", "p60@example.org": "FAILED"}
    now = timezone.now()
    drafts = [
        Draft(
            template="reminder",
            recipient=f"p{number}@example.org",
            dedupe_key=f"morning:{number}",
            context={**SAMPLE_CONTEXT["reminder"], "patient_name": f"Number {number}"},
            patient_id=None,
        )
        for number in range(120)
    ]
    enqueue_many(drafts, now=now)

    assert delivery.deliver_due() == {"sent": 118, "failed": 1, "queued": 1}

    assert stub.book.counts()["messages"] == 118
    sent = Message.objects.filter(status="sent")
    assert sent.exclude(provider_id="").values("provider_id").distinct().count() == 118
    assert {str(message.pk) for message in sent} == set(stub.book.times)
    assert Message.objects.get(status="failed").error == "MESSAGE_REJECTED"
