"""Picture files that Pillow does not write itself, for tests."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

# Of Display P3, in XYZ under the profile's white, as its ICC profile has them.
P3_PRIMARIES = np.array(
    [[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]]
)


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def quarters(*colours) -> np.ndarray:
    """16 rows of 24 pixels: top left, top right, bottom left and bottom right."""
    a, b, c, d = np.asarray(colours)
    top, bottom = np.stack([a] * 12 + [b] * 12), np.stack([c] * 12 + [d] * 12)
    return np.stack([top] * 8 + [bottom] * 8)


def png(values: np.ndarray, *chunks: tuple[bytes, bytes], size=None) -> bytes:
    """A PNG of 8 or 16 bits, (height, width, channels). `size`: what its header claims."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[values.shape[2]]
    height, width = values.shape[:2]
    depth = 8 * values.dtype.itemsize
    header = struct.pack(">IIBBBBB", *(size or (width, height)), depth, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in values)
    data = b"\x89PNG\r\n\x1a\n"
    for kind, content in (
        (b"IHDR", header),
        *chunks,
        (b"IDAT", zlib.compress(lines)),
        (b"IEND", b""),
    ):
        checksum = zlib.crc32(kind + content)
        data += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
    return data


def tiff(values: np.ndarray, *, white_is_zero: bool = False, size=None) -> bytes:
    """An uncompressed little-endian TIFF, (height, width) or (height, width, channels).

    `size`: what its header claims.
    """
    values = values[..., None] if values.ndim == 2 else values
    height, width, channels = values.shape
    width, height = size or (width, height)
    bits = 8 * values.dtype.itemsize
    content = values.tobytes()
    places = 8 + len(content)
    photometric = 2 if channels == 3 else 0 if white_is_zero else 1
    sample_format = 3 if values.dtype.kind == "f" else 1
    listed = struct.pack(f"<{channels}H", *[bits] * channels)
    formats = struct.pack(f"<{channels}H", *[sample_format] * channels)

    def entry(tag: int, kind: int, count: int, value: bytes) -> bytes:
        return struct.pack("<HHI", tag, kind, count) + value.ljust(4, b"\0")

    def number(tag: int, value: int) -> bytes:
        return entry(tag, 4, 1, struct.pack("<I", value))

    def several(tag: int, value: bytes, place: int) -> bytes:
        return entry(tag, 3, channels, value if channels < 3 else struct.pack("<I", place))

    entries = [
        number(256, width),
        number(257, height),
        several(258, listed, places),
        number(259, 1),
        number(262, photometric),
        number(273, 8),
        number(277, channels),
        number(278, height),
        number(279, len(content)),
        several(339, formats, places + len(listed)),
    ]
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    head = b"II*\0" + struct.pack("<I", places + 2 * len(listed))
    return head + content + listed + formats + directory


def ycck_jpeg(rgb: np.ndarray, **options) -> bytes:
    """A JPEG as Photoshop writes CMYK: luma and chroma of the coloured inks, and inverted black."""
    converted = np.asarray(Image.fromarray(255 - rgb).convert("YCbCr"))
    black = np.full((*rgb.shape[:2], 1), 255, np.uint8)
    # Pillow inverts what it writes, so that this is what the file has.
    planes = 255 - np.concatenate([converted, black], -1)
    data = encoded(Image.frombytes("CMYK", rgb.shape[1::-1], planes.tobytes()), "JPEG", **options)
    place = data.index(b"Adobe") + 11
    assert data[place] == 0
    return data[:place] + b"\2" + data[place + 1 :]


def icc_profile(primaries: np.ndarray = P3_PRIMARIES) -> bytes:
    """sRGB's own ICC profile with other primaries (and another name)."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))
    data = bytearray(profile)
    for i in range(struct.unpack(">I", profile[128:132])[0]):
        tag, place, _ = struct.unpack(">4sII", profile[132 + 12 * i : 144 + 12 * i])
        if tag in (b"rXYZ", b"gXYZ", b"bXYZ"):
            values = np.rint(primaries[b"rgb".index(tag[0])] * 2**16).astype(">i4")
            data[place + 8 : place + 20] = values.tobytes()
    return bytes(data)


def p3_to_srgb(colour) -> np.ndarray:
    """What a colour of Display P3 is in sRGB, by both spaces' definitions; values 0 to 255."""
    values = np.asarray(colour) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    # https://www.w3.org/TR/css-color-4/#color-conversion-code, the two matrices multiplied.
    matrix = [[1.2249, -0.2249, 0], [-0.0421, 1.0421, 0], [-0.0196, -0.0786, 1.0983]]
    linear = np.clip(np.array(matrix) @ linear, 0, 1)
    shown = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return shown * 255
