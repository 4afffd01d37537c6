r"""Nucleation on a collector (A18): density with the current, scratches first, sodium on NZSP.

Density. Kinetics of a flat collector give η = (2RT/F) asinh(i/2i₀), so with r* = 2γΩ/(Fη) and a given charge in nuclei
N ∝ η³: at i ≪ i₀ the logarithmic slopes are 3 for N and −1 for r*, as Pei et al. found (Nano Lett. 17 (2017) 1132).

Scratches. Metal fills shallow grooves y = h cos kx of the electrolyte's surface. With linear kinetics and
φ = (i/σ)(y + b e^(−ky) cos kx), first order in kh: on the surface i_n = i(1 − k b cos kx) = i_n(η), η = −R i_n and
φ − φ₀ = −R(i_n − i) give b = −h/(1 + kσR), so

    i_n/i = 1 + ε cos kx,   ε = kh/(1 + kσR):

at the bottom of the grooves the overpotential is higher by ε, and a given gate is reached at a current lower by 1 + ε.

Sodium on NZSP. The exchange current of the pair and γ, Ω of sodium give η at 0.1 and 1 mA/cm². How much charge goes
into nuclei is not known; the thickness at which they close to a layer goes with N^(−1/2), so whatever that charge is,
there is a span of plated thickness, as wide as the ratio of the two, in which 0.1 mA/cm² shows islands and 1 mA/cm² a
layer, as seen by Ortmann et al., Adv. Energy Mater. 14 (2024) 2302729. The span must reach over more than a decade.
"""

import numpy as np
import pytest
from cells import T, kinetic, layered

import fem_ssb as ssb
from fem_ssb.analysis import Nucleation
from fem_ssb.analysis.interfaces import InterfaceMap
from fem_ssb.constants import F, R
from fem_ssb.units import mA_cm2, um

pytestmark = pytest.mark.system("A18")
PEI, ORTMANN = "Pei et al. 2017", "Ortmann et al. 2024"


def overpotentials(comm, pair, currents):
    """|η| [V] on a flat collector of metal at each current density [A/m²], from the solved cell."""
    metal, ceramic = pair.split("|")
    data = {"film_resistance": 0.0}
    layers = {"collector": (metal, um, 1), "separator": (ceramic, 10 * um, 2), "counter": (metal, um, 1)}
    mesh = layered(comm, 5 * um, layers, across=1, interface_data={"collector|separator": data})
    present = [0.0]
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer()])
    model.ground("top").apply(ssb.Current(lambda t: -present[0], into="bottom"))
    surface = InterfaceMap(model.state, "overpotential", "collector|separator")
    found = []
    for current in currents:
        present[0] = current
        model.solve()
        found.append(-surface.evaluate()["mean"])
    return found


def test_density_goes_with_the_cube_of_the_current(verify, comm):
    i0 = ssb.pair("Li|LLZO")["exchange_current"](T)
    currents = i0 * np.array([1e-3, 1e-2, 0.1, 1.0, 10.0])
    eta = overpotentials(comm, "Li|LLZO", currents)
    for k, current in enumerate(currents):
        what = f"overpotential at {current / i0:g} i₀ [V]"
        verify(eta[k], kinetic(current, i0), rtol=1e-6, what=what, source="(2RT/F)asinh(i/2i₀)")
    nuclei = Nucleation(ssb.Material("Li"), contact_angle=60.0)
    density = np.log([nuclei.density(e, 1.0) for e in eta])
    radius = np.log([nuclei.radius(e) for e in eta])
    small = slice(0, 3)
    slope = np.polyfit(np.log(currents[small]), density[small], 1)[0]
    verify(slope, 3.0, atol=0.01, what="slope of log density over log current, below 0.1 i₀", source=PEI)
    slope = np.polyfit(np.log(currents[small]), radius[small], 1)[0]
    verify(slope, -1.0, atol=0.01, what="slope of log critical radius over log current", source=PEI)
    local = np.diff(density) / np.diff(np.log(currents))
    what = "local slope of the density as kinetics bend, from 0.1 to 10 i₀"
    verify.trend(local[1:], "falling", what=what, source="asinh")


