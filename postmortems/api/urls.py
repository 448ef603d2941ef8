"""/api/v1/: what we learned."""

from rest_framework.routers import SimpleRouter

from postmortems.api.actions import ActionViewSet
from postmortems.api.postmortems import PostmortemViewSet
from postmortems.api.templates import TemplateViewSet

router = SimpleRouter()
router.register("postmortems", PostmortemViewSet, "postmortem")
router.register("action-items", ActionViewSet, "action-item")
router.register("postmortem-templates", TemplateViewSet, "postmortem-template")

urlpatterns = router.urls
