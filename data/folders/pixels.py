"""From an image file to its pixels, without trusting it.

What is read, always as 8-bit RGB and upright as its EXIF data says: JPEG, PNG, GIF, BMP, WebP, TIFF
and PPM, the first frame of several; grey, palettes, CMYK (without a colour profile), 16 bits a
channel (the upper 8 count), alpha (it is dropped; the colours below it show). What the file is
called does not matter. What has more pixels than the limit by its header is never decoded.
"""

import io
import math
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from nasnet.data.folders.bad import MAX_PIXELS, BadImageError, too_large
from nasnet.runtime.errors import one_line

# Named, because Pillow also knows formats that it hands to other programs (EPS).
_FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "PPM")
_ORIENTATION = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
# Pillow warns below our own limit, which every header is held to here.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def is_image(path: Path) -> bool:
    """Whether a file is an image by its first bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        try:
            Image.open(file, formats=_FORMATS)
        except Image.DecompressionBombError:
            return True
        except Exception:  # Pillow's readers of headers raise almost anything on other files
            return False
    return True


def read_rgb(
    file: Path | io.BytesIO, *, draft: int | None = None, max_pixels: int = MAX_PIXELS
) -> Image.Image:
    """The upright image in a file, as 8-bit RGB.

    Args:
        file: its path or its bytes.
        draft: a JPEG may be decoded at 1/2, 1/4 or 1/8 of its size, many times faster, as long as
            both its sides keep so many pixels; None for all of them.
        max_pixels: an image that has more is bad.

    Raises:
        BadImageError: it is no whole image of a known format, or too large.
    """
    try:
        with Image.open(file, formats=_FORMATS) as image:
            _check_size(*image.size, max_pixels)
            if draft is not None:
                image.draft("RGB", (draft, draft))
            image.load()  # Pillow turns a TIFF here
            upright, turn = _as_rgb(image), _TURNS.get(_orientation_of(image))
            return upright if turn is None else upright.transpose(turn)
    except BadImageError:
        raise
    except FileNotFoundError:
        raise BadImageError("it is not there") from None
    except UnidentifiedImageError:
        raise BadImageError(_unknown(file)) from None
    except Image.DecompressionBombError:
        raise BadImageError(
            f"it has far too many pixels, expected at most {max_pixels:,} in all"
        ) from None
    except Exception as error:  # Pillow's decoders raise almost anything on a bad file
        raise BadImageError(f"it cannot be decoded: {one_line(error)}") from None


def read_fitted(file: Path | io.BytesIO, size: tuple[int, int], crop: float = 1.0) -> Image.Image:
    """An image file at a size: what networks are trained on in memory, and shown afterwards.

    Args:
        file: as of `read_rgb`, whose errors are raised.
        size: as of `fit`.
        crop: as of `fit`.
    """
    # A JPEG that is decoded smaller costs a fraction.
    return fit(read_rgb(file, draft=math.ceil(2 * max(size) / crop)), size, crop)


def fit(image: Image.Image, size: tuple[int, int], crop: float = 1.0) -> Image.Image:
    """The middle of an image, resized (bilinear, antialiased).

    Args:
        image: of any size.
        size: height and width in pixels.
        crop: sides of what is shown, as a share of the largest window of that shape.
    """
    return ImageOps.fit(image, size[::-1], Image.Resampling.BILINEAR, bleed=(1 - crop) / 2)


def as_png(data: bytes, max_pixels: int = MAX_PIXELS) -> bytes:
    """An image of any format as an upright PNG, quickly written.

    Raises:
        BadImageError: it is none, or too large.
    """
    buffer = io.BytesIO()
    image = read_rgb(io.BytesIO(data), max_pixels=max_pixels)
    image.info.clear()  # a profile or EXIF data would only be in the way
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def orientation(data: bytes) -> int:
    """How a JPEG or PNG is turned: 1 for upright, 2 to 8 as EXIF counts.

    A file whose EXIF data cannot be read is upright.
    """
    # A search is all that most files need; Pillow would decode a PNG to look behind its pixels.
    if not any(mark in data for mark in (b"Exif\0\0", b"eXIf", b"rientation", b"Raw profile type")):
        return 1
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            return _orientation_of(image)
    except Exception:  # as above; what is wrong with the file is found when it is decoded
        return 1


def _orientation_of(image: Image.Image) -> int:
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # as above; pixels are good without their EXIF data
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if not 0 < width * height <= max_pixels:
        raise BadImageError(too_large(width, height, max_pixels))


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        upper = (np.asarray(image, np.uint32) >> 8).astype(np.uint8)
        return Image.fromarray(upper).convert("RGB")
    if image.mode in ("I", "F"):
        raise BadImageError(
            f"it has pixels of 32 bits (mode {image.mode}), expected 8 or 16 bits a channel"
        )
    image.info.pop("transparency", None)  # dropped as alpha is; Pillow would warn
    return image.convert("RGB")


def _unknown(file: Path | io.BytesIO) -> str:
    size = file.stat().st_size if isinstance(file, Path) else len(file.getbuffer())
    return "it is no image of a known format" if size else "the file is empty"
