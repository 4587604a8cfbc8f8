"""Samples of a language model, as files hold them: read, pooled, and what they say of its coverage."""
