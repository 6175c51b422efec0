"""Search, stack, transfer and draw NASNet cells on TensorFlow and Keras 3."""

__version__ = "0.2.0"
