"""Things the reader moves: arrays or callables in, one widget class an idea."""
