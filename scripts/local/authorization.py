"""Who may do what in the local AWS, where it enforces policies: judged as AWS does.

ministack 1.5.33 does not know the resource and the condition keys of every call, nor every action of Lambda. It then
judges by ``*``, which no statement that names its resources allows, or lets the call pass.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, replace
from email.utils import parseaddr
from typing import Any
from urllib.parse import unquote

TAGGED = ("ResourceArn", "ResourceARN", "resourceArn")
"""The fields in which the calls about tags name their resource."""

Context = Mapping[str, Any]
Check = tuple[str, str, Context]
"""What AWS asks of the caller's policies: an action, a resource, and the condition keys that it sends with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request to the local AWS: its action, and where its parameters are."""

    action: str
    path: str
    body: bytes
    params: Mapping[str, Any]
    region: str = ""
    account: str = ""

    def text(self, *names: str) -> str:
        """Return the first of the parameters that the call has, in its JSON or in its form; "" for none."""
        for values in (self.json(), self.params):
            for name in names:
                match values.get(name):
                    case str(text) | [str(text), *_] if text:
                        return text
        return ""

    def json(self) -> Mapping[str, Any]:
        """Return the parameters in the body, none where it is no JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in the caller's account and region; an ARN stays as it is."""
        return resource if resource.startswith("arn:") else f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def _bus(call: Call) -> list[str]:
    name = call.text("Name")
    return [call.arn("events", name if name.startswith("arn:") else f"event-bus/{name}")]


def _rule(call: Call) -> list[str]:
    bus = call.text("EventBusName").rpartition(":event-bus/")[2]
    return [call.arn("events", f"rule/{f'{bus}/' if bus not in ('', 'default') else ''}{call.text('Name', 'Rule')}")]


def _archive(call: Call) -> list[str]:
    source = call.text("EventSourceArn") if call.action == "events:CreateArchive" else ""
    return [call.arn("events", f"archive/{call.text('ArchiveName')}"), *([source] if source else [])]


def _alias(call: Call) -> list[str]:
    from ministack.services import kms  # noqa: PLC0415 - see correct()

    alias = call.arn("kms", call.text("AliasName"))
    key = call.text("TargetKeyId") or str(kms._aliases.get(alias) or "")  # noqa: SLF001 - there is no other way in
    return [alias, call.arn("kms", key if key.startswith("arn:") else f"key/{key}")]


def _role(call: Call) -> list[str]:
    role = _known_role(call)
    return [
        str(role["Arn"])
        if role
        else f"arn:aws:iam::{call.account}:role{call.text('Path') or '/'}{call.text('RoleName')}"
    ]


def _on_anything(_call: Call) -> list[str]:
    return ["*"]


RESOURCES: Mapping[str, Callable[[Call], list[str]]] = {
    **dict.fromkeys((f"events:{verb}EventBus" for verb in ("Create", "Delete", "Describe", "Update")), _bus),
    **dict.fromkeys((f"events:{verb}Rule" for verb in ("Delete", "Describe", "Disable", "Enable", "Put")), _rule),
    **dict.fromkeys(("events:ListTargetsByRule", "events:PutTargets", "events:RemoveTargets"), _rule),
    **dict.fromkeys((f"events:{verb}Archive" for verb in ("Create", "Delete", "Describe", "Update")), _archive),
    **dict.fromkeys(("events:PutPermission", "events:RemovePermission"), _on_anything),
    **dict.fromkeys(("kms:CreateAlias", "kms:DeleteAlias"), _alias),
    **dict.fromkeys(
        (
            f"iam:{verb}"
            for verb in ("CreateRole", "DeleteRole", "DeleteRolePolicy", "GetRole", "GetRolePolicy", "ListRolePolicies")
        ),
        _role,
    ),
    **dict.fromkeys(
        (
            f"iam:{verb}"
            for verb in ("PutRolePermissionsBoundary", "PutRolePolicy", "TagRole", "UpdateAssumeRolePolicy")
        ),
        _role,
    ),
    "lambda:CreateFunction": lambda call: [call.arn("lambda", f"function:{call.text('FunctionName')}")],
    "lambda:CreateEventSourceMapping": _on_anything,
}
"""The resources of the calls of which ministack finds none, or others, by action."""


def _known_role(call: Call) -> Mapping[str, Any]:
    from ministack.services import iam  # noqa: PLC0415 - see correct()

    return iam._roles.get(call.text("RoleName")) or {}  # noqa: SLF001 - there is no other way in


