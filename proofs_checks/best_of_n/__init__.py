"""Best-of-N: how far it is from the policy that it draws from, and how often it wins against it."""
