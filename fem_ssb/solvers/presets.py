"""PETSc options that are known good, chosen by field and size.

Direct (MUMPS) in 2D and for small systems; in 3D each field gets the multigrid that suits it: BoomerAMG for
potentials and temperature, smoothed aggregation with rigid modes for displacements (below levels of degree one and
without the jumps of cohesive interfaces), Jacobi for unknowns of interfaces. Solved together they are joined by a
multiplicative field split with the parts `potentials`, then every other field under its own name; displacement comes
last, because it follows the thickness of the metal exactly. Every option can be overridden, e.g.
`{"ksp_rtol": 1e-8, "fieldsplit_displacement_mg_levels_ksp_max_it": 2}`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from dolfinx import fem
from petsc4py import PETSc

from fem_ssb.errors import InputError
from fem_ssb.mesh import NamedMesh
from fem_ssb.problem.fields import Field
from fem_ssb.solvers.multigrid import CoarseSpaces, SpaceMultigrid, rigid_modes
from fem_ssb.solvers.split import SplitTangent

DIRECT: dict[str, Any] = {
    "ksp_type": "preonly",
    "pc_type": "lu",
    "pc_factor_mat_solver_type": "mumps",
    "mat_mumps_icntl_14": 60,
}
# Where one field takes one linear solve, multigrid costs as much as factors at 5 000 unknowns, a tenth at 30 000.
LARGEST_DIRECT_3D, LARGEST_DIRECT_LINEAR_3D = 40_000, 8_000

SCALAR = {"pc_type": "hypre", "pc_hypre_type": "boomeramg", "pc_hypre_boomeramg_strong_threshold": 0.7}
VECTOR = {
    "pc_type": "gamg",
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_pc_type": "jacobi",
    "mg_levels_esteig_ksp_type": "cg",
    "pc_gamg_coarse_eq_limit": 1000,
}
# On the last of the spaces weak couplings are dropped: with them 5e5 unknowns take a quarter more iterations than 5e4,
# without an eighth.
LEVELLED_VECTOR = {
    "pc_type": "python",
    "mg_levels_ksp_type": "chebyshev",  # between ranks sweeps are blind: a stiff interface there needs a shorter step
    "mg_levels_ksp_max_it": 1,
    "mg_levels_pc_type": "sor",
    "mg_levels_esteig_ksp_type": "cg",
    "mg_coarse_ksp_type": "preonly",
    "mg_coarse_pc_type": "redundant",
    "mg_coarse_redundant_pc_factor_shift_type": "nonzero",  # a grain that nothing holds any more may do as it likes
    "aggregation_pc_gamg_threshold": 0.02,
    "aggregation_pc_gamg_coarse_eq_limit": 300,
    "aggregation_mg_coarse_pc_type": "none",  # nothing is solved there
}
# Between stiff interfaces, with interpolations that are smoothed twice, 1e6 unknowns take as many iterations as 5e4;
# smoothed once, a third more (quadratic: a fifth).
LEVELLED_LINEAR = {**LEVELLED_VECTOR, "aggregation_pc_gamg_agg_nsmooths": 2}
# Quadratic: two sweeps take the time of one, and half the iterations.
LEVELLED_QUADRATIC = {**LEVELLED_LINEAR, "mg_levels_ksp_max_it": 2}
INTERFACE = {"pc_type": "jacobi"}
# Taken alone, the thickness seems held by the stiff contact with the displacement; in truth the bodies yield, and a
# longer step is right: 34 iterations in place of 50. Behind a film it is the current, an unknown of its own, that feels
# the contact, and the thickness follows it exactly: a longer step would be wrong, 42 iterations in place of 23.
YIELDING = {
    **INTERFACE,
    "ksp_type": "richardson",
    "ksp_max_it": 1,
    "ksp_norm_type": "none",
    "ksp_richardson_scale": 5.0,
}
POTENTIALS = ("ionic_potential", "electronic_potential")
REACTIONS = ("reaction_current", "host_current")
ORDER = ("potentials", "temperature", "metal_thickness", "displacement")
# Behind a film the current is an unknown, and it alone joins both potentials: without it each of them is a body that
# nothing holds. So it is eliminated first (a mass matrix, lumped), and the multigrid sees what is left.
FILMED = {
    "pc_type": "fieldsplit",
    "pc_fieldsplit_type": "schur",
    "pc_fieldsplit_schur_fact_type": "full",
    "pc_fieldsplit_schur_precondition": "selfp",
    "fieldsplit_reaction_ksp_type": "gmres",
    "fieldsplit_reaction_ksp_max_it": 10,
    "fieldsplit_reaction_ksp_rtol": 1e-4,
    "fieldsplit_reaction_pc_type": "jacobi",
    "fieldsplit_potential_mat_schur_complement_ainv_type": "lump",
    "fieldsplit_potential_ksp_type": "preonly",
    **{f"fieldsplit_potential_{key}": value for key, value in SCALAR.items()},
}


def is_direct(dim: int, unknowns: int, linear: bool = False) -> bool:
    """Direct solve in 2D and for small 3D systems, smaller ones where one field takes one linear solve."""
    return dim == 2 or unknowns <= (min(LARGEST_DIRECT_LINEAR_3D, LARGEST_DIRECT_3D) if linear else LARGEST_DIRECT_3D)


def single(field: Field) -> dict[str, Any]:
    """Preconditioner of one field."""
    if field.trace is not None:
        return dict(INTERFACE)
    if not field.shape:
        return dict(SCALAR)
    if not by_spaces(field):
        return dict(VECTOR)
    if not field.stiff:
        return dict(LEVELLED_VECTOR)
    return dict(LEVELLED_LINEAR if field.degree == 1 else LEVELLED_QUADRATIC)


def alone(field: Field) -> dict[str, Any]:
    """Krylov method and preconditioner of a field that is solved by itself: CG for displacement and damage."""
    return {"ksp_type": "cg" if field.shape or field.bounds else "gmres", "ksp_max_it": 1000, **single(field)}


def bounded(field: Field) -> dict[str, Any]:
    """Linear solver of a bounded field: its operator is that of a mass and a diffusion over a few cells."""
    if not field.definite:
        return {"ksp_type": "gmres", "ksp_max_it": 1000, "pc_type": "bjacobi", "sub_pc_type": "ilu"}
    return {"ksp_type": "cg", "ksp_max_it": 1000, "pc_type": "bjacobi", "sub_pc_type": "icc"}


def by_spaces(field: Field) -> bool:
    """Does the field's multigrid begin with other spaces, linear or without jumps?"""
    return bool(field.shape) and (field.degree == 2 or field.stiff) and field.regions is None and not field.tied


