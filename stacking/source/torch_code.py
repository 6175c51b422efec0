"""A network as a file of PyTorch modules that needs PyTorch alone, and its weights for them."""

import keyword
from collections.abc import Iterator, Mapping

import numpy as np

from nasnet.cells import Network, network_cost
from nasnet.stacking.recipe import Recipe
from nasnet.stacking.source.functions import program
from nasnet.stacking.source.keras_code import about, heading
from nasnet.stacking.source.program import (
    Function,
    Line,
    Loop,
    Program,
    Text,
    items,
    last_value,
    suffix_of,
)
from nasnet.stacking.source.text import WIDTH, input_names, loop, statement, variables
from nasnet.stacking.source.torch_parts import HEAD, HELPERS, INITIAL, SAME
from nasnet.stacking.source.trace import Part, Trace

_KEYS = {
    "conv": ("channels", "filters", "kernel", "strides", "dilation", "padding", "bias"),
    "sep_conv": ("channels", "filters", "kernel", "strides", "dilation"),
    "bn": ("filters",),
    "max_pool": ("size", "strides", "padding"),
    "avg_pool": ("size", "strides", "padding"),
    "pad": ("sides",),
    "reshape": ("sizes",),
    "dense": ("channels", "filters", "bias"),
}
_WORDS = {"strides": "stride", "dilation": "dilation"}
_CLASSES = ("Conv2d", "SeparableConv2d", "MaxPool2d", "AvgPool2d", "Network")
_RESERVED = ("torch", "nn", "F", "pad_same", "batch_norm", "Network")
_ROLES = {
    "kernel": "weight",
    "bias": "bias",
    "depthwise_kernel": "depthwise.weight",
    "pointwise_kernel": "pointwise.weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}


def torch_code(
    network: Network,
    recipe: Recipe = Recipe(),
    title: str = "A NASNet.",
    *,
    softmax: bool = False,
) -> str:
    """The source of a file whose `Network` is the network.

    Args:
        network: it must have a classifier.
        recipe: gives batch normalization's constants.
        title: its first line.
        softmax: whether it gives probabilities; else logits.

    Raises:
        ValueError: it has no classifier, or the images are too small.
    """
    trace = Trace(network)
    found = program(trace, _KEYS, _RESERVED)
    kinds = {step.kind for step in trace.whole.steps}
    height, width, channels = network.input_shape
    momentum = round(1 - recipe.batch_norm_momentum, 12)  # the share of the new, not of the old
    values = {"momentum": momentum, "epsilon": recipe.batch_norm_epsilon}
    if "sep_conv" in kinds:
        kinds.add("conv")
    parts = [
        HEAD.format(
            title=heading(title, network),
            height=height,
            width=width,
            channels=channels,
            outputs="probabilities" if softmax else "logits",
        ),
        SAME,
        *(text.format(**values) for kind, text in HELPERS.items() if kind in kinds),
        *(_function(function) for function in found.functions),
        _network(found, softmax),
    ]
    return "\n".join(parts)


def torch_weights(network: Network, weights: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What `load_state_dict` of the file's network takes.

    Args:
        network: whose weights they are.
        weights: all of them by their paths in the Keras network.

    Returns:
        Arrays in PyTorch's order of axes: [out, in, height, width] for kernels.

    Raises:
        ValueError: they are those of another network.
    """
    shapes = {p.path: p.shape for p in network_cost(network)[0].parameters}
    for path in sorted(shapes.keys() ^ weights.keys()):
        state = "missing" if path in shapes else "unknown"
        raise ValueError(f"weight {path} is {state}, expected those of the network alone")
    for path, shape in shapes.items():
        if weights[path].shape != shape:
            raise ValueError(f"weight {path} has shape {weights[path].shape}, expected {shape}")
    trace = Trace(network)
    calls = program(trace, _KEYS, _RESERVED).calls
    paths = dict(_paths(trace.whole, calls))
    found = {}
    for path, array in weights.items():
        layer, role = path.rsplit("/", 1)
        if role == "depthwise_kernel":
            array = array.transpose(2, 3, 0, 1)
        elif role.endswith("kernel"):
            array = array.transpose(3, 2, 0, 1) if array.ndim == 4 else array.T
        found[f"{paths[layer]}.{_ROLES[role]}"] = np.ascontiguousarray(array)
    return found


def _paths(
    part: Part, calls: Mapping[Part, Function], prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """The name of each layer, and the path of its module."""
    for item in items(part, calls):
        path = f"{prefix}{suffix_of(item, part)}"
        if isinstance(item, Part):
            yield from _paths(item, calls, f"{path}.")
        else:
            yield item.name, path


def _function(function: Function) -> str:
    inputs = input_names(function.inputs, function.lines)
    parameters = ", ".join(["self", *function.parameters])
    lines = [f"\nclass {_class(function)}(nn.Module):"]
    if function.hint.endswith("_cell"):
        lines += [f'    """{about(function)}."""', ""]
    lines += [f"    def __init__({parameters}):", "        super().__init__()"]
    for line in function.lines:
        lines += _module(line)
    names = variables(function.lines, inputs)
    lines += ["", f"    def forward(self, {', '.join(inputs)}):"]
    for line in function.lines:
        last = line is function.lines[-1]
        lines += _forward(line, names, "return" if last else f"{names[line.output]} =")
    return "\n".join([*lines, ""])


def _network(found: Program, softmax: bool) -> str:
    names = variables(found.lines, ["image"])
    lines = ["\nclass Network(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    forward = ["    def forward(self, image):"]
    for row in found.lines:
        if isinstance(row, Loop):
            lines.append(f"        for i in range({row.start}, {row.start + len(row.outputs)}):")
            call, given = _made(row.first) or ("", [])
            made = f"{call}({', '.join(given)})"
            lines.append(f'            self.add_module(f"{row.prefix}_{{i}}", {made})')
            cell = f'self.get_submodule(f"{row.prefix}_{{number}}")({{inputs}})'
            forward += (f"    {line}" for line in loop(row, names, cell))
        else:
            lines += _module(row)
            forward += _forward(row, names, f"{names[row.output]} =")
    logits = names[last_value(found.lines)]
    forward.append(f"        return {f'F.softmax({logits}, 1)' if softmax else logits}")
    return "\n".join([*lines, INITIAL, *forward, ""])


def _module(line: Line) -> Iterator[str]:
    """The making of a line's module in `__init__`, if it has one."""
    made = _made(line)
    if made is not None:
        start = f"self.{line.suffix} ="
        yield from (f"    {text}" for text in statement(start, *made, width=WIDTH - 4))


def _made(line: Line) -> tuple[str, list[str]] | None:
    """The class of a line's module, and what it is given; None where it has none."""
    settings = {key: _name(text) for key, text in line.settings.items()}
    same = settings.pop("padding", '"same"') == '"same"'
    bias = settings.pop("bias", "False") == "True"
    if line.kind == "call":
        return _name(line.callee), list(settings.values())
    if line.kind in ("conv", "sep_conv"):
        sizes = [settings.pop(key) for key in ("channels", "filters", "kernel")]
        given = [
            *sizes,
            *(f"{_WORDS[key]}={text}" for key, text in settings.items() if text != "1"),
        ]
        if line.kind == "sep_conv":
            return "SeparableConv2d", given
        plain = not same or given[2:] == ["1"]
        return "nn.Conv2d" if plain else "Conv2d", [*given, *([] if bias else ["bias=False"])]
    if line.kind == "bn":
        return "batch_norm", [settings["filters"]]
    if line.kind in ("max_pool", "avg_pool"):
        name = {"max_pool": "MaxPool2d", "avg_pool": "AvgPool2d"}[line.kind]
        plain = not same or settings["size"] == "1"
        return f"nn.{name}" if plain else name, [settings["size"], settings["strides"]]
    if line.kind == "pad":
        return "nn.ZeroPad2d", [settings["sides"]]
    if line.kind == "dense":
        sizes = [settings["channels"], settings["filters"]]
        return "nn.Linear", [*sizes, *([] if bias else ["bias=False"])]
    return None


def _forward(line: Line, names: dict[int, str], start: str) -> Iterator[str]:
    """A line of `forward`; `start` is what stands in front of it."""
    inputs = [names[value] for value in line.inputs]
    (x, *_) = inputs
    text = {
        "relu": f"F.relu({x})",
        "crop": f"{x}[:, :, 1:, 1:]",
        "zeros": f"torch.zeros_like({x})",
        "add": " + ".join(inputs),
        "global_pool": f"{x}.mean((2, 3))",
        "reshape": _reshaped(x, str(line.settings.get("sizes", ""))),
    }.get(line.kind)
    if text is not None:
        yield f"        {start} {text}"
        return
    call, given = f"self.{line.suffix}", inputs
    if line.kind == "concat":
        call, given = "torch.cat", [f"[{', '.join(inputs)}]", "1"]
    yield from (f"    {text}" for text in statement(start, call, given, width=WIDTH - 4))


def _reshaped(x: str, shape: str) -> str:
    """Values in the order of [N, H, W, C], in a shape of that order."""
    sizes = shape.strip("(),").split(", ")
    rows = f"{x}.permute(0, 2, 3, 1)"
    if len(sizes) == 1:
        return f"{rows}.flatten(1)"
    return f"{rows}.reshape(-1, {', '.join(sizes)}).permute(0, 3, 1, 2)"


def _class(function: Function) -> str:
    name = "".join(word[:1].upper() + word[1:] for word in function.name.split("_"))
    return f"{name}Module" if name in _CLASSES or keyword.iskeyword(name) else name


def _name(text: Text) -> str:
    return _class(text) if isinstance(text, Function) else text
