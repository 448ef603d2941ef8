"""The canary: every quarter of an hour an alert of the watchdog's own goes the whole way, from the door to a message.

What it leaves behind on its way is hidden everywhere (see `oncall.models.canary`) and deleted when it has arrived.
"""
