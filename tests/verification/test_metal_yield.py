"""Yield strength with size and temperature, alone and together with creep, back out of a block that is pulled.

Uniaxial tension: σ = min(σ_y(T), σ_creep), σ_creep = σ₀ (ε̇/A exp(−Q/RT))^{1/m} once it flows steadily at the rate ε̇.
Small lithium: σ_y = σ_bulk + σ₁(d/1 µm)^−n with the pillars' 105 MPa, 0.68 at 25 °C and 35 MPa, 1.00 at 90 °C.
"""

import numpy as np
import pytest
from cells import T, one_region, total

import fem_ssb as ssb
from fem_ssb.constants import R
from fem_ssb.materials import lithium_yield
from fem_ssb.units import MPa, um

pytestmark = pytest.mark.system("B9")
HOT = 363.15


def pulled(comm, material, rate, strain, temperature=T, steps=8, **kind):
    """Axial stress [Pa] of a block with free sides, which is uniform, at the end of a pull."""
    mesh = one_region(comm, (1.0, 1.0, 1.0), (1, 1, 1), material, name="metal")
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1, **kind)])
    model.apply(ssb.Ambient(temperature), ssb.Fixed("displacement", "top", lambda t: rate * t, component=2))
    model.apply(*(ssb.Fixed("displacement", b, component=a) for a, b in enumerate(("left", "front", "bottom"))))
    state, step = model.state, strain / rate / steps
    for k in range(steps):
        state.time.value = (k + 1) * step
        model.solve(step)
        model.accept()
    state.dt.value = 0.0  # the flow strain is that of the end of the step: nothing flows any more
    return total(comm, state.quantity("stress", "metal")[2, 2] * state.dx("metal"))


def test_size_and_temperature(verify, comm):
    def strength(size, temperature):
        material = ssb.Material("Li", yield_strength=lithium_yield(size))
        return pulled(comm, material, 1e-3, 0.1, temperature, steps=4, creep=False, plastic=True)

    bulk = {T: 0.77 * MPa, HOT: 0.77 * MPa * 0.46 / 0.89}
    found = {(d, t): strength(d * um, t) for d in (1, 10) for t in (T, HOT)}
    source = "Xu et al., PNAS 114 (2017) 57"
    for t, pillar, n in ((T, 105 * MPa, 0.68), (HOT, 35 * MPa, 1.0)):
        verify(found[1, t] - bulk[t], pillar, rtol=1e-6, what=f"strength of 1 µm at {t:g} K [Pa]", source=source)
        exponent = np.log10((found[1, t] - bulk[t]) / (found[10, t] - bulk[t]))
        verify(exponent, n, rtol=1e-6, what=f"size exponent at {t:g} K from two pulled blocks", source=source)


@pytest.mark.parametrize("metal, rates", [("Li", (1e-5, 1e-1)), ("Na", (1e-3,))])
def test_the_weaker_of_creep_and_yield_decides(verify, comm, metal, rates):
    """Slow: creep. Fast: lithium would creep at 1.3 MPa and yields at 0.77 MPa before, sodium at 0.29 and 0.235 MPa."""
    material = ssb.Material(metal)
    creep, strength = material["creep"], float(material["yield_strength"](T))
    for rate in rates:
        found = pulled(comm, material, rate, 4e-3, steps=40, plastic=True)
        flow = creep.reference_stress * (rate / (creep.A * np.exp(-creep.Q / (R * T)))) ** (1 / creep.m)
        what = f"flow stress of {metal} at {rate:g} 1/s [Pa]"
        verify(found, min(flow, strength), rtol=1e-4, what=what, source="power law, yield strength")
