"""The incident page: what it reads, what can be done on it, how it stays fresh."""
