"""Named meshes: closed-form volumes and areas, sides of interfaces, names, errors. Runs on any number of ranks."""

from pathlib import Path

import gmsh
import numpy as np
import pytest
from dolfinx.mesh import GhostMode, compute_midpoints, create_unit_cube, create_unit_square
from mpi4py import MPI
from scipy.spatial import ConvexHull

from fem_ssb.errors import InputError
from fem_ssb.mesh import NamedMesh, faces, from_gmsh, read_msh
from fem_ssb.mesh.improve import improve
from fem_ssb.mesh.measure import vertices
from fem_ssb.mesh.quality import gamma
from fem_ssb.mesh.session import generate, gmsh_session
from fem_ssb.microstructure import GrainBoundaries, Laguerre, Pores, Stack, Voronoi
from fem_ssb.microstructure.assembly import assemble
from fem_ssb.microstructure.complexes import Complex

comm = MPI.COMM_WORLD
um = 1e-6


def box(dim, ghost_mode=GhostMode.shared_facet):
    return (
        create_unit_square(comm, 6, 6, ghost_mode=ghost_mode)
        if dim == 2
        else create_unit_cube(comm, 4, 4, 4, ghost_mode=ghost_mode)
    )


def midpoints(domain):
    cells = domain.topology.index_map(domain.topology.dim)
    n = cells.size_local + cells.num_ghosts
    return compute_midpoints(domain, domain.topology.dim, np.arange(n, dtype=np.int32))


def quality(domain):
    """Gmsh's gamma of each local tetrahedron: three times inscribed over circumscribed radius."""
    x = vertices(domain, 3, np.arange(domain.topology.index_map(3).size_local, dtype=np.int32))
    edges = x[:, 1:] - x[:, :1]
    volume = np.abs(np.linalg.det(edges)) / 6
    area = sum(
        np.linalg.norm(np.cross(x[:, j] - x[:, i], x[:, k] - x[:, i]), axis=1) / 2
        for i, j, k in ((0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3))
    )
    centre = np.linalg.solve(2 * edges, (edges**2).sum(axis=2)[:, :, None])[:, :, 0]
    return 3 * (3 * volume / area) / np.linalg.norm(centre, axis=1)


def polycrystal(dim=2, count=40, **layer):
    stack = Stack(width=10 * um, dim=dim, depth=8 * um if dim == 3 else None)
    stack.layer("anode", "Li", thickness=3 * um)
    stack.layer("separator", "LLZO", thickness=10 * um, grains=Voronoi(count, seed=3), **layer)
    stack.layer("counter", "Li", thickness=2 * um)
    return stack


def volumes_are_those_of(mesh, stack):
    base = stack.width if stack.dim == 2 else stack.width * stack.depth
    for layer in stack.layers:
        assert mesh.volume(layer.name) == pytest.approx(base * layer.thickness, rel=1e-12)
    assert mesh.volume() == pytest.approx(base * stack.height, rel=1e-12)


def sides_are_right(mesh):
    """Each interface's facets lie in both of their cells, "+" in the region (or grain) named first."""
    tdim = mesh.dim
    facets_of_cell = mesh.domain.topology.connectivity(tdim, tdim - 1).array.reshape(-1, tdim + 1)
    for own in mesh.interfaces:
        a, b = own.split("|")
        for first, second in ((a, b), (b, a)):
            interface = mesh.interface(f"{first}|{second}")
            plus, f_plus, minus, f_minus = interface.entities.T
            assert interface.name == f"{first}|{second}"
            assert (mesh.region_of_cell[plus] == mesh.region_index(first)).all()
            assert (mesh.region_of_cell[minus] == mesh.region_index(second)).all()
            np.testing.assert_array_equal(facets_of_cell[plus, f_plus], interface.facets)
            np.testing.assert_array_equal(facets_of_cell[minus, f_minus], interface.facets)
            if a == b:
                assert (mesh.grain_of_cell[plus] < mesh.grain_of_cell[minus]).all()


