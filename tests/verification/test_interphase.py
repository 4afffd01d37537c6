"""Growth of an interphase, in closed form: Wagner's neutral flux in series with a reaction.

j = U_d/(L/κ + R_r), L' = v j/F. Separated: (L/κ + R_r) dL = (v U_d/F) dt, so L² + A L = 2 k t with k = κ v U_d/F and
A = 2κR_r (from L = 0), i.e. L = −A/2 + √(A²/4 + 2kt). Slopes of log L over log t: ½ for L ≫ A, 1 for L ≪ A.

v of the products of Li₆PS₅Cl + 8 Li → 5 Li₂S + Li₃P + LiCl a mole of electrons, from molar masses over densities
(CRC Handbook: Li₂S 45.95/1.66, Li₃P 51.79/1.43, LiCl 42.39/2.07 g/mol over g/cm³) is (5·27.68 + 36.2 + 20.5)/8 =
24.4 cm³: 1 µAh/cm² makes 9.1 nm (published: 9 nm).

Metal H at the start, of which the layer takes (Ω/v)(L − L₀) and a current Ω i t/F: once nothing is left the layer has
all the rest at each time, L − L₀ = (v/Ω)(H − Ω i t/F), as long as this is less than its law allows.

Swelling s in a stack between rollers: the layers lengthen it by g = Σ s(L − L₀), whatever metal they took. It bears a
uniform strain along one axis: p = M̄ g against rigid plates and g kM̄/(k + M̄) against a spring k, with the stiffness
1/M̄ = Σ l/M + n/K of the column, M = E(1 − ν)/((1 + ν)(1 − 2ν)), n contacts of the stiffness K.
"""

import numpy as np
import pytest
from cells import T, layered, total
from dolfinx import fem
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.analysis import consumption
from fem_ssb.constants import F
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import MPa, hour, mA_cm2, uAh_cm2, um

pytestmark = pytest.mark.system("A12")
VOLUME = (5 * 45.95 / 1.66 + 51.79 / 1.43 + 42.39 / 2.07) / 8 * 1e-6
IONIC, VOLTAGE = 1e-4, 1.7  # S/m; V of the reduction of Li₆PS₅Cl against lithium
SLOW, FAST = 1e-9, 1e-2  # S/m: electronic conductivity of a passivating and of a mixed-conducting layer
SOURCE, LEFT = "L² + AL = 2kt", "mean metal left anode|separator [m]"


def cell(comm, interphase, current=0.0, plating=True, dim=2):
    data = {"exchange_current": 50.0, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    metal = ssb.Material("Li", electronic_conductivity=1.08e7)
    layers = {
        "anode": (metal, 5 * um, 1),
        "separator": (ssb.Material("LLZO", ionic_conductivity=0.05), 10 * um, 2),
        "counter": (metal, 5 * um, 1),
    }
    both = {"anode|separator": data, "separator|counter": data}
    mesh = layered(comm, 10 * um, layers, dim=dim, interface_data=both)
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), *([ssb.Plating()] if plating else []), interphase]
    return ssb.Model(mesh, physics).ground("top").apply(ssb.Current(current, into="bottom"))


def thickness(model, kind="interphase_thickness", interface="anode|separator"):
    """Mean over an interface [m]."""
    state = model.state
    return total(state.mesh.comm, state[kind]("+") * state.dS(interface)) / state.mesh.area(interface)


def closed_form(interphase, t, start=0.0):
    k, A = interphase.growth_constant, interphase.linear_constant
    return -A / 2 + np.sqrt((start + A / 2) ** 2 + 2 * k * t)


def grown(comm, interphase, times):
    """Thickness at increasing times, one step each: the step is exact."""
    model, found, before = cell(comm, interphase, plating=False), [], 0.0
    for t in times:
        model.solve(dt=t - before)
        model.state.accept()
        found.append(thickness(model))
        before = t
    return np.array(found)


def test_growth_law(verify, comm):
    law = ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, reaction_resistance=100.0)
    times = np.array([1.0, 1e3, 1e5, 1e7])
    assert closed_form(law, times[0]) < law.linear_constant < closed_form(law, times[-1])
    for t, found in zip(times, grown(comm, law, times), strict=True):
        verify(found, closed_form(law, t), rtol=1e-8, what=f"thickness after {t:g} s [m]", source=SOURCE)


def test_slopes(verify, comm):
    """Diffusion-limited ½, reaction-limited 1, marched with adaptive steps."""
    for resistance, initial, slope, tolerance in ((0.0, 1e-10, 0.5, 0.005), (1e8, 0.0, 1.0, 0.005)):
        law = ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, resistance, initial)
        result = cell(comm, law).run(1000 * hour, quiet=True)
        time, found = result["time [s]"], result["mean interphase thickness anode|separator [m]"]
        late = time > 100 * hour
        fitted = np.polyfit(np.log(time[late]), np.log(found[late]), 1)[0]
        what = "diffusion-limited" if slope == 0.5 else "reaction-limited"
        verify(fitted, slope, atol=tolerance, what=f"slope of log L over log t, {what}", source=SOURCE)


