"""The background: sky, clouds, hills, trees, grass, flowers.

It contains neither a coat's brown nor black and white: only the coat tells the domains apart.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tf_cyclegan.data.sources.drawings.animal import Animal, Part
from tf_cyclegan.data.sources.drawings.brush import (
    SUPERSAMPLING,
    Brush,
    colour,
    smooth_noise,
    to_uint8,
    tones,
)

FLOWERS = ((250, 248, 240), (252, 220, 70), (226, 88, 104), (172, 132, 216))


class Colours(NamedTuple):
    """RGB (3,) of the sky above, the sky at the horizon and the meadow."""

    sky: np.ndarray
    haze: np.ndarray
    green: np.ndarray


def draw_backdrop(
    rng: np.random.Generator, canvas: int, colours: Colours, animal: Animal
) -> Image.Image:
    """Draws sky, clouds, hills, trees, grass and the animal's shadow: RGB (canvas, canvas)."""
    sky, haze, green = colours
    horizon = rng.uniform(0.4, 0.6)
    depth = np.clip((np.arange(canvas) + 0.5) / canvas / horizon, 0, 1)[:, None, None]
    gradient = to_uint8(sky + (haze - sky) * depth)
    picture = Image.fromarray(np.broadcast_to(gradient, (canvas, canvas, 3)))
    _draw_clouds(rng, picture, horizon, haze)
    brush = Brush(picture)
    for distance in (0.65, 0.4)[rng.integers(3) :]:
        x = np.linspace(0, 1, 60)
        heights = np.interp(x, np.linspace(0, 1, 6), rng.uniform(0.05, 0.25, 6) * distance)
        heights = np.convolve(np.pad(heights, 5, mode="edge"), np.full(11, 1 / 11), "valid")
        ridge = np.concatenate([np.column_stack([x, horizon - heights]), [[1, 1], [0, 1]]])
        # Blend with the sky: green in the reddish haze of an evening would be brown.
        hill = np.array([70, 116, 92]) * (1 - distance) + sky * distance
        brush.polygons(ridge[None], [colour(hill)])
    for _ in range(rng.integers(5)):
        leaves = np.array([(-0.8, -0.4, 0.8), (0.8, -0.3, 0.7), (0, -1.1, 1)])
        place = np.array([rng.random(), horizon, 0])
        brush.discs(place + leaves * rng.uniform(0.02, 0.05), (84, 128, 96))
    _draw_ground(rng, picture, horizon, colours, animal)
    near = rng.random(220) ** 0.7
    roots = np.column_stack([rng.random(220), horizon + 0.02 + near * (0.98 - horizon)])
    shades = tones(green, 1 + rng.uniform(-0.1, 0.1, 220) * (1 + near))
    brush.polygons(_blades(rng, roots, 0.012 + 0.03 * near), shades)
    near = rng.uniform(0.15, 1, rng.integers(26))
    flowers = [rng.random(len(near)), horizon + near * (1 - horizon), 0.003 + 0.006 * near]
    brush.discs(np.column_stack(flowers), FLOWERS[rng.integers(len(FLOWERS))])
    return picture


def _draw_clouds(
    rng: np.random.Generator, picture: Image.Image, horizon: float, haze: np.ndarray
) -> None:
    cover = Image.new("L", (256, 256))  # Clouds are smooth, whatever the size of the picture.
    brush = Brush(cover)
    for _ in range(rng.integers(5)):
        x, y, width = rng.random(), rng.uniform(0.02, 0.75) * horizon, rng.uniform(0.1, 0.3)
        along = np.linspace(-0.5, 0.5, 7)
        r = width * (0.22 - 0.5 * along * along) * rng.uniform(0.7, 1.2, 7)
        puffs = np.column_stack([x + along * width, y - 0.5 * r, r])
        brush.discs(puffs, int(rng.integers(150, 230)))
    soft = cover.filter(ImageFilter.GaussianBlur(3)).resize(picture.size)
    picture.paste(colour(0.4 * haze + 0.6 * 255), mask=soft)


def _draw_ground(
    rng: np.random.Generator,
    picture: Image.Image,
    horizon: float,
    colours: Colours,
    animal: Animal,
) -> None:
    """Draws the meadow below the horizon and the animal's shadow."""
    _, haze, green = colours
    size = picture.width // SUPERSAMPLING  # Drawn small and enlarged, as it is smooth.
    near = np.clip(((np.arange(size) + 0.5) / size - horizon) / (1 - horizon), 0, 1)[:, None, None]
    ground = green + 0.3 * (haze - green) * (1 - near)
    ground = ground * (1.04 - 0.12 * near + 0.07 * smooth_noise(rng, size, 9)[..., None])

    shadow = Image.new("L", (size, size))
    feet, unit = animal.feet(), animal.unit
    (left, _), (right, low) = feet.min(axis=0), feet.max(axis=0)
    box = (left - 0.12 * unit, low - 0.03 * unit, right + 0.12 * unit, low + 0.09 * unit)
    ImageDraw.Draw(shadow).ellipse([size * edge for edge in box], 255)
    soft = shadow.filter(ImageFilter.GaussianBlur(0.015 * size))
    ground = ground * (1 - 0.35 / 255 * np.asarray(soft)[..., None])

    meadow = Image.fromarray(to_uint8(ground)).resize(picture.size, Image.Resampling.BILINEAR)
    top = round(horizon * picture.height)
    picture.paste(meadow.crop((0, top, *picture.size)), (0, top))


def draw_grass_at_hooves(
    rng: np.random.Generator,
    backdrop: Image.Image,
    labels: Image.Image,
    green: np.ndarray,
    animal: Animal,
) -> None:
    """Draws blades of grass in front of the hooves."""
    feet = np.repeat(animal.feet(), 7, axis=0)
    spread = np.column_stack([rng.uniform(-0.07, 0.07, len(feet)), np.full(len(feet), 0.055)])
    lengths = rng.uniform(0.06, 0.13, len(feet)) * animal.unit
    blades = _blades(rng, feet + spread * animal.unit, lengths)
    Brush(backdrop).polygons(blades, tones(green, rng.uniform(0.8, 1.14, len(feet))))
    Brush(labels).polygons(blades, [Part.BACKGROUND] * len(feet))


def _blades(rng: np.random.Generator, roots: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Leaning triangles (n, 3, 2) on the roots (n, 2)."""
    half = np.array([0.004, 0])
    lean = np.column_stack([rng.uniform(-0.4, 0.4, len(lengths)) * lengths, -lengths])
    return np.stack([roots - half, roots + half, roots + lean], axis=1)
