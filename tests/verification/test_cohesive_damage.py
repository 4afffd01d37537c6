"""Damage with a strength of its own (PF-CZM): a bar breaks at σ_c whatever ℓ, softens as a cohesive crack, costs G_c.

A bar of length L = EG_c/σ_c² (so long that it does not snap back, L < 2EG_c/σ_c²) with Poisson ratio 0 is pulled; its
ends stay sound, so that it breaks within. With the stress σ the opening is w = u − σL/E, and for the linear softening
σ = σ_c (1 − σ_c w/2G_c), exact for a₂ = −½ (Wu, J. Mech. Phys. Solids 103 (2017) 72). The area under σ(w) is G_c. On
cells of size h a crack that is through costs G_c (1 + h/πℓ).

AT1 with the same toughness has the strength √(3G_cE/8ℓ): twice as high for a quarter of ℓ.
"""

import numpy as np
import pytest
from cells import one_region
from cracks import Loading

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness

E, TOUGHNESS, STRENGTH = 150e9, 2.0, 100e6
LENGTH = E * TOUGHNESS / STRENGTH**2
pytestmark = pytest.mark.system("B4")


def pulled(comm, share, cells, softening="linear"):
    """(opening [m], stress [Pa], work per area [J/m²]) of a bar with ℓ = L/share and h = ℓ/cells."""
    n = share * cells + 1 - share * cells % 2  # a cell in the middle
    material = ssb.Material.custom(
        "c", kind="electrolyte", stiffness=IsotropicStiffness(E, 0.0), thermal_expansion=0.0, toughness=TOUGHNESS,
        strength=STRENGTH,
    )  # fmt: skip
    width = LENGTH / n
    mesh = one_region(comm, (width, LENGTH), (1, n), material)
    elasticity = ssb.Elasticity(degree=1, split="none", residual_stiffness=1e-8)
    model = ssb.Model(mesh, [elasticity, ssb.Fracture(LENGTH / share, "CZM", softening=softening)], largest_sweeps=500)
    model.apply(
        ssb.Fixed("displacement", "bottom", 0.0, component=1),
        ssb.Fixed("displacement", "left", 0.0, component=0),
        ssb.Fixed("displacement", "top", lambda t: t, component=1),
        *(ssb.Fixed("damage", end, 0.0) for end in ("bottom", "top")),
    )
    loading = Loading(model, "top", 1, 1.0)
    first, last = STRENGTH * LENGTH / E, 2 * TOUGHNESS / STRENGTH * (1.1 if softening == "linear" else 2.0)
    for move in (
        0.5 * first,
        0.97 * first,
        *np.linspace(0.99 * first, 1.05 * first, 7),
        *np.linspace(1.1 * first, last, 30),
    ):
        loading.step(move)
    move, stress = np.array(loading.history.load), np.array(loading.history.force) / width
    work = float(np.sum(np.diff(move) * (stress[1:] + stress[:-1]) / 2))
    return move - stress * LENGTH / E, stress, work


def test_strength_and_cohesive_law(verify, comm):
    found = {share: pulled(comm, share, 10) for share in (5, 10)}
    for share, (opening, stress, _) in found.items():
        label = f"CZM, ℓ = {1 / share:g} EG_c/σ_c²"
        verify(stress.max(), STRENGTH, rtol=0.02, what=f"{label}: peak [Pa]", source="strength given")
        for portion in (0.2, 0.4, 0.6):
            at = portion * 2 * TOUGHNESS / STRENGTH
            value = np.interp(at, opening[8:], stress[8:])
            what = f"{label}: traction at {portion:g} of the last opening [Pa]"
            verify(value, STRENGTH * (1 - portion), rtol=0.02, what=what, source="linear softening")
    coarse = pulled(comm, 10, 5)[2]
    verify(found[10][2], TOUGHNESS, rtol=0.02, what="CZM, h = ℓ/10: area under the curve [J/m²]", source="G_c")
    errors = [abs(work - TOUGHNESS) for work in (coarse, found[10][2])]
    verify.trend(errors, "falling", what="CZM, h = ℓ/5 and ℓ/10: error of the area", source="G_c (1 + h/πℓ)")


def test_exponential_softening(verify, comm):
    opening, stress, work = pulled(comm, 10, 10, "exponential")
    verify(stress.max(), STRENGTH, rtol=0.02, what="CZM, exponential: peak [Pa]", source="strength given")
    left = TOUGHNESS * stress[-1] / STRENGTH  # area beyond the last opening
    verify(work + left, TOUGHNESS, rtol=0.02, what="CZM, exponential: area [J/m²]", source="G_c")
    at = TOUGHNESS / STRENGTH
    value = np.interp(at, opening[8:], stress[8:])
    what = "CZM, exponential: traction at G_c/σ_c [Pa]"
    verify(value, STRENGTH / np.e, rtol=0.02, what=what, source="σ_c exp(−σ_cδ/G_c)")
