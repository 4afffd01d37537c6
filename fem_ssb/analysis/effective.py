"""Effective conductivity of a microstructure: the full tensor, for ions or electrons, in one call.

With φ_k = −x_k on the whole outer boundary (a mean field of 1 V/m along axis k) the dissipation of the solved fields,

    σ_jk = (1/V) [Σ_grains ∫ ∇φ_j·σ∇φ_k dx + Σ_boundaries ∫ ⟦φ_j⟧⟦φ_k⟧/R dS + Σ_sheets ∫ κ_s ∇_sφ_j·∇_sφ_k dS],

is the effective tensor of the body as a homogeneous one with the same boundary values. V is the volume of the bounding
box: pores count as insulators. With prescribed fields σ_eff is an upper bound of that of a large body, approached as
the body grows (Huet, J. Mech. Phys. Solids 38 (1990) 813). Opposite faces held and the sides insulated (`faces`) is
what a measurement between plates sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from dolfinx.fem.petsc import LinearProblem
from petsc4py import PETSc

from fem_ssb.analysis.periodic_cell import PeriodicCell, refuse_not_periodic
from fem_ssb.errors import ConvergenceError, InputError, unknown
from fem_ssb.mesh import NamedMesh
from fem_ssb.mesh.measure import BOX_NAMES, box_boundaries
from fem_ssb.physics.conduction import Conduction
from fem_ssb.physics.sheets import SheetConduction
from fem_ssb.problem.state import State
from fem_ssb.solvers import presets

FIELDS = {"ionic": "ionic_potential", "electronic": "electronic_potential"}
FACES = {2: (("left", "right"), ("bottom", "top")), 3: (("left", "right"), ("front", "back"), ("bottom", "top"))}
BOUNDARIES = ("field", "faces", "periodic")
LEAK = 1e-12  # of σ/L²: pins islands that touch no boundary, whose level is undetermined
_COUNT = count()


def effective_conductivity(
    mesh: NamedMesh,
    carrier: Literal["ionic", "electronic"] = "ionic",
    *,
    boundary: Literal["field", "faces", "periodic"] = "field",
    temperature: float = 298.15,
    electronic: tuple[str, ...] = (),
    degree: int = 1,
    sheets: Sequence[SheetConduction] = (),
) -> npt.NDArray[np.float64]:
    """Effective conductivity of a box-shaped microstructure [S/m]; collective.

    Args:
        mesh: with its materials and grain boundaries.
        carrier: "ionic" (all that is no metal and conducts ions) or "electronic" (metals, and regions in `electronic`).
        boundary: "field": the potential of a uniform field on the whole outer boundary, gives the tensor; "faces":
            opposite faces held and the others insulated (or periodic), gives its diagonal, the rest is NaN;
            "periodic": a mean field and a periodic fluctuation on a mesh that is periodic along all axes: the tensor.
        temperature: [K].
        electronic: regions beside the metals that conduct electrons.
        degree: Lagrange degree.
        sheets: conduction of the carrier along interfaces beside that through the regions.

    Returns:
        σ_jk, shape (dim, dim); zero where the carrier finds no way through.

    Raises:
        InputError: nothing conducts the carrier, the boundaries of a box have no names, or the mesh is not periodic.
        ConvergenceError: the linear solver fails.
    """
    if carrier not in FIELDS:
        raise unknown("carrier", carrier, FIELDS)
    if boundary not in BOUNDARIES:
        raise unknown("boundary condition", boundary, BOUNDARIES)
    if boundary == "periodic":
        refuse_not_periodic(mesh)
    elif boundary == "field" and mesh.periodic:
        raise InputError("the mesh is periodic: use boundary='periodic', or 'faces' where it is not")
    PETSc.garbage_cleanup(mesh.comm)
    state = State(mesh)
    state.set_constant("temperature", temperature)
    conduction = Conduction(degree=degree, electronic=electronic)
    declared = {f.name: f for f in conduction.fields(state)}
    name = FIELDS[carrier]
    if name not in declared:
        raise InputError(f"no region conducts the carrier '{carrier}': materials have no {carrier} conductivity")
    for field in declared.values():
        state.add_field(field)
    state.quadrature_degree = max(2 * degree - 2, 1)
    form = conduction.residuals(state)[name] + state.anchored(name)
    form += sum(sheet.residuals(state).get(name, 0) for sheet in sheets)
    sigma = np.full((mesh.dim, mesh.dim), np.nan)
    if boundary == "periodic":
        return PeriodicCell(state, name, form, _leak(state, name)).tensor(list(-np.eye(mesh.dim)))
    problem = _Problem(state, name, form)
    if boundary == "faces":
        for k, (low, high) in enumerate(FACES[mesh.dim]):
            if k in mesh.periodic:
                continue
            held = {b: state.spaces[name].dofs(mesh.boundary(b)) for b in (low, high)}
            u = problem.solve(k, np.unique(np.concatenate(list(held.values()))))
            sigma[k, k] = problem.dissipation(u, u)
        return sigma
    outer = box_boundaries(mesh.domain, BOX_NAMES[mesh.dim])  # not the walls of pores, which are insulated
    dofs = state.spaces[name].dofs(np.unique(np.concatenate(list(outer.values()))).astype(np.int32))
    fields = [problem.solve(k, dofs) for k in range(mesh.dim)]
    for j, a in enumerate(fields):
        for k, b in enumerate(fields[: j + 1]):
            sigma[j, k] = sigma[k, j] = problem.dissipation(a, b)
    return sigma


def _leak(state: State, name: str) -> Any:
    """A term that pins what is loose."""
    field = state.fields[name]
    level = field.flux / field.scale / state.height**state.dim * LEAK
    u, v = ufl.TrialFunction(state.spaces[name].V), state.test(name)
    return sum(level * u * v * state.dx(r) for r in field.regions or ())


class _Problem:
    """Conduction with the potential −x_k on some unknowns."""

    def __init__(self, state: State, name: str, form: Any):
        self.state, self.name = state, name
        V = state.spaces[name].V
        u, v, du = state[name], state.test(name), ufl.TrialFunction(V)
        self._bilinear = ufl.derivative(form, u, du)
        field = state.fields[name]
        self._pinned = self._bilinear + _leak(state, name)
        self._load = fem.Constant(state.domain, 0.0) * v * state.dx((field.regions or state.mesh.region_names)[0])
        self._volume = float(np.prod(state.extent))
        self._first, self._second = fem.Function(V), fem.Function(V)
        self._dissipation = fem.form(ufl.action(ufl.action(self._bilinear, self._second), self._first))
        direct = presets.is_direct(state.dim, state.spaces[name].num_dofs)
        # The pins of small islands are near rounding: a pivot that is lost there is taken as one (icntl_24).
        factorised = {**presets.DIRECT, "mat_mumps_icntl_24": 1}
        self._options = factorised if direct else {**presets.SCALAR, "ksp_type": "cg", "ksp_rtol": 1e-10}

    def solve(self, axis: int, dofs: npt.NDArray[np.int32]) -> fem.Function:
        """The potential with −x along an axis on the given unknowns."""
        V = self.state.spaces[self.name].V
        given = fem.Function(V)
        given.x.array[:] = -V.tabulate_dof_coordinates()[: len(given.x.array), axis]
        bcs = [*self.state.spaces[self.name].bcs(), fem.dirichletbc(given, dofs)]
        prefix = f"effective{next(_COUNT)}_"
        problem = LinearProblem(
            self._pinned, self._load, bcs=bcs, petsc_options_prefix=prefix, petsc_options=self._options
        )
        u = problem.solve()
        if problem.solver.getConvergedReason() <= 0:
            raise ConvergenceError(f"the {self.name} of the effective conductivity did not converge")
        return u

    def dissipation(self, a: fem.Function, b: fem.Function) -> float:
        """∫∇a·σ∇b over the volume of the box, jumps at boundaries included [S/m]."""
        self._first.x.array[:], self._second.x.array[:] = a.x.array, b.x.array
        return float(self.state.integrate(self._dissipation)[0]) / self._volume
