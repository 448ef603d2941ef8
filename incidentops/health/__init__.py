"""Is it well? One list of terms for /readyz, the console's light and the watchdog; figures for Prometheus."""

from incidentops.health.terms import Term, engine_terms

__all__ = ["Term", "engine_terms"]
