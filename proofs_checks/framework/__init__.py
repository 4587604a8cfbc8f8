"""The KL-regularised framework: objective, optimal policy, coverage, mixtures."""
