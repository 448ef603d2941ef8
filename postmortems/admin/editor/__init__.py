"""The page on which a postmortem is written, and the one on which it is read."""
