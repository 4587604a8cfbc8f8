"""What is measured: exact columns, enclosures, samples and what they say."""
