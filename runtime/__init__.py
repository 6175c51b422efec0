"""What every other folder may use: it knows nothing of networks, and imports no library."""
