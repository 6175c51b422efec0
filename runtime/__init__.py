"""What any program here needs of the system: files written whole, quiet imports."""
