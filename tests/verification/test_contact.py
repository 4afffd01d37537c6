"""Contact of lithium and electrolyte: it rises with pressure, opens when lithium is stripped, and adheres.

Waves: an elastic half-plane over the gap g₀ = Δ(1 − cos 2πx/λ) touches on strips of width 2a under the mean pressure

    p = p* sin²(πa/λ),   p* = πE*Δ/λ,   1/E* = Σ(1 − ν²)/E

(Westergaard, J. Appl. Mech. 6 (1939) A49; Johnson, Contact Mechanics, § 13.2), so θ = 2a/λ = (2/π) asin √(p/p*), and
the faces touch everywhere from p* on. A depth of λ is as good as infinite: exp(−2π) = 0.002.

Stripping between platens that do not move: contact is lost when the stripped thickness is what the platens had pressed
the stack together by, after the charge δF/Ω.
"""

import numpy as np
import pytest
import ufl
from cells import layered

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import MPa, mV, nm, um

pytestmark = pytest.mark.system("B10")
YOUNG, POISSON = 7.82e9, 0.381
WAVE, HEIGHT = 1 * um, 1 * nm
LITHIUM, CERAMIC = ssb.Material("Li"), ssb.Material("LLZO", stiffness=IsotropicStiffness(1e5 * YOUNG, 0.26))


def wavy(comm, cells):
    """History of half a wave of lithium pressed on a rigid wavy electrolyte; p/p* and θ."""
    layers = {"separator": (CERAMIC, WAVE / 8, 2), "metal": (LITHIUM, WAVE, 2 * cells)}
    mesh = layered(comm, WAVE / 2, layers, across=cells)
    contact = ssb.Contact(gap=lambda x: HEIGHT * (1 - ufl.cos(2 * ufl.pi * x[0] / WAVE)), reach=1e-4 * nm)
    model = ssb.Model(mesh, [ssb.Elasticity(creep=False, contact=contact)])
    full = np.pi * YOUNG / (1 - POISSON**2) * HEIGHT / WAVE
    oedometer = YOUNG * (1 - POISSON) / ((1 + POISSON) * (1 - 2 * POISSON))
    model.apply(ssb.Platen(position=[(0, 0), (1, -1.2 * (HEIGHT + full * WAVE / oedometer))]))
    result = model.run(1.0, first_step=1 / 8, largest_step=1 / 8, change=10.0, quiet=True)
    return result["stack pressure [Pa]"][1:] / full, result["contact fraction metal|separator [1]"][1:]


def test_contact_rises_with_pressure(verify, comm):
    cells = 32
    pressure, contact = wavy(comm, cells)
    for p, theta in zip(pressure, contact, strict=True):
        exact = 2 / np.pi * np.arcsin(np.sqrt(min(p, 1.0)))
        what = f"contact fraction of waves at p/p* = {p:.3f}, known to a facet of 1/{cells}"
        verify(theta, exact, atol=1 / cells, what=what, source="Westergaard 1939")
    partly = contact[pressure < 1]
    verify.trend(partly, "rising", what="contact fraction with pressure", source="row B10")
    error = np.abs(partly - 2 / np.pi * np.arcsin(np.sqrt(pressure[pressure < 1]))).mean()
    verify.below(error, 0.2 / cells, what="its mean error", source="Westergaard 1939")


def half_cell(comm, contact, position, *physics):
    """Lithium under an electrolyte, one-dimensional; the top held or moved."""
    layers = {"anode": (LITHIUM, 5 * um, 2), "separator": (ssb.Material("LLZO"), 5 * um, 2)}
    mesh = layered(comm, 5 * um, layers)
    model = ssb.Model(mesh, [*physics, ssb.Elasticity(creep=False, contact={"separator|anode": contact})])
    return model.apply(ssb.Platen(position=position))


@pytest.mark.parallel
def test_stripping_between_fixed_platens_loses_contact(verify, comm):
    pressed, reach = 20 * nm, 0.1 * nm
    electric = ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating()
    model = half_cell(comm, ssb.Contact(reach=reach), -pressed, *electric)
    model.ground("separator" if "separator" in model.mesh.boundaries else "top")
    model.apply(ssb.Voltage(5 * mV, at="anode" if "anode" in model.mesh.boundaries else "bottom"))
    result = model.run(40.0, first_step=0.1, largest_step=2.0, change=0.1, quiet=True)
    contact, thickness = result["contact fraction anode|separator [1]"], -result["max plated thickness [m]"]
    current = result["current density [A/m2]"]
    volume = float(LITHIUM["molar_volume"](298.15))
    touching = np.abs(contact - 1) < 1e-9
    verify.below(thickness[touching].max(), pressed * (1 + 1e-6), what="stripped while in contact [m]", source="δ")
    verify(thickness[-1], pressed + reach, rtol=1e-3, what="stripped when nothing touches [m]", source="δ + reach")
    charge = np.sum(current[1:] * np.diff(result["time [s]"]))
    verify(charge, (pressed + reach) * F / volume, rtol=1e-3, what="charge until contact is lost [C/m²]", source="δF/Ω")
    verify.below(current[-1], 1e-2 * current[1], what="current without contact [A/m²]", source="none flows")


