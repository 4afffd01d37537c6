"""Lithium plated into a confined flaw: slow, it creeps out of the mouth; fast, the pressure cracks the electrolyte.

Power-law creep in a slit of the height h between walls that hold the metal. Mises' ε̇ = k(σ_eq/σ₀)^m in simple shear is
γ̇ = √3 k (√3 τ/σ₀)^m. With τ = |p'| y the velocity is u = ∫_y^{h/2} γ̇ and the flow

    q = 2 ∫₀^{h/2} u dy = 2√3 k (√3|p'|/σ₀)^m (h/2)^{m+2}/(m + 2)

which is n v x where n walls are plated at the speed v, x from the closed end. So |p'| ∝ x^{1/m} and
p₀ = a|p'(a)| m/(m + 1). The end at the mouth adds a pressure of the order of that over one height (as Prandtl's π/2
does beside a/h). Before it flows steadily the metal has to be pressed and sheared elastically: plated is 0.3 h.

Gao et al., Nat. Commun. 13 (2022) 5050: lithium cracks single-crystal LLZO above a local 3 A/cm² (4.0 µm/s) under
pressures of the order of a GPa, and creeps sideways when plated slowly; flaws of such crystals are below a micrometre,
with 0.4 µm for a GPa as an example there (after Porz et al., Adv. Energy Mater. 7 (2017) 1701003). The flaw is an
estimate: a closed crack, opened by what is in it; the creep law is that of bulk lithium, far beyond its measured rates.
"""

import numpy as np
import pytest
import ufl
from cells import layered, total

import fem_ssb as ssb
from fem_ssb.analysis import FilledFlaw, crack_opening
from fem_ssb.analysis.filled_flaw import UNIFORM, edge_weight
from fem_ssb.constants import F
from fem_ssb.units import MPa, nm, um

pytestmark = pytest.mark.system("B19")
LITHIUM, VOLUME = ssb.Material("Li"), 1.3e-5
CREEP = LITHIUM["creep"]
OPENING = 50 * nm
LOCAL = 3e4  # A/m²
LLZO = ssb.Material("LLZO")
STIFF, TOUGHNESS = 150e9 / (1 - 0.26**2), LLZO["fracture_toughness"](298.15)  # single crystal


def plated(comm, current, aspect, cells):
    """Pressure over one opening from the tip, and K: of the upper half of a flaw, `cells` over h/2."""
    depth, half = aspect * OPENING, OPENING / 2
    layers = {"metal": (LITHIUM, half, cells), "wall": (LLZO, half, 1)}
    mesh = layered(comm, depth, layers, across=aspect * cells)
    kinetics = ssb.ButlerVolmer(pressure_shift=False)  # the local current is what is given
    model = ssb.Model(mesh, [ssb.Conduction(), kinetics, ssb.Plating(), ssb.Elasticity()])
    model.ground("top").apply(ssb.Current(-current, into="bottom"))
    model.apply(ssb.Fixed("displacement", "top", 0.0), ssb.Fixed("displacement", "bottom", 0.0, component=1))
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    end = 0.3 * OPENING * F / (current * VOLUME)
    model.run(end, first_step=end / 4, largest_step=end / 4, change=10.0, quiet=True)
    state = model.state
    (wall,) = state.electrodes
    x, p, dS = ufl.SpatialCoordinate(state.domain)[0], state.quantity("interface_pressure", wall), state.dS(wall)
    depths = 1 - x / depth
    weight = edge_weight(depths) / ufl.sqrt(1 - depths**2)
    intensity = 2 * np.sqrt(depth / np.pi) * total(comm, p * weight * dS) / depth
    return total(comm, ufl.conditional(x < OPENING, p, 0.0) * dS) / OPENING, intensity


def flaw(aspect):
    return FilledFlaw(CREEP, VOLUME, aspect * OPENING, OPENING)


def at_tip(aspect, current):
    """Mean of the slit's pressure over one opening from the tip [Pa]."""
    b = 1 + 1 / CREEP.m
    return flaw(aspect).pressure(current) * (1 - aspect**-b / (b + 1))


