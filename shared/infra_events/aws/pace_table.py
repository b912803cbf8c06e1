"""The pace row in a table of DynamoDB."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.clients import record_client, transient
from infra_events.domain.errors import error_code
from infra_events.ports import PaceRow

_LOST_RACE = "ConditionalCheckFailedException"


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamoPaceStore:
    """One row in the table of sent records, under ``key`` (a ``PaceStore``)."""

    table_name: str
    key: str

    def read(self) -> PaceRow:
        """Return the row, consistently read. Raises TransientError."""
        try:
            answer = record_client("dynamodb").get_item(
                TableName=self.table_name, Key={"id": {"S": self.key}}, ConsistentRead=True
            )
        except (ClientError, BotoCoreError) as error:
            raise transient("dynamodb:GetItem", error) from error
        return row_of(answer.get("Item", {}))

    def swap(self, row: PaceRow) -> PaceRow | None:
        """Write ``row`` in place of the version before it, else return the row that is there. Raises TransientError."""
        try:
            record_client("dynamodb").put_item(
                TableName=self.table_name,
                Item={"id": {"S": self.key}} | item_of(row),
                ConditionExpression="attribute_not_exists(version) OR version = :before",
                ExpressionAttributeValues={":before": {"N": str(row.version - 1)}},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if error_code(error) == _LOST_RACE:
                return row_of(error.response.get("Item", {}))
            raise transient("dynamodb:PutItem", error) from error
        except BotoCoreError as error:
            raise transient("dynamodb:PutItem", error) from error
        return None


def item_of(row: PaceRow) -> dict[str, dict[str, str]]:
    """Return what an item of DynamoDB holds of a row, beside its key."""
    return {
        "free_at": {"N": f"{row.free_at:.6f}"},
        "closed_until": {"N": f"{row.closed_until:.6f}"},
        "closed_reason": {"S": row.closed_reason},
        "day_ends": {"N": f"{row.day_ends:.6f}"},
        "day_count": {"N": str(row.day_count)},
        "version": {"N": str(row.version)},
    }


def row_of(item: Mapping[str, Any]) -> PaceRow:
    """Return the row that an item of DynamoDB holds; what it does not hold is as in a row without reservations."""
    row = {**item_of(PaceRow()), **item}
    return PaceRow(
        free_at=float(row["free_at"]["N"]),
        closed_until=float(row["closed_until"]["N"]),
        closed_reason=row["closed_reason"]["S"],
        day_ends=float(row["day_ends"]["N"]),
        day_count=int(row["day_count"]["N"]),
        version=int(row["version"]["N"]),
    )
