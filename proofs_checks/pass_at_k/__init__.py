"""The chance that one of k attempts passes, estimated from n attempts of which c passed."""
