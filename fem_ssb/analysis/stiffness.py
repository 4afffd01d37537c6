"""Effective stiffness of a periodic microstructure: the full tensor from mean strains.

With u = E·x + ũ, ũ periodic, for each unit mean strain E_J (engineering shear)

    C_JK = (1/V) ∫ ε(u_J) : C : ε(u_K) dx

| symbol | meaning | unit |
|---|---|---|
| E | mean strain, Voigt order xx, yy, zz, yz, xz, xy; in two dimensions xx, yy, xy at plane strain | – |
| C | stiffness | Pa |

Source: Michel, Moulinec & Suquet, Comput. Methods Appl. Mech. Engrg. 172 (1999) 109.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

from fem_ssb.analysis.periodic_cell import PeriodicCell, refuse_not_periodic
from fem_ssb.mesh import NamedMesh
from fem_ssb.physics.elasticity import Elasticity
from fem_ssb.problem.state import State

VOIGT = {2: ((0, 0), (1, 1), (0, 1)), 3: ((0, 0), (1, 1), (2, 2), (1, 2), (0, 2), (0, 1))}


def effective_stiffness(
    mesh: NamedMesh, *, degree: int = 2, plane: Literal["strain", "stress"] = "strain", temperature: float = 298.15
) -> npt.NDArray[np.float64]:
    """Effective stiffness of a periodic cell [Pa]; collective. Nothing creeps or relaxes; pores are empty.

    Args:
        mesh: periodic along all axes, with its materials.
        degree: Lagrange degree.
        plane: "strain" or "stress", in two dimensions.
        temperature: [K].

    Returns:
        Voigt matrix, shape (6, 6), in two dimensions (3, 3).

    Raises:
        InputError: the mesh is not periodic along all axes.
        ConvergenceError: the linear solver fails.
    """
    refuse_not_periodic(mesh)
    PETSc.garbage_cleanup(mesh.comm)
    state = State(mesh)
    state.ambient_temperature = temperature
    state.set_constant("temperature", temperature)
    state.dt.value = 0.0
    elasticity = Elasticity(degree=degree, creep=False, plane=plane)
    for field in elasticity.fields(state):
        state.add_field(field)
    state.quadrature_degree = max(2 * degree - 2, 1)
    elasticity.initialise(state)
    elasticity.provide(state)
    cell = PeriodicCell(state, "displacement", elasticity.residuals(state)["displacement"])
    strains = []
    for i, j in VOIGT[mesh.dim]:
        strain = np.zeros((mesh.dim, mesh.dim))
        strain[i, j] += 0.5
        strain[j, i] += 0.5
        strains.append(strain)
    return cell.tensor(strains)
