"""Sharp cracks whose faces press on each other: shut under compression, sliding, open as free ones under tension.

A slit of half-length a, inclined by β to x, in a wide plate under the compression σ along y. Its faces bear
σ_n = σ cos²β, and what is left of τ = σ sin β cos β beyond Coulomb's friction opens nothing and slides (McClintock &
Walsh 1962):

    K_I = 0,    |K_II| = (τ − μσ_n) √(πa)

At β = 0 nothing is left, and the stress is uniform. Where a beam's stress σ_y = sx/a would open the slit at x > 0 only,
it is shut from −a to c with no singularity at c. Over the open part, of half-length b and the middle m, K at its ends
is (s/a)√(πb)(m ± b/2) (the weights √((b ± t)/(b ∓ t)) on s(m + t)/a); from K(c) = 0 and m + b = a

    b = 2a/3,    c = −a/3,    K(a) = (2/3)^(3/2) s√(πa) = 0.544 s√(πa)      in place of 0.5 where faces overlap.

Under the compression σ along z a penny-shaped crack across z leaves the stress uniform, too.
"""

import numpy as np
import pytest
import ufl
from cells import total
from cracks import brittle
from dolfinx import fem

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip
from fem_ssb.units import GPa, MPa, um

HALF, WIDTH, YOUNG, POISSON, LOAD = 100 * um, 3000 * um, 150 * GPa, 0.25, 100 * MPa
STIFF = YOUNG / (1 - POISSON**2)
ROOT = np.sqrt(np.pi * HALF)
pytestmark = pytest.mark.system("B17")


class Slit:
    """A plate with an inclined slit in its middle."""

    def __init__(self, comm, beta=0.0, size=0.1, closes=True):
        self.e = np.array([np.cos(beta), np.sin(beta)])
        stack = ssb.Stack(width=WIDTH)
        stack.layer("plate", brittle(YOUNG, POISSON, 15.0), thickness=WIDTH)
        ends = [WIDTH / 2 - HALF * self.e, WIDTH / 2 + HALF * self.e]
        stack.crack("crack", ssb.Slit(ends), tip_size=size * HALF, closes=closes)
        self.mesh = stack.mesh(comm, size=2 * HALF)

    def pressed(self, load, friction=0.0, pressure=0.0):
        """The state under a compression [Pa] along y."""
        return self.model(-load, friction, pressure).solve()

    def model(self, traction, friction=0.0, pressure=0.0):
        """With a traction [Pa] along y, a number or a function of time, and a pressure in the crack."""
        model = ssb.Model(self.mesh, [ssb.Elasticity(degree=2, crack_friction=friction)])
        model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
        model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
        model.apply(ssb.Flux("displacement", "top", traction, component=1))
        return model.apply(ssb.Flux("displacement", "crack", -pressure))

    def k(self, state, pressure=0.0, end=1):
        """K_I and K_II over √(πa), and that of J [Pa], at one of the ends."""
        faces = {"crack": pressure} if pressure else None
        tip = CrackTip(state, "plate", end * self.e, 0.3 * HALF, 0.7 * HALF, faces=faces)
        x = WIDTH / 2 + end * HALF * self.e
        return np.array([*tip.k(x), np.sqrt(abs(tip.j(x)) * STIFF)]) / ROOT


@pytest.mark.parallel
def test_a_shut_crack_is_not_felt(verify, comm):
    slit = Slit(comm)
    state = slit.pressed(LOAD)
    stress = state.quantity("stress", "plate")
    off = total(comm, ((stress[1, 1] + LOAD) ** 2 + stress[0, 0] ** 2) * state.dx("plate"))
    source = "uniform: K_I = 0"
    verify.below(np.sqrt(off) / WIDTH / LOAD, 1e-5, what="shut crack: deviation of the stress over σ", source=source)
    one, two, j = slit.k(state) / LOAD
    verify.below(j, 1e-4, what="shut crack: K/σ√(πa) from J", source=source)
    verify(one, 0.0, atol=0.01, what="shut crack: K_I/σ√(πa) by the interaction integral", source=source)
    verify(two, 0.0, atol=0.001, what="shut crack: K_II/σ√(πa)", source=source)


