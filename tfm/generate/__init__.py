"""Choosing tokens: greedy, sampling and beam search over any model that scores the next one."""
