"""What `make doctor` looks for: each check is one function from a patient to findings, and has a row in `CHECKS`.

A check only reads. It lets AWS's errors through, for whoever runs it tells that it could not look.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from infra_events.domain.errors import error_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

EMAIL_FUNCTION = "EmailNotificationSender"
EMAIL_QUEUE = "OrgResourceEventsNotificationEmail"
HEARTBEAT = "Heartbeat"
OWNER_QUEUE = "OrgResourceEventsV2-"
"""What an owner's queue is called, before the owner's name."""

SIMULATOR = "@simulator.amazonses.com"
"""Where SES takes mails for nobody, in the sandbox too, without an identity."""

NEAR = 0.8
"""The part of a limit from which it is told that it comes near."""

ATTEMPTS = 5
"""How often a queue gives a message to its worker: what is older than so many time-outs has nobody to work on it."""

RECENT = timedelta(minutes=15)
"""How far back metrics are read: SQS and Lambda report every minute, a few minutes late."""


_FAILED = ("PROBLEM", "FAILED")
"""How the last result of a mapping begins when Lambda could not run it: AWS's word, and the local AWS's."""


class Severity(StrEnum):
    """Whether mail stays away (`ERROR`), may stay away or cannot be told to arrive (`WARNING`), or not for this."""

    ERROR = "error"
    WARNING = "warning"
    OK = "ok"


class Code(StrEnum):
    """Every finding; docs/runbook.md explains each."""

    NO_CREDENTIALS = "no_credentials"
    NO_REGION = "no_region"
    STATE_UNREADABLE = "state_unreadable"
    NOT_DEPLOYED = "not_deployed"
    WRONG_ACCOUNT = "wrong_account"
    CANNOT_CHECK = "cannot_check"
    SES_SANDBOX = "ses_sandbox"
    SES_PAUSED = "ses_paused"
    SES_PROBATION = "ses_probation"
    SES_QUOTA = "ses_quota"
    SENDER_UNVERIFIED = "sender_unverified"
    ROUTING_UNREADABLE = "routing_unreadable"
    RECIPIENT_UNVERIFIED = "recipient_unverified"
    RECIPIENT_SUPPRESSED = "recipient_suppressed"
    ROLE_DENIED = "role_denied"
    FUNCTION_MISSING = "function_missing"
    FUNCTION_INACTIVE = "function_inactive"
    FUNCTION_NOT_UPDATED = "function_not_updated"
    FUNCTION_STOPPED = "function_stopped"
    CONCURRENCY_EXHAUSTED = "concurrency_exhausted"
    MAPPING_MISSING = "mapping_missing"
    MAPPING_DISABLED = "mapping_disabled"
    MAPPING_FAILING = "mapping_failing"
    QUEUE_MISSING = "queue_missing"
    DLQ_NOT_EMPTY = "dlq_not_empty"
    QUEUE_LAGGING = "queue_lagging"
    QUEUE_EXPIRING = "queue_expiring"
    TOPIC_MISSING = "topic_missing"
    SUBSCRIPTION_MISSING = "subscription_missing"
    SUBSCRIPTION_PENDING = "subscription_pending"
    SUBSCRIPTION_CHANGED = "subscription_changed"
    RULE_MISSING = "rule_missing"
    RULE_DISABLED = "rule_disabled"
    RULE_WITHOUT_TARGET = "rule_without_target"
    RULE_WITHOUT_DLQ = "rule_without_dlq"
    HEARTBEAT_MISSING = "heartbeat_missing"
    KEY_UNUSABLE = "key_unusable"
    KEY_CLOSED = "key_closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something seen, and the command or the place in the console that mends it. `code` is None when all is well."""

    severity: Severity
    code: Code | None
    what: str
    fix: str = ""


def error(code: Code, what: str, fix: str) -> Finding:
    """Return a finding that keeps mail from arriving."""
    return Finding(severity=Severity.ERROR, code=code, what=what, fix=fix)


