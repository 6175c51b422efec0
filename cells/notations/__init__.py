"""How others write cells down: read and written, never evaluated."""