@pytest.mark.parametrize("dim", [2, 3])
def test_from_cells(dim):
    domain = box(dim)
    x = midpoints(domain)
    region = (x[:, dim - 1] > 0.5).astype(np.int32)
    grain = 2 * region + (x[:, 0] > 0.5)
    mesh = NamedMesh.from_cells(domain, ["low", "high"], region, grain, [0, 0, 1, 1], materials={"low": "A"})
    assert mesh.interfaces == ["low|low", "low|high", "high|high"]
    assert mesh.area("low|high") == pytest.approx(1.0, rel=1e-12)
    assert mesh.area("low|low") == pytest.approx(0.5, rel=1e-12)
    assert mesh.volume("low") == pytest.approx(0.5, rel=1e-12)
    sides_are_right(mesh)
    names = ["left", "right", "front", "back", "bottom", "top"] if dim == 3 else ["left", "right", "bottom", "top"]
    assert list(mesh.boundaries) == names
    for name in names:
        assert mesh.area(name) == pytest.approx(1.0, rel=1e-12)
    summary = mesh.summary()
    assert summary["regions"]["high"]["grains"] == 2
    assert summary["regions"]["high"]["cells"] + summary["regions"]["low"]["cells"] == summary["cells"]
    assert mesh.materials == {"low": "A"} and mesh.orientations.shape == (4, 3, 3)
    owned = np.sort(np.concatenate([mesh.cells("low"), mesh.cells("high")]))
    np.testing.assert_array_equal(owned, np.arange(domain.topology.index_map(dim).size_local))


@pytest.mark.parametrize("dim", [2, 3])
def test_sides_when_grains_are_not_numbered_by_region(dim):
    domain = box(dim)
    x = midpoints(domain)
    region = (x[:, dim - 1] > 0.5).astype(np.int32)
    grain = 3 - 2 * region - (x[:, 0] > 0.5)
    mesh = NamedMesh.from_cells(domain, ["low", "high"], region, grain, [1, 1, 0, 0])
    assert mesh.area("low|high") == pytest.approx(1.0, rel=1e-12)
    sides_are_right(mesh)


def test_from_cells_refuses_what_does_not_fit():
    domain = box(2)
    region = (midpoints(domain)[:, 1] > 0.5).astype(np.int32)
    with pytest.raises(InputError, match="region_of_grain"):
        NamedMesh.from_cells(domain, ["a", "b"], region, grain_of_cell=region)
    with pytest.raises(InputError, match="must equal"):
        NamedMesh.from_cells(domain, ["a", "b"], region, grain_of_cell=region, region_of_grain=[1, 0])
    with pytest.raises(InputError, match="must be in"):
        NamedMesh.from_cells(domain, ["a"], region)
    with pytest.raises(InputError, match="shape"):
        NamedMesh.from_cells(domain, ["a", "b"], region[:-1])
    with pytest.raises(InputError, match="twice"):
        NamedMesh.from_cells(domain, ["a", "a"], region)
    with pytest.raises(InputError, match=r"\|"):
        NamedMesh.from_cells(domain, ["a|b", "c"], region)
    with pytest.raises(InputError, match="unknown region in the material"):
        NamedMesh.from_cells(domain, ["a", "b"], region, materials={"c": 1})
    with pytest.raises(InputError, match="exterior"):
        NamedMesh.from_cells(domain, ["a", "b"], region, boundaries={"all": np.arange(20)})
    if comm.size > 1:
        bare = box(2, GhostMode.none)
        with pytest.raises(InputError, match="shared_facet"):
            NamedMesh.from_cells(bare, ["a"], np.zeros(len(midpoints(bare))))
    mesh = NamedMesh.from_cells(domain, ["anode", "separator"], region)
    with pytest.raises(InputError, match="did you mean 'anode'"):
        mesh.cells("anod")
    with pytest.raises(InputError, match="unknown boundary"):
        mesh.boundary("topp")
    with pytest.raises(InputError, match=r"unknown interface 'anode\|counter'"):
        mesh.interface("anode|counter")
    with pytest.raises(InputError, match="unknown interface or boundary"):
        mesh.area("anode")


