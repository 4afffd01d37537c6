"""Newton's method for blocks and for bounded unknowns, and the linear solvers behind, in serial and in parallel."""

import gc

import numpy as np
import pytest
import small_cells
import ufl
from dolfinx import fem, la, mesh
from petsc4py import PETSc

import fem_ssb as ssb
from fem_ssb.problem.fields import Field
from fem_ssb.solvers import BlockNewton, BoundedNewton, presets
from fem_ssb.solvers.multigrid import SpaceMultigrid
from fem_ssb.solvers.newton import is_linear

V_T = 0.0257
LU = {"ksp_type": "preonly", "pc_type": "lu", "pc_factor_mat_solver_type": "mumps"}
EXCHANGE, CURRENT = 2.0, 2000.0


def square(comm, n=8):
    return mesh.create_unit_square(comm, n, n, ghost_mode=mesh.GhostMode.shared_facet)


def near_bottom(x):
    return x[1] < 0.5 + 1e-9


class Kinetic:
    """σ∇²u = 0 with exponential kinetics at the bottom and a current into the top; u depends on y alone."""

    def __init__(self, comm, prefix, *, sigma=(1e5, 1e5), scale=V_T, flux=1e3, options=None, blocks=1):
        self.domain = square(comm)
        V = fem.functionspace(self.domain, ("Lagrange", 1))
        conductivity = fem.Function(fem.functionspace(self.domain, ("DG", 0)))
        conductivity.x.array[:] = sigma[1]
        below = mesh.locate_entities(self.domain, 2, near_bottom)
        conductivity.interpolate(lambda x: np.full(x.shape[1], sigma[0]), below)
        conductivity.x.scatter_forward()
        facets = [mesh.locate_entities_boundary(self.domain, 1, lambda x, y=y: np.isclose(x[1], y)) for y in (0.0, 1.0)]
        tags = np.concatenate([np.full_like(f, k + 1) for k, f in enumerate(facets)])
        order = np.argsort(np.concatenate(facets))
        marked = mesh.meshtags(self.domain, 1, np.concatenate(facets)[order], tags[order])
        ds = ufl.Measure("ds", self.domain, subdomain_data=marked)
        self.u, v = fem.Function(V, name="u"), ufl.TestFunction(V)
        law = EXCHANGE * (ufl.exp(self.u / (2 * V_T)) - ufl.exp(-self.u / (2 * V_T)))
        residual = conductivity * ufl.inner(ufl.grad(self.u), ufl.grad(v)) * ufl.dx
        residual += law * v * ds(1) - CURRENT * v * ds(2)
        fields, functions, residuals = [Field("u", "V", scale, flux)], [self.u], [residual]
        if blocks == 2:
            w, z = fem.Function(V, name="w"), ufl.TestFunction(V)
            fields, functions = [*fields, Field("w", "V", scale, flux)], [*functions, w]
            residuals = [*residuals, (w - self.u) * z * ufl.dx]
        self.newton = BlockNewton(fields, functions, residuals, [], prefix=prefix, options={**LU, **(options or {})})
        self.sigma = sigma

    def exact(self):
        bottom = 2 * V_T * np.arcsinh(CURRENT / (2 * EXCHANGE))
        y = self.u.function_space.tabulate_dof_coordinates()[:, 1]
        return bottom + CURRENT * (np.minimum(y, 0.5) / self.sigma[0] + np.maximum(y - 0.5, 0) / self.sigma[1])


@pytest.mark.parametrize("blocks", [1, 2])
def test_exponential_at_a_thousand_exchange_currents_from_zero(comm, blocks):
    problem = Kinetic(comm, f"bv{blocks}_", blocks=blocks)
    problem.newton.solve()
    assert problem.newton.iterations > 3
    assert np.allclose(problem.u.x.array, problem.exact(), rtol=1e-9, atol=0)


def test_residual_at_its_rounding_does_not_stall_newton(comm):
    flux = 1e-2  # of the poor conductor, as the models choose it
    problem = Kinetic(comm, "noise_", sigma=(0.05e5, 5e12), flux=flux)
    problem.newton.solve()
    assert np.allclose(problem.u.x.array, problem.exact(), rtol=1e-6, atol=0)


def test_scales_do_not_change_the_solution(comm):
    found = []
    for k, (scale, flux) in enumerate([(V_T, 1e3), (1.0, 1.0), (1e-6, 1e8)]):
        problem = Kinetic(comm, f"scale{k}_", scale=scale, flux=flux)
        problem.newton.solve()
        found.append(problem.u.x.array.copy())
    assert np.abs(found[0]).max() > 0.3
    for other in found[1:]:
        assert np.allclose(other, found[0], rtol=1e-9, atol=0)


def test_too_few_iterations_raise_everywhere_with_the_reason(comm):
    problem = Kinetic(comm, "few_", options={"snes_max_it": 2})
    with pytest.raises(ssb.ConvergenceError, match=r"Newton for u did not converge in 2 iterations \(diverged_max_it"):
        problem.newton.solve()


