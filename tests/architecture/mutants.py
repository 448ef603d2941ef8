"""Runs tests in trees that each lack a guard: one process that has loaded the libraries, and a child of it for each
tree. `python mutants.py` reads JSON from its input, {"libraries": [module, …], "runs": [[tree, test, …], …]}, and
prints the exit status of pytest for each run, one a line.
"""

import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module

OWN_ERROR = 70  # not one of pytest's


def load(libraries: Iterable[str]) -> None:
    """Whatever can be imported before Django is set up; the rest each child imports itself."""
    for name in libraries:
        with suppress(Exception):
            import_module(name)


def run(tree: str, tests: list[str]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    status = OWN_ERROR
    try:
        silence = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        os.chdir(tree)
        sys.path.insert(0, tree)
        pytest = import_module("pytest")
        status = pytest.main(["-q", "-x", "-p", "no:cacheprovider", "-m", "not services", *tests])
    finally:
        os._exit(status)


def main() -> None:
    wanted = json.load(sys.stdin)
    load(wanted["libraries"])
    for tree, *tests in wanted["runs"]:
        sys.stdout.write(f"{run(tree, tests)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
