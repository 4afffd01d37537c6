"""Solvers: scaled block Newton, bounded Newton, both at once, PETSc presets."""

from petsc4py import PETSc

from fem_ssb.solvers.bounded import BoundedNewton
from fem_ssb.solvers.monolithic import MonolithicNewton
from fem_ssb.solvers.newton import BlockNewton

__all__ = ["BlockNewton", "BoundedNewton", "MonolithicNewton"]

PETSc.Options().setValue("options_left", "no")  # options of solvers that had nothing to do are no mistake
