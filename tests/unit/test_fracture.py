"""Fracture: what is refused, the correction for the mesh; acceleration and reuse of factors; crack pressure."""

import numpy as np
import pytest
from dolfinx import fem, mesh
from mpi4py import MPI
from petsc4py import PETSc

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip
from fem_ssb.analysis.crack_path import CrackPath
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.mesh import NamedMesh
from fem_ssb.physics.crack_pressure import pressure_of
from fem_ssb.physics.fracture import fine_size, intergranular, spans
from fem_ssb.problem.record import Recorder
from fem_ssb.problem.state import State
from fem_ssb.solvers import presets
from fem_ssb.solvers.acceleration import STRIDES, Anderson
from fem_ssb.solvers.reuse import LONG, SYMMETRIC, ReusedPreconditioner

BRITTLE = ssb.Material.custom(
    "brittle", kind="electrolyte", stiffness=IsotropicStiffness(150e9, 0.26), thermal_expansion=0.0, toughness=10.0,
    thermal_conductivity=1.0, density=1.0, specific_heat=1.0,
)  # fmt: skip


def square(n=8):
    domain = mesh.create_unit_square(MPI.COMM_SELF, n, n, ghost_mode=mesh.GhostMode.shared_facet)
    cells = domain.topology.index_map(2).size_local
    return NamedMesh.from_cells(domain, ["body"], np.zeros(cells, np.int32), materials={"body": BRITTLE})


def held(*physics, **options):
    model = ssb.Model(square(), list(physics), **options)
    return model.apply(*(ssb.Fixed("displacement", b, 0.0) for b in ("left", "right", "bottom", "top")))


def test_length_below_the_mesh_is_refused_with_the_size_needed():
    with pytest.raises(ssb.InputError, match=r"mesh with size ≤ 0\.1 m"):
        held(ssb.Elasticity(), ssb.Fracture(length=0.2)).solve()


@pytest.mark.parametrize("kind, share", [("AT1", 3 / 8), ("AT2", 1 / 2)])
def test_toughness_corrected_for_the_mesh(kind, share):
    """On right-angled triangles h is the short edge."""
    model = held(ssb.Elasticity(), ssb.Fracture(length=0.5, model=kind, mesh_corrected=True))
    state = model.state
    assert fine_size(state, ("body",)) == pytest.approx(1 / 8)
    found = state.integrate(fem.form(model.physics[1].toughness(state, "body") * state.dx("body")))[0]
    assert found * (1 + share / 4) == pytest.approx(10.0)


def test_strength_and_toughness_that_no_length_can_have():
    """ℓ ≤ 8EG_c/3πσ_c² = 0.85 · 150e9 · 10/(3e6)² m for linear softening."""
    with pytest.raises(ssb.InputError, match=r"region 'body' with ℓ = 0\.5 m: take ℓ ≤ 0\.141"):
        held(ssb.Elasticity(), ssb.Fracture(length=0.5, model="CZM", strength=3e6)).solve()
    # A tenth of the toughness, a tenth of that length; (1 + h/πℓ)⁻¹ of it, h/π less.
    for more, largest in (({"grains": {"body": (0.1,)}}, "0.0141"), ({"mesh_corrected": True}, "0.102")):
        with pytest.raises(ssb.InputError, match=rf"take ℓ ≤ {largest}"):
            held(ssb.Elasticity(), ssb.Fracture(length=0.5, model="CZM", strength=3e6, **more)).solve()
    with pytest.raises(ssb.InputError, match="CZM needs the strength of region 'body'"):
        held(ssb.Elasticity(), ssb.Fracture(length=0.5, model="CZM")).solve()
    with pytest.raises(ssb.InputError, match="AT1 has no strength of its own"):
        ssb.Fracture(model="AT1", strength=3e6)


def test_monolithic_finish_that_cannot_be(monkeypatch):
    finish = {"monolithic_finish": True}
    for physics, options in (
        ([ssb.Elasticity()], finish),
        ([ssb.Elasticity(), ssb.Heat(), ssb.Fracture(0.5)], {"coupling": "weak", **finish}),
    ):
        with pytest.raises(ssb.InputError, match="a monolithic finish is one Newton for damage and all that it acts"):
            held(*physics, **options).solve()
    monkeypatch.setattr(presets, "is_direct", lambda dim, size, linear=False: False)
    with pytest.raises(ssb.InputError, match="in 3D at most 40000, not 243: leave monolithic_finish out"):
        held(ssb.Elasticity(degree=1), ssb.Fracture(0.5), **finish).solve()


