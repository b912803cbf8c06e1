"""The process that is the local AWS: ministack, held to its folder and to the life of who started it.

Run as `python -m scripts.local.emulator FOLDER` by scripts/local/aws.py, which also sets the environment. While it
runs it holds a lock on FOLDER/pid, so that nobody takes a recycled process id for it.
"""

import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from scripts.local import authorization, limits, mail
from scripts.local.limits import LIMITS

RELEASE = b"live on"
"""What the starter writes to the standard input of an emulator that is to outlive it."""

PATIENCE_SECONDS = 30
"""How long a graceful stop, which saves the state, may take."""

LONGEST_DELAY_SECONDS = 15 * 60
"""How long SQS may be asked to delay a message."""


def _end_with_starter() -> None:
    """Wait for the starter to release this process or to die, however it dies: then its end of the pipe closes."""
    # Unbuffered: Python could not shut down while a buffered reader waits in another thread.
    if os.read(sys.stdin.fileno(), len(RELEASE)):
        return
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _deliver_schedules_as_aws_does() -> None:
    """Let what a schedule sends pass for sent in TLS, as within AWS it is.

    ministack 1.5.33 knows TLS from requests, and a schedule is none: queues that refuse plain HTTP refused it.
    """
    from ministack.core.iam_evaluator import pin_request_origin  # noqa: PLC0415 - see main()
    from ministack.services import eventbridge  # noqa: PLC0415 - see main()

    loop = eventbridge._scheduler_loop  # noqa: SLF001 - there is no other way in

    def in_tls() -> None:
        pin_request_origin("127.0.0.1", secure_transport=True)
        loop()

    eventbridge._scheduler_loop = in_tls  # noqa: SLF001 - there is no other way in


def _keep_bus_policies_as_aws_does() -> None:
    """Let PutPermission replace the policy of a bus with a whole document; ministack 1.5.33 drops the document."""
    from ministack.core.responses import json_response  # noqa: PLC0415 - see main()
    from ministack.services import eventbridge  # noqa: PLC0415 - see main()

    put_statement = eventbridge._put_permission  # noqa: SLF001 - there is no other way in

    def put(request: dict[str, Any]) -> Any:
        if "Policy" not in request:
            return put_statement(request)
        bus = request.get("EventBusName", "default")
        eventbridge._event_bus_policies[bus] = json.loads(request["Policy"])  # noqa: SLF001 - there is no other way in
        return json_response({})

    eventbridge._put_permission = put  # noqa: SLF001 - there is no other way in


def _remove_filters_as_aws_does() -> None:
    """Let an empty filter policy remove the one of a subscription, as AWS does; ministack 1.5.33 keeps and lists it.

    The provider relies on it: https://github.com/hashicorp/terraform-provider-aws/pull/6023
    """
    from ministack.services import sns  # noqa: PLC0415 - see main()

    set_attribute = sns._set_subscription_attributes  # noqa: SLF001 - there is no other way in

    def set_or_remove(params: dict[str, Any]) -> Any:
        name, value, arn = (sns._p(params, key) for key in ("AttributeName", "AttributeValue", "SubscriptionArn"))  # noqa: SLF001
        answer = set_attribute(params)
        topic = sns._sub_arn_to_topic.get(arn)  # noqa: SLF001 - there is no other way in
        if name == "FilterPolicy" and value == "{}" and topic:
            sns._find_subscription(topic, arn)["attributes"].pop(name, None)  # noqa: SLF001
        return answer

    sns._set_subscription_attributes = set_or_remove  # noqa: SLF001 - there is no other way in


def _check_claims_as_aws_does() -> None:
    """Let a role's trust ask for GitHub's job_workflow_ref, as AWS does; ministack 1.5.33 knows aud, sub and amr."""
    from ministack.services import sts  # noqa: PLC0415 - see main()
    from ministack.services.cognito import _decode_id_token_unverified  # noqa: PLC0415 - see main()

    extract = sts._web_identity_principal  # noqa: SLF001 - there is no other way in

    def principal(token: str, *rest: str) -> tuple[str, dict[str, str]]:
        name, keys = extract(token, *rest)
        claims = _decode_id_token_unverified(token)
        github = "token.actions.githubusercontent.com:job_workflow_ref"
        return name, keys | ({github: claims["job_workflow_ref"]} if "job_workflow_ref" in claims else {})

    sts._web_identity_principal = principal  # noqa: SLF001 - there is no other way in


def _finish_invocations_as_aws_does() -> None:
    """Let a worker finish its invocation before it is killed for an update or a removal of its function, as AWS does.

    ministack 1.5.33 kills it at once: an email whose sending it has not recorded yet is then sent a second time.
    """
    from ministack.core import lambda_runtime  # noqa: PLC0415 - see main()

    kill = lambda_runtime.kill_workers

    def kill_when_idle(worker: Any) -> None:
        # A worker holds this lock as long as an invocation lasts. It is out of its pool by now: none can follow.
        with worker._lock:  # noqa: SLF001 - there is no other way in
            kill([worker])

    def kill_each_when_idle(workers: Iterable[Any]) -> None:
        for worker in workers:
            threading.Thread(target=kill_when_idle, args=(worker,), daemon=True).start()

    lambda_runtime.kill_workers = kill_each_when_idle


def _delay_messages_as_aws_does() -> None:
    """Refuse to delay a message by more than AWS does; ministack 1.5.33 accepts any delay.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    """
    from ministack.services import sqs  # noqa: PLC0415 - see main()

    send = sqs._act_send_message  # noqa: SLF001 - there is no other way in

    def send_in_time(request: dict[str, Any], url: str) -> Any:
        delay = request.get("DelaySeconds")
        if delay is None:
            return send(request, url)
        if not 0 <= int(delay) <= LONGEST_DELAY_SECONDS:
            raise sqs._Err(  # noqa: SLF001 - there is no other way in
                "InvalidParameterValue",
                f"Value {delay} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and <= 900.",
            )
        return send({**request, "DelaySeconds": min(int(delay), int(LIMITS.longest_delay))}, url)

    sqs._act_send_message = sqs._HANDLERS["SendMessage"] = send_in_time  # noqa: SLF001 - there is no other way in


def _keep_connections_as_aws_does() -> None:
    """Answer every request of an HTTP/2 connection.

    Hypercorn closes such a connection with its 1,001st request, and answers none of those in flight. Terraform's
    provider then repeats them, and a repeated create fails: the resource exists already.
    """
    from hypercorn.config import Config  # noqa: PLC0415 - see main()

    Config.keep_alive_max_requests = sys.maxsize


def main() -> None:
    """Hold the folder and serve until SIGTERM."""
    folder = Path(sys.argv[1])
    with (folder / "pid").open("w") as pid:
        fcntl.flock(pid, fcntl.LOCK_EX | fcntl.LOCK_NB)
        pid.write(str(os.getpid()))
        pid.flush()
        threading.Thread(target=_end_with_starter, daemon=True).start()
        # Imported late: it reads the environment and takes a second, the starter may be gone by then.
        from ministack.app import main as serve  # noqa: PLC0415

        authorization.correct()
        limits.correct()
        mail.correct()
        _deliver_schedules_as_aws_does()
        _keep_bus_policies_as_aws_does()
        _remove_filters_as_aws_does()
        _check_claims_as_aws_does()
        _finish_invocations_as_aws_does()
        _delay_messages_as_aws_does()
        _keep_connections_as_aws_does()
        sys.argv = sys.argv[:1]
        serve()


if __name__ == "__main__":
    main()
