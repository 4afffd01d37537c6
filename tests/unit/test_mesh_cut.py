"""Voids on faces, pores on grain boundaries and inclusions: lengths and areas in closed form, names, refusals."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import refine
from fem_ssb.mesh.estimate import estimated_cells
from fem_ssb.mesh.measure import vertices
from fem_ssb.microstructure import (
    Disc,
    Ellipse,
    Ellipsoid,
    Filament,
    Notch,
    Pores,
    RandomSurface,
    Sphere,
    Stack,
    Voids,
    Voronoi,
)
from fem_ssb.microstructure.assembly import assemble

comm = MPI.COMM_WORLD
um = 1e-6


def cell(dim=2, count=40, pores=None):
    stack = Stack(width=20 * um if dim == 2 else 8 * um, dim=dim)
    stack.layer("anode", "Li", thickness=5 * um)
    stack.layer("separator", "LLZO", thickness=15 * um if dim == 2 else 5 * um, grains=Voronoi(count, 3), pores=pores)
    return stack


def summit(mesh, name):
    """Highest and lowest point of a boundary."""
    z = vertices(mesh.domain, 1, mesh.boundary(name))[:, :, 1]
    return comm.allreduce(z.max(initial=-1.0), op=MPI.MAX), comm.allreduce(z.min(initial=1.0), op=MPI.MIN)


@pytest.mark.parametrize("coverage", [0.1, 0.5, 0.75])
def test_random_voids(coverage):
    """Contact (1 − c)W to rounding; each of n slots of width cW/n and depth d has the walls 2cW/n + 2d."""
    depth, width = 0.4 * um, 1.5 * um
    stack = cell()
    stack.voids("anode|separator", Voids(depth, coverage=coverage, width=width, seed=5))
    mesh = stack.mesh(comm, size=0.5 * um)
    count = round(coverage * 20 * um / width)
    assert mesh.area("anode|separator") == pytest.approx((1 - coverage) * 20 * um, rel=1e-9)
    assert mesh.area("voids") == pytest.approx(2 * coverage * 20 * um + 2 * count * depth, rel=1e-9)
    assert mesh.volume("anode") == pytest.approx(100 * um**2 - coverage * 20 * um * depth, rel=1e-9)
    assert mesh.volume("separator") == pytest.approx(300 * um**2, rel=1e-9)
    assert mesh.area("anode") == pytest.approx(20 * um, rel=1e-12)
    assert summit(mesh, "voids") == pytest.approx((5 * um, 4.6 * um), rel=1e-9)
    assert "pores" not in mesh.boundaries
    assert stack.summary()["interfaces"]["anode|separator"] == pytest.approx((1 - coverage) * 20 * um, rel=1e-9)
    assert mesh.quality()["min"] >= 0.1 and mesh.quality()["mean"] >= 0.8


def test_random_voids_are_placed_alike():
    """Strips are disjoint, clear of the ends by the gap, differ by seed; their mean place is the middle."""
    places = [Voids(1.0, coverage=0.4, width=1.0, seed=s, gap=0.3).place(10.0) for s in range(400)]
    for strips in places:
        assert np.diff(strips, axis=1) == pytest.approx(np.ones((4, 1)), rel=1e-12)
        assert strips[0, 0] >= 0.3 - 1e-12 and strips[-1, 1] <= 9.7 + 1e-12
        assert (strips[1:, 0] - strips[:-1, 1] >= 0.3 - 1e-12).all()
    middle = np.array([strips.mean() for strips in places])
    assert middle.mean() == pytest.approx(5.0, abs=4 * middle.std() / 20) and middle.std() > 0.3


def test_given_voids_open_to_the_sides():
    """Half voids at both sides shorten "left" and "right"; below, at the top of another layer, one is cut upwards."""
    stack = cell()
    stack.layer("counter", "Li", thickness=5 * um)
    stack.voids("anode|separator", Voids(1 * um, strips=[(0.0, 2 * um), (9 * um, 10 * um), (17 * um, 20 * um)]))
    stack.voids("counter|separator", Voids(0.5 * um, strips=[(4 * um, 8 * um)]))
    stack.roughen("separator|counter", RandomSurface(0.05 * um, 4 * um))
    mesh = stack.mesh(comm, size=0.6 * um)
    assert mesh.area("anode|separator") == pytest.approx(14 * um, rel=1e-9)
    for name in ("left", "right"):
        assert mesh.area(name) == pytest.approx(24 * um, rel=1e-9)
    assert 16 * um < mesh.area("separator|counter") < 16.2 * um
    assert mesh.volume("anode") == pytest.approx(94 * um**2, rel=1e-9)
    fine = refine(mesh)
    assert fine.area("voids") == pytest.approx(mesh.area("voids"), rel=1e-9)
    assert fine.area("anode|separator") == pytest.approx(14 * um, rel=1e-9)


@pytest.mark.parametrize(
    "given, problem",
    [
        ({}, "either strips"),
        ({"coverage": 0.5}, "width"),
        ({"coverage": 1.0, "width": 1.0}, "at most 0.99"),
        ({"strips": [(2.0, 1.0)]}, "to the right"),
        ({"strips": [(0.0, 2.0), (1.0, 3.0)]}, "overlap"),
        ({"strips": [1.0, 2.0, 3.0]}, "list of"),
    ],
)
def test_bad_voids(given, problem):
    with pytest.raises(InputError, match=problem):
        Voids(0.1, **given)


@pytest.mark.parametrize(
    "name, voids, problem",
    [
        ("anode|counter", Voids(0.1 * um, strips=[(1 * um, 2 * um)]), "unknown interface"),
        ("separator|anode", Voids(0.1 * um, strips=[(1 * um, 2 * um)]), "name the metal first"),
        ("anode|separator", Voids(4.9 * um, strips=[(1 * um, 2 * um)]), "more than 0.9 of layer"),
        ("anode|separator", Voids(0.1 * um, strips=[(0.0, 20 * um)]), "no contact"),
        ("anode|separator", Voids(0.1 * um, strips=[(0.0, 30 * um)]), "between 0 and the width"),
        ("anode|separator", Voids(0.1 * um, coverage=0.95, width=1 * um), "less contact than the gaps"),
        ("anode|separator", Voids(0.1 * um, coverage=0.01, width=1 * um), "half a void"),
    ],
)
def test_voids_that_do_not_fit(name, voids, problem):
    stack = cell()
    stack.voids(name, voids)
    with pytest.raises(InputError, match=problem):
        stack.mesh(comm, size=1 * um)
    if voids.strips is not None:
        with pytest.raises(InputError, match=r"discs=… in 3D"):
            cell(dim=3).voids("anode|separator", voids)


@pytest.mark.parametrize(
    "place, radius, spread", [("boundaries", 0.35, 0.0), ("boundaries", 0.3, 0.3), ("junctions", 0.35, 0.0)]
)
def test_pores_between_grains(place, radius, spread):
    """Porosity within 2 %; centres on boundaries or junctions; boundaries are shorter by what lies in the pores."""
    whole = cell().mesh(comm, size=0.5 * um).area("separator|separator")
    stack = cell(pores=Pores(0.02, radius * um, place=place, seed=2, spread=spread))
    mesh = stack.mesh(comm, size=0.5 * um)
    assert mesh.porosity["separator"] == pytest.approx(0.02, rel=0.02)
    assert mesh.volume("separator") == pytest.approx((1 - mesh.porosity["separator"]) * 300 * um**2, rel=1e-12)
    geometry = assemble(stack, 0.5 * um, 0.3)
    pores = geometry.pores
    arms = np.array([len(cells) for cells in pores.near])
    assert (arms == 2).all() if place == "boundaries" else (arms >= 3).all()
    lost = (arms * pores.radii).sum() * geometry.unit
    assert whole - mesh.area("separator|separator") == pytest.approx(lost, rel=0.03)
    assert mesh.area("pores") == pytest.approx(2 * np.pi * pores.radii.sum() * geometry.unit, rel=0.02)
    ends = geometry.cells.points[np.array(geometry.cells.facets)]
    along = ends[:, 1] - ends[:, 0]
    t = ((pores.centres[:, None] - ends[:, 0]) * along).sum(axis=2) / (along**2).sum(axis=1)
    off = np.linalg.norm(pores.centres[:, None] - ends[:, 0] - np.clip(t, 0, 1)[..., None] * along, axis=2)
    assert ((off < 1e-9).sum(axis=1) == np.where(arms == 2, 1, arms)).all()
    assert set(mesh.boundaries) == {"left", "right", "anode", "separator", "pores"}
    assert mesh.quality()["min"] >= 0.1 and mesh.quality()["mean"] >= 0.8


@pytest.mark.parametrize("dihedral", [70.0, 120.0])
def test_lenses_between_grains(dihedral):
    """Porosity; boundaries are shorter by 2a a lens; its two arcs have the length 2θ a/sin θ each."""
    whole = cell().mesh(comm, size=0.5 * um).area("separator|separator")
    stack = cell(pores=Pores(0.02, 0.5 * um, place="boundaries", dihedral=dihedral, seed=2, spread=0.2))
    mesh = stack.mesh(comm, size=0.5 * um)
    assert mesh.porosity["separator"] == pytest.approx(0.02, rel=0.02)
    radii = assemble(stack, 0.5 * um, 0.3).pores.radii * 20 * um
    theta = np.radians(dihedral) / 2
    assert mesh.porosity["separator"] == pytest.approx(
        (2 * theta - np.sin(2 * theta)) / np.sin(theta) ** 2 * (radii**2).sum() / (300 * um**2), rel=1e-9
    )
    assert whole - mesh.area("separator|separator") == pytest.approx(2 * radii.sum(), rel=1e-9)
    assert mesh.area("pores") == pytest.approx(4 * theta / np.sin(theta) * radii.sum(), rel=0.02)
    assert mesh.quality()["min"] >= 0.1


@pytest.mark.parametrize("place", ["grains", "boundaries"])
def test_inclusion_beside_pores(place):
    """Areas exact; the porosity counts pores alone, also where a needle cuts grains in two."""
    stack = cell(count=12, pores=Pores(0.02, 0.4 * um, place=place))
    shape = Ellipse((10 * um, 12 * um), (7 * um, 0.6 * um), 30)
    stack.inclusion("separator", "needle", "Li", shape)
    mesh = stack.mesh(comm, size=0.5 * um)
    assert mesh.volume("needle") == pytest.approx(shape.volume, rel=1e-9)
    assert mesh.porosity["separator"] == pytest.approx(0.02, rel=0.02)
    assert mesh.volume() == pytest.approx(400 * um**2 - mesh.porosity["separator"] * 300 * um**2, rel=1e-9)
    assert len(mesh.grains("separator")) > 12
    assert mesh.quality()["min"] >= 0.1


def test_bad_pores_between_grains():
    with pytest.raises(InputError, match="unknown place of pores"):
        Pores(0.1, 1.0, place="corners")
    with pytest.raises(InputError, match=r"separator.*cannot be packed"):
        cell(pores=Pores(0.2, 0.3 * um, place="junctions")).mesh(comm, size=1 * um)
    with pytest.raises(InputError, match="no grain boundaries"):
        cell(count=1, pores=Pores(0.02, 0.3 * um, place="boundaries")).mesh(comm, size=1 * um)
    with pytest.raises(InputError, match="no triple junctions"):
        cell(count=2, pores=Pores(0.02, 0.3 * um, place="junctions")).mesh(comm, size=1 * um)


@pytest.mark.parametrize("count", [1, 40])
@pytest.mark.parametrize("angle", [0.0, 37.0])
def test_ellipses(count, angle):
    """Areas πab to rounding; the extent along y is √(a² sin² + b² cos²) up to chords; perimeter by Ramanujan."""
    a, b = 3 * um, 1.2 * um
    stack = cell(count=count)
    stack.inclusion("separator", "dendrite", "Li", Ellipse((6 * um, 12 * um), (a, b), angle))
    stack.inclusion("separator", "ball", "LPSCl", Disc((15 * um, 12 * um), 2 * um))
    mesh = stack.mesh(comm, size=0.4 * um)
    assert mesh.region_names == ["anode", "separator", "dendrite", "ball"]
    assert mesh.materials["dendrite"] == "Li" and mesh.materials["ball"] == "LPSCl"
    assert mesh.volume("dendrite") == pytest.approx(np.pi * a * b, rel=1e-9)
    assert mesh.volume("ball") == pytest.approx(4 * np.pi * um**2, rel=1e-9)
    assert mesh.volume("separator") == pytest.approx((300 - 4 * np.pi) * um**2 - np.pi * a * b, rel=1e-9)
    h = ((a - b) / (a + b)) ** 2
    around = np.pi * (a + b) * (1 + 3 * h / (10 + np.sqrt(4 - 3 * h)))
    assert mesh.area("separator|dendrite") == pytest.approx(around, rel=3e-3)
    z = vertices(mesh.domain, 1, mesh.interface("separator|dendrite").facets)[:, :, 1]
    high = comm.allreduce(z.max(initial=0.0), op=MPI.MAX)
    tall = np.hypot(a * np.sin(np.radians(angle)), b * np.cos(np.radians(angle)))
    assert high - 12 * um == pytest.approx(tall, rel=0.02)
    assert len(mesh.grains("dendrite")) == 1
    there = {"anode|separator", "separator|dendrite", "separator|ball"}
    assert set(mesh.interfaces) == there | ({"separator|separator"} if count > 1 else set())
    for name in ("separator", "anode|separator"):
        assert mesh.area(name) == pytest.approx(20 * um, rel=1e-12)
    assert mesh.quality()["min"] >= 0.05 and mesh.quality()["mean"] >= 0.8


@pytest.mark.parametrize("count", [1, 25])
def test_filaments_2d(count):
    """Area 2rL + πr² + r² Σ(β/2 − tan β/2) to rounding, perimeter 2L + 2πr + r Σ(β − 2 tan β/2): bent and curved."""
    r, turn = 0.5 * um, np.linspace(0, np.pi, 30)
    bend = [(2 * um, 7 * um), (6 * um, 17 * um), (9 * um, 7 * um)]
    arc = np.stack([14 * um + 3 * um * np.cos(turn), 10 * um + 3 * um * np.sin(turn)], axis=1)
    stack = cell(count=count)
    stack.inclusion("separator", "bend", "Li", Filament(bend, r))
    stack.inclusion("separator", "arc", "Li", Filament(arc, r))
    stack.refine_at("separator|bend", 0.2 * um)
    mesh = stack.mesh(comm, size=1 * um)
    beta = np.arctan2(10, 4) + np.arctan2(10, 3)
    length = np.hypot(4, 10) * um + np.hypot(3, 10) * um
    area = 2 * r * length + np.pi * r**2 + r**2 * (beta / 2 - np.tan(beta / 2))
    assert mesh.volume("bend") == pytest.approx(area, rel=1e-9)
    around = 2 * length + 2 * np.pi * r + r * (beta - 2 * np.tan(beta / 2))
    assert mesh.area("separator|bend") == pytest.approx(around, rel=3e-3)
    assert mesh.volume("arc") == pytest.approx(2 * r * np.pi * 3 * um + np.pi * r**2, rel=2e-3)
    assert mesh.volume() == pytest.approx(400 * um**2, rel=1e-12)
    assert len(mesh.grains("bend")) == 1 and mesh.quality()["min"] >= 0.1
    for points, problem in (([(0, 0), (9, 0), (9, 3), (4, 0)], "meets itself"), ([(0, 0)], "two or more")):
        with pytest.raises(InputError, match=problem):
            Filament(points, 1.0)


@pytest.mark.parametrize("count", [1, 20])
def test_notch_inside_a_layer(count):
    """A hole of its own, 4 × 1 µm, clear of all faces; it may lie inside one grain."""
    stack = cell(count=count)
    stack.crack("hole", Notch((7 * um, 12 * um), (11 * um, 12 * um), 1 * um))
    mesh = stack.mesh(comm, size=1 * um)
    assert mesh.volume() == pytest.approx(396 * um**2, rel=1e-9)
    assert mesh.area("hole") == pytest.approx(10 * um, rel=1e-9)


def test_grain_cut_in_two():
    """A needle across the middle one of three columns: its two ends are grains; boundaries end at the needle.

    Half its height at a distance x from its centre is b √(1 − x²/a²); the boundaries are at x = ±10/6 µm.
    """
    stack = Stack(width=10 * um)
    seeds = [[1 / 6, 0.5], [0.5, 0.5], [5 / 6, 0.5]]
    stack.layer("separator", "LLZO", thickness=10 * um, grains=Voronoi(3, relax=0, seeds=np.array(seeds)))
    stack.inclusion("separator", "wire", "Li", Ellipse((5 * um, 5 * um), (3 * um, 1 * um)))
    boundary = 2 * (10 - 2 * np.sqrt(1 - (10 / 6 / 3) ** 2)) * um
    errors = []
    for size in (0.4, 0.2, 0.1):
        mesh = stack.mesh(comm, size=size * um)
        assert len(mesh.grains("separator")) == 4
        errors.append(1 - mesh.area("separator|separator") / boundary)
    assert 0.0 < errors[2] < 1e-4 and errors[0] / errors[1] > 3.0 and errors[1] / errors[2] > 3.0


@pytest.mark.parametrize(
    "shape",
    [
        Sphere((4 * um, 4 * um, 2.4 * um), 1.2 * um),
        Ellipsoid((4 * um, 4 * um, 2.5 * um), (2 * um, 1 * um, 0.6 * um), (30, 10, 50)),
    ],
)
def test_bodies_in_3d(shape):
    """Volume 4π/3 abc to rounding; the area of the sphere up to the facets."""
    stack = cell(dim=3, count=12)
    stack.inclusion("anode", "body", "C", shape)
    mesh = stack.mesh(comm, size=0.9 * um)
    assert mesh.volume("body") == pytest.approx(shape.volume, rel=1e-9)
    assert shape.volume == pytest.approx(4 / 3 * np.pi * np.prod(getattr(shape, "radii", [1.2 * um] * 3)), rel=1e-12)
    assert mesh.volume("anode") == pytest.approx(320 * um**3 - shape.volume, rel=1e-9)
    if isinstance(shape, Sphere):
        assert mesh.area("anode|body") == pytest.approx(4 * np.pi * (1.2 * um) ** 2, rel=0.02)
    assert mesh.quality()["min"] >= 0.1 and mesh.quality()["mean"] >= 0.6


def test_bad_inclusions():
    stack = cell()
    with pytest.raises(InputError, match=r"must be Disc\(…\), Ellipse\(…\) or Filament"):
        stack.inclusion("separator", "ball", "Li", Sphere((0.0, 0.0, 0.0), 1.0))
    with pytest.raises(InputError, match="layer 'anode' already"):
        stack.inclusion("separator", "anode", "Li", Disc((10 * um, 12 * um), 1 * um))
    with pytest.raises(InputError, match="taken"):
        stack.inclusion("separator", "voids", "Li", Disc((10 * um, 12 * um), 1 * um))
    for shape, problem in (
        (Disc((10 * um, 6 * um), 2 * um), "leaves its layer"),
        (Disc((25 * um, 12 * um), 2 * um), "leaves its layer"),
        (Disc((11 * um, 12 * um), 1 * um), "overlaps"),
        (Disc((10 * um, 12 * um), 0.2 * um), "overlaps"),
    ):
        stack = cell()
        stack.inclusion("separator", "first", "Li", Disc((10 * um, 12 * um), 1 * um))
        stack.inclusion("separator", "second", "Li", shape)
        with pytest.raises(InputError, match=problem):
            stack.mesh(comm, size=1 * um)
    stack = cell()
    stack.inclusion("separater", "ball", "Li", Disc((10 * um, 12 * um), 1 * um))
    with pytest.raises(InputError, match="did you mean 'separator'"):
        stack.mesh(comm, size=1 * um)
    for bad in (lambda: Disc((0.0, 0.0), -1.0), lambda: Ellipse((0.0, 0.0), (1.0,)), lambda: Disc((0.0,), 1.0)):
        with pytest.raises(InputError):
            bad()


def test_estimate_counts_what_is_cut():
    """Within a factor of 1.5 of the mesh, where slots far finer than the mesh size make most cells."""
    stack = cell()
    plain = estimated_cells(stack, 1 * um)
    stack.voids("anode|separator", Voids(0.05 * um, coverage=0.5, width=1 * um))
    stack.inclusion("separator", "disc", "Li", Disc((10 * um, 12 * um), 0.1 * um))
    expected = estimated_cells(stack, 1 * um)
    real = stack.mesh(comm, size=1 * um).summary()["cells"]
    assert expected > 2 * plain and 1 / 1.5 < expected / real < 1.5


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 4, 5, 7, 8, 9])
def test_random_cuts_or_clear_refusal(seed):
    """Lengths and areas are exact whatever is cut, or it is said what does not fit."""
    rng = np.random.default_rng([seed, 7])
    pores = None
    if seed % 3 == 0:
        pores = Pores(rng.uniform(0.005, 0.05), rng.uniform(0.1, 0.6) * um, place=("boundaries", "junctions")[seed % 2])
    stack = cell(count=int(rng.integers(2, 80)), pores=pores)
    coverage = rng.uniform(0.05, 0.75)
    voids = Voids(rng.uniform(0.05, 2) * um, coverage=coverage, width=rng.uniform(0.3, 3) * um, seed=seed)
    stack.voids("anode|separator", voids)
    if pores is None:
        for k, x in enumerate((4.0, 10.0, 16.0)):
            shape = Ellipse((x * um, rng.uniform(9, 16) * um), rng.uniform(0.1, 2.5, 2) * um, rng.uniform(0, 180))
            stack.inclusion("separator", f"body {k}", "Li", shape)
    try:
        mesh = stack.mesh(comm, size=rng.uniform(0.3, 1.0) * um)
    except InputError as refusal:
        assert any(word in str(refusal) for word in ("cannot be packed", "half a pore", "touches", "no triple"))
        return
    assert mesh.area("anode|separator") == pytest.approx((1 - coverage) * 20 * um, rel=1e-9)
    assert mesh.volume("anode") == pytest.approx(100 * um**2 - coverage * 20 * um * voids.depth, rel=1e-9)
    for body in stack.inclusions:
        assert mesh.volume(body.name) == pytest.approx(body.shape.volume, rel=1e-9)
    bodies = sum(body.shape.volume for body in stack.inclusions)
    pore = mesh.porosity.get("separator", 0.0)
    assert mesh.volume("separator") == pytest.approx((1 - pore) * 300 * um**2 - bodies, rel=1e-9)
    if pores is not None:
        assert pore == pytest.approx(pores.fraction, rel=0.02)
    assert mesh.quality()["min"] > 0.002 and mesh.quality()["mean"] > 0.8
