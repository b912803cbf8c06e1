"""Texts that look like secrets: these belong into AWS Secrets Manager, and no message repeats them."""

import re

_WEBHOOK_HOSTS = (
    r"hooks?\.|webhook\.(office\.com|site)|discord(app)?\.com/api/webhooks/|chat\.googleapis\.com/\S*[?&](key|token)="
)
"""What names a webhook's address by itself; others have a random text besides, which a page about webhooks has not."""
_RANDOM = r"[0-9a-f]{8}-[0-9a-f]{4}-|(?=[A-Z]*[0-9])[A-Z0-9]{20,}"
"""A UUID, or more letters and digits in a row than a word has."""

_KINDS = {
    "a webhook's address": re.compile(
        rf"hooks\.slack\.com|https?://([^/\s]*\.)?({_WEBHOOK_HOSTS})"
        rf"|https?://\S*(/services/T[A-Z0-9]{{6,}}/|webhook\S*[/=]({_RANDOM}))",
        re.IGNORECASE,
    ),
    "a Slack token": re.compile(r"\bxox[a-z]-", re.IGNORECASE),
    "a signature": re.compile(r"\bsig=", re.IGNORECASE),
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{12,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
}


def secret_kind(text: str) -> str:
    """Return what kind of secret ``text`` contains, in words; empty where it contains none."""
    return next((kind for kind, pattern in _KINDS.items() if pattern.search(text)), "")


def redacted(text: str) -> str:
    """Return ``text`` with ``…`` in place of each word that looks like a secret."""
    return " ".join("…" if secret_kind(word) else word for word in text.split(" "))
