"""Controllers that are policy networks, and how these learn."""
