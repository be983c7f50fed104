"""A folder a lesson: all that is behind its notebook and serves no other lesson."""
