"""Jobs of incidents: what opens, holds and releases pages."""
