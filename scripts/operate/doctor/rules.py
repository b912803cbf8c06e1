"""Whether EventBridge's rules send events on, and the heartbeat is delivered."""

from collections.abc import Iterator
from datetime import timedelta

from scripts.operate.doctor.finding import Code, Finding, error, warning
from scripts.operate.doctor.patient import RECENT, Patient

HEARTBEAT = "Heartbeat"
"""The name in the stack's output ``rules`` of the rule that sends heartbeats."""


def targets(patient: Patient) -> Iterator[Finding]:
    """Whether EventBridge sends events to the topic, and keeps those it cannot send."""
    events = patient.client("events")
    topics = {topic["arn"] for topic in patient.outputs["topics"].values()}
    for rule in patient.outputs["rules"].values():
        # The bus stands before the name, unless it is the default one.
        shown = rule["arn"].partition(":rule/")[2]
        bus = shown.rpartition("/")[0] or "default"
        try:
            state = events.describe_rule(Name=rule["name"], EventBusName=bus)["State"]
            found = events.list_targets_by_rule(Rule=rule["name"], EventBusName=bus)["Targets"]
        except events.exceptions.ResourceNotFoundException:
            yield error(Code.RULE_MISSING, f"the rule {shown} does not exist", patient.deploy)
            continue
        if state == "DISABLED":
            fix = f"aws events enable-rule --name {rule['name']} --event-bus-name {bus}"
            yield error(Code.RULE_DISABLED, f"the rule {shown} is disabled: its events come to nobody", fix)
        ours = [target for target in found if target["Arn"] in topics]
        if not ours:
            yield error(Code.RULE_WITHOUT_TARGET, f"the rule {shown} does not lead to the topic", patient.deploy)
        if any("Arn" not in target.get("DeadLetterConfig", {}) for target in ours):
            what = f"the rule {shown} has no DLQ: an event it cannot deliver is lost"
            yield warning(Code.RULE_WITHOUT_DLQ, what, patient.deploy)


def heartbeat(patient: Patient) -> Iterator[Finding]:
    """Whether a channel delivered one of the last two heartbeats, where there is a heartbeat."""
    rule = patient.outputs["rules"].get(HEARTBEAT)
    if rule is None:
        return
    events = patient.client("events")
    try:
        rate = events.describe_rule(Name=rule["name"])["ScheduleExpression"]
    except events.exceptions.ResourceNotFoundException:  # the check of targets reports it
        return
    minutes = int(rate.removeprefix("rate(").split()[0])
    span = max(RECENT, timedelta(minutes=2 * minutes))
    senders = [patient.functions[queue.worker] for queue in patient.queues() if queue.channel and queue.worker]
    if not any(_delivered(patient, sender["name"], span) for sender in senders):
        what = f"no heartbeat came out in the last {span}: real events may not be delivered either"
        logs = "; ".join(f"aws logs tail {sender['log_group']} --since 1h" for sender in senders)
        yield error(Code.HEARTBEAT_MISSING, what, f"fix what else this report finds; {logs}")


def _delivered(patient: Patient, function: str, span: timedelta) -> bool:
    return bool(patient.maxima("infra-events", "HeartbeatLatency", {"FunctionName": function}, span))
