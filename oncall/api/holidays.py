"""/holidays/: public holidays, as rows."""

from oncall.api.base.filters import Word, filters
from oncall.api.base.serializers import Rows
from oncall.api.base.views import Configuration
from oncall.models import Holiday


class HolidaySerializer(Rows[Holiday]):
    class Meta:
        model = Holiday
        fields = ["id", "country", "day_on", "name"]


class HolidayFilter(filters.FilterSet):
    country = Word()
    day_on_after = filters.DateFilter("day_on", lookup_expr="gte")
    day_on_before = filters.DateFilter("day_on", lookup_expr="lt")

    class Meta:
        model = Holiday
        fields: list[str] = []


class HolidayViewSet(Configuration[Holiday]):
    """Public holidays by country (and subdivision), as working hours read them."""

    queryset = Holiday.objects.all()
    serializer_class = HolidaySerializer
    filterset_class = HolidayFilter
