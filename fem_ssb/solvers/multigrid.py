"""Multigrid over spaces of displacements: without stiff jumps, of lower degree.

Smoothed aggregation sees a quadratic stiffness matrix badly, and worse where lithium creeps and hardly changes its
volume. Here the first coarse level is the linear space on the same broken mesh (Galerkin: Pᵀ A P with the
interpolation P), and aggregation with rigid modes begins there, where it works well. In 3D this takes half the
iterations of aggregation alone and a tenth of its set-up.

Where cohesive interfaces hold the grains together, stiffer by decades than these, aggregation fails on the broken
space: the jumps have to be smoothed away. The next level is then the same space without jumps (P doubles the unknowns
of interfaces), and the number of iterations hardly depends on the stiffness of the interfaces.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from dolfinx import fem
from dolfinx.fem.petsc import interpolation_matrix
from petsc4py import PETSc

from fem_ssb.mesh import NamedMesh
from fem_ssb.problem.fields import Field
from fem_ssb.spaces import PeriodicPair, broken_space


class SpaceMultigrid:
    """PETSc `python` preconditioner: one level a space, smoothed aggregation on the last.

    It reads its options under the prefix of the preconditioner that it is the context of: `mg_levels_…` for the
    smoothers and `mg_coarse_…` for the last space.

    Args:
        spaces: of displacements, each in the one before.
    """

    def __init__(self, spaces: Sequence[fem.FunctionSpace]):
        self.interpolations = [interpolation_matrix(c, f) for f, c in itertools.pairwise(spaces)]
        for P in self.interpolations:
            P.assemble()
        self._modes = rigid_modes(spaces[-1])
        self._multigrid: PETSc.PC | None = None
        self._coarse: list[PETSc.Mat] = []

    def setUp(self, pc: PETSc.PC) -> None:
        """New matrix: Galerkin products (their pattern is reused) and smoothers."""
        A = pc.getOperators()[1]
        if self._multigrid is None:
            self._create(pc, A)
        else:
            fine = A
            for P, coarse in zip(self.interpolations, self._coarse, strict=True):
                fine.PtAP(P, result=coarse)
                fine = coarse
        mg = self._multigrid
        assert mg is not None
        mg.setOperators(A, A)
        last = len(self._coarse)
        for level, matrix in enumerate([A, *self._coarse[:-1]]):
            mg.getMGSmoother(last - level).setOperators(matrix, matrix)
        mg.getMGCoarseSolve().setOperators(self._coarse[-1], self._coarse[-1])
        mg.setUp()

    def _create(self, pc: PETSc.PC, A: PETSc.Mat) -> None:
        fine = A
        for P in self.interpolations:
            fine = fine.PtAP(P)
            fine.setBlockSize(P.getBlockSizes()[1])
            self._coarse.append(fine)
        fine.setNearNullSpace(self._modes)
        mg = self._multigrid = PETSc.PC().create(pc.comm)
        mg.setOptionsPrefix(pc.getOptionsPrefix())
        mg.setOperators(A, A)
        mg.setType(PETSc.PC.Type.MG)
        mg.setMGLevels(len(self.interpolations) + 1)
        for level, P in enumerate(reversed(self.interpolations), start=1):
            mg.setMGInterpolation(level, P)
            mg.getMGSmoother(level).setFromOptions()
        mg.getMGCoarseSolve().setFromOptions()

    def apply(self, pc: PETSc.PC, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """One V-cycle."""
        assert self._multigrid is not None
        self._multigrid.apply(x, y)

    def destroy(self, pc: PETSc.PC | None = None) -> None:
        """Free the PETSc objects; collective."""
        for thing in (self._multigrid, *self._coarse, self._modes, *self.interpolations):
            if thing is not None:
                thing.destroy()
        self._multigrid, self._coarse = None, []


def coarser(mesh: NamedMesh, field: Field, V: fem.FunctionSpace) -> list[fem.FunctionSpace]:
    """The spaces of a vector field that lives everywhere: its own, without jumps if they are stiff, linear.

    The jumps go first: what moves both faces of a stiff interface together looks stiff to a smoother, and is not.
    """
    breaks = () if field.stiff else field.breaks
    facets: Iterable[np.ndarray] = [mesh.interface(n).facets for n in breaks]
    broken = np.unique(np.concatenate(list(facets))).astype(np.int32) if breaks else None
    periodic = [PeriodicPair(*faces) for faces in mesh.opposite_faces()]
    degrees = ([field.degree] if field.stiff else []) + ([1] if field.degree > 1 else [])
    shapes = [("Lagrange", degree, field.shape) for degree in degrees]
    return [V, *(broken_space(mesh.domain, shape, broken=broken, periodic=periodic).V for shape in shapes)]


def rigid_modes(V: fem.FunctionSpace) -> PETSc.NullSpace:
    """Rigid translations and rotations of a displacement space, as the near-null space of its multigrid."""
    bs = V.dofmap.index_map_bs
    x = V.tabulate_dof_coordinates()[: V.dofmap.index_map.size_local, :bs]
    flat: Any = np.ascontiguousarray(x).reshape(-1)
    coordinates = PETSc.Vec().createWithArray(flat, bsize=bs, comm=V.mesh.comm)
    modes = PETSc.NullSpace().createRigidBody(coordinates)
    coordinates.destroy()
    return modes
