"""Files of Neper, written here by hand after its documentation, as Neper itself is not at hand."""

from itertools import permutations

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import read_neper
from fem_ssb.mesh.measure import measures, vertices
from fem_ssb.microstructure import Neper, Stack, Voronoi
from fem_ssb.microstructure.texture import rotations

comm = MPI.COMM_SELF
um = 1e-6


def tess(cells, dim, orientations=None):
    """A complex as Neper writes it (format 3.5); in 2D the edges are the facets, in 3D they are made here."""
    loops = [cells.polygon(i) for i in range(len(cells.cells))] if dim == 2 else cells.facets
    pairs = [list(zip(loop, [*loop[1:], loop[0]], strict=True)) for loop in loops]
    edges = {tuple(sorted(pair)): i for i, pair in enumerate(dict.fromkeys(tuple(sorted(p)) for f in pairs for p in f))}
    lines = ["***tess", " **format", "   3.5", " **general", f"   {dim} standard", " **cell", f"   {len(cells.cells)}"]
    if orientations is not None:
        lines += ["  *ori", "   rodrigues:active", *(" ".join(map(str, row)) for row in orientations)]
    lines += [" **vertex", f" {len(cells.points)}"]
    lines += [f" {i} {' '.join(map(repr, map(float, [*x, 0.0][:3])))} 0" for i, x in enumerate(cells.points, start=1)]
    lines += [" **edge", f" {len(edges)}", *(f" {i + 1} {a + 1} {b + 1} 0" for (a, b), i in edges.items())]
    lines += [" **face", f" {len(loops)}"]
    for i, (loop, around) in enumerate(zip(loops, pairs, strict=True), start=1):
        signed = [(edges[tuple(sorted(p))] + 1) * (1 if p[0] < p[1] else -1) for p in around]
        lines += [
            f" {i} {len(loop)} {' '.join(str(p + 1) for p in loop)}",
            f"   {len(loop)} {' '.join(map(str, signed))}",
        ]
        lines += ["   0.0 0.0 0.0 1.0", "   0 0 0.0 0.0 0.0"]
    if dim == 3:
        lines += [" **polyhedron", f" {len(cells.cells)}"]
        lines += [f" {i} {len(c)} {' '.join(str(f + 1) for f in c)}" for i, c in enumerate(cells.cells, start=1)]
    return "\n".join([*lines, " **domain", "  *general", "   cube", "***end\n"])


@pytest.mark.parametrize("dim", [2, 3])
def test_tessellation_becomes_the_grains_of_a_layer(dim, tmp_path):
    cells = Voronoi(12, seed=4).tessellate(np.zeros(dim), np.full(dim, 2.0))
    turns = np.random.default_rng(0).normal(size=(12, 3))
    (tmp_path / "n12.tess").write_text(tess(cells, dim, turns))
    stack = Stack(width=6 * um, dim=dim)
    stack.layer("anode", "Li", 2 * um)
    stack.layer("separator", "LLZO", 6 * um, grains=Neper(tmp_path / "n12.tess"))
    mesh = stack.mesh(comm, size=1 * um)
    assert len(mesh.grains("separator")) == 12
    assert mesh.volume("separator") == pytest.approx((6 * um) ** dim, rel=1e-12)
    same = Stack(width=6 * um, dim=dim)
    same.layer("separator", "LLZO", 6 * um, grains=Voronoi(12, seed=4))
    there, here = (s.summary(size=0.01 * um)["layers"]["separator"] for s in (same, stack))
    assert here["boundary_per_volume"] == pytest.approx(there["boundary_per_volume"], rel=1e-6)
    np.testing.assert_allclose(np.sort(here["diameters"]), np.sort(there["diameters"]), rtol=1e-6)
    np.testing.assert_allclose(mesh.orientations[1:], rotations("rodrigues", -turns), atol=1e-12)


