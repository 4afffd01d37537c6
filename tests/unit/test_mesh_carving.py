"""Pores, voids and inclusions across grains in 3D: volumes and areas in closed form, names, refusals."""

import numpy as np
import pytest
from mpi4py import MPI
from scipy.spatial import Delaunay

from fem_ssb.compat import geometry_dofmap
from fem_ssb.errors import InputError
from fem_ssb.mesh.levelset import cut, snapped
from fem_ssb.mesh.refill import components
from fem_ssb.mesh.surfaces import faces
from fem_ssb.microstructure import Ellipsoid, Filament, Pores, Sphere, Spheroid, Stack, Voids, Voronoi
from fem_ssb.microstructure.assembly import assemble
from fem_ssb.microstructure.shapes import Lens
from fem_ssb.microstructure.voids import disc_in_box

comm = MPI.COMM_WORLD
um = 1e-6


def cell(pores=None, count=30, seed=2):
    stack = Stack(width=8 * um, dim=3, depth=7 * um)
    stack.layer("anode", "Li", thickness=3 * um)
    stack.layer("separator", "LLZO", thickness=6 * um, grains=Voronoi(count, seed), pores=pores)
    return stack


def good(mesh, stack):
    """Quality as promised; the box filled but for pores and voids; grains connected and on one side of the names."""
    quality = mesh.quality()
    assert quality["min"] >= 0.1 and quality["mean"] >= 0.6
    for name in mesh.interfaces:
        plus, _, minus, _ = mesh.interface(name).entities.T
        a, b = name.split("|")
        assert (mesh.region_of_cell[plus] == mesh.region_index(a)).all()
        assert (mesh.region_of_cell[minus] == mesh.region_index(b)).all()
    for name, length in (("left", 7 * 9), ("front", 8 * 9), ("separator", 8 * 7)):
        assert mesh.area(name) == pytest.approx(length * um**2, rel=1e-12)
    if comm.size == 1:
        cells = geometry_dofmap(mesh.domain).astype(np.int64)
        x = mesh.domain.geometry.x[cells]
        turned = np.linalg.det(x[:, 1:] - x[:, :1]) < 0
        cells[turned, :2] = cells[turned, 1::-1]
        assert len(components(cells, mesh.grain_of_cell)[1]) == len(mesh.region_of_grain)
    return mesh


@pytest.mark.parametrize("share", [0.0, 0.2, 0.35])
def test_tetrahedra_are_cut_clean(share):
    """The pieces have the volume of what is cut, share their faces, and have corners of one sign only."""
    rng = np.random.default_rng(1)
    x = np.concatenate([rng.random((400, 3)), np.array(list(np.ndindex(2, 2, 2)))])
    cells = Delaunay(x).simplices.astype(np.int64)
    volume = np.linalg.det(x[cells][:, 1:] - x[cells][:, :1])
    cells[volume < 0, :2] = cells[volume < 0, 1::-1]
    cells, volume = cells[np.abs(volume) > 1e-12], np.abs(volume[np.abs(volume) > 1e-12]) / 6
    level = snapped(cells, np.linalg.norm(x - 0.5, axis=1) - 0.3, np.zeros(len(x), dtype=bool), share)
    nodes, pieces, parents, inside = cut(cells, level, np.zeros(len(cells), dtype=bool), x)
    part = np.linalg.det(nodes[pieces][:, 1:] - nodes[pieces][:, :1]) / 6
    assert part.min() > 0
    assert np.bincount(parents, part) == pytest.approx(volume, rel=1e-9, abs=1e-15)
    assert (faces(pieces)[2] < 0).sum() == (faces(cells)[2] < 0).sum()
    signs = np.sign(np.append(level, np.zeros(len(nodes) - len(x))))[pieces]
    flat = (signs == 0).all(axis=1)
    assert ((signs <= 0).all(axis=1) == inside)[~flat].all() and ((signs >= 0).all(axis=1) == ~inside)[~flat].all()


@pytest.mark.parametrize(
    "shape",
    [
        Spheroid((0.5, 0.4, 0.5), 0.35, 0.2, (1, 2, 3)),
        Filament([(0.2, 0.2, 0.2), (0.7, 0.3, 0.5), (0.5, 0.7, 0.7), (0.3, 0.7, 0.3)], 0.12),
        Lens((0.5, 0.5, 0.5), 0.4, 100.0, (0.0, 1.0, 1.0)),
        Lens((0.5, 0.5), 0.4, 80.0, (1.0, 1.0)),
    ],
)
def test_volume_of_shapes(shape):
    """Closed forms against the share of 10⁶ random points inside; levels are distances; outlines lie on them."""
    x = np.random.default_rng(3).random((1_000_000, shape.dim))
    share = (shape.level(x) < 0).mean()
    assert shape.volume == pytest.approx(share, abs=4 * np.sqrt(share / 1e6))
    outline = shape.outline(0.02)
    assert np.abs(shape.level(outline)).max() < 0.05 * shape.half_widths[0]
    spine, reach = shape.spine()
    assert (shape.level(spine) < 0).all() and (shape.level(spine + reach) < 1.5 * reach).all()


