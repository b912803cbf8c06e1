"""SES of another region sends, for an identity of another account and in a configuration set."""

from typing import Any

import boto3
from botocore.config import Config

from tests.support.builders import notification
from tests.support.pipeline import Pipeline, unique

EMAIL = "EmailNotificationSender"
REGION, OWNER, SENDER = "eu-west-1", "111122223333", "shared@example.org"
IDENTITY = f"arn:aws:ses:{REGION}:{OWNER}:identity/{SENDER}"


def _ses(pipeline: Pipeline, account: str) -> Any:
    """Make a client of SES elsewhere: to the local AWS an account's id is its administrator's key."""
    return boto3.client(
        "sesv2",
        endpoint_url=pipeline.aws.endpoint,
        region_name=REGION,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        config=Config(proxies={}),
    )


def test_a_mail_goes_out_in_the_region_by_the_identity_and_in_the_set_that_are_named(fragile: Pipeline) -> None:
    _ses(fragile, OWNER).create_email_identity(EmailIdentity=SENDER)
    configuration_set = unique("set")
    _ses(fragile, fragile.account.account_id).create_configuration_set(ConfigurationSetName=configuration_set)
    name = unique("elsewhere")

    with fragile.environment(
        EMAIL,
        SENDER_ADDRESS=SENDER,
        SES_REGION=REGION,
        SES_IDENTITY_ARN=IDENTITY,
        SES_CONFIGURATION_SET=configuration_set,
    ):
        fragile.notify(notification(id=name, text=name))
        fragile.settle()

    (mail,) = fragile.mails(about=name)
    assert (mail.sender, mail.region, mail.identity_arn) == (SENDER, REGION, IDENTITY)
    assert mail.configuration_set == configuration_set
