"""Who holds a lease, and whether that process still runs: what a killed one was sending waits for no lease to end."""

import os
from functools import cache
from pathlib import Path

_PROC = Path("/proc")


def me() -> str:
    """This process, unlike any other one that was or will be: machine, process id, start. Empty where the system does
    not say (outside Linux): its leases end in their time."""
    return _me(os.getpid())


def gone(holder: str) -> bool:
    """Whether it ran on this machine, under the same process ids, and runs no longer. False where that is not known:
    another host's process may be alive, and a frozen one will go on with what it has."""
    home, _slash, rest = holder.rpartition("|")
    if not home or home != _home():
        return False
    pid, _slash, started = rest.partition("/")
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    found = _status(int(pid))
    return found is not None and (found[0] in "ZX" or found[1] != started)


@cache
def _me(pid: int) -> str:
    home, found = _home(), _status(pid)
    return f"{home}|{pid}/{found[1]}" if home and found else ""


@cache
def _home() -> str:
    """Where process ids mean the same: one run of one kernel, one of its namespaces (a container)."""
    try:
        return f"{(_PROC / 'sys/kernel/random/boot_id').read_text().strip()}/{os.readlink(_PROC / 'self/ns/pid')}"
    except OSError:
        return ""


def _status(pid: int) -> tuple[str, str] | None:
    """State and start (in ticks since the kernel's), proc(5); None where it cannot be read. The name before them may
    hold anything."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return fields[0], fields[19]
