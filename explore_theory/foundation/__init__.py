"""What everything stands on: argument checks, random streams, finite laws, compilation."""
