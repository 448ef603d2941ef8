"""The severity profiles as one batch sees them: from a sender's word to a row."""

from typing import Self

from incidents.logic.severity import DEFAULT_LEVEL, level_for
from incidents.models import Integration, Service, Severity


class Levels:
    """Every severity, read once. Words are looked up per integration: its own map, else the usual four."""

    def __init__(self, severities: list[Severity]) -> None:
        self.by_pk = {severity.pk: severity for severity in severities}
        self.by_rank = {severity.rank: severity for severity in severities}
        self._by_level = {severity.level: severity for severity in severities}
        self._known: dict[tuple[int, str], Severity] = {}

    @classmethod
    def load(cls) -> Self:
        return cls(list(Severity.objects.order_by("rank")))

    def of_word(self, word: str, integration: Integration, service: Service) -> Severity:
        """The severity that a sender's word means; the service's default for an unmapped word or a deleted level."""
        known = self._known.get((integration.pk, word))
        if known is None:
            mapping = integration.severity_map if isinstance(integration.severity_map, dict) else None
            level = level_for(word, mapping, "") if word else ""
            known = self._by_level.get(str(level)) or self.default(service)
            self._known[integration.pk, word] = known
        return known

    def default(self, service: Service) -> Severity:
        """The service's own default, else SEV-3, else the mildest that pages (or the mildest at all)."""
        own = self.by_pk.get(service.default_severity_id or 0) or self._by_level.get(DEFAULT_LEVEL)
        if own:
            return own
        mildest_first = sorted(self.by_rank.values(), key=lambda severity: -severity.rank)
        pages = (severity for severity in mildest_first if severity.page != Severity.Paging.NEVER)
        return next(pages, mildest_first[0])
