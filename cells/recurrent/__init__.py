"""Recurrent cells: a graph of activations with highway gates. No TensorFlow."""