def test_polycrystal_2d():
    stack = polycrystal(grain_boundaries=GrainBoundaries(resistance=1e-3))
    stack.interface("separator|anode", exchange_current=5.0)
    mesh = stack.mesh(comm, size=0.5 * um)
    volumes_are_those_of(mesh, stack)
    assert mesh.region_names == ["anode", "separator", "counter"]
    assert set(mesh.interfaces) == {"anode|separator", "separator|separator", "separator|counter"}
    assert mesh.area("anode|separator") == pytest.approx(10 * um, rel=1e-12)
    assert mesh.area("separator|counter") == pytest.approx(10 * um, rel=1e-12)
    assert mesh.area("anode") == pytest.approx(10 * um, rel=1e-12)
    assert mesh.area("left") == pytest.approx(15 * um, rel=1e-12)
    assert list(mesh.boundaries) == ["left", "right", "anode", "counter"]
    assert mesh.interface_data == {"anode|separator": {"exchange_current": 5.0}}
    assert mesh.grain_boundaries["separator"].resistance == 1e-3
    assert mesh.materials == {"anode": "Li", "separator": "LLZO", "counter": "Li"}
    assert len(mesh.grains("separator")) == 40 and len(mesh.region_of_grain) == 42
    sides_are_right(mesh)
    bottom = vertices(mesh.domain, 1, mesh.boundary("anode"))
    assert (bottom[:, :, 1] == 0.0).all()


def test_grain_boundaries_have_the_length_of_the_tessellation():
    stack = polycrystal()
    cells = (geometry := assemble(stack, 0.5 * um, 0.3)).cells
    uses = np.bincount(np.concatenate(cells.cells))
    level = cells.points[:, 1]
    between = [not np.isin(level[f], geometry.levels).all() for f in cells.facets]
    inner = [f for f, n, free in zip(cells.facets, uses, between, strict=True) if n == 2 and free]
    length = sum(np.linalg.norm(np.diff(cells.points[f], axis=0)) for f in inner) * geometry.unit
    assert stack.mesh(comm, size=0.5 * um).area("separator|separator") == pytest.approx(length, rel=1e-12)


def test_two_polycrystals_that_touch_2d():
    stack = Stack(width=8 * um)
    stack.layer("low", "A", thickness=4 * um, grains=Voronoi(20, seed=1))
    stack.layer("high", "B", thickness=3 * um, grains=Voronoi(15, seed=2, relax=0, texture=None))
    mesh = stack.mesh(comm, size=0.5 * um)
    volumes_are_those_of(mesh, stack)
    assert mesh.area("low|high") == pytest.approx(8 * um, rel=1e-12)
    sides_are_right(mesh)
    np.testing.assert_array_equal(mesh.orientations[20:], np.tile(np.eye(3), (15, 1, 1)))


@pytest.mark.parametrize("dim", [2, 3])
def test_thin_layer_has_two_cells_across(dim):
    stack = Stack(width=4 * um, dim=dim)
    stack.layer("a", "A", thickness=3 * um, grains=Voronoi(8, seed=1))
    stack.layer("sheet", "B", thickness=0.3 * um)
    stack.layer("b", "C", thickness=3 * um)
    mesh = stack.mesh(comm, size=1 * um)
    volumes_are_those_of(mesh, stack)
    assert mesh.area("a|sheet") == pytest.approx(4 * um * (4 * um if dim == 3 else 1.0), rel=1e-12)
    inside = vertices(mesh.domain, dim, mesh.cells("sheet"))[:, :, -1]
    between = ((inside > 3.01 * um) & (inside < 3.29 * um)).any()
    assert comm.allreduce(bool(between), op=MPI.LOR)
    assert mesh.summary()["cells"] < 40_000


