"""What opens something is a secret; what is only about secrets is none."""

import pytest

from scripts.compile.secret_texts import redacted, secret_kind

WEBHOOK = "a webhook's address"
LETTERS = "abcdefghij0123456789"


@pytest.mark.parametrize(
    "text",
    [
        "# chat is for later, see https://wiki.example.org/ops/webhook-policy",
        "reason: as in https://docs.example.org/webhooks/how-to-set-up-incoming-webhooks",
        "see https://wiki.example.org/2026/03/webhook-rotation-2026-03-01-with-notes",
        "see https://hooks.example.org/ and https://webhook.example.org/status",
        "# never write an address of hooks.slack.com here",
        "# https://hooks.slack.com/services/… belongs into Secrets Manager",
        "# https://api.slack.com/messaging/webhooks explains it",
        "https://git-scm.com/book/en/v2/Customizing-Git-Git-Hooks",
        "https://console.example.com/services/transfer/servers",
        "emails: [webhook-alerts@example.org]",
        "name: webhooks",
        "tag Party=xoxo-everybody",
        "aliases: [xoxo, xoxb-team]",
        "# a signature follows sig= in an address",
        "https://x.example/?design=1&config=2",
        "aliases: [ASIAPACIFIC, AKIA, ASIAPACIFICREGIONSOUTHEAST]",
        "# the line -----BEGIN CERTIFICATE-----",
    ],
)
def test_what_is_about_secrets_is_none(text: str) -> None:
    assert secret_kind(text) == ""
    assert redacted(text) == text


@pytest.mark.parametrize(
    ("secret", "kind"),
    [
        ("https://hooks.slack.com/services/T0/B0/x", WEBHOOK),
        ("hooks.slack.com/workflows/T0/A0", WEBHOOK),
        ("https://hooks.slack.com/triggers/T0/1/a", WEBHOOK),
        ("https://chat.example.org/services/T00000000/B00000000/abc", WEBHOOK),
        ("https://discord.com/api/webhooks/123456789/abc", WEBHOOK),
        ("https://acme.webhook.office.com/webhookb2/0a1b@0c/IncomingWebhook/1/2", WEBHOOK),
        ("https://outlook.office.com/webhook/0a1b", WEBHOOK),
        ("https://hooks.zapier.com/hooks/catch/1/abc/", WEBHOOK),
        ("https://chat.googleapis.com/v1/spaces/AAA/messages?key=a&token=b", WEBHOOK),
        (f"https://mattermost.example.org/hooks/{LETTERS}", WEBHOOK),
        (f"https://hooks.example.org/in?id={LETTERS}", WEBHOOK),
        ("https://example.org/webhook/0a1b2c3d-0000-4000-8000-0123456789ab", WEBHOOK),
        ("xoxb-1-2", "a Slack token"),
        ("xoxp-123456789012-abc", "a Slack token"),
        ("xoxe.xoxp-1-Mi0yLTEyMzQ1", "a Slack token"),
        ("https://x.example/?sig=abc", "a signature"),
        ("https://x.example/?a=b&sig=a%2Fb", "a signature"),
        ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("ASIAIOSFODNN7EXAMPLE", "an AWS access key"),
    ],
)
def test_what_opens_something_is_a_secret_and_not_repeated(secret: str, kind: str) -> None:
    assert secret_kind(f"# see {secret}") == kind
    assert redacted(f"see {secret} there") == "see … there"


def test_a_private_key_is_a_secret() -> None:
    assert secret_kind("-----BEGIN RSA PRIVATE " + "KEY-----") == "a private key"
