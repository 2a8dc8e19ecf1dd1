"""Picture files as users have them: valid ones with their colours, and invalid ones."""

import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms

from helpers.strange_files import encoded, icc_profile, p3_to_srgb, png, quarters, tiff, ycck_jpeg

RED, GREEN, BLUE, YELLOW = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0)
COLOURS = (RED, GREEN, BLUE, YELLOW)
WHITE = (255,) * 3
GREYS = tuple((level,) * 3 for level in (0, 85, 170, 255))
RGB = Image.fromarray(quarters(*COLOURS))
GREY = Image.fromarray(quarters(0, 85, 170, 255))
BITS = Image.fromarray(np.asarray(GREY) > 100)
BLACK_AND_WHITE = (GREYS[0], GREYS[0], WHITE, WHITE)
ALPHA = Image.fromarray(quarters((*RED, 255), (0, 0, 0, 0), (*BLUE, 0), (0, 0, 0, 128)))
ON_WHITE = (RED, WHITE, WHITE, (127,) * 3)
GREY_ON_WHITE = ((76,) * 3, *ON_WHITE[1:])
P3 = icc_profile()
SALMON = (200, 100, 100)
MUTED = Image.fromarray(quarters(SALMON, GREYS[1], SALMON, GREYS[2]))
MUTED_IN_P3 = (tuple(p3_to_srgb(SALMON)), GREYS[1], tuple(p3_to_srgb(SALMON)), GREYS[2])
MUTED_UNCHANGED = (SALMON, GREYS[1], SALMON, GREYS[2])


def deep(channels: str) -> np.ndarray:
    """16-bit values with GREYS or COLOURS in the upper byte, and opaque alpha."""
    levels = {"L": [[g[0]] for g in GREYS], "RGB": [list(c) for c in COLOURS]}[channels.rstrip("A")]
    alpha = [255] if channels.endswith("A") else []
    return quarters(*(level + alpha for level in levels), dtype=np.uint16) * 256 + 77


def exif(orientation: int) -> Image.Exif:
    data = Image.Exif()
    data[0x0112] = orientation
    return data


def lab() -> Image.Image:
    srgb, space = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    return ImageCms.profileToProfile(RGB, srgb, space, outputMode="LAB")


def frames(kind: str, **options) -> bytes:
    """Three frames or pages, the last two white."""
    white = [Image.new("RGB", RGB.size, "white")] * 2
    return encoded(RGB, kind, save_all=True, append_images=white, **options)


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]


def noise(kind: str, **options) -> bytes:
    """Incompressible, so that half of the bytes are half of the picture."""
    values = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    return encoded(Image.fromarray(values), kind, **options)


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert data.count(old) == 1
    return data.replace(old, new)


def linked_file(path):
    outside = path.parents[1] / "elsewhere"
    outside.write_bytes(encoded(RGB, "PNG"))
    path.symlink_to(outside)


def linked_folder(path):
    outside = path.parents[2] / "elsewhere"
    outside.mkdir()
    (outside / path.name).write_bytes(encoded(RGB, "PNG"))
    path.parent.rmdir()
    path.parent.symlink_to(outside)


def beside_loops(path):
    path.write_bytes(encoded(RGB, "PNG"))
    (path.parent / "here").symlink_to(".")
    (path.parent / "up").symlink_to("../..")
    (path.parent / "itself").symlink_to("itself")


def link_to_pipe(path):
    os.mkfifo(path.parents[1] / "pipe")
    path.symlink_to("../pipe")


def name_not_utf8(path):
    path.with_name(os.fsdecode(b"caf\xe9.png")).write_bytes(encoded(RGB, "PNG"))


# Which of COLOURS the EXIF orientations 1 to 8 show in each quarter; 99 does not exist.
ORIENTATIONS = dict(enumerate(("0123", "1032", "3210", "2301", "0213", "2031", "3120", "1302"), 1))
ORIENTATIONS[99] = "0123"

