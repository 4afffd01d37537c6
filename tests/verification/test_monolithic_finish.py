"""Newton for displacement and damage together ends the sweeps: a bar that damages, in series with an elastic one.

Both of length L and Poisson ratio 0, stretched by u; damage (AT2, ℓ = L) is the same everywhere in the one with the
stiffness E, the other has E/k. With the strain ε of the former and s = Eε²ℓ/G_c

    d = s/(1 + s),    σ = Eε/(1 + s)²,    u/L = ε [1 + k/(1 + s)²]

The last grows with s up to a first root of (1 + s)³ = k(3s − 1), where the bar snaps, falls to a second one and grows
again: between its extremes a stretch has three equilibria, of which that in the middle is not stable. Near the first
root a sweep leaves nearly all of an error: u given, the damage after it changes by dd_{n+1} = ρ dd_n with ρ → 1.
Beyond it sweeps may break the bar for good on their way, which without the share k of the stiffness that is left then
could not be solved: k = 1e-6 adds mk to the bracket and is 1e-6 of the damage.
"""

import numpy as np
import pytest
from cells import box, midpoints, total
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.mesh import NamedMesh

E, TOUGHNESS, LENGTH, SOFTER = 150e9, 2.0, 4e-6, 8.0
SNAP, END = (brentq(lambda s: (1 + s) ** 3 - SOFTER * (3 * s - 1), *ends) for ends in ((1 / 3, 1.0), (1.0, 10.0)))
pytestmark = [pytest.mark.system("B4"), pytest.mark.parallel]


def stretch(s, left=0.0):
    """u/L."""
    return np.sqrt(s * TOUGHNESS / (E * LENGTH)) * (1 + SOFTER * (1 / (1 + s) ** 2 + left))


def bars(comm, left, **options):
    """Both bars, the load t stretches them to t times where they snap."""
    domain = box(comm, (LENGTH, 2 * LENGTH), (4, 8))
    region = (midpoints(domain)[:, 1] > LENGTH).astype(np.int32)

    def material(name, stiffness, **more):
        solid = IsotropicStiffness(stiffness, 0.0)
        return ssb.Material.custom(name, kind="electrolyte", stiffness=solid, thermal_expansion=0.0, **more)

    materials = {"brittle": material("brittle", E, toughness=TOUGHNESS), "elastic": material("elastic", E / SOFTER)}
    mesh = NamedMesh.from_cells(domain, list(materials), region, materials=materials)
    elasticity = ssb.Elasticity(residual_stiffness=left)
    model = ssb.Model(mesh, [elasticity, ssb.Fracture(LENGTH, "AT2")], largest_sweeps=500, **options)
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    return model.apply(ssb.Fixed("displacement", "top", lambda t: t * stretch(SNAP) * LENGTH, component=1))


def damage(model, load):
    """Mean damage at a load."""
    state = model.state
    state.time.value = load
    model.solve()
    state.accept()
    return total(state.mesh.comm, state["damage"] * state.dx("brittle")) / LENGTH**2


@pytest.mark.parametrize(
    "load, ends, left, tolerance",
    [(0.9999, (0.1, SNAP), 0.0, 1e-8), (1.01, (END, 100.0), 1e-6, 1e-5)],
    ids=["near", "beyond"],
)
def test_bar_that_snaps(verify, comm, load, ends, left, tolerance):
    exact = brentq(lambda s: stretch(s, left) - load * stretch(SNAP), *ends, xtol=1e-15)
    exact = exact / (1 + exact)
    found = [damage(bars(comm, left, damage_tolerance=1e-3, monolithic_finish=how), load) for how in (False, True)]
    what = f"bar at {load:g} of the stretch at which it snaps: damage"
    verify(found[1], exact, rtol=tolerance, what=f"{what}, monolithic finish", source="closed form")
    assert abs(found[0] - exact) > 3 * tolerance, "sweeps that end at a change of 1e-3 leave more"
