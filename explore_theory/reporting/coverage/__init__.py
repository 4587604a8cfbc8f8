"""What samples say of a base model's coverage: in sentences, in a terminal, as data, on a page."""
