"""Picture files as users have them: valid ones with their colours, and invalid ones."""

import os
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

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
UNIT_FLOATS = quarters(0, 1 / 3, 2 / 3, 1, dtype=np.float32)
P3 = icc_profile()
# Padded. Its first 4 bytes are its size.
LARGE_P3 = struct.pack(">I", 1_500_000) + P3[4:].ljust(1_499_996, b"\0")
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


def by_xmp(
    kind: str, orientation: int, by_exif: int | None = None, form: str = 'tiff:Orientation="{}">'
) -> bytes:
    """RGB with an orientation in XMP data and, optionally, another one in EXIF data."""
    content = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
        f"{form.format(orientation)}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    if kind == "TIFF":
        tags = {700: content.encode()} | ({274: by_exif} if by_exif else {})
        return encoded(RGB, kind, tiffinfo=tags)
    options = {"exif": exif(by_exif)} if by_exif else {}
    if kind == "PNG":
        chunks = PngImagePlugin.PngInfo()
        chunks.add_itxt("XML:com.adobe.xmp", content)
        return encoded(RGB, kind, pnginfo=chunks, **options)
    lossless = {"lossless": True} if kind == "WEBP" else {}
    return encoded(RGB, kind, xmp=content.encode(), **options, **lossless)


def signed_tiff(values: np.ndarray) -> bytes:
    unsigned = tiff(values.view(values.dtype.str.replace("i", "u")))
    return patched(unsigned, entry(339, 1), entry(339, 2))


def entry(tag: int, value: int) -> bytes:
    """A little-endian TIFF tag with one short value."""
    return struct.pack("<HHII", tag, 3, 1, value)


def tiff_of_12_bits(levels: np.ndarray) -> bytes:
    """Grey levels as 12 bits each."""
    digits = "".join(f"{level:02x}{level:02x}"[:3] for level in levels.ravel().tolist())
    content = np.frombuffer(bytes.fromhex(digits), np.uint8).reshape(len(levels), -1)
    return patched(tiff(content, size=levels.shape[::-1]), entry(258, 8), entry(258, 12))


def compressed_big_endian_tiff(values: np.ndarray) -> bytes:
    """A TIFF of 32-bit floats or of signed 16 or 32 bits."""
    content = zlib.compress(values.astype(values.dtype.newbyteorder(">")).tobytes())
    height, width = values.shape
    entries = [  # tag, value
        (256, width),
        (257, height),
        (258, 8 * values.dtype.itemsize),
        (259, 8),  # zlib
        (262, 1),
        (273, 8),
        (277, 1),
        (278, height),
        (279, len(content)),
        (339, 3 if values.dtype.kind == "f" else 2),
    ]
    directory = struct.pack(">H", len(entries))
    # Short values stand in the first half of the field.
    directory += b"".join(struct.pack(">HHIHH", tag, 3, 1, n, 0) for tag, n in entries) + bytes(4)
    return b"MM\0*" + struct.pack(">I", 8 + len(content)) + content + directory


def premultiplied_tiff(picture: Image.Image) -> bytes:
    """Of mode LA or RGBA, with associated alpha."""
    values = np.asarray(picture).astype(float)
    values[..., :-1] *= values[..., -1:] / 255
    straight = encoded(Image.fromarray(np.rint(values).astype(np.uint8), picture.mode), "TIFF")
    return patched(straight, entry(338, 2), entry(338, 1))


def lone(values: np.ndarray, value: float) -> np.ndarray:
    """The values, with another one in the upper left pixel."""
    changed = values.copy()
    changed[0, 0] = value
    return changed


