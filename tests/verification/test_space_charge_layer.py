r"""A boundary's space charge as an interface law, against the resolved Poisson–Nernst–Planck layers.

Half of a boundary: the core is a plane of antisymmetry for small currents, where φ = 0 and Φ = ΔΦ are held; on the
other side the grain is neutral. Resolved, the impedance is measured by linearising `SpaceCharge`. In thin-layer
treatment the same half is a resistance R∥C in series with the grain. The grain is measured without charge in
the core: it is L/(σ₀ + jωε) and a layer of λ at the other end, which no field leaves. R is compared at rest, C at
ωRC = 0.02, and the whole impedance over the frequencies below the grain's relaxation.
"""

import numpy as np
import pytest
from cells import one_region, total
from scipy.integrate import quad

import fem_ssb as ssb
from fem_ssb.analysis import impedance
from fem_ssb.constants import F, R, eps_0

pytestmark = pytest.mark.system("A4")
C0, EPS, SIGMA, T, WIDTHS = 100.0, 30.0, 1e-2, 298.15, 25
RESOLVED = "resolved SpaceCharge"


def layer(u, sides=1):
    return ssb.SpaceChargeLayer(u * R * T / F, C0, EPS, SIGMA, sides=sides)


def resolved(comm, u, cells=120, degree=2):
    """Half of a boundary at rest, refined towards its core on top."""
    length = WIDTHS * layer(u).debye_length
    mesh = one_region(comm, (length / WIDTHS, length), (1, cells), ssb.Material("LLZO", ionic_conductivity=SIGMA))
    y = mesh.domain.geometry.x[:, 1]
    y[:] = length * (1 - (1 - y / length) ** 2.5)
    model = ssb.Model(mesh, [ssb.Conduction(degree=degree), ssb.SpaceCharge(C0, EPS, degree=degree)])
    model.ground("top").apply(ssb.Current(0.0, into="bottom"))
    model.apply(ssb.Fixed("electric_potential", "top", lambda t: t * u * R * T / F))
    for share in np.linspace(0, 1, int(abs(u)) + 2)[1:]:
        model.state.time.value = share
        model.solve(dt=1e9)
        model.state.accept()
    return model


@pytest.mark.parametrize("u", [2.0, 4.0, 8.0])
def test_impedance_of_a_boundary(verify, comm, u):
    thin = layer(u)
    relaxation = SIGMA / (2 * np.pi * EPS * eps_0)
    slow = 0.02 / (2 * np.pi * thin.resistance * thin.capacitance)
    frequencies = np.array([slow, *np.logspace(1, np.log10(relaxation / 30), 15)])
    found = impedance(resolved(comm, u), frequencies).impedance
    omega = 2j * np.pi * frequencies
    grain = impedance(resolved(comm, 0.0), frequencies).impedance
    resistance = found[1].real - grain[1].real
    verify(resistance, thin.resistance, rtol=1e-4, what=f"u = {u:g}: resistance [Ω m²]", source=RESOLVED)
    capacitance = (1 / (found - grain))[0].imag / omega[0].imag
    verify(capacitance, thin.capacitance, rtol=1e-5, what=f"u = {u:g}: capacitance [F/m²]", source=RESOLVED)
    exact = grain + 1 / (1 / thin.resistance + omega * thin.capacitance)
    worst = np.abs(found - exact).max() / found[1].real
    what = f"u = {u:g}: largest deviation of Z, of Z(0), up to a thirtieth of the grain's relaxation"
    verify.below(worst, 0.006, what=what, source=RESOLVED)


def test_the_ratio_of_time_constants_tends_to_the_published_one(verify):
    off = []
    for u in (10.0, 20.0, 40.0):
        thin = layer(u, sides=2)
        ratio = thin.resistance * thin.capacitance * SIGMA / (EPS * eps_0)
        off.append(abs(ratio / (np.exp(u) / (2 * u)) - 1))
    verify.trend(
        off, "falling", what="deviation of τ_gb/τ_grain from e^u/(2u), u = 10, 20, 40", source="Fleig et al. 2000"
    )
    verify.below(off[-1], 0.06, what="at u = 40", source="Fleig et al. 2000")


@pytest.mark.parallel
def test_thin_boundary_in_a_cell(verify, comm):
    """Two grains of 1 µm with the boundary between them as the interface law, against its closed form."""
    thin, size = layer(8.0, sides=2), 1e-6
    ceramic = ssb.Material("LLZO", ionic_conductivity=SIGMA)
    boundaries = {"separator": ssb.GrainBoundaries(resistance=thin.resistance)}
    mesh = one_region(comm, (size, 2 * size), (1, 4), ceramic, grains=(1, 2), grain_boundaries=boundaries)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.Capacitance(boundary=thin.capacitance, permittivity=EPS)])
    model.ground("top").apply(ssb.Current(0.0, into="bottom")).solve()
    frequencies = np.logspace(2, 7, 11)
    omega = 2j * np.pi * frequencies
    exact = 2 * size / (SIGMA + omega * EPS * eps_0) + 1 / (1 / thin.resistance + omega * thin.capacitance)
    worst = np.abs(impedance(model, frequencies).impedance / exact - 1).max()
    verify.below(worst, 1e-8, what="two grains and a thin boundary: deviation of |Z|", source="R∥C in series")


@pytest.mark.parametrize("u", [-4.0, 3.0])
def test_conductance_along(verify, comm, u):
    """∫σ₀(c/c₀ − 1) dx of the resolved layer; at u < 0 also as a sheet."""
    model = resolved(comm, u)
    state = model.state
    share = total(comm, (state.quantity("carrier_share", "separator") - 1) * state.dx("separator"))
    found = SIGMA * share / layer(u).debye_length
    verify(found, layer(u).conductance, rtol=1e-3, what=f"u = {u:g}: conductance along [S]", source=RESOLVED)
    check, _ = quad(lambda v: np.expm1(-v) / np.sqrt(2 * (np.expm1(-v) + v)) * np.sign(v), 1e-9 * u, u)
    exact = SIGMA * layer(u).debye_length * check
    verify(
        layer(u).conductance, exact, rtol=1e-4, what=f"u = {u:g}: the same by quadrature [S]", source="first integral"
    )
    if u < 0:
        with pytest.raises(ssb.InputError, match="ions gather"):
            _ = layer(u).resistance
