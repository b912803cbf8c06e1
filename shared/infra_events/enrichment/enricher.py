"""Finds the tags of resources. Tags help people; a failure to read them never stops an event."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from infra_events.domain.arn import Arn
from infra_events.domain.errors import RefusedError
from infra_events.domain.parent import can_have_tags
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.ports import TagReader, TagSnapshots

GLOBAL = "global"
"""The key of the reader for resources without a region."""

# No call begins later than this, except the first read of snapshots. With two seconds a call (aws/clients.py) the
# worst case is: a live call that begins just in time ends at 5 s, and the snapshots are read by 7 s.
_TIME = timedelta(seconds=3)
# As long as this after a tag-change event its tags count as current, and AWS is not asked for them.
_EVENT_TAGS_ARE_CURRENT = timedelta(minutes=15)
# A snapshot lives 400 days from its last write (aws/tag_snapshots.py): a living resource's is refreshed long before.
_REFRESH = timedelta(days=30)
# As long as this, a reader that AWS refuses is not asked.
_REFUSED = timedelta(minutes=5)
# Snapshot states that a process remembers: some 3 MB.
_REMEMBERED = 10_000
# ARNs that DescribeTags, GetResources and a table's key accept; any other text would fail the call for all others.
_READABLE = re.compile(r"arn:aws[a-z-]*:[a-z0-9.-]+:[a-z0-9-]*:[a-z0-9-]*:[\w !-~]+")
_LONGEST = 1011
# As long as this, a resource that outlives its runs counts as one without a snapshot, where it had none.
_NO_SNAPSHOT = timedelta(minutes=15)
# What the Tagging API answers nothing about, though it has tags: that it has none must come from another reader.
_NEVER_BY_TAGGING_API = ("autoscaling", "iam")
_NO_EVENT_TAGS: Mapping[str, Tags] = MappingProxyType({})

_T = TypeVar("_T")
_InTime = Callable[[], bool]


def always() -> bool:
    """Return True: the limit of a caller that has all the time there is."""
    return True


class _SnapshotState(NamedTuple):
    """What a snapshot holds: a digest of its tags, when they were last true, and when it was written."""

    digest: int
    as_of: datetime
    written: datetime


class _SnapshotStates:
    """The snapshot states that a process remembers, by ARN; beyond ``_REMEMBERED`` the one unused for longest goes."""

    def __init__(self) -> None:
        self._by_arn: dict[str, _SnapshotState] = {}
        self._absent: dict[str, datetime] = {}

    def __contains__(self, arn: str) -> bool:
        return arn in self._by_arn

    def get(self, arn: str) -> _SnapshotState | None:
        return self._by_arn.get(arn)

    def remember(self, arn: str, state: _SnapshotState) -> None:
        self.forget(arn)  # so that the one last used comes last
        self._by_arn[arn] = state
        if len(self._by_arn) > _REMEMBERED:
            del self._by_arn[next(iter(self._by_arn))]

    def forget(self, arn: str) -> None:
        self._by_arn.pop(arn, None)

    def is_absent(self, arn: str, now: datetime) -> bool:
        return now - self._absent.get(arn, datetime.min.replace(tzinfo=now.tzinfo)) < _NO_SNAPSHOT

    def remember_absent(self, arns: Iterable[str], now: datetime) -> None:
        self._absent = {arn: since for arn, since in self._absent.items() if now - since < _NO_SNAPSHOT}
        self._absent |= dict.fromkeys(arns, now)


@dataclass(slots=True, kw_only=True)
class Enricher:
    """Looks tags up, with one call per batch and reader; it remembers which snapshots are up to date.

    ``others`` reads the tags of most services, and is asked first. Then come ``readers``, in their order, keyed by the
    ARN's service; that of ``GLOBAL`` reads resources without a region. All see only resources of this ``account_id``
    and ``region``, and ARNs without these, such as buckets'. ``snapshots`` may know the rest.
    """

    readers: Mapping[str, TagReader]
    others: TagReader
    snapshots: TagSnapshots
    account_id: str
    region: str
    clock: Callable[[], datetime]
    _states: _SnapshotStates = field(init=False, repr=False, compare=False, default_factory=_SnapshotStates)
    _refusals: dict[int, tuple[str, datetime]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def in_time(self, in_time: Callable[[], bool] = always) -> Callable[[], bool]:
        """Return whether a look-up that begins now may still make a call, each time that it is asked."""
        began = self.clock()
        return lambda: self.clock() - began < _TIME and in_time()

    def tags_of(
        self,
        resources: Iterable[str],
        event_tags: Mapping[str, Tags] = _NO_EVENT_TAGS,
        in_time: Callable[[], bool] = always,
        lasting: Collection[str] = (),
    ) -> Mapping[str, Tags]:
        """Return the tags of every resource, with status ``unavailable`` where they could not be read. Raises nothing.

        ``event_tags`` are tags that events brought (event_tags.py): AWS is not asked for those. Tags of an event that
        comes late, out of a DLQ or an archive, may be outdated, and are ignored. ``in_time`` is the caller's own limit:
        after it no call begins either, but for the first read of snapshots. Of ``lasting`` resources, which outlive
        what happens to their runs, it is remembered for a while that they have no snapshot.

        AWS answers the same for a resource that is gone and for one without tags. If the snapshot then has tags, it is
        returned, as ``cached``. So a living resource whose last tag was removed keeps its old tags here, until its
        tag-change event empties the snapshot.
        """
        named = {resource: _canonical(resource) for resource in resources}
        event_tags = {_canonical(resource): tags for resource, tags in event_tags.items()}
        found = self._find(
            list(dict.fromkeys(named.values())), event_tags, in_time, {_canonical(one) for one in lasting}
        )
        return {resource: found[name] for resource, name in named.items()}

    def _find(
        self, resources: Sequence[str], event_tags: Mapping[str, Tags], in_time: _InTime, lasting: Collection[str]
    ) -> Mapping[str, Tags]:
        now, still = self.clock(), self.in_time(in_time)
        event_tags = _current(event_tags, now)
        live = self._live_tags([one for one in resources if one not in event_tags], now, still)
        fresh = live | event_tags
        needed = [
            arn
            for arn, tags in fresh.items()
            if self._needs_snapshot(arn, tags, by_event=arn in event_tags)
            and not (arn in lasting and self._states.is_absent(arn, now))
        ]
        kept = self._read_snapshots(needed, still)
        self._states.remember_absent((arn for arn, tags in kept.items() if tags is None and arn in lasting), now)
        self._update_snapshots({a: t for a, t in fresh.items() if t.values or a in event_tags}, kept, still)
        return fresh | {
            arn: snapshot
            for arn, snapshot in kept.items()
            if snapshot and arn not in event_tags and _is_better(snapshot, fresh[arn])
        }

    def _live_tags(self, resources: Sequence[str], now: datetime, in_time: _InTime) -> dict[str, Tags]:
        answers: dict[str, Tags] = {}
        wanted: dict[int, tuple[TagReader, list[Arn]]] = {}
        for resource in resources:
            arn = Arn.parse(resource) if _is_readable(resource) else None
            if arn is None:
                answers[resource] = Tags.unknown("tags of this kind of resource are not read")
            elif not can_have_tags(arn):
                answers[resource] = Tags.unknown("such a resource has no tags")
            elif arn.account_id not in ("", self.account_id) or arn.region not in ("", self.region):
                answers[resource] = Tags.unknown("the resource is in another account or region")
            else:
                reader = self._reader(arn)
                wanted.setdefault(id(reader), (reader, []))[1].append(arn)
        order = [id(one) for one in (self.others, *self.readers.values())]
        for reader, arns in sorted(wanted.values(), key=lambda one: order.index(id(one[0]))):
            for start in range(0, len(arns), reader.at_once):
                answers |= self._read_tags(reader, arns[start : start + reader.at_once], now, in_time)
        return {resource: answers[resource] for resource in resources}

    def _reader(self, arn: Arn) -> TagReader:
        if arn.service in self.readers:
            return self.readers[arn.service]
        # A bucket's ARN has no region, but the bucket has.
        worldwide = not arn.region and arn.service != "s3"
        return self.readers.get(GLOBAL, self.others) if worldwide else self.others

    def _read_tags(self, reader: TagReader, arns: Sequence[Arn], now: datetime, in_time: _InTime) -> dict[str, Tags]:
        refused, until = self._refusals.get(id(reader), ("", now))
        if now < until:
            return {str(arn): Tags.unknown(refused) for arn in arns}
        try:
            found = _twice(lambda: reader.read(arns, in_time), in_time)
        except Exception as error:  # noqa: BLE001 - enrichment never stops an event, for any error
            why = f"{type(error).__name__}: {error}"
            if isinstance(error, RefusedError):
                self._refusals[id(reader)] = (why, now + _REFUSED)
            return {str(arn): Tags.unknown(why) for arn in arns}
        by_tagging_api = reader is self.others or reader is self.readers.get(GLOBAL)
        return {str(arn): _checked(arn, found.get(str(arn)), by_tagging_api=by_tagging_api, now=now) for arn in arns}

    def _needs_snapshot(self, arn: str, tags: Tags, *, by_event: bool) -> bool:
        """Return whether the snapshot may have tags that ``tags`` lacks, or its state is unknown to this process."""
        parsed = Arn.parse(arn) if _is_readable(arn) else None
        if parsed is None or not can_have_tags(parsed):
            return False
        return arn not in self._states or not (tags.values or by_event)

    def _read_snapshots(self, arns: Sequence[str], in_time: _InTime) -> Mapping[str, Tags | None]:
        try:
            return _twice(lambda: self.snapshots.read(arns, in_time), in_time) if arns else {}
        except Exception:  # noqa: BLE001 - then the live answer has to do
            return {}

    def _update_snapshots(self, fresh: Mapping[str, Tags], kept: Mapping[str, Tags | None], in_time: _InTime) -> None:
        """Write the snapshots that changed or will expire; forget those not written, so the next batch compares them.

        A newer snapshot that is known here is never replaced by older tags; of two processes that write at the same
        time, the later one wins.
        """
        changed = {}
        for arn, tags in fresh.items():
            snapshot = kept.get(arn)
            before = _state_of(snapshot) if snapshot else self._states.get(arn)
            current = _state_of(tags)
            if not before and arn not in kept:
                # No ARN that a snapshot can have, or its snapshot could not be read and may be newer.
                continue
            if before and before.as_of > current.as_of:
                self._states.remember(arn, before)
            elif before and before.digest == current.digest and current.as_of - before.written < _REFRESH:
                self._states.remember(arn, current._replace(written=before.written))
            else:
                self._states.forget(arn)
                changed[arn] = tags
        for arn in self._write_snapshots(changed, in_time):
            self._states.remember(arn, _state_of(changed[arn]))

    def _write_snapshots(self, tags: Mapping[str, Tags], in_time: _InTime) -> Iterable[str]:
        """Return the ARNs whose snapshots were certainly written."""
        try:
            return self.snapshots.write(tags, in_time) if tags else ()
        except Exception:  # noqa: BLE001 - the event has its tags; it does not depend on their snapshot
            return ()


def _current(event_tags: Mapping[str, Tags], now: datetime) -> dict[str, Tags]:
    """Return the tags of events that are recent; a time in the future becomes ``now``.

    Otherwise a snapshot with such a time would count as newer than all tags that are read until then.
    """
    dated = {arn: replace(tags, as_of=min(tags.as_of or now, now)) for arn, tags in event_tags.items()}
    return {arn: tags for arn, tags in dated.items() if tags.as_of and now - tags.as_of <= _EVENT_TAGS_ARE_CURRENT}


def _checked(arn: Arn, tags: Tags | None, *, by_tagging_api: bool, now: datetime) -> Tags:
    """Return an answer; that there are no tags is believed only of a reader that can know it."""
    if tags is None:
        return Tags.unknown("AWS cannot be asked for its tags")
    if tags.status is not TagsStatus.LIVE:
        return tags
    if not tags.values and by_tagging_api and arn.service in _NEVER_BY_TAGGING_API:
        return Tags.unknown("the Tagging API does not answer for such a resource")
    if not tags.values and by_tagging_api and not arn.region and arn.service == "s3":
        return Tags.unknown("no tags of it are known in this account and region")
    return replace(tags, as_of=tags.as_of or now)


def _twice(call: Callable[[], _T], in_time: _InTime) -> _T:
    """Call, and once more at once if that fails in time: a connection that was idle for long fails only once."""
    try:
        return call()
    except RefusedError:
        raise
    except Exception:
        if not in_time():
            raise
        return call()


def _is_readable(resource: str) -> bool:
    return _READABLE.fullmatch(resource) is not None and len(resource.encode()) <= _LONGEST


def _is_better(snapshot: Tags, fresh: Tags) -> bool:
    return fresh.status is TagsStatus.UNAVAILABLE or (not fresh.values and bool(snapshot.values))


def _canonical(resource: str) -> str:
    """Return an ARN with each part in its place; any other text as it is."""
    arn = Arn.parse(resource)
    return str(arn) if arn else resource


def _state_of(tags: Tags) -> _SnapshotState:
    """Return the state of a snapshot with these tags, which have a time. Raises ValueError for others."""
    if tags.as_of is None:
        raise ValueError("only tags with a time can be kept")
    return _SnapshotState(hash(frozenset(tags.values.items())), tags.as_of, tags.as_of)
