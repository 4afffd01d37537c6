"""Solvers: scaled block Newton, bounded Newton, PETSc presets."""

from petsc4py import PETSc

from fem_ssb.solvers.bounded import BoundedNewton
from fem_ssb.solvers.newton import BlockNewton

__all__ = ["BlockNewton", "BoundedNewton"]

PETSc.Options().setValue("options_left", "no")  # options of solvers that had nothing to do are no mistake