def test_types(verify, comm):
    """None for type I; k of type II over type III is that of κ; type III passivates, type II does not."""
    t = 100 * hour
    stable = ssb.Interphase(IONIC, FAST, -0.1, VOLUME, initial=1e-9)
    mixed = ssb.Interphase(IONIC, FAST, VOLTAGE, VOLUME, initial=1e-9)
    passivating = ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, initial=1e-9)
    first, second, third = (grown(comm, law, [t, 10 * t]) for law in (stable, mixed, passivating))
    verify(first[-1], 1e-9, rtol=1e-12, what="type I after 1000 h [m]", source="no reaction")
    ratio = (second[-1] ** 2 - 1e-18) / (third[-1] ** 2 - 1e-18)
    kappa = [IONIC * s / (IONIC + s) for s in (FAST, SLOW)]
    verify(ratio, kappa[0] / kappa[1], rtol=1e-6, what="k of type II over type III", source="σ_iσ_e/(σ_i + σ_e)")
    thin = 10 * um  # of an electrolyte: what never passivates eats it up in time of use
    verify.below(third[-1], thin, what="type III after 1000 h [m]", source="thinner than the electrolyte")
    verify.below(thin / second[-1], 1.0, what="type II after 1000 h: electrolyte over layer", source="never passivates")


def test_charge_of_a_layer(verify):
    verify(VOLUME / F * uAh_cm2, 9e-9, rtol=0.02, what="layer a µAh/cm² [m]", source="published, one digit")


@pytest.mark.parallel
def test_metal_consumed(verify, comm):
    """Each electrode has what Faraday's law gives it for the current less what its layer took: q(t) of the closed form.

    q = F(L − L₀)/v, so metal and layers together have at all times what they began with, though a current moves metal
    from one electrode to the other: Σh + Ω Σq/F = 0.
    """
    i, start = 0.05 * mA_cm2, 1e-9
    law = ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, reaction_resistance=100.0, initial=start)
    model = cell(comm, law, current=i)
    result = model.run(20 * hour, first_step=hour, largest_step=5 * hour, quiet=True)
    electrodes, time = ("anode|separator", "counter|separator"), np.asarray(result["time [s]"])
    course = consumption(model, electrodes[0], result)
    exact = F / VOLUME * (closed_form(law, time[1:], start) - start)
    worst = np.max(np.abs(course.charge[1:] / exact - 1))
    verify(worst, 0.0, atol=1e-8, what="charge consumed at all times of a run over the law, less 1", source=SOURCE)
    taken = {n: consumption(model, n) for n in electrodes}
    verify(taken[electrodes[0]].charge, course.charge[-1], rtol=1e-12, what="charge consumed [C/m²]", source="history")
    metal = float(ssb.Material("Li")["molar_volume"](T))
    passed = metal * i * time[-1] / F
    for name, sign in zip(electrodes, (-1, 1), strict=True):
        left = thickness(model, "metal_thickness", name)
        expected = sign * passed - taken[name].thickness
        verify(left, expected, rtol=1e-9, what=f"metal at {name} [m]", source="Faraday's law less the layer")
    layers = sum(VOLUME / F * taken[n].charge + start for n in electrodes)
    grown = sum(thickness(model, interface=n) for n in electrodes)
    verify(layers, grown, rtol=1e-9, what="layers [m]", source="L₀ + vq/F")
    lost = sum(taken[n].amount for n in electrodes)
    kept = sum(thickness(model, "metal_thickness", n) for n in electrodes) / metal
    verify(-kept, lost, rtol=1e-9, what="inventory: metal gone [mol/m²]", source="metal in the layers")
    assert consumption(model, "separator|anode") == taken[electrodes[0]]
    with pytest.raises(ssb.InputError, match="at which an interphase grows 'anode'"):
        consumption(model, "anode")


@pytest.mark.parallel
@pytest.mark.parametrize("current", [0.0, -2e-4 * mA_cm2])
def test_metal_used_up(verify, comm, current):
    """At rest the layer stops; a current that plates feeds it from then on."""
    start, metal = 1e-9, 0.02 * um
    law = ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, 100.0, start, metal=metal, on=["anode|separator"])
    result = cell(comm, law, current=current).run(40 * hour, quiet=True)
    share = float(ssb.Material("Li")["molar_volume"](T)) / VOLUME
    time, layer = result["time [s]"], result["mean interphase thickness anode|separator [m]"] - start
    there = metal - share * VOLUME * current * time / F
    allowed = closed_form(law, time, start) - start
    assert allowed[1] < there[1] / share and allowed[-1] > 2 * there[-1] / share, "it is used up on the way"
    at = "at rest" if current == 0 else "plating"
    off = np.abs(layer - np.minimum(allowed, there / share)).max() / layer[-1]
    what = f"{at}: error of the layer before and after its metal is used up"
    verify.below(off, 1e-8, what=what, source="the law; L₀ + (v/Ω)(H − Ω i t/F)")
    left = result[LEFT]
    off = np.abs(left + share * layer - there).max() / metal
    verify.below(off, 1e-9, what=f"{at}: metal left and in the layer less all there is", source="inventory")
    verify.below(-left.min() / metal, 1e-9, what=f"{at}: metal that lacks", source="none")
    assert result.finished


