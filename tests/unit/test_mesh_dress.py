"""Coats and binder of 3D packings: volumes, thickness, share covered, and what a current makes of them."""

import functools

import numpy as np
import pytest
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import effective_conductivity, specific_area
from fem_ssb.errors import InputError
from fem_ssb.mesh.measure import measures
from fem_ssb.microstructure import Binder, Coat, Mixture, Packing, Phase, Stack

um = 1e-6
WIDTH, T, SIGMA = 6 * um, 0.08 * um, 0.2
BOX = WIDTH**3
MIXED = {"active": 1.0, "electrolyte": SIGMA, "coat": 0.01, "carbon": 2.0}


def conductor(name, conductivity):
    """A material that conducts ions."""
    return ssb.Material("Li6PS5Cl", ionic_conductivity=conductivity, gb_resistance=0.0)


def packing(coverage=1.0, thickness=T, share=0.04, fraction=0.6, film=None, diameter=3 * um, **more):
    """A cube of particles of 3 µm or so, with a coat unless `coverage` is 0, or with a film on them."""
    material = {name: conductor(name, sigma) for name, sigma in MIXED.items()}
    stack = Stack(width=WIDTH, dim=3)
    coat = Coat("coat", material["coat"], thickness, coverage) if coverage else None
    binder = Binder("carbon", material["carbon"], share) if share else None
    particles = Phase("active", material["active"], fraction=fraction, diameter=diameter, spread=0.2)
    matrix = Phase("electrolyte", material["electrolyte"])
    made = Packing(particles, matrix, **{"seed": 1, "coat": coat, "binder": binder} | more)
    stack.layer("cathode", made, thickness=WIDTH)
    if film is not None:
        stack.interface("active|electrolyte", film_resistance=film)
    return stack


@functools.cache
def mesh(**given):
    """Mesh of a packing, polyhedral unless it is to touch."""
    given = given if "contact" in given else {"shape": "polygonal"} | given
    return packing(**given).mesh(MPI.COMM_SELF, um)


def area(found, *others):
    """Area of the active material towards some regions (m²)."""
    names = [name for name in found.interfaces if set(name.split("|")) in [{"active", other} for other in others]]
    return sum(specific_area(found, name, "active") * found.volume("active") for name in names)


def pore_area(found, name):
    """Area of a region towards pores (m²); on one rank."""
    facets = found.boundaries["pores"]
    cells = [found.domain.topology.connectivity(2, 3).links(facet)[0] for facet in facets]
    own = facets[np.isin(cells, found.cells(name))]
    return float(measures(found.domain, 2, own).sum())


@pytest.mark.parametrize(
    ("given", "error", "edges"),
    [({}, 1e-9, 2 * T / 3e-6), pytest.param({"contact": 0.1, "fraction": 0.4}, 5e-3, 0.0, marks=pytest.mark.slow)],
)
def test_volumes(given, error, edges):
    """All is filled, particles and binder have their fractions, the coat its thickness on what it covers.

    On convex polyhedra of diameter d its edges add about as much as on a ball, 2t/d.
    """
    found = mesh(**given)
    assert found.volume() == pytest.approx(BOX, rel=1e-9)
    assert found.volume("active") / BOX == pytest.approx(given.get("fraction", 0.6), rel=error)
    assert found.volume("carbon") / BOX == pytest.approx(0.04, rel=0.02)
    assert found.volume("coat") / area(found, "coat") == pytest.approx((1.0 + edges) * T, rel=0.06)
    assert area(found, "electrolyte", "carbon") < 0.02 * area(found, "coat")
    assert found.quality(without=["coat"])["min"] > 0.05
    names = {frozenset(name.split("|")) for name in found.interfaces}
    assert {frozenset(pair) for pair in (("active", "coat"), ("coat", "electrolyte"), ("coat", "carbon"))} <= names
    assert (frozenset(["active"]) in names) == ("contact" in given)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"thickness": T / 2}, 0.05),
        ({"coverage": 0.5}, 0.15),
        pytest.param({"contact": 0.1, "fraction": 0.4}, 0.15, marks=pytest.mark.slow),
    ],
)
def test_summary(given, error):
    """What the packing is known by before it is meshed: a coat where it is thin, binder, and what these leave."""
    summary = packing(**given if "contact" in given else {"shape": "polygonal"} | given).summary()
    phases, found = summary["layers"]["cathode"]["phases"], mesh(**given)
    assert set(phases) == set(found.region_names) and sum(p["fraction"] for p in phases.values()) == pytest.approx(1.0)
    assert phases["active"]["fraction"] == pytest.approx(given.get("fraction", 0.6), rel=1e-9)
    assert phases["carbon"]["fraction"] == pytest.approx(found.volume("carbon") / BOX, rel=0.02)
    assert phases["coat"]["fraction"] == pytest.approx(found.volume("coat") / BOX, rel=error)
    if "contact" not in given:
        assert summary["interfaces"]["active|coat"] == pytest.approx(area(found, "coat"), rel=0.05)


