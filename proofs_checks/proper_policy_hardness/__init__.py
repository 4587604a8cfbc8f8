"""Claims about proper exploration: softmax policies fixed before the prompt is seen."""
