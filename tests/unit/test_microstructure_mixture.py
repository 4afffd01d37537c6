"""Layers of several phases: fractions, particle sizes, names, primary grains, what is refused."""

import numpy as np
import pytest
from dolfinx.mesh import compute_midpoints
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.errors import InputError
from fem_ssb.mesh import measures
from fem_ssb.microstructure import Binder, Bricks, Coat, FibreNetwork, Mixture, Packing, Phase, Profile, Stack

um = 1e-6


def mixture(share=0.45, seed=1, **active):
    """Active material in an electrolyte."""
    return Mixture(
        [
            Phase("active", "NMC811", fraction=share, diameter=4 * um, spread=0.25, **active),
            Phase("electrolyte", "Li6PS5Cl", diameter=3 * um, spread=0.3),
        ],
        seed=seed,
    )


def cell(composite, dim, size):
    """Separator, composite cathode, collector."""
    stack = Stack(width=size, dim=dim)
    stack.layer("separator", "Li6PS5Cl", thickness=3 * um)
    stack.layer("cathode", composite, thickness=size)
    stack.layer("collector", "Al", thickness=1 * um)
    return stack


@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("share", [0.2, 0.6])
def test_fraction_and_sizes(dim, share):
    """Asked fractions within 2 %, sizes within 5 %, before meshing, at a size that removes short edges."""
    stack = cell(mixture(share), dim, 40 * um if dim == 2 else 15 * um)
    found = stack.summary(size=1 * um)["layers"]["cathode"]["phases"]
    assert found["active"]["fraction"] == pytest.approx(share, rel=0.02)
    for name, diameter, spread in (("active", 4 * um, 0.25), ("electrolyte", 3 * um, 0.3)):
        assert found[name]["mean_diameter"] == pytest.approx(diameter, rel=0.05)
        assert found[name]["spread"] == pytest.approx(spread, rel=0.05)


@pytest.mark.parametrize("dim", [2, 3])
def test_mesh_has_phases_as_regions(dim):
    stack = cell(mixture(), dim, 16 * um if dim == 2 else 8 * um)
    stack.interface("electrolyte|active", exchange_current=1.0)
    mesh = stack.mesh(MPI.COMM_SELF, size=1 * um if dim == 2 else 1.5 * um)
    assert mesh.region_names == ["separator", "active", "electrolyte", "collector"]
    assert mesh.materials["active"] == "NMC811"
    layer = mesh.volume("active") + mesh.volume("electrolyte")
    assert layer == pytest.approx((16 * um) ** 2 if dim == 2 else (8 * um) ** 3, rel=1e-12)
    assert mesh.volume("active") / layer == pytest.approx(0.45, rel=0.02)
    assert {"separator|active", "active|active", "active|electrolyte"} <= set(mesh.interfaces)
    assert mesh.ends == ("separator", "collector")
    assert mesh.interface_data["active|electrolyte"] == {"exchange_current": 1.0}
    assert {"separator", "collector"} <= set(mesh.boundaries)
    assert mesh.quality()["min"] > 0.05


def test_primary_grains_fill_their_particles():
    """A particle of volume V has about V/v grains, their volumes sum to V."""
    whole = cell(mixture(), 2, 30 * um).summary(1 * um)["layers"]["cathode"]["phases"]["active"]
    made = cell(mixture(grain=1.5 * um), 2, 30 * um).summary(0.1 * um)["layers"]["cathode"]["phases"]["active"]
    assert made["particles"] == whole["particles"]
    assert made["grains"] > 4 * made["particles"]
    assert made["fraction"] == pytest.approx(0.45, rel=0.01)
    assert made["mean_diameter"] == pytest.approx(4 * um, rel=0.05)
    assert made["spread"] == pytest.approx(0.25, rel=0.05)


def test_pores_are_left_out():
    porous = Mixture([Phase("active", "NMC811", diameter=4 * um), Phase("pore", None, fraction=0.2, diameter=2 * um)])
    mesh = cell(porous, 2, 20 * um).mesh(MPI.COMM_SELF, size=1 * um)
    assert mesh.region_names == ["separator", "active", "collector"]
    assert mesh.volume("active") / (20 * um) ** 2 == pytest.approx(0.8, rel=0.02)
    assert mesh.area("pores") > 0.0


def test_same_seed_same_mixture():
    a, b, c = (cell(mixture(seed=seed), 2, 16 * um).summary()["interfaces"] for seed in (3, 3, 4))
    assert a == b
    assert a["active|electrolyte"] != c["active|electrolyte"]