def test_an_equilibrium_behind_the_last_sweep_is_left():
    """The stable one of a body that is stretched, as if the sweep had gone away from it; damage that is there stays."""
    model = ssb.Model(square(), [ssb.Elasticity(degree=1), ssb.Fracture(0.5, "AT2")], monolithic_finish=True)
    model.apply(ssb.Fixed("displacement", "bottom", 0.0), ssb.Fixed("displacement", "top", 1e-5, component=1))
    model.solve()
    finish = model._monolithic
    u = [f.x.array for f in finish.solver.functions]
    found = [values.copy() for values in u]
    for away in (False, True):
        u[-1] *= 0.999
        begun = u[-1].copy()
        finish.bounded.course = (begun, begun - found[-1] if away else found[-1])
        assert finish.solve() is not away
        assert np.allclose(u[-1], begun if away else found[-1], rtol=1e-6, atol=0)
    finish.bounded.course, least = (0 * begun, begun), finish.bounded.lower.x.array
    least[::2] = 1.01 * found[-1][::2]
    assert finish.solve()
    assert np.allclose(u[-1][::2], least[::2], rtol=1e-9, atol=0)


def test_cleavage_is_checked():
    for normal, ratio in (((1, 0), 2.0), ((0, 0, 0), 2.0), ((1, 0, 0), 0.5)):
        with pytest.raises(ssb.InputError):
            ssb.Cleavage(normal, ratio)
    with pytest.raises(ssb.InputError, match="region with a cleavage plane"):
        held(ssb.Elasticity(), ssb.Fracture(0.5, cleavage={"bdoy": ssb.Cleavage((1, 0, 0), 2.0)})).solve()


def test_a_cleavage_plane_turns_with_its_crystal():
    """Along the normal, an axis of the crystal, A is 1, along the others r²."""
    Q = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))[0]
    (metric,) = ssb.Cleavage((0, 0, 2), 3.0).metric(Q[None])
    assert metric == pytest.approx(Q @ np.diag([9, 9, 1]) @ Q.T, abs=1e-12)


def test_length_of_a_crack():
    """Broken from left to right in a row of cells, with AT2's profile exp(−|y|/ℓ) about it: the length is 1."""
    n, ell = 80, 0.06
    model = ssb.Model(square(n), [ssb.Elasticity(), ssb.Fracture(ell, "AT2")])
    model.apply(*(ssb.Fixed("displacement", b, 0.0) for b in ("left", "right", "bottom", "top")))
    state = model.state
    height = np.abs(state["damage"].function_space.tabulate_dof_coordinates()[:, 1] - 0.5 - 0.5 / n) - 0.5 / n
    state["damage"].x.array[:] = np.exp(-np.maximum(height, 0.0) / ell)
    columns = model.physics[1].columns(state)
    assert state.integrate(fem.form(columns["crack length [m]"]))[0] == pytest.approx(1.0, rel=2e-3)


def unsolved(named, plane="strain"):
    """State with displacement and damage, without equations."""
    state = State(named)
    for physics in (ssb.Elasticity(degree=1, plane=plane), ssb.Fracture(0.5)):
        for field in physics.fields(state):
            state.add_field(field)
    return state


def grains(plane):
    """State of two grains, one above the other."""
    domain = mesh.create_unit_square(MPI.COMM_SELF, 16, 16, ghost_mode=mesh.GhostMode.shared_facet)
    cells = np.arange(domain.topology.index_map(2).size_local, dtype=np.int32)
    grain = (mesh.compute_midpoints(domain, 2, cells)[:, 1] > 0.5).astype(np.int32)
    named = NamedMesh.from_cells(
        domain, ["body"], np.zeros_like(grain), grain, np.zeros(2, np.int32), materials={"body": BRITTLE}
    )
    return unsolved(named, plane)


@pytest.mark.parametrize("plane, share", [("strain", 1 / 2), ("axisymmetric", 7 / 30)])
def test_share_of_a_crack_along_a_grain_boundary(plane, share):
    """Half of a crack runs in the cells above the boundary of two grains, half through the upper grain.

    Each half is 7/16 wide; in a body of revolution their middles are at the radii 7/32 and 23/32.
    """
    state = grains(plane)
    assert np.isnan(intergranular(state, "body"))
    x, y = state["damage"].function_space.tabulate_dof_coordinates()[:, :2].T
    for left, low in ((0.0, 0.5), (0.5, 0.75)):
        row = (x > left - 1e-9) & (x < left + 0.5 - 0.05) & (y > low - 1e-9) & (y < low + 1 / 16 + 1e-9)
        state["damage"].x.array[row] = 1.0
    assert intergranular(state, "body") == pytest.approx(share)


