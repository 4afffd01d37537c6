"""Platen, housing and schedules: what a column of layers does under them, in closed form.

Layers between rollers are a column of the stiffness E_i/L_i each (ν = 0): with 1/k = Σ L_i/E_i a pressure p moves the
top by −p/k. A housing p = p₀ + k_s u in series gives p = p₀ + k_s u = −k (u − g), g what the layers grow freely.
"""

import numpy as np
import pytest
from dolfinx import mesh as meshes
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness

pytestmark = pytest.mark.parallel
SIZE, SOFT, HARD = 1e-3, 2e9, 8e9
COLUMN = 1 / (0.5 * SIZE / SOFT + 0.5 * SIZE / HARD)


def solid(young, expansion=0.0, poisson=0.0):
    return ssb.Material.custom(
        "solid", kind="electrolyte", stiffness=IsotropicStiffness(young, poisson), thermal_expansion=expansion
    )


def column(comm, dim=2, poisson=0.0):
    ghosts = {"ghost_mode": meshes.GhostMode.shared_facet}
    corner = [SIZE] * dim
    make = meshes.create_rectangle if dim == 2 else meshes.create_box
    domain = make(comm, [[0.0] * dim, corner], [4] * dim, **ghosts)
    cells = domain.topology.index_map(dim)
    middle = meshes.compute_midpoints(domain, dim, np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32))
    region = (middle[:, dim - 1] > SIZE / 2).astype(np.int32)
    materials = {"soft": solid(SOFT, 1e-5, poisson), "hard": solid(HARD, 0.0, poisson)}
    return ssb.NamedMesh.from_cells(domain, ["soft", "hard"], region, materials=materials)


def pressed(mesh, *loads, end=1.0, physics=None, **more):
    model = ssb.Model(mesh, physics or [ssb.Elasticity(degree=1)])
    model.apply(*loads)
    return model, model.run(end, quiet=True, **more)


@pytest.mark.parametrize("dim", [2, 3])
def test_platen_with_a_force(comm, dim):
    _, result = pressed(column(comm, dim), ssb.Platen(pressure=[(0.0, 0.0), (1.0, 5e6)]))
    assert result["stack pressure [Pa]"] == pytest.approx(5e6 * result["time [s]"], abs=1e-3)
    assert result["platen displacement [m]"][-1] == pytest.approx(-5e6 / COLUMN, rel=1e-9)


def test_a_held_platen_reads_its_reaction(comm):
    _, result = pressed(column(comm), ssb.Platen(position=lambda t: -1e-6 * t))
    assert result["stack pressure [Pa]"][-1] == pytest.approx(1e-6 * COLUMN, rel=1e-9)


def test_a_platen_neither_slides_nor_tilts(comm):
    """Free sides, ν > 0, an eccentric push from the left: the top keeps one displacement, its corners included."""
    sides = ssb.Platen(pressure=1e6, sides="free")
    model, _ = pressed(column(comm, poisson=0.3), sides, ssb.Flux("displacement", "left", 1e6, component=0))
    u = model.state["displacement"]
    top = u.x.array.reshape(-1, 2)[model.state.spaces["displacement"].dofs(model.mesh.boundary("top"))]
    everywhere = [a for part in comm.allgather(top.tolist()) for a in part]
    assert len(np.unique(np.round(everywhere, 18), axis=0)) == 1
    assert abs(everywhere[0][0]) > 0


@pytest.mark.parametrize("share", [0.01, 1.0, 100.0])
def test_housing_in_series_with_a_column_that_grows(comm, share):
    spring, preload, warmer = share * COLUMN, 2e6, 50.0
    grown = 0.5 * SIZE * 1e-5 * warmer
    loads = (ssb.Housing(spring, preload), ssb.Ambient(298.15 + warmer))
    _, result = pressed(column(comm), *loads, physics=[ssb.Elasticity(degree=1, stress_free_temperature=298.15)])
    u = (COLUMN * grown - preload) / (COLUMN + spring)
    assert result["platen displacement [m]"][-1] == pytest.approx(u, rel=1e-9)
    assert result["stack pressure [Pa]"][-1] == pytest.approx(preload + spring * u, rel=1e-9)


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (lambda: ssb.Platen(), "either a pressure"),
        (lambda: ssb.Platen(pressure=1.0, position=1.0), "either a pressure"),
        (lambda: ssb.Platen(pressure=-1.0), r"pressure of the platen \[Pa\] must be at least 0"),
        (lambda: ssb.Housing(0.0), "stiffness of the housing"),
        (lambda: ssb.Housing(1e9, preload=-1.0), "preload of the housing"),
        (lambda: ssb.StackPressure([(0, 1e6), (10, -1e6)]), r"at t = 10 s must be at least 0"),
        (lambda: ssb.StackPressure([(0, 1e6), (0, 2e6)]), "strictly ascending"),
        (lambda: ssb.StackPressure(1e6, sides=("lef",)), "did you mean 'left'"),
    ],
)
def test_bad_loads_are_named(comm, load, message):
    model = ssb.Model(column(comm), [ssb.Elasticity(degree=1)])
    with pytest.raises(ssb.InputError, match=message):
        model.apply(load()).solve()


def test_a_body_that_nothing_holds_is_named():
    """Two blocks with a slit between them, the left one held."""
    domain = meshes.create_rectangle(MPI.COMM_SELF, [[0.0, 0.0], [3.0, 1.0]], [12, 4])
    middle = meshes.compute_midpoints(domain, 2, np.arange(domain.topology.index_map(2).size_local, dtype=np.int32))
    apart = np.flatnonzero((middle[:, 0] < 1) | (middle[:, 0] > 2)).astype(np.int32)
    blocks = meshes.create_submesh(domain, 2, apart)[0]
    region = (middle[apart, 0] > 1.5).astype(np.int32)
    materials = {"one": solid(SOFT), "two": solid(SOFT)}
    model = ssb.Model(ssb.NamedMesh.from_cells(blocks, ["one", "two"], region, materials=materials), [ssb.Elasticity()])
    model.apply(ssb.Fixed("displacement", "left", 0.0), ssb.Fixed("displacement", "bottom", 0.0, component=1))
    with pytest.raises(ssb.InputError, match="the body 'two', which touches no other, is free to move along x"):
        model.solve()
