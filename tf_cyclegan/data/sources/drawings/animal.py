"""The animal's shape: a random pose, size and place.

Shapes are in the animal's own frame (facing right, y down, the trunk about 1 long, the hooves at
`GROUND`) or in the picture's.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

GROUND = 0.72

# The parts of an animal: the values of the label map.
Part = IntEnum("Part", "BACKGROUND FAR NEAR HAIR MUZZLE TUFT HOOF DARK GLINT", start=0)


@dataclass(frozen=True)
class Animal:
    """The animal as strokes of circles, in its own or in the picture's frame."""

    strokes: list[tuple[Part, np.ndarray]]  # from back to front; (n, 3): x, y, radius
    bones: np.ndarray  # (n, 3): x, y, phase of the stripes
    unit: float = 1.0  # the trunk's length in this frame

    def feet(self) -> np.ndarray:
        """The ends of the hooves, (4, 2)."""
        return np.array([stroke[-1, :2] for part, stroke in self.strokes if part == Part.HOOF])


def _stroke(*knots: tuple[float, float, float], count: int = 32) -> np.ndarray:
    """Circles (count, 3) along a Catmull-Rom curve through the knots (x, y, radius)."""
    points = np.array(knots)
    points = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    position = np.linspace(0, len(knots) - 1, count)
    first = np.minimum(position.astype(int), len(knots) - 2)
    t = (position - first)[:, None]
    a, b, c, d = (points[first + i] for i in range(4))
    curve = b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)))
    curve[:, 2] = np.maximum(curve[:, 2], 0.004)
    return curve


def _bones(stroke: np.ndarray, start: float, rate: float) -> np.ndarray:
    """Bones of a stroke: the phase starts at `start` and grows by `rate` per unit of length."""
    length = np.sqrt((np.diff(stroke[:, :2], axis=0) ** 2).sum(axis=1))
    phase = start + rate * np.concatenate([[0], np.cumsum(length)])
    return np.column_stack([stroke[:, :2], phase])[::3]


def _front_leg(x: float, swing: float, lift: float) -> np.ndarray:
    foot, ground = x + 0.02 + swing, GROUND - lift
    knee = x + 0.5 * swing + 0.02 + 0.7 * lift
    return _stroke(
        (x, 0.06, 0.13),
        (x + 0.1 * swing, 0.22, 0.085),
        (knee, 0.44 - 0.3 * lift, 0.054),
        (foot - 0.02 - 0.5 * lift, 0.64 - lift, 0.042),
        (foot - 0.4 * lift, ground - 0.045, 0.05),
    )


def _hind_leg(x: float, swing: float, lift: float) -> np.ndarray:
    foot, ground = x - 0.02 + swing, GROUND - lift
    return _stroke(
        (x, 0.02, 0.19),
        (x + 0.05 + 0.2 * swing, 0.2, 0.115),
        (x - 0.09 + 0.6 * swing, 0.42 - 0.4 * lift, 0.056),
        (foot - 0.04, 0.64 - lift, 0.043),
        (foot, ground - 0.045, 0.05),
    )


