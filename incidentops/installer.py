"""Puts the pinned packages into an environment, by uv or pip, and says in words for people why it could not."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from incidentops import pip_wheel

ROOT = Path(__file__).resolve().parent.parent


class SetupError(Exception):
    """The environment cannot be made; the text is one paragraph that says what to do."""


def make(venv: Path, python: Path) -> None:
    """A fresh virtual environment without pip: installers come after. Raises SetupError where Python cannot."""
    _say(f"Making the environment {venv.name} (Python {sys.version.split()[0]})")
    done = _run([getattr(sys, "_base_executable", sys.executable), "-m", "venv", "--without-pip", str(venv)])
    if done.returncode != 0 or not python.exists():
        raise SetupError(_explain_output("Python could not make a virtual environment.", done.stdout, venv))


def install(prefix: Path, python: Path, locks: tuple[Path, ...], again: bool) -> None:
    """Installs the pinned packages of `locks`, by uv where it is there, else by pip; `again` repairs half an install.

    Raises SetupError, and OSError where `prefix` cannot be written.
    """
    arguments = ["--require-hashes", "--no-deps"]  # the locks are whole: nothing is left to resolve
    for lock in locks:
        arguments += ["-r", str(lock)]
    lines = [line for lock in locks for line in lock.read_text("utf-8").splitlines()]
    count = len({line.split("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))})
    _say(f"Installing {count} packages into {prefix.name} (half a minute the first time)")
    began = time.monotonic()
    if not _with_uv(python, arguments, again):
        _with_pip(prefix, python, arguments, again)
    _say(f"Environment ready ({time.monotonic() - began:.0f} s)")


def _with_uv(python: Path, arguments: list[str], again: bool) -> bool:
    """True when uv is here and did it. Whatever it cannot do, pip tries next: uv does not read pip's configuration."""
    uv = shutil.which("uv")
    settings = pip_wheel.pip_settings(dict(os.environ))
    if uv is None or settings.get("no-index"):
        return False
    environ = dict(os.environ)
    main, *extra = pip_wheel.index_urls(settings)
    environ.setdefault("UV_DEFAULT_INDEX", main)
    environ.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # all indexes together, as pip does; hashes decide
    for name, value in (("UV_INDEX", " ".join(extra)), ("SSL_CERT_FILE", settings.get("cert", ""))):
        if value:
            environ.setdefault(name, value)
    force = ["--reinstall"] if again else []
    done = _run([uv, "pip", "install", "--quiet", "--python", str(python), *force, *arguments], environ)
    return done.returncode == 0


def _with_pip(prefix: Path, python: Path, arguments: list[str], again: bool) -> None:
    environ = {**os.environ, "PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}
    if _run([str(python), "-m", "pip", "--version"]).returncode != 0:
        _obtain_pip(prefix, python, environ)
    force = ["--force-reinstall"] if again else []
    pip = [str(python), "-m", "pip", "install", "--quiet", "--progress-bar", "off", "--retries", "2"]
    done = _run([*pip, *force, *arguments], environ)
    if done.returncode != 0:
        raise SetupError(_explain_output("The packages could not be installed.", done.stdout, prefix))


def _obtain_pip(prefix: Path, python: Path, environ: dict[str, str]) -> None:
    """From Python's own ensurepip; where the system left that out (Debian without python3-venv), from the index."""
    if _run([str(python), "-m", "ensurepip", "--default-pip"], environ).returncode == 0:
        return
    _say("Getting pip from the package index (this Python came without ensurepip)")
    try:
        wheel = pip_wheel.fetch(prefix, environ)
    except pip_wheel.WheelNotFoundError as error:
        raise SetupError(
            f"This Python has no ensurepip, and pip could not be had from the package index ({error}). Check the "
            "network, the proxy (HTTPS_PROXY) and the index (PIP_INDEX_URL or pip.conf), or install ensurepip "
            "(Debian, Ubuntu: apt install python3-venv), then run the same command again."
        ) from error
    # A wheel is a zip file, and Python runs zip files: pip installs itself.
    done = _run([str(python), str(wheel / "pip"), "install", "--quiet", "--no-index", "--no-deps", str(wheel)], environ)
    wheel.unlink()
    if done.returncode != 0:
        raise SetupError(_explain_output("pip could not be installed.", done.stdout, prefix))


def _run(argv: list[str], environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Runs to the end with its output kept, both streams together; an interrupted child is not our failure to tell."""
    return subprocess.run(  # noqa: S603
        argv,
        env=environ,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


FULL = "The disk is full: free about 500 MB where {where} lies, then run the same command again; it repairs itself."
DISK_WORDS = ("no space left on device", "errno 28", "disk quota exceeded", "not enough space on the disk")
HASH_WORDS = ("do not match the hashes", "hash mismatch")
NETWORK_WORDS = (
    "connection",
    "timed out",
    "max retries",
    "name resolution",
    "could not find a version",
    "no matching distribution",
    "proxyerror",
    "sslerror",
    "certificate",
    "http error",
    "client error",
    "server error",
)


def explain_os_error(error: OSError, prefix: Path) -> str:
    """One paragraph for people: what is the matter with the place at `prefix`, and what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FULL.format(where=prefix)
    where = error.filename or prefix
    if isinstance(error, PermissionError):
        return (
            f"The environment cannot be changed: {where} is not yours to write ({error.strerror}). Run this as the "
            f"owner of {ROOT}, or work in a copy of the checkout that is your own."
        )
    return f"The environment cannot be made: {error}. Remove {prefix} and run the same command again."


def _explain_output(what: str, output: str, prefix: Path) -> str:
    """One paragraph for people, then the installer's last lines, which name the culprit."""
    text = output.lower()
    if any(word in text for word in DISK_WORDS):
        advice = FULL.format(where=prefix)
    elif any(word in text for word in HASH_WORDS):
        advice = (
            "A file from the package index is not the one that was pinned (its hash differs), so it was not installed. "
            "Ask whoever runs your index, or try another with PIP_INDEX_URL."
        )
    elif any(word in text for word in NETWORK_WORDS):
        advice = (
            "The package index does not answer or lacks a package. Check the network, the proxy (HTTPS_PROXY) and the "
            "index (PIP_INDEX_URL or pip.conf), then run the same command again."
        )
    else:
        advice = f"Remove {prefix} and run the same command again; if it fails again, the lines below say why."
    tail = "\n".join("  | " + line for line in output.strip().splitlines()[-8:])
    return f"{what} {advice}\n{tail}".rstrip()


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
