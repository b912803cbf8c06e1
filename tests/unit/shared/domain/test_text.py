"""Hostile text becomes harmless text."""

import pytest

from infra_events.domain.text import one_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain", "plain"),
        ("  two\r\n lines\t", "two lines"),
        ("a\u202eb", "a b"),
        ("a\u061c\u200b\ufeffb", "a b"),
        ("\U0001f469\u200d\U0001f680", "\U0001f469\u200d\U0001f680"),
        ("nul\x00", "nul\ufffd"),
        ("\ud800", "\ufffd"),
        ("0123456789", "0123456789"),
        ("0123456789x", "012345678…"),
        ("🚀" * 20, "🚀" * 9 + "…"),
    ],
)
def test_one_line(text: str, line: str) -> None:
    assert one_line(text, 10) == line