def warning(code: Code, what: str, fix: str) -> Finding:
    """Return a finding that may keep mail from arriving."""
    return Finding(severity=Severity.WARNING, code=code, what=what, fix=fix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """An account and region, by the clients made for it, and what is deployed there.

    `outputs` are Terraform's, empty before the first deployment; `sender` is the address that mails come from, empty
    where nobody says it.
    """

    environment: str
    client: Callable[[str], Any]
    account_id: str
    region: str
    sender: str
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def deploy(self) -> str:
        """The command that makes again what is missing or was changed by hand."""
        if self.environment == "local":
            return "make down, then make up"
        return f"make plan ENV={self.environment}, then make apply ENV={self.environment}"

    def queues(self, *, dlqs: bool) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield either the dead-letter queues or the others: name without prefix, and name, ARN and URL."""
        for name, queue in self.outputs["queues"].items():
            if name.endswith("DLQ") == dlqs:
                yield name, queue


# Mail


def ses_account(patient: Patient) -> Iterator[Finding]:
    """Whether SES sends for this account: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html."""
    account = patient.client("sesv2").get_account()
    status = account.get("EnforcementStatus", "HEALTHY")
    if status == "SHUTDOWN" or not account["SendingEnabled"]:
        fix = "aws sesv2 put-account-sending-attributes --sending-enabled; if AWS paused it: SES console, Reputation"
        yield error(Code.SES_PAUSED, f"SES has paused all sending in {patient.region} (status {status})", fix)
    elif status != "HEALTHY":
        fix = "SES console, Reputation: answer AWS before it pauses sending"
        yield warning(Code.SES_PROBATION, f"SES has this account under review (status {status})", fix)
    if not account["ProductionAccessEnabled"]:
        what = f"SES is in the sandbox in {patient.region}: only verified recipients get mail, 200 a day in all"
        yield warning(Code.SES_SANDBOX, what, "SES console, Account dashboard: Request production access")
    quota, sent = account["SendQuota"]["Max24HourSend"], account["SendQuota"]["SentLast24Hours"]
    if 0 <= quota * NEAR <= sent:  # a negative quota is none
        kind = error if sent >= quota else warning
        fix = "Service Quotas console, Amazon SES, Sending quota: Request increase"
        yield kind(Code.SES_QUOTA, f"{sent:,.0f} of {quota:,.0f} mails were sent in the last 24 hours", fix)


def sender(patient: Patient) -> Iterator[Finding]:
    """Whether SES knows the sender's address or its domain."""
    if patient.sender and not _verified(patient.client("sesv2"), patient.sender):
        fix = f"aws sesv2 create-email-identity --email-identity {patient.sender}, then the link in the mail it gets"
        what = f"SES has verified neither {patient.sender} nor its domain"
        yield error(Code.SENDER_UNVERIFIED, what, f"{fix}; or verify the domain by DNS")


def _verified(ses: Any, address: str) -> bool:
    """Tell whether an address, its domain or one above that is verified: SES takes any of them."""
    labels = address.partition("@")[2].split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    return any(_identity_verified(ses, name) for name in (address, *domains))


def _identity_verified(ses: Any, name: str) -> bool:
    try:
        return bool(ses.get_email_identity(EmailIdentity=name)["VerifiedForSendingStatus"])
    except ses.exceptions.NotFoundException:
        return False


class RoutingError(Exception):
    """The routing that the functions are told to read cannot be read; says why."""


def recipients(patient: Patient) -> Sequence[str]:
    """Return every address of the routing that the email function reads. Raises RoutingError."""
    name = patient.outputs["functions"][EMAIL_FUNCTION]["name"]
    environment = patient.client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    bucket, sha256 = environment["ROUTING_BUCKET"], environment["ROUTING_SHA256"]
    place = f"s3://{bucket}/routing/{sha256}.json"
    s3 = patient.client("s3")
    try:
        document = s3.get_object(Bucket=bucket, Key=f"routing/{sha256}.json")["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket) as missing:
        raise RoutingError(f"{place} does not exist") from missing
    if hashlib.sha256(document).hexdigest() != sha256:
        raise RoutingError(f"{place} is not what its name says")
    destinations = json.loads(document)["destinations"].values()
    return sorted({email for destination in destinations for email in destination.get("emails", ())})


def mailboxes(patient: Patient) -> Iterator[Finding]:
    """Whether SES would send to each recipient; in the sandbox it asks that they be verified too."""
    try:
        addresses = recipients(patient)
    except RoutingError as unreadable:
        yield error(
            Code.ROUTING_UNREADABLE, f"no function that needs the routing can start: {unreadable}", patient.deploy
        )
        return
    ses = patient.client("sesv2")
    sandbox = not ses.get_account()["ProductionAccessEnabled"]
    for address in addresses:
        if sandbox and not address.endswith(SIMULATOR) and not _verified(ses, address):
            fix = f"aws sesv2 create-email-identity --email-identity {address}, then the link in the mail it gets"
            yield error(Code.RECIPIENT_UNVERIFIED, f"in the sandbox {address} gets nothing: it is not verified", fix)
        if reason := _suppressed(ses, address):
            fix = f"mend the mailbox, then aws sesv2 delete-suppressed-destination --email-address {address}"
            yield error(Code.RECIPIENT_SUPPRESSED, f"SES sends nothing to {address} after a {reason.lower()}", fix)


def _suppressed(ses: Any, address: str) -> str:
    """Return why an address is on the account's suppression list, empty when it is not."""
    try:
        return str(ses.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]["Reason"])
    except ses.exceptions.NotFoundException:
        return ""


# Functions


def functions(patient: Patient) -> Iterator[Finding]:
    """Whether each function is there, as it was last deployed, and may run."""
    client = patient.client("lambda")
    for function in patient.outputs["functions"].values():
        name = function["name"]
        try:
            state = client.get_function_configuration(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            yield error(Code.FUNCTION_MISSING, f"{name} does not exist", patient.deploy)
            continue
        if state.get("State", "Active") != "Active":
            # The next event wakes an inactive one, and a pending one is on its way.
            kind = error if state["State"] == "Failed" else warning
            what = f"{name} is {state['State']}: {state.get('StateReason', 'no reason given')}"
            yield kind(Code.FUNCTION_INACTIVE, what, patient.deploy)
        if state.get("LastUpdateStatus") == "Failed":
            reason = state.get("LastUpdateStatusReason", "no reason given")
            what = f"{name} runs older code or settings, for its last update failed: {reason}"
            yield error(Code.FUNCTION_NOT_UPDATED, what, patient.deploy)
        if client.get_function_concurrency(FunctionName=name).get("ReservedConcurrentExecutions") == 0:
            fix = f"aws lambda delete-function-concurrency --function-name {name}"
            yield error(Code.FUNCTION_STOPPED, f"{name} never runs: its reserved concurrency is 0", fix)


def concurrency(patient: Patient) -> Iterator[Finding]:
    """Whether the account's other functions leave these anything to run in."""
    limit = patient.client("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    peaks = _maxima(patient, "AWS/Lambda", "UnreservedConcurrentExecutions", {})
    if max(peaks, default=0) >= limit:
        what = f"the account's functions used all {limit} unreserved concurrent executions in the last minutes"
        fix = "Service Quotas console, AWS Lambda, Concurrent executions: Request increase"
        yield warning(Code.CONCURRENCY_EXHAUSTED, what, fix)


def _maxima(
    patient: Patient, namespace: str, metric: str, dimensions: Mapping[str, str], span: timedelta = RECENT
) -> Sequence[float]:
    """Return the highest value of a metric in each minute of the last ones that has any; idle things have none."""
    now = datetime.now(UTC)
    answer = patient.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - span,
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )
    return [float(point["Maximum"]) for point in answer["Datapoints"]]


def mappings(patient: Patient) -> Iterator[Finding]:
    """Whether Lambda takes each function's messages out of its queue."""
    for function in patient.outputs["functions"].values():
        name = function["name"]
        found = _mappings(patient, name)
        if not found:
            yield error(Code.MAPPING_MISSING, f"{name} has no queue: its event source mapping is gone", patient.deploy)
        for mapping in found:
            if mapping["State"] in ("Disabled", "Disabling"):
                fix = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
                yield error(Code.MAPPING_DISABLED, f"{name} gets nothing: its event source mapping is disabled", fix)
            result = mapping.get("LastProcessingResult") or ""
            if result.startswith(_FAILED):
                fix = (
                    f"aws logs tail {function['log_group']} --since 1h; a permission that is missing: {patient.deploy}"
                )
                yield error(Code.MAPPING_FAILING, f"Lambda cannot hand messages to {name}: {result}", fix)


def _mappings(patient: Patient, function: str) -> Sequence[Mapping[str, Any]]:
    client = patient.client("lambda")
    pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
    try:
        return [mapping for page in pages for mapping in page["EventSourceMappings"]]
    except client.exceptions.ResourceNotFoundException:
        return []


def roles(patient: Patient) -> Iterator[Finding]:
    """Whether something above the roles (a boundary, the organisation) denies what their own policies allow."""
    iam = patient.client("iam")
    for function in patient.outputs["functions"].values():
        role = iam.get_role(RoleName=function["name"])["Role"]
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
            for statement in _listed(document["Statement"]):
                for denied in _denied(iam, role["Arn"], statement):
                    what = f"{role['RoleName']} may not {denied}, though its own policy allows it"
                    fix = "allow it in the role's permissions boundary and the organisation's control policies"
                    yield error(Code.ROLE_DENIED, what, fix)


def _denied(iam: Any, role: str, statement: Mapping[str, Any]) -> Iterator[str]:
    """Simulate one statement of a role's policy, as if its conditions were met; yield what AWS would deny."""
    # A wildcard cannot be simulated.
    actions = [action for action in _listed(statement["Action"]) if "*" not in action]
    if statement["Effect"] != "Allow" or not actions:
        return
    context = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": _listed(values)[:1]}
        for condition in statement.get("Condition", {}).values()
        for key, values in condition.items()
    ]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=actions,
        ResourceArns=_listed(statement["Resource"]),
        ContextEntries=context,
    )
    for result in answer["EvaluationResults"]:
        if result["EvalDecision"] != "allowed":
            yield f"{result['EvalActionName']} on {result.get('EvalResourceName', '*')}"