def test_disc_in_box():
    """A quarter at a corner, a half at a side, and the whole: πr²/4, πr²/2, πr²; half a ball is 2/3 as high as wide."""
    for x, y, part in ((0.0, 0.0, 0.25), (3.0, 0.0, 0.5), (3.0, 3.0, 1.0), (6.0, 6.0, 0.25)):
        assert disc_in_box(x, y, 2.0, 6.0, 6.0) == pytest.approx((part * 4 * np.pi, 2 / 3), rel=1e-3)


def test_balls_on_faces():
    """Porosity; walls 4π Σr²; the faces of grains lose the disc πr² that each pore covers."""
    size = 0.9 * um
    whole = cell().mesh(comm, size=size).area("separator|separator")
    stack = cell(Pores(0.012, 0.45 * um, place="boundaries", seed=3, spread=0.2))
    mesh = good(stack.mesh(comm, size=size), stack)
    radii = (pores := assemble(stack, size, 0.3).pores).radii * um * 9
    assert mesh.porosity["separator"] == pytest.approx(0.012, rel=0.02)
    assert mesh.porosity["separator"] == pytest.approx(pores.volumes.sum() * (9 * um) ** 3 / (336 * um**3), rel=2e-3)
    assert stack.summary(size)["layers"]["separator"]["porosity"] == pytest.approx(0.012, rel=0.02)
    assert mesh.area("pores") == pytest.approx(4 * np.pi * (radii**2).sum(), rel=0.02)
    assert whole - mesh.area("separator|separator") == pytest.approx(np.pi * (radii**2).sum(), rel=0.04)
    assert set(mesh.boundaries) == {"left", "right", "front", "back", "anode", "separator", "pores"}


@pytest.mark.parametrize("dihedral", [70.0, 120.0])
def test_lenses_on_faces(dihedral):
    """Caps of height t = a tan(θ/2) have the area π (a² + t²) each; the faces lose πa²."""
    size, a = 1.2 * um, 0.8 * um
    whole = cell().mesh(comm, size=size).area("separator|separator")
    fraction = 0.01 if dihedral > 100 else 0.005
    stack = cell(Pores(fraction, a, place="boundaries", dihedral=dihedral, seed=5))
    mesh = good(stack.mesh(comm, size=size), stack)
    assert mesh.porosity["separator"] == pytest.approx(fraction, rel=0.02)
    pores = assemble(stack, size, 0.3).pores
    covered = np.pi * ((pores.radii * 9 * um) ** 2).sum()
    t = np.tan(np.radians(dihedral) / 4)
    assert mesh.area("pores") == pytest.approx(2 * (1 + t**2) * covered, rel=0.03)
    assert whole - mesh.area("separator|separator") == pytest.approx(covered, rel=0.05)
    assert 1 / 2 < stack.estimated_cells(size) / mesh.summary()["cells"] < 2


def test_balls_on_triple_lines():
    """Porosity; every pore takes something of three grains at least."""
    stack = cell(Pores(0.04, 0.8 * um, place="junctions", seed=3, spread=0.2))
    mesh = good(stack.mesh(comm, size=0.9 * um), stack)
    assert mesh.porosity["separator"] == pytest.approx(0.04, rel=0.02)
    assert all(len(near) >= 3 for near in assemble(stack, 0.9 * um, 0.3).pores.near)
    assert 1 / 1.5 < stack.estimated_cells(0.9 * um) / mesh.summary()["cells"] < 1.5


def test_half_balls_on_an_electrode():
    """Contact 1 − c; walls: half a ball 2πR², and the bare face πR²; the metal keeps the rest of its volume."""
    stack = cell()
    stack.voids("anode|separator", Voids(0.7 * um, coverage=0.2, width=1.4 * um, seed=1))
    mesh = good(stack.mesh(comm, size=0.9 * um), stack)
    covered = 0.2 * 56 * um**2
    count = round(0.2 * 56 / (np.pi * 0.7**2))
    radius = np.sqrt(covered / (count * np.pi))
    assert mesh.area("anode|separator") == pytest.approx(0.8 * 56 * um**2, rel=2e-3)
    assert stack.summary()["interfaces"]["anode|separator"] == pytest.approx(0.8 * 56 * um**2, rel=1e-9)
    assert mesh.area("voids") == pytest.approx(3 * covered, rel=0.02)
    halves = count * 2 / 3 * np.pi * radius**2 * 0.7 * um
    assert 168 * um**3 - mesh.volume("anode") == pytest.approx(halves, rel=5e-3)
    assert mesh.volume("separator") == pytest.approx(336 * um**3, rel=1e-9)
    assert "pores" not in mesh.boundaries


