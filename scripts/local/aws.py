"""A local AWS: one ministack process on a free port of 127.0.0.1, its state and its log in one folder.

It really runs Lambda functions, in child processes of its process group. It ends when it is stopped, or with the
process that started it, unless that released it. With ``auth`` it enforces the policies of roles and queues; because
some of those refuse plain HTTP, it then speaks TLS, with a certificate that is made for it.
"""

import fcntl
import json
import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import boto3
import trustme
from botocore.config import Config

from scripts import project
from scripts.local import emulator
from scripts.project import CommandError

HOST = "127.0.0.1"
REGION = "eu-central-1"
ACCOUNT = "000000000000"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

PORTS = (20_000, 32_000)
START_SECONDS = 60
"""How long a start may take; on a quiet machine it takes less than three."""

ANSWER_SECONDS = 60
"""How long one answer may take; on a quiet machine it takes milliseconds."""

OUTBOX = "/_ministack/ses/messages"
"""Where the emulator shows the emails that it accepted as SES."""

LOG = "aws.log"
AUTHORITY = "authority.pem"
CERTIFICATE = "certificate.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMail:
    """An email that the emulator accepted as SES."""

    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    sent_at: float = 0
    """Seconds since 1970."""
    region: str = ""
    configuration_set: str = ""
    identity_arn: str = ""


