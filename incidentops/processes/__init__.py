"""The processes that `up` starts and keeps running."""
