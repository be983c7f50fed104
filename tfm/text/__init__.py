"""Text in, numbers out: the tokenizers of the course."""
