"""How fields and columns are shown: handy units, colours, limits."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LogNorm, Normalize

SQUARE = {"^2": "²", "^3": "³", "**2": "²", "**3": "³", "m2": "m²", "m3": "m³", "ohm": "Ω"}

UNITS: dict[str, tuple[tuple[float, str], ...]] = {
    "m": ((1e-3, "mm"), (1e-6, "µm"), (1e-9, "nm")),
    "Pa": ((1e9, "GPa"), (1e6, "MPa"), (1e3, "kPa"), (1.0, "Pa")),
    "A/m²": ((10.0, "mA/cm²"), (1e-2, "µA/cm²")),
    "K": ((1.0, "K"), (1e-3, "mK"), (1e-6, "µK")),
    "V": ((1.0, "V"), (1e-3, "mV"), (1e-6, "µV")),
    "s": ((3600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms")),
    "W/m³": ((1e6, "MW/m³"), (1e3, "kW/m³"), (1.0, "W/m³")),
    "ohm m²": ((1e-4, "Ω cm²"),),
    "Ω m²": ((1e-4, "Ω cm²"),),
}
"""Handy units by SI unit, largest first; the first that the values reach is taken, else the last."""


@dataclass(frozen=True)
class Style:
    """How a kind of field is coloured.

    Attributes:
        cmap: name of a Matplotlib colour map.
        log: logarithmic colours.
        centred: where values have both signs, colours from blue over white at zero to red.
        limits: fixed limits, for shares.
    """

    cmap: str = "viridis"
    log: bool = False
    centred: bool = False
    limits: tuple[float, float] | None = None


STYLES = {
    "potential": Style("viridis"),
    "current": Style("inferno", log=True),
    "pressure": Style("viridis", centred=True),
    "mises": Style("magma"),
    "stress": Style("magma", centred=True),
    "damage": Style("hot_r", limits=(0.0, 1.0)),
    "temperature": Style("plasma"),
    "displacement": Style("cividis"),
    "lithium": Style("Greens", limits=(0.0, 1.0)),
}
"""Style by a word in the name of a field; also the order in which pictures show them."""


def style_of(name: str) -> Style:
    """Style of a field by its name."""
    return next((style for word, style in STYLES.items() if word in name.lower()), Style())


def rank_of(name: str) -> int:
    """Place of a field in a picture: known kinds first, in the order of `STYLES`."""
    return next((i for i, word in enumerate(STYLES) if word in name.lower()), len(STYLES))


def title_and_unit(name: str) -> tuple[str, str]:
    """("temperature", "K") of "temperature [K]"; no unit gives ""."""
    match = re.fullmatch(r"(.*?)\s*\[(.*)\]", name)
    title, unit = (match[1], match[2]) if match else (name, "")
    for plain, raised in SQUARE.items():
        unit = unit.replace(plain, raised)
    return title, "" if unit in ("1", "-") else unit


def handy(values: npt.NDArray, unit: str) -> tuple[float, str]:
    """SI size and name of a unit in which the largest of the values is a handy number."""
    choices = UNITS.get(unit)
    if choices is None:
        return 1.0, unit
    finite = np.abs(values[np.isfinite(values)])
    largest = finite.max(initial=0.0)
    if largest == 0.0:
        return choices[0]
    return next((c for c in choices if largest >= c[0]), choices[-1])


def colours(values: npt.NDArray, style: Style) -> tuple[str, Normalize, str]:
    """Colour map and scale for values, and at which ends it is cut ("neither", "min", "max", "both").

    A few extreme values (corners, crack tips) do not take the whole scale: where the inner 99.6 % need less than a
    third of the range, they set the limits.
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    if style.limits is not None:
        return style.cmap, Normalize(*style.limits), "neither"
    low, high = (finite.min(), finite.max()) if finite.size else (0.0, 1.0)
    if style.log and high > 0:
        positive = finite[finite > 0]
        floor = max(positive.min(), np.percentile(positive, 1.0), 1e-5 * high)
        if floor < 0.999 * high:
            return style.cmap, LogNorm(floor, high), "min" if low < floor else "neither"
    lowest, highest = low, high
    if finite.size:
        inner = np.percentile(finite, (0.2, 99.8))
        span = inner[1] - inner[0]
        if 0 < 3 * span < high - low:
            low = inner[0] if inner[0] - low > 0.1 * span else low
            high = inner[1] if high - inner[1] > 0.1 * span else high
    if style.centred and low < 0 < high:
        bound = max(-low, high)
        return "RdBu_r", Normalize(-bound, bound), _cut(lowest < -bound, highest > bound)
    if high - low <= 1e-9 * max(abs(low), abs(high)) or high == low:
        gap = 1e-3 * max(abs(low), abs(high)) or 1.0
        low, high = low - gap, high + gap
    return style.cmap, Normalize(low, high), _cut(lowest < low, highest > high)


def _cut(below: bool, above: bool) -> str:
    if below and above:
        return "both"
    return "min" if below else "max" if above else "neither"
