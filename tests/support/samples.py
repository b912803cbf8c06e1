"""The project's own events: tests/events/<service>/*.json as EventBridge delivers them, and what each must become."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from scripts.compile.yaml_file import YamlFile

FOLDER = Path(__file__).parents[1] / "events"
EXPECTED = "expected.yaml"


@dataclass(frozen=True, slots=True)
class Sample:
    """One event of a service."""

    service: str
    file: Path

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.file.read_text(encoding="utf-8"))
        return event

    @property
    def expected(self) -> dict[str, Any] | None:
        """What expected.yaml expects of it; None when nothing."""
        found: dict[str, Any] | None = expectations(self.service).get(self.file.name)
        return found

    def __str__(self) -> str:
        return f"{self.service}/{self.file.stem}"


SERVICES = sorted(folder.name for folder in FOLDER.iterdir() if any(folder.glob("*.json")))
SAMPLES = [Sample(service, file) for service in SERVICES for file in sorted((FOLDER / service).glob("*.json"))]


@cache
def expectations(service: str) -> dict[str, Any]:
    file = FOLDER / service / EXPECTED
    return YamlFile(file).content if file.exists() else {}
