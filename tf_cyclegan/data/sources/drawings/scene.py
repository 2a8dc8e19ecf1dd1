"""Drawn scenes of a horse or a zebra on a meadow: the same scene in either coat."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from tf_cyclegan.data.sources.drawings.animal import (
    DARK,
    FAR,
    GLINT,
    HAIR,
    HOOF,
    MUZZLE,
    NEAR,
    NOTHING,
    TUFT,
    Animal,
    place,
    pose,
)
from tf_cyclegan.data.sources.drawings.brush import (
    SUPERSAMPLING,
    Brush,
    enlarge,
    smooth_noise,
    to_uint8,
)
from tf_cyclegan.data.sources.drawings.meadow import draw_backdrop, draw_grass_at_hooves

FIELD = 64  # The stripes' phase is smooth: this many points a side suffice at every size.
STRIPED = 16  # Added to a label on a black stripe: on far legs, the near body and hair alone.

# Sky above, sky at the horizon, and the light that falls on everything.
WEATHERS = (
    ((86, 152, 224), (204, 230, 246), (1.00, 1.00, 1.00)),  # noon
    ((120, 176, 226), (236, 236, 226), (1.02, 1.00, 0.96)),  # forenoon
    ((146, 172, 222), (250, 222, 212), (1.02, 0.98, 0.96)),  # early morning
    ((122, 134, 196), (252, 212, 192), (1.00, 0.97, 0.95)),  # evening
    ((158, 172, 186), (216, 222, 226), (0.92, 0.94, 0.97)),  # overcast
)
MEADOWS = ((88, 150, 62), (112, 166, 70), (140, 176, 78), (172, 190, 92), (190, 200, 108))
# Body; mane and tail.
BROWNS = (
    ((158, 84, 40), (104, 50, 24)),  # chestnut
    ((164, 96, 54), (112, 60, 32)),  # sorrel
    ((132, 72, 38), (40, 28, 24)),  # bay
    ((104, 60, 36), (34, 25, 22)),  # dark bay
    ((144, 90, 56), (66, 42, 30)),  # dun brown
)
WHITE, BLACK = (250, 247, 240), (24, 22, 26)


@dataclass(frozen=True)
class Scene:
    """One scene in both coats.

    Attributes:
      horse: uint8 (size, size, 3), the animal in brown.
      zebra: uint8 (size, size, 3), the same in black and white stripes; equal to `horse` in every
        pixel where `mask` is 0.
      mask: uint8 (size, size, 1), 255 where a pixel shows any of the animal, 0 elsewhere.
    """

    horse: np.ndarray
    zebra: np.ndarray
    mask: np.ndarray


def draw_scene(rng: np.random.Generator, size: int) -> Scene:
    """Draws a random scene.

    Args:
      rng: where all randomness comes from. Equal generators give equal scenes, at any size.
      size: width and height in pixels, at least 16.

    Raises:
      ValueError: if size is below 16.
    """
    if size < 16:
        raise ValueError(f"size must be at least 16 to show an animal, got {size}")
    sky, haze, light = (np.array(colour) for colour in WEATHERS[rng.integers(len(WEATHERS))])
    light = light * rng.uniform(0.92, 1.04)
    green = np.array(MEADOWS[rng.integers(len(MEADOWS))]) * rng.uniform(0.94, 1.06)
    animal = place(rng, pose(rng))
    backdrop = draw_backdrop(rng, size * SUPERSAMPLING, sky, haze, green, animal)
    labels = _draw_labels(size * SUPERSAMPLING, animal)
    draw_grass_at_hooves(rng, backdrop, labels, green, animal)

    solid = labels.point([0] + [255] * 255)
    # The mask takes in a pixel that the animal only touches, because its colour differs as well.
    blocks = np.asarray(solid).reshape(size, SUPERSAMPLING, size, SUPERSAMPLING)
    mask = blocks.max(axis=(1, 3))[..., None]
    backdrop.paste((0, 0, 0), mask=solid)
    scenery = np.asarray(backdrop.reduce(SUPERSAMPLING))
    shade = _shade(solid, size)
    stripes = _draw_stripes(rng, animal, labels)
    brown, striped = _palettes(rng)

    def wear(labels: Image.Image, palette: np.ndarray) -> np.ndarray:
        labels.putpalette(palette.tobytes())
        coat = np.asarray(labels.convert("RGB").reduce(SUPERSAMPLING))
        return to_uint8((scenery + coat * shade) * light)

    return Scene(wear(labels, brown), wear(stripes, striped), mask)


def _draw_labels(canvas: int, animal: Animal) -> Image.Image:
    labels = Image.new("L", (canvas, canvas), NOTHING)
    brush = Brush(labels)
    for label, stroke in animal.strokes:
        brush.discs(stroke, label)
    return labels


def _draw_stripes(rng: np.random.Generator, animal: Animal, labels: Image.Image) -> Image.Image:
    """The labels, with `STRIPED` added where the zebra is black.

    The phase of a point is the mean of the bones' phases, weighted by nearness. So the stripes
    cross every limb at a right angle and flow into one another where limbs meet.
    """
    centres = (np.arange(FIELD) + 0.5) / FIELD
    weights, phases = np.zeros((FIELD, FIELD)), np.zeros((FIELD, FIELD))
    for x, y, phase in animal.bones.tolist():
        squared = ((centres - x) ** 2 + ((centres - y) ** 2)[:, None]) / animal.unit**2
        weight = 1 / (squared + 0.003) ** 2
        weights += weight
        phases += weight * phase
    period, start = rng.uniform(0.175, 0.205), rng.random()
    wobble = start + 0.1 * smooth_noise(rng, FIELD, 10)
    near = enlarge(phases / weights / period + wobble, labels.width)
    far = (np.arange(labels.width) + 0.5) / labels.width / animal.unit * 1.2 / period
    label = np.asarray(labels)
    field = np.where(label == FAR, far.astype(np.float32)[:, None], near)
    black = field - np.floor(field) < 0.5
    return Image.fromarray(label + black * np.uint8(STRIPED))


def _shade(solid: Image.Image, size: int) -> np.ndarray:
    """Light from above, float32 (size, size, 1): above 1 on a back, below 1 under a belly."""
    blurred = solid.reduce(SUPERSAMPLING).filter(ImageFilter.GaussianBlur(0.035 * size))
    soft = np.asarray(blurred, np.float32) / 255
    step = max(1, round(0.03 * size))
    above, below = np.roll(soft, step, axis=0), np.roll(soft, -step, axis=0)
    return (0.97 + 0.4 * (below - above))[..., None]


def _palettes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The colour of every label on a horse and on a zebra: uint8 (32, 3) each."""
    body, hair = (np.array(colour) for colour in BROWNS[rng.integers(len(BROWNS))])
    body = body * rng.uniform(0.9, 1.1)
    brown = np.zeros((32, 3), np.uint8)
    brown[[HOOF, DARK, GLINT]] = (58, 50, 48), (20, 16, 18), (250, 250, 250)
    zebra = brown.copy()
    brown[[FAR, NEAR, HAIR, MUZZLE, TUFT]] = 0.72 * body, body, hair, 0.6 * body, hair
    zebra[[FAR, NEAR, HAIR, MUZZLE, TUFT]] = 0.82 * np.array(WHITE), WHITE, WHITE, BLACK, BLACK
    zebra[STRIPED + 1 :] = zebra[1:STRIPED]
    zebra[[STRIPED + FAR, STRIPED + NEAR, STRIPED + HAIR]] = BLACK
    return brown, zebra
