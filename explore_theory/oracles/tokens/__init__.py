"""The token oracle: prefixes in, tokens out; by both laws."""
