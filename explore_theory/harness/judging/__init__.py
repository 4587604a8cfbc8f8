"""From stored blocks to results: what is settled, what a report says of it; the upkeep of stores."""
