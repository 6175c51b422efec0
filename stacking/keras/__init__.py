"""Networks of stock Keras layers: to be trained, loaded and exported."""