def test_opening_of_a_crack_in_a_body_of_revolution():
    """It is that of the section: u_z = ±w/2, d goes to 0 over two cells on either side.

    Nodes in the middle do not move, so u goes to w/2 over the first cell: −∫u·∇d dn = (1/2 + 1)/2 w.
    """
    state, w = grains("axisymmetric"), 1e-3
    state["damage"].interpolate(lambda x: np.clip(1 - 8 * np.abs(x[1] - 0.5), 0, 1))
    state["displacement"].interpolate(lambda x: np.array([0 * x[0], w * np.sign(x[1] - 0.5) / 2]))
    _, found = CrackPath(np.array([[0.0, 0.5], [1.0, 0.5]])).opening(state, 2)
    assert found == pytest.approx(3 / 4 * w, rel=1e-9)


def test_a_crack_leads_from_side_to_side_or_does_not():
    """A band of damage that is a cell high; then one column of cells in it is sound."""
    model = held(ssb.Elasticity(), ssb.Fracture(0.5, through=("left", "right")))
    state, fracture = model.state, model.physics[1]
    x = state["damage"].function_space.tabulate_dof_coordinates()
    band = np.abs(x[:, 1] - 0.5625) < 0.07
    state["damage"].x.array[band] = 1.0
    assert fracture.ended(state) == "broken: a crack leads from left to right"
    assert not spans(state, "left", "top")
    state["damage"].x.array[band & np.isclose(x[:, 0], 0.5)] = 0.0
    assert fracture.ended(state) == ""
    with pytest.raises(ssb.InputError, match="did you mean 'right'"):
        held(ssb.Elasticity(), ssb.Fracture(0.5, through=("left", "rigt"))).solve()


def test_a_run_ends_when_damage_has_taken_the_load():
    """A bar without Poisson's ratio is elastic to σ_c = √(3G_cE/8ℓ); then it has more energy than a crack takes."""
    young, ell, height, width, pulled = 150e9, 0.1, 1.0, 0.0625, 2.4e-5
    thin = ssb.Material.custom(
        "thin", kind="electrolyte", stiffness=IsotropicStiffness(young, 0.0), thermal_expansion=0.0, toughness=10.0
    )
    domain = mesh.create_rectangle(
        MPI.COMM_SELF, [(0.0, 0.0), (width, height)], (2, 32), ghost_mode=mesh.GhostMode.shared_facet
    )
    cells = domain.topology.index_map(2).size_local
    named = NamedMesh.from_cells(domain, ["bar"], np.zeros(cells, np.int32), materials={"bar": thin})
    model = ssb.Model(named, [ssb.Elasticity(degree=1), ssb.Fracture(ell)], largest_sweeps=500)
    model.apply(*(ssb.Fixed("damage", end, 0.0) for end in ("bottom", "top")))
    model.apply(*(ssb.Fixed("displacement", side, 0.0, component=0) for side in ("left", "right")))
    model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
    model.apply(ssb.Fixed("displacement", "top", lambda t: pulled * t, component=1))
    step = 1 / 32
    result = model.run(1.0, first_step=step, largest_step=step, smallest_step=step, broken=0.05, quiet=True)
    force, moved = result["force top y [N/m]"], pulled * result["time [s]"]
    strength = np.sqrt(3 * 10.0 * young / (8 * ell))
    assert result.reason.startswith("broken") and not result.finished
    assert np.allclose(force[:-1], young * width / height * moved[:-1], rtol=1e-6, atol=1e-6 * force.max())
    assert force[-1] < 0.05 * force.max()
    assert moved[-2] <= strength * height / young <= moved[-1]


def test_crack_pressure_needs_damage():
    with pytest.raises(ssb.InputError, match=r"add Fracture\(\)"):
        held(ssb.Elasticity(), ssb.CrackPressure(1e6)).solve()


def test_two_pressures_do_the_work_of_both():
    """Of 1 kPa and 2 kPa together that of 3 kPa, in the history too: twice what the held body stores (Clapeyron)."""
    work = []
    for pressures in ((1e3, 2e3), (3e3,)):
        fracture = ssb.Fracture(0.5, initial=ssb.Slit([(0.3, 0.5), (0.7, 0.5)]))
        model = held(ssb.Elasticity(degree=1), fracture, *map(ssb.CrackPressure, pressures))
        model.solve()
        row = Recorder(model).row(0.0, {})
        work.append(row["crack pressure work [J/m]"])
        assert work[-1] == pytest.approx(2 * row["elastic energy [J/m]"], rel=1e-6)
    assert work[0] == pytest.approx(work[1], rel=1e-6) and work[1] > 0


def test_pressure_of_an_overpotential():
    assert pressure_of(-1e-3, 13.0e-6) == pytest.approx(7.422e6, rel=1e-3)