def test_polycrystal_3d():
    stack = polycrystal(dim=3, count=60)
    mesh = stack.mesh(comm, size=0.8 * um)
    volumes_are_those_of(mesh, stack)
    assert mesh.area("anode|separator") == pytest.approx(80 * um**2, rel=1e-12)
    assert mesh.area("separator|counter") == pytest.approx(80 * um**2, rel=1e-12)
    assert mesh.area("anode") == pytest.approx(80 * um**2, rel=1e-12)
    assert mesh.area("back") == pytest.approx(150 * um**2, rel=1e-12)
    assert list(mesh.boundaries) == ["left", "right", "front", "back", "anode", "counter"]
    assert comm.allreduce(quality(mesh.domain).min(initial=1.0), op=MPI.MIN) >= 0.1
    present = set().union(*comm.allgather(set(mesh.grain_of_cell.tolist())))
    assert present == set(range(62))
    sides_are_right(mesh)


def one_layer_whose_mesh_folds():
    """Grains of one Lloyd pass have thin faces; with this seed the plane mesh of one bent face folds at a corner."""
    stack = Stack(width=10 * um, dim=3)
    stack.layer("separator", "LLZO", thickness=10 * um, grains=Voronoi(60, seed=0, relax=1))
    return stack


@pytest.mark.parametrize("remedy", ["flip", "fan"])
def test_folded_face(monkeypatch, remedy):
    """Another diagonal in the corner unfolds it; without that the face is cut into triangles."""
    flipped, cut = [], []
    flip, fanned = faces._flip_ears, Complex.fanned
    monkeypatch.setattr(
        faces, "_flip_ears", lambda *a: flipped.append(flip(*a)) or flipped[-1] if remedy == "flip" else 0
    )
    monkeypatch.setattr(Complex, "fanned", lambda cells, some: cut.append(some) or fanned(cells, some))
    stack = one_layer_whose_mesh_folds()
    mesh = stack.mesh(comm, size=1 * um)
    if comm.rank == 0:
        assert (sum(flipped) > 0, len(cut) > 0) == ((True, False) if remedy == "flip" else (False, True))
    volumes_are_those_of(mesh, stack)
    least = 0.1 if remedy == "flip" else 0.02
    assert comm.allreduce(quality(mesh.domain).min(initial=1.0), op=MPI.MIN) >= least


@pytest.mark.parametrize("seed", range(4))
def test_poisson_voronoi_grains_are_well_meshed(seed):
    stack = Stack(width=10 * um, dim=3)
    stack.layer("separator", "LLZO", thickness=10 * um, grains=Voronoi(60, seed=seed, relax=0))
    mesh = stack.mesh(comm, size=1 * um)
    volumes_are_those_of(mesh, stack)
    assert comm.allreduce(quality(mesh.domain).min(initial=1.0), op=MPI.MIN) >= 0.1