def test_effective_conductivity_between_bounds():
    """Wiener's bounds hold for each carrier; a phase that conducts nothing counts as 0."""
    ions = ssb.Material.custom("ions", kind="electrolyte", ionic_conductivity=0.1)
    other = ssb.Material.custom("other", kind="electrolyte", ionic_conductivity=1.0)
    stack = Stack(width=15 * um)
    stack.layer(
        "cathode",
        Mixture([Phase("active", other, fraction=0.4, diameter=3 * um), Phase("electrolyte", ions, diameter=3 * um)]),
        thickness=15 * um,
    )
    mesh = stack.mesh(MPI.COMM_SELF, size=0.7 * um)
    sigma = np.diag(ssb.analysis.effective_conductivity(mesh, "ionic"))
    share = mesh.volume("active") / mesh.volume()
    assert (sigma > 1 / (share / 1.0 + (1 - share) / 0.1)).all() and (sigma < share * 1.0 + (1 - share) * 0.1).all()


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: Mixture([]), "needs phases"),
        (lambda: Mixture([Phase("a", "A", diameter=1e-6), Phase("a", "A", fraction=0.5, diameter=1e-6)]), "twice"),
        (lambda: Mixture([Phase("a", "A", diameter=1e-6), Phase("b", "B", diameter=1e-6)]), "no fraction"),
        (lambda: Mixture([Phase("a", "A", fraction=0.5, diameter=1e-6)]), "sum to 0.5"),
        (lambda: Mixture([Phase("a", "A")]), "mean diameter"),
        (lambda: Phase("a", "A", fraction=1.2), "fraction"),
        (lambda: Phase("a", "A", grain=-1.0), "grain"),
        (lambda: Phase("a", "A", grain_boundaries=1.0), "GrainBoundaries"),
        (lambda: cell(mixture(), 2, 10 * um).layer("active", "NMC811", thickness=um), "phase 'active' already"),
        (lambda: cell(mixture(), 2, 10 * um).layer("x", mixture(), um, pores=ssb.Pores(0.1, um)), "composite"),
        (lambda: cell(mixture(share=1e-4), 2, 10 * um).summary(), "half a particle"),
    ],
)
def test_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize(
    ("dim", "profile", "width", "parts"),
    [(2, Profile(0.3, 0.6, "step", at=0.4), 60 * um, 5), (3, Profile(0.2, 0.7), 10 * um, 2)],
    ids=["2d-step", "3d-linear"],
)
def test_graded_fraction(dim, profile, width, parts):
    """The fraction of the whole layer within 2 %, that of each part of it within 0.05 of the profile's mean there."""
    graded = Mixture([Phase("pore", "Li", profile, 2 * um), Phase("host", "Al", diameter=2 * um)], seed=3)
    size = 1.5 * um if dim == 2 else 1 * um
    stack = Stack(width=width, dim=dim)
    stack.layer("scaffold", graded, thickness=width)
    mesh = stack.mesh(MPI.COMM_SELF, size=size)
    assert mesh.volume("pore") / width**dim == pytest.approx(profile.mean, rel=0.02)
    cells = np.arange(len(mesh.region_of_cell), dtype=np.int32)
    height = compute_midpoints(mesh.domain, dim, cells)[:, dim - 1] / width
    volume, part = measures(mesh.domain, dim, cells), (parts * height).astype(int)
    pore = mesh.region_of_cell == mesh.region_index("pore")
    found = np.bincount(part, volume * pore) / np.bincount(part, volume)
    z = (np.arange(500) + 0.5) / 500
    np.testing.assert_allclose(found, profile(z).reshape(parts, -1).mean(axis=1), atol=0.05)


@pytest.mark.parametrize(
    "made",
    [
        Mixture([Phase("a", "A", 0.5, 3 * um), Phase("b", "B", diameter=3 * um)], coat=Coat("c", "C", 0.2 * um)),
        Packing(Phase("a", "A", 0.4, 3 * um), Phase("b", "B"), coat=Coat("c", "C", 0.15 * um, 0.5)),
        Packing(Phase("a", "A", 0.6, 3 * um), Phase("b", "B")),
        Packing(Phase("a", "A", 0.7, 3 * um), Phase("b", "B"), shape="polygonal"),
        Packing(Phase("a", "A", 0.4, 3 * um), Phase("b", "B"), shape="polygonal", binder=Binder("c", "C", 0.04)),
        Bricks(Phase("a", "A"), Phase("b", "B"), 4 * um, 1.5 * um, 0.3 * um),
        FibreNetwork(Phase("a", "A", 0.2), Phase("b", "B"), 6 * um, 1 * um),
    ],
    ids=["mixture", "coated", "round", "polygonal", "bound", "bricks", "fibres"],
)
def test_estimate_counts_narrow_places(made):
    """Gaps, joints and coats make most of the cells of a plane composite: they are known before it is meshed."""
    stack = Stack(width=10 * um)
    stack.layer("cathode", made, thickness=10 * um)
    expected = stack.estimated_cells(1 * um)
    cells = stack.mesh(MPI.COMM_SELF, size=1 * um).summary()["cells"]
    assert cells > 1000 and 1 / 1.6 < expected / cells < 1.6
    with pytest.raises(InputError, match="more than max_cells"):
        stack.mesh(MPI.COMM_SELF, size=1 * um, max_cells=0.9 * expected)


def test_graded_fractions_that_exceed_one():
    with pytest.raises(InputError, match=r"sum to 1\.2 somewhere"):
        Mixture([Phase("a", "A", Profile(0.2, 0.8), 1e-6), Phase("b", "B", 0.4, 1e-6), Phase("c", "C", diameter=1e-6)])


@pytest.mark.parametrize("on, other", [("active", "electrolyte"), ("electrolyte", "active")])
def test_coated_mixture(on, other):
    """A coat on one phase where it meets the other: half of the contact, as thick as asked; fractions are kept."""
    phases = [Phase("active", "A", 0.5, 4 * um), Phase("electrolyte", "B", diameter=4 * um)]
    coat = Coat("coat", "LiNbO3", 0.2 * um, coverage=0.5, on=on, patches=1)
    mesh = cell(Mixture(phases, seed=1, coat=coat), 2, 20 * um).mesh(MPI.COMM_SELF, size=1 * um)
    layer = (20 * um) ** 2
    assert (mesh.volume(on) + mesh.volume("coat")) / layer == pytest.approx(0.5, rel=0.02)
    assert mesh.volume(other) / layer == pytest.approx(0.5, rel=0.02)
    names = [f"{a}|{b}" for a, b in (("active", "electrolyte"), (other, "coat"))]
    bare, covered = (mesh.area(name) for name in names)
    assert covered / (bare + covered) == pytest.approx(0.5, rel=0.05)
    assert mesh.volume("coat") == pytest.approx(covered * 0.2 * um, rel=0.1)
    assert mesh.quality()["min"] > 0.05
