"""Space charge of one mobile ion against a fixed framework, in closed form.

Equilibrium, φ = 0, u = FΦ/RT: ε Φ'' = F c₀ (1 − e^{−u}). Small u: Φ'' = Φ/λ² with λ = √(εRT/F²c₀), so Φ decays with λ
and the layer's capacitance is ε/λ. Any u: times Φ' and integrated from the bulk, the first integral

    (ε/2) Φ'² = R T c₀ (e^{−u} − 1 + u)

gives the profile's slope everywhere, the charge Q = −εΦ' at the surface and the capacitance
dQ/dΦ = (ε/λ) |1 − e^{−u}|/√(2(e^{−u} − 1 + u)).

Relaxation, small u, between blocking electrodes at ±L held at Φ = 0: ρ_t = D ρ'' − (D/λ²) ρ, ρ = a sinh(kx) e^{−st};
Φ'' = −ρ/ε and Φ(±L) = 0 give Φ = −a[sinh(kx) − (x/L) sinh(kL)]/(εk²), and no current Dρ' + (Dε/λ²)Φ' = 0 at L gives

    1 − k²λ² = tanh(kL)/(kL),    s = (D/λ²)(1 − k²λ²).
"""

import numpy as np
import pytest
from cells import T, one_region, rates, total
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.constants import eps_0 as VACUUM

pytestmark = pytest.mark.system("A4")
C0, EPS, SIGMA = 1e3, 50.0, 1e-2  # mol/m³, relative, S/m
LAMBDA = np.sqrt(VACUUM * EPS * R * T / (F**2 * C0))
VT = R * T / F
CAPACITANCE = VACUUM * EPS / LAMBDA


def slab(comm, widths, cells, physics, grading=1.0, dim=2):
    """`widths` Debye lengths of electrolyte; `grading` > 1 refines toward the bottom."""
    material, top = ssb.Material("LLZO", ionic_conductivity=SIGMA), widths * LAMBDA
    mesh = one_region(comm, (*[LAMBDA] * (dim - 1), top), (*[1] * (dim - 1), cells), material)
    y = mesh.domain.geometry.x[:, dim - 1]
    y[:] = top * (y / top) ** grading
    return ssb.Model(mesh, [*physics, ssb.SpaceCharge(C0, permittivity=EPS)])


def equilibrium(comm, u, cells, widths=20, grading=2.0, dim=2):
    """State and charge per area [C/m²] with the surface u thermal voltages above the bulk."""
    model = slab(comm, widths, cells, [], grading, dim)
    model.apply(ssb.Fixed("electric_potential", "bottom", u * VT), ssb.Fixed("electric_potential", "top", 0.0))
    state = model.solve()
    return state, total(comm, state.quantity("charge_density", "separator") * state.dx("separator")) / LAMBDA ** (
        dim - 1
    )


def surface_charge(u):
    """−Q of the layer: εE at the surface [C/m²], with the sign of u."""
    return np.sign(u) * np.sqrt(2 * VACUUM * EPS * R * T * C0 * (np.exp(-u) - 1 + u))


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
def test_linear_limit(verify, comm, dim):
    u = 1e-4
    state, charge = equilibrium(comm, u, 160, dim=dim)
    verify(-charge / (u * VT), CAPACITANCE, rtol=0.01, what=f"{dim}D: capacitance [F/m²]", source="ε/λ_D")
    x, Phi = nodes(state)
    near = x < 5 * LAMBDA
    length = -1 / np.polyfit(x[near], np.log(Phi[near]), 1)[0]
    verify(length, LAMBDA, rtol=0.01, what=f"{dim}D: decay length [m]", source="λ_D = √(εRT/F²c₀)")
    errors = [abs(-equilibrium(comm, u, n, dim=dim)[1] / (u * VT * CAPACITANCE) - 1) for n in (20, 40, 80)]
    verify.below(-min(rates(errors)), -1.8, what=f"{dim}D: minus the order of convergence", source="P1: 2")


