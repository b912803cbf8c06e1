"""Whether the events of the selected services come up in this account and region at all.

EventBridge receives API calls from CloudTrail only while a trail logs management events:
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
"""

from collections.abc import Iterator, Mapping
from typing import Any

from scripts.operate.doctor.finding import Code, Finding, warning, well
from scripts.operate.doctor.patient import Patient

NO_TRAIL = "none"
"""What the stack's output ``services`` has as ``trail`` for a service none of whose events needs one."""


def logging(patient: Patient) -> Iterator[Finding]:
    """Whether a trail logs management events here, where a service needs one."""
    needing = [name for name, service in _services(patient).items() if service["trail"] != NO_TRAIL]
    if not needing:
        return
    if patient.is_local:
        yield well("the local AWS has no CloudTrail, so only drills show API calls")
        return
    client = patient.client("cloudtrail")
    # An organisation's trail, and one of another region that covers this one, are listed as shadow trails.
    trails = client.describe_trails(includeShadowTrails=True)["trailList"]
    if not any(_logs(client, trail) for trail in trails if _covers(trail, patient.region)):
        what = f"no trail logs management events in {patient.region}, which events of {', '.join(needing)} come from"
        yield warning(Code.NO_TRAIL, what, "CloudTrail console, Create trail: management events, read and write")


def elsewhere(patient: Patient) -> Iterator[Finding]:
    """Which types of events of the selected services come up in other regions only."""
    for name, service in _services(patient).items():
        for kind, regions in service["elsewhere"].items():
            if patient.region not in regions:
                what = f"{kind} comes up in {', '.join(regions)} alone: a deployment there receives it"
                yield well(f"{name}: {what}")


def _services(patient: Patient) -> Mapping[str, Mapping[str, Any]]:
    """Return the selected services; none where an older release is deployed, which does not list them."""
    return dict(patient.outputs.get("services", {}))


def _covers(trail: Mapping[str, Any], region: str) -> bool:
    return bool(trail.get("IsMultiRegionTrail")) or trail.get("HomeRegion") == region


def _logs(client: Any, trail: Mapping[str, Any]) -> bool:
    """Return whether a trail logs, and management events that change something are among what it logs."""
    name = trail["TrailARN"]
    if not client.get_trail_status(Name=name)["IsLogging"]:
        return False
    selectors = client.get_event_selectors(TrailName=name)
    return any(
        one["IncludeManagementEvents"] and one["ReadWriteType"] != "ReadOnly"
        for one in selectors.get("EventSelectors", ())
    ) or any(_is_management(one["FieldSelectors"]) for one in selectors.get("AdvancedEventSelectors", ()))


def _is_management(fields: Any) -> bool:
    equals = {field["Field"]: field.get("Equals", ()) for field in fields}
    return "Management" in equals.get("eventCategory", ()) and "true" not in equals.get("readOnly", ())