def test_summary_of_one_ball():
    """A ball that touches nothing: its coat is the shell 4π/3 ((r + t)³ − r³), which no mesh has made yet."""
    phases = packing(contact=0.1, fraction=0.06, share=0.0).summary()["layers"]["cathode"]["phases"]
    radius = (0.06 * BOX / (4 * np.pi / 3)) ** (1 / 3)
    shell = 4 * np.pi / 3 * ((radius + T) ** 3 - radius**3)
    assert phases["active"]["particles"] == 1
    assert phases["coat"]["fraction"] * BOX == pytest.approx(shell, rel=0.01)


def test_coverage():
    """Half of the surface."""
    found = mesh(coverage=0.5)
    covered = area(found, "coat")
    assert covered / (covered + area(found, "electrolyte", "carbon")) == pytest.approx(0.5, abs=0.05)
    assert found.volume("carbon") / BOX == pytest.approx(0.04, rel=0.02)
    assert found.volume("coat") / covered == pytest.approx(T, rel=0.06)


@pytest.mark.parametrize(("coverage", "thickness"), [(1.0, T), (0.5, 2 * T)])
def test_coat_of_a_ball(coverage, thickness):
    """One ball that touches nothing: the covered share of the shell 4π/3 ((r + t)³ − r³).

    The ball is a polyhedron of the same volume, whose area is 1 to 2 % larger.
    """
    found = packing(coverage, thickness, 0.0, 0.06, contact=0.1, seed=0).mesh(MPI.COMM_SELF, um)
    radius = (found.volume("active") / (4 * np.pi / 3)) ** (1 / 3)
    shell = 4 * np.pi / 3 * ((radius + thickness) ** 3 - radius**3)
    covered = area(found, "coat")
    share = covered / (covered + area(found, "electrolyte"))
    assert radius == pytest.approx((0.06 * BOX / (4 * np.pi / 3)) ** (1 / 3), rel=2e-3)
    assert share == pytest.approx(coverage, abs=0.02)
    assert found.volume("coat") == pytest.approx(share * shell, rel=0.05)


def test_coat_of_a_cube():
    """One particle of a box is a cube: flat sides, edges and corners have 6a²t + 12at² + 8t³ of coat.

    Half of the surface under it: t times the area, and at most all edges more.
    """
    side = (0.3 * BOX) ** (1 / 3)
    whole, part = (mesh(coverage=share, share=0.0, fraction=0.3, diameter=5 * um) for share in (1.0, 0.5))
    assert whole.volume("coat") == pytest.approx(6 * side**2 * T + 12 * side * T**2 + 8 * T**3, rel=1e-9)
    covered = area(part, "coat")
    assert covered == pytest.approx(3 * side**2, rel=0.1)
    assert T * covered * (1 - 0.05) < part.volume("coat") < T * covered + 12 * side * T**2


def test_one_conductivity():
    """Through all phases of one σ the current is uniform, however the cells lie: σ_eff = σ."""
    found = mesh()
    given = found.materials
    found.materials = {name: conductor(name, SIGMA) for name in MIXED}
    sigma = np.diag(effective_conductivity(found, boundary="faces"))
    found.materials = given
    assert sigma == pytest.approx(np.full(3, SIGMA), rel=1e-7)


def test_bounds():
    """Between the harmonic and the arithmetic mean over the realised volumes (Wiener), and far from both."""
    found = mesh()
    share = np.array([found.volume(name) for name in MIXED]) / BOX
    sigma = np.array(list(MIXED.values()))
    low, high = 1 / (share / sigma).sum(), (share * sigma).sum()
    effective = np.diag(effective_conductivity(found, boundary="faces"))
    assert (effective > 1.1 * low).all() and (effective < 0.9 * high).all()


def test_coat_is_a_film():
    """A thin coat of σ_c conducts as a resistance t/σ_c of the interface, but for the matrix that it takes."""
    layer, surface = (
        np.diag(effective_conductivity(mesh(share=0.0, **given), boundary="faces"))
        for given in ({"thickness": T / 2}, {"coverage": 0.0, "film": T / 2 / MIXED["coat"]})
    )
    assert layer == pytest.approx(surface, rel=0.02)


