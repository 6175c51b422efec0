"""Images: one reader for each source. NumPy and Pillow; tf.data where a name says so."""
