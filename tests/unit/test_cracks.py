"""Cracks and notches: lengths and areas exact, faces named, doubled nodes, refusals. Runs on any number of ranks."""

import numpy as np
import pytest
import shapely
from dolfinx.mesh import entities_to_geometry
from mpi4py import MPI
from scipy.spatial import Delaunay
from scipy.spatial.distance import pdist
from scipy.spatial.transform import Rotation

from fem_ssb.errors import InputError
from fem_ssb.mesh.measure import vertices as vertices_of
from fem_ssb.microstructure import Disc, Groove, Laguerre, Notch, Penny, Pores, Sheet, Slit, Sphere, Stack, Voronoi
from fem_ssb.microstructure.complexes import Complex, FacetTable
from fem_ssb.microstructure.cracks import UncleanCutError
from fem_ssb.microstructure.lines import CrackedPlane

comm = MPI.COMM_WORLD

SHARP = 10.0
"""Angle (degrees) between lines of cracks, or these and faces, below which cells cannot be good: gamma 0.33 at best."""


def plate(**more):
    stack = Stack(width=4.0)
    stack.layer("metal", "Li", thickness=1.0)
    stack.layer("plate", "LLZO", thickness=3.0, **more)
    return stack


def block(**more):
    stack = Stack(width=4.0, dim=3)
    stack.layer("metal", "Li", thickness=1.0)
    stack.layer("block", "LLZO", thickness=3.0, **more)
    return stack


def vertices(mesh):
    return mesh.domain.topology.index_map(0).size_global


@pytest.mark.parallel
@pytest.mark.parametrize("grains", [None, Voronoi(12, seed=2)])
def test_slit_has_both_faces_and_one_tip_node(grains):
    points = [(1.0, 2.0), (2.2, 2.6), (2.9, 2.4)]
    stack = plate(grains=grains)
    stack.crack("crack", Slit(points), tip_size=0.05)
    mesh = stack.mesh(comm, size=0.3)
    length = np.linalg.norm(np.diff(points, axis=0), axis=1).sum()
    assert mesh.area("crack") == pytest.approx(2 * length, rel=1e-12)
    assert mesh.volume() == pytest.approx(16.0, rel=1e-12)
    assert mesh.quality()["min"] > 0.1
    # One closed curve: as many nodes as facets; Euler's number of a disc with a hole is 0.
    facets = comm.allreduce(len(mesh.boundary("crack")))
    outer = sum(comm.allreduce(len(mesh.boundary(name))) for name in ("left", "right", "metal", "plate"))
    cells = mesh.domain.topology.index_map(2).size_global
    edges = (3 * cells + facets + outer) // 2
    assert vertices(mesh) - edges + cells == 0


def test_edge_crack_opens_the_face_it_begins_at():
    stack = plate()
    stack.crack("edge", Slit([(0.0, 2.5), (1.5, 2.5)]))
    mesh = stack.mesh(comm, size=0.4)
    cells, facets = mesh.domain.topology.index_map(2).size_global, sum(map(len, mesh.boundaries.values()))
    edges = (3 * cells + comm.allreduce(facets)) // 2
    assert vertices(mesh) - edges + cells == 1  # still a disc
    assert mesh.area("edge") == pytest.approx(3.0, rel=1e-12)
    assert mesh.area("left") == pytest.approx(4.0, rel=1e-12)


@pytest.mark.parallel
def test_cracks_that_cross_open_into_four_corners():
    stack = plate(grains=Voronoi(15, seed=4))
    stack.crack("one", Slit([(1.0, 2.5), (3.0, 2.5)]))
    stack.crack("two", Slit([(2.0, 1.5), (2.0, 3.5)]))
    mesh = stack.mesh(comm, size=0.3)
    assert mesh.area("one") == pytest.approx(4.0, rel=1e-12)
    assert mesh.area("two") == pytest.approx(4.0, rel=1e-12)
    owned = mesh.domain.topology.index_map(0).size_local
    x = mesh.domain.geometry.x[:, :2]
    there = np.linalg.norm(x - [2.0, 2.5], axis=1) < 1e-9
    index = np.asarray(mesh.domain.geometry.input_global_indices)[there]
    assert len(set().union(*comm.allgather(set(index.tolist())))) == 4
    assert owned > 0


