"""On a bare machine one command makes the environment and goes on inside it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.incidentops.bare_machine import BareMachine


def test_a_bare_machine_gets_an_environment_and_the_command_goes_on_inside_it(machine: BareMachine) -> None:
    done = machine.run("up", "--only", "web")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["inside", str(machine.checkout / ".venv"), "up", "--only", "web"]


def test_pip_comes_from_the_configured_index_where_ensurepip_is_missing(machine: BareMachine) -> None:
    done = machine.run("up")
    assert "Getting pip from the package index" in done.stderr
    assert machine.calls[0].startswith("install --quiet --no-index --no-deps")
    assert machine.calls[1].endswith(f"--require-hashes --no-deps -r {machine.checkout / 'requirements.txt'}")
    assert not list((machine.checkout / ".venv").glob("*.whl"))


def test_up_installs_what_a_user_needs_and_test_also_what_the_tests_need(machine: BareMachine) -> None:
    machine.run("up")
    assert "tests" not in machine.calls[-1]
    machine.run("test")
    assert machine.calls[-1].endswith(str(machine.checkout / "tests" / "requirements.txt"))
    installs = len(machine.calls)
    machine.run("up")
    assert len(machine.calls) == installs


def test_nothing_is_installed_again_until_the_requirements_change(machine: BareMachine) -> None:
    machine.run("up")
    installs = len(machine.calls)
    second = machine.run("migrate")
    assert (len(machine.calls), second.stderr) == (installs, "")
    (machine.checkout / "requirements.txt").write_text("one==2\n")
    machine.run("migrate")
    assert len(machine.calls) == installs + 1


def test_the_exit_status_of_the_command_is_passed_on(machine: BareMachine) -> None:
    assert machine.run("seven").returncode == 7


def test_an_interrupted_installation_is_repaired_by_the_next_run(machine: BareMachine) -> None:
    assert machine.run("up", FAILS="cut off").returncode == 1
    assert list((machine.checkout / ".venv").rglob("half.py"))
    assert machine.run("up").returncode == 0
    assert not list((machine.checkout / ".venv").rglob("half.py"))


def test_an_environment_whose_python_went_away_is_made_again(machine: BareMachine) -> None:
    machine.run("up")
    next((machine.checkout / ".venv").glob("*/python")).unlink()
    assert machine.run("up").returncode == 0


def test_two_commands_at_once_install_once(machine: BareMachine) -> None:
    both = [machine.start("up", TAKES="0.5"), machine.start("up", TAKES="0.5")]
    for process in both:
        process.communicate(timeout=120)
    assert [process.returncode for process in both] == [0, 0]
    assert len(machine.calls) == 2  # pip itself, and the packages


def test_somebodys_own_virtual_environment_is_used(machine: BareMachine) -> None:
    own = machine.root / "own"
    subprocess.run([sys._base_executable, "-m", "venv", "--without-pip", str(own)], check=True)
    python = str(next(own.glob("*/python")))
    other = machine.run("migrate", python=python)
    assert (other.stdout.split()[1], machine.calls) == (str(own), [])
    assert machine.run("up", python=python).stdout.split()[1] == str(own)
    assert machine.calls
    assert not (machine.checkout / ".venv").exists()


def test_a_package_installed_for_the_whole_machine_is_enough_for_other_commands(machine: BareMachine) -> None:
    (machine.root / "hidden" / "django").mkdir()
    (machine.root / "hidden" / "django" / "__init__.py").write_text("")
    assert machine.run("migrate").stdout.split()[1] == sys.base_prefix
    assert machine.run("up").stdout.split()[1] == str(machine.checkout / ".venv")


def test_uv_is_used_where_it_is_there_with_pips_configuration(machine: BareMachine) -> None:
    uv = machine.root / "bin" / "uv"
    uv.write_text(f'#!/bin/sh\necho "$UV_DEFAULT_INDEX|$UV_INDEX|$@" > {machine.root / "uv-call"}\n')
    uv.chmod(0o755)
    done = machine.run("up", PIP_EXTRA_INDEX_URL="https://two.example/simple")
    assert (done.returncode, machine.calls) == (0, [])
    call = (machine.root / "uv-call").read_text()
    assert call.startswith(machine.index.as_uri() + "|https://two.example/simple|pip install --quiet --python")
    assert "--require-hashes" in call


def test_where_uv_fails_pip_takes_over(machine: BareMachine) -> None:
    uv = machine.root / "bin" / "uv"
    uv.write_text("#!/bin/sh\nexit 2\n")
    uv.chmod(0o755)
    assert machine.run("up").returncode == 0
    assert machine.calls


@pytest.mark.parametrize(
    ("output", "advice"),
    [
        (
            "ERROR: Could not install packages: [Errno 28] No space left on device",
            "The disk is full: free about 500 MB",
        ),
        ("NewConnectionError: Failed to establish a new connection", "The package index does not answer"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one that was pinned"),
        ("Segmentation fault", "run the same command again; if it fails again"),
    ],
)
def test_a_failed_installation_says_what_to_do(machine: BareMachine, output: str, advice: str) -> None:
    done = machine.run("up", FAILS=output)
    assert done.returncode == 1
    assert advice in done.stderr
    assert output in done.stderr
    assert "Traceback" not in done.stderr


def test_no_index_and_no_ensurepip_says_what_to_do(machine: BareMachine) -> None:
    done = machine.run("up", PIP_INDEX_URL="http://someone:secret@127.0.0.1:9/simple")
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert "http://127.0.0.1:9/simple/pip/" in done.stderr
    assert "secret" not in done.stderr


def test_a_full_disk_while_making_the_environment_says_so(machine: BareMachine) -> None:
    full = machine.root / "hidden" / "sitecustomize.py"
    full.write_text(
        "import pathlib\ndef full(*_, **__): raise OSError(28, 'No space left on device')\npathlib.Path.mkdir = full\n"
    )
    done = machine.run("up")
    assert (done.returncode, done.stderr.startswith("The disk is full")) == (1, True)


def test_the_modules_before_the_environment_need_the_standard_library_only() -> None:
    root = Path(__file__).resolve().parents[2]
    code = "import sys; sys.path.insert(0, sys.argv[1]); import incidentops.bootstrap"
    assert subprocess.run([sys._base_executable, "-I", "-S", "-c", code, str(root)], check=False).returncode == 0
