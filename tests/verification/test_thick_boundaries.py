"""Grain boundaries as layers of finite thickness against closed forms of layers, and against surfaces.

Flat boundaries of thickness t and conductivity σ_b across grains of σ, their share f of the height or width: series
1/((1 − f)/σ + f/σ_b), parallel (1 − f) σ + f σ_b. The volume of a layer between grains is t times the area of the
boundaries less what junctions save, so V/(tA) = 1 − O(t). A layer of σ_b = t/R is the surface resistance R as t → 0.
"""

import numpy as np
import pytest

import fem_ssb as ssb
from fem_ssb.analysis import BoundaryFlux, effective_conductivity
from fem_ssb.units import um

SIGMA, BOUNDARY = 0.05, 0.002


def llzo(sigma=SIGMA):
    return ssb.Material("LLZO", ionic_conductivity=sigma)


def pellet(comm, dim, grains, boundaries, size, **more):
    stack = ssb.Stack(width=10 * um, dim=dim, **more)
    stack.layer("pellet", llzo(), thickness=10 * um, grains=grains, grain_boundaries=boundaries)
    return stack.mesh(comm, size=size * um)


@pytest.mark.parallel
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("way", ["series", "parallel"])
def test_flat_layers(verify, comm, dim, way):
    thickness, count = 0.2 * um, 4
    seeds = np.full((count, dim), 0.5)
    seeds[:, -1 if way == "series" else 0] = (np.arange(count) + 0.5) / count
    grains = ssb.Voronoi(count, seeds=seeds, relax=0, texture=None)
    mesh = pellet(comm, dim, grains, ssb.GrainBoundaries(thickness=thickness, material=llzo(BOUNDARY)), 2.5)
    share = (count - 1) * thickness / (10 * um)
    verify(
        mesh.volume("pellet boundaries") / mesh.volume(),
        share,
        rtol=1e-9,
        what=f"{dim}D {way}: share",
        source="(n−1)t/H",
    )
    found = effective_conductivity(mesh, boundary="faces")[-1, -1]
    exact = 1 / ((1 - share) / SIGMA + share / BOUNDARY) if way == "series" else (1 - share) * SIGMA + share * BOUNDARY
    verify(found, exact, rtol=1e-9, what=f"{dim}D thick boundaries, {way}: σ", source="layers")


def test_two_layers_of_them(verify, comm):
    """Grains that lie in rows, above and below a layer of something else, with boundaries of unlike thickness."""
    stack = ssb.Stack(width=10 * um)
    seeds = np.column_stack([np.full(3, 0.5), (np.arange(3) + 0.5) / 3])
    for name, thickness in (("lower", 0.2), ("spacer", None), ("upper", 0.1)):
        grains = ssb.Voronoi(3, seeds=seeds, relax=0) if thickness else None
        thick = ssb.GrainBoundaries(thickness=thickness * um, material=llzo()) if thickness else None
        stack.layer(name, llzo(), thickness=3 * um, grains=grains, grain_boundaries=thick)
    mesh = stack.mesh(comm, size=2 * um)
    for name, exact in (("lower", 0.2), ("upper", 0.1)):
        found = mesh.volume(f"{name} boundaries") / (2 * 10 * um * um)
        verify(found, exact, rtol=1e-9, what=f"boundaries of the {name} of two layers: t", source="(n−1)tw")


@pytest.mark.parametrize(("dim", "count", "size"), [(2, 30, 0.8), (3, 12, 2.0)])
def test_volume_of_the_layers(verify, comm, dim, count, size):
    grains = ssb.Voronoi(count, seed=2)
    area = pellet(comm, dim, grains, None, size).area("pellet|pellet")
    missing = []
    for thickness in (0.2, 0.1, 0.05):
        boundaries = ssb.GrainBoundaries(thickness=thickness * um, material=llzo())
        mesh = pellet(comm, dim, grains, boundaries, size)
        verify(mesh.volume(), (10 * um) ** dim, rtol=1e-12, what=f"{dim}D: volume of all", source="box")
        assert set(mesh.interfaces) == {"pellet|pellet boundaries"}
        missing.append(1 - mesh.volume("pellet boundaries") / (area * thickness * um))
    rest = 2 * missing[2] - missing[1]
    limit = 1e-9 if dim == 2 else 5e-3  # faces of 3D grains are not quite flat once short edges are removed
    verify.below(abs(rest), limit, what=f"{dim}D: 1 − V/(tA) extrapolated to t = 0", source="V = tA")
    ratio = (missing[0] - missing[1]) / (missing[1] - missing[2])
    verify(ratio, 2.0, rtol=0.02, what=f"{dim}D: 1 − V/(tA), its change per halving of t", source="first order")


