"""Cracks on cohesive interfaces that are there from the start: pressed shut, rubbing, filled with lithium, insulating.

Shut. A slit of half-length a in a large plate under the compression p across it transmits p as if it were not there:
the stress is uniform and K_I = 0. Inclined by β to the normal of p it bears σ_n = p cos²β and τ = p sin β cos β;
its faces slide freely, K_II = τ√(πa), or with Coulomb's friction against μσ_n, K_II = (τ − μσ_n)√(πa), and not at all
where μ ≥ tan β (McClintock & Walsh 1962). The faces slide by Δ = 4(τ − μσ_n)√(a² − s²)/E', so that ∫Δ ds over the slit,
2πa²(τ − μσ_n)/E', tells K_II without a singularity.

Filled. A double cantilever (arm h, crack a) under the pressure p in its crack has the moment M = pa²/2 and the force
V = pa at the root of each arm: with the root's rotation (see `test_cohesive_interfaces`, χ) G = 12(M + χhV)²/(E'h³),
and it grows at p_c = √(E'G_c h³/12)/(a²/2 + χha). In the cohesive zone, ∝ σ_c^−½ in slender arms, the pressure acts on
what is broken already, so p_c comes from below.

Insulating. In series with the blocks L/σ an opened boundary has R/((1 − k)(1 − D)² + k), k = 1e-6.
"""

import numpy as np
import pytest
import ufl
from cells import box, midpoints, total
from dolfinx import fem, la
from test_cohesive_interfaces import ARM, CHI, LENGTH, STRENGTH, STRONG, TOUGHNESS, blocks, solid

import fem_ssb as ssb
from fem_ssb import NamedMesh
from fem_ssb.errors import ConvergenceError
from fem_ssb.units import GPa, MPa, mm

HALF, YOUNG, POISSON = 1 * mm, 150 * GPa, 0.25
STIFF = YOUNG / (1 - POISSON**2)
PRESSED = 100 * MPa
SIDES = ["lower", "upper"]


class Slit:
    """A slit at the angle β in the middle of a plate that is cut along its line and bonded beyond the slit.

    Args:
        comm: communicator.
        beta: β [rad].
        cells: over the plate; half of them over two slit lengths, so `cells`/8 over the half-length.
    """

    WIDE = 12.0  # of the plate, in half-lengths, to each side

    def __init__(self, comm, beta, cells):
        domain = box(comm, (1.0, 1.0), (cells, cells))
        x = domain.geometry.x
        s, t = (HALF * np.interp(2 * x[:, k] - 1, [-1, -0.5, 0.5, 1], [-self.WIDE, -2, 2, self.WIDE]) for k in (0, 1))
        # The middle line turns by β, lines above and below follow less and less.
        x[:, 0] = s * np.cos(beta)
        x[:, 1] = t + (1 - np.abs(t) / (self.WIDE * HALF)) * s * np.sin(beta)
        upper = midpoints(domain)[:, 1] > midpoints(domain)[:, 0] * np.tan(beta)
        self.mesh = NamedMesh.from_cells(
            domain, SIDES, upper.astype(np.int32), materials=dict.fromkeys(SIDES, solid(YOUNG, POISSON))
        )
        self.comm, self.reach = comm, HALF * np.cos(beta)
        self.along = ufl.as_vector([np.cos(beta), np.sin(beta)])

    def pressed(self, friction=0.0):
        """State under the compression of the top against the bottom, as far as the faces hold."""
        law = ssb.Cohesive(
            100 * GPa, 1e6, stiffness=1e4 * YOUNG / HALF, friction=friction,
            initial=lambda x: self.reach - abs(x[0]),
        )  # fmt: skip
        model = ssb.Model(self.mesh, [ssb.Elasticity(degree=2, cohesive={"lower|upper": law})])
        model.apply(ssb.Flux("displacement", "top", -PRESSED), ssb.Fixed("displacement", "bottom", component=1))
        model.apply(ssb.Fixed("displacement", "left", component=0))
        return model.solve()

    def slid(self, state):
        """∫ sliding ds over the slit [m²]."""
        u, n = state["displacement"], ufl.FacetNormal(state.domain)("+")
        jump = u("-") - u("+")
        return abs(total(self.comm, ufl.dot(jump - ufl.dot(jump, n) * n, self.along) * state.dS("lower|upper")))


