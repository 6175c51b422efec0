"""A network as a file of stock Keras layers that needs Keras alone."""

from collections.abc import Collection, Iterator

from nasnet.cells import Network, network_cost
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.source.functions import program
from nasnet.stacking.source.program import Function, Line, Loop, Program, Text, last_value
from nasnet.stacking.source.text import input_names, loop, statement, variables
from nasnet.stacking.source.trace import Trace

_KEYS = {
    "conv": ("filters", "kernel", "strides", "dilation", "padding", "bias"),
    "sep_conv": ("filters", "kernel", "strides", "dilation"),
    "max_pool": ("size", "strides", "padding"),
    "avg_pool": ("size", "strides", "padding"),
    "pad": ("pads",),
    "reshape": ("sizes",),
    "dense": ("filters", "bias"),
}
_RESERVED = ("keras", "layers", "initial", "conv", "separable_conv", "batch_norm", "build")
_LAYERS = {
    "relu": "ReLU",
    "max_pool": "MaxPooling2D",
    "avg_pool": "AveragePooling2D",
    "pad": "ZeroPadding2D",
    "crop": "Cropping2D",
    "reshape": "Reshape",
    "zeros": "Rescaling",
    "add": "Add",
    "concat": "Concatenate",
    "global_pool": "GlobalAveragePooling2D",
    "dense": "Dense",
}
_HEAD = '''"""{title}
Written by `nasnet code`; needs Keras 3 alone. Images are [N, {height}, {width}, {channels}] from
-1 to 1 (pixels / 127.5 - 1).

    model = build()
    model.load_weights("model.weights.h5")
"""

import keras
from keras import layers
'''
_HELPERS = {
    "initial": '''
def initial():
    """He initialization by outputs; each kernel needs one of its own, or all draw alike."""
    return keras.initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")
''',
    "conv": """
def conv(x, filters, kernel, name, strides=1, dilation=1, padding="same", bias=False):
    return layers.Conv2D(
        filters,
        kernel,
        strides=strides,
        padding=padding,
        dilation_rate=dilation,
        use_bias=bias,
        kernel_initializer=initial(),
        name=name,
    )(x)
""",
    "sep_conv": """
def separable_conv(x, filters, kernel, name, strides=1, dilation=1):
    return layers.SeparableConv2D(
        filters,
        kernel,
        strides=strides,
        padding="same",
        dilation_rate=dilation,
        use_bias=False,
        depthwise_initializer=initial(),
        pointwise_initializer=initial(),
        name=name,
    )(x)
""",
    "bn": """
def batch_norm(x, name):
    return layers.BatchNormalization(momentum={momentum}, epsilon={epsilon}, name=name)(x)
""",
}
_FOOT = """


if __name__ == "__main__":
    build().summary()
"""
_DEFAULTS = {"strides": "1", "dilation": "1", "padding": '"same"', "bias": "False"}


def keras_code(network: Network, recipe: Recipe = Recipe(), title: str = "A NASNet.") -> str:
    """The source of a file whose `build()` is the model of `build_network`, layer by layer.

    Args:
        network: for inference; it must have a classifier.
        recipe: gives batch normalization's constants.
        title: its first line.

    Raises:
        ValueError: it has no classifier, or the images are too small.
    """
    trace = Trace(network)
    found = program(trace, _KEYS, _RESERVED)
    kinds = {step.kind for step in trace.whole.steps}
    height, width, channels = network.input_shape
    values = {"momentum": recipe.batch_norm_momentum, "epsilon": recipe.batch_norm_epsilon}
    taken = {function.name for function in found.functions}
    parts = [
        _HEAD.format(title=heading(title, network), height=height, width=width, channels=channels),
        *(
            text.format(**values)
            for kind, text in _HELPERS.items()
            if kind in kinds or (kind == "initial" and kinds & {"conv", "sep_conv"})
        ),
        *(_function(function, taken) for function in found.functions),
        _build(network, found, taken),
    ]
    return "\n".join(parts) + _FOOT