def test_crack_joined_to_a_pore():
    stack = plate(pores=Pores(0.03, 0.3, seed=1))
    stack.mesh(comm, size=0.3)
    centre = _a_pore(stack)
    stack.crack("crack", Slit([tuple(centre), (centre[0] + 0.8, centre[1] + 0.1)]))
    mesh = stack.mesh(comm, size=0.2)
    length = np.hypot(0.8, 0.1)
    assert 2 * (length - 0.36) < mesh.area("crack") < 2 * (length - 0.29)
    assert mesh.porosity["plate"] == pytest.approx(0.03, rel=0.02)
    assert mesh.quality()["min"] > 0.1


def _a_pore(stack):
    from fem_ssb.microstructure.assembly import assemble

    geometry = assemble(stack, 0.2, 0.3)
    inner = (np.abs(geometry.pores.centres * geometry.unit - [1.6, 2.4]) < 1.4).all(axis=1)
    return geometry.pores.centres[inner][0] * geometry.unit


@pytest.mark.parametrize(("tip", "area"), [("flat", 0.5), ("sharp", 0.25), ("round", 0.4 * 0.8 + np.pi / 2 * 0.04)])
def test_notch_takes_its_area_away(tip, area):
    width = 0.4 if tip == "round" else 0.5
    stack = plate(grains=Voronoi(12, seed=2))
    stack.crack("notch", Notch((0.0, 2.5), (1.0, 2.5), width, tip))
    mesh = stack.mesh(comm, size=0.3)
    assert mesh.volume() == pytest.approx(16.0 - area, rel=1e-12)
    assert mesh.area("left") == pytest.approx(4.0 - width, rel=1e-12)
    assert "pores" not in mesh.boundaries


@pytest.mark.parametrize("fill", [None, "metal"])
def test_notch_is_no_pore(fill):
    """Of the layer it is cut into and of the one that fills it the porosity is what was asked."""
    stack = Stack(width=4.0)
    stack.layer("metal", "Li", thickness=1.0, pores=Pores(0.02, 0.1, seed=2))
    stack.layer("block", "LLZO", thickness=3.0, pores=Pores(0.02, 0.1, seed=6))
    stack.crack("notch", Notch((2.0, 1.0), (2.1, 1.4), 0.2, "sharp"), fill=fill)
    mesh = stack.mesh(comm, size=0.3)
    assert mesh.volume() == pytest.approx(16.0 - 0.32 - (0.04 if fill is None else 0.0), abs=5e-3)
    assert mesh.porosity == {"metal": pytest.approx(0.02, rel=0.01), "block": pytest.approx(0.02, rel=0.01)}


def test_filled_notch_among_pores():
    """Its walls cut pores: cells there are as small as what is left beside them (gamma was 0.007), or it is refused."""
    stack = plate(pores=Pores(0.08, 0.15, seed=4))
    stack.crack("notch", Notch((2.0, 1.0), (2.2, 2.4), 0.6, "sharp"), fill="metal")
    assert stack.mesh(comm, size=0.3).quality()["min"] > 0.05
    rng = np.random.default_rng(60)
    stack = plate(grains=Voronoi(int(rng.integers(1, 15)), seed=60), pores=Pores(0.08, rng.uniform(0.08, 0.2), seed=60))
    notch = Notch((rng.uniform(1, 3), 1.0), (rng.uniform(1, 3), rng.uniform(1.6, 3)), rng.uniform(0.1, 0.8), "sharp")
    stack.crack("notch", notch, fill="metal")
    with pytest.raises(InputError, match="'notch' all but touches pores"):
        stack.mesh(comm, size=0.3)


@pytest.mark.parallel
def test_scratch_is_empty_or_filled():
    shape = Notch((2.0, 1.0), (2.2, 2.0), 0.4, "sharp")
    empty, filled = plate(grains=Voronoi(12, seed=2)), plate(grains=Voronoi(12, seed=2))
    empty.crack("scratch", shape)
    filled.crack("scratch", shape, fill="metal")
    one, two = empty.mesh(comm, size=0.3), filled.mesh(comm, size=0.3)
    mouth = 4.0 - one.area("metal|plate")
    assert one.volume("plate") == pytest.approx(two.volume("plate"), rel=1e-12)
    assert one.volume("metal") == pytest.approx(4.0, rel=1e-12)
    assert two.volume("metal") == pytest.approx(4.0 + mouth / 2, rel=1e-12)
    assert "scratch" not in two.boundaries
    assert one.area("scratch") - mouth == pytest.approx(two.area("metal|plate") - (4.0 - mouth), rel=1e-12)


