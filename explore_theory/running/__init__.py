"""A learner on a problem, once: what it returned, what it spent, its exact gap."""
