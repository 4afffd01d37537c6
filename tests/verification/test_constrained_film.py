"""A metal film between rigid rough plates yields at a pressure that rises with its width: Prandtl's and Hill's limit.

Rigid–plastic film of height h and width 2a in plane strain, shear yield strength k = σ_y/√3 (von Mises), free sides.
Prandtl's stresses with y from the middle plane (−h/2 … h/2) and x from the free edge inwards,

    τ = 2ky/h,   σ_y = −q − 2kx/h,   σ_x = σ_y + 2k√(1 − 4y²/h²)

satisfy equilibrium and the yield condition with τ = ±k at the plates. No net force at the edge, ∫σ_x dy = 0 at x = 0,
gives q = 2k · π/4, so the mean pressure over the half-width is p/k = π/2 + a/h. Hill's slip lines, which are exact at
the edge, give p/k = 3/2 + a/h for wide films (The Mathematical Theory of Plasticity, Oxford, 1950, ch. VIII). The slope
in a/h is 1 in both; the finite elements come down to the limit with the first power of the mesh size.
"""

import numpy as np
import pytest
from cells import one_region

import fem_ssb as ssb
from fem_ssb.materials import Constant

pytestmark = pytest.mark.system("B9")
STRENGTH, HALF = 0.77e6, 1e-6
K = STRENGTH / np.sqrt(3)


def limit(comm, aspect, cells, degree=2, dim=2):
    """p/k of a quarter of the film at a/h = aspect, the plate bonded and pressed 2 % down; in 3D one cell deep."""
    metal = ssb.Material("Li", yield_strength=Constant(STRENGTH))
    deep = [(HALF / cells, 1)] * (dim - 2)
    size, number = zip((2 * HALF * aspect, 2 * aspect * cells), *deep, (HALF, cells), strict=True)
    mesh = one_region(comm, size, number, metal, name="film")
    model = ssb.Model(mesh, [ssb.Elasticity(degree=degree, creep=False, plastic=True)])
    model.apply(ssb.Platen(position=lambda t: -0.02 * HALF * t, sides=("left", "front", "back")[: 1 + 2 * (dim - 2)]))
    result = model.run(1.0, first_step=0.25, largest_step=0.25, change=10.0, quiet=True)
    return result["stack pressure [Pa]"][-1] / K


def test_limit_pressure(verify, comm):
    found = {}
    for aspect in (2, 4):
        coarse, fine = (limit(comm, aspect, cells) for cells in (4, 8))
        found[aspect] = 2 * fine - coarse
        assert coarse > fine > found[aspect], "displacement elements come from above"
        what = f"limit pressure over k of a film of a/h = {aspect}, extrapolated in the mesh size"
        verify(found[aspect], 1.5 + aspect, rtol=0.02, what=what, source="Hill 1950: 3/2 + a/h")
        verify(found[aspect], np.pi / 2 + aspect, rtol=0.02, what=what, source="Prandtl: π/2 + a/h")
    verify((found[4] - found[2]) / 2, 1.0, rtol=0.02, what="its slope in a/h", source="Prandtl, Hill")


def test_linear_elements_lock(verify, comm):
    """The control: what cannot keep its volume has no limit, its pressure is several times too large."""
    locked = limit(comm, 2, 8, degree=1)
    verify.below(-locked, -2 * 3.5, what="minus p/k of linear elements, a/h = 2", source="twice Hill's 3.5 at least")
