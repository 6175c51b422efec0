"""`nasnet store ...`: records of searches, as files and in databases."""