def _listed(value: Any) -> list[Any]:
    """Return what JSON policies write as one thing or as a list of them, as a list."""
    return value if isinstance(value, list) else [value]


# Queues


def dead_letters(patient: Patient) -> Iterator[Finding]:
    """Whether messages wait for a person."""
    place = "" if patient.environment == "local" else f" ENV={patient.environment}"
    for _, queue in patient.queues(dlqs=True):
        attributes = _attributes(patient, queue)
        if attributes is None:
            yield error(Code.QUEUE_MISSING, f"{queue['name']} does not exist", patient.deploy)
            continue
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        if depth := sum(int(attributes[name]) for name in names):
            fix = f"make redrive QUEUE={queue['name']}{place} tells why; the same with APPLY=1 sends them back"
            yield error(Code.DLQ_NOT_EMPTY, f"{depth:,} message(s) wait in {queue['name']}", fix)


def ages(patient: Patient) -> Iterator[Finding]:
    """Whether messages wait for a worker that does not come, or are about to expire where others should take them."""
    worked = {
        mapping["EventSourceArn"]
        for function in patient.outputs["functions"].values()
        for mapping in _mappings(patient, function["name"])
    }
    for _, queue in patient.queues(dlqs=False):
        name = queue["name"]
        attributes = _attributes(patient, queue)
        if attributes is None:
            yield error(Code.QUEUE_MISSING, f"{name} does not exist", patient.deploy)
            continue
        age = max(_maxima(patient, "AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": name}), default=0)
        waits = f"the oldest message in {name} is {timedelta(seconds=age)} old"
        if queue["arn"] in worked:
            if age > ATTEMPTS * int(attributes["VisibilityTimeout"]):
                fix = "see what else this report says of its function; then the function's log"
                yield error(Code.QUEUE_LAGGING, f"{waits}: its function does not run, or cannot keep up", fix)
        elif age > NEAR * int(attributes["MessageRetentionPeriod"]):
            kept = timedelta(seconds=int(attributes["MessageRetentionPeriod"]))
            fix = f"have its consumers empty it; if it has none: aws sqs purge-queue --queue-url {queue['url']}"
            yield warning(Code.QUEUE_EXPIRING, f"{waits} and is lost after {kept}", fix)


