"""What we learned and whether we did it."""
