"""What a resource's tags add to an event. Tags help; that they cannot be read never stops anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from infra_events.domain.arn import Arn
from infra_events.ports import TagReader


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """The tags of one resource, or why there are none to show: then ``unavailable`` holds the reason."""

    values: Mapping[str, str] = field(default_factory=dict)
    unavailable: str = ""

    @property
    def name(self) -> str:
        """The ``Name`` tag; empty without one."""
        return self.values.get("Name", "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Enricher:
    """Looks tags up, once per batch and reader.

    ``readers`` are keyed by the ARN's service. They see only resources of this ``account_id`` and ``region`` (or of no
    account, as snapshots are written): nobody can read another's tags from here.
    """

    readers: Mapping[str, TagReader]
    account_id: str
    region: str

    def tags_of(self, resources: Iterable[str]) -> Mapping[str, Tags]:
        """Answer for every resource, whatever happens; raises nothing."""
        tags: dict[str, Tags] = {}
        wanted: dict[str, list[Arn]] = {}
        for resource in dict.fromkeys(resources):
            arn = Arn.parse(resource)
            if arn is None or arn.service not in self.readers:
                tags[resource] = Tags(unavailable="tags of this kind of resource are not read")
            elif arn.account_id not in ("", self.account_id) or arn.region != self.region:
                tags[resource] = Tags(unavailable="the resource is in another account or region")
            else:
                wanted.setdefault(arn.service, []).append(arn)
        for service, arns in wanted.items():
            tags |= self._read(self.readers[service], arns)
        return tags

    @staticmethod
    def _read(reader: TagReader, arns: list[Arn]) -> Mapping[str, Tags]:
        try:
            found = reader.read(arns)
        except Exception as error:  # noqa: BLE001 - enrichment never stops an event, whatever went wrong
            return {str(arn): Tags(unavailable=f"{type(error).__name__}: {error}") for arn in arns}
        return {str(arn): Tags(values=found.get(str(arn), {})) for arn in arns}
