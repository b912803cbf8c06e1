"""What a resource's tags add to an event. Tags help; that they cannot be read never stops anything."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from infra_events.domain.arn import Arn
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.ports import TagReader, TagSnapshots

# No call is begun later than this, the first read of snapshots excepted. With two seconds a call (aws/clients.py) the
# worst is: a live call begun just in time ends at 5 s, and the snapshots are read by 7 s.
_TIME = timedelta(seconds=3)
# How long tags that an event brought are taken for those of now, by which AWS itself need not be asked.
_NEWS = timedelta(minutes=15)
# A row lives 400 days from its last write (aws/tag_snapshots.py): a living resource's is written anew long before.
_REFRESH = timedelta(days=30)
# Resources remembered by a process: some 3 MB.
_REMEMBERED = 10_000
# What DescribeTags, GetResources or a table's key can be asked for; anything else would fail the call for all others.
_ASKABLE = re.compile(r"arn:aws[a-z-]*:[a-z0-9.-]+:[a-z0-9-]*:[a-z0-9-]*:[\w !-~]+")
_LONGEST = 1011
_NOTHING_TOLD: Mapping[str, Tags] = MappingProxyType({})

_T = TypeVar("_T")
_InTime = Callable[[], bool]


class _Known(NamedTuple):
    """What is known of a resource's row: a digest of its tags, when they were last true, when it was written."""

    digest: int
    as_of: datetime
    written: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Enricher:
    """Looks tags up, once per batch and reader.

    ``readers`` are keyed by the ARN's service, ``others`` reads what they do not. They see only resources of this
    ``account_id`` and ``region``, or of none, as buckets are written: nobody can read another's tags from here. What
    they cannot answer, ``snapshots`` may.
    """

    readers: Mapping[str, TagReader]
    others: TagReader
    snapshots: TagSnapshots
    account_id: str
    region: str
    clock: Callable[[], datetime]
    _known: dict[str, _Known] = field(init=False, repr=False, compare=False, default_factory=dict)

    def tags_of(self, resources: Iterable[str], told: Mapping[str, Tags] = _NOTHING_TOLD) -> Mapping[str, Tags]:
        """Answer for every resource, whatever happens; raises nothing.

        ``told`` are live tags that events themselves brought: their resources are not asked for. Those of an event that
        comes late, out of a DLQ or a replay, are history, and count for nothing.

        A live answer without tags does not tell a resource that is gone from one that has none. Where a snapshot has
        tags, these are answered, as cached; so a living resource whose last tag was taken away keeps them here, unless
        its tag-change event is among ``told``, which empties the snapshot.
        """
        now = self.clock()

        def in_time() -> bool:
            return self.clock() - now < _TIME

        # Nothing is known of the future; a time in it would keep all that is learned until then from being kept.
        told = {arn: replace(tags, as_of=min(tags.as_of or now, now)) for arn, tags in told.items()}
        told = {arn: tags for arn, tags in told.items() if tags.as_of and now - tags.as_of <= _NEWS}
        fresh = self._live([one for one in dict.fromkeys(resources) if one not in told], now, in_time) | told
        rows = self._rows([arn for arn, tags in fresh.items() if self._needs_row(arn, tags, told)], in_time)
        self._keep({arn: tags for arn, tags in fresh.items() if tags.values or arn in told}, rows, in_time)
        return fresh | {arn: row for arn, row in rows.items() if row and arn not in told and _better(row, fresh[arn])}

    def _live(self, resources: Sequence[str], now: datetime, in_time: _InTime) -> dict[str, Tags]:
        answers: dict[str, Tags] = {}
        wanted: dict[str, list[Arn]] = {}
        for resource in resources:
            arn = Arn.parse(resource) if _askable(resource) else None
            if arn is None:
                answers[resource] = _unavailable("tags of this kind of resource are not read")
            elif arn.account_id not in ("", self.account_id) or arn.region not in ("", self.region):
                answers[resource] = _unavailable("the resource is in another account or region")
            else:
                wanted.setdefault(arn.service if arn.service in self.readers else "", []).append(arn)
        for service, arns in wanted.items():
            reader = self.readers.get(service, self.others)
            for start in range(0, len(arns), reader.at_once):
                answers |= _asked(reader, arns[start : start + reader.at_once], now, in_time)
        return answers

    def _needs_row(self, arn: str, tags: Tags, told: Mapping[str, Tags]) -> bool:
        """Whether the snapshot may know better, or whether it is not known yet what it says."""
        return _askable(arn) and (arn not in self._known or not (tags.values or arn in told))

    def _rows(self, arns: Sequence[str], in_time: _InTime) -> Mapping[str, Tags | None]:
        try:
            return _twice(lambda: self.snapshots.read(arns, in_time), in_time) if arns else {}
        except Exception:  # noqa: BLE001 - then the answer stays what it is without them
            return {}

    def _keep(self, fresh: Mapping[str, Tags], rows: Mapping[str, Tags | None], in_time: _InTime) -> None:
        """Write what is new. What could not be written is forgotten, so that the next batch compares it again.

        Older tags never replace newer ones that are known here; of two processes that write at once the later wins.
        """
        changed = {}
        for arn, tags in fresh.items():
            row = rows.get(arn)
            known = _known(row) if row else self._known.get(arn)
            entry = _known(tags)
            if not known and arn not in rows:
                # It is nothing to keep, or its row could not be read: that may be newer.
                continue
            if known and known.as_of > entry.as_of:
                self._remember(arn, known)
            elif known and known.digest == entry.digest and entry.as_of - known.written < _REFRESH:
                self._remember(arn, entry._replace(written=known.written))
            else:
                self._known.pop(arn, None)
                changed[arn] = tags
        for arn in self._written(changed, in_time):
            self._remember(arn, _known(changed[arn]))

    def _written(self, tags: Mapping[str, Tags], in_time: _InTime) -> Iterable[str]:
        try:
            return self.snapshots.write(tags, in_time) if tags else ()
        except Exception:  # noqa: BLE001 - the event has its tags; whether they are remembered does not matter to it
            return ()

    def _remember(self, arn: str, known: _Known) -> None:
        self._known.pop(arn, None)  # the one last used comes last
        self._known[arn] = known
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]