def png_of_4_bits(*chunks: tuple[bytes, bytes]) -> bytes:
    """GREYS in 4 bits, 0 5 10 15."""
    levels = np.asarray(GREY) // 17
    packed = (levels[:, ::2] * 16 + levels[:, 1::2])[..., None]
    data = png(packed, *chunks, size=GREY.size)
    header = data[12:16] + data[16:24] + b"\4" + data[25:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


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
TURNED_BY_6 = (BLUE, RED, YELLOW, GREEN)
XMP_FORMATS = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP", "tiff": "TIFF"}

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
    ("large profile.jpg", encoded(MUTED, "JPEG", icc_profile=LARGE_P3), MUTED_IN_P3),
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
    ("clear 4 bits.png", png_of_4_bits((b"tRNS", b"\0\5")), (GREYS[0], WHITE, *GREYS[2:])),
    (
        "clear deep grey.png",
        png(
            quarters([0x5500], [0x5501], [0xAAAA], [0xFFFF], dtype=np.uint16), (b"tRNS", b"\x55\1")
        ),
        (GREYS[1], WHITE, *GREYS[2:]),
    ),
    (
        "clear deep colour.png",
        png(deep("RGB"), (b"tRNS", deep("RGB")[0, 0].astype(">u2").tobytes())),
        (WHITE, *COLOURS[1:]),
    ),
    ("deep grey.png", png(deep("L")), GREYS),
    ("deep.png", png(deep("RGB")), COLOURS),
    ("deep grey alpha.png", png(deep("LA")), GREYS),
    ("deep alpha.png", png(deep("RGBA")), COLOURS),
    ("animated.png", frames("PNG"), COLOURS),
    ("turned.png", encoded(RGB, "PNG", exif=exif(3)), COLOURS[::-1]),
    ("wide gamut.png", encoded(MUTED, "PNG", icc_profile=P3), MUTED_IN_P3),
    ("large profile.png", encoded(MUTED, "PNG", icc_profile=LARGE_P3), MUTED_IN_P3),
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
    *(
        (f"turned by xmp.{suffix}", by_xmp(kind, 6), TURNED_BY_6)
        for suffix, kind in XMP_FORMATS.items()
    ),
    *(
        (f"turned by exif, not xmp.{suffix}", by_xmp(kind, 3, by_exif=6), TURNED_BY_6)
        for suffix, kind in XMP_FORMATS.items()
    ),
    (
        "turned by apostrophes.tiff",
        by_xmp("TIFF", 6, form="tiff:Orientation='{}'>"),
        TURNED_BY_6,
    ),
    (
        "turned by an element.png",
        by_xmp("PNG", 6, form="><tiff:Orientation> {} </tiff:Orientation>"),
        TURNED_BY_6,
    ),
    ("rgb.tif", encoded(RGB, "TIFF"), COLOURS),
    ("lzw.tiff", encoded(RGB, "TIFF", compression="tiff_lzw"), COLOURS),
    ("jpeg.tiff", encoded(RGB, "TIFF", compression="jpeg", quality=95), COLOURS),
    ("cmyk.tiff", encoded(RGB.convert("CMYK"), "TIFF"), COLOURS),
    ("lab.tiff", encoded(lab(), "TIFF"), COLOURS),
    ("palette.tiff", encoded(RGB.convert("P"), "TIFF"), COLOURS),
    ("alpha.tiff", encoded(ALPHA, "TIFF"), ON_WHITE),
    ("premultiplied.tiff", premultiplied_tiff(ALPHA), ON_WHITE),
    ("premultiplied grey.tiff", premultiplied_tiff(ALPHA.convert("LA")), GREY_ON_WHITE),
    ("pages.tiff", frames("TIFF"), COLOURS),
    ("turned.tiff", encoded(RGB, "TIFF", exif=exif(6)), TURNED_BY_6),
    ("deep grey.tiff", tiff(deep("L")), GREYS),
    ("deep.tiff", tiff(deep("RGB")), COLOURS),
    ("12 bits.tiff", tiff_of_12_bits(np.asarray(GREY)), GREYS),
    ("floats.tiff", tiff(UNIT_FLOATS), GREYS),
    ("floats to 255.tiff", tiff(quarters(0, 85, 170, 255, dtype=np.float32)), GREYS),
    ("fractions to 255.tiff", tiff(quarters(0.25, 85.5, 170, 254.75, dtype=np.float32)), GREYS),
    ("floats to 65535.tiff", tiff(quarters(0, 85, 170, 255, dtype=np.float32) * 257), GREYS),
    ("one above white.tiff", tiff(lone(UNIT_FLOATS, 1.02)), GREYS),
    ("one far above white.tiff", tiff(lone(UNIT_FLOATS, 70_000)), GREYS),
    ("highlights.tiff", tiff(quarters(0, 1 / 3, 2 / 3, 9.5, dtype=np.float32)), GREYS),
    ("one below black.tiff", tiff(lone(UNIT_FLOATS, -1)), GREYS),
    (
        "strange floats.tiff",
        tiff(quarters(np.nan, -1e-9, 2 / 3, np.inf, dtype=np.float32)),
        (GREYS[0], GREYS[0], *GREYS[2:]),
    ),
    ("big-endian floats.tiff", compressed_big_endian_tiff(UNIT_FLOATS), GREYS),
    (
        "big-endian signed.tiff",
        compressed_big_endian_tiff(quarters(0, 10922, 21845, 32767, dtype=np.int16)),
        GREYS,
    ),
    ("signed.tiff", signed_tiff(quarters(0, 10922, 21845, 32767, dtype=np.int16)), GREYS),
    ("signed bytes.tiff", signed_tiff(quarters(0, 42, 85, 127, dtype=np.int8)), GREYS),
    ("signed long to 255.tiff", encoded(Image.fromarray(np.int32(GREY)), "TIFF"), GREYS),
    ("signed long to 65535.tiff", encoded(Image.fromarray(np.int32(GREY) * 257), "TIFF"), GREYS),
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
NEGATIVE = "go down to -.*, and black is 0"
TOO_LARGE = "has more than 400000000 pixels"

POSTSCRIPT = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n"
BOMB_OF_TEXT = (b"zTXt", b"a\0\0" + zlib.compress(bytes(2 * 10**7)))

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
    ("negative.tiff", signed_tiff(quarters(-1024, 0, 85, 3071, dtype=np.int16)), NEGATIVE),
    ("negative bytes.tiff", signed_tiff(quarters(-1, 0, 85, 127, dtype=np.int8)), NEGATIVE),
    (
        "negative long.tiff",
        encoded(Image.fromarray(quarters(-1, 0, 85, 255, dtype=np.int32)), "TIFF"),
        NEGATIVE,
    ),
    ("floats from -1.tiff", tiff(quarters(-1, -1 / 3, 1 / 3, 1, dtype=np.float32)), "are negative"),
    (
        "floats without white.tiff",
        tiff(quarters(0, 85.25, 170.25, 255.25, dtype=np.float32)),
        "do not tell which one is white",
    ),
    (
        "grey and alpha planes.tiff",
        patched(
            encoded(ALPHA.convert("LA"), "TIFF", compression="tiff_lzw"),
            entry(284, 1),
            entry(284, 2),
        ),
        "alpha is in a separate plane",
    ),
    ("to nowhere.png", lambda path: path.symlink_to("gone.png"), "cannot be read"),
    ("to itself.png", lambda path: path.symlink_to(path.name), "cannot be read"),
    ("to a pipe.png", link_to_pipe, "is a link to something other than a file"),
]
