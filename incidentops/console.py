"""The operator console: our AdminSite."""

from unfold.sites import UnfoldAdminSite


class Console(UnfoldAdminSite):
    site_header = "IncidentOps"
    site_title = "IncidentOps"
