"""SpannerSampling: the learner, its schedule, and the policy it returns."""
