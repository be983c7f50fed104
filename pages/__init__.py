"""Pages without a kernel: every lesson as static HTML, and what the slides share with them."""
