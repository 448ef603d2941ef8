"""`python -m tests.chaos [--seed N] [--minutes 5] [--rate 20] [--calm 60]`: faults at random under a steady rate of
alerts, counted from outside. Exit status 1 where a bound is broken. Needs PostgreSQL's and Redis's programs."""

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import orjson
import psycopg

from tests.chaos import counting, faults, provider, report, servers
from tests.chaos.faults import Place
from tests.chaos.sender import Sender
from tests.chaos.supervised import supervised
from tests.oncall.provider import Provider as Listener
from tests.services.ground import Ground

Environ = dict[str, str]
COMPANY = Path(__file__).with_name("company.yaml")
KEY = "chaos-orders-key-0001"
QUIET_SECONDS = 150.0  # what is under way at the end: a lease of a minute, a pause of a provider's, a step's delay
SECOND_STEP_FROM_MINUTES = 2.0


def main() -> int:
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    folder.chmod(0o711)  # the user postgres passes through
    try:
        with servers.running(folder) as (postgres, broker), provider.serving() as served:
            environ = _found(folder, postgres, broker, served)
            with supervised(environ, folder) as up:
                kept = _rage(Place(up, postgres, broker, served), options)
                if not kept:
                    sys.stdout.write(f"\n--- what up complained of\n{up.complaints()}\n")
    finally:
        if options.keep:
            sys.stdout.write(f"kept: {folder}\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 0 if kept else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--minutes", type=float, default=5.0, help="how long faults happen")
    parser.add_argument("--rate", type=float, default=20.0, help="alerts a second")
    parser.add_argument("--calm", type=float, default=60.0, help="seconds without faults before")
    parser.add_argument("--log", type=Path, help="write faults, problems and arrivals there, as JSON")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    return parser.parse_args()


def _found(
    folder: Path, postgres: servers.Postgres, broker: servers.Redis, served: provider.Provider
) -> dict[str, str]:
    """A database with the company in it, and the environment to run on it."""
    with psycopg.connect(f"{postgres.server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE incidentops")
    ground = Ground(folder, Listener(served.port))
    urls = {"DATABASE_URL": f"{postgres.server}/incidentops", "REDIS_URL": broker.url}
    environ = ground.environment(**urls, DATA_DIR=str(folder))
    ground.fill(environ, COMPANY)
    return environ


def _rage(place: Place, options: argparse.Namespace) -> bool:
    """Calm, then chaos, then until it is quiet; prints the table. Whether every bound was kept."""
    steps = 2 if options.minutes >= SECOND_STEP_FROM_MINUTES else 1
    sender = Sender(f"{place.up.url}/api/v1/ingest/generic/{KEY}/", options.rate, random.Random(options.seed))
    sending = threading.Thread(target=sender.run, args=(options.calm + options.minutes * 60,))
    calm_until = time.monotonic() + options.calm
    sending.start()
    time.sleep(options.calm)
    happened = faults.run(place, options.seed, options.minutes * 60, sender.over)
    sending.join(QUIET_SECONDS)
    sender.over.set()
    log = place.provider.log
    end = time.monotonic() + QUIET_SECONDS
    while counting.outstanding(sender.problems, list(log), steps) and time.monotonic() < end:
        time.sleep(0.5)
    counted = counting.count(sender.problems, list(log), happened, calm_until, steps)
    if options.log:
        kept = {"faults": happened, "problems": sender.problems, "arrivals": log, "calm_until": calm_until}
        options.log.write_bytes(orjson.dumps(kept))
    sys.stdout.write(report.table(options.seed, sender, happened, counted) + "\n")
    return all(bound.kept for bound in report.bounds(sender, counted))


if __name__ == "__main__":
    sys.exit(main())
