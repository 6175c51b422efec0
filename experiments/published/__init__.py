"""One script for each published result, with its figures and tables."""
