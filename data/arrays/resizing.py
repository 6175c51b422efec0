"""Images in memory at another size."""

import numpy as np
from PIL import Image, ImageOps


def resize(images: np.ndarray, size: int) -> np.ndarray:
    """Resizes the shorter side and keeps the middle square, as for a folder.

    Args:
        images: [N, H, W, C] uint8 of any number of channels.
        size: height and width of the result in pixels.

    Returns:
        [N, size, size, C] uint8; the images themselves where they have that size.
    """
    if images.shape[1:3] == (size, size):
        return images
    resized = np.empty((len(images), size, size, images.shape[3]), np.uint8)
    for i, image in enumerate(images):
        for channel in range(images.shape[3]):
            plane = Image.fromarray(image[..., channel])
            square = ImageOps.fit(plane, (size, size), Image.Resampling.BILINEAR)
            resized[i, ..., channel] = np.asarray(square)
    return resized
