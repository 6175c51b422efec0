"""One cell, or the two of a genotype, as a picture."""
