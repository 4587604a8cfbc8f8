"""Steps of the SpannerSampling proof, and the theorem end to end."""