def _attributes(patient: Patient, queue: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return a queue's attributes, or None when there is no such queue."""
    sqs = patient.client("sqs")
    try:
        answer = sqs.get_queue_attributes(QueueUrl=queue["url"], AttributeNames=["All"])
    except sqs.exceptions.QueueDoesNotExist:
        return None
    return dict(answer["Attributes"])


# Topics


def subscriptions(patient: Patient) -> Iterator[Finding]:
    """Whether each queue gets what it should from its topic, and as it should."""
    sns = patient.client("sns")
    found: dict[str, str] = {}
    for topic in patient.outputs["topics"].values():
        pages = sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic["arn"])
        try:
            listed = [subscription for page in pages for subscription in page["Subscriptions"]]
        except sns.exceptions.NotFoundException:
            yield error(Code.TOPIC_MISSING, f"{topic['name']} does not exist", patient.deploy)
            continue
        for subscription in listed:
            if subscription["SubscriptionArn"] == "PendingConfirmation":
                what = f"a subscription to {topic['name']} by {subscription['Protocol']} waits to be confirmed"
                fix = "confirm it by the link that its endpoint got; AWS drops it after three days"
                yield warning(Code.SUBSCRIPTION_PENDING, what, fix)
            else:
                found[subscription["Endpoint"]] = subscription["SubscriptionArn"]
    for name, queue in patient.queues(dlqs=False):
        if queue["arn"] not in found:
            yield error(Code.SUBSCRIPTION_MISSING, f"{queue['name']} is subscribed to no topic", patient.deploy)
            continue
        attributes = sns.get_subscription_attributes(SubscriptionArn=found[queue["arn"]])["Attributes"]
        policy = json.loads(attributes.get("FilterPolicy") or "{}")
        if policy != _filter(name):
            what = f"{queue['name']} takes {json.dumps(policy)} from its topic, not {json.dumps(_filter(name))}"
            yield error(Code.SUBSCRIPTION_CHANGED, what, patient.deploy)
        if attributes.get("RawMessageDelivery", "false") != "true":
            what = f"{queue['name']} gets its messages wrapped by SNS, which its function cannot read"
            yield error(Code.SUBSCRIPTION_CHANGED, what, patient.deploy)


