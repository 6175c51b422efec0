"""A network as source code that runs without this toolkit."""
