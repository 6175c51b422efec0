"""`nasnet export`: which images a network is checked with."""
