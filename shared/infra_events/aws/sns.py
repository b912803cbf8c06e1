"""A topic: PublishBatch, with every partial failure handed back to the message it belongs to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.batches import MAX_BYTES, batches
from infra_events.aws.clients import delivery_client, error_code, transient
from infra_events.domain.errors import ParkCode, PermanentError, TransientError
from infra_events.ports import Publication
from infra_events.routing.model import Routing

# The codes with which SNS says that an entry itself is at fault; all others may pass when tried again.
_REFUSED = frozenset({"InvalidParameter", "InvalidParameterValue", "ValidationError", "BatchRequestTooLong"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsPublisher:
    """Publishes to one topic (an ``EventPublisher``)."""

    topic_arn: str

    def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
        """Publish in as few calls as SNS allows; answer for each, in order, None or its error.

        https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html: ten entries, and 256 KiB in sum.
        """
        errors: list[Exception | None] = [None] * len(publications)
        sizes = {}
        for index, publication in enumerate(publications):
            size = _size(publication)
            if size > MAX_BYTES:
                errors[index] = PermanentError(ParkCode.TOO_LARGE, f"{size} bytes; a message may have {MAX_BYTES}")
            else:
                sizes[index] = size
        for chunk in batches(sizes):
            self._publish_chunk(publications, chunk, errors)
        return errors

    def _publish_chunk(
        self, publications: Sequence[Publication], chunk: Sequence[int], errors: list[Exception | None]
    ) -> None:
        entries = [_entry(str(index), publications[index]) for index in chunk]
        try:
            answer = delivery_client("sns").publish_batch(TopicArn=self.topic_arn, PublishBatchRequestEntries=entries)
        except (ClientError, BotoCoreError) as error:
            if error_code(error) not in _REFUSED:
                for index in chunk:
                    errors[index] = transient("sns:Publish", error)
            elif len(chunk) == 1:
                errors[chunk[0]] = _refused(error_code(error))
            else:  # One entry spoilt the whole call: find it, so that the others go out.
                for index in chunk:
                    self._publish_chunk(publications, [index], errors)
            return
        for failure in answer.get("Failed", ()):
            code = failure.get("Code", "Unknown")
            final = failure.get("SenderFault") and code in _REFUSED
            errors[int(failure["Id"])] = _refused(code) if final else TransientError(f"sns:Publish: {code}")


def publishers(topic_arns: Mapping[str, str]) -> Mapping[str, SnsPublisher]:
    """Make a publisher for each topic, by the key of its ARN."""
    return {key: SnsPublisher(topic_arn=arn) for key, arn in topic_arns.items()}


def owner_publishers(topic_arn: str, routing: Routing) -> Mapping[str, SnsPublisher]:
    """Find each owner's own topic: its name is that of the topic for all, and the owner's (terraform names it so)."""
    return publishers({name: f"{topic_arn}-{name}" for name, owner in routing.owners.items() if owner.topic})


def _refused(code: str) -> PermanentError:
    return PermanentError(ParkCode.REFUSED, f"SNS refused the message: {code}")


def _entry(entry_id: str, publication: Publication) -> dict[str, Any]:
    return {
        "Id": entry_id,
        "Message": publication.body,
        "MessageAttributes": {name: _attribute(value) for name, value in publication.attributes.items()},
    }


def _attribute(value: str | tuple[str, ...]) -> dict[str, str]:
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(list(value))}


def _size(publication: Publication) -> int:
    """Count as SNS does: body, and name, type and value of each attribute, in bytes."""
    size = len(publication.body.encode())
    for name, value in publication.attributes.items():
        attribute = _attribute(value)
        size += len(name.encode()) + len(attribute["DataType"]) + len(attribute["StringValue"].encode())
    return size
