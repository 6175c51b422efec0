"""A whole network as a picture."""