@pytest.mark.parallel
@pytest.mark.parametrize("grains", [None, Voronoi(2, seed=1)])
def test_penny_has_the_area_of_the_disc(grains):
    stack = block(grains=grains)
    stack.crack("penny", Penny((1.8, 1.2, 2.3), 0.4, angles=(30.0, 20.0, 0.0)))
    mesh = stack.mesh(comm, size=1.0)
    assert mesh.area("penny") == pytest.approx(2 * np.pi * 0.16, rel=1e-12)
    assert mesh.volume() == pytest.approx(64.0, rel=1e-12)
    assert mesh.quality()["min"] > 0.1


def random_penny(seed):
    """A penny anywhere in a polycrystal, each third time with its centre on a face; its area."""
    rng = np.random.default_rng([seed, 33])
    stack = block(grains=Voronoi(int(rng.integers(2, 20)), seed=seed))
    centre, radius, half = rng.uniform([1, 1, 1.8], [3, 3, 3.2]), rng.uniform(0.5, 0.9), seed % 3 == 2
    if half:
        centre[0] = 0.0
    turn = (rng.uniform(0, 30), 0.0 if half else rng.uniform(-30, 30), 0.0)
    stack.crack("crack", Penny(tuple(centre), radius, turn), tip_size=0.15)
    return stack, np.pi * radius**2 * (0.5 if half else 1.0)


def check_penny_across_grains(seed, least):
    """Both faces of exactly its area; grains, their volumes and their boundaries stay."""
    stack, area = random_penny(seed)
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.area("crack") == pytest.approx(2 * area, rel=1e-12)
    assert mesh.volume() == pytest.approx(64.0, rel=1e-12)
    assert mesh.quality()["min"] > least
    assert len(mesh.region_of_grain) == 1 + stack.layers[1].grains.count
    # Nodes are doubled inside the crack, not on its front: cells that see the crack from either side share none there.
    facets = mesh.boundary("crack")
    x = np.unique(np.round(vertices_of(mesh.domain, 2, facets).reshape(-1, 3), 9), axis=0)
    assert comm.size > 1 or 2 * len(x) > vertices_on(mesh, facets) > len(x)


def vertices_on(mesh, facets):
    """Number of the nodes of some facets on this rank."""
    return len(np.unique(entities_to_geometry(mesh.domain, 2, facets)))


# 37: all but touches a second grain; 45, 53, 65: grain corners next to the plane, away from the crack.
@pytest.mark.parametrize("seed", [2, 37])
def test_penny_across_grains(seed):
    check_penny_across_grains(seed, 0.1)


@pytest.mark.parametrize(
    ("centre", "radius", "share"),
    [
        ((2.0, 3.35, 2.0), 0.35, 1.0),
        ((2.8, 2.0, 2.5), 0.3, 1 - 0.130078 / (0.64 * np.pi)),
        ((2.0, 2.0, 2.5), 0.35, 1 - 0.35**2 / 0.64),
    ],
    ids=["beside", "on its front", "in its middle"],
)
def test_penny_and_a_ball_cut_out_across_grains(centre, radius, share):
    """The ball takes what it has in common with the disc: 0.130078 for discs of 0.8 and 0.3, 0.8 apart."""
    stack = block(grains=Voronoi(10, seed=1))
    stack.crack("crack", Penny((2.0, 2.0, 2.5), 0.8, (20.0, 0.0, 0.0)), tip_size=0.15)
    stack.inclusion("block", "ball", "C", Sphere(centre, radius))
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.area("crack") == pytest.approx(2 * np.pi * 0.64 * share, rel=1e-9 if share == 1.0 else 0.01)
    assert mesh.volume("ball") == pytest.approx(4 / 3 * np.pi * radius**3, rel=0.02)
    assert mesh.volume() == pytest.approx(64.0, rel=1e-12)
    assert mesh.quality()["min"] > 0.1


