"""Foreign code: what it imports and reads, and running it where it leaves nothing behind."""
