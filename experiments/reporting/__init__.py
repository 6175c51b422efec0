"""A run as a page: what was asked, what came of it, what to type next."""
