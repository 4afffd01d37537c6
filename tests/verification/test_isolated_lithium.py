r"""Lithium that forms within an electrolyte, where electrons reach its ions.

A slab, ions enter at the top (x = L) with the current density i, electrons at the bottom, which is in equilibrium with
lithium, η(0) = 0; electrons cannot leave at the top. With linear kinetics r = −i₀Fη/RT,

    η'' = ψ'' − φ'' = η/λ²,   λ = √(σ_amb RT/(F a i₀)),   1/σ_amb = 1/σ_i + 1/σ_e,   η'(L) = −i/σ_i
    η = −(iλ/σ_i) sinh(x/λ)/cosh(L/λ)

The supersaturation −η grows away from the electrode, so lithium appears detached from it, at the rate

    ∫a r dx = (a i₀F/RT)(iλ²/σ_i)(1 − sech L/λ) = i t_e (1 − sech L/λ),    t_e = σ_e/(σ_i + σ_e),

nothing without electrons. With a gate at η_nuc nothing is reduced while all |η| stay below, η = −i(R_ct + x/σ_i) with
the electrode's resistance: the first lithium comes at x = L and at the current η_nuc/(R_ct + L/σ_i).
"""

import numpy as np
import pytest
import ufl
from cells import T, layered, midpoints, one_region, rates
from dolfinx import fem
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import hour, mV, um

L, WIDTH, I0, CURRENT = 40 * um, 2 * um, 2.0, 20.0
IONS, ELECTRONS = 0.046, 5.5e-3  # S/m
VOLUME = 13e-6  # m³/mol
LITHIUM = "reduced lithium separator [mol/m]"


def slab(comm, cells, *, across=1, electrons=ELECTRONS, decay=L / 3, law="linear", current=CURRENT, degree=1, **more):
    """Mixed conductor between an electrode of ions and one of lithium in equilibrium; sites for a decay length."""
    material = ssb.Material("LLZO", ionic_conductivity=IONS, electronic_conductivity=electrons)
    sites = IONS * electrons / (IONS + electrons) * R * T / (F * I0 * decay**2)
    reduction = ssb.Reduction(I0, sites, law=law, molar_volume=VOLUME, **more)
    model = ssb.Model(
        one_region(comm, (WIDTH, L), (across, cells), material),
        [ssb.Conduction(electronic=["separator"], degree=degree), reduction],
    )
    for field in ("ionic_potential", "electronic_potential"):
        model.apply(ssb.Fixed(field, "bottom", 0.0))
    return model.apply(ssb.Flux("ionic_potential", "top", current)), reduction


def reduced(model):
    """Current of reduction per area of the slab [A/m²]."""
    state = model.state
    return (
        state.integrate(fem.form(state.quantity("reduction_current", "separator") * state.dx("separator")))[0] / WIDTH
    )


