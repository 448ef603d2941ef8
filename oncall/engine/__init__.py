"""Jobs of the pager: state changes by sweep, messages by deliver."""
