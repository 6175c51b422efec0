"""The function that both tuners of `benchmarks.tuning` are given: a grid of twelve models."""

import keras


def build_model(hp):
    """A dense network; three widths, with and without dropout, two learning rates."""
    layers = [
        keras.Input((28, 28, 1)),
        keras.layers.Flatten(),
        keras.layers.Dense(hp.Int("units", 32, 128, step=2, sampling="log"), "relu"),
    ]
    if hp.Boolean("dropout"):
        layers.append(keras.layers.Dropout(0.25))
    model = keras.Sequential([*layers, keras.layers.Dense(10, "softmax")])
    model.compile(
        keras.optimizers.Adam(hp.Choice("learning_rate", [1e-2, 1e-3])),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    return model
