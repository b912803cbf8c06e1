import pytest

from scripts.lint.language import findings, is_checked


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("An event is told once.", "told"),
        ("def test_the_log_tells_why() -> None:", "tells"),
        ("It Says so", "Says"),
        ("# a queue of its\n# own", "of its # own"),
        ("people are spared", "spared"),
        ("mended", "mended"),
    ],
)
def test_a_word_of_the_list_is_found_with_its_line(text: str, word: str) -> None:
    (finding,) = findings("docs/a.md", f"first\n\n{text}")
    assert (finding.line, finding.word) == (3, word)


@pytest.mark.parametrize(
    "text",
    [
        "essays, Mendelssohn, a teller, recommends, untold_",
        "the severity is INFO, as the event says",
        "its own queue",
        "An event is delivered once.",
    ],
)
def test_other_words_are_not_found(text: str) -> None:
    assert list(findings("docs/a.md", text)) == []


@pytest.mark.parametrize("file", ["README.md", "docs/adr/0001-a.md", "Makefile", "terraform/a/main.tf", ".ci/run"])
def test_text_that_people_write_is_checked(file: str) -> None:
    assert is_checked(file)


@pytest.mark.parametrize("file", ["CHANGELOG.md", "tests/events/ec2/expected.yaml", "docs/inbox.png", "dist/a.json"])
def test_samples_and_history_are_not(file: str) -> None:
    assert not is_checked(file)
