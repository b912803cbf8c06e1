"""Whether the functions can run, receive messages, and do what their policies allow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scripts.operate.doctor.finding import Code, Finding, error, warning
from scripts.operate.doctor.patient import Patient, listed

_FAILED = ("PROBLEM", "FAILED")
"""How the last result of a mapping begins when Lambda could not run it: AWS's word, and the local AWS's."""


def states(patient: Patient) -> Iterator[Finding]:
    """Whether each function exists, as it was last deployed, and may run."""
    client = patient.client("lambda")
    for function in patient.functions.values():
        name = function["name"]
        try:
            state = client.get_function_configuration(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            yield error(Code.FUNCTION_MISSING, f"{name} does not exist", patient.deploy)
            continue
        if state.get("State", "Active") != "Active":
            # The next event wakes an inactive one, and a pending one is about to become active.
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
    """Whether the account's other functions leave concurrency for these."""
    limit = patient.client("lambda").get_account_settings()["AccountLimit"]["UnreservedConcurrentExecutions"]
    peaks = patient.maxima("AWS/Lambda", "UnreservedConcurrentExecutions", {})
    if max(peaks, default=0) >= limit:
        what = f"the account's functions used all {limit} unreserved concurrent executions in the last minutes"
        fix = "Service Quotas console, AWS Lambda, Concurrent executions: Request increase"
        yield warning(Code.CONCURRENCY_EXHAUSTED, what, fix)


def mappings(patient: Patient) -> Iterator[Finding]:
    """Whether Lambda takes each function's messages out of its queue."""
    for function, output in patient.functions.items():
        name = output["name"]
        found = _mappings(patient, name)
        fed = {mapping["EventSourceArn"] for mapping in found}
        for queue in patient.queues():
            if queue.worker == function and queue.arn not in fed:
                what = f"{name} gets nothing from {queue.name}: its event source mapping is gone"
                yield error(Code.MAPPING_MISSING, what, patient.deploy)
        for mapping in found:
            if mapping["State"] in ("Disabled", "Disabling"):
                fix = f"aws lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled"
                queue_name = mapping["EventSourceArn"].rpartition(":")[2]
                what = f"{name} gets nothing from {queue_name}: its event source mapping is disabled"
                yield error(Code.MAPPING_DISABLED, what, fix)
            result = mapping.get("LastProcessingResult") or ""
            if result.startswith(_FAILED):
                fix = f"aws logs tail {output['log_group']} --since 1h; a permission that is missing: {patient.deploy}"
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
    for function in patient.functions.values():
        role = iam.get_role(RoleName=function["name"])["Role"]
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
            document = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=policy)["PolicyDocument"]
            for statement in listed(document["Statement"]):
                for denied in _denied(iam, role["Arn"], statement):
                    what = f"{role['RoleName']} may not {denied}, though its own policy allows it"
                    fix = "allow it in the role's permissions boundary and the organisation's control policies"
                    yield error(Code.ROLE_DENIED, what, fix)


def _denied(iam: Any, role: str, statement: Mapping[str, Any]) -> Iterator[str]:
    """Simulate one statement of a role's policy, as if its conditions were met; yield what AWS would deny."""
    # A wildcard cannot be simulated.
    actions = [action for action in listed(statement["Action"]) if "*" not in action]
    if statement["Effect"] != "Allow" or not actions:
        return
    context = [
        {"ContextKeyName": key, "ContextKeyType": "string", "ContextKeyValues": listed(values)[:1]}
        for condition in statement.get("Condition", {}).values()
        for key, values in condition.items()
    ]
    answer = iam.simulate_principal_policy(
        PolicySourceArn=role,
        ActionNames=actions,
        ResourceArns=listed(statement["Resource"]),
        ContextEntries=context,
    )
    for result in answer["EvaluationResults"]:
        if result["EvalDecision"] != "allowed":
            yield f"{result['EvalActionName']} on {result.get('EvalResourceName', '*')}"
