"""The tables in the READMEs of Terraform's modules, stacks and examples, in the format of terraform-docs.

They stand between the markers that terraform-docs writes, and are what its `markdown table` formatter writes with
`lockfile: false`: whoever has that tool can go on with it. What stands before them is written by hand.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import click

from scripts import project
from scripts.lint import security_types, terraform_module
from scripts.lint.terraform_module import Call, Input, Module, Output, Resource

BEGIN, END = "<!-- BEGIN_TF_DOCS -->", "<!-- END_TF_DOCS -->"
MARKED = re.compile(f"{BEGIN}.*{END}", re.DOTALL)

SKIPPED = {"tests", "fixtures", "environments"}
"""Folders of terraform/ that hold no module for others."""

FIX = "make lint-docs WRITE=1"

REGISTRY = "https://registry.terraform.io/providers"
NOTHING = "n/a"

Row = Sequence[str]


@click.command("lint-docs")
@click.option("--write", is_flag=True, help="Write the tables instead of comparing them.")
@click.pass_context
def lint_docs(context: click.Context, *, write: bool) -> None:
    """Check that the README of each Terraform module has an opening and its tables, and the table of security types."""
    found = chain(check(project.ROOT / "terraform", write=write), security_types.check(write=write))
    if problems := list(found):
        click.echo("\n".join(problems))
        context.exit(1)


def check(root: Path, *, write: bool = False) -> Iterator[str]:
    """Return a line for each README below ``root`` without an opening, or stale; ``write`` replaces stale tables."""
    for folder in folders(root):
        file = folder / "README.md"
        name = file.relative_to(root.parent)
        present = file.read_text() if file.exists() else ""
        if not _opening(present):
            yield f"{name}: write a heading and, in a sentence or more, what it makes; then {FIX}"
        elif present != (current := with_tables(present, terraform_module.read(folder))):
            if write:
                project.write(file, current.encode())
            else:
                yield f"{name}: its tables are stale: {FIX}"


def folders(root: Path) -> list[Path]:
    """Return the folders of modules, stacks and examples below `root`: those with ``*.tf`` files."""
    found = {file.parent for file in root.rglob("*.tf")}
    parts = {folder: folder.relative_to(root).parts for folder in found}
    return sorted(f for f in found if not any(part in SKIPPED or part.startswith(".") for part in parts[f]))


def with_tables(readme: str, module: Module) -> str:
    """Return a README with the tables of `module` between its markers; without markers they come last."""
    block = f"{BEGIN}\n{tables(module)}\n{END}"
    if MARKED.search(readme):
        return MARKED.sub(lambda _: block, readme)
    return f"{readme.rstrip()}\n\n{block}\n"


def tables(module: Module) -> str:
    """Return all sections in Markdown."""
    versions = {requirement.name: requirement.version for requirement in module.requirements}
    providers = sorted({resource.provider for resource in module.resources})
    sections: dict[str, tuple[Row, Sequence[Row]]] = {
        "Requirements": (
            ("Name", "Version"),
            [(_anchored("requirement", r.name), r.version or NOTHING) for r in module.requirements],
        ),
        "Providers": (
            ("Name", "Version"),
            [(_anchored("provider", p), versions.get(p.split(".")[0]) or NOTHING) for p in providers],
        ),
        "Modules": (
            ("Name", "Source", "Version"),
            [(_anchored("module", c.name), c.source, c.version or NOTHING) for c in sorted(module.calls, key=_name)],
        ),
        "Resources": (("Name", "Type"), list(_resources(module))),
        "Inputs": (
            ("Name", "Description", "Type", "Default", "Required"),
            [
                (
                    _anchored("input", i.name),
                    cell(i.description),
                    cell(_code(i.type)),
                    NOTHING if i.default is None else cell(_code(i.default)),
                    "yes" if i.default is None else "no",
                )
                for i in sorted(module.inputs, key=_name)
            ],
        ),
        "Outputs": (
            ("Name", "Description"),
            [(_anchored("output", o.name), cell(o.description)) for o in sorted(module.outputs, key=_name)],
        ),
    }
    return "\n\n".join(_section(title, head, rows) for title, (head, rows) in sections.items())


def cell(text: str) -> str:
    """Return `text` for a cell of a table: escaped outside of code, its line breaks and code blocks as HTML."""
    parts = text.split("```")
    # What stands between two fences is code.
    return "".join(_block(part) if index % 2 else _prose(part) for index, part in enumerate(parts)) or NOTHING


def _opening(readme: str) -> bool:
    """Return whether a README has a heading and something else before its tables."""
    heading, *rest = readme.split(BEGIN, maxsplit=1)[0].strip().splitlines() or [""]
    return heading.startswith("# ") and any(line.strip() for line in rest)


def _section(title: str, head: Row, rows: Sequence[Row]) -> str:
    if not rows:
        return f"## {title}\n\nNo {title.lower()}."
    # One column is centred, as terraform-docs has it.
    rule = [":------:" if column == "Required" else "-" * len(column) for column in head]
    return "\n".join([f"## {title}\n", *(f"| {' | '.join(row)} |" for row in (head, rule, *rows))])


def _anchored(kind: str, name: str) -> str:
    anchor = f"{kind}_{name}"
    return f'<a name="{anchor}"></a> [{_escaped(name)}](#{_escaped(anchor)})'


def _name(named: Call | Input | Output) -> str:
    return named.name


def _resources(module: Module) -> Iterator[Row]:
    sources = {requirement.name: requirement.source for requirement in module.requirements}
    ordered: list[Resource] = sorted(set(module.resources), key=lambda r: (r.data, f"{r.type}.{r.name}"))
    for resource in ordered:
        provider = resource.provider.split(".")[0]
        kind = resource.type.removeprefix(f"{provider}_")
        page = f"{'data-sources' if resource.data else 'resources'}/{kind}"
        url = f"{REGISTRY}/{sources.get(provider) or f'hashicorp/{provider}'}/latest/docs/{page}"
        yield f"[{resource.type}.{resource.name}]({url})", "data source" if resource.data else "resource"


def _code(text: str) -> str:
    """Return `text` as code: in a line, or in a block if it has several."""
    return f"```{text}```" if "\n" in text else f"`{text}`"


def _block(code: str) -> str:
    lines = code.strip().replace("\n", "<br/>")
    return f"<pre>{lines}</pre>"


def _prose(text: str) -> str:
    parts = text.strip().split("`")
    outside = (_unescaped_urls(_escaped(part).replace("|", r"\|")) for part in parts[::2])
    inside = (f"`{part}`" for part in parts[1::2])
    joined = "".join(part for pair in zip(outside, [*inside, ""], strict=True) for part in pair)
    return re.sub(r"(?: {2})*\n", "<br/>", joined)


def _escaped(text: str) -> str:
    return text.replace("_", r"\_")


def _unescaped_urls(text: str) -> str:
    return re.sub(r"https?://\S+", lambda url: url[0].replace("\\", ""), text)
