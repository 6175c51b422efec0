"""`nasnet bench-table`: every network of a small space, trained once."""
