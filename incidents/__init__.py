"""What is broken, who deals with it, who is told."""
