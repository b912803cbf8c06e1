"""The state and the resources that an event shows by itself, for all that its catalogue entry does not find."""

from collections.abc import Sequence

from aws_service_event_handler.cloudtrail import call_details, call_name, listed_arns
from aws_service_event_handler.envelope import AwsEvent
from aws_service_event_handler.heuristics import best_scored_ids, best_scored_state
from aws_service_event_handler.resource_ids import account_arn, completed, is_id
from infra_events.domain.text import one_line

_STATE_LIMIT = 1024


def state_of(event: AwsEvent) -> str:
    """Return the new state as the service writes it; the detail-type where nothing names one. Never empty."""
    found = call_name(event) or best_scored_state(event.detail) or event.detail_type
    return one_line(found, _STATE_LIMIT) or event.detail_type


def resources_of(event: AwsEvent) -> Sequence[str]:
    """Return the ARNs or ids of the resources that an event is about. Never empty.

    They are the ids in ``resources``; else the best ids of the detail; else the sentences in ``resources``; else the
    account; else the source.
    """
    named = [resource for resource in event.resources if is_id(resource)]
    account = account_arn(event.account_id, event.region)
    found = named or _ids_of_detail(event) or event.resources or (account or event.source,)
    # A custom event's account is that of its application, which need not be its resource's.
    account_id = event.account_id if event.source.startswith("aws.") else ""
    return tuple(dict.fromkeys(completed(resource, event.region, account_id) for resource in found))


def _ids_of_detail(event: AwsEvent) -> Sequence[str]:
    service = event.source.rpartition(".")[2]
    call = call_name(event)
    if not call:
        return best_scored_ids(event.detail, event.detail_type, service)
    # The parts of a record lie one level below the detail.
    return listed_arns(event, service) or best_scored_ids(call_details(event), call, service, top_level=2)
