"""Tools of every theorem: guarantees of the softmax sampler, tail bounds, small inequalities."""
