"""Pages that refer to others: links lead somewhere, and the index of decisions is complete."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "terraform").rglob("*.md"),
        *ROOT.glob(".github/*.md"),
    ]
)
DECISIONS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """A page's anchors: those that GitHub gives its headings, and those in its HTML."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    named = re.findall(r'<a name="([^"]+)">', text)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings} | set(named)


def dead(page: Path) -> list[str]:
    """The links of a page to files or headings that are not there."""
    found = []
    for written in LINK.findall(page.read_text(encoding="utf-8")):
        link = written.replace(r"\_", "_")
        if re.match("[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    assert dead(page) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# One\n\n[a](#one) [b](#two) [c](missing.md) [d](https://example.org)\n"
        '<a name="a_b"></a> [e](#a\\_b) [f](#a\\_c)\n'
    )
    assert dead(page) == ["#two", "missing.md", "#a_c"]


@pytest.mark.parametrize("file", DECISIONS, ids=lambda file: file.name)
def test_a_decision_is_in_the_index_with_its_status_and_date(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    heading = re.match(r"# (\d+)\. (.+)\n\nStatus: (accepted|superseded|rejected), (\d{4}-\d\d-\d\d)\n", text)
    assert heading, "a decision begins with `# N. Title`, a blank line, and `Status: accepted, YYYY-MM-DD`"
    number, title, status, date = heading.groups()
    assert int(number) == int(file.name[:4])
    index = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    assert f"| {file.name[:4]} | [{title}]({file.name}) | {status} | {date} |" in index
