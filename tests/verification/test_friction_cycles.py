"""Faces that rub to and fro: a block on a plane, a shut crack that is loaded and unloaded.

Block. Pressed by p on what it lies on, it is moved along by U at its top. Up to μp it sticks, and it and the contact
give by U_s = μp(H/G + 1/K), H the height of all that is sheared. Moved between ±A it goes round a loop of the area

    4 μp (A − U_s)      per area of the contact,

whatever the steps. Moved round a circle of the radius R by what gives by U_s, the contact slips in the end round one of
the radius r = √(R² − U_s²), with the traction along its way: 2πr μp a round. In n steps a round each slip, 2r sin(π/n)
long, has the direction of the traction at its end, so R² = r² + U_s² + 2r U_s sin(π/n).

Crack. A shut crack of half-length a, inclined by β, in a large plate under the compression σ bears σ_n = σ cos²β and
τ = σ sin β cos β. Loaded it slides by Δ(s) = 4(τ − μσ_n)√(a² − s²)/E' (see `test_closing_crack`). Unloaded from σ₁ it
keeps that slip: its faces bear τ − (τ₁ − μσ_n1), and the plate is as stiff as without a crack. They slide back where
this is −μσ_n, at

    σ₂ = σ₁ (tan β − μ)/(tan β + μ),

from there on with the slip of τ + μσ_n: the modulus is that of the plate first, then of one with a crack that slides
(Walsh, J. Geophys. Res. 70 (1965) 399). With V = ∫Δ ds = 2πa²(τ ∓ μσ_n)/E' the shortening of the plate, of width W, is
more by V sin β cos β/W (reciprocity), and a cycle takes

    ∮ μσ_n dV = (2πa²/E') μσ_n1 (τ₁ − μσ_n1) tan β/(tan β + μ).
"""

from itertools import pairwise

import numpy as np
import pytest
import ufl
from cells import box, midpoints
from dolfinx import fem
from test_closing_crack import HALF, LOAD, STIFF, WIDTH, Slit
from test_cohesive_interfaces import solid

import fem_ssb as ssb
from fem_ssb.units import GPa, MPa, mm

pytestmark = pytest.mark.system("B17")
FRICTION, PRESSED, HEIGHT = 0.4, 50 * MPa, 1 * mm
STICK, STRENGTH, TOUGHNESS = 1e4 * GPa / mm, 30 * MPa, 10.0
MODULUS, ACROSS = 60 * GPa, 180 * GPa  # of 150 GPa and ν = ¼ in shear, and in compression without change of width
GIVES = FRICTION * PRESSED * (HEIGHT / MODULUS + 1 / STICK)


class Block:
    """A block on another, one period of both, pressed by 50 MPa and moved along at its top."""

    def __init__(self, comm, way, dim=2, initial=lambda x: 1.0):
        domain = box(comm, (HEIGHT,) * dim, (2,) * dim)
        region = (midpoints(domain)[:, dim - 1] > HEIGHT / 2).astype(np.int32)
        materials = dict.fromkeys(("lower", "upper"), solid(150 * GPa, 0.25))
        mesh = ssb.NamedMesh.from_cells(
            domain, ["lower", "upper"], region, materials=materials, periodic=range(dim - 1)
        )
        law = ssb.Cohesive(STRENGTH, TOUGHNESS, stiffness=STICK, friction=FRICTION, initial=initial)
        self.model = ssb.Model(mesh, [ssb.Elasticity(degree=1, cohesive={"lower|upper": law})])
        self.model.apply(ssb.Fixed("displacement", "bottom", 0.0))
        self.model.apply(ssb.Fixed("displacement", "top", -PRESSED * (HEIGHT / ACROSS + 1 / STICK), component=dim - 1))
        for axis in range(dim - 1):
            self.model.apply(ssb.Fixed("displacement", "top", lambda t, a=axis: float(way(t)[a]), component=axis))
        self.state, self.area, self.dim = self.model.state, HEIGHT ** (dim - 1), dim
        columns = self.model.physics[0].columns(self.state)
        stress = self.state.quantity("stress", "upper")
        self.energies = [fem.form(columns[name]) for name in ("elastic energy", "friction energy")]
        self.parting = fem.form(columns["cohesive energy"])
        self.shear = [fem.form(stress[dim - 1, a] / (HEIGHT / 2) * self.state.dx("upper")) for a in range(dim - 1)]
        self.way = way

    def go(self, times):
        """Arrays of displacement, shear stress [Pa], stored energy and energy lost to friction [J/m²]."""
        rows = []
        for t in times:
            self.state.time.value = t
            self.model.solve()
            self.model.accept()
            rows.append([*self.way(t), *self.state.integrate(*self.shear, *self.energies) / self.area])
        n = self.dim - 1
        rows = np.array(rows)
        return rows[:, :n], rows[:, n : 2 * n], rows[:, 2 * n], rows[:, 2 * n + 1]


