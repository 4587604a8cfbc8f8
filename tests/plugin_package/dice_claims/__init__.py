"""Claims about throws of dice, for explore-theory."""
