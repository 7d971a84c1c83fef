"""How images are built, pushed and looked up where the recordings do not reach."""

from __future__ import annotations

import base64
import json
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from fakes.plugins.docker.ignore import IgnoreFile

from .plugin import CallError, Plugin, login_at, offline, running
from .sshd import Sshd

URN = "urn:pulumi:test::test::docker:index/"
IMAGE, REGISTRY_IMAGE, TAG = (
    f"{URN}image:Image::app",
    f"{URN}registryImage:RegistryImage::app",
    f"{URN}tag:Tag::app",
)
LOOK_UP = "docker:index/getRegistryImage:getRegistryImage"
DIGEST = f"sha256:{'d' * 64}"


def inputs(context: Path, name: str, **build: Any) -> dict[str, Any]:
    build = {"context": str(context), "builderVersion": "BuilderV1", **build}
    return {"imageName": name, "build": build, "skipPush": False, "buildOnPreview": False}


@pytest.fixture
def context(tmp_path: Path) -> Path:
    folder = tmp_path / "context"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM scratch\nARG MESSAGE\nLABEL m=$MESSAGE\nCOPY . /\n")
    (folder / ".dockerignore").write_text("ignored\n")
    (folder / "app").write_text("1")
    return folder


def digest(plugin: Plugin, context: Path) -> str:
    checked = plugin.check(IMAGE, inputs(context, "localhost:1/app:1"))
    value: str = checked["inputs"]["build"]["contextDigest"]
    return value


def test_every_change_of_the_context_that_counts_shows(docker: Plugin, context: Path) -> None:
    seen = [digest(docker, context)]
    (context / "app").write_text("2")
    seen.append(digest(docker, context))
    (context / "app").chmod(0o755)
    seen.append(digest(docker, context))
    (context / "app").rename(context / "renamed")
    seen.append(digest(docker, context))
    assert len(set(seen)) == 4
    (context / "ignored").write_text("not part of the image")
    assert digest(docker, context) == seen[-1]


def test_the_values_of_a_build_reach_it(docker: Plugin, registry: str, context: Path) -> None:
    name = f"{registry}/valued:1"
    answer = docker.create(IMAGE, inputs(context, name, args={"MESSAGE": "a b"}))
    assert answer["properties"]["repoDigest"].startswith(f"{registry}/valued@sha256:")
    label = ["docker", "image", "inspect", "--format", "{{.Config.Labels.m}}", name]
    assert subprocess.check_output(label, text=True).strip() == "a b"


def test_a_build_that_fails_says_why_and_pushes_nothing(
    docker: Plugin, registry: str, context: Path
) -> None:
    (context / "Dockerfile").write_text("FROM scratch\nCOPY missing /\n")
    with pytest.raises(CallError, match=r"error reading build output: COPY failed: .*missing"):
        docker.create(IMAGE, inputs(context, f"{registry}/broken:1"))
    assert httpx.get(f"http://{registry}/v2/broken/tags/list").status_code == 404


def test_a_build_that_the_engine_refuses_says_why(
    docker: Plugin, registry: str, context: Path
) -> None:
    (context / "Dockerfile").write_text("FROM scratch\nNONSENSE\n")
    with pytest.raises(
        CallError, match=r"error building image: Error response from daemon: .*NONSENSE"
    ):
        docker.create(IMAGE, inputs(context, f"{registry}/broken:1"))


