"""A crack under pressure: opening, volume, stress intensity and the pressure at which it grows.

Line crack of half-length a under the pressure p in an infinite body, plane strain, E' = E/(1 − ν²) (Sneddon &
Lowengrub, Crack Problems in the Classical Theory of Elasticity, 1969): opening w = (4p/E')√(a² − x²), largest
4pa/E', volume 2πpa²/E', K_I = p√(πa), J = p²πa/E'. It grows at p_c = √(E'G_c/πa). With p = 1e-3, a = 1, E = 1,
ν = 0.2: volume 6.0319e-3, opening 3.84e-3.

Sharp: two faces, loaded with the pressure. Diffuse: damage 1 in the row of cells along the crack; the pressure acts
by −p∇d. Half of the body, 0 ≤ x ≤ 20a, abs(y) ≤ 20a; p_c of the diffuse crack is the middle between the last load that
it bears and the next, at which it runs (under pressure nothing stops it).
"""

import gmsh
import numpy as np
import pytest
import ufl
from cells import total
from cracks import brittle, refine
from dolfinx import fem

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip

E, NU, P, WIDTH = 1.0, 0.2, 1e-3, 20.0
STIFF = E / (1 - NU**2)
SOURCE = "Sneddon & Lowengrub (1969)"
pytestmark = pytest.mark.system("B5")


def sharp(comm, size):
    """(volume, opening in the middle, J, K_I) of the crack with two faces."""
    stack = ssb.Stack(width=WIDTH)
    stack.layer("plate", brittle(E, NU, 1.0), thickness=2 * WIDTH)
    stack.crack("crack", ssb.Slit([(0.0, WIDTH), (1.0, WIDTH)]), tip_size=size)
    mesh = stack.mesh(comm, size=2.0)
    model = ssb.Model(mesh, [ssb.Elasticity(degree=2)])
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "right", 0.0, component=1))
    model.apply(ssb.Flux("displacement", "crack", -P))
    state = model.solve()
    u, n = state["displacement"], ufl.FacetNormal(state.domain)
    volume = -2 * total(comm, ufl.dot(u, n) * state.ds("crack"))
    middle = total(comm, ufl.dot(u, u) ** 0.5 * _near_axis(state) * state.ds("crack"))
    middle /= total(comm, _near_axis(state) * state.ds("crack"))
    crack = CrackTip(state, "plate", (1, 0), 0.3, 0.7, faces={"crack": P})
    return volume, 2 * middle, crack.j((1.0, WIDTH)), crack.k((1.0, WIDTH))[0]


def _near_axis(state):
    """1 for x < 0.05: the opening varies by 0.1 % there."""
    return ufl.conditional(ufl.lt(ufl.SpatialCoordinate(state.domain)[0], 0.05), 1.0, 0.0)


@pytest.mark.parallel
def test_sharp_crack(verify, comm):
    exact = (2 * np.pi * P / STIFF, 4 * P / STIFF, P**2 * np.pi / STIFF, P * np.sqrt(np.pi))
    coarse, fine = (sharp(comm, size) for size in (0.1, 0.05))
    names = ("volume", "opening in the middle", "J", "K_I")
    for name, value, first, reference in zip(names, fine, coarse, exact, strict=True):
        verify(value, reference, rtol=0.02, what=f"pressurised crack, sharp: {name}", source=SOURCE)
        verify(first, reference, rtol=0.04, what=f"pressurised crack, sharp: {name}, coarser", source=SOURCE)
    critical = np.sqrt(1.0 / fine[2])  # G_c = 1: J grows with p²
    verify(
        critical * P, np.sqrt(STIFF / np.pi), rtol=0.03, what="sharp: critical pressure (G_c = 1)", source="Griffith"
    )


def rectangle(size, band):
    def draw():
        geo = gmsh.model.geo
        points = [geo.addPoint(x, y, 0) for x, y in ((0, -WIDTH), (WIDTH, -WIDTH), (WIDTH, WIDTH), (0, WIDTH))]
        lines = [geo.addLine(a, b) for a, b in zip(points, points[1:] + points[:1], strict=True)]
        surface = geo.addPlaneSurface([geo.addCurveLoop(lines)])
        geo.synchronize()
        for name, line in zip(("bottom", "right", "top", "left"), lines, strict=True):
            gmsh.model.addPhysicalGroup(1, [line], name=name)
        gmsh.model.addPhysicalGroup(2, [surface], name="plate")
        refine(size, 1.0, (0, 1.2, -band, band), thickness=3.0)
        gmsh.model.mesh.generate(2)

    return draw


def diffuse(comm, ell, toughness):
    """A model with a crack of half-length 1 in its damage, the pressure its time; the pressure's physics."""
    mesh = ssb.from_gmsh(comm, rectangle(ell / 4, 2.5 * ell), materials={"plate": brittle(E, NU, toughness)})
    pressure = ssb.CrackPressure(lambda x, t: t)
    elasticity = ssb.Elasticity(degree=1, split="none", residual_stiffness=1e-7)
    fracture = ssb.Fracture(ell, "AT1", mesh_corrected=True, initial=ssb.Slit([(0.0, 0.0), (1.0, 0.0)]))
    model = ssb.Model(
        mesh,
        [elasticity, fracture, pressure],
        damage_tolerance=1e-4,
        largest_sweeps=60,
    )
    model.apply(ssb.Fixed("displacement", "left", 0.0, component=0))
    model.apply(ssb.Fixed("displacement", "right", 0.0, component=1))
    return model, fem.form(pressure.volume(model.state))


def test_volume_of_a_diffuse_crack(verify, comm):
    values = []
    for ell in (0.1, 0.05, 0.025):
        model, volume = diffuse(comm, ell, 1e3)
        model.state.time.value = P
        model.solve()
        values.append(2 * float(model.state.integrate(volume)[0]))
    exact = 2 * np.pi * P / STIFF
    verify(values[-1], exact, rtol=0.02, what="pressurised crack, diffuse, ℓ = a/40: volume", source=SOURCE)
    errors = np.abs(np.array(values) - exact)
    verify.trend(errors, "falling", what="diffuse: error of the volume, ℓ = a/10, a/20, a/40", source="ℓ → 0")


def critical_pressure(comm, ell, loads):
    """Middle between the last load borne and the first that is not, over p_c (G_c = 1)."""
    model, _ = diffuse(comm, ell, 1.0)
    state, exact = model.state, np.sqrt(STIFF / np.pi)
    x = state.spaces["damage"].V.tabulate_dof_coordinates()[:, 0]
    borne = 0.0
    for load in loads:
        state.time.value = load * exact
        try:
            model.solve()
        except ssb.ConvergenceError:
            return (borne + load) / 2
        tip = max(comm.allgather(float(x[state["damage"].x.array > 0.95].max(initial=0.0))))
        if tip > 1.1:
            return (borne + load) / 2
        state.accept()
        borne = load
    return np.inf


def test_critical_pressure(verify, comm):
    coarse = critical_pressure(comm, 0.04, [0.5, 0.9, 0.92, 0.94, 0.96, 0.98, 1.0])
    fine = critical_pressure(comm, 0.02, [0.5, 0.9, 0.95, 0.96, 0.97, 0.98, 0.99, 1.0])
    verify(fine, 1.0, rtol=0.03, what="diffuse, AT1, ℓ = a/50: critical pressure/√(E'G_c/πa)", source="Griffith")
    verify.trend([coarse, fine], "rising", what="the same at ℓ = a/25 and a/50", source="ℓ → 0")
