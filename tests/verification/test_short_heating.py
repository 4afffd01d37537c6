r"""A short heats itself: temperature and voltage of a metal between cooled ends, and what it does to a cell.

Ends at T₀, sides insulated. ∇·(σ∇ψ) = 0 and −∇·(k∇T) = σ|∇ψ|² make ∫(k/σ)dT + (ψ − V/2)²/2 constant on any shape, and
so the hottest place, half way in voltage, knows nothing of shape and resistance (Kohlrausch, Ann. Phys. 306 (1900)
132):

    ∫_{T₀}^{T_m} (k/σ) dT = V²/8
    k, σ constant:                            T_m − T₀ = V²σ/(8k) = I²R L/(8kA) for a wire of length L
    k/σ = L₀T (Wiedemann & Franz, 2.44e-8):   T² = T₀² + [V²/4 − (ψ − V/2)²]/L₀,  so that lithium melts at 107 mV

Without cooling a wire warms by dT/dt = i²/(σρc).
"""

import numpy as np
import pytest
import ufl
from cells import layered, midpoints, one_region
from dolfinx import fem

import fem_ssb as ssb
from fem_ssb.units import mV, um

WIDTH, L, T0, LORENZ = 1 * um, 20 * um, 298.15, 2.44e-8
DENSITY, HEAT, K = 534.0, 3580.0, 85.0
pytestmark = pytest.mark.system("C2")


def metal(**conductivity):
    """Lithium's heat capacity and thermal conductivity, with a given electronic one."""
    return ssb.Material("Li", thermal_conductivity=K, density=DENSITY, specific_heat=HEAT, **conductivity)


def waisted(comm, cells, drop, conductivity):
    """A thread whose waist is a third of its ends, under a voltage, between ends at T₀; solved."""
    mesh = one_region(
        comm, (WIDTH, L), (cells // 8, cells), metal(electronic_conductivity=conductivity), name="filament"
    )
    x = mesh.domain.geometry.x
    x[:, 0] *= 1 - 2 / 3 * np.sin(np.pi * x[:, 1] / L)
    model = ssb.Model(mesh, [ssb.Conduction(degree=2), ssb.Heat(degree=2, steady=True)])
    model.ground("bottom").apply(ssb.Voltage(drop, at="top"))
    model.apply(*(ssb.Fixed("temperature", end, T0) for end in ("bottom", "top"))).solve()
    return model


def test_temperature_follows_voltage(verify, comm):
    """Everywhere in a thread of any shape, also where its conductivity falls as it warms."""
    drop = 100 * mV
    for name, law, exact in (
        ("σ constant", 1e7, lambda psi: T0 + 1e7 / (2 * K) * psi * (drop - psi)),
        ("Wiedemann–Franz", lambda T: K / (LORENZ * T), lambda psi: ufl.sqrt(T0**2 + psi * (drop - psi) / LORENZ)),
    ):
        errors = []
        for cells in (16, 32):
            model = waisted(comm, cells, drop, law)
            state = model.state
            T, psi, dx = state["temperature"], state["electronic_potential"], state.dx("filament")
            off, size = state.integrate(fem.form((T - exact(psi)) ** 2 * dx), fem.form((T - T0) ** 2 * dx))
            errors.append(float(np.sqrt(off / size)))
        hottest = max(comm.allgather(float(T.x.array.max())))
        wanted = T0 + drop**2 * 1e7 / (8 * K) if "const" in name else np.sqrt(T0**2 + drop**2 / (4 * LORENZ))
        source = "Kohlrausch: T by ψ"
        verify(hottest - T0, wanted - T0, rtol=1e-4, what=f"{name}: rise of the hottest place [K]", source=source)
        verify.below(errors[-1], 1e-4, what=f"{name}: error of T(ψ) in L2, relative", source=source)
        verify.trend(errors, "falling", what=f"{name}: the same with refinement", source=source)
        verify.below(max(model.balances.evaluate().values()), 1e-8, what=f"{name}: worst balance", source="in = out")


def shorted(comm, drop, *, steady, insulating):
    """Lithium | LLZO | lithium under a voltage, with a thread of lithium through it; `steady`: ends at T₀, else none.

    `insulating`: the ceramic takes next to no heat from the thread.
    """
    more = {"thermal_conductivity": 1e-5} if insulating else {}
    ceramic = ssb.Material("LLZO", ionic_conductivity=0.05, **more)
    lithium = metal(electronic_conductivity=lambda T: K / (LORENZ * T))
    layers = {"anode": (lithium, 2 * um, 2), "separator": (ceramic, L, 10), "counter": (lithium, 2 * um, 2)}
    plain = layered(comm, 10 * um, layers, across=10)
    region = plain.region_of_cell.copy()
    region[(midpoints(plain.domain)[:, 0] < 1 * um) & (region == 1)] = 3
    names, materials = (
        [*layers, "thread"],
        {n: material for n, (material, _, _) in layers.items()} | {"thread": lithium},
    )
    mesh = ssb.NamedMesh.from_cells(plain.domain, names, region, materials=materials)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Heat(steady=steady)])
    model.ground("top").apply(ssb.Voltage(drop, at="bottom"))
    if steady:
        model.apply(*(ssb.Fixed("temperature", end, T0) for end in ("bottom", "top")))
    return model