def test_failing_linear_solver_raises_everywhere_with_the_reason(comm):
    options = {"ksp_type": "cg", "pc_type": "none", "ksp_max_it": 2, "ksp_rtol": 1e-10}
    problem = Kinetic(comm, "linear_", sigma=(1.0, 1e6), options=options)
    with pytest.raises(ssb.ConvergenceError, match=r"linear solver: diverged_(its|max_it)"):
        problem.newton.solve()


def test_full_steps_that_go_round_are_left(comm):
    """u/(u² + ε)^¼ = 0: full steps go from 3 to −3 and back, losing 1e-5 each time; half steps end at once."""
    V = fem.functionspace(square(comm), ("Lagrange", 1))
    u, v = fem.Function(V), ufl.TestFunction(V)
    u.x.array[:] = 3.0
    lumped = ufl.dx(metadata={"quadrature_rule": "vertex", "quadrature_degree": 1})
    residual = u / (u**2 + 1e-4) ** 0.25 * v * lumped
    newton = BlockNewton([Field("u", "1", 1.0, 1.0, stiff=True)], [u], [residual], [], prefix="round_", options=LU)
    newton.solve()
    assert np.abs(u.x.array).max() < 1e-8 and newton.iterations < 20


def poisson(comm, prefix, **options):
    domain = square(comm)
    V = fem.functionspace(domain, ("Lagrange", 1))
    u, v = fem.Function(V), ufl.TestFunction(V)
    x = ufl.SpatialCoordinate(domain)
    residual = ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx - x[0] * v * ufl.dx
    edge = fem.locate_dofs_geometrical(V, lambda x: np.isclose(x[1], 0))
    bcs = [fem.dirichletbc(1.0, edge, V)]
    return u, residual, BlockNewton([Field("u", "1", 0.1, 3.0)], [u], [residual], bcs, prefix=prefix, options=options)


def test_linear_problem_takes_one_linear_solve(comm):
    u, residual, newton = poisson(comm, "one_", **LU)
    v = ufl.TestFunction(u.function_space)
    assert newton.linear and is_linear(residual, u) and not is_linear(residual + u**2 * v * ufl.dx, u)
    newton.solve()
    assert (newton.iterations, newton.linear_iterations) == (1, 1)
    left = fem.assemble_vector(fem.form(residual))
    left.scatter_reverse(la.InsertMode.add)
    owned = u.function_space.dofmap.index_map.size_local
    free = ~np.isclose(u.function_space.tabulate_dof_coordinates()[:owned, 1], 0)
    assert np.abs(left.array[: free.size][free]).max(initial=0.0) < 1e-14


def test_linear_problem_that_does_not_converge_is_an_error(comm):
    _, _, newton = poisson(comm, "stop_", ksp_type="cg", pc_type="none", ksp_max_it=1, ksp_rtol=1e-12)
    with pytest.raises(ssb.ConvergenceError, match="diverged_linear_solve"):
        newton.solve()


def test_options_are_unique_and_go_with_their_solver(comm):
    _, _, first = poisson(comm, "first_", **LU)
    _, _, second = poisson(comm, "second_", ksp_type="cg", ksp_rtol=1e-3)
    assert first.snes.getKSP().getType() == "preonly" and second.snes.getKSP().getType() == "cg"
    assert second.snes.getKSP().getTolerances()[0] == 1e-3
    assert PETSc.Options().hasName("second_ksp_rtol")
    del second
    gc.disable()
    try:
        _, _, third = poisson(comm, "third_", **LU)
        del third  # at once, without the collector
        assert not PETSc.Options().hasName("third_ksp_type") and not PETSc.Options().hasName("second_ksp_rtol")
    finally:
        gc.enable()
    assert PETSc.Options().hasName("first_ksp_type")


def bounded(comm, prefix, start, **options):
    """−0.01 ∇²d + d = 2x on the unit square, with d ≥ start and d ≤ 1."""
    domain = square(comm, 16)
    V = fem.functionspace(domain, ("Lagrange", 1))
    d, lower, q = fem.Function(V), fem.Function(V), ufl.TestFunction(V)
    lower.interpolate(start)
    d.x.array[:] = lower.x.array
    x = ufl.SpatialCoordinate(domain)
    residual = (0.01 * ufl.inner(ufl.grad(d), ufl.grad(q)) + (d - 2 * x[0]) * q) * ufl.dx
    field = Field("damage", "1", 1.0, 1.0, bounds=(0.0, 1.0))
    solver = BoundedNewton(field, d, lower, residual, [], prefix=prefix, options={**LU, **options})
    return d, lower, solver