def test_what_gmsh_leaves_is_not_kept(monkeypatch, tmp_path):
    """Gmsh writes what it failed at into the working folder: no file of it stays there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gmsh.model.mesh, "generate", lambda dim: Path("debugr.pos").write_text("View"))
    generate(2)
    assert Path.cwd() == tmp_path and not list(tmp_path.iterdir())


def test_quality_is_gmshs():
    """Gamma of random simplices as Gmsh gives it, with the sign of their orientation."""
    rng = np.random.default_rng(1)
    for dim, kind in ((2, 2), (3, 4)):
        x = rng.random((50, dim + 1, dim))
        with gmsh_session():
            entity = gmsh.model.addDiscreteEntity(dim)
            nodes = np.zeros((50 * (dim + 1), 3))
            nodes[:, :dim] = x.reshape(-1, dim)
            tags = np.arange(1, len(nodes) + 1)
            gmsh.model.mesh.addNodes(dim, entity, tags, nodes.ravel())
            gmsh.model.mesh.addElementsByType(entity, kind, np.arange(1, 51), tags)
            wanted = gmsh.model.mesh.getElementQualities(np.arange(1, 51), "gamma")
        np.testing.assert_allclose(np.abs(gamma(x)), np.abs(wanted), rtol=1e-9)
        edges = x[:, 1:] - x[:, :1]
        np.testing.assert_array_equal(np.sign(gamma(x)), np.sign(np.linalg.det(edges)))


def test_improve_moves_only_what_may_move():
    """A cube of tetrahedra with one inner node near a face: it goes inside; the outer ones stay."""
    corners = np.array(list(np.ndindex(2, 2, 2)), dtype=float)
    nodes = np.concatenate([corners, [[0.5, 0.5, 0.01]]])
    hull = ConvexHull(corners)
    cells = np.column_stack([hull.simplices, np.full(len(hull.simplices), 8)])
    turned = gamma(nodes[cells]) < 0
    cells[turned] = cells[turned][:, [1, 0, 2, 3]]
    found = improve(nodes, cells, gamma(nodes[cells]), lambda node: np.eye(3) * (node == 8))
    np.testing.assert_array_equal(nodes[:8], corners)
    np.testing.assert_allclose(found, gamma(nodes[cells]), rtol=1e-12)
    assert found.min() > 0.15


def test_grains_on_grains_3d():
    stack = Stack(width=8 * um, dim=3)
    stack.layer("low", "A", thickness=4 * um, grains=Voronoi(12, seed=1))
    stack.layer("high", "B", thickness=4 * um, grains=Laguerre(15, seed=2))
    mesh = stack.mesh(comm, size=0.8 * um)
    volumes_are_those_of(mesh, stack)
    assert mesh.interfaces == ["low|low", "low|high", "high|high"]
    assert mesh.area("low|high") == pytest.approx(64 * um**2, rel=1e-12)
    assert comm.allreduce(quality(mesh.domain).min(initial=1.0), op=MPI.MIN) >= 0.1
    sides_are_right(mesh)


@pytest.mark.parametrize("spread", [0.0, 0.3])
@pytest.mark.parametrize("dim", [2, 3])
def test_pores(dim, spread):
    """The porosity is the asked within 1 %, in 3D too, though the spheres are polyhedra."""
    pores = Pores(fraction=0.03, radius=0.5 * um, seed=2, spread=spread)
    stack = polycrystal(dim=dim, count=10, pores=pores)
    mesh = stack.mesh(comm, size=0.8 * um)
    layer = 100 * um**2 if dim == 2 else 800 * um**3
    assert mesh.porosity["separator"] == pytest.approx(0.03, rel=0.01)
    assert mesh.porosity["separator"] == pytest.approx(1 - mesh.volume("separator") / layer, rel=1e-9)
    radii = assemble(stack, 0.8 * um).pores.radii * max(stack.width, stack.height)
    skin = 2 * np.pi * radii.sum() if dim == 2 else 4 * np.pi * (radii**2).sum()
    assert mesh.area("pores") == pytest.approx(skin, rel=0.08)
    assert mesh.summary()["porosity"] == mesh.porosity
    if dim == 3:
        assert mesh.quality()["min"] == pytest.approx(comm.allreduce(quality(mesh.domain).min(initial=1.0), op=MPI.MIN))
        assert mesh.quality()["min"] >= 0.1 and mesh.quality()["mean"] >= 0.6


def test_too_many_cells_names_a_size_that_fits():
    stack = polycrystal()
    with pytest.raises(InputError, match=r"size (\S+) m would fit") as caught:
        stack.mesh(comm, size=1e-9)
    size = float(str(caught.value).split("size ")[-1].split(" m would")[0])
    with pytest.raises(InputError, match="would fit"):
        stack.mesh(comm, size=0.95 * size)
    limit = 3000
    with pytest.raises(InputError, match="would fit") as caught:
        stack.mesh(comm, size=0.2 * um, max_cells=limit)
    size = float(str(caught.value).split("size ")[-1].split(" m would")[0])
    assert 0.6 * limit < stack.mesh(comm, size=size, max_cells=limit).summary()["cells"] < 1.3 * limit
    with pytest.raises(InputError, match="fewer grains"):
        stack.mesh(comm, size=1 * um, max_cells=10)


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), "fine"])
def test_mesh_size_must_be_positive(size):
    with pytest.raises(InputError, match="mesh size"):
        polycrystal().mesh(comm, size=size)


def test_no_layers_and_pores_that_do_not_fit():
    with pytest.raises(InputError, match="no layers"):
        Stack(width=1.0).mesh(comm, size=0.1)
    with pytest.raises(InputError, match=r"layer 'separator': porosity 0.5 of radius .* cannot be packed"):
        polycrystal(pores=Pores(0.5, 0.5 * um)).mesh(comm, size=1 * um)


def test_one_layer_has_bottom_and_top():
    stack = Stack(width=2.0)
    stack.layer("only", "A", thickness=1.0)
    mesh = stack.mesh(comm, size=0.5)
    assert list(mesh.boundaries) == ["left", "right", "bottom", "top"]
    assert mesh.interfaces == []
    assert mesh.area("top") == pytest.approx(2.0)


def test_gmsh_is_left_as_it_was():
    if comm.rank == 0:
        gmsh.initialize(interruptible=False)
        gmsh.model.add("mine")
        gmsh.option.setNumber("Mesh.Algorithm", 1)
    stack = Stack(width=2.0)
    stack.layer("only", "A", thickness=1.0)
    first = stack.mesh(comm, size=0.5).summary()
    if comm.rank == 0:
        assert gmsh.isInitialized() and gmsh.model.getCurrent() == "mine"
        assert gmsh.option.getNumber("Mesh.Algorithm") == 1
        gmsh.finalize()
    assert stack.mesh(comm, size=0.5).summary() == first
    if comm.rank == 0:
        assert not gmsh.isInitialized()


@pytest.fixture
def folder(tmp_path):
    return Path(comm.bcast(str(tmp_path)))


def write_msh(path, dim, groups=True, order=1):
    """Two unit boxes along the last axis, in the file's lengths."""
    if comm.rank == 0:
        gmsh.initialize(interruptible=False)
        gmsh.option.setNumber("General.Terminal", 0)
        gmsh.model.add("two")
        add = gmsh.model.occ.addRectangle if dim == 2 else gmsh.model.occ.addBox
        extent = (1, 1) if dim == 2 else (1, 1, 1)
        low, high = (add(0, 0, 0, *extent), add(0, 1, 0, *extent) if dim == 2 else add(0, 0, 1, *extent))
        gmsh.model.occ.fragment([(dim, low)], [(dim, high)])
        gmsh.model.occ.synchronize()
        if groups:
            gmsh.model.addPhysicalGroup(dim, [low], 7, "low")
            gmsh.model.addPhysicalGroup(dim, [high], 9, "high")
            faces = [t for d, t in gmsh.model.getEntities(dim - 1)]
            ends = {t: gmsh.model.getBoundingBox(dim - 1, t) for t in faces}
            axis = dim - 1
            gmsh.model.addPhysicalGroup(dim - 1, [t for t in faces if ends[t][3 + axis] < 0.1], 1, "base")
            gmsh.model.addPhysicalGroup(
                dim - 1, [t for t in faces if 0.9 < ends[t][axis] and ends[t][3 + axis] < 1.1], 2, "middle"
            )
        gmsh.option.setNumber("Mesh.MeshSizeMax", 0.4)
        gmsh.model.mesh.generate(dim)
        gmsh.model.mesh.setOrder(order)
        gmsh.write(str(path))
        gmsh.finalize()
    comm.barrier()


