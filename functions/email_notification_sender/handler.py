"""Lambda's entry into the email channel."""

import os
from functools import cache

from email_notification_sender.core import EmailTransport
from email_notification_sender.settings import Settings
from infra_events.assembly.channel import ChannelWorker
from infra_events.aws.ses import SesMailer
from infra_events.runtime.worker import BatchResponse, LambdaContext, LambdaEvent


@cache
def _worker() -> ChannelWorker:
    settings = Settings.from_env(os.environ)
    mailer = SesMailer(
        sender_address=settings.sender_address,
        region=settings.ses_region,
        identity_arn=settings.ses_identity_arn,
        configuration_set=settings.ses_configuration_set,
    )
    return ChannelWorker.of("email", EmailTransport(mailer=mailer), settings.channel)


def handler(event: LambdaEvent, context: LambdaContext) -> BatchResponse:
    """Mail a batch of notifications of any publisher."""
    return _worker().run(event, context)