def test_thin_layers_are_surfaces(verify, comm):
    resistance = 10 * um / SIGMA
    grains = ssb.Voronoi(30, seed=4, texture=None)
    surface = pellet(comm, 2, grains, ssb.GrainBoundaries(resistance=resistance), 0.4)
    exact = effective_conductivity(surface, boundary="faces", degree=2)[1, 1]
    errors = []
    for thickness in (0.2 * um, 0.1 * um, 0.05 * um):
        boundaries = ssb.GrainBoundaries(thickness=thickness, material=llzo(thickness / resistance))
        mesh = pellet(comm, 2, grains, boundaries, 0.4)
        errors.append(abs(effective_conductivity(mesh, boundary="faces", degree=2)[1, 1] / exact - 1))
    verify.below(
        errors[-1], 0.02, what="σ of layers of 0.05 µm and σ_b = t/R over that of surfaces, −1", source="t → 0"
    )
    verify.trend(errors, "falling", what="layers of 0.2, 0.1, 0.05 µm against surfaces", source="t → 0")


@pytest.mark.parallel
def test_bricks_are_between_the_two_brick_layer_models(verify, comm):
    """Square grains: parallel columns in series with layers, and layers of parallel columns, are the bounds."""
    n, thickness = 4, 0.3 * um
    x = (np.arange(n) + 0.5) / n
    seeds = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    grains = ssb.Voronoi(n * n, seeds=seeds, relax=0, texture=None)
    mesh = pellet(comm, 2, grains, ssb.GrainBoundaries(thickness=thickness, material=llzo(BOUNDARY)), 0.3)
    found = effective_conductivity(mesh, boundary="faces", degree=2)[1, 1]
    f = (n - 1) * thickness / (10 * um)
    verify(
        mesh.volume("pellet boundaries") / (10 * um) ** 2,
        1 - (1 - f) ** 2,
        rtol=1e-6,
        what="bricks: share",
        source="1−(1−f)²",
    )
    layer = (1 - f) * SIGMA + f * BOUNDARY
    column = 1 / ((1 - f) / SIGMA + f / BOUNDARY)
    series = 1 / ((1 - f) / layer + f / BOUNDARY)
    parallel = (1 - f) * column + f * BOUNDARY
    verify.below(found, series, what="bricks: σ below layers in series", source="no resistance along layers")
    verify.below(parallel, found, what="bricks: σ above parallel columns", source="no current across columns")


@pytest.mark.parallel
@pytest.mark.parametrize("dim, put", [(2, "layer"), (3, "layer"), (3, "coating")])
def test_between_electrodes(verify, comm, dim, put):
    """Between layers, with and without grains, and coatings: the names are right, nothing is lost, no gap is left.

    Where all is of one conductivity a uniform current passes exactly, which a crack or an overlap in the mesh spoils.
    """
    stack = ssb.Stack(width=10 * um, dim=dim)
    boundaries = ssb.GrainBoundaries(thickness=0.1 * um, material=llzo())
    getattr(stack, put)("anode", llzo(), 3 * um)
    stack.layer("separator", llzo(), 10 * um, grains=ssb.Voronoi(12, seed=4), grain_boundaries=boundaries)
    perfect = ssb.GrainBoundaries(resistance=0.0)
    grains = {"grains": ssb.Voronoi(5, seed=1), "grain_boundaries": perfect} if put == "layer" else {}
    getattr(stack, put)("counter", llzo(), 3 * um, **grains)
    film, base = "separator boundaries", (10 * um) ** (dim - 1)
    stack.interface(f"anode|{film}", film_resistance=0.0)
    mesh = stack.mesh(comm, size=(0.6 if dim == 2 else 2.0) * um)
    assert {f"anode|{film}", f"separator|{film}", "anode|separator", f"{film}|counter"} <= set(mesh.interfaces)
    total = mesh.area("anode|separator") + mesh.area(f"anode|{film}")
    case = f"{dim}D, {put}s beside thick boundaries"
    verify(total, base, rtol=1e-9, what=f"{case}: area of the electrode", source="width")
    verify(mesh.volume("anode"), 3 * um * base, rtol=1e-9, what=f"{case}: volume of the anode", source="box")
    verify(mesh.volume("counter"), 3 * um * base, rtol=1e-9, what=f"{case}: volume of the other", source="box")
    model = ssb.Model(mesh, [ssb.Conduction()])
    model.ground("anode").apply(ssb.Voltage(0.1, at="counter"))
    model.solve()
    flux = BoundaryFlux(model, "ionic_potential")
    flux.evaluate()
    found = flux.at("counter")
    for which in ("min", "max"):
        verify(found[which], SIGMA * 0.1 / stack.height, rtol=1e-6, what=f"{case}: {which} current", source="uniform")


