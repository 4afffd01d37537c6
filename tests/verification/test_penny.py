"""A penny-shaped crack of radius a under the pressure p in an infinite body: volume 16(1 − ν²)pa³/(3E), opening.

I. N. Sneddon, Proc. R. Soc. A 187 (1946) 229: opening w = 8(1 − ν²)p/(πE) √(a² − r²). With p = 1e-3, a = 1, E = 1,
ν = 0.2: volume 5.12e-3. Half of it is meshed, its centre in the face x = 0 of symmetry, in a box of 6a around it.
"""

import numpy as np
import pytest
import ufl
from cells import total
from cracks import brittle

import fem_ssb as ssb

P, E, NU, WIDTH = 1e-3, 1.0, 0.2, 6.0
SOURCE = "Sneddon (1946)"


def volume(comm, size):
    """Volume of the penny, from the displacement of its faces."""
    stack = ssb.Stack(width=WIDTH, depth=2 * WIDTH, dim=3)
    stack.layer("body", brittle(E, NU, 1.0), thickness=2 * WIDTH)
    stack.crack("crack", ssb.Penny((0.0, WIDTH, WIDTH), 1.0), tip_size=size)
    mesh = stack.mesh(comm, size=2.0)
    model = ssb.Model(mesh, [ssb.Elasticity(degree=2)])
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "front", 0.0, component=1))
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=2))
    model.apply(ssb.Flux("displacement", "crack", -P))
    state = model.solve()
    u, n = state["displacement"], ufl.FacetNormal(state.domain)
    return -2 * total(comm, ufl.dot(u, n) * state.ds("crack")), mesh.area("crack")


@pytest.mark.system("B5")
def test_volume_of_a_penny(verify, comm):
    found = [volume(comm, size) for size in (0.15, 0.06)]
    exact = 16 * (1 - NU**2) * P / (3 * E)
    for _, area in found:
        verify(area, np.pi, rtol=1e-12, what="area of both faces of half a penny", source="closed form")
    verify(found[-1][0], exact, rtol=0.02, what="pressurised penny, sharp: volume", source=SOURCE)
    errors = [abs(v - exact) for v, _ in found]
    verify.trend(errors, "falling", what="error of the penny's volume, front 0.15a, 0.06a", source="h → 0")
