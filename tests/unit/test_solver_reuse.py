"""What is kept from solve to solve (tangent of the cells, multigrid); where coarse spaces jump; a load that goes."""

import numpy as np
import pytest
import small_cells
import ufl
from dolfinx import fem, mesh
from dolfinx.fem.petsc import assemble_matrix, create_matrix

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.solvers import presets
from fem_ssb.solvers.newton import JIT
from fem_ssb.solvers.split import split_tangent

# σ_c and G_c of boundaries in units of E and EL: K = 50σ_c²/G_c is 5 and 50 E/L, some 2 and 20 E/h on the mesh here.
SOFT, STIFF = (0.01, 1e-3), (0.1, 1e-2)
FACETS = 32
pytestmark = pytest.mark.parallel


def drawn_out(comm, law, stretch=1.0):
    """A unit cube of two grains, one above the other, drawn out."""
    grain = ssb.Material.custom(
        "grain", kind="electrolyte", stiffness=IsotropicStiffness(1.0, 0.25), thermal_expansion=0.0
    )
    named = small_cells.two_grains(comm, 3, grain)
    model = ssb.Model(named, [ssb.Elasticity(degree=1, cohesive={"body|body": law})])
    for wall, axis in {"left": 0, "front": 1, "bottom": 2}.items():
        model.apply(ssb.Fixed("displacement", wall, 0.0, component=axis))
    return model.apply(ssb.Fixed("displacement", "top", lambda t: stretch * t, component=2))


def loose(model):
    """Facets across which coarse spaces jump, of all ranks."""
    return model.mesh.comm.allreduce(len(model.state.fields["displacement"].loose()))


def solved(model, *times):
    for time in times:
        model.state.time.value = time
        model.solve()
        model.accept()
    return model


def test_the_tangent_of_the_cells_is_kept(comm):
    solver = solved(drawn_out(comm, ssb.Cohesive(*STIFF)), 0.05, 0.15, 0.2)._solvers[0]
    assert solver.split.made == 1
    plain = assemble_matrix(solver._problem.J, solver.bcs)
    plain.assemble()
    plain.scale(solver.fields[0].scale / solver.fields[0].flux)
    size = plain.norm()
    plain.axpy(-1.0, solver.linearise())
    assert plain.norm() < 1e-13 * size


def test_it_is_made_anew_when_what_it_reads_changes(comm):
    domain = mesh.create_unit_square(comm, 3, 3, ghost_mode=mesh.GhostMode.shared_facet)
    V = fem.functionspace(domain, ("Lagrange", 1))
    u, v, k = fem.Function(V), ufl.TestFunction(V), fem.Constant(domain, 1.0)
    residual = k * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx + u**3 * v * ufl.ds
    whole = fem.form(ufl.derivative(residual, u))
    split, A = split_tangent(residual, u, JIT), create_matrix(whole)
    for stiffness, boundary, made in ((1.0, 0.0, 1), (1.0, 2.0, 1), (3.0, 2.0, 2)):
        k.value, u.x.array[:] = stiffness, boundary
        A.zeroEntries()
        split.assemble(A, [])
        plain = assemble_matrix(whole)
        plain.assemble()
        plain.axpy(-1.0, A)
        assert plain.norm() < 1e-13 and split.made == made
    assert split_tangent(residual + u**2 * v * ufl.dx, u, JIT) is None
    assert split_tangent(ufl.Form(residual.integrals_by_type("cell")), u, JIT) is None


def test_a_multigrid_is_kept_while_it_is_good(comm, monkeypatch):
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    model = solved(drawn_out(comm, ssb.Cohesive(*STIFF)), 0.02, 0.04, 0.06)
    reuse = model._solvers[0].reuse
    assert (reuse.made, loose(model)) == (1, 0) and reuse.kept >= 2
    direct = drawn_out(comm, ssb.Cohesive(*STIFF))
    monkeypatch.undo()
    for other, times in ((model, (0.15, 0.18)), (direct, (0.02, 0.04, 0.06, 0.15, 0.18))):
        solved(other, *times)
    assert loose(model) == FACETS
    forces = [m.balances.force("top", 2) for m in (model, direct)]
    assert forces[0] == pytest.approx(forces[1], abs=1e-8 * STIFF[0])


@pytest.mark.parametrize("law, expected", [(SOFT, FACETS), (STIFF, FACETS // 2)])
def test_coarse_spaces_jump_where_an_interface_is_broken(comm, law, expected):
    """Beside broken facets those of a stiff interface hold, but those of one as soft as the cells need not."""
    assert loose(drawn_out(comm, ssb.Cohesive(*law))) == 0
    assert loose(drawn_out(comm, ssb.Cohesive(*law, initial=lambda x: x[0] - 0.5))) == expected


def test_the_run_ends_when_the_load_is_gone(comm):
    """The interface and the body in series: F = u/(1 + 1/K), beyond the peak σ_c(δ_f − u)/(δ_f − σ_c/K − σ_c)."""
    result = drawn_out(comm, ssb.Cohesive(*STIFF), stretch=0.5).run(1.0, change=0.1, broken=0.01, quiet=True)
    force, moved = result["force top z [N]"], 0.5 * result["time [s]"]
    assert result.reason.startswith("broken") and not result.finished
    assert force[-1] < 0.01 * force.max() <= force[-2] and moved[-1] < 0.5
    strength, toughness = STIFF
    first, last = toughness / (50 * strength), 2 * toughness / strength
    falling = strength * np.maximum(last - moved, 0) / (last - first - strength)
    assert np.allclose(force, np.minimum(moved / (1 + first / strength), falling), atol=1e-7)


@pytest.mark.parametrize("share, message", [(1.0, "less than 1"), (0.01, "face that is moved")])
def test_a_share_without_meaning_is_refused(comm, share, message):
    model = drawn_out(comm, ssb.Cohesive(*STIFF))
    if share < 1:
        model.loads = [load for load in model.loads if load.boundary != "top"]
        model.apply(ssb.Fixed("displacement", "top", 0.1, component=2))
    with pytest.raises(ssb.InputError, match=message):
        model.run(1.0, broken=share)
