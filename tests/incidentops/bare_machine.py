"""A checkout on a machine of its own: a package index in a folder, a stand-in for pip, Python without ensurepip."""

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DRIVER = """
import sys
from incidentops import bootstrap
try:
    bootstrap.enter(sys.argv[1:])
except bootstrap.SetupError as error:
    sys.stderr.write(str(error) + "\\n")
    sys.exit(1)
print("inside", sys.prefix, *sys.argv[1:])
sys.exit(7 if "seven" in sys.argv else 0)
"""
# Does what we need of pip: copies itself in, notes each call, fails when told to.
PIP = """
import os, pathlib, sys, sysconfig, time, zipfile
target = pathlib.Path(sysconfig.get_paths()["purelib"])
arguments = sys.argv[1:]
if arguments == ["--version"]:
    sys.exit(0)
with open(os.environ["PIP_CALLS"], "a") as calls:
    calls.write(" ".join(arguments) + "\\n")
if arguments[-1].endswith(".whl"):
    zipfile.ZipFile(arguments[-1]).extractall(target)
    sys.exit(0)
(target / "half.py").write_text("") if "FAILS" in os.environ else time.sleep(float(os.environ.get("TAKES", "0")))
print(os.environ.get("FAILS", ""))
sys.exit(1 if "FAILS" in os.environ else 0)
"""


@dataclass
class BareMachine:
    """`run` starts a command as a newcomer would; `calls` are pip's, one line each."""

    root: Path
    checkout: Path
    index: Path

    @property
    def calls(self) -> list[str]:
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def environ(self, **extra: str) -> dict[str, str]:
        base = {name: value for name, value in os.environ.items() if name in ("SYSTEMROOT", "TEMP", "TMP")}
        return {
            **base,
            "PATH": str(self.root / "bin"),
            "HOME": str(self.root / "home"),
            "PYTHONPATH": str(self.root / "hidden"),
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_INDEX_URL": self.index.as_uri(),
            "PIP_CALLS": str(self.root / "calls"),
            **extra,
        }

    def start(self, *arguments: str, python: str = "", **extra: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [python or sys._base_executable, str(self.checkout / "manage.py"), *arguments],
            env=self.environ(**extra),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, python: str = "", **extra: str) -> "subprocess.CompletedProcess[str]":
        process = self.start(*arguments, python=python, **extra)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)


def wheel(folder: Path, name: str = "pip-26.3-py3-none-any.whl", content: str = PIP) -> tuple[Path, str]:
    """A wheel of the stand-in in `folder` and its SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr("pip/__init__.py", "")
        archive.writestr("pip/__main__.py", content)
    return folder / name, hashlib.sha256((folder / name).read_bytes()).hexdigest()


def make(root: Path) -> BareMachine:
    """A checkout under `root` whose pinned pip is the stand-in, served by an index of relative links (PEP 503)."""
    machine = BareMachine(root, root / "checkout", root / "simple")
    package = machine.checkout / "incidentops"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    for name in ("bootstrap.py", "installer.py", "pip_wheel.py"):
        shutil.copy(ROOT / "incidentops" / name, package / name)
    (machine.checkout / "manage.py").write_text(DRIVER)
    (machine.checkout / "tests").mkdir()
    (machine.checkout / "requirements.txt").write_text("one==1\n")
    (machine.checkout / "tests" / "requirements.txt").write_text("one==1\ntwo==2\n")
    path, digest = wheel(root / "files")
    (machine.index / "pip").mkdir(parents=True)
    (machine.index / "pip" / "index.html").write_text(f'<a href="../../files/{path.name}#sha256={digest}">pip</a>')
    pinned = (
        (package / "pip_wheel.py")
        .read_text()
        .replace("f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13", digest)
    )
    (package / "pip_wheel.py").write_text(pinned)
    (root / "hidden" / "ensurepip").mkdir(parents=True)
    (root / "hidden" / "ensurepip" / "__init__.py").write_text("raise ModuleNotFoundError('ensurepip')")
    (root / "home").mkdir()
    (root / "bin").mkdir()
    return machine