def test_one_delamination_open_to_two_sides():
    """A quarter disc at a corner: contact lost πR²/4."""
    stack = cell()
    stack.voids("anode|separator", Voids(0.5 * um, discs=[(0.0, 0.0, 4 * um)]))
    mesh = stack.mesh(comm, size=0.9 * um)
    assert mesh.area("anode|separator") == pytest.approx((56 - 4 * np.pi) * um**2, rel=2e-3)
    assert mesh.area("left") < 63 * um**2 - 1.5 * um**2
    assert mesh.quality()["min"] >= 0.1


@pytest.mark.parametrize(
    "shape, area",
    [
        (Sphere((4 * um, 3.5 * um, 6 * um), 1.5 * um), 4 * np.pi * (1.5 * um) ** 2),
        (Ellipsoid((4 * um, 3.5 * um, 6 * um), (2 * um, 1 * um, 0.7 * um), (10, 40, 70)), None),
        (Spheroid((4 * um, 3.5 * um, 6 * um), 2 * um, 0.4 * um, (1, 2, 2)), 2 * np.pi * (2 * um) ** 2 * 1.0301),
        (
            Filament([(1 * um, 1 * um, 4 * um), (7 * um, 6 * um, 8 * um)], 0.4 * um),
            2 * np.pi * 0.4 * um * (np.sqrt(77) + 0.8) * um,
        ),
    ],
)
def test_bodies_across_grains(shape, area):
    """Volumes; areas 4πr², 2πa² (1 + (1 − e²)/e artanh e) with 1 − e² = (1/10)², 2πr (L + 2r)."""
    stack = cell()
    stack.inclusion("separator", "body", "Li", shape)
    mesh = good(stack.mesh(comm, size=1 * um, max_cells=200_000), stack)
    assert mesh.volume("body") == pytest.approx(shape.volume, rel=5e-3)
    assert mesh.volume() == pytest.approx(504 * um**3, rel=1e-9)
    if area is not None:
        assert mesh.area("separator|body") == pytest.approx(area, rel=0.02)
    assert len(mesh.grains("body")) == 1
    assert set(mesh.interfaces) == {"anode|separator", "separator|separator", "separator|body"}


def test_area_of_a_ball_converges():
    """The polyhedron of the ball's volume is too large in area by an error of second order in its triangles' edges.

    That falls unevenly: a few nodes beside grain edges cannot be put onto the ball, and have half of it on fine meshes.
    """
    radius, errors, edges = 1.5 * um, [], []
    for size in (0.8, 0.4, 0.25):
        stack = cell(count=8)
        stack.inclusion("separator", "ball", "Li", Sphere((4 * um, 3.5 * um, 6 * um), radius))
        mesh = stack.mesh(comm, size=size * um)
        area = mesh.area("separator|ball")
        errors.append(area / (4 * np.pi * radius**2) - 1)
        edges.append(np.sqrt(area / comm.allreduce(len(mesh.interface("separator|ball").facets))))
    assert 0 < errors[2] < errors[1] < errors[0] and errors[2] < 0.005
    order = np.polyfit(np.log(edges), np.log(errors), 1)[0]
    assert order > 1.75


def test_inclusion_beside_pores():
    """Pores keep clear of a wire; the porosity counts them alone."""
    stack = cell(Pores(0.02, 0.7 * um, place="junctions", seed=1))
    wire = Filament([(1 * um, 1 * um, 4 * um), (4 * um, 3 * um, 6 * um), (7 * um, 6 * um, 8 * um)], 0.5 * um)
    stack.inclusion("separator", "wire", "Li", wire)
    mesh = good(stack.mesh(comm, size=0.9 * um), stack)
    assert mesh.volume("wire") == pytest.approx(wire.volume, rel=5e-3)
    assert mesh.porosity["separator"] == pytest.approx(0.02, rel=0.02)
    pores = assemble(stack, 0.9 * um, 0.3).pores
    assert (wire.level(pores.centres * 9 * um) >= 1.25 * pores.radii * 9 * um).all()


