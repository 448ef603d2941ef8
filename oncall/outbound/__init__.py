"""The one guarded way to addresses that people typed: look up once, judge every answer, connect to just those."""

from oncall.outbound.calls import Response, post, post_json
from oncall.outbound.lookup import OutboundRefused, OutboundUnreachable, check_address, check_host, check_literal
from oncall.outbound.watch import guarded_connections

__all__ = [
    "OutboundRefused",
    "OutboundUnreachable",
    "Response",
    "check_address",
    "check_host",
    "check_literal",
    "guarded_connections",
    "post",
    "post_json",
]
