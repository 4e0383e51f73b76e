"""Sending: each message alone, each state true."""

from __future__ import annotations

import threading
import uuid

import pytest
from django.core import mail
from django.db import connection, connections, transaction
from django.utils import timezone

from accounts.models import Patient
from notifications import delivery, outbox, ping, tasks
from notifications.channels import Accepted, ProviderAway, Refused, Trouble
from notifications.delivery import claiming, run
from notifications.models import Message, Suppression
from notifications.tests.delivery.provider import MINUTE, Provider, install, put, state
from tests import factories


def take_back(*messages: Message) -> None:
    for message in messages:
        outbox.void(about=message.about, now=timezone.now())


@pytest.mark.django_db
class TestMail:
    def test_what_is_due_leaves_and_is_recorded_as_sent(self):
        message = put()
        assert tasks.deliver_due() == {"sent": 1}
        assert state(message) == "sent"
        assert message.sent_at is not None and message.lease is None and message.attempts == 1
        assert (message.provider, message.error) == ("smtp", "")
        assert mail.outbox[0].to == ["maria@example.org"]
        assert tasks.deliver_due() == {}, "and only once"

    def test_a_code_is_wiped_once_it_has_left(self):
        message = put(template="code")
        delivery.deliver_due()
        assert "BCDF-GHJK" in mail.outbox[0].body
        assert (state(message), message.context) == ("sent", {})

    def test_a_message_speaks_its_language(self):
        put(language="es")
        delivery.deliver_due()
        assert 'lang="es"' in mail.outbox[0].alternatives[0][0]

    def test_a_template_that_is_not_there_fails_alone(self):
        broken, good = put("broken@example.org"), put("good@example.org")
        Message.objects.filter(pk=broken.pk).update(template="no-such-folder")
        assert delivery.deliver_due() == {"failed": 1, "sent": 1}
        assert (state(broken), state(good)) == ("failed", "sent")
        assert broken.error.startswith("render ")


@pytest.mark.django_db
class TestWhatLeaves:
    def test_what_is_for_later_stays(self, provider):
        message = put(send_after=timezone.now() + MINUTE)
        assert delivery.deliver_due() == {}
        assert state(message) == "queued"

    def test_what_comes_too_late_is_not_sent_and_forgets_its_code(self, provider):
        message = put(template="code", expires_at=timezone.now() - MINUTE)
        assert delivery.deliver_due() == {"void": 1}
        assert (state(message), message.error, message.context) == ("void", "expired", {})
        assert provider.given == []

    def test_the_most_urgent_leaves_first_and_then_who_waited_longest(self, provider):
        long_ago = timezone.now() - 5 * MINUTE
        put("bulk@example.org", priority=20, send_after=long_ago)
        put("second@example.org", priority=10)
        put("first@example.org", priority=10, send_after=long_ago)
        put("urgent@example.org", priority=0)
        delivery.deliver_due()
        assert [to.split("@")[0] for to in provider.recipients] == [
            "urgent", "first", "second", "bulk",
        ]  # fmt: skip

    def test_an_urgent_one_that_arrives_meanwhile_leaves_next(self, provider):
        provider.per_call = 10
        for number in range(40):
            put(f"p{number}@example.org", priority=20)

        def arrive(letters):
            if len(provider.calls_made) == 2:
                put("urgent@example.org", priority=0)

        provider.before = arrive
        assert delivery.deliver_due() == {"sent": 41}
        assert provider.recipients[20] == "urgent@example.org"

    def test_a_reminder_written_as_its_patient_stopped_them_does_not_leave(self, provider):
        """The link takes back what waits; one that was being written then is met here."""
        patient = factories.patient()
        Patient.objects.filter(pk=patient.pk).update(reminders_stopped_at=timezone.now())
        reminder = put(template="reminder", patient_id=patient.pk)
        change = put(template="moved", patient_id=patient.pk)
        other = put(template="reminder", patient_id=factories.patient().pk)
        assert delivery.deliver_due() == {"void": 1, "sent": 2}
        assert (state(reminder), reminder.error) == ("void", "reminders stopped")
        assert state(change) == state(other) == "sent"

    def test_an_address_that_is_suppressed_is_not_written_to(self, provider):
        Suppression.objects.create(
            channel="email", address="gone@example.org", reason="bounce", since=timezone.now()
        )
        gone, code = put("Gone@Example.org"), put("gone@example.org", template="code")
        assert delivery.deliver_due() == {"failed": 2}
        assert (state(gone), gone.error) == ("failed", "suppressed: bounce")
        assert (state(code), code.context) == ("failed", {})
        assert provider.given == []

    def test_one_whose_suppression_was_lifted_is_written_to_again(self, provider):
        Suppression.objects.create(
            channel="email",
            address="back@example.org",
            reason="bounce",
            since=timezone.now(),
            lifted_at=timezone.now(),
            lifted_by="user:1",
        )
        put("back@example.org")
        assert delivery.deliver_due() == {"sent": 1}

    def test_one_bad_message_fails_alone(self, provider):
        provider.answers = {"no@example.org": Refused("550")}
        refused, good = put("no@example.org"), put("good@example.org")
        assert delivery.deliver_due() == {"failed": 1, "sent": 1}
        assert (state(refused), refused.error, state(good)) == ("failed", "550", "sent")
        attempt = refused.tries.get()
        assert (attempt.outcome, attempt.provider, attempt.error) == ("refused", "fake", "550")
        assert not good.tries.exists(), "the message's own row tells of the try that succeeded"

    def test_what_the_provider_says_of_it_is_kept(self, provider):
        provider.always = Accepted("0100-abc", segments=2, cost="0.0129")
        message = put()
        delivery.deliver_due()
        message.refresh_from_db()
        assert (message.provider_id, message.segments, str(message.cost)) == (
            "0100-abc", 2, "0.01290",
        )  # fmt: skip

    def test_a_channel_without_a_way_out_fails_what_is_due_by_it(self, settings):
        settings.SMS_OUTLET = "none"
        message = put()
        Message.objects.update(channel="sms", recipient="+14155550123")
        assert delivery.deliver_due() == {"failed": 1}
        assert (state(message), message.error) == ("failed", "no way out for sms")


