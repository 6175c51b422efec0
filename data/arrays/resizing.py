"""Images in memory at another size."""

import numpy as np
from PIL import Image

from nasnet.data.folders.pixels import fit


def resize(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Keeps the middle of each image and resizes it, as for a folder.

    Args:
        images: [N, H, W, C] uint8 of any number of channels.
        size: height and width of the result in pixels.

    Returns:
        [N, *size, C] uint8; the images themselves where they have that size.
    """
    if images.shape[1:3] == size:
        return images
    resized = np.empty((len(images), *size, images.shape[3]), np.uint8)
    for i, image in enumerate(images):
        for channel in range(images.shape[3]):
            plane = Image.fromarray(image[..., channel])
            resized[i, ..., channel] = np.asarray(fit(plane, size))
    return resized