def test_penny_among_pores_across_grains():
    pores = Pores(0.02, 0.3, place="boundaries", seed=1)
    stack = block(grains=Voronoi(10, seed=1), pores=pores)
    stack.crack("crack", Penny((2.0, 2.0, 2.5), 0.8, (20.0, 0.0, 0.0)), tip_size=0.15)
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.porosity["block"] == pytest.approx(0.02, rel=0.02)
    assert mesh.area("crack") <= 2 * np.pi * 0.64 * (1 + 1e-9)
    assert mesh.quality()["min"] > 0.1


@pytest.mark.slow
def test_many_pennies_across_grains():
    """All are meshed without a bad cell, or refused."""
    refused = 0
    for seed in range(110):
        try:
            check_penny_across_grains(seed, 0.1)
        except UncleanCutError:
            refused += 1
    assert refused <= 2


def check_penny_through_layers(seed, least=0.1):
    """A penny anywhere through the first two of two or three layers with grains; whether it is not refused."""
    rng = np.random.default_rng([seed, 77])
    stack = Stack(width=8.0, dim=3, depth=6.0)
    for k in range(int(rng.integers(2, 4))):
        grains = None
        if rng.random() < 0.8:
            if rng.random() < 0.6:
                count, number = int(rng.integers(2, 12)), int(rng.integers(99))
                grains = Voronoi(count, seed=number, stretch=rng.uniform(0.5, 2.0))
            else:
                count, spread = int(rng.integers(2, 12)), rng.uniform(0.0, 0.5)
                grains = Laguerre(count, spread=spread, seed=int(rng.integers(99)))
        stack.layer(f"layer {k}", "LLZO", 10 ** rng.uniform(0.3, 0.8), grains=grains)
    radius = 10 ** rng.uniform(-0.3, 0.3)
    x, y, off = rng.uniform(0.2, 0.8) * 8.0, rng.uniform(0.2, 0.8) * 6.0, rng.uniform(-0.7, 0.7) * radius
    turn = (rng.uniform(40.0, 90.0), 0.0, rng.uniform(0.0, 90.0))
    centre = (x, y, stack.layers[0].thickness + off)
    stack.crack("crack", Penny(centre, radius, turn), layer=("layer 0", "layer 1"))
    try:
        mesh = stack.mesh(comm, size=1.5, max_cells=30_000)
    except InputError as refusal:
        words = ("or hardly", "but for a sliver", "could not mesh")
        assert isinstance(refusal, UncleanCutError) or any(word in str(refusal) for word in words)
        return False
    assert mesh.quality()["min"] > least
    assert mesh.area("crack") <= 2 * np.pi * radius**2 * (1 + 1e-9)
    assert mesh.volume() == pytest.approx(48.0 * stack.height, rel=1e-9)
    return True


# A part of the disc as thin as a third of a cell reaches the second layer (79); a bent grain face crosses itself in its
# mean plane, which Gmsh never ended on (82); cuts leave a grain face without area, on which Gmsh crashed (87); a grain
# corner on a box edge is close to the plane along that (163).
@pytest.mark.parametrize(("seed", "meshed"), [(79, False), (82, True), (87, False), (163, True)])
def test_penny_through_layers(seed, meshed):
    assert check_penny_through_layers(seed) == meshed


@pytest.mark.slow
def test_many_pennies_through_layers():
    """One in forty has a gamma of 0.067 to 0.1: its plane, an interface and a grain boundary meet at sharp angles."""
    assert sum(check_penny_through_layers(seed, 0.04) for seed in range(200)) > 180


def test_cracks_that_begin_at_faces():
    stack = block()
    stack.crack("half", Penny((0.0, 2.0, 2.5), 0.8, angles=(10.0, 0.0, 0.0)))
    stack.crack("sheet", Sheet([(3.0, 1.0, 5.0), (3.0, 3.0, 5.0), (3.2, 3.0, 3.0), (3.2, 1.0, 3.0)]))
    mesh = stack.mesh(comm, size=1.0)
    assert mesh.area("half") == pytest.approx(np.pi * 0.64, rel=1e-12)
    assert mesh.area("sheet") == pytest.approx(2 * 2 * np.hypot(2.0, 0.2) / 2, rel=1e-12)
    assert mesh.area("block") == pytest.approx(16.0, rel=1e-12)


