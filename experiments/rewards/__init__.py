"""`nasnet reward-quality`: how far a search's reward is the cell's, and how far it is luck."""
