"""What a claim is: its checks, cases, false variants, figures; and what its author may use."""
