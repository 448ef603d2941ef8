"""The installations that the services suite runs against."""

from collections.abc import Generator, Iterator

import pytest

from tests.oncall.provider import Provider, serving
from tests.services.ground import Ground, Postgres
from tests.services.running import Installation


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the processes said."""
    report = yield
    if report.failed:
        running = [value for value in getattr(item, "funcargs", {}).values() if isinstance(value, Installation)]
        report.sections += [("what the processes said", one.said()) for one in running[:1]]
    return report


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    with serving() as served:
        yield served


@pytest.fixture(scope="session")
def ground(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return Ground(tmp_path_factory.mktemp("services"), provider)


@pytest.fixture(scope="session")
def postgres(ground: Ground) -> Iterator[Postgres]:
    made = Postgres(ground)
    yield made
    made.remove()


@pytest.fixture(scope="session")
def shared(postgres: Postgres) -> Iterator[Installation]:
    """One of each process, for the tests that break nothing; they use different services or different keys."""
    with postgres.installation() as running:
        running.start("web", "paging", "bulk", "beat")
        running.await_ready()
        yield running


@pytest.fixture
def quiet(shared: Installation) -> Installation:
    """The shared one, the provider's memory emptied."""
    shared.provider.requests.clear()
    return shared
