"""Running claims: jobs, workers, executors, sessions, counter-examples."""
