"""/api/v1/: alerts and incidents. The senders' doors stand in senders.py."""

from rest_framework.routers import SimpleRouter

from incidents.api.rest.alerts import AlertViewSet
from incidents.api.rest.integrations import IntegrationViewSet
from incidents.api.rest.muting import MaintenanceViewSet, SilenceViewSet
from incidents.api.rest.pages import NotificationViewSet, PageViewSet
from incidents.api.rest.services import ServiceViewSet
from incidents.api.rest.severities import SeverityViewSet
from incidents.api.rest.verbs import IncidentViewSet

router = SimpleRouter()
router.register("incidents", IncidentViewSet, "incident")
router.register("alerts", AlertViewSet, "alert")
router.register("services", ServiceViewSet, "service")
router.register("integrations", IntegrationViewSet, "integration")
router.register("severities", SeverityViewSet, "severity")
router.register("silences", SilenceViewSet, "silence")
router.register("maintenance", MaintenanceViewSet, "maintenance")
router.register("pages", PageViewSet, "page")
router.register("notifications", NotificationViewSet, "notification")

urlpatterns = router.urls
