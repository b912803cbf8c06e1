"""What the local SES and SQS refuse as AWS does."""

import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from scripts.local.aws import REGION, LocalAws

SENDER = "events@example.org"
RATE, QUOTA = "Maximum sending rate exceeded.", "Daily message quota exceeded."


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws.start() as aws:
        yield aws


@pytest.fixture
def ses(aws: LocalAws, request: pytest.FixtureRequest) -> Any:
    """SES in an account that only this test uses: to the local AWS an account's id is its administrator's key."""
    number = request.session.items.index(request.node)
    client = _ses(aws, account=f"{number:012}")
    client.create_email_identity(EmailIdentity=SENDER)
    aws.configure(max_send_rate=100, max_24_hour_send=50_000)
    return client


def _ses(aws: LocalAws, account: str, region: str = REGION) -> Any:
    return boto3.client(
        "sesv2",
        endpoint_url=aws.endpoint,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=Config(proxies={}, retries={"total_max_attempts": 1}),
    )


def _send(ses: Any, recipients: int = 1, **more: str) -> str:
    """Send a mail; return its id, or SES's message where it refuses it."""
    try:
        answer = ses.send_email(
            **{"FromEmailAddress": SENDER, **more},
            Destination={"ToAddresses": [f"{number}@example.org" for number in range(recipients)]},
            Content={"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
        )
    except ClientError as error:
        status, code = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        return f"{status} {code}: {error.response['Error']['Message']}"
    return str(answer["MessageId"])


def test_ses_counts_recipients_against_the_rate_and_accepts_a_call_while_one_is_left(aws: LocalAws, ses: Any) -> None:
    aws.configure(max_send_rate=2)
    began = time.monotonic()
    earlier = aws.refused_mails().get(RATE, 0)

    assert "@" in _send(ses, recipients=1)
    assert "@" in _send(ses, recipients=4)
    answers = [_send(ses)]
    while (answer := _send(ses)).startswith("429"):
        answers.append(answer)
        time.sleep(0.05)
    waited = time.monotonic() - began

    assert set(answers) == {f"429 TooManyRequestsException: {RATE}"}
    assert 2 <= waited < 3, "five recipients at 2 a second, the first second's allowance being one short of them"
    assert aws.refused_mails()[RATE] - earlier == len(answers)


def test_ses_counts_recipients_against_the_quota_of_24_hours(aws: LocalAws, ses: Any) -> None:
    aws.configure(max_24_hour_send=4)

    assert "@" in _send(ses, recipients=3)
    assert "@" in _send(ses, recipients=3)
    assert _send(ses) == f"429 TooManyRequestsException: {QUOTA}"
    quota = {"Max24HourSend": 4, "MaxSendRate": 100, "SentLast24Hours": 6}
    assert ses.get_account()["SendQuota"] == quota

    aws.configure(max_24_hour_send=7)
    assert "@" in _send(ses)


def test_paused_sending_is_refused_until_it_is_resumed(ses: Any) -> None:
    assert ses.get_account()["SendingEnabled"]

    ses.put_account_sending_attributes(SendingEnabled=False)
    assert not ses.get_account()["SendingEnabled"]
    assert _send(ses).startswith("400 SendingPausedException: ")

    ses.put_account_sending_attributes(SendingEnabled=True)
    assert "@" in _send(ses)
    assert ses.get_account()["SendQuota"]["SentLast24Hours"] == 1


def test_a_configuration_set_must_exist_and_is_shown_in_the_outbox(aws: LocalAws, ses: Any) -> None:
    missing = _send(ses, ConfigurationSetName="events")
    ses.create_configuration_set(ConfigurationSetName="events")
    sent = _send(ses, ConfigurationSetName="events")

    assert missing == "404 NotFoundException: Configuration set <events> does not exist."
    assert "@" in sent
    assert [mail.region for mail in aws.outbox() if mail.configuration_set == "events"] == [REGION]


def test_an_identity_of_another_account_sends_in_the_region_of_the_call(aws: LocalAws, ses: Any) -> None:
    owner = _ses(aws, account="111122223333", region="eu-west-1")
    owner.create_email_identity(EmailIdentity="shared@example.org")
    caller = _ses(aws, account="444455556666", region="eu-west-1")
    arn = "arn:aws:ses:eu-west-1:111122223333:identity/shared@example.org"

    assert _send(caller, FromEmailAddress="shared@example.org").startswith("400 MessageRejected: ")
    assert _send(ses, FromEmailAddress="shared@example.org", FromEmailAddressIdentityArn=arn).startswith("400 ")
    assert "@" in _send(caller, FromEmailAddress="shared@example.org", FromEmailAddressIdentityArn=arn)
    assert [mail.region for mail in aws.outbox() if mail.identity_arn == arn] == ["eu-west-1"]
    assert _send(caller, FromEmailAddress="shared@example.org").startswith("400 MessageRejected: ")


def test_sqs_delays_a_message_by_a_quarter_of_an_hour_at_most(aws: LocalAws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="delayed")["QueueUrl"]
    reason = "Value 901 for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900."

    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=900)
    with pytest.raises(ClientError, match=reason) as refused:
        sqs.send_message(QueueUrl=url, MessageBody="too late", DelaySeconds=901)
    entries = [{"Id": str(delay), "MessageBody": "m", "DelaySeconds": delay} for delay in (900, 901)]
    batch = sqs.send_message_batch(QueueUrl=url, Entries=entries)

    assert refused.value.response["Error"]["Code"].endswith("InvalidParameterValue")
    assert [sent["Id"] for sent in batch["Successful"]] == ["900"]
    assert [(failed["Id"], failed["Message"]) for failed in batch["Failed"]] == [("901", reason)]


def test_a_delay_is_shorter_where_a_test_wishes_so(aws: LocalAws) -> None:
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName="hurried")["QueueUrl"]
    aws.configure(longest_delay=1)

    sqs.send_message(QueueUrl=url, MessageBody="early", DelaySeconds=900)

    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]["Body"] == "early"
    aws.configure(longest_delay=900)
