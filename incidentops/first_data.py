"""The account that an empty database gets at the first start."""

import secrets

from django.conf import settings

from oncall.models import User


def first_admin() -> tuple[str, str] | None:
    """Name and password of a superuser made because there was none; the password is kept nowhere else."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    taken = set(User.objects.filter(username__startswith="admin").values_list("username", flat=True))
    username = next(name for name in ("admin", *(f"admin{number}" for number in range(2, 99))) if name not in taken)
    password = secrets.token_urlsafe(12)
    email = "" if settings.PRODUCTION else f"{username}@localhost"
    User.objects.create_superuser(username, email, password, name="Administrator")
    return username, password
