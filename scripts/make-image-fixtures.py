#!/usr/bin/env python3
"""Writes lib/image/fixtures/pillow.json: what Pillow makes of a few tiny pictures.

The tests of lib/image compare against it, so that they need no Python. Run it again only to add a case:
    python3 scripts/make-image-fixtures.py        (Debian: apt install python3-pil)
"""

import base64
import io
import json
import pathlib
import random

import PIL
from PIL import Image, ImageOps

rng = random.Random(231)


def noise(width, height):
    """A smooth gradient with some noise, as one float channel of whole numbers 0..255."""
    values = [
        min(255, max(0, round(255 * x / width * 0.5 + 127 * y / height + rng.uniform(-40, 40))))
        for y in range(height)
        for x in range(width)
    ]
    image = Image.new("F", (width, height))
    image.putdata(values)
    return image, values


def rounded(image):
    return [round(value, 4) for value in image.getdata()]


def resizes():
    cases = []
    for width, height, size in [(13, 9, 5), (3, 4, 8), (31, 7, 6), (6, 6, 6), (1, 1, 3)]:
        image, values = noise(width, height)
        cases.append(
            {
                "width": width,
                "height": height,
                "size": size,
                "values": values,
                "stretch": rounded(image.resize((size, size), Image.BILINEAR)),
                "cover": rounded(ImageOps.fit(image, (size, size), Image.BILINEAR)),
            }
        )
    return cases


def jpegs():
    width, height = 19, 13
    rgb = Image.merge("RGB", [noise(width, height)[0].convert("L") for _ in range(3)])
    kinds = {
        "baseline 4:2:0": (rgb, {"subsampling": 2}),
        "progressive 4:2:0": (rgb, {"subsampling": 2, "progressive": True}),
        "baseline 4:4:4 with restarts": (rgb, {"subsampling": 0, "restart_marker_blocks": 1}),
        "greyscale": (rgb.convert("L"), {}),
        "CMYK": (rgb.convert("CMYK"), {}),
    }
    out = {}
    for name, (image, options) in kinds.items():
        file = io.BytesIO()
        image.save(file, "JPEG", quality=85, **options)
        decoded = Image.open(io.BytesIO(file.getvalue())).convert("RGB")
        out[name] = {
            "width": width,
            "height": height,
            "file": base64.b64encode(file.getvalue()).decode(),
            "rgb": base64.b64encode(decoded.tobytes()).decode(),
        }
    return out


def orientations():
    """A 3 × 3 picture of the numbers 0..8, turned upright from each orientation."""
    out = {}
    for orientation in range(1, 9):
        image = Image.new("L", (3, 3))
        image.putdata(range(9))
        image.getexif()[0x0112] = orientation
        out[orientation] = list(ImageOps.exif_transpose(image).getdata())
    return out


path = pathlib.Path(__file__).parent.parent / "lib/image/fixtures/pillow.json"
path.parent.mkdir(exist_ok=True)
fixtures = {
    "pillow": PIL.__version__,
    "resizes": resizes(),
    "jpegs": jpegs(),
    "orientations": orientations(),
}
path.write_text(json.dumps(fixtures, separators=(",", ":")) + "\n")
