"""What stack pressure does: it closes voids, drives lithium into cracks, and gives life a peak in between.

Void in a cylinder (radii a, b, plane strain, pressure P outside), power-law creep with k = A exp(−Q/RT): v = C/r,
σ_eq = σ₀(2C/(√3 k r²))^{1/m}, dσ_r/dr = −(2/√3)σ_eq/r, so P = (m/√3) σ₀ (2C/√3k)^{1/m} (a^{−2/m} − b^{−2/m}).

Crack of half-width w, filled over L, pressure P at its mouth: shear stress Px/L, so the mean velocity of a power-law
fluid is √3 k (√3Pw/(Lσ₀))^m w/(m + 2); metal that yields at the shear stress σ_y/√3 moves as a plug at the pressure
P = σ_y L/(√3 w), and not at all below.
"""

import numpy as np
import pytest
import ufl
from cells import SHARED, T, one_region, total
from dolfinx import mesh as meshes

import fem_ssb as ssb
from fem_ssb.analysis import StackLife, crack_filling, void_closure
from fem_ssb.constants import R
from fem_ssb.materials import Constant
from fem_ssb.units import MPa, mA_cm2, um

pytestmark = pytest.mark.system("B10")
LITHIUM = ssb.Material("Li")
CREEP = LITHIUM["creep"]
K = CREEP.A * np.exp(-CREEP.Q / (R * T))


def crept(model, steps, measured):
    """Rate of a quantity in the last of growing steps [s]."""
    state, values = model.state, []
    for step in steps:
        model.solve(step)
        values.append(measured(state))
        model.accept()
    return (values[-1] - values[-2]) / steps[-1]


def ring(comm, inner, outer, cells):
    """Quarter of a cylinder, finer inside; faces "inner", "outer", "left" (x = 0) and "bottom" (y = 0)."""
    domain = meshes.create_rectangle(comm, [[0.0, 0.0], [1.0, 1.0]], [cells, cells], ghost_mode=SHARED)
    domain.topology.create_connectivity(1, 2)
    sides = {"inner": (0, 0), "outer": (0, 1), "bottom": (1, 0), "left": (1, 1)}
    facets = {
        name: meshes.locate_entities_boundary(domain, 1, lambda x, a=a, v=v: np.isclose(x[a], v))
        for name, (a, v) in sides.items()
    }
    owned = domain.topology.index_map(1).size_local
    facets = {name: found[found < owned] for name, found in facets.items()}
    x = domain.geometry.x
    r, angle = inner * (outer / inner) ** x[:, 0], np.pi / 2 * x[:, 1]
    x[:, 0], x[:, 1] = r * np.cos(angle), r * np.sin(angle)
    count = domain.topology.index_map(2)
    region = np.zeros(count.size_local + count.num_ghosts, dtype=np.int32)
    return ssb.NamedMesh.from_cells(domain, ["metal"], region, boundaries=facets, materials={"metal": LITHIUM})


@pytest.mark.parallel
def test_voids_close(verify, comm):
    inner, outer, rates = 1 * um, 5 * um, {}
    for pressure in (3 * MPa, 5 * MPa):
        model = ssb.Model(ring(comm, inner, outer, 10), [ssb.Elasticity()])
        model.apply(ssb.Flux("displacement", "outer", -pressure))
        model.apply(ssb.Fixed("displacement", "left", component=0), ssb.Fixed("displacement", "bottom", component=1))
        closing = void_closure(CREEP, pressure)

        def closed(state):
            """Area that the quarter of the void has lost, ∫u·n ds with n towards its middle."""
            n = ufl.FacetNormal(state.domain)
            return total(comm, ufl.dot(state["displacement"], n) * state.ds("inner"))

        steps = [1e-4 / closing * 1.6**k for k in range(16)]
        moved = crept(model, steps, closed)
        rates[pressure] = moved / (np.pi / 2 * inner) / inner
        m = CREEP.m
        wall = (np.sqrt(3) * pressure / (m * CREEP.reference_stress * (1 - (inner / outer) ** (2 / m)))) ** m
        exact = np.sqrt(3) / 2 * K * wall
        what = f"rate −ȧ/a at which a void closes in a cylinder under {pressure / MPa:g} MPa [1/s]"
        verify(rates[pressure], exact, rtol=0.01, what=what, source="thick-walled cylinder, power-law creep")
        far = np.sqrt(3) / 2 * K * (np.sqrt(3) * pressure / (m * CREEP.reference_stress)) ** m
        verify(closing, far, rtol=1e-12, what="the same far from others [1/s]", source="b → ∞")
    verify.trend(list(rates.values()), "rising", what="closure with pressure", source="row B10: voids close")


def channel(comm, material, cells, length):
    """Half of a crack, symmetric at the left, its wall at the right, its mouth at the bottom; length in half-widths."""
    return one_region(comm, (1 * um, length * um), cells, material, name="metal")


