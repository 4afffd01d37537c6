"""What a cohesive interface remembers, against its energy, for jumps that are not uniform; on any number of ranks.

Its traction is the derivative of what it stores and has lost, and to remember the largest opening changes neither. The
jump here is a paraboloid, part of it beyond the strength, and half of the interface is broken from the start.
"""

import numpy as np
import pytest
import ufl
from dolfinx import fem, la
from mpi4py import MPI
from small_cells import two_grains

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness

comm = MPI.COMM_WORLD
GRAIN = ssb.Material.custom("grain", kind="electrolyte", stiffness=IsotropicStiffness(1.0, 0.3), thermal_expansion=0.0)
STRENGTH, TOUGHNESS = 0.1, 0.02
LAST = 2 * TOUGHNESS / STRENGTH


def halves(dim, degree, plane="strain"):
    """A unit square or cube of two grains, one above the other, that are broken apart on the left."""
    named = two_grains(comm, dim, GRAIN)
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, initial=lambda x: 0.5 - x[0])
    model = ssb.Model(named, [ssb.Elasticity(degree=degree, plane=plane, cohesive={"body|body": law})])
    model.apply(ssb.Fixed("displacement", "bottom", 0.0), ssb.Fixed("displacement", "top", 0.0))
    return model, np.flatnonzero(named.grain_of_cell == 1).astype(np.int32)


def lifted(x):
    """Displacement of the upper half: opening and sliding, at most 0.7 δ_f."""
    u = np.zeros((2 if np.all(x[2] == 0) else 3, x.shape[1]))
    u[0] = 0.2 * LAST * x[0] ** 2
    u[-1] = LAST * (0.05 + 0.6 * x[0] * (1.2 - x[0]) * (1 + x[1]))
    return u


def assembled(form):
    b = fem.assemble_vector(form)
    b.scatter_reverse(la.InsertMode.add)
    return b.array[: b.index_map.size_local * b.block_size].copy()


@pytest.mark.parametrize("dim, degree, plane", [(2, 2, "axisymmetric"), (3, 2, "strain")])
def test_remembering_changes_no_energy(dim, degree, plane):
    model, upper = halves(dim, degree, plane)
    state, physics = model.state, model.physics[0]
    columns = physics.columns(state)
    stored, lost = (fem.form(columns[name]) for name in ("elastic energy", "cohesive energy"))
    area = 2 * np.pi * 0.5**2 / 2 if plane == "axisymmetric" else 0.5
    assert state.integrate(lost)[0] == pytest.approx(TOUGHNESS * area, rel=1e-9)
    state["displacement"].interpolate(lifted, cells0=upper)
    state["displacement"].x.scatter_forward()
    before = state.integrate(stored, lost)
    assert before[1] > 1.1 * TOUGHNESS * area
    slope = ufl.derivative(sum(columns[n] for n in ("elastic energy", "cohesive energy")), state["displacement"])
    slope, residual = fem.form(slope), fem.form(physics.residuals(state)["displacement"])
    forces = [assembled(form) for form in (slope, residual)]
    size = np.sqrt(comm.allreduce(forces[0] @ forces[0]))
    assert np.allclose(*forces, rtol=0, atol=1e-9 * size)
    model.accept()
    assert np.allclose(state.integrate(stored, lost), before, rtol=1e-12)
    assert np.allclose(assembled(residual), forces[1], rtol=0, atol=1e-12 * size)
