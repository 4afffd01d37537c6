"""Solvers: scaled block Newton, bounded Newton, PETSc presets."""

from fem_ssb.solvers.bounded import BoundedNewton
from fem_ssb.solvers.newton import BlockNewton

__all__ = ["BlockNewton", "BoundedNewton"]
