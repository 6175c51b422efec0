"""The shortest program that classifies a photo by a network's file, without this toolkit."""

from nasnet.transfer.serving.export import Format
from nasnet.transfer.serving.trained import TrainedNetwork

# What each format is run with: packages, import, the network, its outputs [classes].
_PROGRAMS: dict[Format, tuple[str, str, str, str]] = {
    "keras": (
        "keras, tensorflow",
        "import keras",
        "keras.saving.load_model({path})",
        "model.predict(pixels, verbose=0)[0]",
    ),
    "saved_model": (
        "tensorflow",
        "import tensorflow as tf",
        "tf.saved_model.load(str({path}))",
        "model.serve(pixels).numpy()[0]",
    ),
    "onnx": (
        "onnxruntime",
        "import onnxruntime",
        "onnxruntime.InferenceSession({path})",
        "model.run(None, {{model.get_inputs()[0].name: pixels}})[0][0]",
    ),
    "litert": (
        "ai-edge-litert",
        "from ai_edge_litert.interpreter import Interpreter",
        "Interpreter(str({path})).get_signature_runner()",
        "[*model(**dict.fromkeys(model.get_input_details(), pixels)).values()][0][0]",
    ),
    "torch": (
        "torch, safetensors",
        "import torch\nfrom model import Network\nfrom safetensors.torch import load_file",
        'Network().eval()\nmodel.load_state_dict(load_file({path}.with_suffix(".safetensors")))',
        "model(torch.from_numpy(pixels.transpose(0, 3, 1, 2))).detach().numpy()[0]",
    ),
}


def usage(
    network: TrainedNetwork, form: Format, file: str, shape: tuple[int, int, int], pixels: bool
) -> str:
    """The program, to lie beside the file and its labels.txt.

    Args:
        network: says how images are shown to it.
        form: of the file.
        file: its name.
        shape: height, width and channels of its images.
        pixels: whether it takes 0..255; else -1..1.
    """
    packages, library, load, run = _PROGRAMS[form]
    (height, width, channels), bleed = shape, round((1 - network.crop) / 2, 6)
    what, reader = "a photo", "from PIL import Image, ImageOps"
    photo = [
        'photo = ImageOps.exif_transpose(Image.open(sys.argv[1])).convert("{}")'.format(
            "L" if channels == 1 else "RGB"
        ),
        f"photo = ImageOps.fit(photo, ({width}, {height}), Image.Resampling.BILINEAR, {bleed})",
    ]
    given = "photo"
    if channels not in (1, 3):
        what, reader, photo = f"an array [{height}, {width}, {channels}]", "", []
        given = "np.load(sys.argv[1])"
    pillow = ", pillow" if photo else ""
    path = f'Path(__file__).with_name("{file}")'
    lines = [
        f'"""Classifies {what}: python usage.py FILE. Needs {packages}, numpy{pillow}."""',
        "",
        "import sys",
        "from pathlib import Path",
        "",
        *sorted(
            filter(None, ("import numpy as np", *library.splitlines(), reader)),
            key=lambda line: (line.startswith("from"), line),
        ),
        "",
        f"model = {load.format(path=path)}",
        *photo,
        f"pixels = np.asarray({given}, np.float32).reshape(1, {height}, {width}, {channels})"
        + ("" if pixels else " / np.float32(127.5) - 1"),
        f"outputs = {run.format()}",
        'print(Path(__file__).with_name("labels.txt").read_text().splitlines()[outputs.argmax()])',
    ]
    return "\n".join(lines) + "\n"
