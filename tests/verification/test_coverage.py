r"""Interface resistance while metal is plated, by charge and current (row A21).

Nuclei that grow together: θ = 1 − exp(−X^⅔), X = X₀ + (3√π/2) √N(i) Ωq/F at constant current, N = N_r(i/i_r)³. The
small-signal resistance of the interface is the film's and that of charge transfer over θ,

    R_int(q; i) = R_film + RT/(F i₀ θ),

so that the charge to a given θ falls as i^(−3/2). Fitted: N_r, so that R_int at 0.05 mA/cm² is within 4 % of its least
value after 50 µAh/cm². Independent: the cube of the current, the molar volume. Published (Narayanan et al., Nat.
Commun. 13 (2022) 7237, as quoted by Dandena et al., EES Batteries 1 (2025) 692): one minimum for all currents; reached
asymptotically at 0.05 and 0.5 mA/cm², at 2.5 almost as soon as plating begins; at 0.15 mA/cm² reduction is complete
within 5 to 10 µAh/cm² and at 0.05 it is not; differences are gone beyond about 50 µAh/cm².
"""

import numpy as np
import pytest
from cells import T, layered

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import mA_cm2, mAh_cm2, ohm_cm2, um

pytestmark = [pytest.mark.system("A21")]
FILM, EXCHANGE, LENGTH, FOIL, INITIAL = 10 * ohm_cm2, 5 * mA_cm2, 100 * um, 20 * um, 0.05
LEAST = FILM + R * T / (F * EXCHANGE)
CHARGES = np.array([0.2, 1.0, 5.0, 10.0, 50.0])  # µAh/cm²
NARAYANAN = "Narayanan et al. as quoted by Dandena et al. 2025"
SHAPE = 1.5 * np.sqrt(np.pi)


def growth(share):
    """X at which a share of the interface is covered."""
    return (-np.log1p(-share)) ** 1.5


def density():
    """N_r [1/m²] at 0.05 mA/cm²."""
    share = R * T / (F * EXCHANGE) / (1.04 * LEAST - FILM)
    plated = ssb.Material("Li").molar_volume(T) * 50e-3 * mAh_cm2 / F
    return ((growth(share) - growth(INITIAL)) / (SHAPE * plated)) ** 2


def closed(charge, current):
    """R_int [Ω m²] after a charge [C/m²] at a current [A/m²]."""
    root = np.sqrt(density() * (current / (0.05 * mA_cm2)) ** 3)
    X = growth(INITIAL) + SHAPE * root * ssb.Material("Li").molar_volume(T) * charge / F
    return FILM + R * T / (F * EXCHANGE * (1 - np.exp(-(X ** (2 / 3)))))


def measured(comm, current, charges, dim=2):
    """R_int [Ω m²] by impedance at rest after each charge [C/m²], plated in one step each."""
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5}
    both = {
        "anode|separator": {**data, "film_resistance": FILM},
        "separator|counter": {**data, "film_resistance": 0.0},
    }
    layers = {"anode": ("Li", FOIL, 2), "separator": ("Li6PS5Cl", LENGTH, 4), "counter": ("Li", FOIL, 2)}
    mesh = layered(comm, 20 * um, layers, across=2, dim=dim, interface_data=both)
    coverage = ssb.Coverage(density(), 0.05 * mA_cm2, initial=INITIAL, on=["anode|separator"])
    ends = np.asarray(charges) / current
    flowing = [True]
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), coverage, ssb.Plating()]).ground("top")
    model.apply(ssb.Current(lambda t: -current if flowing[0] else 0.0, into="bottom"))
    sigma, metal = ssb.Material("Li6PS5Cl").ionic_conductivity(T), ssb.Material("Li").electronic_conductivity(T)
    rest = LENGTH / sigma + 2 * FOIL / metal + R * T / (F * EXCHANGE)
    found = []
    for dt in np.diff(ends, prepend=0.0):
        for flowing[0] in (True, False):
            model.solve(dt=dt)
            model.state.accept()
        found.append(ssb.impedance(model, [1e-3]).impedance[0].real - rest)
    return np.array(found)


@pytest.mark.parametrize(
    "current, dim", [(0.05, 2), pytest.param(0.15, 3, marks=pytest.mark.parallel), (0.5, 2), (2.5, 2)]
)
def test_resistance_against_charge(verify, comm, current, dim):
    i, charges = current * mA_cm2, CHARGES * 1e-3 * mAh_cm2
    found, exact = measured(comm, i, charges, dim), closed(charges, i)
    for q, R_int, e in zip(CHARGES, found, exact, strict=True):
        what = f"{dim}D, {current:g} mA/cm², {q:g} µAh/cm²: R_int [Ω m²]"
        # The impedance is solved to 1e-5: the metals conduct 5e7 times as well as the electrolyte.
        verify(R_int, e, rtol=1e-5, what=what, source="R_film + RT/(F i₀ θ)")
    seen = found[found > LEAST * (1 + 1e-6)]
    if len(seen) > 1:
        verify.trend(seen, "falling", what=f"{current:g} mA/cm²: R_int with charge", source=NARAYANAN)
    limits = {0.05: 50.0, 0.15: 10.0, 2.5: 1.0}
    if current in limits:
        near = found[CHARGES >= limits[current]].max() / LEAST
        what = f"{current:g} mA/cm²: R_int beyond {limits[current]:g} µAh/cm² over the minimum"
        verify.below(near, 1.05, what=what, source=NARAYANAN + (", fitted" if current == 0.05 else ""))


def test_currents_at_the_same_charge(verify, comm):
    currents = (0.05, 0.15, 0.5)
    charges = np.array([0.2, 10.0, 50.0]) * 1e-3 * mAh_cm2
    early, middle, late = np.array([measured(comm, i * mA_cm2, charges) for i in currents]).T
    verify.trend(early, "falling", what="R_int at 0.2 µAh/cm² with current", source=NARAYANAN)
    verify.below(-middle[0] / LEAST, -1.2, what="0.05 mA/cm², 10 µAh/cm²: minus R_int over minimum", source=NARAYANAN)
    verify.below(np.ptp(late) / LEAST, 0.05, what="spread of R_int at 50 µAh/cm² over minimum", source=NARAYANAN)


@pytest.mark.parallel
def test_stripping_leaves_the_coverage(comm):
    layers = {"anode": ("Li", FOIL, 1), "separator": ("Li6PS5Cl", LENGTH, 2), "counter": ("Li", FOIL, 1)}
    mesh = layered(comm, 20 * um, layers, across=1)
    coverage = ssb.Coverage(1e13, 1.0, on=["separator|anode"])
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), coverage]).ground("top")
    model.apply(ssb.Current(5.0, into="bottom"))
    model.solve(dt=100.0)
    X = model.state["coverage_growth"].x.array
    np.testing.assert_allclose(X[X > 0], coverage.start, rtol=1e-12)