@pytest.mark.parallel
@pytest.mark.parametrize("grains", [None, Voronoi(8, seed=1)])
def test_penny_through_two_layers(grains):
    """It is open across the interface too: one surface with its nodes doubled but on its front."""
    stack = block(grains=grains)
    stack.crack("crack", Penny((2.0, 2.0, 1.1), 0.7, (70.0, 0.0, 0.0)), tip_size=0.2, layer=("metal", "block"))
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.area("crack") == pytest.approx(2 * np.pi * 0.49, rel=1e-12)
    assert mesh.volume() == pytest.approx(64.0, rel=1e-12)
    assert mesh.area("metal|block") == pytest.approx(16.0, rel=1e-12)
    assert mesh.quality()["min"] > 0.05
    if comm.size == 1:  # Euler's number of two discs that share their rim is that of a ball
        facets = mesh.boundary("crack")
        assert vertices_on(mesh, facets) == len(facets) // 2 + 2


def test_pennies_that_cross():
    """Two discs with their areas; where they cross there are four nodes in one place."""
    stack = block(grains=Voronoi(10, seed=1))
    stack.crack("one", Penny((2.0, 2.0, 2.5), 0.8, (20.0, 0.0, 0.0)), tip_size=0.2)
    stack.crack("other", Penny((2.2, 2.1, 2.5), 0.8, (100.0, 0.0, 0.0)), tip_size=0.2)
    mesh = stack.mesh(comm, size=0.6)
    for name in ("one", "other"):
        assert mesh.area(name) == pytest.approx(2 * np.pi * 0.64, rel=0.01)
    assert mesh.volume() == pytest.approx(64.0, rel=1e-12)
    assert mesh.quality()["min"] > 0.1
    if comm.size == 1:
        x = np.round(mesh.domain.geometry.x, 9)
        assert np.unique(x, axis=0, return_counts=True)[1].max() == 4


def test_layer_that_a_crack_does_not_reach():
    stack = block()
    stack.crack("crack", Penny((2.0, 2.0, 2.5), 0.7, (70.0, 0.0, 0.0)), layer=("metal", "block"))
    with pytest.raises(InputError, match="does not reach"):
        stack.mesh(comm, size=0.6)


def test_penny_inside_one_grain_joined_to_a_ball():
    """As across grains: the ball takes what it has in common with the disc, 0.130078 for 0.8 and 0.3, 0.8 apart."""
    stack = block()
    stack.crack("crack", Penny((2.0, 2.0, 2.5), 0.8, (20.0, 0.0, 0.0)), tip_size=0.15)
    stack.inclusion("block", "ball", "C", Sphere((2.8, 2.0, 2.5), 0.3))
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.area("crack") == pytest.approx(2 * (np.pi * 0.64 - 0.130078), rel=0.01)
    assert mesh.volume("ball") == pytest.approx(4 / 3 * np.pi * 0.027, rel=0.02)
    assert mesh.quality()["min"] > 0.1


def test_penny_joined_to_pores_inside_one_grain():
    stack = block(pores=Pores(0.05, 0.3, seed=3))
    stack.crack("crack", Penny((2.0, 2.0, 2.5), 0.9, (20.0, 0.0, 0.0)), tip_size=0.15)
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.porosity["block"] == pytest.approx(0.05, rel=0.01)
    assert mesh.area("crack") < 0.95 * 2 * np.pi * 0.81
    assert mesh.quality()["min"] > 0.1


def test_through_crack_below_a_groove():
    """From the bottom of a scratch, 0.5 deep, to a depth of 1: half of the sheet is left."""
    stack = block()
    stack.crack("scratch", Groove((0, 2, 4), (4, 2, 4), 0.6, (0, 0, -0.5), "sharp"))
    stack.crack("crack", Sheet([(0, 2, 4), (4, 2, 4), (4, 2, 3), (0, 2, 3)]), tip_size=0.15)
    mesh = stack.mesh(comm, size=0.6)
    assert mesh.area("crack") == pytest.approx(4.0, rel=0.01)
    assert 64.0 - mesh.volume() == pytest.approx(0.6, rel=5e-3)
    assert mesh.quality()["min"] > 0.1