@pytest.mark.parallel
def test_a_block_to_and_fro(verify, comm):
    """Steps that meet neither the turn nor the end of sticking; then such that do: all is straight between them."""
    largest = 3.1 * GIVES
    block = Block(comm, lambda t: (t,))
    turns = [0.0, largest, -largest, largest, -largest]
    steps = np.concatenate([np.linspace(a, b, 8)[1:] for a, b in pairwise(turns)])
    moved, shear, _, lost = block.go([0.0, *steps])
    once = lost[7 * 3] - lost[7]
    verify(
        once,
        4 * FRICTION * PRESSED * (largest - GIVES),
        rtol=1e-6,
        what="block: loss of a cycle [J/m²]",
        source="4 μp (A − U_s)",
    )
    verify(lost[-1] - lost[14], once, rtol=1e-9, what="block: the next cycle [J/m²]", source="the same loop")
    verify(abs(shear).max(), FRICTION * PRESSED, rtol=1e-6, what="block: largest shear [Pa]", source="μp")
    first = shear[8, 0] - shear[7, 0]
    slope = -FRICTION * PRESSED / GIVES * (moved[7, 0] - moved[8, 0])
    verify(first, slope, rtol=1e-6, what="block: shear of the first step back [Pa]", source="it sticks: (μp/U_s) ΔU")

    block = Block(comm, lambda t: (t * GIVES,))
    turns = [0.0, 3.0, -3.0, 3.0]
    steps = np.concatenate([np.arange(a, b, np.sign(b - a)) for a, b in pairwise(turns)])
    moved, shear, stored, lost = block.go([*steps, 3.0])
    work = np.cumsum(np.diff(moved[:, 0]) * (shear[1:, 0] + shear[:-1, 0]) / 2)
    off = np.abs((stored + lost - stored[0])[1:] - work).max() / work[-1]
    verify.below(off, 1e-4, what="block: |stored + dissipated − work|/work", source="energy")


def test_a_block_that_breaks_as_it_rubs(verify, comm):
    """Moved on from where its interface begins to break: τ = (1 − D)Kδ + Dμp, D of the bilinear curve.

    The first falls in a straight line to its end, so that what is stored and lost is the work by the trapezoidal rule.
    """
    first, last = STRENGTH / STICK, 2 * TOUGHNESS / STRENGTH
    block = Block(comm, lambda t: (t,), initial=None)
    start, end = STRENGTH * HEIGHT / MODULUS + first, FRICTION * PRESSED * HEIGHT / MODULUS + last
    rows, parting = [], []
    for t in [0.0, *np.linspace(start, end, 6), 1.1 * end]:
        rows.append([np.ravel(a)[0] for a in block.go([t])])
        parting.append(float(block.state.integrate(block.parting)[0]) / block.area)
    moved, shear, stored, lost = np.transpose(rows)
    slid = (moved - shear * HEIGHT / MODULUS)[2:]
    kept = np.maximum(last - slid, 0) / (last - first) * first / slid
    exact = kept * STICK * slid + (1 - kept) * FRICTION * PRESSED
    what, worst = "block that breaks as it rubs", np.abs(shear[2:] / exact - 1).max()
    verify.below(worst, 1e-6, what=f"{what}: error of the shear stress", source="(1 − D)Kδ + Dμp")
    assert 0.2 < kept[0] < 0.8
    verify(parting[-1], TOUGHNESS, rtol=1e-9, what=f"{what}: lost by parting [J/m²]", source="G_c")
    work = np.cumsum(np.diff(moved) * (shear[1:] + shear[:-1]) / 2)
    worst = np.abs((stored + lost + parting)[1:] - stored[0] - work).max() / work[-1]
    verify.below(worst, 1e-6, what=f"{what}: |stored + dissipated − work|/work", source="energy")