@pytest.mark.parallel
def test_lithium_creeps_into_a_crack(verify, comm):
    length, rates = 20 * um, {}
    for pressure in (10 * MPa, 20 * MPa):
        model = ssb.Model(channel(comm, LITHIUM, (6, 60), 20.0), [ssb.Elasticity()])
        model.apply(ssb.Flux("displacement", "bottom", -pressure))
        model.apply(ssb.Fixed("displacement", "left", component=0), ssb.Fixed("displacement", "right"))
        expected = crack_filling(CREEP, pressure, 1 * um, length)
        steps = [1e-4 * um / expected * 1.6**k for k in range(18)]  # till it has moved by far more than elastically
        out = crept(model, steps, lambda state: total(comm, state["displacement"][1] * state.ds("top")))
        rates[pressure] = out / (1 * um)
        what = f"velocity of lithium through a crack of 20 half-widths at {pressure / MPa:g} MPa [m/s]"
        verify(rates[pressure], expected, rtol=0.02, what=what, source="power-law fluid between plates")
    exponent = np.log(rates[20 * MPa] / rates[10 * MPa]) / np.log(2)
    verify(exponent, CREEP.m, rtol=0.005, what="its exponent in the pressure", source="m of the creep law")


@pytest.mark.slow
def test_a_crack_is_closed_to_metal_below_its_yield_pressure(verify, comm):
    """Without creep: the largest pressure that has an equilibrium, and what holds at 0.9 of it."""
    strength, length = 0.77 * MPa, 10.0
    limit = strength * length / np.sqrt(3)
    metal = ssb.Material("Li", yield_strength=Constant(strength))

    def borne(cells, pressure):
        """Last pressure [Pa] with an equilibrium on the way to one."""
        model = ssb.Model(channel(comm, metal, (cells, 40), length), [ssb.Elasticity(creep=False, plastic=True)])
        model.apply(ssb.Flux("displacement", "bottom", [(0.0, 0.0), (1.0, -pressure)]))
        model.apply(ssb.Fixed("displacement", "left", component=0), ssb.Fixed("displacement", "right"))
        try:
            model.run(1.0, first_step=1 / 8, largest_step=1 / 8, smallest_step=1 / 1024, change=10.0, quiet=True)
        except ssb.ConvergenceError:
            pass
        return float(model.state.time.value) * pressure

    bears, source = borne(4, 0.9 * limit), "plug at σ_y L/√3w"
    verify(
        bears,
        0.9 * limit,
        rtol=1e-12,
        what="pressure that metal in a crack bears, 0.9 of its limit [Pa]",
        source=source,
    )
    coarse, fine = (borne(cells, 1.2 * limit) for cells in (4, 8))
    what = "pressure at which metal moves through a crack, extrapolated in the mesh size [Pa]"
    verify(2 * fine - coarse, limit, rtol=0.02, what=what, source=source)


def test_life_has_a_peak_between_3_and_7(verify):
    """At a tenth of a megapascal contact is lost, at 25 cracks fill; among 0.1, 3, 7, 25 MPa the life peaks inside."""
    pressures = (0.1 * MPa, 3 * MPa, 7 * MPa, 25 * MPa)
    for current in (0.2, 0.5, 1.0, 2.0):
        life = StackLife(CREEP, float(LITHIUM["molar_volume"](T)), current * mA_cm2)
        lives = [life(p) for p in pressures]
        outside, inside = max(lives[0], lives[3]), max(lives[1:3])
        what = f"longest life at 0.1 and 25 MPa over that at 3 and 7 MPa, {current:g} mA/cm²"
        verify.below(outside / inside, 1.0, what=what, source="3–7 MPa recommended (argyrodite review)")
        verify.trend(lives[:2], "rising", what="life from 0.1 to 3 MPa [s]", source="contact")
        verify.trend(lives[2:], "falling", what="life from 7 to 25 MPa [s]", source="creep into cracks")


def test_critical_pressure_and_lives_of_the_state_model(verify):
    """The closed forms against their equations integrated in time."""
    life = StackLife(CREEP, 13e-6, 5.0)
    critical = life.critical_pressure()
    verify(
        2 * void_closure(CREEP, critical) * life.lost,
        life.opening,
        rtol=1e-12,
        what="closure at it [1/s]",
        source="ḟ = 0",
    )
    assert np.isinf(life.contact_life(1.001 * critical)) and np.isfinite(life.contact_life(0.999 * critical))
    pressure, f, time, step = 0.9 * critical, 0.0, 0.0, 0.1
    while f < life.lost:
        f, time = f + step * (life.opening - 2 * f * void_closure(CREEP, pressure)), time + step
    verify(life.contact_life(pressure), time, rtol=2e-3, what="time until contact is lost [s]", source="ḟ step by step")
    lengths = np.linspace(1e-3, life.slenderness, 10001)
    passed = np.trapezoid([1 / crack_filling(CREEP, 25 * MPa, 1.0, x) for x in lengths], lengths)
    verify(life.crack_life(25 * MPa), passed, rtol=1e-3, what="time until a crack is filled [s]", source="∫dL/v")
