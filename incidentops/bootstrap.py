"""Makes the environment this checkout runs in (`.venv`) and goes on inside it. Standard library only."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from incidentops import installer
from incidentops.installer import SetupError as SetupError  # what `enter` raises, so that its caller need know no other

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

ROOT = installer.ROOT
VENV = ROOT / ".venv"
LOCKS = (ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt")  # what a user needs; what the tests need too
STAMP = "incidentops.stamp"  # in the environment: the hash of each lock that is wholly installed
STARTED = "incidentops.installing"  # there while an installation runs: found at a start, it was interrupted
GUARD = "incidentops.lock"  # held while somebody installs
SETTING_UP = ("up", "test")


def enter(arguments: list[str]) -> None:
    """Returns once this process runs where the requirements are installed; else replaces it by one that does.

    `up` and `test` install what is missing, in `.venv` or in the virtual environment they were started from. Other
    commands go on in `.venv`, which is made where there is none and nothing can be run without. Raises SetupError.
    """
    command = arguments[0] if arguments else ""
    inside = sys.prefix != sys.base_prefix
    locks = LOCKS if command == "test" else LOCKS[:1]
    if inside:
        prefix = Path(sys.prefix)
        ours = prefix.resolve() == VENV.resolve()
        if (ours or command in SETTING_UP) and _prepare(prefix, Path(sys.executable), locks):
            _go_on(Path(sys.executable), arguments)  # this process looked around before the packages were there
        return
    if command not in SETTING_UP and not VENV.exists() and importlib.util.find_spec("django"):
        return  # installed for this whole machine, as in a container
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    _prepare(VENV, python, locks)
    _go_on(python, arguments)


def _prepare(prefix: Path, python: Path, locks: tuple[Path, ...]) -> bool:
    """Installs `locks` into the environment at `prefix`; False where its stamp says that there is nothing to do."""
    if _complete(prefix, python, locks):
        return False
    try:
        prefix.mkdir(exist_ok=True)
        with alone(prefix / GUARD):
            if _complete(prefix, python, locks):
                return True  # somebody else did it while we waited
            interrupted = (prefix / STARTED).exists()
            if prefix.resolve() == VENV.resolve() and (interrupted or not python.exists()):
                _clear()
                installer.make(VENV, python)
            (prefix / STARTED).touch()
            (prefix / STAMP).unlink(missing_ok=True)
            installer.install(prefix, python, locks, again=interrupted)
            (prefix / STAMP).write_text("\n".join(sorted(_digests(locks))) + "\n", encoding="utf-8")
            (prefix / STARTED).unlink()
    except OSError as error:
        raise SetupError(installer.explain_os_error(error, prefix)) from error
    return True


def _complete(prefix: Path, python: Path, locks: tuple[Path, ...]) -> bool:
    return python.exists() and not (prefix / STARTED).exists() and _digests(locks) <= _stamped(prefix)


def _digests(locks: tuple[Path, ...]) -> set[str]:
    return {hashlib.sha256(path.read_bytes()).hexdigest() for path in locks}


def _stamped(prefix: Path) -> set[str]:
    try:
        return set((prefix / STAMP).read_text(encoding="utf-8").split())
    except OSError:
        return set()


@contextlib.contextmanager
def alone(guard: Path) -> Iterator[None]:
    """Two processes that hold the same file `guard` come one after the other; dying lets go of it too."""
    with guard.open("a+b") as file:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _clear() -> None:
    """Throws away what an interrupted run left: half a package looks whole to an installer."""
    for entry in VENV.iterdir():
        if entry.name != GUARD:
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()
    (VENV / STARTED).touch()


def _go_on(python: Path, arguments: list[str]) -> None:
    argv = [str(python), str(ROOT / "manage.py"), *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(argv[0], argv)  # noqa: S606
    # Windows has no exec: stand by, pass signals on, answer with the child's exit status.
    child = subprocess.Popen(argv)  # noqa: S603

    def pass_on(_number: int, _frame: FrameType | None) -> None:
        child.terminate()

    signal.signal(signal.SIGTERM, pass_on)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue  # Ctrl-C reached the child by the console itself; it ends in its own time
