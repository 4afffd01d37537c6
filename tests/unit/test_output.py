"""Results on disk are read back and compared with the closed forms they were made from."""

import json
import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path

import basix.ufl
import h5py
import numpy as np
import pytest
from dolfinx import fem
from dolfinx.mesh import GhostMode, compute_midpoints, create_unit_cube, create_unit_square
from matplotlib.colors import LogNorm, Normalize
from mpi4py import MPI

from fem_ssb.compat import geometry_dofmap
from fem_ssb.errors import InputError
from fem_ssb.mesh import NamedMesh
from fem_ssb.output import (
    FieldSeries,
    History,
    Progress,
    heavy,
    latest_checkpoint,
    output_folder,
    overview,
    plot_history,
    read_checkpoint,
    read_history,
    read_snapshot,
    read_times,
    series,
    write_checkpoint,
    write_run_record,
)
from fem_ssb.output import checkpoint as checkpoint_module
from fem_ssb.output.display import colours, handy, style_of, title_and_unit
from fem_ssb.output.overview import in_plane
from fem_ssb.output.slices import between, outline, slice_tetrahedra, slice_triangles
from fem_ssb.spaces import broken_space, trace_space
from fem_ssb.spaces.facet_points import facet_element

COMM = MPI.COMM_WORLD
L = 60e-6
REGIONS = ["anode", "separator", "counter"]
INTERFACES = ("anode|separator", "separator|counter", "separator|separator")


def layered_mesh(dim=2, n=6):
    """Three layers of equal height; the middle one has two grains, left and right."""
    ghosts = GhostMode.shared_facet
    domain = (
        create_unit_square(COMM, n, n, ghost_mode=ghosts)
        if dim == 2
        else create_unit_cube(COMM, n, n, n, ghost_mode=ghosts)
    )
    cells = domain.topology.index_map(dim)
    middle = compute_midpoints(domain, dim, np.arange(cells.size_local + cells.num_ghosts, dtype=np.int32))
    domain.geometry.x[:] *= L
    region = np.floor(3 * middle[:, dim - 1]).astype(np.int32)
    grain = np.where(region == 1, 1 + (middle[:, 0] > 0.5), np.where(region == 0, 0, 3)).astype(np.int32)
    return NamedMesh.from_cells(domain, REGIONS, region, grain, [0, 1, 1, 2])


def facets(mesh, *names):
    return np.unique(np.concatenate([mesh.interface(name).facets for name in names]))


def split_space(mesh):
    return broken_space(mesh.domain, ("Lagrange", 1), broken=facets(mesh, *INTERFACES))


def fill(u, mesh, label, f, only=None):
    """Interpolate f(x, label of the cell) label by label."""
    for i in np.unique(label) if only is None else only:
        cells = np.flatnonzero(label == i).astype(np.int32)
        u.interpolate(lambda x, i=i: f(x, i), cells0=cells)
    u.x.scatter_forward()


def potential(x, grain):
    """Quadratic, with a jump at every interface; exact in P2."""
    return (x[0] / L) ** 2 - x[0] * x[1] / L**2 + 3.0 * grain


def temperature(x, region):
    """Linear, a jump at anode|separator alone."""
    return 300.0 + 10 * x[1] / L + 5.0 * (region == 0)


def displacement(x, grain):
    return np.stack([x[0] * 1e-3, x[1] * 2e-3 + 1e-6 * grain, 0.0 * x[0]])


@pytest.fixture
def folder(tmp_path):
    return Path(COMM.bcast(str(tmp_path)))


@pytest.fixture
def mesh():
    return layered_mesh()


def on_root_only(check):
    """Run a check on rank 0; if it fails, it fails on all ranks."""
    error = None
    if COMM.rank == 0:
        try:
            check()
        except BaseException as problem:
            error = repr(problem)
    error = COMM.bcast(error)
    assert error is None, error


# -- series ---------------------------------------------------------------------------------------------------------