@pytest.mark.system("A13")
@pytest.mark.parallel
@pytest.mark.parametrize("degree, order", [(1, 2.0), (2, 3.0)])
def test_supersaturation_of_a_slab(verify, comm, degree, order):
    lam, errors, flows = L / 3, [], []
    for cells in (10, 20, 40):
        model, reduction = slab(comm, cells, across=cells // 10, degree=degree)
        state = model.solve()
        assert reduction.decay_length(state, "separator") == pytest.approx(lam, rel=1e-12)
        x = ufl.SpatialCoordinate(state.domain)[1]
        exact = -CURRENT * lam / IONS * ufl.sinh(x / lam) / np.cosh(L / lam)
        error = (reduction.overpotential(state, "separator") - exact) ** 2
        square = fem.form(error * ufl.dx(domain=state.domain, metadata={"quadrature_degree": 8}))
        errors.append(float(np.sqrt(state.integrate(square)[0] / (L * WIDTH)) / (CURRENT * lam / IONS)))
        flows.append(reduced(model))
        assert max(model.balances.evaluate().values()) < 1e-8
    for k, rate in enumerate(rates(errors)):
        verify(rate, order, atol=0.1, what=f"P{degree}: order of η in L2, step {k + 1}", source="interpolation")
    wanted = CURRENT * ELECTRONS / (IONS + ELECTRONS) * (1 - 1 / np.cosh(L / lam))
    verify(flows[-1], wanted, rtol=1e-3, what=f"P{degree}: reduced [A/m²]", source="i t_e (1 − sech L/λ)")


@pytest.mark.system("A13")
def test_reduced_share_follows_the_electrons(verify, comm):
    """The same sites with ever more electrons: from nothing to the share t_e of the whole current."""
    sites, found = 2e4, []
    for electrons in (1e-9, 1e-6, 1e-4, 1e-2, 1.0):
        lam = np.sqrt(IONS * electrons / (IONS + electrons) * R * T / (F * I0 * sites))
        model, _ = slab(comm, 200, electrons=electrons, decay=lam, degree=2)
        model.solve()
        share = reduced(model) / CURRENT
        exact = electrons / (IONS + electrons) * (1 - 1 / np.cosh(min(L / lam, 700)))
        what = f"share of the current reduced at σ_e = {electrons:g} S/m"
        verify(share, exact, rtol=1e-3, what=what, source="t_e (1 − sech L/λ)")
        found.append(share)
    verify.trend(found, "rising", what="share with σ_e", source="t_e (1 − sech L/λ)")
    verify.below(found[0], 1e-7, what="share without electrons", source="t_e → 0")


@pytest.mark.system("A13")
@pytest.mark.parallel
def test_lithium_found_is_charge_lost(verify, comm):
    """Deposited under current, dissolved under the reverse: what is there is what both carriers left, at any time."""
    time = 1 * hour

    def there_and_back(t):
        return CURRENT if t < time else -0.7 * CURRENT

    model, reduction = slab(comm, 20, law="butler_volmer", current=there_and_back)
    result = model.run(3 * time, quiet=True, smallest_step=time / 512)
    steps, found = result["step [s]"], result[LITHIUM]
    charge = np.cumsum(result["reduction current separator [A/m]"] * steps)
    worst = float(np.abs(charge[1:] / F - found[1:]).max() / found.max())
    verify.below(worst, 1e-9, what="lithium found less charge lost, of the largest", source="Faraday's law")
    left = reduction.amount(model.state, "separator")
    verify(left, found[-1], atol=1e-9 * found.max(), what="lithium left [mol/m]", source="history")
    verify.below(left / found.max(), 0.2, what="share that is left after the reverse", source="dissolution")
    fraction = reduction.internal()["reduced lithium"].x.array
    verify.below(float(max(comm.allgather(-fraction.min()))), 1e-15, what="largest negative fraction", source="none")
    verify.below(np.nanmax(result["power imbalance [1]"]), 1e-8, what="power imbalance of the run", source="Joule")
    verify.below(np.nanmax(result["current imbalance [1]"]), 1e-8, what="current imbalance", source="Kirchhoff")


@pytest.mark.system("A13")
def test_lithium_found_swells_its_place(verify, comm):
    """Between rollers, a free top: it rises by ∫ growth (ξ/3)(1 + ν)/(1 − ν) dx, ξ the lithium that is found."""
    poisson, growth = 0.26, 0.5
    model, _ = slab(comm, 20, law="butler_volmer", growth=growth)
    stiffness = IsotropicStiffness(150e9, poisson)
    material = ssb.Material(
        "LLZO", ionic_conductivity=IONS, electronic_conductivity=ELECTRONS, stiffness=stiffness, thermal_expansion=0.0
    )
    mesh = one_region(comm, (WIDTH, L), (1, 20), material)
    swelling = ssb.Model(mesh, [*model.physics, ssb.Elasticity()])
    result = swelling.apply(*model.loads, ssb.Platen(pressure=0.0)).run(600.0, quiet=True, change=0.2)
    volume = result[LITHIUM][-1] * VOLUME / WIDTH
    exact = growth / 3 * volume * (1 + poisson) / (1 - poisson)
    what = "rise of the top over the lithium that swells an electrolyte [m]"
    verify(result["platen displacement [m]"][-1], exact, rtol=1e-6, what=what, source="oedometric growth")


@pytest.mark.system("A13")
@pytest.mark.parallel
def test_bricks_that_leak_in_three_dimensions(verify, comm):
    """The same balance in 3D, with more sites and electrons at the boundaries of grains."""
    material = ssb.Material("LLZO", ionic_conductivity=IONS, electronic_conductivity=ELECTRONS)
    mesh = one_region(comm, (8 * um, 8 * um, L), (4, 4, 10), material, grains=(2, 2, 5))
    reduction = ssb.Reduction(I0, 1e5, 2e5, boundary_ratio=3.0, molar_volume=VOLUME)
    model = ssb.Model(mesh, [ssb.Conduction(electronic=["separator"]), reduction])
    for field in ("ionic_potential", "electronic_potential"):
        model.apply(ssb.Fixed(field, "bottom", 0.0))
    result = model.apply(ssb.Flux("ionic_potential", "top", CURRENT)).run(100.0, quiet=True)
    charge = float(np.sum(result["reduction current separator [A]"] * result["step [s]"]))
    found = reduction.amount(model.state, "separator")
    verify(found, charge / F, rtol=1e-9, what="3D: lithium found [mol]", source="charge lost/F")
    verify.below(np.nanmax(result["power imbalance [1]"]), 1e-8, what="3D: power imbalance", source="in = heat")


@pytest.mark.system("A13")
def test_power_into_chemistry(verify, comm):
    """A reaction at U takes a r U; the power of the held and driven boundaries closes."""
    model, _ = slab(comm, 20, law="butler_volmer", equilibrium_potential=-5 * mV)
    model.solve()
    state = model.state
    stored = state.integrate(fem.form(state.quantity("stored_power", "separator") * state.dx("separator")))[0]
    verify(stored, 5 * mV * reduced(model) * WIDTH, rtol=1e-12, what="power into chemistry [W/m]", source="−a r U")
    worst = max(model.balances.evaluate().values())
    verify.below(worst, 1e-8, what="worst balance, U ≠ 0", source="in = Joule + reaction + stored")


METAL = ssb.Material("Li", electronic_conductivity=1e4)  # equipotential; 1e7 S/m only costs digits
TRANSFER = 4e-4  # Ω m², of the electrodes


def gated(comm, gate, cells, current, dim=2):
    """Lithium | mixed conductor | thin layer without electrons | lithium; all resistances constant."""
    electrode = {"exchange_current": R * T / (F * TRANSFER), "transfer_coefficient": 0.5, "film_resistance": 0.0}
    mesh = layered(
        comm,
        WIDTH,
        {
            "anode": (METAL, 1 * um, 1),
            "separator": (ssb.Material("LLZO", ionic_conductivity=IONS, electronic_conductivity=ELECTRONS), L, cells),
            "interlayer": (ssb.Material("LiPON", ionic_conductivity=IONS), 1 * um, 1),
            "counter": (METAL, 1 * um, 1),
        },
        interface_data={
            "anode|separator": electrode,
            "counter|interlayer": electrode,
            "separator|interlayer": {"film_resistance": 0.0},
        },
        dim=dim,
    )
    reduction = ssb.Reduction(I0, 1e5, critical_overpotential=gate)
    physics = [ssb.Conduction(electronic=["separator"]), ssb.ButlerVolmer(law="linear"), reduction]
    return ssb.Model(mesh, physics).ground("top").apply(ssb.Current(current, into="bottom")), reduction


def critical_current(comm, gate, cells, dim=2):
    """Smallest current [A/m²] at which lithium is reduced, to 1e-4: each from rest, and the step after."""
    model, _ = gated(comm, gate, cells, lambda t: -t, dim)
    state = model.state
    flow = fem.form(state.quantity("reduction_current", "separator") * state.dx("separator"))

    def begins(current):
        for value in (0.0, current, current):  # rest closes the gate, the current opens it for the step that follows
            state.time.value = value
            model.solve()
            flows = state.integrate(flow)[0] > 0
            state.accept()
        return flows

    low, high = 0.0, 2 * gate / (TRANSFER + L / IONS)
    assert begins(high)
    while high - low > 1e-4 * high:
        middle = (low + high) / 2
        low, high = (low, middle) if begins(middle) else (middle, high)
    return high


@pytest.mark.system("A17")
def test_critical_current_scales_with_the_gate(verify, comm):
    resistance, found = TRANSFER + L / IONS, {}
    for gate in (10 * mV, 220 * mV):
        errors = []
        for cells in (20, 40):
            found[gate] = critical_current(comm, gate, cells)
            errors.append(found[gate] * resistance / gate - 1)
        what = f"critical current at {gate / mV:g} mV [A/m²]"
        verify(found[gate], gate / resistance, rtol=0.01, what=what, source="η_nuc/(R_ct + L/σ_i)")
        verify(errors[0] / errors[1], 2.0, rtol=0.1, what=f"{what}: ratio of errors, h to h/2", source="first order")
    ratio = found[220 * mV] / found[10 * mV]
    verify(ratio, 22.0, rtol=0.01, what="critical current at 220 mV over that at 10 mV", source="220/10")


@pytest.mark.system("A17")
@pytest.mark.parallel
def test_critical_current_in_three_dimensions(verify, comm):
    """Ten cells: twice the error of twenty, which is below 1 % above, as it is of first order."""
    gate = 220 * mV
    found = critical_current(comm, gate, 10, dim=3)
    resistance = TRANSFER + L / IONS
    verify(
        found, gate / resistance, rtol=0.02, what="3D: critical current at 220 mV [A/m²]", source="η_nuc/(R_ct + L/σ_i)"
    )


@pytest.mark.system("A17")
def test_ramp_nucleates_at_the_far_end(verify, comm):
    """A run: nothing below the critical current, then the first lithium, farthest from the electrode."""
    gate, cells, end = 10 * mV, 40, 1.5
    limit = gate / (TRANSFER + L / IONS)
    model, reduction = gated(comm, gate, cells, lambda t: -limit * t)
    result = model.run(end, first_step=end / 256, largest_step=end / 256, quiet=True)
    lithium, current = result[LITHIUM], -result["current density [A/m2]"]
    verify.below(np.abs(lithium[current < limit]).max(), 0.0, what="lithium before the critical current", source="gate")
    first = current[lithium > 0].min() / limit
    verify(
        first, 1.0, rtol=0.02, what="current of the first lithium over the critical", source="η_nuc/R, a step of 0.6 %"
    )
    fraction = reduction.internal()["reduced lithium"].x.array
    where = midpoints(model.mesh.domain)[fraction > 0, 1].min(initial=np.inf) - 1 * um
    lowest = min(comm.allgather(float(where)))
    depth = IONS * (gate / (limit * end) - TRANSFER)  # at the last current, had nothing grown before
    verify.below(
        depth - L / cells, lowest, what="depth of lithium nearest to the anode [m]", source="σ_i(η_nuc/i − R_ct)"
    )
    worst = float(np.nanmax(result["power imbalance [1]"]))
    verify.below(worst, 1e-8, what="power imbalance of the run", source="in = heat")
    left = (result["mean current counter|interlayer [A/m2]"] + result["mean current anode|separator [A/m2]"]) * WIDTH
    charge = np.cumsum(left * result["step [s]"])
    worst = float(np.abs(charge[1:] / F - lithium[1:]).max() / lithium.max())
    verify.below(worst, 1e-9, what="lithium found less what electrodes gave, of the largest", source="Faraday's law")


@pytest.fixture(scope="module")
def polycrystal():
    """Deposits after an hour by σ_e of the boundaries over that of the grains: (lithium, share near the anode, …)."""
    stack = ssb.Stack(width=30 * um)
    stack.layer("anode", METAL, thickness=2 * um)
    stack.layer("separator", "LLZO", thickness=40 * um, grains=ssb.Voronoi(count=30, seed=4))
    stack.layer("interlayer", ssb.Material("LiPON", ionic_conductivity=IONS), thickness=1 * um)
    stack.layer("counter", METAL, thickness=2 * um)
    mesh = stack.mesh(MPI.COMM_WORLD, size=1.2 * um)
    found = {}
    for ratio in (1e-6, 1e-5, 1.0, 10.0, 100.0):
        sites = ssb.Reduction(1.0, 0.0, 1e3, boundary_ratio=ratio, critical_overpotential=20 * mV)
        model = ssb.Model(mesh, [ssb.Conduction(electronic=["separator"]), ssb.ButlerVolmer(), sites])
        model.ground("counter").apply(ssb.Current(-CURRENT, into="anode"))
        result = model.run(1 * hour, quiet=True)
        fraction = sites.internal()["reduced lithium"].x.array
        depth = midpoints(mesh.domain)[fraction > 0, 1].min(initial=np.inf) - 2 * um
        found[ratio] = result, float(min(mesh.comm.allgather(float(depth))))
    return found


@pytest.mark.system("A13")
def test_boundaries_that_leak(verify, polycrystal):
    """Sites at grain boundaries alone, gated, behind a layer without electrons: detached from the anode."""
    lithium = {ratio: result[LITHIUM][-1] for ratio, (result, _) in polycrystal.items()}
    leaks = [ratio for ratio in lithium if ratio >= 1]
    amounts = [lithium[r] for r in leaks]
    verify.trend(amounts, "rising", what="lithium at σ_e,GB/σ_e,grain = 1, 10, 100 [mol/m]", source="row A13")
    share = lithium[1e-6] / lithium[100.0]
    verify.below(share, 1e-5, what="lithium where boundaries block electrons, of that at 100", source="row A13")
    fall = np.log10(lithium[1e-5] / lithium[1e-6])
    what = "power of σ_e,GB in the lithium where boundaries block: none at 0"
    verify(fall, 1.0, atol=0.01, what=what, source="what leaks through them")
    for ratio, (result, depth) in polycrystal.items():
        least = min(depth, 40 * um) / um
        at = f"σ_e,GB/σ_e,grain = {ratio:g}"
        verify.below(5.0, least, what=f"{at}: depth of the lithium nearest to the anode [µm]", source="detached")
        worst = float(np.nanmax(result["power imbalance [1]"]))
        verify.below(worst, 1e-8, what=f"{at}: power imbalance of the run", source="in = heat")
        kept = np.cumsum(result["reduction current separator [A/m]"] * result["step [s]"])[-1] / F
        verify(result[LITHIUM][-1], kept, rtol=1e-9, what=f"{at}: lithium found [mol/m]", source="charge/F")