def heading(title: str, network: Network) -> str:
    """What stands first in a file: a title that cannot end its text, and what the network costs."""
    cost, _ = network_cost(network)
    words = " ".join(title.replace("\\", "/").replace('"', "'").split())
    return (
        f"{words}\n\n"
        f"{cost.trainable_parameters:,} trainable parameters, {cost.mult_adds:,} multiply-adds."
    )


def _function(function: Function, taken: Collection[str]) -> str:
    inputs = input_names(function.inputs, function.lines)
    names = variables(function.lines, inputs, taken)
    arguments = ", ".join([*inputs, *function.parameters, "name"])
    lines = [f"\ndef {function.name}({arguments}):"]
    if function.hint.endswith("_cell"):
        lines.append(f'    """{about(function)}."""')
    for line in function.lines:
        last = line is function.lines[-1]
        start = "return" if last else f"{names[line.output]} ="
        lines += _line(line, names, f'f"{{name}}_{line.suffix}"', start)
    return "\n".join([*lines, ""])


def about(function: Function) -> str:
    """What a cell is, for people."""
    kind = function.hint.replace("_", " ").capitalize()
    return f"{kind}, of which the network has {function.uses}"


def _build(network: Network, found: Program, taken: Collection[str]) -> str:
    height, width, channels = network.input_shape
    rows = found.lines
    names = variables(rows, ["image"], taken)
    lines = [
        "\ndef build():",
        f'    image = keras.Input(({height}, {width}, {channels}), name="image")',
    ]
    for row in rows:
        if isinstance(row, Loop):
            arguments = ["{inputs}", *_values(row.first), f'f"{row.prefix}_{{number}}"']
            lines += loop(row, names, f"{_name(row.first.callee)}({', '.join(arguments)})")
        else:
            lines += _line(row, names, f'"{row.suffix}"', f"{names[row.output]} =")
    logits = names[last_value(rows)]
    lines += [
        f'    predictions = layers.Activation("softmax", name="predictions")({logits})',
        '    return keras.Model(image, predictions, name="nasnet")',
    ]
    return "\n".join(lines)


def _line(line: Line, names: dict[int, str], name: str, start: str) -> Iterator[str]:
    """One step of a function or of `build`; `start` is what stands in front of it."""
    inputs = [names[value] for value in line.inputs]
    if line.kind == "call":
        yield from statement(start, _name(line.callee), [*inputs, *_values(line), name])
    elif line.kind in ("conv", "sep_conv"):
        call = {"conv": "conv", "sep_conv": "separable_conv"}[line.kind]
        settings = {key: str(text) for key, text in line.settings.items()}
        sizes = [settings.pop("filters"), settings.pop("kernel")]
        given = [f"{key}={text}" for key, text in settings.items() if text != _DEFAULTS[key]]
        yield from statement(start, call, [*inputs, *sizes, name, *given])
    elif line.kind == "bn":
        yield from statement(start, "batch_norm", [*inputs, name])
    else:
        several = line.kind in ("add", "concat")
        tail = [f"[{', '.join(inputs)}]"] if several else inputs
        layer, given = f"layers.{_LAYERS[line.kind]}", [*_arguments(line), f"name={name}"]
        yield from statement(start, layer, given, tail)


def _arguments(line: Line) -> list[str]:
    """What a layer without weights, or a dense one, is given."""
    if line.kind in ("crop", "zeros"):
        return [{"crop": "((1, 0), (1, 0))", "zeros": "0.0"}[line.kind]]
    settings = {key: str(text) for key, text in line.settings.items()}
    bias = settings.pop("bias", "True")
    return [*settings.values(), *([] if bias == "True" else ["use_bias=False"])]


def _values(line: Line) -> list[str]:
    return [_name(value) for value in line.settings.values()]


def _name(text: Text) -> str:
    return text.name if isinstance(text, Function) else text
