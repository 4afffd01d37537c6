"""What a physics says about an unknown: its name, element, where it lives and where it may jump."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Field:
    """An unknown of the model.

    Attributes:
        name: key in the state, e.g. "ionic_potential".
        unit: SI unit as printed in outputs, e.g. "V".
        scale: typical size [unit]; one unit of the scaled unknown.
        flux: typical size of one residual entry (current, heat flow, force) in SI; one unit of the scaled residual.
        degree: Lagrange degree.
        shape: () for a scalar, (dim,) for a vector.
        regions: names of the regions where it is solved; None = everywhere.
        breaks: interfaces across which it may jump, e.g. ("anode|separator", "separator|separator").
        cracks: that close; it jumps across them, and nothing of it passes. The state fills them in.
        trace: interfaces or boundaries on which alone it lives; None = lives in the volume.
        initial: starting value, a number or a tuple for vectors.
        bounds: (lower, upper) makes it a bounded unknown, solved on its own by a bound-constrained Newton
            method that never lets it fall below its last value (irreversible).
        stiff: are its jumps held together by stiff interfaces (cohesive ones)?
        loose: gives the facets [owned] of its breaks that hold their sides together hardly stiffer than the cells do,
            or no more: those across which coarse spaces of a multigrid jump, too; None = all, or with `stiff` none.
        definite: is its tangent always symmetric and positive definite? Not where something softens.
    """

    name: str
    unit: str
    scale: float
    flux: float
    degree: int = 1
    shape: tuple[int, ...] = ()
    regions: tuple[str, ...] | None = None
    breaks: tuple[str, ...] = ()
    trace: tuple[str, ...] | None = None
    initial: float | tuple[float, ...] = 0.0
    bounds: tuple[float, float] | None = None
    tied: tuple[str, ...] = field(default=(), compare=False)
    cracks: tuple[str, ...] = ()
    loose: Callable[[], np.ndarray] | None = field(default=None, compare=False)
    definite: bool = True
    stiff: bool = False

    @property
    def jumps(self) -> tuple[str, ...]:
        """All across which it may jump."""
        return (*self.breaks, *self.cracks)
