"""Networks that are handed on: files for elsewhere, and what is said of them."""
