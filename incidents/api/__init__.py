"""What other programs see of alerts and incidents."""