@pytest.mark.system("B17")
def test_a_slit_that_is_shut_transmits_pressure(verify, comm):
    slit = Slit(comm, 0.0, 16)
    for friction in (0.0, 0.3):
        state = slit.pressed(friction)
        odd = sum(total(comm, (state.quantity("stress", r)[1, 1] + PRESSED) ** 2 * state.dx(r)) for r in SIDES)
        spread = np.sqrt(odd / slit.mesh.volume()) / PRESSED
        verify.below(spread, 1e-9, what=f"shut slit, μ = {friction}: spread of σ_yy over p", source="uniform: K_I = 0")


@pytest.mark.system("B17")
def test_an_inclined_slit_slides_against_friction(verify, comm):
    beta = np.radians(30)
    shear, normal = PRESSED * np.sin(beta) * np.cos(beta), PRESSED * np.cos(beta) ** 2
    coarse, fine = (Slit(comm, beta, cells) for cells in (32, 64))
    for friction in (0.0, 0.3):
        first, second = (slit.slid(slit.pressed(friction)) for slit in (coarse, fine))
        exact = 2 * np.pi * HALF**2 * (shear - friction * normal) / STIFF
        what = f"slit at 30° under compression, μ = {friction}: K_II/√(πa) [MPa] from the sliding, extrapolated in h"
        found = (2 * second - first) / exact * (shear - friction * normal) / MPa
        verify(found, (shear - friction * normal) / MPa, rtol=0.02, what=what, source="τ − μσ_n")
        assert first < second < exact, "the first order of the mesh, from below"
    stuck = coarse.slid(coarse.pressed(0.7)) / exact
    verify.below(stuck, 0.01, what="the same with μ = 0.7 > tan β: sliding over that of μ = 0.3", source="it sticks")


def filled(comm, crack, strength, across=4, degree=2):
    """A double cantilever with lithium under the pressure t·Pa in its crack: model, pressure's physics."""
    domain = box(comm, (LENGTH, 2 * ARM), (30 * across, 2 * across))
    upper = (midpoints(domain)[:, 1] > ARM).astype(np.int32)
    mesh = NamedMesh.from_cells(domain, SIDES, upper, materials=dict.fromkeys(SIDES, solid(YOUNG, POISSON)))
    law = ssb.Cohesive(strength, TOUGHNESS, initial=lambda x: crack - x[0])
    pressure = ssb.CrackPressure(lambda x, t: t, interface="upper|lower")
    model = ssb.Model(mesh, [ssb.Elasticity(degree=degree, cohesive={"lower|upper": law}), pressure])
    model.apply(ssb.Fixed("displacement", "right"))
    return model, pressure


@pytest.mark.system("B6")
def test_a_filled_cantilever_opens_and_cracks(verify, comm):
    crack, borne = 15 * mm, []
    lever = crack**2 / 2 + CHI * ARM * crack
    critical = np.sqrt(STIFF * TOUGHNESS * ARM**3 / 12) / lever
    for strength in (STRONG, 2 * STRONG):
        model, pressure = filled(comm, crack, strength)
        state, volume = model.state, fem.form(pressure.volume(model.state))
        for share in (0.05, 0.8, *np.arange(0.9, 1.1, 0.01)):
            state.time.value = share * critical
            try:
                model.solve()
            except ConvergenceError:  # no equilibrium: under a dead pressure the crack grows unstably
                break
            model.accept()
            last = share
            if share == 0.05:
                found = state.integrate(volume)[0]
        borne.append(last)
        powers = crack**5 / 20 + CHI * ARM * crack**4 / 4 + CHI**2 * ARM**2 * crack**3 / 3
        exact = 24 * 0.05 * critical / (STIFF * ARM**3) * powers  # V = ∫ 2G/p da
        what = f"filled double cantilever, σ_c = {strength / MPa:g} MPa: volume of the crack over beam theory"
        verify(found / exact, 1.0, rtol=0.03, what=what, source="V = ∫ 2G/p da")
    what = "filled double cantilever: pressure at which it cracks over the closed form"
    verify(borne[-1], 1.0, rtol=0.06, what=what, source="12(M + χhV)²/(E'h³) = G_c")
    verify.trend(borne, "rising", what="the same with a shorter cohesive zone", source="to 1 from below")


