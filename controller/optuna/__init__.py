"""Controllers out of Optuna."""