def write_closed_form_series(path, mesh, **options):
    """Two times of fields of different degrees, breaks and regions."""
    everywhere = broken_space(mesh.domain, ("Lagrange", 2), broken=facets(mesh, *INTERFACES))
    fewer = broken_space(mesh.domain, ("Lagrange", 1), broken=facets(mesh, "anode|separator"))
    inside = mesh.region_of_cell == 1
    restricted = broken_space(mesh.domain, ("Lagrange", 2), broken=facets(mesh, "separator|separator"), active=inside)
    vector = broken_space(mesh.domain, ("Lagrange", 1, (mesh.dim,)), broken=facets(mesh, *INTERFACES))
    film = trace_space(mesh.domain, ("Lagrange", 1), facets(mesh, "anode|separator"))
    phi, T, c, u, h = (fem.Function(s.V) for s in (everywhere, fewer, restricted, vector, film))
    fill(phi, mesh, mesh.grain_of_cell, potential)
    fill(T, mesh, mesh.region_of_cell, temperature)
    fill(c, mesh, np.where(inside, mesh.grain_of_cell, -1), potential, only=(1, 2))
    fill(u, mesh, mesh.grain_of_cell, lambda x, i: displacement(x, i)[: mesh.dim])
    h.x.array[:] = 7.0
    h.x.array[film.dummy] = 99.0
    current = fem.Function(fem.functionspace(mesh.domain, ("DG", 0)))
    current.interpolate(lambda x: 2.0 + x[0] / L)
    result = FieldSeries(path, mesh, split_space(mesh), **options)
    for time_, factor in ((0.0, 1.0), (1.5, 2.0)):
        phi.x.array[:] *= factor
        result.write(
            time_,
            nodal={
                "potential [V]": phi,
                "temperature [K]": T,
                "concentration [mol/m^3]": (c, restricted),
                "same by mask [mol/m^3]": (c, inside),
                "displacement [m]": u,
                "film [m]": (h, film),
            },
            cell={
                "current density [A/m^2]": current,
                "inside [A/m^2]": (current, inside),
                "owner [-]": mesh.grain_of_cell.astype(np.float64),
            },
        )
    return result


