"""What a service refuses, delays or does not know: it comes back, or waits with its reason, and nothing is lost."""

from collections.abc import Iterator

import pytest

from tests.support.builders import notification
from tests.support.pipeline import Pipeline, unique
from tests.support.proxy import Proxy, Refusal, proxy
from tests.support.waiting import eventually

EMAIL = "EmailNotificationSender"
EMAIL_QUEUE = "OrgResourceEventsNotificationEmail"
COMES_BACK_SECONDS = 6
STANDARDIZER = "AwsServiceEventHandler"


@pytest.fixture
def ses(fragile: Pipeline) -> Iterator[Proxy]:
    """SES as the email function sees it; what it refuses comes back soon."""
    with (
        proxy(fragile.aws.endpoint) as state,
        fragile.environment(EMAIL, AWS_ENDPOINT_URL_SESV2=state.url),
        fragile.visibility(EMAIL_QUEUE, COMES_BACK_SECONDS),
    ):
        yield state


@pytest.mark.parametrize(
    "refusal",
    [
        Refusal(status=429, error="TooManyRequestsException"),
        Refusal(status=503, error="ServiceUnavailable"),
        Refusal(status=403, error="AccessDeniedException"),
    ],
    ids=lambda refusal: refusal.error,
)
def test_what_ses_will_not_take_now_comes_back_and_is_mailed_once(
    fragile: Pipeline, ses: Proxy, refusal: Refusal
) -> None:
    name = unique("late")
    earlier = len(fragile.logs(EMAIL, "message_retried"))
    ses.refuse = refusal
    fragile.notify(notification(id=name, text=name))
    (retried, *_) = eventually(lambda: fragile.logs(EMAIL, "message_retried")[earlier:], "the message is retried")
    assert retried["reason"] == f"TransientError: ses:SendEmail: {refusal.error}"
    assert fragile.mails(about=name) == []

    ses.refuse = None
    fragile.settle()

    assert len(fragile.mails(about=name)) == 1
    assert fragile.depth(f"{EMAIL_QUEUE}DLQ") == 0


def test_a_sender_that_ses_does_not_know_parks_the_mail_which_redrive_sends_later(fragile: Pipeline) -> None:
    name = unique("unverified")
    with fragile.environment(EMAIL, SENDER_ADDRESS="stranger@example.org"):
        fragile.notify(notification(id=name, text=name))
        fragile.settle()

    (parked,) = fragile.peek(f"{EMAIL_QUEUE}DLQ", about=name)
    assert parked.attributes["park_code"] == "refused"
    assert "SES refused the mail: MessageRejected" in parked.attributes["park_reason"]
    assert fragile.mails(about=name) == []

    assert fragile.redrive(f"{EMAIL_QUEUE}DLQ") == 0
    fragile.settle()
    assert len(fragile.mails(about=name)) == 1
    assert fragile.depth(f"{EMAIL_QUEUE}DLQ") == 0


def test_without_names_the_mail_goes_out_with_the_id_and_a_note(fragile: Pipeline) -> None:
    name = unique("web")
    instance = fragile.launch(name)
    with fragile.environment(STANDARDIZER, AWS_ENDPOINT_URL_EC2="http://127.0.0.1:1"):
        event = fragile.drill(instance, "stopped")
        fragile.settle()

    (mail,) = fragile.mails(about=event)
    assert f"EC2 instance {instance} has stopped" in mail.subject
    assert name not in mail.text
    assert "The Name was not available" in mail.text
    notes = [note for batch in fragile.logs(STANDARDIZER, "batch_finished") for note in batch["notes"]]
    assert "tags_unavailable: TransientError: ec2:DescribeTags: EndpointConnectionError" in notes