def test_a_push_that_fails_says_why(docker: Plugin, context: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
    with pytest.raises(CallError, match=rf"error reading push output: .*{address}"):
        docker.create(IMAGE, inputs(context, f"{address}/shop:1"))


def test_a_preview_builds_nothing(docker: Plugin, registry: str, context: Path) -> None:
    name = f"{registry}/previewed:1"
    docker.create(IMAGE, inputs(context, name), preview=True)
    listing = subprocess.check_output(["docker", "image", "ls", "--quiet", name], text=True)
    assert listing == ""


def test_a_missing_dockerfile_is_named_with_the_path_to_use(docker: Plugin, context: Path) -> None:
    with pytest.raises(CallError, match='could not open dockerfile at relative path "other"'):
        docker.check(IMAGE, inputs(context, "localhost:1/app:1", dockerfile="other"))
    with pytest.raises(CallError, match=f'Try setting `dockerfile` to "{context}/app"'):
        docker.check(IMAGE, inputs(context, "localhost:1/app:1", dockerfile="app"))
    with pytest.raises(CallError, match='expected a relative Dockerfile path; got "/other"'):
        docker.check(IMAGE, inputs(context, "localhost:1/app:1", dockerfile="/other"))


def test_an_image_without_a_registry_is_refused(docker: Plugin, context: Path) -> None:
    with pytest.raises(CallError, match="fully qualified"):
        docker.check(IMAGE, inputs(context, "app:1"))


def test_a_new_password_is_no_reason_to_build(docker: Plugin) -> None:
    def with_login(password: str, server: str = "r") -> dict[str, Any]:
        registry = {"server": server, "username": "u", "password": password}
        return {"imageName": "r/a:1", "registry": registry}

    old = with_login("1")
    request = {"id": "a", "urn": IMAGE, "oldInputs": old, "olds": {"__inputs": old}}
    assert docker.call("Diff", {**request, "news": with_login("2")})["changes"] == "DIFF_NONE"
    moved = docker.call("Diff", {**request, "news": with_login("1", server="s")})
    assert moved["detailedDiff"] == {"registry": {"kind": "UPDATE"}}


def test_a_version_that_the_registry_lacks_is_named(docker: Plugin, registry: str) -> None:
    request = {"tok": LOOK_UP, "args": {"name": f"{registry}/app:99"}}
    with pytest.raises(CallError, match=r"app:99 from registry: got bad response.*404"):
        docker.call("Invoke", request)


def test_a_registry_that_is_down_is_named(project: Path) -> None:
    with running("docker", project) as plugin:
        plugin.configure(login_at("localhost:1"))
        with pytest.raises(CallError, match="http://localhost:1/v2/app/manifests/1"):
            plugin.call("Invoke", {"tok": LOOK_UP, "args": {"name": "localhost:1/app:1"}})


@pytest.mark.parametrize("keep", [True, False])
def test_a_destroyed_image_leaves_the_registry_unless_kept(
    docker: Plugin, registry: str, context: Path, keep: bool
) -> None:
    name = f"{registry}/kept-{str(keep).lower()}:1"
    docker.create(IMAGE, {**inputs(context, name), "skipPush": True})
    wanted = {"name": name, "keepRemotely": keep}
    made = docker.create(REGISTRY_IMAGE, wanted)
    gone = {"urn": REGISTRY_IMAGE, "id": made["id"], "properties": made["properties"]}
    docker.call("Delete", gone)
    assert docker.call("Read", {**gone, "inputs": wanted}).get("id", "") == (
        made["id"] if keep else ""
    )


@pytest.mark.parametrize("scheme", ["Basic", "Bearer"])
def test_a_registry_with_a_login_answers_only_to_it(
    project: Path, scheme: Literal["Basic", "Bearer"]
) -> None:
    with guarded_registry(scheme) as address, running("docker", project) as plugin:
        request = {"tok": LOOK_UP, "args": {"name": f"{address}/app:1"}}
        plugin.configure(login_at(address, username="deployer", password="right"))
        assert plugin.call("Invoke", request)["return"]["sha256Digest"] == DIGEST
        plugin.configure(login_at(address, username="deployer", password="wrong"))
        with pytest.raises(CallError) as caught:
            plugin.call("Invoke", request)
        assert "401" in caught.value.text
        assert "wrong" not in caught.value.text


def test_an_engine_behind_ssh_is_reached_with_the_given_options(
    project: Path, registry: str, sshd: Sshd, tmp_path: Path
) -> None:
    key, known_hosts = tmp_path / "key", tmp_path / "known_hosts"
    key.touch(mode=0o600)
    key.write_text(sshd.private_key)
    known_hosts.write_text(f"[127.0.0.1]:{sshd.port} {sshd.host_key}\n")
    options = ["-i", str(key), "-o", f"UserKnownHostsFile={known_hosts}"]
    host = f"ssh://{sshd.connection()['user']}@127.0.0.1:{sshd.port}"
    wanted = {"sourceImage": f"{registry}/app:5", "targetImage": f"{registry}/over-ssh:1"}
    subprocess.run(["docker", "pull", "--quiet", wanted["sourceImage"]], check=True, timeout=60)
    with running("docker", project) as plugin:
        plugin.configure({"host": host, "sshOpts": json.dumps(options)})
        made = plugin.create(TAG, wanted)
        assert made["properties"]["sourceImageId"].startswith("sha256:")
        plugin.configure({"host": host, "sshOpts": '["-i", "/nowhere"]'})
        with pytest.raises(CallError, match="Host key verification failed"):
            plugin.create(TAG, wanted)


def test_what_the_offline_plugin_does_not_cover_it_refuses_by_name(
    project: Path, context: Path
) -> None:
    settings = {"news": {"caMaterial": "x"}, "urn": "urn:pulumi:t::t::pulumi:providers:docker::p"}
    with running("docker", project, offline("docker")) as plugin:
        refused = plugin.check(IMAGE, inputs(context, "localhost:1/app:1", cacheFrom={}))
        assert [each["property"] for each in refused["failures"]] == ["build.cacheFrom"]
        with pytest.raises(CallError, match="docker:index/container:Container"):
            plugin.check(f"{URN}container:Container::app", {})
        refused = plugin.call("CheckConfig", settings)
        assert [each["property"] for each in refused["failures"]] == ["caMaterial"]


@pytest.mark.parametrize(
    ("patterns", "path", "excluded"),
    [
        ("*.md", "README.md", True),
        ("*.md", "docs/README.md", False),
        ("**/*.md", "docs/README.md", True),
        ("**/*.md", "README.md", True),
        ("docs", "docs/deep/page", True),
        ("docs/", "docs/page", True),
        ("/docs", "docs/page", True),
        ("*\n!app", "app", False),
        ("*\n!app", "other", True),
        ("docs\n!docs/kept", "docs/kept", False),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].txt", "b.txt", True),
        ("# docs", "docs", False),
        ("doc", "docs", False),
        ("a.c", "abc", False),
    ],
)
def test_ignore_patterns_mean_what_docker_says(patterns: str, path: str, excluded: bool) -> None:
    assert IgnoreFile(patterns).excludes(path) is excluded


class guarded_registry:  # noqa: N801
    """A registry with `app:1` and a login, that asks for it as the scheme says."""

    def __init__(self, scheme: Literal["Basic", "Bearer"]) -> None:
        right = base64.b64encode(b"deployer:right").decode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                given = self.headers.get("Authorization")
                if self.path.startswith("/token"):
                    self._answer(200 if given == f"Basic {right}" else 401, b'{"token": "t"}')
                elif given == (f"Basic {right}" if scheme == "Basic" else "Bearer t"):
                    self._answer(200, b"")
                else:
                    self._answer(401, b"")

            do_HEAD = do_GET  # noqa: N815

            def _answer(self, status: int, body: bytes) -> None:
                realm = f'realm="http://{self.headers["Host"]}/token",service="s"'
                self.send_response(status)
                self.send_header("WWW-Authenticate", f"{scheme} {realm}")
                self.send_header("Docker-Content-Digest", DIGEST)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(b"" if self.command == "HEAD" else body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return f"127.0.0.1:{self._server.server_port}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