# Name, bytes or a function that creates the file, colours of the quarters (see `quarters`).
VALID = [
    ("rgb.jpg", encoded(RGB, "JPEG"), COLOURS),
    ("progressive.jpg", encoded(RGB, "JPEG", progressive=True), COLOURS),
    ("unconverted.jpg", encoded(RGB, "JPEG", keep_rgb=True), COLOURS),
    ("grey.jpg", encoded(GREY, "JPEG"), GREYS),
    ("cmyk.jpg", encoded(RGB.convert("CMYK"), "JPEG"), COLOURS),
    ("ycck.jpg", ycck_jpeg(np.asarray(RGB)), COLOURS),
    *(
        (f"turned {n}.jpg", encoded(RGB, "JPEG", exif=exif(n)), [COLOURS[int(i)] for i in order])
        for n, order in ORIENTATIONS.items()
    ),
    ("turned grey.jpg", encoded(GREY, "JPEG", exif=exif(3)), GREYS[::-1]),
    ("broken exif.jpg", encoded(RGB, "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x09oops"), COLOURS),
    ("two pictures.jpg", frames("MPO"), COLOURS),
    ("wide gamut.jpg", encoded(MUTED, "JPEG", icc_profile=P3), MUTED_IN_P3),
    ("broken profile.jpg", encoded(MUTED, "JPEG", icc_profile=b"oops"), MUTED_UNCHANGED),
    ("cut profile.jpg", encoded(MUTED, "JPEG", icc_profile=P3[:300]), MUTED_UNCHANGED),
    ("rgb profile.jpg", encoded(MUTED.convert("CMYK"), "JPEG", icc_profile=P3), MUTED_UNCHANGED),
    ("grey wide gamut.jpg", encoded(GREY, "JPEG", icc_profile=P3), GREYS),
    ("rgb.png", encoded(RGB, "PNG"), COLOURS),
    ("grey.png", encoded(GREY, "PNG"), GREYS),
    ("bits.png", encoded(BITS, "PNG"), BLACK_AND_WHITE),
    ("bits.tif", encoded(BITS, "TIFF", compression="group4"), BLACK_AND_WHITE),
    ("bits.bmp", encoded(BITS, "BMP"), BLACK_AND_WHITE),
    ("palette.png", encoded(RGB.convert("P"), "PNG"), COLOURS),
    ("small palette.png", encoded(RGB.quantize(4), "PNG", bits=2), COLOURS),
    ("palette clear.png", encoded(RGB.quantize(4), "PNG", transparency=bytes(4)), (WHITE,) * 4),
    ("alpha.png", encoded(ALPHA, "PNG"), ON_WHITE),
    ("grey alpha.png", encoded(ALPHA.convert("LA"), "PNG"), GREY_ON_WHITE),
    ("clear grey.png", encoded(GREY, "PNG", transparency=0), (WHITE, *GREYS[1:])),
    ("clear colour.png", encoded(RGB, "PNG", transparency=RED), (WHITE, *COLOURS[1:])),
    ("deep grey.png", png(deep("L")), GREYS),
    ("deep.png", png(deep("RGB")), COLOURS),
    ("deep grey alpha.png", png(deep("LA")), GREYS),
    ("deep alpha.png", png(deep("RGBA")), COLOURS),
    ("animated.png", frames("PNG"), COLOURS),
    ("turned.png", encoded(RGB, "PNG", exif=exif(3)), COLOURS[::-1]),
    ("wide gamut.png", encoded(MUTED, "PNG", icc_profile=P3), MUTED_IN_P3),
    ("palette wide gamut.png", encoded(MUTED.quantize(4), "PNG", icc_profile=P3), MUTED_IN_P3),
    ("lossy.webp", encoded(RGB, "WEBP", quality=95), COLOURS),
    ("lossless.webp", encoded(RGB, "WEBP", lossless=True), COLOURS),
    ("alpha.webp", encoded(ALPHA, "WEBP", lossless=True), ON_WHITE),
    ("animated.webp", frames("WEBP", lossless=True), COLOURS),
    ("turned.webp", encoded(RGB, "WEBP", lossless=True, exif=exif(3)), COLOURS[::-1]),
    ("rgb.bmp", encoded(RGB, "BMP"), COLOURS),
    ("grey.bmp", encoded(GREY, "BMP"), GREYS),
    ("palette.bmp", encoded(RGB.convert("P"), "BMP"), COLOURS),
    ("palette.gif", encoded(RGB.convert("P"), "GIF"), COLOURS),
    ("grey.gif", encoded(GREY, "GIF"), GREYS),
    ("animated.gif", frames("GIF"), COLOURS),
    (
        "clear.gif",
        encoded(RGB.quantize(4), "GIF", transparency=RGB.quantize(4).getpixel((0, 0))),
        (WHITE, *COLOURS[1:]),
    ),
    ("rgb.tif", encoded(RGB, "TIFF"), COLOURS),
    ("lzw.tiff", encoded(RGB, "TIFF", compression="tiff_lzw"), COLOURS),
    ("jpeg.tiff", encoded(RGB, "TIFF", compression="jpeg", quality=95), COLOURS),
    ("cmyk.tiff", encoded(RGB.convert("CMYK"), "TIFF"), COLOURS),
    ("lab.tiff", encoded(lab(), "TIFF"), COLOURS),
    ("palette.tiff", encoded(RGB.convert("P"), "TIFF"), COLOURS),
    ("alpha.tiff", encoded(ALPHA, "TIFF"), ON_WHITE),
    ("pages.tiff", frames("TIFF"), COLOURS),
    ("turned.tiff", encoded(RGB, "TIFF", exif=exif(6)), (BLUE, RED, YELLOW, GREEN)),
    ("deep grey.tiff", tiff(deep("L")), GREYS),
    ("deep.tiff", tiff(deep("RGB")), COLOURS),
    ("floats.tiff", tiff(quarters(0, 1 / 3, 2 / 3, 1, dtype=np.float32)), GREYS),
    ("floats to 255.tiff", tiff(quarters(0, 85, 170, 255, dtype=np.float32)), GREYS),
    (
        "strange floats.tiff",
        tiff(quarters(np.nan, -1, 2 / 3, 1, dtype=np.float32)),
        (GREYS[0], GREYS[0], *GREYS[2:]),
    ),
    ("long.tiff", tiff(quarters(0, 85, 170, 255, dtype=np.uint32) * (2**24 + 1)), GREYS),
    ("white is zero.tiff", tiff(np.asarray(GREY), white_is_zero=True), GREYS[::-1]),
    ("deep white is zero.tiff", tiff(deep("L"), white_is_zero=True), GREYS[::-1]),
    ("SHOUTED.JPG", encoded(RGB, "JPEG"), COLOURS),
    ("Mixed.TiFf", encoded(RGB, "TIFF"), COLOURS),
    ("a png.jpg", encoded(RGB, "PNG"), COLOURS),
    ("a webp.png", encoded(RGB, "WEBP", lossless=True), COLOURS),
    ("Stra\u00dfe, \u96ea and \U0001f40e.png", encoded(RGB, "PNG"), COLOURS),
    ("two  spaces .png", encoded(RGB, "PNG"), COLOURS),
    ("a/b c/d/deep down.png", encoded(RGB, "PNG"), COLOURS),
    ("one pixel.png", encoded(Image.new("RGB", (1, 1), RED), "PNG"), (RED,) * 4),
    ("wide.png", encoded(RGB.resize((20_000, 2), Image.Resampling.NEAREST), "PNG"), COLOURS),
    ("high.jpg", encoded(RGB.resize((16, 20_000), Image.Resampling.NEAREST), "JPEG"), COLOURS),
    ("a link.png", linked_file, COLOURS),
    ("a linked folder/inside.png", linked_folder, COLOURS),
    ("a loop/inside.png", beside_loops, COLOURS),
    ("cafe.png", name_not_utf8, COLOURS),
]
NO_PICTURE = "is not a picture in a supported format"
CUT = r"cannot be decoded \(.*\)"
TOO_LARGE = "has more than 400000000 pixels"

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
BOMB_OF_TEXT = (b"zTXt", b"a\0\0" + zlib.compress(bytes(10**7)))

