"""Networks and cells that a person names, and what is done with them."""
