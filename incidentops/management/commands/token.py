"""`manage.py token`: makes an API token for a person and prints it once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from oncall.keys import TooManyTokens, issue_api_token
from oncall.models import User


class Command(BaseCommand):
    help = "Makes an API token for USERNAME and prints it, this once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("--scope", choices=["read", "write"], default="read", help="default: read")

    def handle(self, *_: Any, **options: Any) -> None:
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is nobody with the username {options['username']!r}.")
        if not user.is_active:
            raise CommandError(f"{user.username} is inactive: a token of theirs would open nothing.")
        try:
            self.stdout.write(issue_api_token(user, options["scope"], timezone.now()))
        except TooManyTokens as error:
            raise CommandError(str(error)) from error