def test_descriptors_are_those_of_the_documentation():
    """30° about x, as in Neper's table of the passive convention: e₂ of the crystal is (0, cos 30°, sin 30°)."""
    c, s = np.cos(np.radians(30)), np.sin(np.radians(30))
    turned = np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    for descriptor, values in (
        ("rodrigues", [0.267949192, 0, 0]),
        ("euler-bunge", [0, 30, 0]),
        ("euler-kocks", [270, 30, 90]),
        ("euler-roe", [270, 30, 90]),
        ("rotmat", [1, 0, 0, 0, 0.866025404, 0.5, 0, -0.5, 0.866025404]),
        ("axis-angle", [1, 0, 0, 30]),
        ("quaternion", [0.965925826, 0.258819045, 0, 0]),
    ):
        np.testing.assert_allclose(rotations(descriptor, [values])[0], turned, atol=1e-8, err_msg=descriptor)
        np.testing.assert_allclose(rotations(f"{descriptor}:active", [values])[0], turned.T, atol=1e-8)
    with pytest.raises(InputError, match="did you mean 'rodrigues'"):
        rotations("rodriges", [[0, 0, 0]])


def test_tessellations_that_do_not_fit(tmp_path):
    whole = tess(Voronoi(5).tessellate(np.zeros(2), np.ones(2)), 2)
    lines = whole.splitlines()
    triangle = Voronoi(1).tessellate(np.zeros(2), np.ones(2))
    triangle.points[0] = [0.3, 0.3]
    for text, message in (
        ("\n".join(lines[:20]), "cut short"),
        (whole.replace("***tess", "hello"), r"begin with \*\*\*tess"),
        (whole.replace(" **face", " **fac"), "cannot read"),
        (tess(triangle, 2), "does not fill a box"),
    ):
        (tmp_path / "bad.tess").write_text(text)
        with pytest.raises(InputError, match=message):
            Neper(tmp_path / "bad.tess")
    with pytest.raises(InputError, match="no tessellation file"):
        Neper(tmp_path / "nowhere.tess")
    (tmp_path / "flat.tess").write_text(whole)
    stack = Stack(width=1.0, dim=3)
    stack.layer("separator", "LLZO", 1.0, grains=Neper(tmp_path / "flat.tess"))
    with pytest.raises(InputError, match="2D, the stack 3D"):
        stack.mesh(comm, size=0.5)


MESH = """$MeshFormat
2.2 0 8
$EndMeshFormat
$MeshVersion
2.3
$EndMeshVersion
$Domain
square
$EndDomain
$Nodes
6
1 0.0 0.0 0.0
2 1.0 0.0 0.0
3 2.0 0.0 0.0
4 0.0 1.0 0.0
5 1.0 1.0 0.0
6 2.0 1.0 0.0
$EndNodes
$Elements
5
1 1 3 1 1 0 2 5
2 2 3 1 1 0 1 2 5
3 2 3 1 1 0 1 5 4
4 2 3 2 2 0 2 3 6
5 2 3 2 2 0 2 6 5
$EndElements
$Fasets
4
x0
1
3 4 1
x1
1
4 3 6
y0
2
2 1 2
4 2 3
y1
2
3 5 4
5 6 5
$EndFasets
$PhysicalNames
3
1 1 edge1
2 1 face1
2 2 face2
$EndPhysicalNames
$ElsetOrientations
2 euler-bunge:passive
2 30.0 0.0 0.0
1 0.0 0.0 0.0
$EndElsetOrientations
$Groups
elset
2
1 1
2 7
$EndGroups
"""


