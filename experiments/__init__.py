"""The command line, the data sets, and one script for each published result."""