def _mapped_function(call: Call) -> str:
    """Return the ARN of the function that a call about an event source mapping is about."""
    from ministack.services import lambda_svc  # noqa: PLC0415 - see correct()

    if named := call.text("FunctionName"):
        return call.arn("lambda", named if named.startswith("arn:") else f"function:{named}")
    mapping = lambda_svc._esms.get(call.path.rstrip("/").rpartition("/")[2]) or {}  # noqa: SLF001 - no other way in
    return str(mapping.get("FunctionArn", ""))


def _keys(call: Call) -> Context:
    """Return the condition keys that AWS sends with a call, and ministack does not."""
    match call.action.split(":"):
        case ["lambda", name] if name.endswith("EventSourceMapping"):
            return {"lambda:FunctionArn": _mapped_function(call)}
        case ["iam", "CreateRole" | "PutRolePermissionsBoundary"]:
            given = call.text("PermissionsBoundary")
            return {"iam:PermissionsBoundary": given} if given else {}
        case ["iam", name] if "Role" in name:
            bound = _known_role(call).get("PermissionsBoundary")
            return {"iam:PermissionsBoundary": bound} if bound else {}
        case ["ses", "SendEmail"]:
            return {"ses:FromAddress": parseaddr(call.text("FromEmailAddress"))[1]}
        case ["ses", _]:
            from ministack.core.iam_actions import request_tag_context  # noqa: PLC0415 - see correct()

            tags: Context = request_tag_context("ses", call.action, call.body, call.params)
            return tags
    return {}


def _checks(call: Call, found: str) -> list[Check]:
    """Return all that AWS asks before it lets a call pass; ``found`` is the resource that ministack finds."""
    tagged = call.text(*TAGGED) if "Tag" in call.action else ""
    named = RESOURCES.get(call.action)
    resources: Sequence[str] = [tagged] if tagged else named(call) if named else [found]
    checks = [(call.action, resource, _keys(call)) for resource in resources]
    if call.action == "lambda:CreateFunction":
        # AWS's error for this one names the action iam:PassRole; here it names the call's.
        checks.append(("iam:PassRole", call.text("Role"), {"iam:PassedToService": "lambda.amazonaws.com"}))
    return checks


def correct() -> None:
    """Replace what ministack asks of policies. Imports it late: it reads the environment when it is imported."""
    from ministack.core import iam_actions, iam_evaluator  # noqa: PLC0415 - see above
    from ministack.services import ses_v2, tagging  # noqa: PLC0415 - see above

    action_of, resource_of, judge = (
        iam_actions.extract_iam_action,
        iam_actions.extract_resource_arn,
        iam_evaluator.enforce,
    )
    current: ContextVar[Call | None] = ContextVar("call", default=None)
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]  # noqa: SLF001 - there is no other way in
    # So that statements which select identities by their tags find them.
    tagging._RESOURCE_TAG_COLLECTORS["ses"] = ses_v2._ses_tags.items  # noqa: SLF001 - there is no other way in

    def action(service: str, *request: Any) -> str | None:
        method, path, _headers, body, params = request
        found: str | None = action_of(service, *request)
        if service == "lambda" and found != "lambda:InvokeFunction":
            operation = iam_actions._match_rest_action(service, method, path, params)  # noqa: SLF001 - no other way in
            found = f"lambda:{operation}" if operation else found
        # A batch needs the right to publish; it has no separate action.
        found = "sns:Publish" if found == "sns:PublishBatch" else found
        current.set(Call(action=found, path=unquote(path), body=body, params=params) if found else None)
        return found

    def resource(*request: Any) -> str:
        *_, region, account = request
        found: str = resource_of(*request)
        call = current.get()
        if call is None:
            return found
        current.set(replace(call, region=region, account=account))
        return _checks(replace(call, region=region, account=account), found)[0][1]

    def enforce(
        access_key: str, name: str, *where: str, resource_arn: str = "*", service_context: Context | None = None
    ) -> Any:
        call = current.get()
        if call is None or call.action != name or not call.account:
            return judge(access_key, name, *where, resource_arn=resource_arn, service_context=service_context)
        for asked, on, keys in _checks(call, resource_arn):
            context = {**(service_context or {}), **keys}
            denied = judge(access_key, asked, *where, resource_arn=on, service_context=context)
            if denied:
                return denied
        return None

    iam_actions.extract_iam_action = action
    iam_actions.extract_resource_arn = resource
    iam_evaluator.enforce = enforce
