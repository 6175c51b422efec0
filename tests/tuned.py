"""Models as KerasTuner's users write them, small; and functions that are broken in some way."""

import keras


def build_model(hp):
    model = keras.Sequential([keras.Input((36,))])
    for i in range(hp.Int("layers", 1, 3)):
        model.add(keras.layers.Dense(hp.Int(f"units_{i}", 4, 12, step=4), activation="relu"))
    if hp.Boolean("dropout"):
        model.add(keras.layers.Dropout(hp.Float("rate", 0.1, 0.5, step=0.2)))
    model.add(keras.layers.Dense(3, activation="softmax"))
    return compiled(model, hp.Float("learning_rate", 1e-3, 1e-1, sampling="log"))


def often_fails(hp):
    """Fails for two of three values, at the first of all."""
    if hp.Int("kind", 0, 2) != 1:
        raise RuntimeError("no such kind")
    return linear(hp.Choice("learning_rate", [0.1, 0.01]))


def always_fails(hp):
    hp.Int("kind", 0, 2)
    raise RuntimeError("no such kind")


def diverges(hp):
    return linear(hp.Choice("learning_rate", [1e38, 0.01]), "sgd")


def not_compiled(hp):
    hp.Boolean("any")
    return keras.Sequential([keras.Input((36,)), keras.layers.Dense(3)])


def without_input(hp):
    """A model that has no shape before its first batch, and dropout that must go on as it was."""
    layers = [keras.layers.Flatten(), keras.layers.Dense(hp.Int("units", 4, 8, step=4), "relu")]
    layers += [keras.layers.Dropout(0.5), keras.layers.Dense(3, "softmax")]
    return compiled(keras.Sequential(layers), 0.01)


def one_hot(hp):
    model = keras.Sequential([keras.Input((6, 6)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(3, hp.Choice("activation", ["softmax"])))
    model.compile("sgd", keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    return model


class Builder:
    """A hyper-model, which has its function in a class."""

    def build(self, hp):
        return linear(hp.Choice("learning_rate", [0.1, 0.01]))


class Fitting(Builder):
    def fit(self, hp, model, *args, **kwargs):
        return model.fit(*args, batch_size=hp.Int("batch", 8, 16), **kwargs)


def linear(rate, optimizer="adam"):
    layers = [keras.Input((36,)), keras.layers.Dense(3, activation="softmax")]
    return compiled(keras.Sequential(layers), rate, optimizer)


def compiled(model, rate, optimizer="adam"):
    kind = {"adam": keras.optimizers.Adam, "sgd": keras.optimizers.SGD}[optimizer]
    model.compile(kind(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
