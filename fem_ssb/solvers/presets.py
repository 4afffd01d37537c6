"""PETSc options that are known good, chosen by field and size.

Direct (MUMPS) in 2D and for small systems; in 3D each field gets the multigrid that suits it: BoomerAMG for
potentials and temperature, smoothed aggregation with rigid modes for displacements, Jacobi for unknowns of
interfaces, joined by a multiplicative field split when solved together. Every option can be overridden.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dolfinx import fem
from petsc4py import PETSc

from fem_ssb.problem.fields import Field

DIRECT: dict[str, Any] = {"ksp_type": "preonly", "pc_type": "lu", "pc_factor_mat_solver_type": "mumps", "mat_mumps_icntl_14": 60}
LARGEST_DIRECT_3D = 40_000

SCALAR = {"pc_type": "hypre", "pc_hypre_type": "boomeramg", "pc_hypre_boomeramg_strong_threshold": 0.7}
VECTOR = {
    "pc_type": "gamg",
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_pc_type": "jacobi",
    "mg_levels_esteig_ksp_type": "cg",
    "pc_gamg_coarse_eq_limit": 1000,
}
INTERFACE = {"pc_type": "jacobi"}


def is_direct(dim: int, unknowns: int) -> bool:
    """Direct solve in 2D and for small 3D systems."""
    return dim == 2 or unknowns <= LARGEST_DIRECT_3D


def single(field: Field) -> dict[str, Any]:
    """Preconditioner of one field."""
    if field.trace is not None:
        return dict(INTERFACE)
    return dict(VECTOR if field.shape else SCALAR)


def coupled(fields: Sequence[Field]) -> dict[str, Any]:
    """Flexible GMRES with a multiplicative field split, one preconditioner a field."""
    options: dict[str, Any] = {
        "ksp_type": "fgmres",
        "ksp_rtol": 1e-9,
        "ksp_max_it": 400,
        "ksp_gmres_restart": 100,
        "pc_type": "fieldsplit",
        "pc_fieldsplit_type": "multiplicative",
    }
    for k, f in enumerate(fields):
        options[f"fieldsplit_{k}_ksp_type"] = "preonly"
        options.update({f"fieldsplit_{k}_{key}": value for key, value in single(f).items()})
    return options


def rigid_modes(V: fem.FunctionSpace) -> PETSc.NullSpace:
    """Rigid translations and rotations of a displacement space, as the near-null space of its multigrid."""
    bs = V.dofmap.index_map_bs
    x = V.tabulate_dof_coordinates()[: V.dofmap.index_map.size_local, :bs]
    coordinates = PETSc.Vec().createWithArray(np.ascontiguousarray(x).reshape(-1), bsize=bs, comm=V.mesh.comm)
    return PETSc.NullSpace().createRigidBody(coordinates)


def attach(solver: Any, spaces: Sequence[fem.FunctionSpace]) -> None:
    """Tell an iterative solver what its blocks are: index sets of the field split, rigid modes of displacements."""
    pc = solver.snes.getKSP().getPC()
    if pc.getType() == PETSc.PC.Type.FIELDSPLIT:
        start = solver.matrix.getOwnershipRange()[0]
        sets = []
        for k, V in enumerate(spaces):
            block = solver.block(k)
            index = PETSc.IS().createStride(block.stop - block.start, start + block.start, 1, comm=V.mesh.comm)
            if V.dofmap.index_map_bs > 1:
                index.setBlockSize(V.dofmap.index_map_bs)
                index.compose("nearnullspace", rigid_modes(V))
            sets.append((str(k), index))
        pc.setFieldSplitIS(*sets)
    elif len(spaces) == 1 and spaces[0].dofmap.index_map_bs > 1:
        solver.matrix.setNearNullSpace(rigid_modes(spaces[0]))
