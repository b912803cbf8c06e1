"""Topics: PublishBatch, with an error for each message that was not accepted."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.aws.batches import MAX_BYTES, batches
from infra_events.aws.clients import delivery_client, transient
from infra_events.domain.errors import ParkCode, PermanentError, TransientError, error_code
from infra_events.ports import Publication
from infra_events.routing.model import Routing

# The codes of an entry that is itself at fault; with any other code it may succeed later.
_REFUSED = frozenset({"InvalidParameter", "InvalidParameterValue", "ValidationError", "BatchRequestTooLong"})

# What SNS takes as MessageGroupId: letters, digits and punctuation of ASCII, 128 at most.
_GROUP = re.compile("[!-~]{1,128}")

# Beyond, a function of 256 MB (a seventh of a CPU) is slower for each thread more; a client has ten connections.
_THREADS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SnsPublisher:
    """Publishes to one topic (an ``EventPublisher``)."""

    topic_arn: str

    def publish(self, publications: Sequence[Publication]) -> Sequence[Exception | None]:
        """Publish in as few calls as SNS allows; return for each, in order, None or its error.

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
        for batch in batches(sizes):
            self._publish_batch(publications, batch, errors)
        return errors

    def _publish_batch(
        self, publications: Sequence[Publication], batch: Sequence[int], errors: list[Exception | None]
    ) -> None:
        entries = [_entry(str(index), publications[index]) for index in batch]
        try:
            answer = delivery_client("sns").publish_batch(TopicArn=self.topic_arn, PublishBatchRequestEntries=entries)
        except (ClientError, BotoCoreError) as error:
            if error_code(error) not in _REFUSED:
                for index in batch:
                    errors[index] = transient("sns:Publish", error)
            elif len(batch) == 1:
                errors[batch[0]] = _refused(error_code(error))
            else:  # One bad entry failed the whole call: find it, so that the others are published.
                for index in batch:
                    self._publish_batch(publications, [index], errors)
            return
        for failure in answer.get("Failed", ()):
            code = failure.get("Code", "Unknown")
            final = failure.get("SenderFault") and code in _REFUSED
            errors[int(failure["Id"])] = _refused(code) if final else TransientError(f"sns:Publish: {code}")


def in_threads() -> Callable[..., Iterator[Any]]:
    """Return a ``map`` that publishes in several threads.

    They share the client, which is made here: botocore's clients are thread-safe, but to make one is not.
    """
    delivery_client("sns")
    return ThreadPoolExecutor(max_workers=_THREADS).map


def publishers(topic_arns: Mapping[str, str]) -> Mapping[str, SnsPublisher]:
    """Return a publisher for each topic, by the key of its ARN."""
    return {key: SnsPublisher(topic_arn=arn) for key, arn in topic_arns.items()}


def owner_publishers(topic_arn: str, routing: Routing) -> Mapping[str, SnsPublisher]:
    """Return a publisher for each owner with a dedicated topic, ``<topic>-<owner>``, by the owner's name."""
    return publishers({name: f"{topic_arn}-{name}" for name, owner in routing.owners.items() if owner.topic})


def _refused(code: str) -> PermanentError:
    return PermanentError(ParkCode.REFUSED, f"SNS refused the message: {code}")


def _entry(entry_id: str, publication: Publication) -> dict[str, Any]:
    """Return an entry; a group that SNS would refuse is left out, for the message matters more than its turn.

    SNS hands the group to the SQS queues behind a standard topic, whose fair queues serve each in turn:
    https://docs.aws.amazon.com/sns/latest/api/API_PublishBatchRequestEntry.html
    """
    group = {"MessageGroupId": publication.group} if _GROUP.fullmatch(publication.group) else {}
    return {
        "Id": entry_id,
        "Message": publication.body,
        "MessageAttributes": {name: _attribute(value) for name, value in publication.attributes.items()},
        **group,
    }


def _attribute(value: str | tuple[str, ...]) -> dict[str, str]:
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(list(value))}


def _size(publication: Publication) -> int:
    """Return the bytes of a message as SNS counts them: body, and name, type and value of each attribute."""
    size = len(publication.body.encode())
    for name, value in publication.attributes.items():
        attribute = _attribute(value)
        size += len(name.encode()) + len(attribute["DataType"]) + len(attribute["StringValue"].encode())
    return size
