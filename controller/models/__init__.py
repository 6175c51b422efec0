"""Models of what to expect of an architecture, and who is led by them."""
