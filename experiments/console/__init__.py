"""What a person sees: progress while something runs, tables at its end."""