def test_a_crack_at_an_interface_is_on_the_side_that_is_asked_for():
    shape, cells = Penny((2.0, 2.0, 1.0), 0.6, angles=(0.0, 90.0, 0.0)), {}
    for layer in ("metal", "block", None):
        stack = block()
        stack.crack("flaw", shape, layer=layer)
        if layer is None:
            with pytest.raises(InputError, match="on which side"):
                stack.mesh(comm, size=1.0)
            continue
        mesh = stack.mesh(comm, size=1.0)
        assert mesh.area("flaw") == pytest.approx(np.pi * 0.36, rel=1e-12)
        facets = mesh.boundary("flaw")
        z = vertices_of(mesh.domain, 2, facets)[..., 2]
        cells[layer] = (
            comm.allreduce(float(z.min(initial=9.0)), MPI.MIN),
            comm.allreduce(float(z.max(initial=0.0)), MPI.MAX),
        )
    assert cells["metal"][1] == pytest.approx(1.0) and cells["metal"][0] < 0.5
    assert cells["block"][0] == pytest.approx(1.0) and cells["block"][1] > 1.5


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        (Slit([(1.0, 2.0), (5.0, 2.0)]), "leaves the stack"),
        (Notch((9.0, 2.0), (9.0, 3.0), 0.2), "in no material"),
        (Slit([(2.0, 2.0), (3.5, 2.0)]), "lies along another"),
    ],
)
def test_refused_in_the_plane(shape, word):
    stack = plate()
    stack.crack("first", Slit([(1.0, 2.0), (3.0, 2.0)]))
    stack.crack("second", shape)
    with pytest.raises(InputError, match=word):
        stack.mesh(comm, size=0.4)


@pytest.mark.parametrize(
    ("shape", "word"),
    [
        (Sheet([(1.0, 1.9, 2.2), (1.0, 2.1, 2.2), (1.0, 2.1, 2.8), (1.0, 1.9, 2.8)]), "meet or all but touch"),
        (Penny((2.0, 2.0, 8.0), 0.5), "outside|touches"),
        (Penny((2.0, 2.0, 2.6), 0.5, (90.0, 0.0, 0.0)), "meet or all but touch"),
        (Penny((2.0, 2.0, 1.05), 0.5), "all but touches"),
        (Penny((0.0, 0.0, 2.0), 0.5), "all but touches"),
    ],
)
def test_refused_in_space(shape, word):
    stack = block()
    stack.crack("first", Penny((2.0, 2.0, 2.5), 0.8))
    stack.crack("second", shape)
    with pytest.raises(InputError, match=word):
        stack.mesh(comm, size=0.8)


def test_refused_at_once():
    with pytest.raises(InputError, match="same"):
        Slit([(1.0, 1.0), (1.0, 1.0)])
    with pytest.raises(InputError, match="one plane"):
        Sheet([(0, 0, 0), (1, 0, 0), (1, 1, 0.5), (0, 1, 0)])
    with pytest.raises(InputError, match="tip"):
        Notch((0, 0), (1, 0), 0.2, "blunt")
    stack = plate()
    with pytest.raises(InputError, match="Slit"):
        stack.crack("crack", Penny((0, 0, 0), 1.0))
    with pytest.raises(InputError, match="Slit"):
        stack.crack("crack", Disc((0, 0), 1.0))
    with pytest.raises(InputError, match="room to be filled"):
        stack.crack("crack", Slit([(0, 0), (1, 0)]), fill="metal")
    with pytest.raises(InputError, match="names must differ"):
        stack.crack("plate", Slit([(0, 0), (1, 0)]))


