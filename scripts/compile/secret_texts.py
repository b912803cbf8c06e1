"""Texts that look like secrets: these belong into AWS Secrets Manager, and no message repeats them."""

import re

_KINDS = {
    "a webhook's address": re.compile(
        r"https?://\S*(hooks?\.|webhook|/services/T[A-Z0-9]{6,}/)|hooks\.slack\.com", re.IGNORECASE
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
