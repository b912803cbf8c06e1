"""Texts that look like secrets: these belong into AWS Secrets Manager, and no message repeats them.

A secret is what opens something: an address of a known provider with its token, or a token-like part behind a webhook's
name. The word webhook, a page about webhooks or a provider's name alone opens nothing.
"""

import re

_OPENS = (
    r"(?:[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"  # a UUID
    r"|(?=[a-z]*[0-9])(?=[0-9]*[a-z])[a-z0-9]{16,})"  # letters and digits, long
)
_KINDS = {
    "a webhook's address": re.compile(
        r"\bhooks\.slack\.com/(?:services|workflows|triggers)/\w"
        r"|\bdiscord(?:app)?\.com/api/webhooks/\d"
        r"|\.webhook\.office\.com/\w|\boutlook\.office(?:365)?\.com/webhook/\w"
        r"|\bhooks\.zapier\.com/hooks/catch/\d"
        r"|\bchat\.googleapis\.com/\S*[?&](?:key|token)=\w"
        r"|/services/(?-i:T(?=[A-Z]*[0-9])[A-Z0-9]{6,})/\w"
        r"|https?://(?=\S*(?:hooks?\.|[/.]webhooks?|[/.]hooks?/))\S*[/=]" + _OPENS + r"(?![\w-])",
        re.IGNORECASE,
    ),
    "a Slack token": re.compile(r"\bxox(?:[abcdeprs](?:\.xox[a-z])?-(?=[\w%-]*\d)|o-\d+-\d)", re.IGNORECASE),
    "a signature": re.compile(r"[?&]sig=[\w%+/-]", re.IGNORECASE),
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
}


def secret_kind(text: str) -> str:
    """Return what kind of secret ``text`` contains, in words; empty where it contains none."""
    return next((kind for kind, pattern in _KINDS.items() if pattern.search(text)), "")


def redacted(text: str) -> str:
    """Return ``text`` with ``…`` in place of each word that looks like a secret."""
    return " ".join("…" if secret_kind(word) else word for word in text.split(" "))
