"""Drawn scenes of a horse or a zebra on a meadow: each scene in both coats."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from tf_cyclegan.data.sources.drawings.animal import Animal, Part, place, pose
from tf_cyclegan.data.sources.drawings.brush import (
    SUPERSAMPLING,
    Brush,
    enlarge,
    smooth_noise,
    to_uint8,
)
from tf_cyclegan.data.sources.drawings.meadow import Colours, draw_backdrop, draw_grass_at_hooves

FIELD = 64  # Points a side of the stripes' phase, which is smooth.
STRIPED = 16  # Added to the label of a pixel on a black stripe.

# Sky above, sky at the horizon, light.
WEATHERS = (
    ((86, 152, 224), (204, 230, 246), (1.00, 1.00, 1.00)),  # noon
    ((120, 176, 226), (236, 236, 226), (1.02, 1.00, 0.96)),  # forenoon
    ((146, 172, 222), (250, 222, 212), (1.02, 0.98, 0.96)),  # early morning
    ((122, 134, 196), (252, 212, 192), (1.00, 0.97, 0.95)),  # evening
    ((158, 172, 186), (216, 222, 226), (0.92, 0.94, 0.97)),  # overcast
)
MEADOWS = ((88, 150, 62), (112, 166, 70), (140, 176, 78), (172, 190, 92), (190, 200, 108))
# Body, mane and tail.
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
      zebra: uint8 (size, size, 3), the animal in black and white stripes; equal to `horse` where
        `mask` is 0.
      mask: uint8 (size, size, 1), 255 where the animal touches a pixel, else 0.
    """

    horse: np.ndarray
    zebra: np.ndarray
    mask: np.ndarray


def draw_scene(rng: np.random.Generator, size: int) -> Scene:
    """Draws a random scene.

    Args:
      rng: the source of randomness. Equal generators draw the same scene at any size.
      size: width and height in pixels, at least 16.

    Raises:
      ValueError: `size` is below 16.
    """
    if size < 16:
        raise ValueError(f"size must be at least 16 to show an animal, got {size}")
    sky, haze, light = (np.array(colour) for colour in WEATHERS[rng.integers(len(WEATHERS))])
    light = light * rng.uniform(0.92, 1.04)
    green = np.array(MEADOWS[rng.integers(len(MEADOWS))]) * rng.uniform(0.94, 1.06)
    animal = place(rng, pose(rng))
    backdrop = draw_backdrop(rng, size * SUPERSAMPLING, Colours(sky, haze, green), animal)
    labels = Image.new("L", backdrop.size, Part.BACKGROUND)
    for part, stroke in animal.strokes:
        Brush(labels).discs(stroke, part)
    draw_grass_at_hooves(rng, backdrop, labels, green, animal)

    solid = labels.point([0] + [255] * 255)
    # Maximum, as the coat changes even a pixel that the animal only touches.
    blocks = np.asarray(solid).reshape(size, SUPERSAMPLING, size, SUPERSAMPLING)
    mask = blocks.max(axis=(1, 3))[..., None]
    backdrop.paste((0, 0, 0), mask=solid)
    scenery = np.asarray(backdrop.reduce(SUPERSAMPLING))
    shade = _shade(solid, size)
    stripes = _draw_stripes(rng, animal, labels)
    brown, striped = _palettes(rng)

    def paint(labels: Image.Image, palette: np.ndarray) -> np.ndarray:
        labels.putpalette(palette.tobytes())
        coat = np.asarray(labels.convert("RGB").reduce(SUPERSAMPLING))
        return to_uint8((scenery + coat * shade) * light)

    return Scene(paint(labels, brown), paint(stripes, striped), mask)


def _draw_stripes(rng: np.random.Generator, animal: Animal, labels: Image.Image) -> Image.Image:
    """The labels, with `STRIPED` added on black stripes.

    The phase at a point is the mean of the bones' phases, weighted by inverse distance. So the
    stripes cross every limb at a right angle and join smoothly where limbs meet.
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
    field = np.where(label == Part.FAR, far.astype(np.float32)[:, None], near)
    black = field - np.floor(field) < 0.5
    return Image.fromarray(label + black * np.uint8(STRIPED))


def _shade(solid: Image.Image, size: int) -> np.ndarray:
    """Shading by light from above, float32 (size, size, 1): brightens backs, darkens bellies."""
    blurred = solid.reduce(SUPERSAMPLING).filter(ImageFilter.GaussianBlur(0.035 * size))
    soft = np.asarray(blurred, np.float32) / 255
    step = max(1, round(0.03 * size))
    above, below = np.roll(soft, step, axis=0), np.roll(soft, -step, axis=0)
    return (0.97 + 0.4 * (below - above))[..., None]


def _palettes(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The colours of all labels of a horse and of a zebra: uint8 (32, 3) each."""
    body, hair = (np.array(colour) for colour in BROWNS[rng.integers(len(BROWNS))])
    body = body * rng.uniform(0.9, 1.1)
    brown = np.zeros((32, 3), np.uint8)
    brown[Part.HOOF : Part.GLINT + 1] = (58, 50, 48), (20, 16, 18), (250, 250, 250)
    zebra = brown.copy()
    coat = slice(Part.FAR, Part.TUFT + 1)  # far, near, hair, muzzle, tuft
    brown[coat] = 0.72 * body, body, hair, 0.6 * body, hair
    zebra[coat] = 0.82 * np.array(WHITE), WHITE, WHITE, BLACK, BLACK
    zebra[STRIPED + 1 :] = zebra[1:STRIPED]
    zebra[[STRIPED + Part.FAR, STRIPED + Part.NEAR, STRIPED + Part.HAIR]] = BLACK
    return brown, zebra
