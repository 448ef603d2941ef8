"""The page on a phone: /p/<token>/, read on GET, act on POST, no session, no script."""
