"""Throw-away networks over one flat vector, and the fast trainer."""
