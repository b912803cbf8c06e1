"""The local AWS as a process: it starts, keeps its state, and is gone when it should be."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, DataReceived, StreamEnded

from scripts import project
from scripts.local.aws import LocalAws
from tests.support.waiting import eventually


def _wait_until_gone(aws: LocalAws) -> None:
    """Wait until nobody holds the folder, and no process names it in its command line."""
    eventually(lambda: LocalAws.find(aws.folder) is None and not _processes(aws), "it has ended")


def _processes(aws: LocalAws) -> list[bytes]:
    """Return the command lines that name this AWS's folder."""
    commands = (_command(process) for process in Path("/proc").glob("[0-9]*"))
    return [command for command in commands if str(aws.folder).encode() in command]


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_it_keeps_its_state_and_leaves_no_process(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path) as first:
        first.client("sqs").create_queue(QueueName="orders")
    _wait_until_gone(first)
    with LocalAws.start(tmp_path) as second:
        assert second.endpoint != first.endpoint
        (url,) = second.client("sqs").list_queues()["QueueUrls"]
        assert url == f"{second.endpoint}/000000000000/orders"
    _wait_until_gone(second)


def test_its_lambda_workers_go_with_it(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    aws = LocalAws.start(tmp_path)
    request.addfinalizer(aws.stop)
    _deploy_sleeper(aws, tmp_path)
    assert _workers(aws)
    aws.stop()
    _wait_until_gone(aws)


SLEEPER = """
import os, pathlib, time
def handler(event, context):
    begun, end = (pathlib.Path(event[name]) if name in event else None for name in ("begun", "end"))
    if begun:
        begun.touch()
        while not end.exists():
            time.sleep(0.02)
    return os.environ.get("ANSWER", "awake")
"""


def _deploy_sleeper(aws: LocalAws, folder: Path) -> bytes:
    """Deploy a function that answers at once, or when a file is there, and return its zip."""
    (folder / "code").mkdir()
    (folder / "code" / "sleeper.py").write_text(SLEEPER)
    archive = Path(shutil.make_archive(str(folder / "sleeper"), "zip", folder / "code")).read_bytes()
    aws.client("lambda").create_function(
        FunctionName="sleeper",
        Role="arn:aws:iam::000000000000:role/any",
        Runtime="python3.13",
        Handler="sleeper.handler",
        Timeout=60,
        Code={"ZipFile": archive},
    )
    assert _invoke(aws) == '"awake"'
    return archive


def _invoke(aws: LocalAws, **event: str) -> str:
    payload = aws.client("lambda").invoke(FunctionName="sleeper", Payload=json.dumps(event))["Payload"]
    return str(payload.read().decode())


@pytest.mark.parametrize("changed", ["code", "configuration"])
def test_an_invocation_ends_as_it_began_when_its_function_is_updated(tmp_path: Path, changed: str) -> None:
    with LocalAws.start(tmp_path) as aws, ThreadPoolExecutor(1) as thread:
        archive = _deploy_sleeper(aws, tmp_path)
        begun, end = tmp_path / "begun", tmp_path / "end"
        running = thread.submit(_invoke, aws, begun=str(begun), end=str(end))
        try:
            eventually(begun.exists, "the function runs")
            if changed == "code":
                aws.client("lambda").update_function_code(FunctionName="sleeper", ZipFile=archive)
            variables = {"Variables": {"ANSWER": "new"}}
            aws.client("lambda").update_function_configuration(FunctionName="sleeper", Environment=variables)
            assert _invoke(aws) == '"new"'
        finally:
            end.touch()
        assert running.result() == '"awake"'
        eventually(lambda: len(_workers(aws)) == 1, "the old worker has ended")


def _workers(aws: LocalAws) -> list[bytes]:
    """Return the command lines of this AWS's Lambda workers."""
    return [command for command in _processes(aws) if b"_worker.py" in command]


def test_it_is_stopped_by_force_if_it_does_not_heed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.local.emulator.PATIENCE_SECONDS", 0.2)
    aws = LocalAws.start(tmp_path)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGSTOP)
    aws.stop()
    _wait_until_gone(aws)


def test_a_temporary_one_removes_its_folder() -> None:
    with LocalAws.start() as aws:
        assert aws.folder.exists()
    assert not aws.folder.exists()


def test_two_run_side_by_side(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path / "one") as one, LocalAws.start(tmp_path / "two") as two:
        one.client("sqs").create_queue(QueueName="only-here")
        assert two.client("sqs").list_queues().get("QueueUrls", []) == []


