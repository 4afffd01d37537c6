"""NAFEMS heat benchmarks T3 (transient conduction) and T4 (conduction with convection).

Source: NAFEMS, The Standard NAFEMS Benchmarks (rev. 3, 1990), tests T3 and T4: 36.60 °C and 18.25 °C.

T3 in closed form, to check the published value: a bar of length L with T(0) = 0 and T(L) = A sin ωt. With
T = A (x/L) sin ωt + w, w = Σ b_n(t) sin(nπx/L),
b_n' + λ_n b_n = (2A/nπ)(−1)ⁿ ω cos ωt, λ_n = a(nπ/L)², a = k/ρc, w(0) = 0:

    b_n = (2A/nπ)(−1)ⁿ ω [λ_n cos ωt + ω sin ωt − λ_n exp(−λ_n t)]/(λ_n² + ω²)

T4 likewise: on the plate 0 ≤ x ≤ a (insulated at 0, convective at a) and 0 ≤ y ≤ b (held at 0, convective at b)

    T = T₀ Σ 2 sin(β)/(β + sin β cos β) cos(βx/a) [cosh(γ(b−y)) + (h/kγ) sinh(γ(b−y))]/[cosh γb + (h/kγ) sinh γb]

with β tan β = ha/k and γ = β/a.
"""

import numpy as np
import pytest
import scipy.optimize
from cells import at_point, one_region

import fem_ssb as ssb
from fem_ssb.problem.loads import Convection
from fem_ssb.units import celsius

pytestmark = [pytest.mark.system("C1"), pytest.mark.parallel]


def bar_series(x, t, length=0.1, amplitude=100.0, omega=np.pi / 40, diffusivity=35 / (7200 * 440.5)):
    n = np.arange(1, 400)
    lam = diffusivity * (n * np.pi / length) ** 2
    forced = lam * np.cos(omega * t) + omega * np.sin(omega * t) - lam * np.exp(-lam * t)
    b = 2 * amplitude / (n * np.pi) * (-1.0) ** n * omega * forced / (lam**2 + omega**2)
    return amplitude * x / length * np.sin(omega * t) + float((b * np.sin(n * np.pi * x / length)).sum())


def profile(s, ratio, high):
    """(cosh s + ratio sinh s) exp(−high): the factor keeps large arguments from overflowing."""
    return 0.5 * ((1 + ratio) * np.exp(s - high) + (1 - ratio) * np.exp(-s - high))


def plate_series(x, y, a=0.6, b=1.0, k=52.0, h=750.0, base=100.0):
    biot = h * a / k
    total = 0.0
    for n in range(60):
        beta = scipy.optimize.brentq(lambda s: s * np.sin(s) - biot * np.cos(s), n * np.pi, n * np.pi + np.pi / 2)
        gamma, up, high = beta / a, (b - y) * beta / a, b * beta / a
        weight = 2 * np.sin(beta) / (beta + np.sin(beta) * np.cos(beta)) * np.cos(beta * x / a)
        ratio = h / (k * gamma)
        total += weight * profile(up, ratio, high) / profile(high, ratio, high)
    return base * total


def test_t3_transient_conduction(verify, comm):
    steel = ssb.Material.custom(
        "steel", kind="interlayer", thermal_conductivity=35.0, specific_heat=440.5, density=7200.0
    )
    values, end = [], 32.0
    for steps in (256, 512):
        model = ssb.Model(one_region(comm, (0.1, 0.01), (40, 1), steel), [ssb.Heat(degree=2)])
        model.apply(
            ssb.Ambient(celsius(0), coefficient=0.0),
            ssb.Fixed("temperature", "left", celsius(0)),
            ssb.Fixed("temperature", "right", lambda t: celsius(0) + 100 * np.sin(np.pi * t / 40)),
        )
        state = model.state
        for n in range(steps):
            state.time.value = end * (n + 1) / steps
            model.solve(end / steps)
            state.accept()
        values.append(at_point(state["temperature"], (0.08, 0.0)) - celsius(0))
    exact = bar_series(0.08, end)
    verify(exact, 36.60, atol=0.005, what="T3 by series against the benchmark [°C]", source="NAFEMS T3")
    verify(values[-1], 36.60, rtol=5e-3, what="T3: T(0.08 m, 32 s) in 512 steps [°C]", source="NAFEMS T3")
    order = np.log2((values[0] - exact) / (values[1] - exact))
    verify(order, 1.0, atol=0.1, what="T3: order in the time step", source="backward Euler")
    limit = 2 * values[1] - values[0]
    verify(limit, exact, rtol=3e-4, what="T3 extrapolated to no step [°C]", source="eigenfunction series")


def test_t4_conduction_with_convection(verify, comm):
    steel = ssb.Material.custom("steel", kind="interlayer", thermal_conductivity=52.0)
    values = []
    for n in (1, 2, 4):
        model = ssb.Model(one_region(comm, (0.6, 1.0), (6 * n, 10 * n), steel), [ssb.Heat(degree=2, steady=True)])
        model.apply(
            ssb.Fixed("temperature", "bottom", celsius(100)),
            Convection("right", celsius(0), 750.0),
            Convection("top", celsius(0), 750.0),
        )
        model.solve()
        values.append(at_point(model.state["temperature"], (0.6, 0.2)) - celsius(0))
    exact = plate_series(0.6, 0.2)
    verify(exact, 18.25, atol=0.006, what="T4 by series against the benchmark [°C]", source="NAFEMS T4")
    verify(values[-1], 18.25, rtol=5e-3, what="T4: T(0.6 m, 0.2 m) [°C]", source="NAFEMS T4")
    verify(values[-1], exact, rtol=1e-3, what="T4: the same [°C]", source="eigenfunction series")
    gaps = np.abs(np.array(values) - exact)
    verify.trend(gaps, "falling", what="T4: error at h = 0.1, 0.05, 0.025 m [K]", source="convergence")
