"""NumPy twins of what the course teaches: the lessons' first versions, and the tests' second opinion."""
