r"""PEO–LiTFSI between lithium: polarisation, transference number, temperature (row A22).

Small voltage on metal | binary salt | metal: at once i = ΔV/(L/κ + R₀). Steady, the anions rest: D c' = −(1 − t₊) i/F,
and −φ' = i/κ − g = (i/κ)(1 + Ne) with g = (2RT/F) χ (1 − t₊) c'/c,

    Ne = 2RT κ χ (1 − t₊)²/(F² D c).

So t_BV = 1/(1 + Ne) whatever the electrodes; with κ = F²Dc/(2RT t₊(1 − t₊)) and χ = 1 it is t₊.
"""

import numpy as np
import pytest
from cells import layered

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

pytestmark = [pytest.mark.system("A22")]
D, C0, LENGTH = 1e-11, 1000.0, 50 * um
SOURCE = "Machín et al., Batteries 11 (2025) 304: 0.2 to 0.4"


def cell(comm, material, salt, voltage=None, temperature=298.15, length=LENGTH, exchange=10.0, dim=2):
    """Lithium | polymer | lithium, a voltage or nothing at the bottom."""
    data = {"exchange_current": exchange, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    layers = {"anode": ("Li", 5 * um, 1), "separator": (material, length, 40), "counter": ("Li", 5 * um, 1)}
    both = {"anode|separator": data, "separator|counter": data}
    mesh = layered(comm, length / 20, layers, across=1, dim=dim, interface_data=both)
    model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer(), salt]).ground("top")
    model.apply(ssb.Ambient(temperature))
    return model if voltage is None else model.apply(ssb.Voltage(voltage, at="bottom"))


def polymer(t):
    return ssb.Material("LLZO", salt_diffusivity=D, transference_number=t, ionic_conductivity=0.1)


@pytest.mark.parametrize("t, dim", [(0.2, 2), (0.3, 2), (0.4, 2), pytest.param(0.3, 3, marks=pytest.mark.slow)])
def test_dilute_transference_number(verify, comm, t, dim):
    """The steady current is t₊ of the first one: between them the voltage at given current rises by 1/t₊."""
    model = cell(comm, polymer(t), ssb.Salt(C0, conductivity="dilute", degree=2), 1e-3, dim=dim)
    found = ssb.analysis.bruce_vincent(model)
    verify(
        found.transference_number, t, rtol=1e-3, what=f"{dim}D, dilute, t₊ = {t}: t_BV at 1 mV", source=f"t₊; {SOURCE}"
    )
    kappa = F**2 * D * C0 / (2 * R * 298.15 * t * (1 - t))
    first = 1e-3 / (LENGTH / kappa + 2 * R * 298.15 / (F * 10.0))
    verify(found.currents[0], first, rtol=1e-4, what=f"{dim}D, dilute, t₊ = {t}: I₀ [A/m²]", source="ΔV/(L/κ + R₀)")


def test_error_falls_with_the_voltage(verify, comm):
    """t_BV of a finite voltage misses t₊ by a term of second order (both directions are alike)."""
    errors = []
    for voltage in (0.04, 0.02, 0.01):
        model = cell(comm, polymer(0.3), ssb.Salt(C0, conductivity="dilute", degree=2), voltage, exchange=1e4)
        errors.append(abs(ssb.analysis.bruce_vincent(model).transference_number - 0.3))
    order = np.log2(errors[1] / errors[2])
    verify(order, 2.0, atol=0.1, what="order of t_BV − t₊ in the voltage", source="symmetry")


def test_filler_leaves_the_transference_number(verify, comm):
    """Blocking particles lengthen the ways of current and salt alike: less current, the same share of it at last."""
    currents = []
    for radius in (None, 6 * um):
        stack = ssb.Stack(width=20 * um)
        stack.layer("anode", "Li", thickness=5 * um)
        stack.layer("separator", polymer(0.3), thickness=LENGTH)
        stack.layer("counter", "Li", thickness=5 * um)
        if radius:
            ceramic = ssb.Material.custom("ceramic", kind="interlayer", electronic_conductivity=1e-8)
            for k, height in enumerate((15 * um, 30 * um, 45 * um)):
                stack.inclusion("separator", f"filler{k}", ceramic, ssb.Disc((10 * um, height), radius))
        for electrode in ("anode", "counter"):
            stack.interface(
                f"{electrode}|separator", exchange_current=1e5, transfer_coefficient=0.5, film_resistance=0.0
            )
        salt = ssb.Salt(C0, conductivity="dilute", degree=2)
        model = ssb.Model(stack.mesh(comm, size=2 * um), [ssb.Conduction(degree=2), ssb.ButlerVolmer(), salt])
        model.ground("counter").apply(ssb.Voltage(1e-3, at="anode"))
        found = ssb.analysis.bruce_vincent(model)
        currents.append(found.currents[0])
        what = f"dilute, t₊ = 0.3, {'with' if radius else 'without'} filler: t_BV at 1 mV"
        verify(found.transference_number, 0.3, rtol=1e-3, what=what, source="Laplace's equation for c and φ alike")
    verify.below(
        currents[1] / currents[0], 0.8, what="first current with filler over that without", source="obstruction"
    )


