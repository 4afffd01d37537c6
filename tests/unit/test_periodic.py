"""Periodic stacks: opposite faces carry the same facets, grains go through them; any number of ranks."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.analysis import effective_conductivity
from fem_ssb.errors import InputError
from fem_ssb.materials import Material
from fem_ssb.mesh import refine
from fem_ssb.mesh.measure import vertices
from fem_ssb.microstructure import (
    Bricks,
    Coat,
    Disc,
    Ellipse,
    FibreNetwork,
    Filament,
    Laguerre,
    Mixture,
    Notch,
    Packing,
    Penny,
    Phase,
    Pores,
    Sphere,
    Spheroid,
    Stack,
    Voronoi,
)
from fem_ssb.microstructure.assembly import assemble
from fem_ssb.microstructure.wrap import twins
from fem_ssb.spaces import PeriodicPair, broken_space

comm = MPI.COMM_WORLD
AXES = [(2, (0,)), (2, (0, 1)), (3, (0,)), (3, (0, 1)), (3, (0, 1, 2))]
UPPER = np.array([1.0, 1.3, 0.8])


def extents(cells):
    """Areas or volumes of star-shaped cells."""
    found = []
    for cell in cells.cells:
        middle = cells.points[sorted({p for f in cell for p in cells.facets[f]})].mean(axis=0)
        parts = []
        for x in (cells.points[cells.facets[f]] - middle for f in cell):
            fan = (
                x[None] if cells.dim == 2 else np.stack([[x.mean(axis=0)] * len(x), x, np.roll(x, -1, axis=0)], axis=1)
            )
            parts.append(np.abs(np.linalg.det(fan)).sum())
        found.append(sum(parts) / (2 if cells.dim == 2 else 6))
    return np.array(found)


@pytest.mark.parametrize(("dim", "axes"), AXES)
@pytest.mark.parametrize("grains", [Voronoi(1), Voronoi(3, seed=5), Laguerre(12, spread=0.4, seed=1)])
def test_opposite_faces_carry_the_same_facets(dim, axes, grains):
    upper = UPPER[:dim]
    for tolerance in (0.0, 0.02):
        cells, grain = grains.wrapped(np.zeros(dim), upper, axes, tolerance)
        volumes = np.bincount(grain, extents(cells))
        assert volumes.sum() == pytest.approx(np.prod(upper), rel=1e-10)
        if isinstance(grains, Laguerre):
            sizes = (volumes / volumes.sum()) ** (1 / dim)
            assert sizes.std() / sizes.mean() == pytest.approx(0.4, rel=0.02)
        facets = {frozenset(loop) for loop in cells.facets}
        for axis in axes:
            low, high = (np.flatnonzero(cells.points[:, axis] == plane) for plane in (0.0, upper[axis]))
            across = dict(twins(np.delete(cells.points, axis, axis=1), low, high, 1e-12).tolist())
            on = [loop for loop in cells.facets if set(loop) <= set(low.tolist())]
            assert on and all(frozenset(across[p] for p in loop) in facets for loop in on)


def stack(dim, axes, **more):
    s = Stack(width=10.0, dim=dim, periodic=axes)
    if "xyz"[dim - 1] not in axes:
        s.layer("metal", "Li", thickness=3.0)
    s.layer("separator", "LLZO", thickness=10.0, **more)
    return s


def assert_faces_match(mesh):
    """Facets of opposite faces are at the same places, on any number of ranks, and fields are one there."""
    faces = mesh.opposite_faces()
    assert len(faces) == len(mesh.periodic)
    for low, high, shift in faces:
        places = [
            np.concatenate(comm.allgather(vertices(mesh.domain, mesh.dim - 1, facets).mean(axis=1)))
            for facets in (low, high)
        ]
        order = [np.lexsort(np.round(x - s, 6).T) for x, s in zip(places, (0.0, shift), strict=True)]
        assert np.abs(places[0][order[0]] + shift - places[1][order[1]]).max() < 1e-9
    space = broken_space(mesh.domain, ("Lagrange", 1), periodic=[PeriodicPair(*f) for f in faces])
    assert space.num_dofs < mesh.domain.topology.index_map(0).size_global
    return space


@pytest.mark.parametrize(
    ("dim", "axes", "size"),
    [
        (2, "x", 1.0),
        pytest.param(2, "xy", 0.7, marks=pytest.mark.parallel),
        (3, "x", 2.5),
        pytest.param(3, "xy", 2.5, marks=pytest.mark.parallel),
        (3, "xyz", 2.5),
    ],
)
def test_mesh_is_periodic(dim, axes, size):
    s = stack(dim, axes, grains=Voronoi(9, seed=2), pores=Pores(0.02, 0.8))
    mesh = s.mesh(comm, size=size)
    assert len(mesh.grains("separator")) == 9
    assert mesh.volume("separator") == pytest.approx(10.0**dim * (1 - mesh.porosity["separator"]), rel=1e-9)
    assert not {"left", "right"} & set(mesh.boundaries)
    space = assert_faces_match(mesh)
    fine = refine(mesh)
    pairs = [PeriodicPair(*f) for f in fine.opposite_faces()]
    assert broken_space(fine.domain, ("Lagrange", 1), periodic=pairs).num_dofs > space.num_dofs


def test_summary_counts_grains_not_their_parts():
    found = stack(2, "x", grains=Laguerre(15, spread=0.3)).summary(size=0.5)["layers"]["separator"]
    assert found["grains"] == 15
    assert found["spread"] == pytest.approx(0.3, rel=0.02)


def test_seeds_that_are_moved_give_the_same_grains():
    seeds = np.random.default_rng(3).random((12, 2))
    areas = []
    for shift in (0.0, 0.43):
        given = np.column_stack([(seeds[:, 0] + shift) % 1.0, seeds[:, 1]])
        cells, grain = Voronoi(12, seeds=given, relax=0).wrapped(np.zeros(2), np.ones(2), (0,))
        areas.append(np.bincount(grain, extents(cells)))
    assert areas[0] == pytest.approx(areas[1], rel=1e-9)


def mixture(grain=None, pore=None, **more):
    """Particles of 3, in part of grains or beside pores."""
    phases = [Phase("active", "A", 0.4, 3.0, 0.2, grain=grain), Phase("matrix", "B", diameter=3.0)]
    return Mixture([*phases, *([Phase("pore", None, pore, 2.0)] if pore else [])], seed=2, **more)


@pytest.mark.parametrize(
    ("dim", "axes", "grain", "pore"),
    [(2, "xy", 1.5, None), (2, "x", None, 0.1), pytest.param(3, "x", None, 0.1, marks=pytest.mark.parallel)],
)
def test_mixture_is_periodic(dim, axes, grain, pore):
    """Particles go on through the faces: whole ones are counted, sizes and fractions are as asked, no face is named."""
    s = Stack(width=15.0 if dim == 2 else 6.0, dim=dim, periodic=axes)
    if "xyz"[dim - 1] not in axes:
        s.layer("separator", "LLZO", 2.0)
    s.layer("cathode", mixture(grain, pore), s.width)
    asked, volume = s.summary(0.8)["layers"]["cathode"]["phases"], s.width**dim
    mesh = s.mesh(comm, size=0.8 if dim == 2 else 1.5)
    assert asked["active"]["fraction"] == pytest.approx(0.4, rel=0.02)
    assert asked["active"]["spread"] == pytest.approx(0.2, rel=0.05)
    assert asked["active"]["mean_diameter"] == pytest.approx(3.0, rel=0.05)
    assert mesh.volume("active") / volume == pytest.approx(0.4, rel=0.02)
    assert mesh.volume("matrix") / volume == pytest.approx(0.6 - (pore or 0.0), rel=0.02)
    for name in ("active", "matrix"):
        assert len(mesh.grains(name)) == asked[name]["grains"]
    assert (asked["active"]["grains"] > 3 * asked["active"]["particles"]) == (grain is not None)
    assert ("pores" in mesh.boundaries) == (pore is not None) and "left" not in mesh.boundaries
    assert_faces_match(mesh)


A, B = Phase("active", "A"), Phase("matrix", "B")
PARTICLES = Phase("active", "A", 0.5, 3.0, 0.2)
COMPOSITES = {
    "discs": Packing(PARTICLES, B),
    "touching discs": Packing(PARTICLES, B, contact=0.05),
    "polygons": Packing(PARTICLES, B, shape="polygonal"),
    "balls": Packing(Phase("active", "A", 0.25, 3.0, 0.2), B),
    "polyhedra": Packing(Phase("active", "A", 0.25, 3.0, 0.2), B, shape="polygonal", seed=1),
    "wall": Bricks(A, B, 3.5, 1.5, 0.5, start=0.3),
    "fibres": FibreNetwork(Phase("active", "A", 0.2), B, 8.0, 0.6),
}


@pytest.mark.parametrize(
    ("kind", "dim", "axes"),
    [
        ("discs", 2, "x"),
        pytest.param("touching discs", 2, "xy", marks=pytest.mark.parallel),
        ("polygons", 2, "xy"),
        pytest.param("balls", 3, "xyz", marks=pytest.mark.parallel),
        ("polyhedra", 3, "x"),
        ("wall", 2, "xy"),
        ("wall", 3, "xyz"),
        ("fibres", 2, "xy"),
    ],
)
def test_composite_is_periodic(kind, dim, axes):
    """What a periodic side cuts comes in again at the other one: whole particles are counted, fractions as asked."""
    widths = {"wall": 8.0, "balls": 6.0, "polyhedra": 6.0, "fibres": 7.0}
    s = Stack(width=widths.get(kind, 10.0), dim=dim, periodic=axes)
    if "xyz"[dim - 1] not in axes:
        s.layer("separator", "LLZO", 2.0)
    s.layer("cathode", COMPOSITES[kind], s.width)
    mesh = s.mesh(comm, size=0.8)
    assert_faces_match(mesh)
    assert not {"left", "right", *(("bottom", "top") if "xyz"[dim - 1] in axes else ())} & set(mesh.boundaries)
    shares = {"wall": (3.5 / 4) ** (dim - 1) * 1.5 / 2, "fibres": 0.2, "balls": 0.25, "polyhedra": 0.25}
    fraction = shares.get(kind, 0.5)
    assert mesh.volume("active") / s.width**dim == pytest.approx(fraction, rel=0.02)
    asked = s.summary(0.8)["layers"]["cathode"]["phases"]
    assert asked["active"]["fraction"] == pytest.approx(fraction, rel=0.02)
    if kind != "fibres":
        disc, ball = 0.25 * np.pi * 9 * 1.04, np.pi / 6 * 27 * 1.04**3
        whole = 4 * 2 ** (dim - 1) if kind == "wall" else fraction * s.width**dim / (disc if dim == 2 else ball)
        assert len(mesh.grains("active")) == round(whole)
    assert mesh.quality()["min"] > 0.1


@pytest.mark.parametrize("crack", [True, False])
def test_layers_above_leave_sides_their_holes(crack):
    """Cracks, and short edges that are removed between layers of grains, below which balls are cut by the sides."""
    s = Stack(width=10.0, dim=3, periodic="xy")
    s.layer("cathode", Packing(Phase("active", "A", 0.15, 5.0), B, seed=3), 10.0)
    s.layer("separator", "LLZO", 10.0, grains=Voronoi(4, seed=1))
    if crack:
        s.crack("crack", Penny((5.0, 5.0, 15.0), 2.0, (20.0, 0.0, 0.0)), tip_size=0.8)
    else:
        s.layer("anode", "Li", 5.0, grains=Voronoi(4, seed=2))
    geometry = assemble(s, 1.5, 0.3)
    cells, covered = geometry.cells, 0.0

    def area(loop):
        x = cells.points[loop]
        return np.linalg.norm(np.cross(x, np.roll(x, -1, axis=0)).sum(axis=0)) / 2

    for facet in {facet for cell in cells.cells for facet in cell}:
        if (cells.points[cells.facets[facet], 0] == 0.0).all():
            covered += area(cells.facets[facet]) - sum(map(area, cells.holes.get(facet, [])))
    assert cells.holes and covered == pytest.approx(geometry.upper[1] * geometry.upper[2], rel=1e-9)


@pytest.mark.parametrize(
    ("axes", "shape", "grains"),
    [
        pytest.param("xy", Disc((0.5, 9.9), 1.2), Voronoi(12), marks=pytest.mark.parallel),
        ("x", Ellipse((0.5, 5.0), (3.0, 0.8), 30.0), None),
        ("xy", Filament([(-3.0, 4.0), (2.0, 7.0), (3.0, 12.0)], 0.7), Voronoi(12)),
        ("xyz", Sphere((0.0, 5.0, 9.0), 3.0), None),
        pytest.param("xy", Spheroid((9.0, 5.0, 5.0), 4.0, 3.0, (0.3, 0.0, 1.0)), None, marks=pytest.mark.slow),
    ],
)
def test_inclusion_that_sides_cut(axes, shape, grains):
    """What of a body is beyond a periodic side comes in again at the other one; it is one grain of its whole size."""
    dim = shape.dim
    s = Stack(width=10.0, dim=dim, periodic=axes)
    s.layer("matrix", "LLZO", 10.0, grains=grains)
    if "xyz"[dim - 1] not in axes:
        s.layer("metal", "Li", 2.0)
    s.inclusion("matrix", "body", "C", shape)
    mesh = s.mesh(comm, size=0.7 if dim == 2 else 1.5)
    assert_faces_match(mesh)
    assert mesh.volume("body") == pytest.approx(shape.volume, rel=0.02)
    assert mesh.volume("body") + mesh.volume("matrix") == pytest.approx(10.0**dim, rel=1e-9)
    assert len(mesh.grains("body")) == 1 and len(mesh.grains("matrix")) == (12 if grains else 1)
    assert "matrix|body" in mesh.interfaces and not {"left", "right"} & set(mesh.boundaries)
    assert s.summary(0.7)["layers"]["matrix"]["phases"]["body"]["fraction"] == pytest.approx(
        shape.volume / 10.0**dim, rel=0.02
    )


def test_inclusions_refused_across_sides():
    for dim, shapes, more, message in (
        (2, [Disc((0.0, 5.0), 2.0), Disc((8.5, 5.0), 2.0)], {}, "'body 1' overlaps or all but touches"),
        (2, [Ellipse((0.0, 5.0), (4.99, 2.0))], {}, "'body 0' overlaps or all but touches"),
        (2, [Disc((0.0, 1.0), 2.0)], {}, "'body 0' leaves its layer"),
        (2, [Disc((0.0, 5.0), 2.0)], {"pores": Pores(0.02, 0.5)}, "can have no pores"),
        (3, [Sphere((0.0, 5.0, 5.0), 2.0)], {"grains": Voronoi(5)}, "can have no grains"),
        (3, [Filament([(-2.0, 5.0, 5.0), (2.0, 5.0, 5.0)], 1.0)], {}, "can have no filaments"),
        (3, [Sphere((2.0, 5.0, 5.0), 2.01)], {}, "'matrix': a body all but touches the side"),
    ):
        s = Stack(width=10.0, dim=dim, periodic="x")
        s.layer("matrix", "LLZO", 10.0, **more)
        for k, shape in enumerate(shapes):
            s.inclusion("matrix", f"body {k}", "C", shape)
        with pytest.raises(InputError, match=message):
            s.mesh(comm, size=1.0)


def test_conduction_of_a_periodic_mixture():
    """Exchanging the two conductivities of a 2D cell turns its conductivity σ* into σ₁σ₂ R σ*⁻¹ Rᵀ, R a turn by 90°.

    (J. B. Keller, J. Math. Phys. 5 (1964) 548; K. S. Mendelson, J. Appl. Phys. 46 (1975) 4740.)
    """
    turn, errors = np.array([[0.0, -1.0], [1.0, 0.0]]), []
    for size in (0.5, 0.25):
        found = []
        for pair in ((1.0, 0.25), (0.25, 1.0)):
            s = Stack(width=12.0, periodic="xy")
            given = [Material("Li6PS5Cl", ionic_conductivity=sigma, gb_resistance=0.0) for sigma in pair]
            phases = [Phase("active", given[0], 0.4, 3.0, 0.2), Phase("matrix", given[1], diameter=3.0)]
            s.layer("cell", Mixture(phases, seed=2), 12.0)
            found.append(effective_conductivity(s.mesh(comm, size=size), "ionic", boundary="periodic"))
        errors.append(np.abs(found[1] - 0.25 * turn @ np.linalg.inv(found[0]) @ turn.T).max() / found[1].max())
    assert errors[1] < 0.005 and errors[0] / errors[1] > 2.0


def test_refused():
    for composite, message in (
        (Packing(PARTICLES, B, coat=Coat("coat", "C", 0.1)), "coat or binder of a Packing cannot be periodic"),
        (Packing(Phase("active", "A", 0.8, 3.0), B), "cannot be packed"),
        (mixture(coat=Coat("coat", "C", 0.1)), "coat of a Mixture cannot be periodic"),
    ):
        s = Stack(width=10.0, periodic="x")
        s.layer("cathode", composite, 10.0)
        with pytest.raises(InputError, match=message):
            s.mesh(comm, size=1.0)
    for composite, axes, message in (
        (Packing(PARTICLES, B, contact=0.05), "x", "balls that touch cannot be periodic in 3D"),
        (FibreNetwork(Phase("active", "A", 0.2), B, 8.0, 0.6), "x", "a FibreNetwork in 3D cannot be periodic"),
        (Bricks(A, B, 3.5, 1.5, 0.5, overlap=0.3), "z", "never come back over each other"),
    ):
        s = Stack(width=8.0, dim=3, periodic=axes)
        s.layer("cathode", composite, 8.0)
        with pytest.raises(InputError, match=message):
            s.mesh(comm, size=1.0)
    with pytest.raises(InputError, match="periodic axis"):
        Stack(width=1.0, periodic=("z",))
    with pytest.raises(InputError, match="several layers"):
        two = Stack(width=1.0, periodic=("y",))
        two.layer("a", "Li", thickness=1.0)
        two.layer("b", "LLZO", thickness=1.0)
        two.mesh(comm, size=0.3)
    notched = stack(2, "x")
    notched.crack("notch", Notch((0.0, 5.0), (2.0, 5.0), 1.0))
    with pytest.raises(InputError, match="one face of the periodic box only"):
        notched.mesh(comm, size=1.0)


def penny(axes, grains, centre=(5.0, 5.0, 8.0), radius=2.0):
    s = stack(3, axes, grains=grains)
    s.crack("crack", Penny(centre, radius, (40.0, 20.0, 0.0)), tip_size=0.6)
    return s


@pytest.mark.parametrize("axes", ["xy", pytest.param("xyz", marks=pytest.mark.parallel)])
def test_penny_across_grains_that_go_through_periodic_faces(axes):
    """Faces across from those that are cut are cut alike; the crack has its area, a grain its parts."""
    centre = (5.0, 5.0, 8.0 if axes == "xy" else 5.0)
    mesh = penny(axes, Voronoi(9, seed=2), centre).mesh(comm, size=2.5)
    assert mesh.area("crack") == pytest.approx(2 * np.pi * 4.0, rel=1e-9)
    assert mesh.volume("separator") == pytest.approx(1000.0, rel=1e-9) and len(mesh.grains("separator")) == 9
    assert mesh.quality()["min"] > 0.02
    pairs = [PeriodicPair(*f) for f in mesh.opposite_faces()]
    assert broken_space(mesh.domain, ("Lagrange", 1), periodic=pairs).num_dofs < (
        mesh.domain.topology.index_map(0).size_global
    )


def test_penny_that_periodic_faces_do_not_allow():
    with pytest.raises(InputError, match="reaches over the sides"):
        penny("xy", Voronoi(9, seed=2), (9.0, 5.0, 8.0)).mesh(comm, size=2.5)
    with pytest.raises(InputError, match="on periodic faces unlike"):
        penny("xy", Voronoi(2, seed=2), radius=4.0).mesh(comm, size=2.5)


@pytest.mark.parametrize("seed", range(7))
def test_random_periodic_stacks(seed):
    """Always a periodic mesh or a clear refusal."""
    rng = np.random.default_rng([seed, 11])
    dim = 2 if seed < 5 else 3
    axes = ("x", "xy", "xyz"[:dim])[int(rng.integers(3))]
    s = Stack(width=10.0, dim=dim, periodic=axes)
    for k in range(1 if "xyz"[dim - 1] in axes else int(rng.integers(1, 4))):
        count, shape = int(rng.integers(1, 40 if dim == 2 else 12)), {}
        if rng.random() < 0.5:
            shape = {"shape": "columnar"} if rng.random() < 0.5 else {"stretch": float(rng.uniform(0.5, 2.0))}
        kind = Voronoi if rng.random() < 0.5 else Laguerre
        pores = Pores(rng.uniform(0.01, 0.05), rng.uniform(0.3, 0.8)) if rng.random() < 0.3 else None
        s.layer(f"layer {k}", "LLZO", rng.uniform(2.0, 10.0), grains=kind(count, seed=seed, **shape), pores=pores)
    try:
        mesh = s.mesh(comm, size=0.6 if dim == 2 else 1.6, max_cells=60_000)
    except InputError as refusal:
        assert any(word in str(refusal) for word in ("max_cells", "cannot be packed", "half a pore"))
        return
    pairs = [PeriodicPair(*f) for f in mesh.opposite_faces()]
    assert broken_space(mesh.domain, ("Lagrange", 1), periodic=pairs).num_dofs > 0
    assert mesh.quality()["min"] > 0.02
