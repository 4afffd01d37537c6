r"""A wavy electrode: where the current is larger, at peaks or in valleys.

The metal's surface y = h cos kx under an electrolyte, linear kinetics of resistance R_ct, far current density i. To
first order in kh the potential is φ₀ + (i/σ) y + A e^(−ky) cos kx and the overpotential at the surface
R_ct i_n − δη_m cos kx, where δη_m, what favours the reaction at peaks, is here that of capillarity; with A from there,

    i_n = i (1 + ε cos kx),   ε = k (h − σ δη_m/i)/(1 + kσR_ct),   i_p/i_v = (1 + ε)/(1 − ε).

Capillarity shifts the equilibrium by Ωγκ/F with κ = h k² cos kx: a bulge is stripped more easily and plated less so.
ε is the first harmonic of the current found; what it differs by is of second order in kh.
"""

import numpy as np
import pytest
import ufl
from cells import total

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

SIGMA, WAVE, TEMPERATURE = 0.05, 10 * um, 298.15
K = 2 * np.pi / WAVE
OMEGA, GAMMA = 13e-6, 0.5
pytestmark = pytest.mark.system("A5")


def first_harmonic(comm, height, damping, current, capillary, size=0.25 * um):
    """ε of the current, from its first harmonic."""
    exchange = R * TEMPERATURE * K * SIGMA / (F * damping)
    stack = ssb.Stack(width=WAVE)
    metal = ssb.Material("Li", molar_volume=OMEGA, surface_energy=GAMMA)
    stack.layer("anode", metal, 3 * um)
    stack.layer("separator", ssb.Material("LLZO", ionic_conductivity=SIGMA), 15 * um)
    stack.layer("counter", metal, 1 * um)
    stack.roughen("anode|separator", ssb.Sinusoid(height, WAVE))
    for name in ("anode|separator", "counter|separator"):
        stack.interface(name, exchange_current=exchange, film_resistance=0.0)
    bulge = {"anode|separator": lambda x, t: height * K**2 * ufl.cos(K * x[0])} if capillary else None
    kinetics = ssb.ButlerVolmer(law="linear", curvature=bulge)
    model = ssb.Model(stack.mesh(comm, size=size), [ssb.Conduction(degree=2), kinetics])
    model.ground("counter").apply(ssb.Current(current, into="anode")).solve()
    state = model.state
    i, dS = state.quantity("reaction_current", "anode|separator"), state.dS("anode|separator")
    x = ufl.SpatialCoordinate(state.domain)
    return 2 * total(comm, i * ufl.cos(K * x[0]) * dS) / total(comm, i * dS)


def exact(height, damping, current, capillary):
    favours = -OMEGA * GAMMA * capillary * height * K**2 / F
    return K * (height - SIGMA * favours / current) / (1 + damping)


@pytest.mark.parametrize("damping", [0.01, 1.0])
@pytest.mark.parametrize(
    "current, capillary", [(20.0, False), pytest.param(20.0, True, marks=pytest.mark.parallel), (-20.0, True)]
)
def test_wavy_electrode(verify, comm, damping, current, capillary):
    case = (0.1 * um, damping, current, capillary)
    what = f"wavy electrode, kσR_ct = {damping}, {current:g} A/m², {'with' if capillary else 'no'} surface energy: ε"
    verify(first_harmonic(comm, *case), exact(*case), rtol=0.01, what=what, source="first order in kh")


def test_the_rest_is_of_second_order(verify, comm):
    cases = [(height, 0.01, 20.0, False) for height in (0.4 * um, 0.2 * um)]
    errors = [abs(first_harmonic(comm, *case, size=0.125 * um) / exact(*case) - 1) for case in cases]
    order = np.log2(errors[0] / errors[1])
    verify(order, 2.0, atol=0.3, what="wavy electrode: order of what is left in kh", source="second order")
