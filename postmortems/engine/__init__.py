"""What the engine does for postmortems: `run(now) -> int` each."""
