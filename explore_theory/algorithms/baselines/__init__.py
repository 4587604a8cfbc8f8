"""What practice does: passive data, best-of-N, online greedy, online DPO, XPO."""