def parts(fields: Sequence[Field]) -> dict[str, list[int]]:
    """Parts of the field split, in order: {name: positions of the fields}."""
    found: dict[str, list[int]] = {}
    for k, f in enumerate(fields):
        found.setdefault("potentials" if f.name in (*POTENTIALS, *REACTIONS) else f.name, []).append(k)
    return dict(sorted(found.items(), key=lambda item: ORDER.index(item[0]) if item[0] in ORDER else -1))


def coupled(fields: Sequence[Field]) -> dict[str, Any]:
    """Flexible GMRES with a multiplicative field split, one preconditioner a part (no split of one part)."""
    names = [f.name for f in fields]
    filmed = bool(set(REACTIONS) & set(names))
    if len(parts(fields)) == 1:
        if filmed:
            return {"ksp_type": "fgmres", "ksp_max_it": 400, "ksp_gmres_restart": 100, **FILMED}
        return {"ksp_type": "gmres", **single(fields[0])}
    options: dict[str, Any] = {
        "ksp_type": "fgmres",
        "ksp_max_it": 400,
        "ksp_gmres_restart": 100,
        "pc_type": "fieldsplit",
        "pc_fieldsplit_type": "multiplicative",
    }
    for part, positions in parts(fields).items():
        joined = part == "potentials" and filmed
        chosen = {"ksp_type": "preonly", **(FILMED if joined else single(fields[positions[0]]))}
        if part == "metal_thickness" and "displacement" in names and not filmed:
            chosen |= YIELDING
        options.update({f"fieldsplit_{part}_{key}": value for key, value in chosen.items()})
    return options


