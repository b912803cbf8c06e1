"""Calls that take several entries: SNS's PublishBatch and EventBridge's PutEvents have the same limits."""

from collections.abc import Iterator, Mapping

MAX_BYTES = 256 * 1024
_MAX_ENTRIES = 10


def batches(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """Yield the indices of each call, in order, by the bytes of each entry, none of which may exceed MAX_BYTES."""
    batch: list[int] = []
    batch_bytes = 0
    for index, size in sizes.items():
        if batch and (len(batch) == _MAX_ENTRIES or batch_bytes + size > MAX_BYTES):
            yield batch
            batch, batch_bytes = [], 0
        batch.append(index)
        batch_bytes += size
    if batch:
        yield batch
