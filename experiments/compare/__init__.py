"""`nasnet compare` and the tables that it looks things up in."""