def test_barrier_and_cap(verify):
    """ΔG* is the largest ΔG(r) = f(θ)(4πr²γ − (4π/3) r³ Fη/Ω), found by search."""
    lithium = ssb.Material("Li")
    gamma, omega, eta = lithium["surface_energy"](T), lithium["molar_volume"](T), 0.1
    for angle, share in ((180.0, 1.0), (90.0, 0.5), (30.0, 0.0128607)):
        nuclei = Nucleation(lithium, contact_angle=angle)
        r = np.linspace(0, 3, 200001) * nuclei.radius(eta)
        energy = nuclei.share * (4 * np.pi * r**2 * gamma - 4 * np.pi / 3 * r**3 * F * eta / omega)
        verify(nuclei.share, share, atol=1e-6, what=f"f({angle:g}°)", source="cap over sphere")
        what = f"barrier of nucleation at 100 mV, {angle:g}° [J]"
        verify(nuclei.barrier(eta), energy.max(), rtol=1e-8, what=what, source="max ΔG(r)")
        verify(
            nuclei.radius(eta), r[energy.argmax()], rtol=1e-4, what=f"its radius, {angle:g}° [m]", source="max ΔG(r)"
        )
    half = Nucleation(lithium)
    verify(half.closed(1e12), np.pi / 12 * 1e-6, rtol=1e-12, what="half-balls 1 µm apart: h [m]", source="π/12√N")


@pytest.mark.parametrize("resistance", [1e-3, 2e-5])
def test_scratches_are_first(verify, comm, resistance):
    """Grooves 10 µm apart, kh = 0.03, in LLZO, linear kinetics."""
    sigma, wave, depth = 0.05, 2 * np.pi / (10 * um), 0.03 / (2 * np.pi / (10 * um))
    data = {"exchange_current": R * T / (F * resistance), "transfer_coefficient": 0.5, "film_resistance": 0.0}
    rows = {"collector": ("Li", 5 * um, 6), "separator": (ssb.Material("LLZO", ionic_conductivity=sigma), 20 * um, 40)}
    deviations = []
    for refined in (1, 2):
        layers = {n: (m, t, refined * count) for n, (m, t, count) in rows.items()}
        mesh = layered(comm, 5 * um, layers, across=10 * refined, interface_data={"collector|separator": data})
        x = mesh.domain.geometry.x
        below, above = x[:, 1] / (5 * um), 1 - (x[:, 1] - 5 * um) / (20 * um)
        x[:, 1] += depth * np.cos(wave * x[:, 0]) * np.minimum(below, above)
        model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.ButlerVolmer(law="linear")])
        model.ground("bottom").apply(ssb.Flux("ionic_potential", "top", 1 * mA_cm2)).solve()
        eta = InterfaceMap(model.state, "overpotential", "collector|separator").evaluate()
        deviations.append((eta["min"] - eta["max"]) / (eta["min"] + eta["max"]))
    exact = wave * depth / (1 + wave * sigma * resistance)
    what = f"excess overpotential in a scratch, kσR = {wave * sigma * resistance:.3g}"
    verify(deviations[-1], exact, rtol=0.02, what=what, source="kh/(1 + kσR)")
    nuclei, mean = Nucleation(ssb.Material("Li"), contact_angle=30.0), eta["mean"]
    ratio = nuclei.rate(mean * (1 + deviations[-1]), mean * (1 - deviations[-1]))
    verify.below(
        1 / ratio, 1.0, what=f"{what}: rate of nucleation on the ridges over that in it", source="scratches first"
    )


def test_sodium_on_nzsp(verify, comm):
    """From the solved overpotentials: 1 µm of sodium with 10⁻⁵ monolayers in nuclei, and the span for any charge."""
    currents = np.array([0.1, 1.0]) * mA_cm2
    eta = overpotentials(comm, "Na|NZSP", currents)
    nuclei = Nucleation(ssb.Material("Na"))
    islands, layer = (nuclei.closed(nuclei.density(e, 1e-3)) for e in eta)
    verify.below(1 * um / islands, 1.0, what="0.1 mA/cm²: 1 µm over the thickness that closes: islands", source=ORTMANN)
    verify.below(layer / (1 * um), 1.0, what="1 mA/cm²: thickness that closes over 1 µm: a layer", source=ORTMANN)
    exact = (np.arcsinh(currents / (2 * ssb.pair("Na|NZSP")["exchange_current"](T)))) ** -1.5
    what = "thickness that closes at 0.1 over that at 1 mA/cm²"
    verify(islands / layer, exact[0] / exact[1], rtol=1e-5, what=what, source="N^(−1/2), N ∝ η³")
    verify.below(10.0, islands / layer, what="a decade of thickness lies between the two", source=ORTMANN)
