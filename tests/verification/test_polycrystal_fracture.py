"""Bodies of many grains in 3D that break along their boundaries: closed forms, scaling, energy.

Columns. Bricks of grains on a plane boundary, normal to the load, with free sides: the stress is uniform, the
boundaries along the load bear nothing, and the plane is one cohesive facet in series with the height H,

    σ = Eε,  opening δ = u − σH/E:    peak = σ_c at u = σ_cH/E + σ_c/K,    dissipated = G_c × cross-section.

(No snap-back: H < 2EG_c/σ_c².)
Scaling. With nothing but E, ν, σ_c, G_c, grains of size d and the time τ by which damage follows the curve over that of
the load (K = 50σ_c²/G_c is no further one), peak/σ_c = f(EG_c/σ_c²d, σ_c/E · 1/ε̇τ): σ_c twice, d twice, G_c eight
times and twice the strain leave it as it is.
Solver. What breaks does not ask how it is solved: a multigrid with an inexact Newton gives the forces of factors.
Energy. All laws are positively homogeneous of degree one in u at given damage, so F = 2E/u; with the displacement
prescribed the work is the trapezoidal rule of F.
"""

import numpy as np
import pytest
from cells import box, midpoints, one_region
from dolfinx import fem

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.solvers import newton, presets
from fem_ssb.units import GPa, MPa, um

YOUNG, POISSON, STRENGTH, TOUGHNESS, SIDE = 150 * GPa, 0.25, 70 * MPa, 1.1, 10 * um
BOUNDARY = "separator|separator"
pytestmark = [pytest.mark.system("B6"), pytest.mark.parallel]
MATERIAL = ssb.Material.custom(
    "ceramic", kind="electrolyte", stiffness=IsotropicStiffness(YOUNG, POISSON), thermal_expansion=0.0
)


def pulled(mesh, law, moves, dt=1.0, each=None, options=None):
    """Forces [N], energies stored and dissipated [J] while the top is moved to each of some places."""
    elasticity = ssb.Elasticity(degree=1, cohesive={BOUNDARY: law})
    model = ssb.Model(mesh, [elasticity], options=options)
    for wall, axis in {"left": 0, "front": 1, "bottom": 2}.items():
        model.apply(ssb.Fixed("displacement", wall, 0.0, component=axis))
    model.apply(ssb.Fixed("displacement", "top", lambda t: t, component=2))
    state = model.state
    columns = elasticity.columns(state)
    forms = [fem.form(columns[name]) for name in ("elastic energy", "cohesive energy")]
    forces, stored, lost = [], [], []
    for move in moves:
        state.time.value = move
        model.solve(dt)
        forces.append(model.balances.force("top", 2))
        for energies, value in zip((stored, lost), state.integrate(*forms), strict=True):
            energies.append(float(value))
        model.accept()
        if each is not None:
            each(model)
    return np.array(forces), np.array(stored), np.array(lost)


def surplus(moves, forces, stored, lost):
    """(stored + dissipated − work)/work of each step."""
    u, F = (np.concatenate([[0.0], x]) for x in (moves, forces))
    work = np.cumsum(np.diff(u) * (F[1:] + F[:-1]) / 2)
    return (stored + lost - work) / work


def test_plane_boundary_under_columns(verify, comm):
    mesh = one_region(comm, (SIDE,) * 3, (2, 2, 2), MATERIAL, name="separator", grains=(2, 2, 2))
    stiffness, last = 50 * STRENGTH**2 / TOUGHNESS, 2 * TOUGHNESS / STRENGTH
    peak = STRENGTH * SIDE / YOUNG + STRENGTH / stiffness
    moves = np.array([0.5 * peak, peak, (peak + last) / 2, last, 1.2 * last])
    forces, stored, lost = pulled(mesh, ssb.Cohesive(STRENGTH, TOUGHNESS), moves)
    verify(forces.max() / SIDE**2, STRENGTH, rtol=1e-6, what="columns: peak stress [Pa]", source="uniform stress")
    source = "cohesive law in series with the body"
    middle = STRENGTH * (last - moves[2]) / (last - peak)
    verify(forces[2] / SIDE**2, middle, rtol=1e-6, what="columns: stress when half parted [Pa]", source=source)
    verify(forces[-1] / forces.max(), 0.0, atol=1e-9, what="columns: force once broken over peak", source="δ > δ_f")
    verify(lost[-1], TOUGHNESS * SIDE**2, rtol=1e-6, what="columns: dissipated energy [J]", source="G_c × area")
    found = np.abs(surplus(moves, forces, stored, lost)).max()
    verify.below(found, 1e-4, what="columns: |stored + dissipated − work|/work", source="energy")


def bonded(comm, side, cells=4):
    """A cube of bricks whose rows are shifted, so that no plane of boundaries goes through."""
    domain = box(comm, (side,) * 3, (cells,) * 3)
    x, y, z = midpoints(domain).T / side
    a = np.floor(2 * x)
    b = np.floor(2 * y + 0.4 * a)
    c = np.floor(2 * z + 0.4 * ((a + b) % 2))
    grain = (a + 3 * (b + 3 * c)).astype(np.int32)
    return ssb.NamedMesh.from_cells(
        domain, ["separator"], np.zeros_like(grain), grain, np.zeros(27, np.int32), materials={"separator": MATERIAL}
    )


def test_peak_scales_with_the_strength(verify, comm):
    """Steps of two times of relaxation; the energy balances at each."""
    steps = np.linspace(0.6, 4.0, 10)
    cases = {
        "first": (SIDE, STRENGTH, TOUGHNESS),
        "twice as strong and as large": (2 * SIDE, 2 * STRENGTH, 8 * TOUGHNESS),
    }
    peaks = {}
    for name, (side, strength, toughness) in cases.items():
        law = ssb.Cohesive(strength, toughness, relaxation=1.0)
        moves = steps * side * strength / YOUNG * 1.2
        forces, stored, lost = pulled(bonded(comm, side), law, moves, dt=2.0)
        peaks[name] = forces.max() / side**2 / strength
        found = np.abs(surplus(moves, forces, stored, lost)).max()
        verify.below(found, 1e-4, what=f"bricks, {name}: |stored + dissipated − work|/work", source="energy")
        assert forces.argmax() < len(forces) - 1, "the peak is not passed"
    first, other = peaks.values()
    what = "bricks, twice as strong and as large: peak over strength, over that of the first"
    verify(other / first, 1.0, rtol=1e-6, what=what, source="dimensional analysis")


def test_iterations_of_inexact_newton(verify, comm, monkeypatch):
    """Of conjugate gradients, against linear solves that all have the tolerance of Newton's elsewhere."""
    moves = np.linspace(0.6, 2.5, 6) * SIDE * STRENGTH / YOUNG * 1.2
    law, mesh = ssb.Cohesive(STRENGTH, TOUGHNESS, relaxation=1.0), bonded(comm, SIDE)

    def run(**options):
        counts = []
        forces = pulled(mesh, law, moves, 2.0, lambda model: counts.append(model.linear_iterations), options)[0]
        return forces / SIDE**2 / STRENGTH, sum(counts)

    factors, _ = run()
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    (inexact, fewer), (_, more) = run(), run(ksp_rtol=newton.INNER_TOLERANCE)
    what = "bricks: |stress over strength by multigrid − by factors|"
    verify.below(np.abs(inexact - factors).max(), 1e-8, what=what, source="the same equations")
    what = "bricks: iterations of conjugate gradients, inexact over exact Newton"
    verify.below(fewer / more, 0.85, what=what, source="Eisenstat & Walker")
