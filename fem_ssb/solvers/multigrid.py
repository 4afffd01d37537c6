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
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from dolfinx import fem
from dolfinx.fem.petsc import interpolation_matrix
from mpi4py import MPI
from petsc4py import PETSc

from fem_ssb.mesh import NamedMesh
from fem_ssb.problem.fields import Field
from fem_ssb.spaces import PeriodicPair, broken_space

NONE = np.empty(0, dtype=np.int32)


class SpaceMultigrid:
    """PETSc `python` preconditioner: one level a space, then levels of smoothed aggregation.

    It reads its options under the prefix of the preconditioner that it is the context of: `mg_levels_…` for the
    smoothers, `mg_coarse_…` for the last level, and `aggregation_…` for how the unknowns of the last space are
    aggregated.

    Args:
        spaces: gives the spaces of displacements, each in the one before, when asked first, and later if they are
            others than the last time.
        cells: gives the matrix of the first space without interfaces, by which unknowns are aggregated; None = all of
            it.
    """

    def __init__(self, spaces: CoarseSpaces, cells: Callable[[], PETSc.Mat] | None = None):
        self._spaces, self._cells = spaces, cells
        self.interpolations: list[PETSc.Mat] = []
        self._multigrid: PETSc.PC | None = None
        self._coarse: list[PETSc.Mat] = []

    def setUp(self, pc: PETSc.PC) -> None:
        """New matrix: Galerkin products (their pattern is reused) and smoothers."""
        A = pc.getOperators()[1]
        spaces = self._spaces()
        if spaces:
            self.destroy()
            self.interpolations = [interpolation_matrix(c, f) for f, c in itertools.pairwise(spaces)]
            for P in self.interpolations:
                P.assemble()
            self.interpolations += self._aggregate(pc, A, spaces[-1])
            self._create(pc, A)
        else:
            fine = A
            for P, coarse in zip(self.interpolations, self._coarse, strict=True):
                fine.PtAP(P, result=coarse)
                fine = coarse
        mg = self._multigrid
        assert mg is not None
        mg.setOperators(A, A)
        *smoothed, last = [A, *self._coarse]
        for level, matrix in enumerate(reversed(smoothed), start=1):
            mg.getMGSmoother(level).setOperators(matrix, matrix)
        mg.getMGCoarseSolve().setOperators(last, last)
        mg.setUp()

    def _aggregate(self, pc: PETSc.PC, A: PETSc.Mat, last: fem.FunctionSpace) -> list[PETSc.Mat]:
        """Interpolations of smoothed aggregation below the last space."""
        products = [A if self._cells is None else self._cells()]
        for P in self.interpolations:
            products.append(products[-1].PtAP(P))
            products[-1].setBlockSize(P.getBlockSizes()[1])
        modes = rigid_modes(last)
        products[-1].setNearNullSpace(modes)
        modes.destroy()
        gamg = PETSc.PC().create(pc.comm)
        gamg.setOptionsPrefix((pc.getOptionsPrefix() or "") + "aggregation_")
        gamg.setOperators(products[-1], products[-1])
        gamg.setType(PETSc.PC.Type.GAMG)
        gamg.setFromOptions()
        gamg.setUp()
        found = [gamg.getMGInterpolation(level) for level in reversed(range(1, gamg.getMGLevels()))]
        gamg.destroy()
        for product in products if self._cells is not None else products[1:]:
            product.destroy()
        return found

    def _create(self, pc: PETSc.PC, A: PETSc.Mat) -> None:
        fine = A
        for P in self.interpolations:
            fine = fine.PtAP(P)
            fine.setBlockSize(P.getBlockSizes()[1])
            self._coarse.append(fine)
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
        for thing in (self._multigrid, *self._coarse, *self.interpolations):
            if thing is not None:
                thing.destroy()
        self._multigrid, self._coarse, self.interpolations = None, [], []


class CoarseSpaces:
    """The spaces of a vector field that lives everywhere: its own, without stiff jumps, linear.

    The jumps go first: what moves both faces of a stiff interface together looks stiff to a smoother, and is not.

    Args:
        mesh: its mesh.
        field: its declaration.
        V: its space.
    """

    def __init__(self, mesh: NamedMesh, field: Field, V: fem.FunctionSpace):
        self._mesh, self._field, self._own = mesh, field, V
        facets: Iterable[np.ndarray] = [mesh.interface(n).facets for n in field.jumps]
        self._breaks = np.unique(np.concatenate(list(facets))).astype(np.int32) if field.jumps else NONE
        self._last: np.ndarray | None = None

    def __call__(self) -> list[fem.FunctionSpace]:
        """The spaces; none if they are those of the last call. Collective."""
        field, mesh = self._field, self._mesh
        broken = self._breaks if not field.stiff else NONE if field.loose is None else np.unique(field.loose())
        old, self._last = self._last, broken
        if mesh.comm.allreduce(old is not None and np.array_equal(old, broken), op=MPI.LAND):
            return []
        periodic = [PeriodicPair(*faces) for faces in mesh.opposite_faces()]
        joined = mesh.comm.allreduce(len(broken) < len(self._breaks), op=MPI.LOR)
        degrees = ([field.degree] if joined else []) + ([1] if field.degree > 1 else [])
        shapes = [("Lagrange", degree, field.shape) for degree in degrees]
        return [self._own, *(broken_space(mesh.domain, e, broken=broken, periodic=periodic).V for e in shapes)]


def rigid_modes(V: fem.FunctionSpace) -> PETSc.NullSpace:
    """Rigid translations and rotations of a displacement space, as the near-null space of its multigrid."""
    bs = V.dofmap.index_map_bs
    x = V.tabulate_dof_coordinates()[: V.dofmap.index_map.size_local, :bs]
    flat: Any = np.ascontiguousarray(x).reshape(-1)
    coordinates = PETSc.Vec().createWithArray(flat, bsize=bs, comm=V.mesh.comm)
    modes = PETSc.NullSpace().createRigidBody(coordinates)
    coordinates.destroy()
    return modes