def test_with_auth_it_speaks_tls(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path, auth=True) as aws:
        assert aws.endpoint.startswith("https://127.0.0.1:")
        assert aws.settings["AWS_CA_BUNDLE"] == str(aws.authority)
        assert aws.client("sts").get_caller_identity()["Account"] == "000000000000"
        assert aws.get("/_ministack/health")["auth"] == "enabled"


def test_a_bus_has_the_whole_policy_that_was_put_last(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path) as aws:
        events = aws.client("events")
        bus = events.create_event_bus(Name="shop")["EventBusArn"]
        for account in ("111122223333", "444455556666"):
            events.put_permission(
                EventBusName="shop", Action="events:PutEvents", Principal=account, StatementId=f"Account{account}"
            )
        accounts = {"AWS": ["arn:aws:iam::444455556666:root", "arn:aws:iam::777788889999:root"]}
        allowed = {"Sid": "Named", "Effect": "Allow", "Principal": accounts, "Action": "events:PutEvents"}
        policy = {"Version": "2012-10-17", "Statement": [allowed | {"Resource": bus}]}

        events.put_permission(EventBusName="shop", Policy=json.dumps(policy))

        assert json.loads(events.describe_event_bus(Name="shop")["Policy"]) == policy
        events.remove_permission(EventBusName="shop", RemoveAllPermissions=True)
        assert "Policy" not in events.describe_event_bus(Name="shop")


def test_a_connection_is_not_closed_however_many_requests_it_carries(tmp_path: Path) -> None:
    """Terraform's provider sends more than a thousand over one HTTP/2 connection, and many at a time."""
    with LocalAws.start(tmp_path, auth=True) as aws:
        assert _answers_over_one_connection(aws, requests=1_100) == 1_100


def _answers_over_one_connection(aws: LocalAws, requests: int) -> int:
    """Return how many of `requests` are answered on one HTTP/2 connection before the server closes it."""
    address = urlsplit(aws.endpoint)
    assert address.hostname
    assert address.port
    trust = ssl.create_default_context(cafile=aws.authority)
    trust.set_alpn_protocols(["h2"])
    headers = [(":method", "GET"), (":scheme", "https"), (":authority", address.netloc), (":path", "/_ministack/ready")]
    answers, client = 0, H2Connection()
    with (
        socket.create_connection((address.hostname, address.port), timeout=60) as plain,
        trust.wrap_socket(plain, server_hostname=address.hostname) as connection,
    ):
        client.initiate_connection()
        for stream in range(1, 2 * requests, 2):
            client.send_headers(stream, headers, end_stream=True)
            connection.sendall(client.data_to_send())
            answered = False
            while not answered:
                events = client.receive_data(connection.recv(65_536))
                if any(isinstance(event, ConnectionTerminated) for event in events):
                    return answers
                for event in events:
                    if isinstance(event, DataReceived):
                        client.acknowledge_received_data(event.flow_controlled_length, stream)
                    answered = answered or isinstance(event, StreamEnded)
                connection.sendall(client.data_to_send())
            answers += 1
    return answers


STARTER = """
import sys, time
from pathlib import Path
from scripts.local.aws import LocalAws
aws = LocalAws.start(Path(sys.argv[1]))
if sys.argv[2] == "release":
    aws.release()
    sys.exit()
print("started", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_starter(tmp_path: Path, number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER, tmp_path, "hold"],
        cwd=project.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == "started\n"
        found = LocalAws.find(tmp_path)
        assert found
        starter.send_signal(number)
    _wait_until_gone(found)


def test_released_it_outlives_its_starter_and_is_found_again(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", STARTER, tmp_path, "release"], cwd=project.ROOT, check=True)
    found = LocalAws.find(tmp_path)
    assert found
    try:
        assert found.client("sts").get_caller_identity()["Account"] == "000000000000"
    finally:
        found.stop()
    _wait_until_gone(found)


def test_a_recycled_process_id_is_not_taken_for_it(tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(str(os.getpid()))
    (tmp_path / "port").write_text("1")
    assert LocalAws.find(tmp_path) is None


def test_nothing_of_another_aws_reaches_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_CA_BUNDLE", "/nowhere")
    with LocalAws.start(tmp_path) as aws:
        env = aws.env()
    assert "AWS_PROFILE" not in env
    assert "AWS_CA_BUNDLE" not in env
    assert env["AWS_ENDPOINT_URL"] == aws.endpoint