@pytest.mark.parametrize("dim", [2, 3])
def test_read_msh(folder, dim):
    write_msh(folder / "two.msh", dim)
    mesh = read_msh(comm, folder / "two.msh", scale=um, materials={"low": "A"})
    assert mesh.region_names == ["low", "high"] and mesh.interfaces == ["low|high"]
    assert mesh.volume("high") == pytest.approx(um**dim, rel=1e-9)
    assert mesh.area("low|high") == pytest.approx(um ** (dim - 1), rel=1e-9)
    assert list(mesh.boundaries) == ["base"]
    assert mesh.area("base") == pytest.approx(um ** (dim - 1), rel=1e-9)
    assert (vertices(mesh.domain, dim - 1, mesh.boundary("base"))[:, :, -1] < 1e-9 * um).all()
    sides_are_right(mesh)


def test_read_msh_refuses(folder):
    with pytest.raises(InputError, match="no mesh file"):
        read_msh(comm, folder / "none.msh")
    write_msh(folder / "bare.msh", 2, groups=False)
    with pytest.raises(InputError, match="physical group"):
        read_msh(comm, folder / "bare.msh")
    write_msh(folder / "curved.msh", 2, order=2)
    with pytest.raises(InputError, match="order 1"):
        read_msh(comm, folder / "curved.msh")
    if comm.rank == 0:
        (folder / "broken.msh").write_text("nonsense")
    comm.barrier()
    with pytest.raises(InputError):
        read_msh(comm, folder / "broken.msh")