@pytest.mark.parametrize("concentration", [pytest.param(800.0, marks=pytest.mark.parallel), 1200.0, 2000.0])
def test_library_salt_in_the_concentrated_closed_form(verify, comm, concentration):
    """D(c), t₊(c), κ(c) of the library at 85 °C; the published fits again by hand."""
    T, c = 358.15, concentration
    model = cell(comm, ssb.Material("PEO-LiTFSI"), ssb.Salt(c, degree=2), 1e-3, temperature=T, exchange=1.0)
    found = ssb.analysis.bruce_vincent(model)
    t = -0.0834 + 3.77e-4 * c - 5.05e-8 * c**2
    kappa = 100 * (4.25e-5 + 1.2e-6 * c - 5.73e-10 * c**2 + 6.53e-14 * c**3)
    diffusivity = 5.5e-12 + 4.92e-16 * c - 6.73e-19 * c**2
    number = 2 * R * T * kappa * (1 - t) ** 2 / (F**2 * diffusivity * c)
    what = f"PEO–LiTFSI, {c:g} mol/m³, 85 °C: t_BV"
    verify(found.transference_number, 1 / (1 + number), rtol=2e-3, what=what, source="1/(1 + Ne)")
    assert 0.15 < t < 0.6


def test_transference_of_the_library_is_the_published_one(verify):
    """Edman et al. 2000, abstract: 0.17 ± 0.17 at 742 and 0.60 ± 0.03 at 2982 mol/m³, 85 °C."""
    curve = ssb.Material("PEO-LiTFSI").transference_curve
    source = "Edman et al., J. Phys. Chem. B 104 (2000) 3476"
    verify(curve(742.0), 0.17, atol=0.005, what="t₊ of PEO–LiTFSI at 742 mol/m³", source=source)
    verify(curve(2982.0), 0.60, atol=0.03, what="t₊ of PEO–LiTFSI at 2982 mol/m³", source=source)


def test_usable_above_melting(verify, comm):
    """A film of 60 µm at 0.1 mA/cm²: concentration must last, and the polarisation stay below 0.3 V, above 60 °C."""
    drops, limits = {}, {}
    for celsius in (25, 45, 60, 80):
        T = celsius + 273.15
        model = cell(comm, ssb.Material("PEO"), ssb.Salt(1000.0, degree=2), 1e-3, T, length=60 * um, exchange=1e3)
        found = ssb.analysis.bruce_vincent(model)
        drops[celsius] = 1.0 * 1e-3 / found.currents[1]
        material = model.state.materials["separator"]
        carried = 1 - material.transference_number(T)
        limits[celsius] = 2 * F * material.salt_diffusivity(T) * 1000.0 / (60 * um * carried)
    verify.trend(list(drops.values()), "falling", what="steady drop at 0.1 mA/cm² with temperature", source=SOURCE)
    source = "Machín et al., Batteries 11 (2025) 304: adequate conductivity above 60 °C"
    for celsius in (60, 80):
        verify.below(drops[celsius], 0.3, what=f"{celsius} °C: steady drop of 60 µm at 0.1 mA/cm² [V]", source=source)
        verify.below(1.0 / limits[celsius], 1.0, what=f"{celsius} °C: 0.1 mA/cm² over i_lim", source=source)
    verify.below(-drops[25], -0.3, what="25 °C: minus the same drop [V]", source=source)
    verify.below(-1.0 / limits[25], -1.0, what="25 °C: −0.1 mA/cm² over i_lim", source=source)
    sigma = ssb.Material("PEO").ionic_conductivity
    low, high = (1e4 * np.log(sigma(T + 1) / sigma(T)) for T in (323.15, 343.15))
    verify.below(high / low, 0.5, what="slope of ln σ above over below 60 °C", source="VTF of the melt, crystals below")
    published = "Machín et al., Batteries 11 (2025) 304: 1e-7 to 1e-5 S/cm"
    verify.below(abs(np.log10(sigma(298.15) / 100) + 6), 1.0, what="25 °C: |log₁₀σ + 6|, σ in S/cm", source=published)
