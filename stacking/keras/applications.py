"""The published networks in the manner of `keras.applications`.

    model = NASNetMobile(weights="imagenet")
    backbone = NASNetLarge((512, 512, 3), include_top=False, pooling="avg")

Which cells and which plan a name stands for is said in `nasnet.stacking.presets` alone.
"""

import dataclasses
import re
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from nasnet.cells import network_cost
from nasnet.stacking.keras.backend import KerasLayers
from nasnet.stacking.keras.weights import (
    assign_variables,
    load_weights,
    peer_network,
    weights_from_keras,
)
from nasnet.stacking.network import CellNetwork
from nasnet.stacking.presets import PRESETS

decode_predictions = keras.applications.nasnet.decode_predictions


@dataclasses.dataclass(frozen=True, slots=True)
class Application:
    """Builds one published network; call it like a function of `keras.applications`.

    Attributes:
        name: of the models.
        preset: the network's name in `PRESETS`.
        peer: the function of `keras.applications` that has the same network. Ours then pads its
            pools as that one does, so that the weights carry over.
    """

    name: str
    preset: str
    peer: str | None = None

    def __call__(
        self,
        input_shape: tuple[int, int, int] | None = None,
        include_top: bool = True,
        weights: str | Path | None = None,
        input_tensor: Any = None,
        pooling: Literal["avg", "max"] | None = None,
        classes: int | None = None,
        classifier_activation: str | None = "softmax",
        name: str | None = None,
        batch_norm_momentum: float = 0.9,
        batch_norm_epsilon: float | None = None,
        prefix: str = "",
    ) -> keras.Model:
        """The network as a functional model of stock layers.

        Args:
            input_shape: height, width and channels; None for those of the paper. Any size that the
                network can halve often enough will do, with or without the classifier.
            include_top: whether the model ends with the classifier.
            weights: None for random ones; a `.keras`, `.weights.h5` or `.h5` file of such a
                network, or of the same one of `keras.applications`, alone or within another model;
                "imagenet" for those that Keras distributes, where there are any.
            input_tensor: a Keras tensor to build upon, [N, H, W, C], instead of an input.
            pooling: without the classifier, how the last features are reduced: None for not at all,
                [N, H, W, C]; "avg" or "max" over height and width, [N, C].
            classes: number of classes; None for that of the paper's data set.
            classifier_activation: on top of the logits; None for the logits themselves.
            name: of the model; None for the network's.
            batch_norm_momentum: of the running statistics. The published 0.9997 is for the 250,000
                steps of an ImageNet training: a network that is trained for some hundred steps
                would be judged by statistics that have hardly begun to move.
            batch_norm_epsilon: added to the variance; None for the published one.
            prefix: in front of the names of all layers, with a `_` between, so that one model may
                have several networks.

        Raises:
            ValueError: an argument is none of these, or weights do not fit or cannot be had.
        """
        preset = PRESETS[self.preset]
        stack = preset.stack
        if self.peer is not None:
            stack = dataclasses.replace(stack, conventions="keras")
        shape = self._shape(input_shape, input_tensor)
        if pooling not in (None, "avg", "max"):
            raise ValueError(f"pooling is {pooling!r}, expected None, 'avg' or 'max'")
        top = None
        if include_top:
            top = preset.classes if classes is None else classes
        self._check_weights(weights, top)
        network = CellNetwork(preset.genotype, stack, shape, top)
        network_cost(network)
        arrays = None
        if weights == "imagenet":  # before the network is built: it may not be to be had
            arrays = weights_from_keras(peer_network(str(self.peer), "imagenet"), stack.repeats)
        for what, value in (("momentum", batch_norm_momentum), ("epsilon", batch_norm_epsilon)):
            if value is not None and not 0 < value < 1:
                raise ValueError(f"batch_norm_{what} is {value}, expected between 0 and 1")
        if re.fullmatch(r"([A-Za-z]\w*)?", prefix) is None:
            raise ValueError(f"prefix is {prefix!r}, expected letters, digits and _")
        start = f"{prefix}_" if prefix else ""
        epsilon = batch_norm_epsilon
        if epsilon is None:
            epsilon = 1e-3 if stack.stem == "imagenet" else 1e-5
        backend = KerasLayers(
            momentum=batch_norm_momentum,
            epsilon=epsilon,
            glorot_separable=self.peer is not None,
            prefix=prefix,
        )
        image = keras.Input(shape, name=f"{start}image") if input_tensor is None else input_tensor
        ends = network.build(backend, image)
        if include_top:
            x = ends["Logits"]
            if classifier_activation is not None:
                # Half precision has too few digits for probabilities.
                dtype = keras.config.dtype_policy().variable_dtype
                last = f"{start}predictions"
                x = keras.layers.Activation(classifier_activation, dtype=dtype, name=last)(x)
        elif pooling == "avg":
            x = ends["global_pool"]
        else:
            x = ends[[*stack][-1].name]
            x = backend.relu(x) if stack.rules.relu_before_pool else x
            if pooling == "max":
                x = keras.layers.GlobalMaxPooling2D(name=f"{start}global_max_pool")(x)
        inputs = keras.utils.get_source_inputs(image)
        model = keras.Model(inputs[0] if len(inputs) == 1 else inputs, x, name=name or self.name)
        own = {
            variable.path.removeprefix(start): variable
            for variable in model.weights
            if variable.path.split("/")[0] in backend.made
        }
        if arrays is not None:
            assign_variables(own, arrays)
        elif weights is not None:
            load_weights(own, weights, self.peer, stack.repeats, prefix)
        return model

    def _shape(self, given: Any, tensor: Any) -> tuple[int, int, int]:
        if tensor is not None and not keras.utils.is_keras_tensor(tensor):
            raise ValueError(f"input tensor is a {type(tensor).__name__}, expected a Keras tensor")
        shape = given
        if tensor is not None:
            shape = tuple(tensor.shape[1:])
            if given is not None and tuple(given) != shape:
                raise ValueError(f"input shape is {given}, expected the tensor's {shape}")
        if shape is None:
            shape = PRESETS[self.preset].input_shape
        # A cell's input is halved where it is larger than its newer one, so sizes must be known.
        if len(shape) != 3 or None in shape:
            raise ValueError(f"input shape is {shape}, expected height, width and channels")
        height, width, channels = map(int, shape)
        return height, width, channels

    def _check_weights(self, weights: Any, classes: int | None) -> None:
        if weights == "imagenet":
            if self.peer is None:
                raise ValueError(f"weights is 'imagenet', expected None or a file for {self.name}")
            if classes not in (None, 1000):
                raise ValueError(f"classes is {classes}, expected 1000 for weights='imagenet'")
        elif weights is not None and not Path(weights).is_file():
            names = "None or a file" if self.peer is None else "None, 'imagenet' or a file"
            raise ValueError(f"weights is {str(weights)!r}, expected {names}")


NASNetMobile = Application("nasnet_mobile", "imagenet-mobile", "NASNetMobile")
NASNetLarge = Application("nasnet_large", "imagenet-large", "NASNetLarge")
NASNetCIFAR = Application("nasnet_cifar", "cifar")
PNASNet5Mobile = Application("pnasnet5_mobile", "pnasnet-mobile")
PNASNet5 = Application("pnasnet5_large", "pnasnet-large")
AmoebaNetAMobile = Application("amoebanet_a_mobile", "amoebanet-a-mobile")
AmoebaNetA = Application("amoebanet_a", "amoebanet-a-large")
DARTSNet = Application("dartsnet", "darts-v2-imagenet")


def preprocess_input(images: Any) -> Any:
    """Pixels from 0..255 to -1..1, as all of these networks expect them.

    Args:
        images: [..., C], a NumPy array, which is left as it is, or a tensor.
    """
    if isinstance(images, np.ndarray):
        return images.astype(keras.config.floatx()) / 127.5 - 1.0
    return keras.ops.cast(images, keras.config.floatx()) / 127.5 - 1.0