def test_from_gmsh():
    """A disc in a square: names, materials and areas of a drawing; the interface follows from the regions."""

    def draw():
        occ = gmsh.model.occ
        square, disc = occ.addRectangle(-1, -1, 0, 2, 2), occ.addDisk(0, 0, 0, 0.5, 0.5)
        occ.fragment([(2, square)], [(2, disc)])
        occ.synchronize()
        gmsh.model.addPhysicalGroup(2, [disc], name="island")
        gmsh.model.addPhysicalGroup(2, [t for _, t in gmsh.model.getEntities(2) if t != disc], name="separator")
        gmsh.option.setNumber("Mesh.MeshSizeMax", 0.05)
        gmsh.model.mesh.generate(2)

    mesh = from_gmsh(comm, draw, scale=um, materials={"island": "Li", "separator": "LLZO"})
    assert mesh.region_names == ["island", "separator"] and mesh.materials["island"] == "Li"
    assert mesh.interfaces == ["island|separator"]
    assert mesh.volume() == pytest.approx(4 * um**2, rel=1e-12)
    assert mesh.volume("island") == pytest.approx(np.pi / 4 * um**2, rel=5e-3)
    assert mesh.area("island|separator") == pytest.approx(np.pi * um, rel=2e-3)


def test_from_gmsh_refuses():
    def fails():
        raise RuntimeError("no such shape")

    with pytest.raises(InputError, match="cannot draw the mesh: no such shape"):
        from_gmsh(comm, fails)
    with pytest.raises(InputError, match="no physical group"):
        from_gmsh(comm, lambda: None)


def test_a_region_that_was_not_meshed_is_named():
    def draw():
        for i in range(2):
            gmsh.model.occ.addRectangle(2 * i, 0, 0, 1, 1)
        gmsh.model.occ.synchronize()
        gmsh.model.addPhysicalGroup(2, [1], name="meshed")
        gmsh.model.addPhysicalGroup(2, [2], name="forgotten")
        gmsh.model.setVisibility([(2, 2)], 0)
        gmsh.option.setNumber("Mesh.MeshOnlyVisible", 1)
        gmsh.model.mesh.generate(2)

    with pytest.raises(InputError, match="'forgotten' in the drawing has no cells"):
        from_gmsh(comm, draw)