@pytest.mark.django_db
class TestTakenBack:
    def test_as_it_leaves_it_is_recorded_as_sent_and_as_overtaken(self, provider):
        message = put()
        provider.before = lambda letters: take_back(message)
        assert delivery.deliver_due() == {"sent": 1}
        assert state(message) == "sent" and message.overtaken_at is not None
        assert Message.objects.overtaken_on_the_way().get() == message

    def test_after_it_had_left_it_is_not_counted_among_those(self, provider):
        message = put()
        delivery.deliver_due()
        take_back(message)
        assert state(message) == "sent" and message.overtaken_at is not None
        assert not Message.objects.overtaken_on_the_way().exists()

    @pytest.mark.parametrize("answer", [Trouble("451"), Refused("550"), ProviderAway("gone")])
    def test_as_it_fails_it_stays_taken_back(self, provider, answer):
        message = put()
        provider.always = answer
        provider.before = lambda letters: take_back(message)
        assert delivery.deliver_due() == {"void": 1}
        assert state(message) == "void"

    def test_while_an_earlier_call_lasts_it_is_not_sent(self, provider):
        provider.per_call = 1
        first, second = put("first@example.org"), put("second@example.org", priority=20)
        provider.before = lambda letters: take_back(second)
        assert delivery.deliver_due() == {"sent": 1}
        assert (state(first), state(second)) == ("sent", "void")
        assert provider.recipients == ["first@example.org"]

    def test_what_follows_it_waits_until_it_is_recorded(self, provider):
        provider.in_flight = 2
        reminder = put("maria@example.org", priority=20)

        def cancel(letters):
            if letters[0].template == "booked":
                take_back(reminder)
                put(template="cancelled", about=reminder.about)
                # Another worker looks while this call lasts.
                look = claiming.begin(
                    channel="email", provider="fake", lease=uuid.uuid4(), now=timezone.now(),
                    limit=10, cut=lambda taken: [taken] if taken else [],
                )  # fmt: skip
                assert look.begun == []

        provider.before = cancel
        assert delivery.deliver_due() == {"sent": 2}
        assert [letter.template for letter in provider.given] == ["booked", "cancelled"]

    def test_what_is_told_to_others_of_the_same_need_not_wait(self, provider):
        about = "appointment:1"
        put("one@example.org", about=about), put("two@example.org", about=about)
        delivery.deliver_due()
        assert len(provider.calls_made) == 1

    def test_two_of_the_same_to_the_same_leave_one_after_the_other(self, provider):
        about = "appointment:1"
        put("one@example.org", about=about, template="moved")
        put("one@example.org", about=about, template="cancelled", priority=20)
        assert delivery.deliver_due() == {"sent": 2}
        assert [call[0].template for call in provider.calls_made] == ["moved", "cancelled"]