def _filter(queue: str) -> Mapping[str, Sequence[str]]:
    """Return the filter that the stack gives a queue's subscription; empty lets everything in."""
    if queue == EMAIL_QUEUE:
        return {"channels": ["email"]}
    return {"owner": [queue.removeprefix(OWNER_QUEUE)]} if queue.startswith(OWNER_QUEUE) else {}


class KeyUser(NamedTuple):
    """Whom a topic's key must serve: a kind of principal, the principal, and who that is in words."""

    kind: str
    principal: str
    who: str


KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


def keys(patient: Patient) -> Iterator[Finding]:
    """Whether the topics' keys can be used, by EventBridge and by roles of this account.

    SNS itself needs nothing: it encrypts with the rights of whoever publishes. Denials in a policy are not weighed.
    """
    kms = patient.client("kms")
    partition = next(iter(patient.outputs["topics"].values()))["arn"].split(":")[1]
    users = (
        KeyUser("Service", "events.amazonaws.com", "EventBridge"),
        KeyUser("AWS", f"arn:{partition}:iam::{patient.account_id}:root", "the account's own roles"),
    )
    for key in sorted(_topic_keys(patient)):
        metadata = kms.describe_key(KeyId=key)["KeyMetadata"]
        if metadata["KeyState"] != "Enabled":
            cancel = f"aws kms cancel-key-deletion --key-id {key}, then "
            fix = f"{cancel if metadata['KeyState'] == 'PendingDeletion' else ''}aws kms enable-key --key-id {key}"
            what = f"nobody can publish: the topics' key {key} is {metadata['KeyState']}"
            yield error(Code.KEY_UNUSABLE, what, fix)
        policy = json.loads(kms.get_key_policy(KeyId=metadata["KeyId"], PolicyName="default")["Policy"])
        for user in users:
            if not all(_allows(policy, user, action) for action in KEY_ACTIONS):
                what = f"the policy of the topics' key {key} does not let {user.who} ({user.principal}) encrypt"
                yield error(Code.KEY_CLOSED, what, patient.deploy)


def _topic_keys(patient: Patient) -> set[str]:
    sns = patient.client("sns")
    found = set()
    for topic in patient.outputs["topics"].values():
        try:
            attributes = sns.get_topic_attributes(TopicArn=topic["arn"])["Attributes"]
        except sns.exceptions.NotFoundException:  # another check tells
            continue
        found.add(attributes.get("KmsMasterKeyId") or "")
    return found - {""}


def _allows(policy: Mapping[str, Any], user: KeyUser, action: str) -> bool:
    """Tell whether some statement of a key policy lets `user` do `action`, without any condition."""
    return any(
        statement["Effect"] == "Allow"
        and "Condition" not in statement
        and isinstance(statement.get("Principal"), dict)
        and user.principal in _listed(statement["Principal"].get(user.kind, []))
        and any(fnmatchcase(action, pattern) for pattern in _listed(statement.get("Action", [])))
        for statement in _listed(policy["Statement"])
    )


# Rules


