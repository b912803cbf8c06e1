"""What looks like a secret, and what only speaks of one."""

import pytest

from scripts.compile.secret_texts import redacted, secret_kind

WEBHOOKS = [
    "https://hooks.slack.com/services/T0/B0/x",
    "hooks.slack.com/x",
    "https://slack.example.org/services/TABCDEF1/B0/x",
    "https://example.webhook.office.com/webhookb2/y",
    "https://hooks.zapier.com/hooks/catch/1/a/",
    "https://discord.com/api/webhooks/1/a",
    "https://canary.discordapp.com/api/webhooks/1/a",
    "https://chat.googleapis.com/v1/spaces/A/messages?key=a&token=b",
    "https://webhook.site/a",
    "https://ci.example.org/webhook/0f1e2d3c4b5a69788796",
    "https://ci.example.org/webhook/123e4567-e89b-12d3-a456-426614174000",
    "https://ci.example.org/webhooks?token=AbCdEfGhIjKlMnOpQr1234",
]


@pytest.mark.parametrize("text", WEBHOOKS)
def test_a_webhooks_address(text: str) -> None:
    assert secret_kind(f"# see {text} for it") == "a webhook's address"
    assert redacted(f"see {text} for it") == "see … for it"


@pytest.mark.parametrize(
    "text",
    [
        "https://wiki.example.org/ops/webhook-policy",
        "https://wiki.example.org/webhooks/how-to-rotate-them-in-2026-and-later",
        "https://docs.example.org/webhook?page=2",
        "https://wiki.example.org/hooks/git",
        "https://discord.com/developers/docs/resources/webhook",
        "https://api.slack.com/messaging/webhooks",
        "https://developers.google.com/workspace/chat/quickstart/webhooks",
        "a webhook 0f1e2d3c4b5a69788796",
        "the signature of xoxo, AKIA",
    ],
)
def test_what_speaks_of_one_is_none(text: str) -> None:
    assert secret_kind(text) == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("xoxb-1-2", "a Slack token"),
        ("https://x.example/?sig=abc", "a signature"),
        ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
    ],
)
def test_other_secrets(text: str, kind: str) -> None:
    assert secret_kind(text) == kind
