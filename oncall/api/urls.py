"""/api/v1/: on call."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from oncall.api.docs import DocsView, SchemaView
from oncall.api.duty import LeaveViewSet, OverrideViewSet
from oncall.api.handoffs import HandoffViewSet
from oncall.api.holidays import HolidayViewSet
from oncall.api.people import PersonViewSet
from oncall.api.policies import PolicyViewSet
from oncall.api.schedules import ScheduleViewSet
from oncall.api.teams import ChannelViewSet, TeamViewSet
from oncall.api.tokens import TokenViewSet

router = SimpleRouter()
router.register("people", PersonViewSet, "person")
router.register("teams", TeamViewSet, "team")
router.register("channels", ChannelViewSet, "channel")
router.register("schedules", ScheduleViewSet, "schedule")
router.register("overrides", OverrideViewSet, "override")
router.register("handoffs", HandoffViewSet, "handoff")
router.register("leave", LeaveViewSet, "leave")
router.register("escalation-policies", PolicyViewSet, "escalation-policy")
router.register("holidays", HolidayViewSet, "holiday")
router.register("tokens", TokenViewSet, "token")

urlpatterns = [
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", DocsView.as_view(), name="api-docs"),
    *router.urls,
]