# Name, as in VALID, the error.
INVALID = [
    ("empty.jpg", b"", "is empty"),
    ("text.jpg", b"This is a text.\n", NO_PICTURE),
    ("page.png", b"<!DOCTYPE html><html><body>404</body></html>", NO_PICTURE),
    ("zeros.bmp", bytes(10_000), NO_PICTURE),
    ("program.jpg", POSTSCRIPT, NO_PICTURE),
    ("cut.jpg", half(noise("JPEG")), CUT),
    ("cut progressive.jpg", half(noise("JPEG", progressive=True)), CUT),
    ("cut in its head.jpg", noise("JPEG")[:100], "cannot be decoded|" + NO_PICTURE),
    ("cut.png", half(noise("PNG")), CUT),
    ("cut.webp", half(noise("WEBP")), CUT),
    ("cut.bmp", half(noise("BMP")), CUT),
    ("cut.gif", half(noise("GIF")), CUT),
    ("cut.tif", half(tiff(np.asarray(RGB))), NO_PICTURE),
    ("cut values.tif", noise("TIFF")[:-1000], CUT),
    ("cut lzw.tif", half(noise("TIFF", compression="tiff_lzw")), NO_PICTURE),
    ("head.png", encoded(RGB, "PNG")[:8], NO_PICTURE),
    ("no rows.png", patched(encoded(RGB, "PNG"), b"IDAT", b"iDAT"), NO_PICTURE),
    ("no width.png", png(np.asarray(RGB), size=(0, 16)), NO_PICTURE + "|cannot be decoded"),
    ("bomb.png", png(np.asarray(RGB), size=(20_001, 20_000)), TOO_LARGE),
    ("big bomb.png", png(np.asarray(RGB), size=(2**31 - 1, 2**31 - 1)), TOO_LARGE),
    (
        "bomb.gif",
        patched(encoded(RGB, "GIF"), b"GIF87a\x18\0\x10\0", b"GIF87a\xff\xff\xff\xff"),
        TOO_LARGE,
    ),
    (
        "bomb.jpg",
        patched(encoded(RGB, "JPEG"), b"\x08\0\x10\0\x18\3", b"\x08\xff\xff\xff\xff\3"),
        TOO_LARGE,
    ),
    (
        "bomb.bmp",
        patched(
            encoded(RGB, "BMP"), struct.pack("<II", 24, 16), struct.pack("<II", 30_000, 30_000)
        ),
        TOO_LARGE,
    ),
    ("bomb.tif", tiff(np.asarray(RGB), size=(30_000, 30_000)), TOO_LARGE),
    ("bomb of text.png", png(np.asarray(RGB), BOMB_OF_TEXT), "Decompressed data too large"),
    ("colour floats.tiff", tiff(quarters(*COLOURS, dtype=np.float32)), NO_PICTURE),
    ("to nowhere.png", lambda path: path.symlink_to("gone.png"), "cannot be read"),
    ("to itself.png", lambda path: path.symlink_to(path.name), "cannot be read"),
    ("to a pipe.png", link_to_pipe, "is a link to something other than a file"),
]
