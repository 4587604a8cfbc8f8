"""Claims on SpannerSampling: section 2 of the theory."""