def _asked(reader: TagReader, arns: Sequence[Arn], now: datetime, in_time: _InTime) -> Mapping[str, Tags]:
    try:
        found = _twice(lambda: reader.read(arns, in_time), in_time)
    except Exception as error:  # noqa: BLE001 - enrichment never stops an event, whatever went wrong
        return {str(arn): _unavailable(f"{type(error).__name__}: {error}") for arn in arns}
    answers = {}
    for arn in arns:
        values = found.get(str(arn))
        if values is None:
            answers[str(arn)] = _unavailable("AWS cannot be asked for its tags")
        elif not values and not arn.region:  # a bucket: it may as well be in another region, or another's
            answers[str(arn)] = _unavailable("no tags of it are known in this account and region")
        else:
            answers[str(arn)] = Tags(values=values, status=TagsStatus.LIVE, as_of=now)
    return answers


def _twice(call: Callable[[], _T], in_time: _InTime) -> _T:
    """Try once more, at once, while there is time: a connection that was idle for long fails only once."""
    try:
        return call()
    except Exception:
        if not in_time():
            raise
        return call()


def _askable(resource: str) -> bool:
    return _ASKABLE.fullmatch(resource) is not None and len(resource.encode()) <= _LONGEST


def _better(row: Tags, fresh: Tags) -> bool:
    return fresh.status is TagsStatus.UNAVAILABLE or (not fresh.values and bool(row.values))


def _unavailable(why: str) -> Tags:
    return Tags(status=TagsStatus.UNAVAILABLE, unavailable=why)


def _known(tags: Tags) -> _Known:
    """What there is to remember of tags with a time."""
    if tags.as_of is None:
        raise ValueError("only tags with a time can be kept")
    return _Known(hash(frozenset(tags.values.items())), tags.as_of, tags.as_of)
