"""Figures of measurements; matplotlib loads with the first of them."""
