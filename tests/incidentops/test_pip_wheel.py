"""The pip wheel comes from where this machine's pip would look, and only with the pinned hash."""

import base64
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from incidentops import pip_wheel
from tests.incidentops.bare_machine import wheel

NAME = "pip-26.3-py3-none-any.whl"


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path, digest = wheel(tmp_path / "files", NAME)
    monkeypatch.setattr(pip_wheel, "WHEELS", {NAME: digest})
    return path


def environ(tmp_path: Path, **extra: str) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home"), "XDG_CONFIG_DIRS": str(tmp_path / "xdg"), **extra}


@pytest.fixture
def private_index(pinned: Path) -> Iterator[str]:
    """An index on loopback that asks for user and password, for the page and for the file."""
    wanted = "Basic " + base64.b64encode(b"ana:p@ss").decode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = f'<base href="/files/"><a href="{NAME}#sha256=0">x</a>'.encode()
            body = page if self.path == "/simple/pip/" else pinned.read_bytes()
            self.send_response(200 if self.headers["Authorization"] == wanted else 401)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The test's output stays clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"127.0.0.1:{server.server_port}/simple"
    server.shutdown()
    server.server_close()


def test_environment_outranks_files_and_the_install_section_the_global_one(tmp_path: Path) -> None:
    conf = tmp_path / "pip.conf"
    conf.write_text(
        "[global]\nindex-url = https://a.example\nproxy = http://p:1\n[install]\nindex_url = https://b.example\n"
    )
    given = environ(tmp_path, PIP_CONFIG_FILE=str(conf))
    assert pip_wheel.pip_settings(given)["index-url"] == "https://b.example"
    assert pip_wheel.pip_settings(given)["proxy"] == "http://p:1"
    assert pip_wheel.pip_settings({**given, "PIP_INDEX_URL": "https://c.example"})["index-url"] == "https://c.example"


def test_a_users_own_pip_conf_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".config" / "pip"
    folder.mkdir(parents=True)
    (folder / "pip.conf").write_text("[global]\nextra-index-url = https://x.example https://y.example\n")
    urls = pip_wheel.index_urls(pip_wheel.pip_settings(environ(tmp_path, PIP_INDEX_URL="https://m.example")))
    assert urls == ["https://m.example", "https://x.example", "https://y.example"]


def test_the_null_device_as_configuration_file_means_none(tmp_path: Path) -> None:
    folder = tmp_path / "home" / ".config" / "pip"
    folder.mkdir(parents=True)
    (folder / "pip.conf").write_text("[global]\nindex-url = https://x.example\n")
    given = environ(tmp_path, PIP_CONFIG_FILE=os.devnull)
    assert pip_wheel.index_urls(pip_wheel.pip_settings(given)) == [pip_wheel.DEFAULT_INDEX]


def test_a_broken_configuration_file_is_passed_over(tmp_path: Path) -> None:
    conf = tmp_path / "pip.conf"
    conf.write_bytes(b"\xff\xfe no section\n")
    assert "index-url" not in pip_wheel.pip_settings(environ(tmp_path, PIP_CONFIG_FILE=str(conf)))


def test_a_folder_of_links_serves_the_wheel(tmp_path: Path, pinned: Path) -> None:
    given = environ(tmp_path, PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(pinned.parent))
    assert pip_wheel.fetch(tmp_path, given).read_bytes() == pinned.read_bytes()


def test_a_private_index_is_asked_with_its_user_and_password(tmp_path: Path, private_index: str) -> None:
    url = f"http://ana:p%40ss@{private_index}"
    given = environ(tmp_path, PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL=url, NO_PROXY="*")
    assert pip_wheel.fetch(tmp_path, given).name == NAME


def test_a_refusal_is_told_without_the_password(tmp_path: Path, private_index: str) -> None:
    given = environ(tmp_path, PIP_CONFIG_FILE=os.devnull, PIP_INDEX_URL=f"http://ana:wrong@{private_index}")
    with pytest.raises(pip_wheel.WheelNotFoundError) as refusal:
        pip_wheel.fetch(tmp_path, given)
    assert f"http://{private_index}/pip/: " in str(refusal.value)
    assert "wrong" not in str(refusal.value)


def test_a_wheel_with_another_hash_is_not_used(tmp_path: Path, pinned: Path) -> None:
    wheel(pinned.parent, NAME, content="print('evil')")
    given = environ(tmp_path, PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="1", PIP_FIND_LINKS=str(pinned.parent))
    with pytest.raises(pip_wheel.WheelNotFoundError, match="wrong SHA-256"):
        pip_wheel.fetch(tmp_path, given)
    assert not (tmp_path / NAME).exists()


def test_no_place_to_look_is_said(tmp_path: Path) -> None:
    with pytest.raises(pip_wheel.WheelNotFoundError, match="no index and no find-links"):
        pip_wheel.fetch(tmp_path, environ(tmp_path, PIP_CONFIG_FILE=os.devnull, PIP_NO_INDEX="yes"))