def rules(patient: Patient) -> Iterator[Finding]:
    """Whether EventBridge sends events to the topic, and keeps those it cannot send."""
    events = patient.client("events")
    topics = {topic["arn"] for topic in patient.outputs["topics"].values()}
    for rule in patient.outputs["rules"].values():
        # The bus stands before the name, unless it is the default one.
        shown = rule["arn"].partition(":rule/")[2]
        bus = shown.rpartition("/")[0] or "default"
        try:
            state = events.describe_rule(Name=rule["name"], EventBusName=bus)["State"]
            targets = events.list_targets_by_rule(Rule=rule["name"], EventBusName=bus)["Targets"]
        except events.exceptions.ResourceNotFoundException:
            yield error(Code.RULE_MISSING, f"the rule {shown} does not exist", patient.deploy)
            continue
        if state == "DISABLED":
            fix = f"aws events enable-rule --name {rule['name']} --event-bus-name {bus}"
            yield error(Code.RULE_DISABLED, f"the rule {shown} is disabled: its events come to nobody", fix)
        ours = [target for target in targets if target["Arn"] in topics]
        if not ours:
            yield error(Code.RULE_WITHOUT_TARGET, f"the rule {shown} does not lead to the topic", patient.deploy)
        if any("Arn" not in target.get("DeadLetterConfig", {}) for target in ours):
            what = f"the rule {shown} has no DLQ: an event it cannot deliver is lost"
            yield warning(Code.RULE_WITHOUT_DLQ, what, patient.deploy)


def heartbeat(patient: Patient) -> Iterator[Finding]:
    """Whether one of the last two beats came out, where there is a heartbeat."""
    rule = patient.outputs["rules"].get(HEARTBEAT)
    if rule is None:
        return
    events = patient.client("events")
    try:
        rate = events.describe_rule(Name=rule["name"])["ScheduleExpression"]
    except events.exceptions.ResourceNotFoundException:  # another check tells
        return
    minutes = int(rate.removeprefix("rate(").split()[0])
    span = max(RECENT, timedelta(minutes=2 * minutes))
    function = patient.outputs["functions"][EMAIL_FUNCTION]
    if not _maxima(patient, "infra-events", "HeartbeatLatency", {"FunctionName": function["name"]}, span):
        what = f"no heartbeat came out in the last {span}: what happens now is not told either"
        fix = f"mend what else this report finds; aws logs tail {function['log_group']} --since 1h"
        yield error(Code.HEARTBEAT_MISSING, what, fix)


class Check(NamedTuple):
    """A row of the report: where it stands, what is true when nothing is found, and how to find out."""

    group: str
    well: str
    find: Callable[[Patient], Iterator[Finding]]
    needs_deployment: bool = True


CHECKS = (
    Check("Mail", "SES sends for this account, to anybody and within its quota", ses_account, needs_deployment=False),
    Check("Mail", "SES knows the sender", sender, needs_deployment=False),
    Check("Mail", "SES would send to every recipient", mailboxes),
    Check("Functions", "the account has concurrency to spare", concurrency, needs_deployment=False),
    Check("Functions", "every function is there and may run", functions),
    Check("Functions", "every function is fed from its queue", mappings),
    Check("Functions", "nothing denies the functions what their roles allow", roles),
    Check("Queues", "every dead-letter queue is empty", dead_letters),
    Check("Queues", "no message waits too long", ages),
    Check("Topics", "every queue gets what it should from its topic", subscriptions),
    Check("Topics", "the topics' key can be used", keys),
    Check("Rules", "every rule is enabled and leads to the topic", rules),
    Check("Rules", "the heartbeat, if there is one, comes out", heartbeat),
)


def could_not(check: Check, problem: Exception, caller: str) -> Finding:
    """Return the finding that a check could not look, and what would let it."""
    code = error_code(problem)
    operation = _operation(problem)
    if "AccessDenied" in code or code in ("AuthorizationError", "UnauthorizedOperation"):
        fix = f"allow {operation} to {caller}"
    elif isinstance(problem, BotoCoreError | ClientError | TimeoutError):
        fix = "try again; if it stays: AWS Health Dashboard"
    else:
        fix = "this is a fault of the check itself: report it"
    called = f"{operation}: " if operation else ""
    return warning(Code.CANNOT_CHECK, f"cannot tell whether {check.well} ({called}{code})", fix)


def _operation(problem: Exception) -> str:
    """Return the IAM action that was denied where AWS says it, else the name of the call, else nothing."""
    _, _, said = str(problem).partition("not authorized to perform: ")
    return said.split(" ")[0] or getattr(problem, "operation_name", "")
