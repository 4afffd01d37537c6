"""Iterations of conjugate gradients for elastic grains held together by stiff interfaces, in 3D.

A cube of bricks whose rows are shifted by half a brick, pulled; interfaces of the stiffness K in units of E/L. The
numbers for one linear solve to 1e-8 must stay within 20 % over four decades of K and from 5e4 unknowns to many more:
neither stiff interfaces nor small cells cost iterations.
"""

import numpy as np
import pytest
from cells import midpoints
from dolfinx import mesh

import fem_ssb as ssb
from fem_ssb import NamedMesh
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.solvers import presets


def iterations(comm, n, stiffness, degree=1):
    """(Unknowns, CG iterations of a linear solve)."""
    domain = mesh.create_unit_cube(comm, n, n, n, ghost_mode=mesh.GhostMode.shared_facet)
    x, y, z = midpoints(domain).T
    a = np.floor(3 * x)
    b = np.floor(3 * y + 0.5 * (a % 2))
    c = np.floor(3 * z + 0.5 * (b % 2))
    grain = (a + 4 * (b + 4 * c)).astype(np.int32)
    material = ssb.Material.custom(
        "grain", kind="electrolyte", stiffness=IsotropicStiffness(1.0, 0.25), thermal_expansion=0.0
    )
    named = NamedMesh.from_cells(
        domain, ["body"], np.zeros_like(grain), grain, np.zeros(64, np.int32), materials={"body": material}
    )
    law = ssb.Cohesive(np.sqrt(stiffness / 50), 1.0)  # K = 50σ_c²/G_c
    elasticity = ssb.Elasticity(degree=degree, cohesive={"body|body": law})
    model = ssb.Model(named, [elasticity], options={"ksp_rtol": 1e-8})
    model.apply(ssb.Fixed("displacement", "left", 0.0), ssb.Fixed("displacement", "right", 1e-9, component=0))
    model.solve()
    assert model._solvers[0].snes.getKSP().getType() == "cg"
    return model.state.spaces["displacement"].num_dofs, model.linear_iterations / model.iterations


@pytest.mark.parallel
@pytest.mark.parametrize("degree, n", [(1, 9), (2, 5)])
def test_stiffness_of_the_interfaces_costs_nothing(verify, comm, monkeypatch, degree, n):
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    found = [iterations(comm, n, K, degree)[1] for K in (1e2, 1e4, 1e6)]
    what = f"CG iterations, degree {degree}: largest over smallest for K = 1e2 … 1e6 E/L"
    verify(max(found) / min(found), 1.0, rtol=0.2, what=what, source="within 20 %")
    verify.below(max(found), 25, what=f"CG iterations to 1e-8, degree {degree}", source="multigrid")


@pytest.mark.slow
def test_size_costs_nothing(verify, comm, monkeypatch):
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    found = [iterations(comm, n, 1e4) for n in (20, 51)]
    what = f"CG iterations with {found[1][0]} over those with {found[0][0]} unknowns"
    verify(found[1][1] / found[0][1], 1.0, rtol=0.2, what=what, source="within 20 %")