def test_bounds_and_irreversibility(comm):
    d, lower, solver = bounded(comm, "vi_", lambda x: np.where(x[1] > 0.5, 0.6, 0.0))
    change = solver.solve()
    x = d.function_space.tabulate_dof_coordinates()
    assert np.all(d.x.array >= lower.x.array - 1e-12) and np.all(d.x.array <= 1 + 1e-12)
    assert np.all(np.abs(d.x.array[x[:, 0] > 0.8] - 1) < 1e-12)  # the source asks for more than 1
    assert np.all(np.abs(d.x.array[(x[:, 0] < 0.05) & (x[:, 1] > 0.8)] - 0.6) < 1e-12)  # and here for less than before
    assert max(comm.allgather(float(d.x.array[(x[:, 0] < 0.05) & (x[:, 1] < 0.1)].max(initial=0.0)))) < 0.3
    assert change > 0.5
    assert solver.solve() < 1e-9


def test_bounded_newton_that_does_not_converge_is_an_error(comm):
    _, _, solver = bounded(comm, "vistop_", lambda x: 0 * x[0], snes_max_it=1, snes_rtol=1e-30, snes_atol=1e-30)
    with pytest.raises(ssb.ConvergenceError, match="bounded Newton for damage"):
        solver.solve()


def three_dimensional(comm, *, plating=True, **settings):
    physics = ("Conduction", "ButlerVolmer", *(["Plating"] if plating else []), "Elasticity", "Heat")
    return small_cells.cell(comm, physics, dim=3, grains=3, pores=False, size=4e-6, settings=settings)


def types(model):
    """Preconditioners of all Newton solvers."""
    return [s.snes.getKSP().getPC().getType() for s in model._solvers]


def assert_same(comm, model, other, tolerance):
    for name in model.state.fields:
        a, b = model.state[name].x.array, other.state[name].x.array
        span = max(comm.allgather(float(np.abs(a).max(initial=0.0))))
        assert max(comm.allgather(float(np.abs(a - b).max(initial=0.0)))) < tolerance * span, name


def test_iterative_and_direct_solvers_agree_in_3d(comm, monkeypatch):
    direct = three_dimensional(comm)
    direct.solve(dt=10.0)
    assert types(direct) == ["lu"]
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    iterative = three_dimensional(comm)
    iterative.solve(dt=10.0)
    assert types(iterative) == ["fieldsplit"]
    displacement = iterative._solvers[0].snes.getKSP().getPC().getFieldSplitSubKSP()[-1].getPC()
    assert isinstance(displacement.getPythonContext(), SpaceMultigrid)
    assert (
        iterative.linear_iterations < 70 * iterative.iterations
    )  # 59 to 60, by the random start of eigenvalue estimates
    assert_same(comm, direct, iterative, 1e-7)
    assert max(iterative.balances.evaluate().values()) < 1e-8


@pytest.mark.parametrize("coupling", ["strong", "weak"])
def test_a_film_in_3d_is_solved_iteratively(comm, monkeypatch, coupling):
    """The current behind a film is an unknown that alone joins the two potentials."""

    def model(kind="strong"):
        stack = small_cells.stack(dim=3, grains=0, pores=False)
        for interface in ("anode|separator", "separator|counter"):
            stack.interface(interface, exchange_current=50.0, film_resistance=1e-2)
        physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Plating(), ssb.Elasticity()]
        made = ssb.Model(stack.mesh(comm, size=4e-6), physics, coupling=kind)
        made.ground("counter").apply(ssb.Current(20.0, into="anode"), ssb.StackPressure(5e6))
        return made

    direct = model()
    direct.solve(dt=10.0)
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    iterative = model(coupling)
    iterative.solve(dt=10.0)
    assert "fieldsplit" in types(iterative)
    assert iterative.linear_iterations < 30 * iterative.iterations
    assert_same(comm, direct, iterative, 1e-7)
    assert max(iterative.balances.evaluate().values()) < 1e-8


def test_names_of_parts_are_whole(comm, monkeypatch):
    """PETSc cuts option prefixes at 127 characters, and what it cuts finds no options."""
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    model = three_dimensional(comm)
    assert model.state.solved("displacement")
    for sub in model._solvers[0].snes.getKSP().getPC().getFieldSplitSubKSP():
        assert len(sub.getOptionsPrefix() + "fieldsplit_potential_mat_schur_") < 120


def test_single_field_solvers_agree_with_direct_ones_in_3d(comm, monkeypatch):
    direct = three_dimensional(comm, plating=False)
    direct.solve(dt=10.0)
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    weak = three_dimensional(comm, plating=False, coupling="weak", sweep_tolerance=1e-10)
    weak.solve(dt=10.0)
    assert sorted(types(weak)) == ["hypre", "hypre", "python"]
    assert_same(comm, direct, weak, 1e-7)


def test_the_users_options_win(comm, monkeypatch):
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    options = {"ksp_rtol": 3e-4, "fieldsplit_displacement_pc_type": "jacobi", "snes_max_it": 7}
    model = three_dimensional(comm, options=options)
    assert model.state.solved("displacement")
    solver = model._solvers[0].snes
    assert solver.getKSP().getTolerances()[0] == 3e-4 and solver.max_it == 7
    database = PETSc.Options(solver.getOptionsPrefix())
    assert database.getString("fieldsplit_displacement_pc_type") == "jacobi"
    assert solver.getKSP().getPC().getFieldSplitSubKSP()[-1].getPC().getType() != "python"