@pytest.mark.django_db(transaction=True)
class TestBesideTheDatabase:
    def test_no_transaction_is_open_and_no_connection_used_while_a_call_lasts(self):
        provider = install(Provider())
        seen = []

        def look(letters):
            seen.append((connection.connection, threading.current_thread().name))

        provider.before = look
        inside = []
        waited = run.Run._waited
        run_waited = lambda self: inside.append(connection.in_atomic_block) or waited(self)  # noqa: E731
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(run.Run, "_waited", run_waited)
            put()
            assert delivery.deliver_due() == {"sent": 1}
        assert seen[0][0] is None and seen[0][1].startswith("send-email")
        assert inside and not any(inside)

    def test_who_only_waits_lets_go_of_the_database(self, monkeypatch):
        monkeypatch.setattr(run, "MOMENT_SECONDS", 0.05)
        provider = install(Provider())
        put()
        coordinator = connections["default"]
        let_go = threading.Event()
        provider.before = lambda letters: let_go.wait(60)
        close = coordinator.close
        monkeypatch.setattr(coordinator, "close", lambda: (close(), let_go.set()))
        assert delivery.deliver_due() == {"sent": 1}
        assert let_go.is_set()

    def test_that_a_mail_left_is_recorded_though_somebody_holds_the_row_for_a_while(self):
        provider = install(Provider())
        message = put()
        taken, leave = threading.Event(), threading.Event()

        def void_slowly() -> None:
            with transaction.atomic():
                take_back(message)
                taken.set()
                leave.wait(0.6)
            connections.close_all()

        thread = threading.Thread(target=void_slowly)

        def hold(letters):
            thread.start()
            taken.wait(60)

        provider.before = hold
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        try:
            assert delivery.deliver_due() == {"sent": 1}
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")
            leave.set()
            thread.join()
        assert state(message) == "sent" and message.overtaken_at is not None

    def test_a_change_that_is_not_committed_yet_holds_up_nobody_and_is_looked_at_again(self):
        provider = install(Provider())
        changed, other = put("changed@example.org"), put("other@example.org", priority=20)
        taken, leave = threading.Event(), threading.Event()

        def think_about_it() -> None:
            try:
                with transaction.atomic():
                    take_back(changed)
                    taken.set()
                    leave.wait(60)
                    raise ValueError  # ... and it is not changed after all
            except ValueError:
                connections.close_all()

        provider.before = lambda letters: leave.set()
        thread = threading.Thread(target=think_about_it)
        thread.start()
        taken.wait(60)
        assert delivery.deliver_due() == {"sent": 2}
        thread.join()
        assert provider.recipients == ["other@example.org", "changed@example.org"]
        assert (state(changed), state(other)) == ("sent", "sent")


@pytest.mark.django_db(transaction=True)
def test_many_workers_share_the_work_and_send_nothing_twice():
    provider = install(Provider(per_call=5, in_flight=2))
    for number in range(120):
        put(f"p{number}@example.org")
    barrier = threading.Barrier(4)

    def work() -> None:
        barrier.wait()
        delivery.deliver_due()
        connections.close_all()

    threads = [threading.Thread(target=work) for _each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(provider.recipients) == sorted(f"p{number}@example.org" for number in range(120))
    assert set(Message.objects.values_list("status", "attempts")) == {("sent", 1)}


@pytest.mark.django_db
class TestRuns:
    def test_more_than_one_call_can_take_asks_for_help_once(self, provider, monkeypatch):
        hints = []
        monkeypatch.setattr(ping.hint, "give", lambda: hints.append(1))
        provider.per_call = 5
        monkeypatch.setattr(ping.hint, "on_commit", lambda: None)
        for number in range(30):
            put(f"p{number}@example.org")
        assert delivery.deliver_due() == {"sent": 30}
        assert len(hints) == 1

    def test_a_run_that_takes_long_lets_others_have_a_turn_and_asks_for_another(
        self, provider, monkeypatch
    ):
        hints = []
        monkeypatch.setattr(ping.hint, "on_commit", lambda: None)
        for number in range(5):
            put(f"p{number}@example.org")
        monkeypatch.setattr(ping.hint, "give", lambda: hints.append(1))
        monkeypatch.setattr(run, "RUN_SECONDS", 0.0)
        assert delivery.deliver_due() == {}
        assert len(hints) == 1
        monkeypatch.setattr(run, "RUN_SECONDS", 10.0)
        assert delivery.deliver_due() == {"sent": 5}

    def test_a_call_of_fifty_costs_a_handful_of_statements(
        self, provider, django_assert_max_num_queries
    ):
        for number in range(50):
            put(f"p{number}@example.org")
        with django_assert_max_num_queries(40):
            assert delivery.deliver_due() == {"sent": 50}