def test_mesh(tmp_path):
    (tmp_path / "n2.msh").write_text(MESH)
    mesh = read_neper(comm, tmp_path / "n2.msh", "separator", scale=um, materials={"separator": "LLZO"})
    assert mesh.interfaces == ["separator|separator"] and mesh.area("separator|separator") == pytest.approx(um)
    assert [mesh.area(name) / um for name in ("left", "right", "bottom", "top")] == pytest.approx([1, 1, 2, 2])
    angle = np.radians(30)
    np.testing.assert_allclose(mesh.orientations[0], np.eye(3), atol=1e-12)
    np.testing.assert_allclose(mesh.orientations[1, :2, 0], [np.cos(angle), np.sin(angle)], atol=1e-12)
    two = read_neper(comm, tmp_path / "n2.msh", {1: "LLZO", 7: "Li"}, scale=um)
    assert two.region_names == ["LLZO", "Li"] and two.volume("Li") == pytest.approx(um**2)
    with pytest.raises(InputError, match=r"without a region, \[7\]"):
        read_neper(comm, tmp_path / "n2.msh", {1: "LLZO"})
    for cut in ("$EndFasets", "$EndElsetOrientations"):
        (tmp_path / "cut.msh").write_text(MESH[: MESH.index(cut)])
        with pytest.raises(InputError, match="cut short"):
            read_neper(comm, tmp_path / "cut.msh")


def cube():
    """The unit cube as six tetrahedra along its diagonal, a grain on each side of x = y, as Neper documents it."""
    corners = np.array(list(np.ndindex(2, 2, 2)))
    number = {tuple(x): i for i, x in enumerate(corners.tolist(), start=1)}
    cells, grain, outer = [], [], {}
    for order in permutations(range(3)):
        path = np.concatenate([[[0, 0, 0]], np.cumsum(np.eye(3, dtype=int)[list(order)], axis=0)])
        nodes = [number[tuple(x)] for x in path.tolist()]
        cells.append(nodes if np.linalg.det(np.eye(3)[list(order)]) > 0 else [nodes[1], nodes[0], *nodes[2:]])
        grain.append(1 if order.index(0) < order.index(1) else 2)
        for axis, side, face in ((order[0], 1, nodes[1:]), (order[2], 0, nodes[:3])):
            outer.setdefault(f"{'xyz'[axis]}{side}", []).append(face)
    lines = ["$MeshFormat", "2.2 0 8", "$EndMeshFormat", "$MeshVersion", "2.3", "$EndMeshVersion", "$Nodes", "8"]
    lines += [f"{i} {x} {y} {z}" for (x, y, z), i in number.items()]
    lines += ["$EndNodes", "$Elements", "6"]
    rows = enumerate(zip(cells, grain, strict=True), start=1)
    lines += [f"{i} 4 3 {g} {g} 0 {' '.join(map(str, nodes))}" for i, (nodes, g) in rows]
    lines += ["$EndElements", "$Fasets", "6"]
    for label, faces in outer.items():
        lines += [label, str(len(faces)), *(f"{i} {a} {b} {c}" for i, (a, b, c) in enumerate(faces, start=1))]
    lines += ["$EndFasets", "$PhysicalNames", "2", "3 1 poly1", "3 2 poly2", "$EndPhysicalNames"]
    turns = ["2 quaternion:passive", "1 1 0 0 0", "2 0 0 0 1"]
    return "\n".join([*lines, "$ElsetOrientations", *turns, "$EndElsetOrientations", ""])


def test_mesh_3d(tmp_path):
    """Volumes of one half, a boundary of √2, the six faces by their names, and a half turn about z."""
    (tmp_path / "n2.msh").write_text(cube())
    mesh = read_neper(comm, tmp_path / "n2.msh", "separator", scale=um)
    assert mesh.area("separator|separator") == pytest.approx(np.sqrt(2) * um**2)
    assert mesh.volume("separator") == pytest.approx(um**3)
    assert sorted(mesh.boundaries) == ["back", "bottom", "front", "left", "right", "top"]
    for name, (axis, side) in {"left": (0, 0), "back": (1, 1), "bottom": (2, 0)}.items():
        assert (vertices(mesh.domain, 2, mesh.boundary(name))[:, :, axis] == side * um).all()
        assert mesh.area(name) == pytest.approx(um**2)
    cells = np.arange(6, dtype=np.int32)
    volumes = np.bincount(mesh.grain_of_cell, measures(mesh.domain, 3, cells))
    np.testing.assert_allclose(volumes, 0.5 * um**3)
    np.testing.assert_allclose(mesh.orientations, [np.eye(3), np.diag([-1.0, -1.0, 1.0])], atol=1e-12)