def test_an_inclined_crack_slides(verify, comm):
    beta = np.radians(30)
    tau = np.sin(beta) * np.cos(beta)
    slit = Slit(comm, beta)
    one, two, _ = slit.k(slit.pressed(LOAD)) / LOAD
    what, source = "inclined crack pressed shut, μ = 0:", "McClintock & Walsh (1962)"
    verify(-two, tau, rtol=0.02, what=f"{what} K_II/σ√(πa)", source=source)
    verify(one, 0.0, atol=0.02, what=f"{what} K_I/σ√(πa)", source=source)
    stuck = slit.k(slit.pressed(LOAD, 1.0)) / LOAD
    verify.below(stuck[2], 1e-3, what="the same, μ = 1 > tan β: K/σ√(πa) from J", source="it sticks")


def test_an_open_crack_is_a_free_one(verify, comm):
    beta = np.radians(30)
    closing, free = (Slit(comm, beta, closes=closes) for closes in (True, False))
    for load, pressure, what in ((-LOAD, 0.0, "in tension"), (LOAD, 2 * LOAD, "under a larger pressure inside")):
        one, other = (slit.k(slit.pressed(load, pressure=pressure), pressure) for slit in (closing, free))
        for mode, a, b in zip(("K_I", "K_II"), one, other, strict=False):
            verify(
                a / b, 1.0, atol=1e-9, what=f"crack {what}: {mode} over that of one that does not close", source="free"
            )


def test_a_bent_crack_is_partly_shut(verify, comm):
    slope = LOAD / HALF / STIFF
    slit = Slit(comm, size=0.05)

    def bent(x, t):
        a, b = x[0] - WIDTH / 2, x[1] - WIDTH / 2
        return np.array([-slope / 2 * (POISSON / (1 - POISSON) * a**2 + b**2), slope * a * b])

    mechanics = ssb.Elasticity(degree=2)
    model = ssb.Model(slit.mesh, [mechanics])
    for side in ("left", "right", "bottom", "top"):
        model.apply(ssb.Moved(side, bent))
    state = model.solve()
    shut = float(state.integrate(fem.form(mechanics.columns(state)["shut fraction crack [1]"]))[0])
    verify(
        shut, 1 / 3, atol=0.025, what="crack in bending: share that is shut (half a cell: 0.025)", source="closed form"
    )
    one, two, _ = slit.k(state) / LOAD
    verify(one, (2 / 3) ** 1.5, rtol=0.02, what="crack in bending: K_I/s√(πa) at its open end", source="closed form")
    verify(two, 0.0, atol=0.005, what="crack in bending: K_II/s√(πa)", source="symmetry")
    shut_end = slit.k(state, end=-1)[2] / LOAD
    verify.below(shut_end, 0.02, what="crack in bending: K/s√(πa) from J at its shut end", source="closed form")


@pytest.mark.parallel
def test_a_shut_penny_is_not_felt(verify, comm):
    width, load, found = 6.0, 1.0 * MPa, {}
    for closes in (True, False):
        stack = ssb.Stack(width=width, depth=width, dim=3)
        stack.layer("body", brittle(1 * GPa, POISSON, 1.0), thickness=width)
        stack.crack("crack", ssb.Penny((3.0, 3.0, 3.0), 1.0), tip_size=0.5, closes=closes)
        mesh = stack.mesh(comm, size=3.0)
        for sign, name in ((1, "pressed"), (-1, "pulled")):
            model = ssb.Model(mesh, [ssb.Elasticity(degree=1)])
            for axis, face in enumerate(("left", "front", "bottom")):
                model.apply(ssb.Fixed("displacement", face, 0.0, component=axis))
            model.apply(ssb.Flux("displacement", "top", -sign * load))
            state = model.solve()
            stress, n = state.quantity("stress", "body"), ufl.FacetNormal(state.domain)
            off = total(comm, (stress[2, 2] + sign * load) ** 2 * state.dx("body"))
            opened = -total(comm, ufl.dot(state["displacement"], n) * state.ds("crack"))
            found[closes, name] = opened, np.sqrt(off / width**3) / load
    verify(mesh.area("crack"), 2 * np.pi, rtol=1e-12, what="penny: area of both faces", source="closed form")
    what = "shut penny: deviation of the stress over σ"
    verify.below(found[True, "pressed"][1], 1e-4, what=what, source="uniform")
    ratio = found[True, "pulled"][0] / found[False, "pulled"][0]
    verify(ratio, 1.0, atol=1e-8, what="penny in tension: volume over that of one that does not close", source="free")
    through = -found[False, "pressed"][0] / found[False, "pulled"][0]
    verify(through, 1.0, atol=1e-8, what="the latter, pressed: volume of the overlap over it", source="linear")
