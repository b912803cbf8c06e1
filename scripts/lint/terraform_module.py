"""What a Terraform module declares, read from its ``*.tf`` files: inputs, outputs, requirements, calls, resources."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import hcl2
from hcl2.api import parses_to_tree
from hcl2.utils import SerializationOptions
from lark import Token, Tree

from scripts.project import CommandError

Node = Tree[Token]
Attributes = Mapping[str, str]
"""The attributes of a block: name → source text of the expression."""

VALUES = SerializationOptions(
    strip_string_quotes=True, preserve_heredocs=False, preserve_scientific_notation=False, with_comments=False
)

EXPANDED_THEN_COMMA = re.compile(r"\.\.\.,(?=\s*\))")
"""``list...,`` at the end of a call's arguments: Terraform's grammar has it, that of python-hcl2 8.1 does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """Terraform or a provider, and the versions that fit; ``source`` is the provider's address."""

    name: str
    version: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A module that is called."""

    name: str
    source: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A resource, or with ``data`` a data source; ``provider`` is its provider's local name, with the alias."""

    type: str
    name: str
    provider: str
    data: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A variable: its type as it is written, its default as JSON text; without a default it is required."""

    name: str
    description: str
    type: str
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An output."""

    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """All that a module declares, in the order of its files."""

    requirements: tuple[Requirement, ...]
    calls: tuple[Call, ...]
    resources: tuple[Resource, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of a file: its type and labels, its attributes, and the blocks in it."""

    kind: str
    labels: tuple[str, ...]
    attributes: Attributes
    blocks: tuple["Block", ...]


def read(folder: Path) -> Module:
    """Return what the ``*.tf`` files of a folder declare. Raises CommandError for a file that cannot be parsed."""
    blocks = [block for file in sorted(folder.glob("*.tf")) for block in _file(file)]

    def of(kind: str) -> list[Block]:
        return [block for block in blocks if block.kind == kind]

    return Module(
        requirements=tuple(requirement for block in of("terraform") for requirement in _requirements(block)),
        calls=tuple(_call(block) for block in of("module")),
        resources=tuple(_resource(block) for kind in ("resource", "data") for block in of(kind)),
        inputs=tuple(_input(block) for block in of("variable")),
        outputs=tuple(
            Output(name=block.labels[0], description=_text(block.attributes, "description")) for block in of("output")
        ),
    )


def _file(file: Path) -> list[Block]:
    source = file.read_text().replace("\r\n", "\n")
    # Of the same length, so that positions stay.
    parsed = EXPANDED_THEN_COMMA.sub("... ", source)
    try:
        tree = parses_to_tree(parsed)
    except Exception as error:  # the errors of its parser share no class
        raise CommandError(f"{file}: python-hcl2 cannot parse it: {str(error).splitlines()[0]}") from error
    return list(_blocks(cast("Node", tree.children[0]), source))


def _blocks(body: Node, source: str) -> Iterator[Block]:
    for block in _children(body, "block"):
        head = [child for child in block.children if isinstance(child, Tree) and child.data != "body"]
        kind, *labels = (_source(part, source).strip('"') for part in head if part.data in {"identifier", "string"})
        inner = next(_children(block, "body"), Tree("body", []))
        yield Block(
            kind=kind,
            labels=tuple(labels),
            attributes=dict(_attribute(attribute, source) for attribute in _children(inner, "attribute")),
            blocks=tuple(_blocks(inner, source)),
        )


def _children(node: Node, kind: str) -> Iterator[Node]:
    return (child for child in node.children if isinstance(child, Tree) and child.data == kind)


def _attribute(attribute: Node, source: str) -> tuple[str, str]:
    name, *_, expression = (child for child in attribute.children if isinstance(child, Tree))
    return _source(name, source), _source(expression, source)


def _source(node: Node, source: str) -> str:
    return source[node.meta.start_pos : node.meta.end_pos]


def _requirements(terraform: Block) -> Iterator[Requirement]:
    if version := _text(terraform.attributes, "required_version"):
        yield Requirement(name="terraform", version=version)
    for block in terraform.blocks:
        if block.kind == "required_providers":
            for name, expression in sorted(block.attributes.items()):
                value = _value(expression)
                facts = value if isinstance(value, dict) else {"version": value}
                yield Requirement(name=name, version=facts.get("version", ""), source=facts.get("source", ""))


def _call(block: Block) -> Call:
    source, version = _text(block.attributes, "source"), _text(block.attributes, "version")
    if not version:
        source, _, version = source.partition("?ref=")
    return Call(name=block.labels[0], source=source, version=version)


def _resource(block: Block) -> Resource:
    kind, name = block.labels
    # A resource names its provider as aws or aws.alias; otherwise the type begins with it.
    provider = block.attributes.get("provider", "").strip('"') or kind.split("_")[0]
    return Resource(type=kind, name=name, provider=provider, data=block.kind == "data")


def _input(block: Block) -> Input:
    default = block.attributes.get("default")
    value = None if default is None else _value(default)
    return Input(
        name=block.labels[0],
        description=_text(block.attributes, "description"),
        type=block.attributes.get("type", "").strip('"') or _type_of(value),
        default=None if default is None else json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False),
    )


def _type_of(default: Any) -> str:
    """Return the type that a variable without one has by its default; ``any`` where that is null or missing."""
    for kind, name in ((bool, "bool"), (str, "string"), (int | float, "number"), (list, "list"), (dict, "map")):
        if isinstance(default, kind):
            return name
    return "any"


def _text(attributes: Attributes, name: str) -> str:
    """Return an attribute that is a text, empty where it is missing."""
    return str(_value(attributes[name])) if name in attributes else ""


def _value(expression: str) -> Any:
    """Return the value of a literal expression."""
    read = hcl2.loads(f"value = {expression}\n", serialization_options=VALUES)["value"]
    # A heredoc's last line ends too, which python-hcl2 leaves out.
    return _plain(f"{read}\n" if expression.startswith("<<") else read)


def _plain(value: Any) -> Any:
    """Return a value with templates' escapes undone and whole numbers whole, as JSON has them."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return value.replace("$${", "${").replace("%%{", "%{")
    return int(value) if isinstance(value, float) and value.is_integer() else value
