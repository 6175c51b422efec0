"""`nasnet transfer curve`: accuracy against cost, by networks of several sizes."""
