"""The Django project: wiring only, no model, no rule."""
