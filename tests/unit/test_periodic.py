"""Periodic stacks: opposite faces carry the same facets, grains go through them; any number of ranks."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.errors import InputError
from fem_ssb.mesh import refine
from fem_ssb.mesh.measure import vertices
from fem_ssb.microstructure import Laguerre, Notch, Pores, Stack, Voronoi
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
@pytest.mark.parametrize(
    "grains", [Voronoi(1), Voronoi(3, seed=5), Voronoi(12, seed=2), Laguerre(12, spread=0.4, seed=1)]
)
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
    faces = mesh.opposite_faces()
    for low, high, shift in faces:
        places = [
            np.concatenate(comm.allgather(vertices(mesh.domain, dim - 1, facets).mean(axis=1)))
            for facets in (low, high)
        ]
        order = [np.lexsort(np.round(x - s, 6).T) for x, s in zip(places, (0.0, shift), strict=True)]
        assert np.abs(places[0][order[0]] + shift - places[1][order[1]]).max() < 1e-9
    pairs = [PeriodicPair(*f) for f in faces]
    space = broken_space(mesh.domain, ("Lagrange", 1), periodic=pairs)
    assert space.num_dofs < mesh.domain.topology.index_map(0).size_global
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


def test_refused():
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