class LocalAws:
    """A running local AWS.

    ``folder`` holds ``state/`` and ``s3/`` (saved by a graceful stop, read by the next start), ``aws.log`` and ``pid``.
    Without one it is a temporary folder, which ``stop`` removes.
    ``authority`` is the file of the certificate authority to trust, if it speaks TLS.
    """

    def __init__(self, folder: Path, port: int, process: subprocess.Popen[bytes] | None = None) -> None:
        self.folder = folder
        self.authority = folder / AUTHORITY if (folder / AUTHORITY).exists() else None
        self.endpoint = f"{'https' if self.authority else 'http'}://{HOST}:{port}"
        self._port = port
        self.log = folder / LOG
        trust = ssl.create_default_context(cafile=self.authority) if self.authority else None
        # Without proxies: those of the environment are for other places.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trust)
        )
        self._clients: list[Any] = []
        self._process = process
        self._temporary = False

    @classmethod
    def start(cls, folder: Path | None = None, *, auth: bool = False) -> Self:
        """Start one and wait until it answers."""
        home = folder or Path(tempfile.mkdtemp(prefix="local-aws-"))
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        port = _free_port()
        _move(home, port)
        (home / AUTHORITY).unlink(missing_ok=True)
        if auth:
            _certify(home)
        with (home / LOG).open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "scripts.local.emulator", home],
                cwd=project.ROOT,
                env=_environment(home, port, auth=auth),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the starter alone, which then stops this in good order.
                start_new_session=True,
            )
        local = cls(home, port, process)
        local._temporary = folder is None
        try:
            local._wait_until_ready()
        except BaseException:
            local.stop()
            raise
        return local

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """Return the one that an earlier process started on ``folder`` and released, if it still runs."""
        if _holder(folder) is None or not (folder / "port").exists():
            return None
        return cls(folder, int((folder / "port").read_text()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def settings(self) -> dict[str, str]:
        """What a tool's environment needs to talk to this AWS and to no other."""
        trusted = {"AWS_CA_BUNDLE": str(self.authority)} if self.authority else {}
        region = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        return {"AWS_ENDPOINT_URL": self.endpoint, **region, **CREDENTIALS, **trusted}

    def env(self) -> dict[str, str]:
        """Return this process's environment without the settings of any other AWS, and with ``settings``."""
        return {**_neutral(os.environ), **self.settings, "NO_PROXY": HOST, "no_proxy": HOST}

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a boto3 client of this AWS."""
        client = boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
            verify=str(self.authority) if self.authority else None,
            config=Config(proxies={}),
        )
        self._clients.append(client)
        return client

    def get(self, path: str) -> Any:
        """Return the JSON document that the emulator serves at ``path``. Raises OSError if it does not answer."""
        with self._opener.open(self.endpoint + path, timeout=ANSWER_SECONDS) as answer:
            return json.load(answer)

    def outbox(self) -> list[SentMail]:
        """Return the emails that were sent since the emulator started, of all accounts, oldest first in each."""
        return [
            SentMail(
                sender=mail["Source"],
                to=tuple(mail["To"]),
                subject=mail["Subject"],
                text=mail["BodyText"],
                html=mail["BodyHtml"],
                sent_at=mail["Timestamp"],
                region=mail.get("Region", ""),
                configuration_set=mail.get("ConfigurationSetName", ""),
                identity_arn=mail.get("FromEmailAddressIdentityArn", ""),
            )
            for mails in self.get(OUTBOX)["messages"].values()
            for mail in mails
        ]

    def refused_mails(self) -> Mapping[str, int]:
        """Return how many emails SES refused to accept now, by its message, since the emulator started."""
        refused: Mapping[str, int] = self.get(OUTBOX)["refused"]
        return refused

    def configure(self, **limits: float) -> None:
        """Change settings of scripts/local/limits.py while it runs."""
        request = urllib.request.Request(  # noqa: S310 - its scheme is ours
            self.endpoint + "/_ministack/config", data=json.dumps(limits).encode(), method="POST"
        )
        with self._opener.open(request, timeout=ANSWER_SECONDS):
            pass

    def release(self) -> None:
        """Let it outlive this process; ``find`` finds it again."""
        if self._process and self._process.stdin:
            self._process.stdin.write(emulator.RELEASE)
            self._process.stdin.close()

    def stop(self) -> None:
        """Stop it and its Lambda workers: in good order, which saves the state, and after some patience by force."""
        pid = self._process.pid if self._process else _holder(self.folder)
        if pid is None:
            return
        # An open connection would hold it up, its workers' as well as ours: so the signal is for its whole group.
        for client in self._clients:
            client.close()
        _send(signal.SIGTERM, pid)
        deadline = time.monotonic() + emulator.PATIENCE_SECONDS
        while self._runs() and time.monotonic() < deadline:
            time.sleep(0.02)
        _send(signal.SIGKILL, pid)
        if self._process:
            self._process.wait()
            if self._process.stdin:
                self._process.stdin.close()
        if self._temporary:
            shutil.rmtree(self.folder)

    def _runs(self) -> bool:
        return self._process.poll() is None if self._process else _holder(self.folder) is not None

    def _answers(self) -> bool:
        try:
            self.get("/_ministack/ready")
        except OSError:
            return False
        return True

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._runs():
            # Its lock shows that it is this one that answers, and not another that took the port before it.
            if _holder(self.folder) and self._answers():
                return
            time.sleep(0.05)
        lines = self.log.read_text(errors="replace").splitlines()
        raise CommandError(f"the local AWS did not start: {(lines or ['it printed nothing'])[-1]}")


def _certify(folder: Path) -> None:
    """Write a certificate for the emulator, and the authority that signed it."""
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    authority.cert_pem.write_to_path(folder / AUTHORITY)
    certificate.private_key_and_cert_chain_pem.write_to_path(folder / CERTIFICATE)


def _environment(folder: Path, port: int, *, auth: bool) -> dict[str, str]:
    """Return the emulator's environment, which its Lambda workers inherit: so nothing of another AWS may be in it."""
    return {
        **_neutral(os.environ),
        **CREDENTIALS,
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": HOST,
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        **(_secured(folder) if auth else {}),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "s3"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "LAMBDA_EXECUTOR": "local",
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder / "tmp"),
    }


def _secured(folder: Path) -> dict[str, str]:
    certificate = str(folder / CERTIFICATE)
    return {
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": certificate,
        "MINISTACK_SSL_KEY": certificate,
        # For its Lambda workers.
        "AWS_CA_BUNDLE": str(folder / AUTHORITY),
    }


def _neutral(environment: Mapping[str, str]) -> dict[str, str]:
    """Drop every AWS setting: a profile, an endpoint, a CA bundle of the real one must not leak into the local one."""
    return {name: value for name, value in environment.items() if not name.startswith("AWS_")}


def _holder(folder: Path) -> int | None:
    """The id of the process that is the local AWS on ``folder``: the one that holds the lock, so never another's."""
    try:
        with (folder / "pid").open() as pid:
            try:
                fcntl.flock(pid, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(pid.read() or 0) or None
            return None
    except FileNotFoundError:  # nobody ever started one here
        return None


def _send(number: signal.Signals, group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def _free_port() -> int:
    """Return a port that nobody listens on, below those that Linux gives to outgoing connections: one could take it."""
    while True:
        port = random.randint(*PORTS)  # noqa: S311 - a port is no secret
        with socket.socket() as probe, suppress(OSError):
            probe.bind((HOST, port))
            return port


def _move(folder: Path, port: int) -> None:
    """Make ``folder`` one of ``port``: its state and Terraform's name queues by URLs with the port of the start."""
    record = folder / "port"
    if record.exists():
        before, after = (f"//{HOST}:{number}/".encode() for number in (record.read_text(), port))
        for file in (*folder.glob("state/*.json"), *folder.rglob("terraform.tfstate")):
            file.write_bytes(file.read_bytes().replace(before, after))
    record.write_text(str(port))
