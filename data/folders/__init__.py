"""Class folders of image files, read alike for search and transfer. Pillow, no TensorFlow."""