def nodes(state):
    """Distance from the surface [m] and Φ [V] along one side, sorted; the same on all ranks."""
    V = state["electric_potential"].function_space
    size = V.dofmap.index_map.size_local
    x = V.tabulate_dof_coordinates()[:size]
    side = (x[:, : state.dim - 1] < 1e-3 * LAMBDA).all(axis=1)
    found = np.column_stack([x[side, state.dim - 1], state["electric_potential"].x.array[:size][side]])
    found = np.concatenate(state.mesh.comm.allgather(found))
    return found[np.argsort(found[:, 0])].T


@pytest.mark.parametrize("u", [-4.0, -1.0, 1.0, 50e-3 / VT, 4.0])
def test_first_integral(verify, comm, u):
    state, charge = equilibrium(comm, u, 320)
    verify(-charge, surface_charge(u), rtol=0.01, what=f"charge at {u:.3g} RT/F [C/m²]", source="first integral")
    x, Phi = nodes(state)
    middle = (x[1:] + x[:-1]) / 2 < 3 * LAMBDA
    slope, at = (np.diff(Phi) / np.diff(x))[middle], ((Phi[1:] + Phi[:-1]) / 2 / VT)[middle]
    deviation = np.abs(slope / (-surface_charge(at) / (VACUUM * EPS)) - 1).max()
    verify.below(deviation, 0.01, what=f"largest deviation of the slope, {u:.3g} RT/F", source="first integral")


def test_capacitance_is_not_a_cosh(verify, comm):
    """At ±50 mV the one-sided formula holds: depletion lowers, enrichment raises the capacitance."""
    du = 1e-3
    for u in (-50e-3 / VT, 50e-3 / VT):
        upper, lower = (equilibrium(comm, v, 320)[1] for v in (u + du, u - du))
        found = -(upper - lower) / (2 * du * VT) / CAPACITANCE
        exact = abs(1 - np.exp(-u)) / np.sqrt(2 * (np.exp(-u) - 1 + u))
        verify(
            found,
            exact,
            rtol=0.01,
            what=f"C λ_D/ε at {u * VT * 1e3:+.0f} mV",
            source="derivative of the first integral",
        )


def test_relaxation_between_blocking_electrodes(verify, comm):
    """Decay of a small charge: the slow eigenvalue of the linear Poisson–Nernst–Planck problem."""
    half, D = 5.0, SIGMA * R * T / (F**2 * C0)
    k = brentq(lambda q: 1 - q**2 - np.tanh(q * half) / (q * half), 0.5, 1 - 1e-9) / LAMBDA
    exact = D / LAMBDA**2 * (1 - (k * LAMBDA) ** 2)
    found = []
    for cells in (40, 80):
        model = slab(comm, 2 * half, cells, [ssb.Conduction()])
        model.apply(*(ssb.Fixed("electric_potential", b, 0.0) for b in ("bottom", "top")))
        state = model.state
        top = 2 * half * LAMBDA

        def tilted(x, top=top):
            return 1e-3 * VT * (x[1] / top - 0.5)

        for values in (state["ionic_potential"], state.old("ionic_potential")):
            values.interpolate(tilted)
        step, sizes = 0.02 / exact, []
        for _ in range(60):
            model.solve(dt=step)
            state.accept()
            sizes.append(total(comm, state.quantity("charge_density", "separator") ** 2 * state.dx("separator")) ** 0.5)
        ratio = np.log(sizes[-11] / sizes[-1]) / 10
        found.append((np.exp(ratio) - 1) / step)  # backward Euler: each step divides by 1 + s Δt
    verify(found[-1], exact, rtol=0.01, what="relaxation rate [1/s]", source="tanh(kL)/(kL) = 1 − k²λ²")
    errors = [abs(f / exact - 1) for f in found]
    verify.trend(errors, "falling", what="error of the rate with the mesh", source="closed form")
