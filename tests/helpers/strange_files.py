"""Encoders for picture files that Pillow does not write."""

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

# Display P3 in XYZ, adapted to D50 as in its ICC profile.
P3_PRIMARIES = np.array(
    [[0.51512, 0.24120, -0.00105], [0.29198, 0.69225, 0.04189], [0.15710, 0.06657, 0.78407]]
)


def encoded(picture: Image.Image, kind: str, **options) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def quarters(*colours, dtype=np.uint8) -> np.ndarray:
    """16 x 24 pixels, by quarter: top left, top right, bottom left, bottom right."""
    values = np.asarray(colours, dtype)
    return values.reshape(2, 2, *values.shape[1:]).repeat(8, axis=0).repeat(12, axis=1)


def png(values: np.ndarray, *chunks: tuple[bytes, bytes], size=None) -> bytes:
    """A PNG of 8 or 16 bits, (height, width, channels). `size`: what its header claims."""
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[values.shape[2]]
    height, width = values.shape[:2]
    depth = 8 * values.dtype.itemsize
    header = struct.pack(">IIBBBBB", *(size or (width, height)), depth, colour_type, 0, 0, 0)
    lines = b"".join(b"\0" + row.astype(row.dtype.newbyteorder(">")).tobytes() for row in values)
    data = b"\x89PNG\r\n\x1a\n"
    pixels = (b"IDAT", zlib.compress(lines))
    for kind, content in ((b"IHDR", header), *chunks, pixels, (b"IEND", b"")):
        checksum = zlib.crc32(kind + content)
        data += struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)
    return data


def tiff(values: np.ndarray, *, white_is_zero: bool = False, size=None) -> bytes:
    """An uncompressed little-endian TIFF with 1 or 3 channels. `size`: what its header claims."""
    values = np.atleast_3d(values)
    height, width, channels = values.shape
    width, height = size or (width, height)
    content = values.tobytes()
    end = 8 + len(content)
    bits, sample_format = 8 * values.dtype.itemsize, 3 if values.dtype.kind == "f" else 1
    long, short = 4, 3
    entries = [  # tag, type, count, value or offset
        (256, long, 1, width),
        (257, long, 1, height),
        (258, short, channels, bits if channels == 1 else end),
        (259, long, 1, 1),  # no compression
        (262, long, 1, 2 if channels == 3 else 0 if white_is_zero else 1),
        (273, long, 1, 8),
        (277, long, 1, channels),
        (278, long, 1, height),
        (279, long, 1, len(content)),
        (339, short, channels, sample_format if channels == 1 else end + 2 * channels),
    ]
    head = b"II*\0" + struct.pack("<I", end + 4 * channels)
    arrays = struct.pack(f"<{2 * channels}H", *[bits] * channels, *[sample_format] * channels)
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return head + content + arrays + directory


def ycck_jpeg(rgb: np.ndarray, **options) -> bytes:
    """A JPEG with CMYK as Photoshop writes it: YCbCr of inverted RGB, and inverted black."""
    converted = np.asarray(Image.fromarray(255 - rgb).convert("YCbCr"))
    black = np.full((*rgb.shape[:2], 1), 255, np.uint8)
    # Pillow inverts CMYK when it writes JPEG.
    planes = 255 - np.concatenate([converted, black], -1)
    data = encoded(Image.frombytes("CMYK", rgb.shape[1::-1], planes.tobytes()), "JPEG", **options)
    transform = data.index(b"Adobe") + 11
    assert data[transform] == 0
    return data[:transform] + b"\2" + data[transform + 1 :]


def icc_profile(primaries: np.ndarray = P3_PRIMARIES) -> bytes:
    """sRGB's ICC profile with other primaries and another name."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace("sRGB".encode("utf-16-be"), "wide".encode("utf-16-be"))
    data = bytearray(profile)
    for i in range(struct.unpack(">I", profile[128:132])[0]):
        tag, offset, _ = struct.unpack(">4sII", profile[132 + 12 * i : 144 + 12 * i])
        if tag in (b"rXYZ", b"gXYZ", b"bXYZ"):
            values = np.rint(primaries[b"rgb".index(tag[0])] * 2**16).astype(">i4")
            data[offset + 8 : offset + 20] = values.tobytes()
    return bytes(data)


def p3_to_srgb(colour) -> np.ndarray:
    """Converts a Display P3 colour to sRGB by the definitions of both; values 0 to 255.

    Source: https://www.w3.org/TR/css-color-4/#color-conversion-code, its two matrices multiplied.
    """
    values = np.asarray(colour) / 255
    linear = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)
    matrix = [[1.2249, -0.2249, 0], [-0.0421, 1.0421, 0], [-0.0196, -0.0786, 1.0983]]
    linear = np.clip(np.array(matrix) @ linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