def pose(rng: np.random.Generator) -> Animal:
    """A random pose in the animal's own frame."""
    grazing = rng.random() < 0.25
    angle = np.deg2rad(rng.uniform(-46, -34) if grazing else rng.uniform(34, 62))
    nod = np.deg2rad(rng.uniform(24, 34) if grazing else rng.uniform(84, 104))
    along = np.array([np.cos(angle), -np.sin(angle)])
    across = np.array([-np.sin(angle), -np.cos(angle)])  # towards the mane
    ahead = np.array([np.cos(angle - nod), -np.sin(angle - nod)])

    trunk = _stroke(
        (-0.33, -0.02, 0.215), (-0.12, -0.02, 0.2), (0.10, 0.0, 0.215), (0.28, -0.02, 0.215)
    )
    root = np.array([0.32, -0.07])
    poll = root + 0.5 * along
    neck = _stroke((*root, 0.185), (*(root + 0.25 * along + 0.02 * across), 0.132), (*poll, 0.095))
    head = _stroke(
        (*poll, 0.09),
        (*(poll + 0.1 * ahead), 0.1),
        (*(poll + 0.25 * ahead), 0.07),
        (*(poll + 0.36 * ahead), 0.062),
    )
    crest = neck[4::5, :2] + across * neck[4::5, 2:] * 0.95
    thickness = rng.uniform(0.042, 0.064, len(crest)) * np.linspace(0.2, 1, len(crest)) ** 0.5
    mane = _stroke(*np.column_stack([crest, thickness]))
    brow = np.array([ahead[1], -ahead[0]])  # from the jaw to the forehead
    forelock = _stroke((*(poll + 0.08 * brow), 0.04), (*(poll + 0.13 * ahead + 0.07 * brow), 0.02))

    def ear(shift: float) -> np.ndarray:
        base = poll + 0.07 * brow + shift * ahead
        tip = base + 0.12 * brow - (0.06 - 0.5 * shift) * ahead
        return _stroke((*base, 0.036), (*(base * 0.5 + tip * 0.5), 0.032), (*tip, 0.008), count=12)

    sway = rng.uniform(-0.02, 0.12)
    tail = _stroke(
        (-0.5, -0.12, 0.03),
        (-0.585 - sway / 2, -0.04, 0.042),
        (-0.62 - sway, 0.18, 0.062),
        (-0.6 - 1.2 * sway, 0.42, 0.012),
    )
    legs = []
    raised = rng.integers(8)  # The raised leg; 4 to 7 raise none.
    for i, (shape, x) in enumerate(
        [(_hind_leg, -0.29), (_front_leg, 0.33), (_hind_leg, -0.36), (_front_leg, 0.27)]
    ):
        # The far and the near leg of a pair swing apart, so that all four are visible.
        swing = rng.uniform(0.03, 0.15) * (1 if i < 2 else -1)
        legs.append(shape(x, swing, rng.uniform(0.05, 0.12) if raised == i else 0))
    hooves = [np.array([leg[-1], leg[-1] + [0.01, 0.015, 0]]) for leg in legs]
    nose = poll + 0.375 * ahead
    eye = poll + 0.13 * ahead + 0.03 * brow
    nostril = poll + 0.385 * ahead + 0.01 * brow

    _, far, near, hair, muzzle, tuft, hoof, dark, glint = Part
    strokes = [(hair, tail[:18]), (tuft, tail[16:])]
    strokes += [(far, legs[0]), (hoof, hooves[0]), (far, legs[1]), (hoof, hooves[1])]
    strokes += [(far, ear(0.05)), (near, trunk), (near, neck), (near, head)]
    strokes += [(muzzle, np.array([[*nose, 0.058]]))]
    strokes += [(near, legs[2]), (hoof, hooves[2]), (near, legs[3]), (hoof, hooves[3])]
    strokes += [(hair, mane), (hair, forelock), (near, ear(0.0))]
    strokes += [(dark, np.array([[*eye, 0.026]])), (dark, np.array([[*nostril, 0.014]]))]
    strokes += [(glint, np.array([[eye[0] + 0.008, eye[1] - 0.01, 0.009]]))]
    # The phase grows from the rump to the nose. On the legs it grows away from the trunk, which
    # bends the stripes at the haunch as on a real zebra.
    croup = np.array([[-0.55, -0.02, 0.2]])  # Beyond the trunk, or the last stripe is a blot.
    body = _bones(np.concatenate([croup, trunk]), -0.22, 1)
    rest = _bones(neck, 0.66, 1.05)
    bones = [body, rest, _bones(head, rest[-1, 2], 1.3)]
    bones += [_bones(legs[2][8:], -0.08, -1.25), _bones(legs[3][8:], 0.6, 1.25)]
    return Animal(strokes, np.concatenate(bones))


def place(rng: np.random.Generator, animal: Animal) -> Animal:
    """Places the animal in the picture: random size, position and direction, fully inside."""
    circles = np.concatenate([stroke for _, stroke in animal.strokes])
    low = (circles[:, :2] - circles[:, 2:]).min(axis=0)
    high = (circles[:, :2] + circles[:, 2:]).max(axis=0)
    width, height = high - low
    scale = min(rng.uniform(0.68, 0.86) / width, 0.84 / height)
    side = 1 if rng.random() < 0.5 else -1
    left = 0.02 + rng.uniform(0, 0.96 - scale * width)
    x = left - scale * low[0] if side == 1 else left + scale * high[0]
    y = rng.uniform(max(0.86, 0.04 + scale * height), 0.95) - scale * high[1]
    move, turn = np.array([x, y]), np.array([side * scale, scale])
    strokes = [
        (part, np.column_stack([stroke[:, :2] * turn + move, stroke[:, 2] * scale]))
        for part, stroke in animal.strokes
    ]
    bones = np.column_stack([animal.bones[:, :2] * turn + move, animal.bones[:, 2]])
    return Animal(strokes, bones, scale)