def test_a_block_round_a_circle(verify, comm):
    """In 3D, from rest in the middle; three rounds until it goes on as before."""
    radius, steps = 3 * GIVES, 12

    def way(t):
        return radius * min(t, 1.0) * np.array([np.cos(2 * np.pi * t), np.sin(2 * np.pi * t)])

    _, shear, _, lost = Block(comm, way, 3).go(np.arange(3 * steps + 1) / steps)
    half = np.sin(np.pi / steps)
    slipped = np.sqrt(radius**2 - GIVES**2 * (1 - half**2)) - GIVES * half
    exact, found = 2 * steps * half * slipped * FRICTION * PRESSED, lost[-1] - lost[-1 - steps]
    what = "block round a circle, 12 steps: loss of a round [J/m²]"
    verify(found, exact, rtol=1e-4, what=what, source="2n sin(π/n) r μp → 2πr μp")
    turning = np.linalg.norm(shear[-1])
    verify(turning, FRICTION * PRESSED, rtol=1e-6, what="block round a circle: shear [Pa]", source="μp")


def test_a_shut_crack_loaded_and_unloaded(verify, comm):
    friction, slit = 0.3, Slit(comm, np.radians(45), 0.04)
    normal = tau = 0.5
    back = (1 - friction) / (1 + friction)
    model = slit.model(lambda t: -t * LOAD, friction)
    state = model.state
    u, columns = state["displacement"], model.physics[0].columns(state)
    jump, along = u("-") - u("+"), ufl.as_vector([float(c) for c in slit.e])
    slid = abs(ufl.dot(jump, along)) * state.dS("crack")
    forms = [
        fem.form(f)
        for f in (slid, -u[1] * state.ds("top"), *(columns[n] for n in ("elastic energy", "friction energy")))
    ]
    loads, rows, factors = [0.0, 0.5, 1.0, (1 + back) / 2, back, back / 2, 0.0], [], []
    for load in loads:
        state.time.value = load
        model.solve()
        model.accept()
        rows.append(state.integrate(*forms))
        factors.append(-slit.k(state)[1] / LOAD)
    slid, short, stored, lost = np.array(rows).T
    whole, source = tau - friction * normal, "Walsh (1965)"
    exact = {"half loaded": whole / 2, "loaded": whole, "half way to sliding back": whole, "about to slide back": whole}
    exact |= {"half of that": (tau + friction * normal) * back / 2, "unloaded": 0.0}
    for (what, left), volume, factor in zip(exact.items(), slid[1:], factors[1:], strict=True):
        found = volume * STIFF / (2 * np.pi * HALF**2 * LOAD)
        verify(found, left, atol=0.02 * whole, what=f"rubbing crack, {what}: ∫Δ ds E'/2πa²σ₁", source=source)
        verify(factor, left, atol=0.03 * whole, what=f"rubbing crack, {what}: |K_II|/σ₁√(πa)", source=source)
    softer = (np.diff(short) / np.diff(loads) * STIFF / (LOAD * WIDTH**2) - 1) * WIDTH**2 / (2 * np.pi * HALF**2 * tau)
    for k, left, what in ((0, whole, "loading"), (2, 0.0, "unloading"), (5, tau + friction * normal, "sliding back")):
        what = f"rubbing crack: compliance of the plate beyond that of a sound one, {what}, over 2πa²τ/W²σE'"
        verify(softer[k], left, atol=0.03 * tau, what=what, source=source)
    cycle = 2 * np.pi * HALF**2 / STIFF * LOAD**2 * friction * normal * whole * tau / (tau + friction * normal)
    verify(lost[-1], cycle, rtol=0.02, what="rubbing crack: loss of a cycle [J/m]", source="∮ μσ_n dV")
    work = np.concatenate([[0.0], np.cumsum(np.diff(short) * LOAD * (np.array(loads)[1:] + loads[:-1]) / 2)])
    off = np.abs(stored + lost - work).max() / work.max()
    verify.below(off, 1e-4, what="rubbing crack: |stored + dissipated − work|/work", source="energy")
    verify.below(
        abs(work[-1] / lost[-1] - 1), 0.02, what="rubbing crack: work of a cycle over its loss − 1", source="energy"
    )