def test_cell_with_a_short(verify, comm):
    """Collectors, electrodes and thread together are one body of metal; the ceramic beside it only cools."""
    drop, hottest = 50 * mV, []
    for insulating in (True, False):
        model = shorted(comm, drop, steady=True, insulating=insulating)
        T = model.solve()["temperature"]
        hottest.append(max(comm.allgather(float(T.x.array.max()))))
        name = "ceramic that insulates" if insulating else "LLZO"
        worst = max(model.balances.evaluate().values())
        verify.below(
            worst, 1e-8, what=f"short in {name}: worst of the balances of current, heat, power", source="in = out"
        )
    exact = np.sqrt(T0**2 + drop**2 / (4 * LORENZ)) - T0
    what = "short in a ceramic that insulates: rise of the hottest place at 50 mV [K]"
    verify(hottest[0] - T0, exact, rtol=0.01, what=what, source="Kohlrausch, Wiedemann & Franz")
    verify.trend(
        [exact + T0, hottest[1]], "falling", what="the same in LLZO, which cools the thread [K]", source="trend"
    )


def test_energy_of_a_short_that_nothing_cools(verify, comm):
    model = shorted(comm, 20 * mV, steady=False, insulating=False)
    result = model.run(2e-5, quiet=True, change=0.1)
    state, mesh = model.state, model.mesh
    stored = sum(
        state.property(r, "density") * state.property(r, "specific_heat") * (state["temperature"] - T0) * state.dx(r)
        for r in mesh.region_names
    )
    power = result["current density [A/m2]"] * result["voltage [V]"] * mesh.area("bottom")
    work = float(np.sum(power * result["step [s]"]))
    heat = state.integrate(fem.form(stored))[0]
    verify(heat, work, rtol=1e-8, what="heat that a short has left in a cell [J/m]", source="∫VI dt")
    for column in ("heat", "power", "current"):
        worst = np.nanmax(result[f"{column} imbalance [1]"])
        verify.below(worst, 1e-8, what=f"short that nothing cools: {column} imbalance", source="in = stored")


def test_wire_that_nothing_cools(verify, comm):
    current, conductivity, time = 1e10, 1e7, 1e-6  # A/m²: a filament of 1 µm² that carries 10 mA
    mesh = one_region(comm, (WIDTH, L), (2, 8), metal(electronic_conductivity=conductivity), name="filament")
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.Heat()]).ground("top").apply(ssb.Current(current, into="bottom"))
    model.run(time, quiet=True)
    hottest = max(comm.allgather(float(model.state["temperature"].x.array.max())))
    exact = current**2 * time / (conductivity * DENSITY * HEAT)
    verify(hottest - T0, exact, rtol=1e-6, what="wire of 10 mA/µm² after 1 µs: rise [K]", source="i²t/(σρc)")
