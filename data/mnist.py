"""MNIST as `keras.datasets.mnist` has it: 60,000 images and 10,000 test images of digits."""

import dataclasses

from nasnet.data.arrays.npz import read_npz
from nasnet.data.dataset import Dataset
from nasnet.data.downloads import download, keras_datasets

FILE = "mnist.npz"
URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz"
_SHA256 = "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"


def mnist(seed: int) -> Dataset:
    """Its images; 5,000 of the training images, drawn by the seed, are for validation.

    Downloaded once, by Keras (11 MB); Keras need not be imported where it has the file.

    Raises:
        DataError: it cannot be had.
    """
    path = keras_datasets() / FILE
    if not path.is_file():
        download("MNIST", FILE, URL, _SHA256)
    found = read_npz(path, seed)
    return dataclasses.replace(found, name="mnist", source=f"mnist, as Keras has it in {path}")
