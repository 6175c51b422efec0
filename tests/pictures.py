"""Image files for tests: whole ones in class folders, and one of each kind of broken ones."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image


def pixels(seed, height=24, width=24):
    """Smooth colours, so that JPEG changes them little; no two seeds have equal ones."""
    rng = np.random.default_rng(seed)
    corners = Image.fromarray(rng.integers(0, 256, (2, 2, 3), dtype=np.uint8))
    return np.asarray(corners.resize((width, height), Image.Resampling.BILINEAR))


def encoded(array, kind="PNG", **options):
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image = array if isinstance(array, Image.Image) else Image.fromarray(array)
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def write_folder(root: Path, kind="PNG", side=24, **counts) -> Path:
    """`write_folder(root, train={"a": 3})` makes root/train/a/0.png to 2.png; `flat` no split."""
    seed = 0
    for split, classes in counts.items():
        for name, count in classes.items():
            folder = root / name if split == "flat" else root / split / name
            folder.mkdir(parents=True)
            for i in range(count):
                seed += 1
                data = encoded(pixels(seed, side, side), kind)
                (folder / f"{i}.{kind.lower()}").write_bytes(data)
    return root


def huge_png(side=60_000):
    """The header of a PNG of 3.6 gigapixels, with nothing behind it."""
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    checksum = struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + checksum


def huge_jpeg(side=60_000):
    """A small JPEG whose header promises 3.6 gigapixels."""
    data = bytearray(encoded(pixels(0), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    return bytes(data)


def _gif():
    frames = [Image.fromarray(pixels(seed)) for seed in (1, 2)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


# File names and contents that are no usable image, and what is said of them.
BAD = {
    "empty": ("x.jpg", b"", "the file is empty"),
    "text": ("x.jpg", b"not an image, but long enough", "it is no image of a known format"),
    "cut-bmp": ("x.jpg", encoded(pixels(0), "BMP")[:-400], "cannot be decoded"),
    "cut-jpeg": ("x.jpg", encoded(pixels(0, 64, 64), "JPEG")[:-200], "cannot be decoded"),
    "cut-png": ("x.png", encoded(pixels(0))[:-40], "cannot be decoded"),
    "only-a-signature": ("x.jpg", b"\xff\xd8\xff", "cannot be decoded"),
    "only-a-png-signature": ("x.png", b"\x89PNG\r\n\x1a\n", "cannot be decoded"),
    "huge-png": ("x.png", huge_png(), "expected at most 100,000,000 in all"),
    "huge-jpeg": ("x.jpg", huge_jpeg(), "expected at most 100,000,000 in all"),
}

_GRAY = np.asarray(Image.fromarray(pixels(3)).convert("L"))
_ALPHA = np.dstack([pixels(4), np.full((24, 24), 7, np.uint8)])
# File names, contents, and the pixels that they show.
GOOD = {
    "rgb": ("x.png", encoded(pixels(2)), pixels(2)),
    "jpeg": ("x.jpg", encoded(pixels(2), "JPEG", quality=95), pixels(2)),
    "png-named-jpg": ("x.jpg", encoded(pixels(2)), pixels(2)),
    "gray-png": ("x.png", encoded(_GRAY), np.dstack([_GRAY] * 3)),
    "gray-jpeg": ("x.JPEG", encoded(_GRAY, "JPEG", quality=95), np.dstack([_GRAY] * 3)),
    "alpha": ("x.png", encoded(_ALPHA), pixels(4)),
    "16-bit": ("x.png", encoded(_GRAY.astype(np.uint16) * 256 + 9), np.dstack([_GRAY] * 3)),
    "palette": (
        "x.png",
        encoded(Image.fromarray(pixels(5)).quantize(256)),
        np.asarray(Image.fromarray(pixels(5)).quantize(256).convert("RGB")),
    ),
    "gif": ("x.gif", _gif(), np.asarray(Image.fromarray(pixels(1)).quantize(256).convert("RGB"))),
    "bmp-named-jpg": ("x.jpg", encoded(pixels(2), "BMP"), pixels(2)),
    "webp": ("x.WebP", encoded(pixels(2), "WEBP", lossless=True), pixels(2)),
    "tiff": ("x.tif", encoded(pixels(2), "TIFF"), pixels(2)),
    "ppm": ("x.ppm", encoded(pixels(2), "PPM"), pixels(2)),
    "jfif": ("x.jfif", encoded(pixels(2), "JPEG", quality=95), pixels(2)),
    "no-suffix": ("x", encoded(pixels(2)), pixels(2)),
    "deep-tiff": (
        "x.tiff",
        encoded(Image.fromarray(_GRAY.astype(np.uint16) * 256 + 9), "TIFF"),
        np.dstack([_GRAY] * 3),
    ),
    "cmyk": (
        "x.jpg",
        encoded(Image.fromarray(pixels(6)).convert("CMYK"), "JPEG", quality=95),
        pixels(6),
    ),
}
