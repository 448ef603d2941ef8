"""The drain: inbox rows into alerts, incidents and pages; by one worker, by two, new keys and repeated ones."""

from incidents.models import Alert
from oncall.models import Page
from tests.bench.backlog import Company, emptied, emptied_by
from tests.bench.figures import Figure
from tests.bench.run import Run

TARGET, SHARE = 8_000, 0.04


def figures(run: Run) -> list[Figure]:
    company = Company.found()
    rows = run.count(20_000)
    copied = run.limits.copied_rows

    def gate(work: str, value: float) -> Figure:
        return Figure(work, value, "/s", TARGET, copied, "COPY rows, 1 client", SHARE)

    def plain(work: str, value: float) -> Figure:
        return Figure(work, value, "/s", limit=copied, limit_is="COPY rows, 1 client")

    emptied(company.fill(run.count(1_000), 1, lambda n: f"warm {n}"))
    single = emptied(company.fill(rows, 1, lambda n: f"a{n}"))
    assert Alert.objects.filter(dedup_key__startswith="a").count() == rows
    assert Page.objects.exists()
    made = [gate("drain, new keys, 1 event a row, 1 worker", single)]
    made += [plain("… 100 events a row", emptied(company.fill(rows // 100, 100, lambda n: f"b{n}")))]
    made += [plain("… every key once again", emptied(company.fill(rows, 1, lambda n: f"a{n}")))]
    made += [plain("… one hot key for each sender", emptied(company.fill(rows, 1, lambda n: f"hot {n % 20}")))]
    one = emptied_by(1, lambda: company.fill(rows * 2, 1, lambda n: f"c{n}"))
    two = emptied_by(2, lambda: company.fill(rows * 2, 1, lambda n: f"d{n}"))
    made += [Figure("drain, new keys, 2 workers", two, "/s", limit=one, limit_is="1 worker", share=1.6)]
    company.grouping(0)
    own = run.count(5_000)
    before = Page.objects.count()
    made += [plain("drain, an incident and a page for each event", emptied(company.fill(own, 1, lambda n: f"e{n}")))]
    assert Page.objects.count() == before + own
    return made