def mixture(on=None, coverage=1.0, film=None, pore=0.0):
    """Particles that fill the cube but for pores, those of one phase coated where they meet others."""
    phases = [
        Phase("active", conductor("active", 1.0), 0.5, 3 * um, 0.2),
        Phase("electrolyte", conductor("electrolyte", SIGMA), diameter=3 * um),
        *([Phase("pore", None, pore, 3 * um)] if pore else []),
    ]
    coat = None if on is None else Coat("coat", conductor("coat", 0.01), T / 2, coverage, on)
    stack = Stack(width=WIDTH, dim=3)
    stack.layer("cathode", Mixture(phases, seed=1, coat=coat), thickness=WIDTH)
    if film is not None:
        stack.interface("active|electrolyte", film_resistance=film)
    return stack


@pytest.mark.parametrize(("on", "other"), [("active", "electrolyte"), ("electrolyte", "active")])
def test_coat_of_a_mixture(on, other):
    """Between all particles of unlike phases, not between like ones; it conducts as a film, within 3 %.

    The coated phase has its fraction with the coat; what a film does not have is the coat's place in the matrix.
    """
    stack, plain = mixture(on), mixture(film=T / 2 / 0.01).mesh(MPI.COMM_SELF, um)
    found = stack.mesh(MPI.COMM_SELF, um)
    assert set(found.interfaces) == {"active|active", "active|coat", "electrolyte|electrolyte", "electrolyte|coat"}
    assert found.volume() == pytest.approx(BOX, rel=1e-12)
    assert found.volume(on) + found.volume("coat") == pytest.approx(plain.volume(on), rel=1e-9)
    assert found.volume(other) == pytest.approx(plain.volume(other), rel=1e-9)
    assert found.area(f"{other}|coat") == pytest.approx(plain.area("active|electrolyte"), rel=1e-9)
    assert found.volume("coat") / found.area(f"{other}|coat") == pytest.approx(T / 2, rel=0.02)
    assert found.quality(without=["coat"])["min"] > 0.1
    summary = stack.summary(um)
    phases = summary["layers"]["cathode"]["phases"]
    for name, phase in phases.items():
        assert phase["fraction"] == pytest.approx(found.volume(name) / BOX, rel=0.02)
    assert set(summary["interfaces"]) == {"active|coat", "electrolyte|coat"}
    layer, film = (np.diag(effective_conductivity(each, boundary="faces")) for each in (found, plain))
    assert layer == pytest.approx(film, rel=0.03)


def test_coat_of_a_mixture_in_part():
    """Half of the contact is covered; the coat ends upright: its volume is its thickness times what it covers."""
    found = mixture("electrolyte", coverage=0.5).mesh(MPI.COMM_SELF, um)
    covered, bare = found.area("active|coat"), found.area("active|electrolyte")
    assert covered / (covered + bare) == pytest.approx(0.5, abs=0.07)
    assert found.volume("coat") == pytest.approx(T / 2 * covered, rel=0.05)
    assert found.volume() == pytest.approx(BOX, rel=1e-12)


def test_coat_towards_pores():
    """Where the coated particles end in pore they are coated, too, and the pores keep their size."""
    stack = mixture("active", pore=0.1)
    plain, found = mixture(pore=0.1).mesh(MPI.COMM_SELF, um), stack.mesh(MPI.COMM_SELF, um)
    assert found.area("pores") == pytest.approx(plain.area("pores"), rel=1e-9)
    around = pore_area(found, "coat")
    assert around == pytest.approx(pore_area(plain, "active"), rel=1e-9) and pore_area(found, "active") == 0.0
    assert around > 0.1 * found.area("electrolyte|coat")
    assert found.volume("coat") == pytest.approx(T / 2 * (found.area("electrolyte|coat") + around), rel=0.05)
    share = stack.summary(um)["layers"]["cathode"]["phases"]["coat"]["fraction"]
    assert share == pytest.approx(found.volume("coat") / BOX, rel=0.05)


def test_refused():
    with pytest.raises(InputError, match="no room"):
        packing(thickness=0.4 * um, shape="polygonal").mesh(MPI.COMM_SELF, um)
    with pytest.raises(InputError, match="more volume than the gaps"):
        packing(0.0, share=0.5, shape="polygonal").mesh(MPI.COMM_SELF, um)
    with pytest.raises(InputError, match="less than a few cells"):
        packing(0.0, share=1e-5, shape="polygonal").mesh(MPI.COMM_SELF, um)
