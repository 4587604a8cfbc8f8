"""Machine-checked proofs of steps of SpannerSampling, and how each is held against the package's numbers."""