def test_shapes_say_which_cells_they_cut():
    x = np.array([[[0.2, -0.1], [0.4, -0.1], [0.3, 0.2]], [[0.2, 0.1], [0.4, 0.1], [0.3, 0.2]]])
    assert Slit([(0.0, 0.0), (1.0, 0.0)]).cut(x).tolist() == [True, False]
    assert Slit([(0.0, 0.0), (0.35, 0.0)]).cut(x).tolist() == [False, False]
    y = np.concatenate([np.pad(x, ((0, 0), (0, 0), (0, 1))), [[[0.3, 0.0, 0.05]], [[0.3, 0.15, 0.05]]]], axis=1)
    y = y[..., [0, 2, 1]]
    disc, square = Penny((0, 0, 0), 1.0), Sheet([(0, -1, 0), (1, -1, 0), (1, 1, 0), (0, 1, 0)])
    assert disc.cut(y).tolist() == square.cut(y).tolist() == [True, False]
    assert Penny((0, 0, 0), 0.3).cut(y).tolist() == [False, False]


def excess(shape, points, step, seed, n):
    """Integral of the damage over places on the plane or line of a crack, one each `step`; the mesh has n cells a side.

    The damage is 1 on the corners of the cells that the crack cuts, linear in all cells of the uneven mesh.
    """
    dim, rng = points.shape[1], np.random.default_rng(seed)
    x = np.stack(np.meshgrid(*dim * [np.linspace(-0.6, 0.6, n + 1)], indexing="ij"), axis=-1).reshape(-1, dim)
    x += rng.uniform(-0.4 / n, 0.4 / n, x.shape) * (np.abs(x) < 0.599) + rng.uniform(-0.5 / n, 0.5 / n, dim)
    cells = Delaunay(x)
    damage = np.zeros(len(x))
    damage[cells.simplices[shape.cut(x[cells.simplices])]] = 1.0
    at = cells.find_simplex(points)
    first = np.einsum("nij,nj->ni", cells.transform[at, :dim], points - cells.transform[at, dim])
    weights = np.column_stack([first, 1.0 - first.sum(axis=1)])
    return step * (weights * damage[cells.simplices[at]]).sum()


def test_initial_damage_has_the_size_of_the_crack():
    """On the mean of meshes its ends and rim are right to 0.2 of a cell.

    With the cells at its ends whose middle lies beside it, the damage would be half a cell too long.
    """
    t, n = np.linspace(-0.5, 0.5, 801), 20
    slit = Slit([(-0.31, -0.12), (0.29, 0.17)])
    along = np.array([0.6, 0.29])
    line = np.array([-0.01, 0.025]) + 1.5 * t[:, None] * along
    long = np.mean([excess(slit, line, 1.5 * np.hypot(*along) / 800, seed, n) for seed in range(20)])
    assert long - np.hypot(*along) == pytest.approx(0.0, abs=2 * 0.2 * 1.2 / n)
    penny, n = Penny((0.0, 0.0, 0.0), 0.3, (20.0, 10.0, 0.0)), 12
    axes = Rotation.from_euler("xyz", penny.angles, degrees=True).as_matrix().T[:2]
    sheet = Sheet(np.array([(-0.35, -0.2), (0.35, -0.2), (0.35, 0.2), (-0.35, 0.2)]) @ axes)
    plane = np.stack(np.meshgrid(t[::8], t[::8]), axis=-1).reshape(-1, 2) @ axes
    for shape, area, rim in ((penny, np.pi * 0.09, np.pi * 0.6), (sheet, 0.28, 2.2)):
        large = np.mean([excess(shape, plane, 1e-4, seed, n) for seed in range(4)])
        assert (large - area) / rim == pytest.approx(0.0, abs=0.2 * 1.2 / n)


def random_cracks(seed):
    """Slits that cross grains and each other, scratches between them; the length of each slit, and all asked lines."""
    rng = np.random.default_rng([seed, 3])
    stack = plate(grains=Voronoi(int(rng.integers(1, 30)), seed=seed))
    lines = {}
    for i in range(rng.integers(1, 4)):
        a = rng.uniform([0.0, 2.0], [4.0, 4.0])
        b = np.clip(a + rng.uniform(-1.5, 1.5, 2), [0.0, 2.0], [4.0, 4.0])
        stack.crack(f"slit {i}", Slit([tuple(a), tuple(b)]))
        lines[f"slit {i}"] = np.array([a, b])
    x, width = rng.uniform(0.5, 3.5), rng.uniform(0.05, 0.4)
    if rng.random() < 0.6:
        stack.crack("scratch", Notch((x, 1.0), (x, 1.9), width, "sharp"), fill="metal" if rng.random() < 0.5 else None)
    return stack, lines, width