def test_pressure_against_lubrication(verify, comm):
    currents, found = LOCAL * np.array([1e-3, 1.0]), []
    for current in currents:
        tip, intensity = plated(comm, current, 10, 3)
        found.append(tip)
        what = f"pressure at the tip of a flaw of 10 openings at {current / 1e4:g} A/cm² [MPa]"
        verify(tip / MPa, at_tip(10, current) / MPa, rtol=0.03, what=what, source="power law in a slit")
    slope = np.log(currents[1] / currents[0]) / np.log(found[1] / found[0])
    verify(slope, CREEP.m, rtol=2e-3, what="d ln i/d ln p over three decades of current", source="creep exponent m")
    what = "K of a flaw of 10 openings at 3 A/cm² over the slit's"
    verify(intensity / flaw(10).intensity(LOCAL), 1.0, rtol=0.05, what=what, source="power law in a slit")


@pytest.mark.slow
def test_the_end_at_the_mouth_counts_for_less_in_longer_flaws(verify, comm):
    for current in (1e-2 * LOCAL, 0.1 * LOCAL):
        tip, _ = plated(comm, current, 10, 3)
        what = f"pressure at the tip of a flaw of 10 openings at {current / 1e4:g} A/cm² [MPa]"
        verify(tip / MPa, at_tip(10, current) / MPa, rtol=0.03, what=what, source="power law in a slit")
    excess = [plated(comm, LOCAL, aspect, 3)[1] / flaw(aspect).intensity(LOCAL) - 1 for aspect in (5, 10, 20)]
    what = "K of a flaw of 20 openings over the slit's, less 1"
    verify(excess[-1], 0.0, atol=0.02, what=what, source="power law in a slit")
    verify.trend(excess, "falling", what="the same at 5, 10, 20 openings", source="end effect, to nothing with h/a")


def test_weight_function(verify):
    """An edge crack under a uniform pressure, and one that is loaded at its mouth alone."""
    verify(UNIFORM, 1.1215, rtol=1e-3, what="edge crack: K/(p√(πa))", source="Koiter, 1.1215")
    opening = crack_opening(1 * um, TOUGHNESS, STIFF)
    pressure = TOUGHNESS / (UNIFORM * np.sqrt(np.pi * um))
    work = 0.5 * pressure * opening * um  # = ∫K²/E' da, K² ∝ a
    verify(work, TOUGHNESS**2 / STIFF * um / 2, rtol=1e-9, what="½pha of the filled crack [J/m]", source="∫K²/E' da")


def test_eruption_and_creep(verify):
    """What cracks at 3 A/cm², and that a thousandth of it under stack pressure does not."""

    def excess(depth):
        return FilledFlaw(CREEP, VOLUME, depth, crack_opening(depth, TOUGHNESS, STIFF)).critical_current(TOUGHNESS)

    depths = np.geomspace(0.05, 2, 400) * um
    currents = np.array([excess(d) for d in depths])
    depth = float(np.exp(np.interp(-np.log(LOCAL), -np.log(currents), np.log(depths))))
    source = "Gao et al. (2022); flaw and creep law are estimates, of order only"
    what = "depth of the flaw that cracks LLZO at a local 3 A/cm² [µm]"
    verify(depth / um, 0.4, rtol=0.5, what=what, source=source)
    cracking = FilledFlaw(CREEP, VOLUME, depth, crack_opening(depth, TOUGHNESS, STIFF))
    verify(cracking.pressure(LOCAL) / 1e9, 1.0, rtol=0.5, what="pressure at its tip [GPa]", source=source)
    slow = cracking.intensity(1e-3 * LOCAL, mouth=10 * MPa) / TOUGHNESS
    verify.below(slow, 0.5, what="the same flaw at 3 mA/cm² under 10 MPa: K/K_IC, intact", source="row B19")
    speed = LOCAL * VOLUME / F
    verify(speed / um, 4.0, rtol=0.02, what="speed of plating at 3 A/cm² [µm/s]", source="4.0 µm/s, Gao et al. (2022)")
    verify.trend(currents[::50], "falling", what="critical current with the depth of the flaw", source="i_c ∝ a^−m")


@pytest.mark.parametrize(
    ("values", "message"),
    [((VOLUME, -1.0, 1.0), "depth"), ((VOLUME, 1.0, 0.0), "opening"), ((VOLUME, 1.0, 1.0, 3), "walls")],
)
def test_impossible_flaws_are_refused(values, message):
    with pytest.raises(ssb.InputError, match=message):
        FilledFlaw(CREEP, *values)
