"""Run directories: how runs begin, are found again and go on."""