def least_angle(lines):
    """Smallest angle (degrees) at which asked lines, or these and faces of the plate, meet."""
    corners = np.array([(0.0, 1.0), (4.0, 1.0), (4.0, 4.0), (0.0, 4.0)])
    every = shapely.linestrings([*lines, *np.stack([corners, np.roll(corners, -1, axis=0)], axis=1)])
    x = shapely.get_coordinates(every).reshape(-1, 2, 2)
    along = (x[:, 1] - x[:, 0]) / np.linalg.norm(x[:, 1] - x[:, 0], axis=1)[:, None]
    cosine = np.where(shapely.distance(every[:, None], every) < 1e-9, np.abs(along @ along.T), 0.0)
    np.fill_diagonal(cosine, 0.0)
    return float(np.degrees(np.arccos(cosine.max())))


# 15, 80, 81: boundaries that cross slits close to a face; 61, 105: slits at 1° and at 8° to a face;
# 28: a grain in two parts that touch in the corner of a scratch; 123: a boundary at 5° to a scratch's wall.
HARD = (15, 28, 61, 80, 81, 105, 123)


@pytest.mark.parametrize("seed", [*range(9), *HARD])
def test_random_cracks_are_meshed_or_refused(seed):
    check_random_cracks(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [seed for seed in range(9, 260) if seed not in HARD])
def test_many_random_cracks(seed):
    check_random_cracks(seed)


def check_random_cracks(seed):
    """Lengths and volumes exact, or a clear refusal; no bad cell but where lines are asked for that nearly coincide."""
    stack, lines, width = random_cracks(seed)
    try:
        mesh = stack.mesh(comm, size=0.25, max_cells=50_000)
    except InputError as refusal:
        assert any(word in str(refusal) for word in ("lies along", "touches", "lie on each other"))
        return
    for name, (a, b) in lines.items():
        assert mesh.area(name) == pytest.approx(2 * np.linalg.norm(b - a), rel=1e-9)
    hollow = 0.45 * width if "scratch" in mesh.boundaries else 0.0
    assert mesh.volume() == pytest.approx(16.0 - hollow, rel=1e-9)
    assert mesh.quality()["min"] > (0.1 if least_angle(list(lines.values())) > SHARP else 1e-4)
    named = np.concatenate([mesh.boundary(name) for name in mesh.boundaries])
    assert len(np.unique(named)) == len(named)


def test_no_two_points_slide_to_one_place():
    """Two points of a face, to both sides of a crack that crosses it: both moved onto it would coincide there."""
    x = np.array([(0, 0), (1, 0), (1, 0.5), (0.51, 0.5), (0.49, 0.5), (0, 0.5), (1, 1), (0, 1)], dtype=np.float64)
    loops = [[0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 6, 7]]
    table = FacetTable()
    cells = [[table.add([a, b]) for a, b in zip(loop, np.roll(loop, -1).tolist(), strict=True)] for loop in loops]
    plane = CrackedPlane(Complex(x, table.facets, cells), [np.array([0.0, 1.0]), np.array([0.0, 0.5, 1.0])])
    plane.cut_line("crack", np.array([(0.2, 0.62), (0.8, 0.38)]), 0.1)
    used = np.unique([plane.facets[f] for f in [*plane.flaws["crack"], *plane.cells[0], *plane.cells[1]]])
    assert pdist(plane.points[used]).min() > 5e-3


@pytest.mark.parallel
def test_the_mesh_is_the_same_on_any_number_of_ranks():
    stack = plate(grains=Voronoi(12, seed=2))
    stack.crack("crack", Slit([(1.0, 2.0), (2.2, 2.6)]), tip_size=0.05)
    mesh = stack.mesh(comm, size=0.3)
    alone = stack.mesh(MPI.COMM_SELF, size=0.3)
    owned = mesh.domain.topology.index_map(0).size_local
    assert mesh.domain.topology.index_map(2).size_global == alone.domain.topology.index_map(2).size_global
    places = [np.round(m.domain.geometry.x, 12) for m in (mesh, alone)]
    every = np.unique(np.concatenate(comm.allgather(places[0])), axis=0)
    assert owned > 0 and np.array_equal(every, np.unique(places[1], axis=0))
