"""What a service refuses, delays or does not know: it comes back, or waits with its reason, and nothing is lost."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.builders import notification
from tests.support.pipeline import Pipeline, unique
from tests.support.proxy import Proxy, Refusal, proxy
from tests.support.waiting import eventually

EMAIL = "EmailNotificationSender"
EMAIL_QUEUE = "OrgResourceEventsNotificationEmail"
COMES_BACK_SECONDS = 6
HURRY_SECONDS = 2
"""The longest delay of a message: what would come back in a minute comes back at once."""
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


def retried(pipeline: Pipeline) -> list[str]:
    """The reasons of what was retried so far."""
    return [line["reason"] for line in pipeline.logs(EMAIL, "message_retried")]


def postponed(pipeline: Pipeline) -> list[str]:
    """The reasons of what was postponed so far."""
    return [reason for line in pipeline.logs(EMAIL, "batch_finished") for reason in line.get("later", ())]


@pytest.mark.parametrize(
    ("refusal", "logged", "reason"),
    [
        (Refusal(status=429, error="TooManyRequestsException"), postponed, "SES's sending rate is exceeded"),
        (Refusal(status=503, error="ServiceUnavailable"), postponed, "ses:SendEmail: ServiceUnavailable"),
        (
            Refusal(status=403, error="AccessDeniedException"),
            retried,
            "RefusedError: ses:SendEmail: AccessDeniedException",
        ),
    ],
    ids=lambda value: value.error if isinstance(value, Refusal) else "",
)
def test_what_ses_will_not_take_now_comes_back_and_is_mailed_once(
    fragile: Pipeline, ses: Proxy, refusal: Refusal, logged: Callable[[Pipeline], list[str]], reason: str
) -> None:
    name = unique("late")
    earlier = logged(fragile).count(reason)
    ses.refuse = refusal
    fragile.aws.configure(longest_delay=HURRY_SECONDS)
    fragile.notify(notification(id=name, text=name))
    eventually(lambda: logged(fragile).count(reason) > earlier, f"the message comes again: {reason}")
    assert fragile.mails(about=name) == []

    ses.refuse = None
    fragile.settle()
    fragile.aws.configure(longest_delay=900)

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