@pytest.mark.parallel
def test_adhesion_pulls_breaks_and_closes_again(verify, comm):
    strength, toughness = 1 * MPa, 0.67  # lithium on clean LLZO: the library's, which the law takes by itself
    law = ssb.Contact(adhesion=ssb.Cohesive(strength))
    pull = 2.5 * toughness / strength
    model = half_cell(comm, law, [(0, 0), (1, pull), (2, -10 * nm)])
    result = model.run(2.0, first_step=1 / 64, largest_step=1 / 64, change=10.0, quiet=True)
    time, pressure = result["time [s]"], result["stack pressure [Pa]"]
    contact = result["contact fraction anode|separator [1]"]
    verify(pressure.min(), -strength, rtol=0.02, what="strongest pull on the adhesion [Pa]", source="its strength")
    lost = result["cohesive energy [J/m]"][-1] / (5 * um)
    verify(
        lost,
        toughness,
        rtol=1e-6,
        what="energy of adhesion that is lost [J/m²]",
        source="work of adhesion, Sharafi 2017",
    )
    # Between the strength and the end the pull t leaves 1 − D = t/Ks of the contact, s = δ_f − t(δ_f − δ₀)/σ_c.
    last, first, t = 2 * toughness / strength, toughness / (50 * strength), -pressure[np.argmin(np.abs(time - 1 / 16))]
    left = t * first / strength / (last - t / strength * (last - first))
    half = contact[np.argmin(np.abs(time - 1 / 16))]
    verify(half, left, rtol=0.01, what="contact fraction under a pull", source="bilinear law, from the traction")
    open_at = np.argmin(np.abs(time - 1))
    verify(contact[open_at], 0.0, atol=1e-9, what="contact fraction when torn off", source="nothing touches")
    verify(contact[-1], 1.0, rtol=1e-12, what="contact fraction when pressed again", source="faces touch")
    verify(pressure[-1] > 0, True, atol=0, what="pressure then is compression", source="no interpenetration")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ssb.Contact(gap=-1e-9), "gap of a Contact"),
        (lambda: ssb.Contact(reach=0.0), "reach of a Contact"),
        (lambda: ssb.Contact(adhesion=1e6), r"is a Cohesive\(strength, toughness\)"),
        (lambda: ssb.Contact(ssb.Cohesive(1e6), stiffness=1e15), r"Cohesive\(stiffness=…\)"),
        (lambda: ssb.RoughContact(-1.0), "hardness"),
    ],
)
def test_impossible_contacts_are_refused(make, message):
    with pytest.raises(ssb.InputError, match=message):
        make()


def test_rough_contact_of_the_kinetics(verify, comm):
    """θ = (p/H)/(1 + p/H): a charge-transfer resistance that falls with the stack pressure as 1/θ."""
    hardness, layers = 3 * 0.77 * MPa, {"anode": (LITHIUM, 5 * um, 1), "separator": (ssb.Material("LLZO"), 5 * um, 1)}

    def resistance(pressure):
        mesh = layered(comm, 5 * um, layers)
        kinetics = ssb.ButlerVolmer(contact_fraction=ssb.RoughContact(hardness), pressure_shift=False)
        model = ssb.Model(mesh, [ssb.Conduction(), kinetics, ssb.Elasticity(creep=False)])
        model.ground("top").apply(ssb.Current(1e-4, into="bottom"), ssb.StackPressure(pressure))
        result = model.run(1.0, first_step=1.0, largest_step=1.0, quiet=True)
        return result["area-specific resistance [ohm m2]"][-1]

    low, high = resistance(1 * MPa), resistance(10 * MPa)
    pair, bulk = ssb.pair("Li", "LLZO"), 5 * um / float(ssb.Material("LLZO")["ionic_conductivity"](298.15))
    film = float(pair["film_resistance"](298.15))
    transfer = R * 298.15 / (F * float(pair["exchange_current"](298.15)))
    for pressure, found in ((1 * MPa, low), (10 * MPa, high)):
        exact = transfer * (1 + hardness / pressure)
        what = f"charge-transfer resistance of rough contact at {pressure / MPa:g} MPa [Ω m²]"
        verify(found - bulk - film, exact, rtol=1e-4, what=what, source="RT/(F i₀ θ), θ = (p/H)/(1 + p/H)")
