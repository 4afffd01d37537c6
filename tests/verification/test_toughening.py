"""A tougher electrolyte bears more lithium pressure in the flaws that it has.

A flaw of half-length a grows at p_c = K_IC/√(πa) (Irwin; Sneddon & Lowengrub 1969). Reduced graphene oxide of about
1 vol% raises K_IC of LATP from 1.1 to 2.4 MPa√m, so that the same flaw bears 2.4/1.1 = 2.18 times the pressure; the
crack costs G_c = K_IC²/E', 4.76 times as much. Here a = 10 µm, E = 115 GPa and ν = 0.25 of the library's LATP: p_c =
196 and 428 MPa.

Sharp: both faces of the slit bear the pressure p; from K_I, p_c = p K_IC/K_I. Diffuse: the damage of AT1 begins as the
slit (half of the body is meshed, ℓ = a/25) and the pressure rises until the crack runs; only G_c is given. p_c is the
middle between the last load borne and the next.
"""

import numpy as np
import pytest
from cracks import brittle
from test_sneddon import WIDTH, rectangle

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip
from fem_ssb.units import MPa, MPa_sqrt_m, um

HALF, PLAIN, REINFORCED = 10 * um, 1.1 * MPa_sqrt_m, 2.4 * MPa_sqrt_m
LATP = ssb.Material("LATP")["stiffness"]
STIFF = LATP.young / (1 - LATP.poisson**2)
LADDER = np.array([100, 170, 178, 182, 186, 190, 194, 198, 202, 220, 380, 390, 400, 410, 420, 430, 440, 450]) * MPa
SOURCE = "K_IC/√(πa)"
pytestmark = pytest.mark.system("B7")


def latp(toughness):
    return brittle(LATP.young, LATP.poisson, toughness**2 / STIFF)


def sharp(comm, size, p):
    """K_I [Pa √m] of the slit under the pressure p."""
    stack = ssb.Stack(width=WIDTH * HALF)
    stack.layer("plate", latp(PLAIN), thickness=2 * WIDTH * HALF)
    middle = WIDTH * HALF
    stack.crack("crack", ssb.Slit([(0.0, middle), (HALF, middle)]), tip_size=size * HALF)
    model = ssb.Model(stack.mesh(comm, size=2 * HALF), [ssb.Elasticity(degree=2)])
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "right", 0.0, component=1))
    model.apply(ssb.Flux("displacement", "crack", -p))
    state = model.solve()
    return CrackTip(state, "plate", (1, 0), 0.3 * HALF, 0.7 * HALF, faces={"crack": p}).k((HALF, middle))[0]


@pytest.mark.parallel
def test_sharp_flaw(verify, comm):
    p = 100 * MPa
    coarse, fine = (p / sharp(comm, size, p) for size in (0.1, 0.05))
    for toughness in (PLAIN, REINFORCED):
        exact = toughness / np.sqrt(np.pi * HALF) / MPa
        what = f"sharp flaw, a = 10 µm, K_IC = {toughness / MPa_sqrt_m} MPa√m: critical pressure [MPa]"
        verify(fine * toughness / MPa, exact, rtol=0.02, what=what, source=SOURCE)
        verify(coarse * toughness / MPa, exact, rtol=0.04, what=f"{what}, coarser", source=SOURCE)


def diffuse(comm, ell, toughness):
    """Critical pressure [Pa] of the slit in the damage, on the one ladder of pressures that both climb."""
    mesh = ssb.from_gmsh(comm, rectangle(ell / 4, 2.5 * ell), scale=HALF, materials={"plate": latp(toughness)})
    crack = ssb.Slit([(0.0, 0.0), (HALF, 0.0)])
    physics = [
        ssb.Elasticity(degree=1, split="none", residual_stiffness=1e-7),
        ssb.Fracture(ell * HALF, "AT1", mesh_corrected=True, initial=crack),
        ssb.CrackPressure(lambda x, t: t),
    ]
    model = ssb.Model(mesh, physics, damage_tolerance=1e-4, largest_sweeps=60)
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "right", 0.0, component=1))
    state = model.state
    x = state.spaces["damage"].V.tabulate_dof_coordinates()[:, 0]
    borne = 0.0
    for load in LADDER:
        state.time.value = load
        try:
            model.solve()
            tip = max(comm.allgather(float(x[state["damage"].x.array > 0.95].max(initial=0.0))))
        except ssb.ConvergenceError:  # an unstable crack has no equilibrium before the other end of the plate
            tip = np.inf
        if tip > 1.1 * HALF:
            return (borne + load) / 2
        state.accept()
        borne = load
    return np.inf


def test_diffuse_flaw(verify, comm):
    plain, reinforced = (diffuse(comm, 0.04, toughness) for toughness in (PLAIN, REINFORCED))
    for toughness, found in ((PLAIN, plain), (REINFORCED, reinforced)):
        exact = toughness / np.sqrt(np.pi * HALF) / MPa
        what = f"diffuse flaw, ℓ = a/25, K_IC = {toughness / MPa_sqrt_m} MPa√m: critical pressure [MPa]"
        verify(found / MPa, exact, rtol=0.06, what=what, source=SOURCE)
    source = "K_IC 1.1 → 2.4 MPa√m"
    verify(reinforced / plain, 2.18, rtol=0.02, what="reinforced over plain: critical pressure", source=source)