def attach(solver: Any, mesh: NamedMesh, spaces: Sequence[fem.FunctionSpace]) -> None:
    """Tell an iterative solver what its parts are: index sets, rigid modes, the linear space of a quadratic one."""
    ksp = solver.snes.getKSP()
    pc, fields = ksp.getPC(), solver.fields
    split = parts(fields)
    if pc.getType() == PETSc.PC.Type.FIELDSPLIT and len(split) == 1:
        _split_reaction(pc, solver, split["potentials"])
    elif pc.getType() == PETSc.PC.Type.FIELDSPLIT:
        start = solver.matrix.getOwnershipRange()[0]
        for part, positions in split.items():
            index = _index([solver.block(k) for k in positions], start, mesh.comm)
            V = spaces[positions[0]]
            if V.dofmap.index_map_bs > 1:
                modes = rigid_modes(V)
                index.setBlockSize(V.dofmap.index_map_bs)
                index.compose("nearnullspace", modes)
                modes.destroy()
            pc.setFieldSplitIS((part, index))
            index.destroy()
        for sub, positions in zip(pc.getFieldSplitSubKSP(), split.values(), strict=True):
            if any(fields[k].name in REACTIONS for k in positions):
                _split_reaction(sub.getPC(), solver, positions)
            _by_spaces(sub.getPC(), mesh, fields[positions[0]], spaces[positions[0]], None)
    elif len(spaces) == 1 and spaces[0].dofmap.index_map_bs > 1:
        modes = rigid_modes(spaces[0])
        solver.matrix.setNearNullSpace(modes)
        modes.destroy()
        _by_spaces(pc, mesh, fields[0], spaces[0], solver.split)


def _split_reaction(pc: PETSc.PC, solver: Any, positions: Sequence[int]) -> None:
    """Give the preconditioner of the potentials and the reaction current behind a film its two parts."""
    if PETSc.Options(pc.getOptionsPrefix() or "").getString("pc_type", "") != PETSc.PC.Type.FIELDSPLIT:
        return
    pc.setType(PETSc.PC.Type.FIELDSPLIT)
    sizes = [solver.block(k).stop - solver.block(k).start for k in positions]
    ends = np.cumsum(sizes)
    comm = solver.snes.comm.tompi4py()
    start = int(comm.exscan(int(ends[-1])) or 0)
    blocks = {k: slice(int(end - size), int(end)) for k, size, end in zip(positions, sizes, ends, strict=True)}
    reaction = [b for k, b in blocks.items() if solver.fields[k].name in REACTIONS]
    others = [b for k, b in blocks.items() if solver.fields[k].name not in REACTIONS]
    for name, chosen in (("reaction", reaction), ("potential", others)):
        index = _index(chosen, start, comm)
        pc.setFieldSplitIS((name, index))
        index.destroy()


def _index(blocks: Sequence[slice], start: int, comm: Any) -> PETSc.IS:
    """Rows of some blocks of this rank, whose rows begin at `start`."""
    entries: Any = (np.concatenate([np.arange(b.start, b.stop) for b in blocks]) + start).astype(PETSc.IntType)
    return PETSc.IS().createGeneral(entries, comm=comm)


def _by_spaces(pc: PETSc.PC, mesh: NamedMesh, field: Field, V: fem.FunctionSpace, split: SplitTangent | None) -> None:
    """Give a `python` preconditioner its multigrid over spaces.

    Raises:
        InputError: aggregation alone where it fails.
    """
    wanted = PETSc.Options(pc.getOptionsPrefix() or "").getString("pc_type", "")
    if field.stiff and wanted == PETSc.PC.Type.GAMG:
        raise InputError(
            f"plain gamg (preset VECTOR) fails on the stiff jumps of the {field.name} at cohesive interfaces: "
            + (
                f"the face '{field.tied[0]}' is rigid, for which preset LEVELLED_VECTOR is not made: move it by "
                "Fixed('displacement', …), or solve directly, options=fem_ssb.solvers.presets.DIRECT"
                if field.tied
                else "leave pc_type out for preset LEVELLED_VECTOR"
            )
        )
    if by_spaces(field) and wanted == PETSc.PC.Type.PYTHON:
        pc.setType(PETSc.PC.Type.PYTHON)
        pc.setPythonContext(SpaceMultigrid(CoarseSpaces(mesh, field, V), split.cells if split is not None else None))
