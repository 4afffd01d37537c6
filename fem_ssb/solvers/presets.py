"""PETSc options that are known good, chosen by field and size.

Direct (MUMPS) in 2D and for small systems; in 3D each field gets the multigrid that suits it: BoomerAMG for
potentials and temperature, smoothed aggregation with rigid modes for displacements (below a level of degree one, if
they are quadratic), Jacobi for unknowns of interfaces. Solved together they are joined by a multiplicative field
split with the parts `potentials`, then every other field under its own name; displacement comes last, because it
follows the thickness of the metal exactly. Every option can be overridden, e.g.
`{"ksp_rtol": 1e-8, "fieldsplit_displacement_mg_levels_ksp_max_it": 2}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dolfinx import fem
from petsc4py import PETSc

from fem_ssb.mesh import NamedMesh
from fem_ssb.problem.fields import Field
from fem_ssb.solvers.multigrid import DegreeMultigrid, linear_space, rigid_modes

DIRECT: dict[str, Any] = {
    "ksp_type": "preonly",
    "pc_type": "lu",
    "pc_factor_mat_solver_type": "mumps",
    "mat_mumps_icntl_14": 60,
}
LARGEST_DIRECT_3D = 40_000

SCALAR = {"pc_type": "hypre", "pc_hypre_type": "boomeramg", "pc_hypre_boomeramg_strong_threshold": 0.7}
VECTOR = {
    "pc_type": "gamg",
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_pc_type": "jacobi",
    "mg_levels_esteig_ksp_type": "cg",
    "pc_gamg_coarse_eq_limit": 1000,
}
QUADRATIC_VECTOR = {
    "pc_type": "python",
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_ksp_max_it": 3,
    "mg_levels_pc_type": "jacobi",
    "mg_levels_esteig_ksp_type": "cg",
    "mg_coarse_ksp_type": "preonly",
    **{f"mg_coarse_{key}": value for key, value in VECTOR.items()},
}
INTERFACE = {"pc_type": "jacobi"}
# Taken alone, the thickness seems held by the stiff contact with the displacement; in truth the bodies yield, and a
# longer step is right: 34 iterations in place of 50.
YIELDING = {
    **INTERFACE,
    "ksp_type": "richardson",
    "ksp_max_it": 1,
    "ksp_norm_type": "none",
    "ksp_richardson_scale": 5.0,
}
POTENTIALS = ("ionic_potential", "electronic_potential")
ORDER = ("potentials", "reaction_current", "temperature", "metal_thickness", "displacement")


def is_direct(dim: int, unknowns: int) -> bool:
    """Direct solve in 2D and for small 3D systems."""
    return dim == 2 or unknowns <= LARGEST_DIRECT_3D


def single(field: Field) -> dict[str, Any]:
    """Preconditioner of one field."""
    if field.trace is not None:
        return dict(INTERFACE)
    if not field.shape:
        return dict(SCALAR)
    return dict(QUADRATIC_VECTOR if by_degree(field) else VECTOR)


def alone(field: Field) -> dict[str, Any]:
    """Krylov method and preconditioner of a field that is solved by itself: CG for displacement and damage."""
    return {"ksp_type": "cg" if field.shape or field.bounds else "gmres", "ksp_max_it": 1000, **single(field)}


def by_degree(field: Field) -> bool:
    """Does the field's multigrid begin with a linear space?"""
    return bool(field.shape) and field.degree == 2 and field.regions is None and not field.tied


def parts(fields: Sequence[Field]) -> dict[str, list[int]]:
    """Parts of the field split, in order: {name: positions of the fields}."""
    found: dict[str, list[int]] = {}
    for k, f in enumerate(fields):
        found.setdefault("potentials" if f.name in POTENTIALS else f.name, []).append(k)
    return dict(sorted(found.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else -1))


def coupled(fields: Sequence[Field]) -> dict[str, Any]:
    """Flexible GMRES with a multiplicative field split, one preconditioner a part (no split of one part)."""
    if len(parts(fields)) == 1:
        return {"ksp_type": "gmres", **single(fields[0])}
    options: dict[str, Any] = {
        "ksp_type": "fgmres",
        "ksp_max_it": 400,
        "ksp_gmres_restart": 100,
        "pc_type": "fieldsplit",
        "pc_fieldsplit_type": "multiplicative",
    }
    names = [f.name for f in fields]
    for part, positions in parts(fields).items():
        chosen = {"ksp_type": "preonly", **single(fields[positions[0]])}
        if part == "metal_thickness" and "displacement" in names:
            chosen |= YIELDING
        options.update({f"fieldsplit_{part}_{key}": value for key, value in chosen.items()})
    return options


def attach(solver: Any, mesh: NamedMesh, spaces: Sequence[fem.FunctionSpace]) -> None:
    """Tell an iterative solver what its parts are: index sets, rigid modes, the linear space of a quadratic one."""
    ksp = solver.snes.getKSP()
    pc, fields = ksp.getPC(), solver.fields
    if pc.getType() == PETSc.PC.Type.FIELDSPLIT:
        start = solver.matrix.getOwnershipRange()[0]
        for part, positions in parts(fields).items():
            blocks = [solver.block(k) for k in positions]
            entries = np.concatenate([np.arange(b.start, b.stop) for b in blocks]) + start
            index = PETSc.IS().createGeneral(entries.astype(PETSc.IntType), comm=mesh.comm)
            V = spaces[positions[0]]
            if V.dofmap.index_map_bs > 1:
                modes = rigid_modes(V)
                index.setBlockSize(V.dofmap.index_map_bs)
                index.compose("nearnullspace", modes)
                modes.destroy()
            pc.setFieldSplitIS((part, index))
            index.destroy()
        for sub, positions in zip(pc.getFieldSplitSubKSP(), parts(fields).values(), strict=True):
            _by_degree(sub.getPC(), mesh, fields[positions[0]], spaces[positions[0]])
    elif len(spaces) == 1 and spaces[0].dofmap.index_map_bs > 1:
        modes = rigid_modes(spaces[0])
        solver.matrix.setNearNullSpace(modes)
        modes.destroy()
        _by_degree(pc, mesh, fields[0], spaces[0])


def _by_degree(pc: PETSc.PC, mesh: NamedMesh, field: Field, V: fem.FunctionSpace) -> None:
    """Give a `python` preconditioner its multigrid over the degree."""
    wanted = PETSc.Options(pc.getOptionsPrefix() or "").getString("pc_type", "")
    if by_degree(field) and wanted == PETSc.PC.Type.PYTHON:
        pc.setType(PETSc.PC.Type.PYTHON)
        pc.setPythonContext(DegreeMultigrid(V, linear_space(mesh, field)))