@pytest.mark.parametrize(("dim", "size", "seed"), [(2, 1.0, 0), (3, 2.0, 3)])
def test_where_short_edges_leave_no_room(verify, comm, dim, size, seed):
    """Grains between electrodes whose corners overlapped, until other short edges were removed."""
    stack = ssb.Stack(width=8 * um, dim=dim)
    stack.layer("anode", "Li", 3 * um)
    boundaries = ssb.GrainBoundaries(thickness=0.02 * um, material=llzo())
    stack.layer("pellet", llzo(), 8 * um, grains=ssb.Voronoi(12, seed=seed), grain_boundaries=boundaries)
    stack.layer("counter", "Li", 3 * um)
    mesh = stack.mesh(comm, size=size * um)
    what = f"{dim}D: pellet whose corners are narrow, volume with its boundaries"
    found = mesh.volume("pellet") + mesh.volume("pellet boundaries")
    verify(found, (8 * um) ** dim, rtol=1e-9, what=what, source="box")


def between_periodic_sides(seed, thickness):
    stack = ssb.Stack(width=8 * um, dim=3, periodic="xy")
    stack.layer("anode", llzo(), 3 * um)
    boundaries = ssb.GrainBoundaries(thickness=thickness * um, material=llzo())
    stack.layer("pellet", llzo(), 8 * um, grains=ssb.Voronoi(12, seed=seed), grain_boundaries=boundaries)
    stack.layer("counter", llzo(), 3 * um)
    return stack


def check_periodic_sides(verify, comm, seed, thickness):
    """No sliver, opposite faces alike, nothing lost; a uniform current passes exactly, also from face to face."""
    mesh = between_periodic_sides(seed, thickness).mesh(comm, size=2 * um)
    case = f"periodic sides, seed {seed}, {thickness} µm"
    verify.below(1e-3, mesh.quality()["min"], what=f"{case}: least gamma over 1e-3", source="no slivers")
    found = mesh.volume("pellet") + mesh.volume("pellet boundaries")
    verify(found, (8 * um) ** 3, rtol=1e-9, what=f"{case}: pellet with its boundaries", source="box")
    model = ssb.Model(mesh, [ssb.Conduction()])
    model.ground("anode").apply(ssb.Voltage(0.1, at="counter"))
    model.solve()
    flux = BoundaryFlux(model, "ionic_potential")
    flux.evaluate()
    for which in ("min", "max"):
        found = flux.at("counter")[which]
        verify(found, SIGMA * 0.1 / (14 * um), rtol=1e-6, what=f"{case}: {which} current", source="uniform")


def test_periodic_sides(verify, comm):
    """Grains touch a side without going through it: opposite sides had unlike nodes, and cells with a gamma of 1e-4."""
    check_periodic_sides(verify, comm, 6, 0.02)


@pytest.mark.slow
@pytest.mark.parametrize("thickness", [0.02, 0.1])
@pytest.mark.parametrize("seed", range(8))
def test_many_periodic_sides(verify, comm, seed, thickness):
    if (seed, thickness) == (1, 0.1):
        with pytest.raises(ssb.InputError, match="slivers"):
            between_periodic_sides(seed, thickness).mesh(comm, size=2 * um)
    else:
        check_periodic_sides(verify, comm, seed, thickness)


def test_refused(comm):
    with pytest.raises(ssb.InputError, match="both thickness"):
        ssb.GrainBoundaries(thickness=1e-7)
    with pytest.raises(ssb.InputError, match="are a region"):
        ssb.GrainBoundaries(thickness=1e-7, material="LiPON", resistance=1.0)
    seeds = [(0.25, 0.5), (0.75, 0.5)]
    with pytest.raises(ssb.InputError, match="lies in a periodic face"):
        grains = ssb.Voronoi(2, seeds=seeds, relax=0)
        pellet(comm, 2, grains, ssb.GrainBoundaries(thickness=1e-7, material=llzo()), 2.0, periodic="x")
    stack = ssb.Stack(width=10 * um)
    thick = ssb.GrainBoundaries(thickness=1e-7, material=llzo())
    pores = ssb.Pores(0.05, 0.5 * um, place="boundaries")
    stack.layer("pellet", llzo(), 10 * um, grains=ssb.Voronoi(9), pores=pores, grain_boundaries=thick)
    with pytest.raises(ssb.InputError, match="has pores on grain boundaries of a thickness"):
        stack.mesh(comm, size=2 * um)
    with pytest.raises(ssb.InputError, match="too thick"):
        pellet(comm, 2, ssb.Voronoi(30, seed=2), ssb.GrainBoundaries(thickness=2 * um, material=llzo()), 0.5)
