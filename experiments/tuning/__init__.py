"""`nasnet tune`: the hyper-parameters of a Keras model of one's own; `tuner.tune` in Python."""
