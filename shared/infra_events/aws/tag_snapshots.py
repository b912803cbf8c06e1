"""The snapshots of tags: one DynamoDB table with an item per resource, which expires unless it is written again."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import lookup_client, transient
from infra_events.domain.errors import PermanentError
from infra_events.domain.tags import Tags, TagsStatus
from infra_events.domain.time import format_time, parse_time

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
_KEYS_AT_ONCE = 100
_ITEMS_AT_ONCE = 25
# Longer than events about a resource that is gone may come.
_KEPT = timedelta(days=400)
_TRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoTagSnapshots:
    """Snapshots in one table (``TagSnapshots``)."""

    table_name: str

    def read(self, arns: Sequence[str], in_time: Callable[[], bool]) -> Mapping[str, Tags | None]:
        """Return the snapshots; keys that the table left unprocessed twice are absent. Raises TransientError."""
        found: dict[str, Tags | None] = {}
        called = False
        for start in range(0, len(arns), _KEYS_AT_ONCE):
            pending = list(arns[start : start + _KEYS_AT_ONCE])
            for _ in range(_TRIES):
                if not pending or (called and not in_time()):
                    break
                called = True
                items, left = self._get(pending)
                found |= {arn: items.get(arn) for arn in pending if arn not in left}
                pending = left
        return found

    def write(self, tags: Mapping[str, Tags], in_time: Callable[[], bool]) -> Iterable[str]:
        """Write snapshots; return the ARNs of those written. Raises TransientError."""
        written: list[str] = []
        arns = list(tags)
        for start in range(0, len(arns), _ITEMS_AT_ONCE):
            pending = arns[start : start + _ITEMS_AT_ONCE]
            for _ in range(_TRIES):
                if not pending or not in_time():
                    break
                left = self._put({arn: tags[arn] for arn in pending})
                written += [arn for arn in pending if arn not in left]
                pending = left
        return written

    def _get(self, arns: Sequence[str]) -> tuple[Mapping[str, Tags], list[str]]:
        keys = [{"arn": {"S": arn}} for arn in arns]
        try:
            answer = lookup_client("dynamodb").batch_get_item(RequestItems={self.table_name: {"Keys": keys}})
        except (ClientError, BotoCoreError) as error:
            raise transient("dynamodb:BatchGetItem", error) from error
        left = answer.get("UnprocessedKeys", {}).get(self.table_name, {}).get("Keys", ())
        items = answer["Responses"].get(self.table_name, ())
        return {item["arn"]["S"]: tags for item in items if (tags := _tags(item))}, [key["arn"]["S"] for key in left]

    def _put(self, tags: Mapping[str, Tags]) -> list[str]:
        puts = [{"PutRequest": {"Item": _item(arn, one)}} for arn, one in tags.items()]
        try:
            answer = lookup_client("dynamodb").batch_write_item(RequestItems={self.table_name: puts})
        except (ClientError, BotoCoreError) as error:
            raise transient("dynamodb:BatchWriteItem", error) from error
        left = answer.get("UnprocessedItems", {}).get(self.table_name, ())
        return [put["PutRequest"]["Item"]["arn"]["S"] for put in left]


def _item(arn: str, tags: Tags) -> Mapping[str, Any]:
    """Return the item of a snapshot. Raises ValueError for tags without a time."""
    if tags.as_of is None:
        raise ValueError("only tags with a time can be kept")
    return {
        "arn": {"S": arn},
        "tags": {"M": {key: {"S": value} for key, value in tags.values.items()}},
        "as_of": {"S": format_time(tags.as_of)},
        "expiration": {"N": str(int((tags.as_of + _KEPT).timestamp()))},
    }


def _tags(item: Mapping[str, Any]) -> Tags | None:
    """Return the tags of an item; None for an item of another form."""
    try:
        return Tags(
            values={key: value["S"] for key, value in item["tags"]["M"].items()},
            status=TagsStatus.CACHED,
            as_of=parse_time(item["as_of"]["S"], "as_of"),
        )
    except (KeyError, PermanentError):
        return None
