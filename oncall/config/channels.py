"""`channels`: addresses that are shared, such as a team's chat room."""

from typing import ClassVar

from django.db.models import QuerySet
from pydantic import field_validator

from oncall.documents import Column, Run, Section
from oncall.documents.kinds import Address, Named, address_problem
from oncall.documents.uses import still_used
from oncall.models import Channel


class ChannelShape(Named):
    address: Address

    @field_validator("address")
    @classmethod
    def _usable(cls, address: str) -> str:
        if problem := address_problem("channel", address):
            raise ValueError(problem)
        return address


class Channels(Section[Channel]):
    name: ClassVar[str] = "channels"
    noun: ClassVar[str] = "channel"
    shape = ChannelShape
    columns = (Column("name"), Column("slug"), Column("address"))
    model = Channel

    def rows(self) -> QuerySet[Channel]:
        return Channel.objects.all()

    def keep(self, run: Run, row: Channel) -> str:
        return still_used(row, {"Notification"})
