"""What an incident learns from its pages."""


def connect() -> None:
    """Subscribe to the pager's one signal."""