def check_closed_form(path, dim, factor=2.0, n=6, step=-1):
    snapshot = read_snapshot(path, step)
    x = snapshot.points[snapshot.cells].transpose(2, 0, 1)
    region, grain = snapshot.cell["region"][:, None], snapshot.cell["grain"][:, None]
    middle = x.mean(axis=2) / L
    cells = 2 * n**2 if dim == 2 else 6 * n**3
    assert snapshot.cells.shape == (cells, dim + 1)
    assert snapshot.regions == REGIONS
    assert np.array_equal(region[:, 0], np.floor(3 * middle[dim - 1]))
    assert np.array_equal(grain[:, 0] == 2, (region[:, 0] == 1) & (middle[0] > 0.5))
    nodes = (n + 1) ** dim + 2 * (n + 1) ** (dim - 1) + (n // 3 + 1) * (n + 1) ** (dim - 2)
    assert len(snapshot.points) == nodes
    at = {name: values[snapshot.cells] for name, values in snapshot.nodal.items()}
    assert np.allclose(at["potential [V]"], factor * potential(x, grain), rtol=1e-13, atol=1e-13)
    assert np.allclose(at["temperature [K]"], temperature(x, region), rtol=1e-13)
    for name in ("concentration [mol/m^3]", "same by mask [mol/m^3]"):
        inside = np.broadcast_to(region == 1, (*grain.shape[:1], dim + 1))
        assert np.allclose(at[name][inside], potential(x, grain)[inside], rtol=1e-13, atol=1e-13)
        assert np.isnan(at[name][~inside]).all()
    u = np.moveaxis(at["displacement [m]"], -1, 0)
    assert u.shape[0] == 3
    assert np.allclose(u, displacement(x, grain), rtol=1e-13, atol=1e-20)
    on_film = np.isclose(x[dim - 1], L / 3) & (region < 2)
    assert (at["film [m]"][on_film] == 7.0).all()
    assert np.isnan(at["film [m]"][~on_film]).all()
    current = 2.0 + middle[0]
    assert np.allclose(snapshot.cell["current density [A/m^2]"], current, rtol=1e-13)
    masked = np.where(region[:, 0] == 1, current, np.nan)
    assert np.allclose(snapshot.cell["inside [A/m^2]"], masked, rtol=1e-13, equal_nan=True)
    assert np.array_equal(snapshot.cell["owner [-]"], grain[:, 0])


@pytest.mark.parametrize("dim", [2, 3])
def test_series_gives_back_the_closed_forms_with_their_jumps(folder, dim):
    path = folder / "fields.xdmf"
    written = write_closed_form_series(path, layered_mesh(dim))
    assert written.times == [0.0, 1.5]
    on_root_only(lambda: check_closed_form(path, dim))
    assert read_times(path) == [0.0, 1.5]


def test_series_through_rank_zero_is_the_same(folder, mesh, monkeypatch):
    monkeypatch.setattr(heavy, "has_parallel_hdf5", lambda: False)
    write_closed_form_series(folder / "fields.xdmf", mesh)
    on_root_only(lambda: check_closed_form(folder / "fields.xdmf", 2))


def test_one_grid_a_time_and_the_mesh_stored_once(folder, mesh):
    path = folder / "fields.xdmf"
    write_closed_form_series(path, mesh)

    def check():
        root = ET.parse(path).getroot()
        (collection,) = root.findall("Domain/Grid")
        assert (collection.get("GridType"), collection.get("CollectionType")) == ("Collection", "Temporal")
        grids = collection.findall("Grid")
        assert [float(g.find("Time").get("Value")) for g in grids] == [0.0, 1.5]
        assert len({g.find("Geometry/DataItem").text for g in grids}) == 1
        for grid in grids:
            names = [a.get("Name") for a in grid.findall("Attribute")]
            assert len(names) == 11 and len(set(names)) == 11
            kinds = {a.get("Name"): a.get("AttributeType") for a in grid.findall("Attribute")}
            assert kinds["displacement [m]"] == "Vector" and kinds["potential [V]"] == "Scalar"
        information = {i.get("Name"): i.get("Value") for i in root.findall("Domain/Information")}
        assert information["regions"] == "0=anode; 1=separator; 2=counter"
        with h5py.File(path.with_suffix(".h5"), "r") as file:
            assert sorted(file) == ["mesh_0", "step_000000", "step_000001"]
            for item in root.iter("DataItem"):
                data = file[item.text.strip().split(":")[1]]
                assert [int(n) for n in item.get("Dimensions").split()] == list(data.shape)
                assert int(item.get("Precision")) == data.dtype.itemsize

    on_root_only(check)


def test_tensors_and_arrays_at_split_nodes(folder, mesh):
    space = split_space(mesh)
    owned = space.V.dofmap.index_map.size_local
    stress = fem.Function(fem.functionspace(mesh.domain, ("DG", 0, (2, 2))))
    stress.x.array.reshape(-1, 4)[:] = [1.0, 2.0, 3.0, 4.0]
    path = folder / "fields.xdmf"
    FieldSeries(path, mesh, space).write(
        0.0, {"x [m]": space.V.tabulate_dof_coordinates()[:owned]}, {"stress [Pa]": stress}
    )

    def check():
        snapshot = read_snapshot(path)
        assert np.array_equal(snapshot.nodal["x [m]"], snapshot.points)
        assert (snapshot.cell["stress [Pa]"] == [1, 2, 0, 3, 4, 0, 0, 0, 0]).all()

    on_root_only(check)


def test_a_field_that_jumps_between_all_cells_is_averaged_over_all_of_them(folder, mesh):
    u = fem.Function(fem.functionspace(mesh.domain, ("DG", 1)))
    c = fem.Function(fem.functionspace(mesh.domain, ("DG", 0)))
    c.interpolate(lambda x: np.sin(x[0] / L * 7) + x[1] / L)
    u.x.array[u.function_space.dofmap.list] = c.x.array[c.function_space.dofmap.list]
    path = folder / "fields.xdmf"
    FieldSeries(path, mesh, split_space(mesh)).write(0.0, {"u": u}, {"c": c})

    def check():
        snapshot = read_snapshot(path)
        nodes, values = snapshot.cells.ravel(), np.repeat(snapshot.cell["c"], 3)
        assert np.allclose(snapshot.nodal["u"], np.bincount(nodes, weights=values) / np.bincount(nodes), rtol=1e-12)

    on_root_only(check)


def test_a_field_that_does_not_fit_writes_nothing_and_names_itself(folder, mesh):
    path = folder / "fields.xdmf"
    result = FieldSeries(path, mesh, split_space(mesh))
    result.write(1.0)
    rows = np.zeros(result._cells + (COMM.rank == COMM.size - 1) * 1000)
    edge = fem.Function(fem.functionspace(mesh.domain, ("N1curl", 1)))
    linear = fem.Function(fem.functionspace(mesh.domain, ("Lagrange", 1)))
    foreign = fem.Function(fem.functionspace(layered_mesh().domain, ("Lagrange", 1)))
    with pytest.raises(InputError, match="'rows' must have one row an owned cell"):
        result.write(2.0, cell={"rows": rows})
    with pytest.raises(InputError, match="'edge' must be of a Lagrange element"):
        result.write(2.0, nodal={"edge": edge})
    with pytest.raises(InputError, match="'linear' must be constant in each cell"):
        result.write(2.0, cell={"linear": linear})
    with pytest.raises(InputError, match="'foreign' lives on another mesh"):
        result.write(2.0, nodal={"foreign": foreign})
    with pytest.raises(InputError, match=r"time 1.0 s is not later"):
        result.write(1.0)
    with pytest.raises(InputError, match=r"ends in \.xdmf"):
        FieldSeries(folder / "fields.vtk", mesh, split_space(mesh))
    assert result.times == read_times(path) == [1.0]


def test_resume_keeps_earlier_times_and_drops_later_ones(folder, mesh):
    path, space = folder / "fields.xdmf", split_space(mesh)
    owned = space.V.dofmap.index_map.size_local
    first = FieldSeries(path, mesh, space)
    for t in (0.0, 1.0, 1.0 + 1e-10, 3.0):  # exactly: pulses may be of nanoseconds
        first.write(t, {"run and time": np.full(owned, t)})
    second = FieldSeries(path, mesh, space, append_after=1.0)
    assert second.times == [0.0, 1.0]
    second.write(1.5, {"run and time": np.full(owned, 101.5)})

    def check():
        values = [read_snapshot(path, i).nodal["run and time"] for i in range(3)]
        assert read_times(path) == [0.0, 1.0, 1.5]
        assert [set(v) for v in values] == [{0.0}, {1.0}, {101.5}]
        with h5py.File(path.with_suffix(".h5"), "r") as file:
            assert sorted(file) == ["mesh_0", "mesh_1", "step_000000", "step_000001", "step_000002"]

    on_root_only(check)
    assert FieldSeries(path, mesh, space).times == []


WRITE_UNTIL_KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from test_output import *
mesh = layered_mesh(n=24)
space = split_space(mesh)
series = FieldSeries(sys.argv[2], mesh, space)
for t in range(100000):
    series.write(float(t), {"time": np.full(space.V.dofmap.index_map.size_local, float(t))})
    print(t, flush=True)
"""


@pytest.mark.skipif(COMM.size > 1, reason="starts processes of its own")
def test_a_killed_run_leaves_a_readable_series(folder):
    command = [sys.executable, "-c", WRITE_UNTIL_KILLED, str(Path(__file__).parent), str(folder / "fields.xdmf")]
    for delay in (0.0, 0.013, 0.029):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for _ in range(6):
            assert process.stdout.readline(), "the writing process died by itself"
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        told = process.communicate()[0].split()
        times = read_times(folder / "fields.xdmf")
        assert len(times) >= 6 and (not told or len(times) > int(told[-1]))
        for i, t in enumerate(times):
            assert (read_snapshot(folder / "fields.xdmf", i).nodal["time"] == t).all()
        again = layered_mesh(n=24)
        assert FieldSeries(folder / "fields.xdmf", again, split_space(again), append_after=3.0).times == [0, 1, 2, 3]


def test_a_failing_write_leaves_the_series_as_it_was(folder, mesh, monkeypatch):
    path, space = folder / "fields.xdmf", split_space(mesh)
    result = FieldSeries(path, mesh, space)
    result.write(0.0)

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(series, "replace_text", full)
    with pytest.raises(OSError, match="no space"):
        result.write(1.0)
    assert read_times(path) == [0.0]


# -- history --------------------------------------------------------------------------------------------------------


def test_history_comes_back_to_the_last_bit(folder):
    rows = [(0.1 * i, np.pi / (i + 1)) for i in range(4)]
    history = History(folder / "history.csv", ["time [s]", "cell voltage [V]"])
    for row in rows[:3]:
        history.append(row)
    history.append({"time [s]": rows[3][0]})
    COMM.barrier()
    read = read_history(folder / "history.csv")
    assert list(read) == ["time [s]", "cell voltage [V]"]
    assert np.array_equal(read["time [s]"], [r[0] for r in rows])
    assert np.array_equal(read["cell voltage [V]"], [*(r[1] for r in rows[:3]), np.nan], equal_nan=True)


def test_history_resumes_and_forgets_a_row_cut_short(folder):
    path, columns = folder / "history.csv", ["time [s]", "current density, mean [A/m^2]"]
    first = History(path, columns)
    for t in (1.0, 2.0, 3.0):
        first.append([t, 10 * t])
    if COMM.rank == 0:
        with path.open("a") as file:
            file.write("4.0,4")
    COMM.barrier()
    assert read_history(path)["time [s]"].tolist() == [1.0, 2.0, 3.0]
    COMM.barrier()
    second = History(path, columns, keep_rows=2)
    second.append([2.5, 7.0])
    COMM.barrier()
    assert np.array_equal(np.stack(list(read_history(path).values())), [[1, 2, 2.5], [10, 20, 7]])
    COMM.barrier()
    with pytest.raises(InputError, match="has the columns"):
        History(path, ["time [s]", "voltage [V]"], keep_rows=2)


def test_history_says_what_is_wrong(folder):
    with pytest.raises(InputError, match=r"start with 'time \[s\]'"):
        History(folder / "history.csv", ["voltage [V]"])
    history = History(folder / "history.csv", ["time [s]", "voltage [V]"])
    with pytest.raises(InputError, match=r"did you mean 'voltage \[V\]'"):
        history.append({"voltage": 1.0})
    with pytest.raises(InputError, match="3 values for 2 columns"):
        history.append([1, 2, 3])
    with pytest.raises(InputError, match="no history at"):
        read_history(folder / "nothing.csv")


# -- checkpoint -----------------------------------------------------------------------------------------------------


def checkpoint_spaces(mesh):
    """One space of every kind a model may use, by name."""
    domain, cut, dim = mesh.domain, facets(mesh, *INTERFACES), mesh.dim
    inside = mesh.region_of_cell == 1
    broken = {
        "P1": broken_space(domain, ("Lagrange", 1), broken=cut),
        "P2": broken_space(domain, ("Lagrange", 2), broken=cut),
        "P3": broken_space(domain, ("Lagrange", 3), broken=cut),
        "vector": broken_space(domain, ("Lagrange", 2, (dim,)), broken=cut),
        "restricted": broken_space(domain, ("Lagrange", 1), broken=cut, active=inside),
        "restricted vector": broken_space(domain, ("Lagrange", 2, (dim,)), broken=cut, active=inside),
        "trace": trace_space(domain, ("Lagrange", 1), facets(mesh, "anode|separator")),
        "facet points": trace_space(domain, facet_element(dim, 2, gauss=True), facets(mesh, "anode|separator")),
        "tied": broken_space(domain, ("Lagrange", 1), tied=[mesh.boundary("bottom")]),
    }
    cell = domain.basix_cell()
    plain = {
        "DG0": ("DG", 0),
        "tensor": ("DG", 1, (dim, dim)),
        "quadrature": basix.ufl.quadrature_element(cell, degree=3),
        "plastic strain": basix.ufl.quadrature_element(cell, value_shape=(6,), degree=2),
    }
    spaces = {name: (space.V, space.dummy) for name, space in broken.items()}
    return spaces | {name: (fem.functionspace(domain, e), np.zeros(0, np.int32)) for name, e in plain.items()}


def stamp(mesh, V):
    """A function whose every unknown is a number of its own, the same on any partition.

    The number is the greatest hash, over the cells of an unknown, of (input index of the cell, place in the cell).
    """
    dofs = V.dofmap
    cells = mesh.domain.topology.original_cell_index[: len(dofs.list)].astype(np.float64)
    width = dofs.list.shape[1] * dofs.bs
    value = np.modf(np.sin(1.0 + cells[:, None] * width + np.arange(width)) * 43758.5453)[0]
    u = fem.Function(V)
    u.x.array[:] = -2.0
    blocks = u.x.array.reshape(-1, dofs.bs)
    np.maximum.at(blocks, dofs.list[: V.mesh.topology.index_map(mesh.dim).size_local], value_of(value, mesh, dofs))
    maximum_over_ranks(u)
    return u


def value_of(value, mesh, dofs):
    owned = mesh.domain.topology.index_map(mesh.dim).size_local
    return value[:owned].reshape(owned, -1, dofs.bs)


def maximum_over_ranks(u):
    """Greatest of the values that ranks have for a shared unknown."""
    dofs = u.function_space.dofmap
    index_map, bs = dofs.index_map, dofs.bs
    local = np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)
    where = index_map.local_to_global(local)
    whole = np.full((index_map.size_global, bs), -2.0)
    whole[where] = u.x.array.reshape(-1, bs)
    COMM.Allreduce(MPI.IN_PLACE, whole, op=MPI.MAX)
    u.x.array[:] = whole[where].reshape(-1)


def check_same(mesh, spaces, functions):
    for name, (V, dummy) in spaces.items():
        expected = stamp(mesh, V)
        true = np.ones(len(expected.x.array) // V.dofmap.bs, dtype=bool)
        true[dummy] = False
        got = functions[name].x.array.reshape(len(true), -1)[true]
        assert len(np.unique(got)) > 1 or not got.size or COMM.size > 1
        assert np.array_equal(got, expected.x.array.reshape(len(true), -1)[true]), name


@pytest.mark.parametrize("dim", [2, 3])
def test_checkpoint_gives_back_every_kind_of_space(folder, dim):
    mesh = layered_mesh(dim, n=3 if dim == 3 else 6)
    spaces = checkpoint_spaces(mesh)
    state = {
        "time": 0.1 + 0.2,
        "step": np.int64(7),
        "dt": np.float64(1e-3),
        "balance": np.array([1.5, -2.0]),
        "note": "a",
    }
    path = write_checkpoint(folder, mesh, {name: stamp(mesh, V) for name, (V, _) in spaces.items()}, state)
    assert path == latest_checkpoint(folder) == folder / "checkpoint-000001"
    again = layered_mesh(dim, n=3 if dim == 3 else 6)
    spaces = checkpoint_spaces(again)
    functions = {name: fem.Function(V) for name, (V, _) in spaces.items()}
    read = read_checkpoint(folder, again, functions)
    assert read == {"time": 0.1 + 0.2, "step": 7, "dt": 1e-3, "balance": [1.5, -2.0], "note": "a"}
    check_same(again, spaces, functions)


def test_checkpoint_refuses_another_mesh_field_or_element(folder, mesh):
    V = fem.functionspace(mesh.domain, ("Lagrange", 1))
    write_checkpoint(folder, mesh, {"phi": fem.Function(V)}, {})
    coarse = layered_mesh(n=3)
    moved = layered_mesh()
    moved.domain.geometry.x[:, 1] *= 1.0 + 1e-6
    other = layered_mesh()
    other.region_of_cell = other.region_of_cell[::-1].copy()
    for wrong, match in ((coarse, "cells 72 and 18"), (moved, "midpoint"), (other, "checksum")):
        u = fem.Function(fem.functionspace(wrong.domain, ("Lagrange", 1)))
        with pytest.raises(InputError, match=f"another mesh .*{match}"):
            read_checkpoint(folder, wrong, {"phi": u})
    with pytest.raises(InputError, match="did you mean 'phi'"):
        read_checkpoint(folder, mesh, {"ph": fem.Function(V)})
    with pytest.raises(InputError, match="was written from"):
        read_checkpoint(folder, mesh, {"phi": fem.Function(fem.functionspace(mesh.domain, ("Lagrange", 2)))})
    with pytest.raises(InputError, match="there is no checkpoint in"):
        read_checkpoint(folder / "nothing", mesh, {})
    with pytest.raises(InputError, match="oriented unknowns"):
        write_checkpoint(folder, mesh, {"edge": fem.Function(fem.functionspace(mesh.domain, ("N1curl", 2)))}, {})


def test_the_last_good_checkpoint_outlives_a_broken_one(folder, mesh, monkeypatch):
    u = fem.Function(fem.functionspace(mesh.domain, ("Lagrange", 1)))
    u.x.array[:] = 1.0
    write_checkpoint(folder, mesh, {"phi": u}, {"step": 1})
    u.x.array[:] = 2.0

    def full(*_, **__):
        raise OSError("no space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space"):
        patch.setattr(checkpoint_module, "replace_text", full)
        write_checkpoint(folder, mesh, {"phi": u}, {"step": 2})
    assert read_checkpoint(folder, mesh, {"phi": u}) == {"step": 1}
    assert (u.x.array == 1.0).all()
    write_checkpoint(folder, mesh, {"phi": u}, {"step": 2})
    write_checkpoint(folder, mesh, {"phi": u}, {"step": 3}, keep=2)
    COMM.barrier()
    assert sorted(p.name for p in folder.iterdir()) == ["checkpoint-000002", "checkpoint-000003"]
    assert read_checkpoint(folder / "checkpoint-000002", mesh, {}) == {"step": 2}
    assert read_checkpoint(folder, mesh, {}) == {"step": 3}


# -- folder, record, progress ---------------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_is_an_error_on_all_ranks(folder, mesh):
    (folder / "file").write_text("")
    COMM.barrier()
    for wrong in (folder / "file" / "results", Path("/proc/fem_ssb")):
        with pytest.raises(InputError, match="cannot be made"):
            output_folder(wrong)
        with pytest.raises(InputError, match="cannot be made"):
            History(wrong / "history.csv", ["time [s]"])
        with pytest.raises(InputError, match="cannot be made"):
            FieldSeries(wrong / "fields.xdmf", mesh, split_space(mesh))
    with pytest.raises(InputError, match="cannot write in the output folder"):
        output_folder("/proc")
    made = output_folder(folder / "a" / "b")
    assert made.is_dir() and not list(made.iterdir())


def test_run_record_holds_plain_values(folder, mesh):
    path = folder / "run.json"
    write_run_record(
        path, mesh, parameters={"current": np.float64(5.0), "seeds": (1, 2)}, solver={"newton": {"its": 3}}
    )

    def check():
        record = json.loads(path.read_text())
        assert record["parameters"] == {"current": 5.0, "seeds": [1, 2]}
        assert record["mesh"]["regions"]["anode"]["cells"] == 24
        assert record["ranks"] == COMM.size
        assert set(record["versions"]) >= {"fem_ssb", "dolfinx", "petsc", "gmsh", "python"}
        assert record["versions"]["dolfinx"].startswith("0.")
        assert record["solver"]["newton"]["its"] == 3

    on_root_only(check)


class Terminal(StringIO):
    def isatty(self):
        return True


def test_progress_in_a_log_is_a_line_now_and_then():
    log = StringIO()
    with Progress(7200.0, label="cell", interval=1000.0, stream=log) as progress:
        for i in range(5):
            progress.update(1800.0 * i, voltage=0.05, iterations=3 + i)
    expected = "cell: 2/2 h (100%), 0 s, U=0.05 V, iterations=7\n" if COMM.rank == 0 else ""
    assert log.getvalue() == expected
    log = StringIO()
    with Progress(10.0, interval=0.0, stream=log) as progress:
        progress.update(1.0)
        progress.update(5.0, damage=0.25)
    assert len(log.getvalue().splitlines()) == (2 if COMM.rank == 0 else 0)
    assert COMM.rank or "5/10 s (50%), 0 s, damage=0.25" in log.getvalue()


def test_progress_in_a_terminal_is_a_bar():
    screen = Terminal()
    with Progress(120.0, start=30.0, stream=screen) as progress:
        progress.update(60.0, voltage=0.123456)
        progress.message("step cut")
    shown = screen.getvalue()
    assert (COMM.rank == 0) == ("50%" in shown and "1/2 min" in shown and "U=0.1235 V" in shown and "step cut" in shown)
    silent = Terminal()
    with Progress(1.0, quiet=True, stream=silent) as progress:
        progress.update(0.5)
    assert silent.getvalue() == ""


# -- pictures -------------------------------------------------------------------------------------------------------


def cube_of_tetrahedra(n=4):
    domain = create_unit_cube(MPI.COMM_SELF, n, n, n)
    points = domain.geometry.x.copy()
    inside = ((points > 1e-9) & (points < 1 - 1e-9)).all(axis=1)
    points[inside] += np.random.default_rng(5).uniform(-0.15, 0.15, (inside.sum(), 3)) / n
    return points, geometry_dofmap(domain).astype(np.int64)


@pytest.mark.parametrize("at", [0.5, 0.4321])
def test_slice_has_the_area_of_the_section_and_linear_fields(at):
    points, cells = cube_of_tetrahedra()
    cut = slice_tetrahedra(points, cells, 1, at)
    x = cut.points[cut.triangles]
    area = 0.5 * np.linalg.norm(np.cross(x[:, 1] - x[:, 0], x[:, 2] - x[:, 0]), axis=1).sum()
    assert area == pytest.approx(1.0, rel=1e-12)
    assert np.allclose(cut.points[:, 1], at, atol=2e-9)
    linear = points @ [1.0, 2.0, 3.0]
    assert np.allclose(cut.at_points(linear), cut.points @ [1.0, 2.0, 3.0], atol=1e-12)
    assert np.allclose(cut.at_points(points), cut.points, atol=1e-12)
    of_cell = points[cells[cut.cell]]
    inside = (x.mean(axis=1) >= of_cell.min(axis=1) - 1e-9) & (x.mean(axis=1) <= of_cell.max(axis=1) + 1e-9)
    assert inside.all()
    segments = between(points, *slice_triangles(points, outline(cells), 1, at))
    assert np.linalg.norm(segments[:, 1] - segments[:, 0], axis=1).sum() == pytest.approx(4.0, rel=1e-12)


def test_outline_shows_both_sides_of_a_split():
    assert len(outline(np.array([[0, 1, 2], [1, 2, 3]]))) == 4
    assert len(outline(np.array([[0, 1, 2], [4, 5, 3]]))) == 6


def test_handy_units_and_titles():
    assert title_and_unit("current density [A/m^2]") == ("current density", "A/m²")
    assert title_and_unit("damage [-]") == ("damage", "")
    assert handy(np.array([-3e-6, np.nan]), "m") == (1e-6, "µm")
    assert handy(np.array([5e6]), "Pa") == (1e6, "MPa")
    assert handy(np.array([5.0]), "A/m²")[1] == "µA/cm²"
    assert handy(np.array([50.0]), "A/m²") == (10.0, "mA/cm²")
    assert handy(np.array([300.0]), "K") == (1.0, "K")


def test_colours_fit_the_kind_of_field():
    _, norm, cut = colours(np.array([0.0, 1e-3, 1.0, np.nan]), style_of("current density [A/m^2]"))
    assert isinstance(norm, LogNorm) and norm.vmax == 1.0 and cut == "min"
    cmap, norm, cut = colours(np.array([-1.0, 3.0]), style_of("pressure [Pa]"))
    assert (cmap, norm.vmin, norm.vmax, cut) == ("RdBu_r", -3.0, 3.0, "neither")
    cmap, norm, _ = colours(np.array([1.0, 3.0]), style_of("pressure [Pa]"))
    assert (cmap, norm.vmin, norm.vmax) == ("viridis", 1.0, 3.0)
    _, norm, _ = colours(np.array([0.1, 0.2]), style_of("damage [-]"))
    assert (norm.vmin, norm.vmax) == (0.0, 1.0)
    spike = np.append(np.linspace(1.0, 2.0, 10000), 100.0)
    _, norm, cut = colours(spike, style_of("von Mises stress [Pa]"))
    assert norm.vmax < 2.01 and cut == "max"
    _, norm, _ = colours(np.full(5, 300.0), style_of("temperature [K]"))
    assert isinstance(norm, Normalize) and norm.vmin < 300.0 < norm.vmax


@pytest.mark.parametrize("dim", [2, 3])
def test_pictures_of_a_run(folder, dim):
    write_closed_form_series(folder / "fields.xdmf", layered_mesh(dim))
    history = History(folder / "history.csv", ["time [s]", "cell voltage [V]", "temperature [K]"])
    for t in np.linspace(0, 1.5, 5):
        history.append([t, 0.1 * t, 300.0])
    COMM.barrier()

    def check():
        plane = in_plane(read_snapshot(folder / "fields.xdmf"))
        assert plane.size == pytest.approx((60.0, 60.0))
        segments = plane.lines[:, 1] - plane.lines[:, 0]
        # outer boundary once, both sides of two full-width interfaces and of the grain boundary of a third
        assert np.linalg.norm(segments, axis=1).sum() == pytest.approx(60 * (4 + 2 * 2 + 2 / 3), rel=1e-6)
        values = plane.nodal["temperature [K]"][plane.triangulation.triangles]
        expected = 300 + 10 * (plane.triangulation.y if dim == 2 else np.full_like(plane.triangulation.x, 30.0)) / 60
        jump = 5.0 * (plane.cell["region"] == 0)[:, None]
        assert np.allclose(values, expected[plane.triangulation.triangles] + jump, atol=1e-6)
        for picture in (overview(folder), plot_history(folder)):
            assert picture.read_bytes().startswith(b"\x89PNG")
        assert overview(folder / "fields.xdmf", folder / "first.png", step=0).stat().st_size > 20000
        with pytest.raises(InputError, match="no field series"):
            overview(folder.parent / "nothing")

    on_root_only(check)
    assert os.path.exists(folder / "overview.png") and os.path.exists(folder / "history.png")
