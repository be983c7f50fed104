"""Training: the loop and what it needs, for any module and any iterator of batches. Knows no model."""