def test_periodic_box():
    """Nodes of opposite faces stay across from each other, grains that go through the faces stay whole."""
    stack = Stack(width=8 * um, dim=3, periodic=("x", "y"))
    stack.layer("anode", "Li", thickness=3 * um)
    pores = Pores(0.02, 0.8 * um, place="junctions")
    stack.layer("separator", "LLZO", thickness=6 * um, grains=Voronoi(12, seed=2), pores=pores)
    stack.voids("anode|separator", Voids(0.5 * um, coverage=0.2, width=2 * um))
    mesh = stack.mesh(MPI.COMM_SELF, size=1.2 * um)
    assert len(mesh.grains("separator")) == 12
    x = mesh.domain.geometry.x / um
    for axis in (0, 1):
        low, high = (
            np.unique(np.delete(x[np.abs(x[:, axis] - plane) < 1e-9], axis, axis=1).round(6), axis=0)
            for plane in (0, 8)
        )
        assert low == pytest.approx(high, abs=2e-6)
    stack.voids("anode|separator", Voids(0.5 * um, discs=[(0.5 * um, 4 * um, 1 * um)]))
    with pytest.raises(InputError, match="sides of a periodic stack"):
        stack.mesh(comm, size=1 * um)


def test_bad_features():
    with pytest.raises(InputError, match="place='boundaries'"):
        Pores(0.1, 1.0, dihedral=120.0)
    with pytest.raises(InputError, match="at least 60"):
        Pores(0.1, 1.0, place="boundaries", dihedral=20.0)
    with pytest.raises(InputError, match=r"separator.*cannot be packed"):
        cell(Pores(0.3, 0.5 * um, place="boundaries")).mesh(comm, size=1 * um)
    with pytest.raises(InputError, match="no triple junctions"):
        cell(Pores(0.02, 0.5 * um, place="junctions"), count=2).mesh(comm, size=1 * um)
    for discs, problem in (
        ([(1.0, 1.0)], "list of"),
        ([(1.0, 1.0, 0.0)], "above 0"),
        ([(1.0, 1.0, 1.0), (2.5, 1.0, 1.0)], "overlap"),
    ):
        with pytest.raises(InputError, match=problem):
            Voids(0.1, discs=discs)
    for voids, problem in (
        (Voids(0.5 * um, discs=[(20 * um, 0.0, 1 * um)]), "must lie on the interface"),
        (Voids(0.5 * um, discs=[(4 * um, 4 * um, 20 * um)]), "no contact"),
        (Voids(0.5 * um, coverage=0.8, width=1 * um), "finds no room"),
        (Voids(0.5 * um, coverage=0.01, width=3 * um), "half a void"),
        (Voids(2.9 * um, coverage=0.3, width=1 * um), "more than 0.9"),
    ):
        stack = cell()
        stack.voids("anode|separator", voids)
        with pytest.raises(InputError, match=problem):
            stack.mesh(comm, size=1 * um)
    with pytest.raises(InputError, match="two or more"):
        Filament([(0.0, 0.0, 0.0)], 1.0)
    with pytest.raises(InputError, match="bends too sharply"):
        Filament([(0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.1, 0.0)], 0.3)
    with pytest.raises(InputError, match="not all zero"):
        Spheroid((0.0, 0.0, 0.0), 1.0, 0.1, (0.0, 0.0, 0.0))
    for shape, problem in (
        (Filament([(4 * um, 4 * um, 5 * um), (4 * um, 4 * um, 10 * um)], 0.3 * um), "leaves its layer"),
        (Spheroid((4 * um, 4 * um, 6 * um), 1 * um, 0.2 * um), "overlaps"),
    ):
        stack = cell()
        stack.inclusion("separator", "first", "Li", Sphere((4 * um, 4 * um, 6 * um), 1 * um))
        stack.inclusion("separator", "second", "Li", shape)
        with pytest.raises(InputError, match=problem):
            stack.mesh(comm, size=1 * um)
    stack = cell()
    with pytest.raises(InputError, match=r"discs=… in 3D"):
        stack.voids("anode|separator", Voids(0.1 * um, strips=[(0.0, 1 * um)]))


def test_void_and_inclusion_in_one_layer():
    """Each has its own volume; where they would meet they are refused."""
    for centre in ((2.5, 2.5, 0.75), (1.4, 1.0, 0.85)):
        stack = Stack(width=4.0, dim=3)
        stack.layer("metal", "Li", 1.5)
        stack.layer("block", "LLZO", 1.0)
        stack.voids("metal|block", Voids(depth=0.3, discs=[(1.0, 1.0, 0.6)]))
        stack.inclusion("metal", "ball", "C", Sphere(centre, 0.4))
        if centre[0] < 2.0:
            with pytest.raises(InputError, match="overlaps or all but touches"):
                stack.mesh(comm, size=0.6)
            continue
        mesh = stack.mesh(comm, size=0.6)
        ball = 4 / 3 * np.pi * 0.4**3
        assert mesh.volume("ball") == pytest.approx(ball, rel=5e-3)
        assert 24.0 - mesh.volume("metal") - mesh.volume("ball") == pytest.approx(2 / 3 * np.pi * 0.36 * 0.3, rel=0.02)
        assert 16.0 - mesh.area("metal|block") == pytest.approx(np.pi * 0.36, rel=0.02)
