"""How metals flow in a body of revolution and in 3D, and that Newton takes them at its full order.

Tube under an internal pressure, plane strain, von Mises: where all of it yields σ_θ − σ_r = 2σ_y/√3, so that

    p = (2/√3) σ_y ln(b/a)        (Hill, The Mathematical Theory of Plasticity, 1950, ch. V)

The film of `test_constrained_film` in 3D, held between smooth walls in front and behind, has the same limit as in plane
strain. Newton's method is of second order where the tangent is that of the update: |R_{k+1}| = c|R_k|² in the end.
"""

import numpy as np
import pytest
from cells import SHARED, one_region
from dolfinx import mesh as meshes
from test_constrained_film import STRENGTH, limit

import fem_ssb as ssb
from fem_ssb.materials import Constant

pytestmark = pytest.mark.system("B9")
INNER, OUTER, HEIGHT = 1.0, 2.0, 0.25


@pytest.mark.parallel
def test_tube(verify, comm):
    lithium = ssb.Material("Li", yield_strength=Constant(STRENGTH))
    domain = meshes.create_rectangle(comm, [[INNER, 0.0], [OUTER, HEIGHT]], [16, 2], ghost_mode=SHARED)
    cells = domain.topology.index_map(2)
    body = ssb.NamedMesh.from_cells(
        domain, ["tube"], np.zeros(cells.size_local + cells.num_ghosts, np.int32), materials={"tube": lithium}
    )
    model = ssb.Model(body, [ssb.Elasticity(plane="axisymmetric", creep=False, plastic=True)])
    model.apply(*(ssb.Fixed("displacement", b, component=1) for b in ("bottom", "top")))
    model.apply(ssb.Fixed("displacement", "left", lambda t: 3e-3 * INNER * t, component=0))
    result = model.run(1.0, first_step=1 / 8, largest_step=1 / 8, change=10.0, quiet=True)
    pressure = result["force left x [N]"] / (2 * np.pi * INNER * HEIGHT)
    exact = 2 / np.sqrt(3) * STRENGTH * np.log(OUTER / INNER)
    verify(pressure[-1], exact, rtol=2e-3, what="limit pressure of a tube of lithium [Pa]", source="Hill (1950)")


@pytest.mark.slow
def test_film_in_3d(verify, comm):
    source = "Hill 1950: 3/2 + a/h"
    coarse, fine = (limit(comm, 1, cells, dim=3) for cells in (2, 4))
    verify(2 * fine - coarse, 2.5, rtol=0.05, what="p/k of a film in 3D, a/h = 1, to no mesh size", source=source)
    locked = limit(comm, 1, 4, degree=1, dim=3)
    verify.below(-locked, -2 * 2.5, what="minus p/k of linear elements in 3D", source="twice Hill's at least")


def newton_order(model, count):
    """Mean order of Newton's method at its end in steps of 10 s, of loads that grow from the time 0 to 1."""
    snes = model._solvers[0].snes
    orders = []
    for k in range(count):
        snes.setConvergenceHistory(length=60, reset=True)
        model.state.time.value = (k + 1) / count
        model.solve(10.0)
        model.accept()
        found = np.asarray(snes.getConvergenceHistory()[0])
        *_, before, last, end = found[found > 1e-13 * found[0]]  # below is rounding
        orders.append(np.log(end / last) / np.log(last / before))
    return np.mean(orders)


@pytest.mark.parametrize("law", ["creep", "yield", "creep at finite strain"])
def test_newton_is_of_second_order(verify, comm, law):
    lithium = ssb.Material("Li", yield_strength=Constant(STRENGTH))
    body = one_region(comm, (2.0, 1.0), (8, 4), lithium, name="film")
    kind = {"creep": law != "yield", "plastic": law == "yield"}
    if law.endswith("strain"):
        kind["finite"] = {"film": "neo_hookean"}
    model = ssb.Model(body, [ssb.Elasticity(**kind)])
    model.apply(ssb.Platen(position=lambda t: -2e-3 * t, sides=("left",)))
    model.build()
    what = f"order of Newton's method, {law}"
    verify(newton_order(model, 4), 2.0, atol=0.2, what=what, source="consistent tangent")
