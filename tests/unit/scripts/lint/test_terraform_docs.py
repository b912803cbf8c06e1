"""The tables in Terraform's READMEs: what is read of a module, how it is written, and what counts as stale."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from scripts import project
from scripts.lint import terraform_docs, terraform_module
from scripts.project import CommandError

MODULE = """
terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 6.0"
    }
  }
}

variable "name_prefix" {
  description = "Goes before every name, such as my_team_; see https://example.org/a_b."
  type        = string
  default     = ""
}

variable "queue" {
  description = "The queue: `a|b` or a|b."
  type = object({
    arn = string # of the queue
    dlq = optional(object({ arn = string }), null)
  })

  validation {
    condition     = var.queue.arn != ""
    error_message = "No queue."
  }
}

resource "aws_sqs_queue" "this" {
  name = "x"
}

data "aws_region" "current" {}

module "dlq_alarm" {
  source = "../alarm"
}

output "all_of_it" {
  value = merge(
    { a = 1 },
    var.others...,
  )
}
"""

TABLES = Path(__file__).parent / "tables.md"

README = "# queue\n\nA queue.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "terraform" / "modules" / "queue"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(MODULE)
    (folder / "README.md").write_text(README)
    return folder


def _input(tmp_path: Path, body: str) -> terraform_module.Input:
    (tmp_path / "variables.tf").write_text(f'variable "odd" {{\n{body}\n}}\n')
    (one,) = terraform_module.read(tmp_path).inputs
    return one


def test_tables_are_those_of_terraform_docs(folder: Path) -> None:
    assert terraform_docs.tables(terraform_module.read(folder)) == TABLES.read_text().rstrip()


def test_a_module_without_anything_has_every_section(tmp_path: Path) -> None:
    sections = terraform_docs.tables(terraform_module.read(tmp_path)).split("\n\n")

    assert sections[1::2] == [
        "No requirements.",
        "No providers.",
        "No modules.",
        "No resources.",
        "No inputs.",
        "No outputs.",
    ]


@pytest.mark.parametrize(
    ("default", "written"),
    [
        ("null", "null"),
        ("true", "true"),
        ("15.75", "15.75"),
        ("1e3", "1000"),
        ('"a \\"b\\" $${c}"', '"a \\"b\\" ${c}"'),
        ("[]", "[]"),
        ("{}", "{}"),
        ('{ "b c" = [{}], a = { d = null } }', '{\n  "a": {\n    "d": null\n  },\n  "b c": [\n    {}\n  ]\n}'),
        ("<<-EOT\n      one _x_\n        two\n    EOT", '"one _x_\\n  two\\n"'),
    ],
)
def test_a_default_is_json(tmp_path: Path, default: str, written: str) -> None:
    assert _input(tmp_path, f"  default = {default}").default == written


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "any"),
        ("  default = null", "any"),
        ("  default = false", "bool"),
        ("  default = 1", "number"),
        ('  default = ""', "string"),
        ("  default = []", "list"),
        ("  default = {}", "map"),
        ("  type = list(string)\n  default = []", "list(string)"),
    ],
)
def test_without_a_type_the_default_gives_one(tmp_path: Path, body: str, kind: str) -> None:
    assert _input(tmp_path, body).type == kind


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", "n/a"),
        ("One.\nTwo.\n\nThree.\n", "One.<br/>Two.<br/><br/>Three."),
        ("Such as\n```\na_b = [\n  1\n]\n```\nand `c_d`.", "Such as<pre>a_b = [<br/>  1<br/>]</pre>and `c_d`."),
    ],
)
def test_a_cell_has_one_line(text: str, written: str) -> None:
    assert terraform_docs.cell(text) == written


def test_a_description_may_be_a_heredoc(tmp_path: Path) -> None:
    assert _input(tmp_path, "  description = <<EOT\nOne.\nTwo.\nEOT").description == "One.\nTwo.\n"


def test_a_version_may_stand_in_a_source(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('module "a" {\n  source = "git::https://example.org/a.git?ref=v1.2"\n}\n')
    (call,) = terraform_module.read(tmp_path).calls

    assert (call.source, call.version) == ("git::https://example.org/a.git", "v1.2")


def test_a_resource_may_name_its_provider(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_sqs_queue" "a" {\n  provider = aws.other\n}\n')

    assert "[aws.other](#provider\\_aws.other) | n/a |" in terraform_docs.tables(terraform_module.read(tmp_path))


def test_a_file_that_is_no_hcl_is_named(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('variable "a {\n')

    with pytest.raises(CommandError, match=r"main\.tf: python-hcl2 cannot parse it"):
        terraform_module.read(tmp_path)


def test_write_adds_the_tables_and_the_check_is_content(folder: Path) -> None:
    root = folder.parent.parent
    assert list(terraform_docs.check(root)) == [
        "terraform/modules/queue/README.md: its tables are stale: make lint-docs WRITE=1"
    ]

    assert list(terraform_docs.check(root, write=True)) == []

    assert list(terraform_docs.check(root)) == []
    assert (folder / "README.md").read_text().startswith(f"{README}\n<!-- BEGIN_TF_DOCS -->\n## Requirements\n")


def test_what_changed_is_stale_and_what_was_written_by_hand_stays(folder: Path) -> None:
    root = folder.parent.parent
    list(terraform_docs.check(root, write=True))
    readme = folder / "README.md"
    readme.write_text(f"{readme.read_text()}\nA footer.\n")
    assert list(terraform_docs.check(root)) == []

    (folder / "variables.tf").write_text('variable "new" {\n  description = "New."\n  type = bool\n}\n')
    assert len(list(terraform_docs.check(root))) == 1
    list(terraform_docs.check(root, write=True))

    assert "[new](#input\\_new) | New. | `bool` | n/a | yes |" in readme.read_text()
    assert readme.read_text().startswith(README)
    assert readme.read_text().endswith("<!-- END_TF_DOCS -->\n\nA footer.\n")


@pytest.mark.parametrize(
    "opening", [None, "", "# queue\n", "A queue.\n", "# queue\n\n<!-- BEGIN_TF_DOCS --><!-- END_TF_DOCS -->"]
)
def test_a_readme_without_an_opening_is_never_written(folder: Path, opening: str | None) -> None:
    readme = folder / "README.md"
    if opening is None:
        readme.unlink()
    else:
        readme.write_text(opening)

    (problem,) = terraform_docs.check(folder.parent.parent, write=True)

    assert problem.startswith("terraform/modules/queue/README.md: write a heading and, in a sentence or more, what it")
    assert (readme.read_text() if readme.exists() else None) == opening


def test_tests_and_working_copies_need_no_readme(folder: Path) -> None:
    root = folder.parent.parent
    for name in ("modules/queue/tests/alone", "modules/queue/.terraform/modules/x", "fixtures"):
        (root / name).mkdir(parents=True)
        (root / name / "main.tf").write_text("")

    assert terraform_docs.folders(root) == [folder]


def test_the_command_exits_with_1_while_a_readme_is_stale(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project, "ROOT", folder.parent.parent.parent)
    run = CliRunner().invoke

    stale, written, current = (run(terraform_docs.lint_docs, options) for options in ([], ["--write"], []))

    assert (stale.exit_code, written.exit_code, current.exit_code) == (1, 0, 0)
    assert "its tables are stale" in stale.output
