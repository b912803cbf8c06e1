"""Terraform where there is none: from a loopback server that stands for the releases."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts import project
from scripts.project import CommandError
from scripts.stacks import release as terraform_release
from scripts.stacks.release import PINNED, PROVIDER

TERRAFORM = b"#!/bin/sh\necho I am Terraform\n"
Answer = Callable[[BaseHTTPRequestHandler], None]


def _release() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("LICENSE.txt", "licence")
        archive.writestr("terraform", TERRAFORM)
    return buffer.getvalue()


RELEASE = _release()


def _good(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(RELEASE)))
    request.end_headers()
    request.wfile.write(RELEASE)


def _other(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.end_headers()
    request.wfile.write(RELEASE + b"more")


def _truncated(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Length", str(len(RELEASE)))
    request.end_headers()
    request.wfile.write(RELEASE[:100])


def _missing(request: BaseHTTPRequestHandler) -> None:
    request.send_error(404)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], list[str]]]:
    """Serve one answer to every request; returns the list that the requested paths are added to."""
    servers = []
    monkeypatch.setattr(terraform_release, "this_platform", lambda: "linux_amd64")
    monkeypatch.setitem(terraform_release.SHA256, "linux_amd64", hashlib.sha256(RELEASE).hexdigest())
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def start(answer: Answer) -> list[str]:
        asked: list[str] = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                answer(self)

            def log_message(self, *_arguments: object) -> None:
                """Log nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever).start()
        monkeypatch.setenv(terraform_release.RELEASES_VARIABLE, f"http://127.0.0.1:{server.server_port}")
        return asked

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_release_is_fetched_once(serve: Callable[[Answer], list[str]], tmp_path: Path) -> None:
    asked = serve(_good)
    target = tmp_path / "terraform"
    assert terraform_release.fetch(target) == target
    assert target.read_bytes() == TERRAFORM
    assert target.stat().st_mode & 0o777 == 0o755
    terraform_release.fetch(target)
    assert asked == [f"/{PINNED}/terraform_{PINNED}_linux_amd64.zip"]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (_other, "is not the release it should be"),
        (_truncated, "failed (IncompleteRead"),
        (_missing, "failed (HTTP Error 404: Not Found)"),
    ],
)
def test_a_bad_answer_leaves_nothing_and_names_the_fix(
    serve: Callable[[Answer], list[str]], tmp_path: Path, answer: Answer, words: str
) -> None:
    serve(answer)
    with pytest.raises(CommandError) as failed:
        terraform_release.fetch(tmp_path / "terraform")
    message = str(failed.value)
    assert words in message
    assert message.endswith(f"install Terraform {PINNED}")
    assert "\n" not in message
    assert [file.name for file in tmp_path.iterdir()] == ["lock"]


def test_nobody_there_is_one_line_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_release, "this_platform", lambda: "linux_amd64")
    monkeypatch.setenv(terraform_release.RELEASES_VARIABLE, "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with pytest.raises(CommandError, match=rf"Connection refused.*install Terraform {PINNED}$"):
        terraform_release.fetch(tmp_path / "terraform")


def test_an_unknown_platform_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terraform_release, "this_platform", lambda: "plan9_mips")
    with pytest.raises(CommandError, match="no Terraform is pinned for plan9_mips"):
        terraform_release.fetch(tmp_path / "terraform")


@pytest.mark.parametrize(
    ("version", "taken"), [("1.11.0", True), ("1.12.3", True), ("1.10.9", False), ("nonsense", False)]
)
def test_the_terraform_on_path_must_be_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, taken: bool
) -> None:
    here = tmp_path / "terraform"
    project.write(here, f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n'.encode(), mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    fetched = tmp_path / "fetched"
    monkeypatch.setattr(terraform_release, "fetch", lambda _target: fetched)
    terraform_release.binary.cache_clear()
    try:
        assert terraform_release.binary() == (here if taken else fetched)
    finally:
        terraform_release.binary.cache_clear()


@pytest.fixture
def lock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / ".terraform.lock.hcl"
    file.write_text(f'provider "{PROVIDER}" {{\n  version     = "5.100.0"\n}}\n')
    monkeypatch.delenv("TF_PLUGIN_DIR", raising=False)
    monkeypatch.setattr(terraform_release, "this_platform", lambda: "linux_amd64")
    monkeypatch.setattr(terraform_release, "IMPLIED_MIRRORS", (str(tmp_path / "implied"),))
    monkeypatch.setattr(terraform_release, "IMPLIED_SYSTEM_MIRRORS", ())
    monkeypatch.setattr(terraform_release, "SOFTWARE_FOLDERS", (str(tmp_path / "software"),))
    return file


@pytest.mark.parametrize("place", ["implied", "software", "software/a", "software/a/b"])
def test_a_mirror_is_found_where_software_is_put(lock_file: Path, place: str) -> None:
    mirror = lock_file.parent / place
    (mirror / PROVIDER / "5.100.0" / "linux_amd64").mkdir(parents=True)
    assert terraform_release.provider_mirror(lock_file) == mirror


@pytest.mark.parametrize(
    "content",
    ["software/a/b/c/{}/5.100.0/linux_amd64", "software/{}/5.99.0/linux_amd64", "software/{}/5.100.0/darwin_arm64"],
)
def test_too_deep_another_version_another_platform_are_none(lock_file: Path, content: str) -> None:
    (lock_file.parent / content.format(PROVIDER)).mkdir(parents=True)
    assert terraform_release.provider_mirror(lock_file) is None


def test_a_packed_mirror_and_a_given_one_count(lock_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = lock_file.parent / "implied" / PROVIDER / "terraform-provider-aws_5.100.0_linux_amd64.zip"
    project.write(packed, b"")
    assert terraform_release.provider_mirror(lock_file) == lock_file.parent / "implied"
    monkeypatch.setenv("TF_PLUGIN_DIR", "/somewhere/else")
    assert terraform_release.provider_mirror(lock_file) == Path("/somewhere/else")