@pytest.mark.slow
@pytest.mark.system("B6")
@pytest.mark.parametrize("degree", [1, 2])
def test_a_filled_cantilever_keeps_its_energy(verify, comm, degree):
    """Followed through its peak, while the pressure falls; its work is that of its forces on the faces."""
    crack, excess = 15 * mm, []
    for steps in (64, 256):
        model, pressure = filled(comm, crack, STRONG, across=2, degree=degree)
        state, columns = model.state, model.physics[0].columns(model.state)
        energies = [fem.form(columns[name]) for name in ("elastic energy", "cohesive energy")]
        pushing = fem.form(-pressure.residuals(state)["displacement"])

        def forces(pushing=pushing):
            b = fem.assemble_vector(pushing)
            b.scatter_reverse(la.InsertMode.add)
            return b.array[: b.index_map.size_local * b.block_size].copy()

        broken = state.integrate(energies[1])[0]
        control = ssb.CrackControl(model, 5e3)
        moved, pushed, work, worst, loads = 0.0, 0.0, 0.0, 0.0, [control.factor]
        for growth in np.linspace(0, 1, steps + 1)[1:] ** 2 * 4 * mm * TOUGHNESS:
            now, force = state["displacement"].x.array, forces()
            now = now[: len(force)].copy()
            work += comm.allreduce(float((force + pushed) @ (now - moved))) / 2
            moved, pushed = now, force
            worst = max(worst, (state.integrate(*energies).sum() - broken) / work - 1)
            if broken + growth > control.work:
                loads.append(control.step(broken + growth))
        excess.append(worst)
    what = f"filled double cantilever, degree {degree}: (stored + dissipated)/work of the pressure − 1"
    assert loads[-1] < 0.8 * max(loads)
    verify.below(excess[-1], 1e-4, what=f"{what}, 256 steps", source="energy")
    verify.trend(excess, "falling", what=f"{what}, 64 and 256 steps", source="trapezoidal rule")


@pytest.mark.parallel
@pytest.mark.system("B6")
def test_an_opened_boundary_insulates(verify, comm):
    """D is from the traction and the opening, t = (1 − D)Kδ."""
    resistance, conductivity, height = 0.01, 0.05, 1 * mm
    mesh = blocks(comm)
    material = ssb.Material.custom(
        "ceramic", kind="electrolyte", stiffness=mesh.materials["lower"]["stiffness"], thermal_expansion=0.0,
        ionic_conductivity=conductivity,
    )  # fmt: skip
    mesh = NamedMesh.from_cells(
        mesh.domain, SIDES, mesh.region_of_cell, materials=dict.fromkeys(SIDES, material),
        interface_data={"lower|upper": {"film_resistance": resistance}},
    )  # fmt: skip
    law = ssb.Cohesive(STRENGTH, TOUGHNESS)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.Elasticity(degree=1, cohesive={"lower|upper": law})])
    for boundary, value in (("bottom", 0.0), ("top", lambda t: t)):
        model.apply(ssb.Fixed("displacement", boundary, value, component=1))
    model.apply(*(ssb.Fixed("displacement", side, component=0) for side in ("left", "right")))
    model.apply(ssb.Fixed("ionic_potential", "bottom", 0.0), ssb.Fixed("ionic_potential", "top", 1.0))
    state = model.state
    stiff = YOUNG * (1 - POISSON) / ((1 + POISSON) * (1 - 2 * POISSON))
    K = 50 * STRENGTH**2 / TOUGHNESS
    for share in (0.0, 0.3, 0.6, 0.9):
        state.time.value = share * 2 * TOUGHNESS / STRENGTH
        model.solve()
        block = 0.5 * mm * 1 * mm
        stress = total(comm, state.quantity("stress", "upper")[1, 1] * state.dx("upper")) / block
        current = -total(comm, state.quantity("ionic_current", "upper")[1] * state.dx("upper")) / block
        opening = float(state.time.value) - stress * height / stiff
        left = 1.0 if share == 0 else stress / (K * opening)
        exact = height / conductivity + resistance / ((1 - 1e-6) * left**2 + 1e-6)
        what = f"area-specific resistance over a boundary with D = {1 - left:.3f} [Ω m²]"
        verify(1 / current, exact, rtol=1e-6, what=what, source="L/σ + R/(1 − D)²")
