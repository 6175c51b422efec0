"""`nasnet search`: from settings to results."""
