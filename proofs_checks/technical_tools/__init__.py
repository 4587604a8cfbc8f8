"""The tools that every theorem uses: the softmax sampler's guarantees, tail bounds, and small inequalities."""
