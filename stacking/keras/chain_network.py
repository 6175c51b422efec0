"""A chain of layers as a Keras network.

Baker et al., https://arxiv.org/abs/1611.02167, sections 4.1 and 5.
"""

import keras

from nasnet.cells.chains import Chain, Conv, Dense, Layer, MaxPool

DROPOUT_EVERY = 2  # layers


def build_chain(
    chain: Chain,
    input_shape: tuple[int, int, int],
    classes: int,
    *,
    dropout: bool = True,
    classifier_activation: str | None = "softmax",
    name: str = "chain",
) -> keras.Model:
    """The network of a chain, of stock Keras layers.

    Convolutions keep the image's size and are followed by ReLU; weights are drawn as Xavier's.
    After the last layer comes the mean over all pixels, unless a dense layer has flattened them,
    and the classifier.

    Args:
        chain: the layers.
        input_shape: height, width and channels of the images.
        classes: units of the classifier.
        dropout: whether every second layer is followed by dropout; the i-th of n of them has the
            rate i / (2 n), as in the paper.
        classifier_activation: None for logits.
        name: of the model.

    Returns:
        A model from images [N, H, W, C] to [N, classes].
    """
    inputs = x = keras.Input(input_shape, name="image")
    drops = len(chain.layers) // DROPOUT_EVERY if dropout else 0
    for i, layer in enumerate(chain.layers, start=1):
        x = _add(layer, x, i)
        drop, rest = divmod(i, DROPOUT_EVERY)
        if drops and not rest:
            x = keras.layers.Dropout(drop / (2 * drops), name=f"dropout_{i}")(x)
    if len(x.shape) > 2:
        x = keras.layers.GlobalAveragePooling2D(name="mean")(x)
    x = keras.layers.Dense(classes, classifier_activation, name="classifier")(x)
    return keras.Model(inputs, x, name=name)


def _add(layer: Layer, x: keras.KerasTensor, number: int) -> keras.KerasTensor:
    match layer:
        case Conv(kernel, filters):
            name = f"conv_{number}"
            return keras.layers.Conv2D(
                filters, kernel, padding="same", activation="relu", name=name
            )(x)
        case MaxPool(window, stride):
            return keras.layers.MaxPooling2D(window, stride, name=f"max_pool_{number}")(x)
        case Dense(units):
            if len(x.shape) > 2:
                x = keras.layers.Flatten(name="flatten")(x)
            return keras.layers.Dense(units, "relu", name=f"dense_{number}")(x)