def test_no_metal_is_left_to_strip(verify, comm):
    """The current and the layer share the metal; the run ends when it is used up."""
    start, current = 1e-9, 1e-3 * mA_cm2
    law = ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, 100.0, start, metal=0.02 * um, on=["anode|separator"])
    result = cell(comm, law, current=current).run(40 * hour, quiet=True)
    omega = float(ssb.Material("Li")["molar_volume"](T))
    end = brentq(
        lambda t: omega * (current * t / F + (closed_form(law, t, start) - start) / VOLUME) - law.metal, 1.0, 40 * hour
    )
    what = "stripping: time when the metal is used up [s]"
    verify(result["time [s]"][-1], end, rtol=1e-3, what=what, source="H = Ω i t/F + (Ω/v)(L − L₀)")
    assert not result.finished and "no metal is left" in result.reason
    whole = cell(comm, ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, 100.0, start))
    whole.solve(dt=1.0)
    left = whole.state.integrate(fem.form(whole.physics[-1].columns(whole.state)[LEFT]))[0]
    verify(left, 5 * um, rtol=1e-3, what="metal at the start, of a foil of 5 µm [m]", source="its thickness")


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_film_resists(verify, comm, dim):
    """The voltage rises by i (L₁ + L₂)/σ_i."""
    i = 0.1 * mA_cm2
    law = ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, initial=1e-9)
    result = cell(comm, law, current=i, plating=False, dim=dim).run(100 * hour, quiet=True)
    voltage = result["voltage [V]"]
    expected = 2 * i * (closed_form(law, 100 * hour, start=1e-9) - 1e-9) / IONIC
    verify(
        voltage[-1] - voltage[0],
        expected,
        rtol=1e-6,
        what=f"{dim}D: rise of the voltage in 100 h [V]",
        source="2iΔL/σ_i",
    )


def pressed(comm, load, swelling, current, contact=None):
    """Stack pressure [Pa] after 100 h, growth of each layer [m], and the stiffness of the column [Pa/m]."""
    young, poisson, stiff = {"anode": 7.8e9, "separator": 20e9, "counter": 7.8e9}, 0.3, 1e18
    data = {"exchange_current": 50.0, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    thick = {"anode": 5 * um, "separator": 10 * um, "counter": 5 * um}
    given = {"anode": {"electronic_conductivity": 1e7}, "separator": {"ionic_conductivity": 0.05}}
    given["counter"] = given["anode"]
    layers = {
        n: (
            ssb.Material(
                "LLZO" if n == "separator" else "Li",
                stiffness=IsotropicStiffness(young[n], poisson),
                thermal_expansion=0.0,
                **given[n],
            ),
            thick[n],
            2,
        )
        for n in thick
    }
    mesh = layered(comm, 10 * um, layers, interface_data={"anode|separator": data, "separator|counter": data})
    law = ssb.Interphase(IONIC, SLOW, VOLTAGE, VOLUME, initial=1e-9, swelling=swelling, metal=100 * um)
    mechanics = ssb.Elasticity(creep=False, contact_stiffness=stiff, contact=contact)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating(), law, mechanics])
    model.ground("top").apply(ssb.Current(current, into="bottom"), load)
    result = model.run(100 * hour, first_step=50 * hour, largest_step=50 * hour, change=1.0, quiet=True)
    column = sum(t * (1 + poisson) * (1 - 2 * poisson) / (young[n] * (1 - poisson)) for n, t in thick.items())
    return result["stack pressure [Pa]"][-1], closed_form(law, 100 * hour, start=1e-9) - 1e-9, 1 / (column + 2 / stiff)


@pytest.mark.parallel
@pytest.mark.parametrize("swelling", [0.25, 0.0])
def test_swelling_against_rigid_plates(verify, comm, swelling):
    """A layer that needs no more room than what it is made of presses nothing, though it takes metal away."""
    found, grown, stiffness = pressed(comm, ssb.Platen(position=0.0), swelling, 0.1 * mA_cm2)
    what = f"swelling {swelling:g}, held stack: pressure after 100 h [Pa]"
    exact = 2 * swelling * grown * stiffness
    if swelling:
        verify(found, exact, rtol=1e-6, what=what, source="p = g M̄")
    else:
        verify(found, 0.0, atol=10.0, what=what, source="p = g M̄")


@pytest.mark.parallel
def test_swelling_in_a_housing(verify, comm):
    """With a spring, beside a preload, on contacts that may open, while a current plates as much as it strips."""
    k, preload = 2e14, 3 * MPa
    found, grown, stiffness = pressed(comm, ssb.Housing(k, preload), 0.25, 0.1 * mA_cm2, ssb.Contact())
    gained = 2 * 0.25 * grown * k * stiffness / (k + stiffness)
    before = preload / (1 + k / stiffness)
    what = "swelling 0.25 in a housing, contacts that may open: pressure [Pa]"
    verify(found, before + gained, rtol=1e-6, what=what, source="k(p₀/k·M̄ + M̄g)/(k + M̄)")
