"""Weights from elsewhere, under the name that they had before the applications needed them."""

from stacking.keras_weights import assign_weights, weights_from_keras

__all__ = ("assign_weights", "weights_from_keras")