@pytest.mark.parametrize("radii", [(0.3, 0.2), (0.0, 0.2)])
def test_radii_of_a_crack_tip(radii):
    with pytest.raises(ssb.InputError, match="radius"):
        CrackTip(held(ssb.Elasticity()).state, "body", (1, 0), *radii)


def test_a_crack_tip_where_its_fields_are_not_known():
    """In another plane than the two there are; between crystals, whose Williams' field is another."""
    crystals = NamedMesh.from_cells(
        square().domain, ["body"], np.zeros(128, np.int32), materials={"body": ssb.Material("LLZO")}
    )
    state = unsolved(crystals)
    with pytest.raises(ssb.InputError, match="unknown plane of a crack tip 'axisymmetric'"):
        CrackTip(state, "body", (1, 0), 0.1, 0.2, plane="axisymmetric")
    with pytest.raises(ssb.InputError, match="'body' is anisotropic"):
        CrackTip(state, "body", (1, 0), 0.1, 0.2).k((0.5, 0.5))


def test_anderson_solves_a_linear_problem_in_as_many_steps_as_unknowns():
    rng = np.random.default_rng(0)
    A = 0.9 * np.diag([1.0, 0.7, -0.5]) + 0.02 * rng.normal(size=(3, 3))
    b, x = rng.normal(size=3), np.zeros(3)
    exact = np.linalg.solve(np.eye(3) - A, b)
    acceleration = Anderson(MPI.COMM_SELF)
    for _ in range(6):
        x = acceleration(x, A @ x + b)
    assert np.abs(x - exact).max() < 1e-6
    plain = np.zeros(3)
    for _ in range(6):
        plain = A @ plain + b
    assert np.abs(plain - exact).max() > 1e-2


def test_strides_let_nothing_grow_and_go_far():
    """In turn they multiply a part of the error, whatever its contraction, by at most 1, and go beyond 2 on average."""
    share = np.linspace(0, 1, 201)
    assert np.abs(np.prod([1 - w * share for w in STRIDES], axis=0)).max() <= 1.0
    assert np.mean(STRIDES) > 3 and max(STRIDES) > 2


def matrix(n, change=0.0):
    """1D stiffness, weakened in some cells."""
    A = PETSc.Mat().createAIJ((n, n), nnz=3, comm=MPI.COMM_SELF)
    k = 1.0 - change * (np.arange(n + 1) % 7 == 0)
    for i in range(n):
        A[i, i] = k[i] + k[i + 1]
        if i + 1 < n:
            A[i, i + 1] = A[i + 1, i] = -k[i + 1]
    A.assemble()
    return A


def test_factors_are_kept_while_the_solves_are_short():
    n = 400
    ksp = PETSc.KSP().create(MPI.COMM_SELF)
    ksp.setOptionsPrefix("reuse_test_")
    options = PETSc.Options("reuse_test_")
    for key, value in {**SYMMETRIC, "ksp_rtol": 1e-10}.items():
        options[key] = value
    ksp.setFromOptions()
    factors = ReusedPreconditioner(ksp)
    b, x = PETSc.Vec().createSeq(n), PETSc.Vec().createSeq(n)
    b.set(1.0)
    made = []
    for change in (0.0, 0.3, 0.3, 0.999):
        ksp.setOperators(matrix(n, change))
        ksp.solve(b, x)
        assert ksp.getConvergedReason() > 0
        residual = b.copy()
        matrix(n, change).multAdd(-x, b, residual)
        assert residual.norm() < 1e-4 * b.norm()
        made.append(factors.made)
    assert made[:3] == [1, 1, 1] and factors.kept >= 2
    assert LONG < 50


def test_a_slow_ramp_is_foreseen():
    """The same energies with less than half the linear solves: most first sweeps of a step need none."""
    found, solves = [], []
    for foresee in (False, True):
        physics = [ssb.Elasticity(degree=1), ssb.Fracture(0.5, "AT2")]
        model = ssb.Model(square(), physics, damage_tolerance=1e-4, foresee_damage=foresee)
        model.apply(ssb.Fixed("displacement", "bottom", 0.0))
        model.apply(ssb.Fixed("displacement", "top", lambda t: t, component=1))
        state = model.state
        columns = {name: form for p in physics for name, form in p.columns(state).items()}
        energies = [fem.form(columns[name]) for name in ("elastic energy", "fracture energy")]
        solves.append(0)
        for load in np.linspace(0, 2e-6, 41)[1:]:
            state.time.value = load
            model.solve()
            solves[-1] += model.iterations
            model.accept()
        found.append(state.integrate(*energies))
    assert found[1] == pytest.approx(found[0], rel=1e-5)
    assert solves[1] < solves[0] / 2
