"""Round bodies that touch in 3D: necks, volumes, triangles made better, and the meshes of packings and fibres."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ssb.analysis import percolation
from fem_ssb.errors import InputError
from fem_ssb.mesh.measure import vertices
from fem_ssb.mesh.surfaces import shapeliness
from fem_ssb.mesh.swap import swap
from fem_ssb.microstructure import FibreNetwork, Packing, Phase, Stack
from fem_ssb.microstructure.touching import NECK, calibrated, joined, segment_distance

um = 1e-6


def test_distance_between_segments():
    """Against the least distance of 200 × 200 points; for crossing, parallel and single-point segments."""
    rng = np.random.default_rng(0)
    a, b, c, d = rng.random((4, 30, 3))
    d[0], d[1], b[1] = c[0] + 2 * (b[0] - a[0]), c[1], a[1]
    t = np.linspace(0.0, 1.0, 200)[:, None, None]
    first, second = a + t * (b - a), c + t * (d - c)
    brute = np.linalg.norm(first[:, None] - second, axis=3).min(axis=(0, 1))
    assert segment_distance(a, b, c, d) == pytest.approx(brute, abs=2e-3)


@pytest.mark.parametrize("gap", [-0.02, 0.0, 0.08])
def test_neck(gap):
    """The neck of two balls has the radius `NECK` on the plane between them; without one the surface is the balls'.

    There both distances are √((r + g/2)² + ρ²) − r = w/4, so that ρ² ≈ r (w/2 − g) = (r NECK)² with the w of `joined`.
    """
    centres = np.array([[5.0, 5.0, 5.0], [7.0 + gap, 5.0, 5.0]])
    balls = joined(centres, centres, np.ones(2), 0.1, np.zeros(3), np.full(3, 12.0))
    rho = np.linspace(0.0, 1.0, 2001)
    x = np.stack([np.full_like(rho, 6.0 + gap / 2), 5.0 + rho, np.full_like(rho, 5.0)], axis=1)
    assert rho[np.searchsorted(balls.level(0, x), 0.0)] == pytest.approx(NECK, rel=0.04)
    assert balls.level(0, x) == pytest.approx(balls.level(1, x), abs=1e-12)
    apart = centres + np.array([[0.0, 0.0, 0.0], [0.3, 0.0, 0.0]])
    far = joined(apart, apart, np.ones(2), 0.1, np.zeros(3), np.full(3, 12.0))
    assert far.bonds == [([], []), ([], [])]


def test_volume_of_flattened_balls():
    """Balls pressed together, and against a wall, keep their volumes: they grow by the caps that they lose.

    Two balls of radius R at a distance of 1.8: each has 4/3 πR³ less a cap of height h = R − 0.9, π h² (3R − h)/3.
    """
    centres = np.array([[5.0, 5.0, 5.0], [6.8, 5.0, 5.0]])
    volume = 4 * np.pi / 3
    balls = calibrated(centres, np.full(2, volume), 0.1, np.zeros(3), np.full(3, 12.0))
    radius = float(balls.radii[0])
    h = radius - 0.9
    assert volume == pytest.approx(4 * np.pi / 3 * radius**3 - np.pi * h**2 * (3 * radius - h) / 3, rel=5e-3)
    assert radius > 1.002


def test_swap():
    """A square with a needle in it: only the four triangles around one node are left, with its area and corners."""
    x = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5], [0.53, 0.5], [0.5, 0.3]], dtype=np.float64)
    nodes = np.column_stack([x, np.zeros(len(x))])
    corners = np.array([[0, 1, 6], [0, 6, 4], [6, 5, 4], [6, 1, 5], [1, 2, 5], [5, 2, 4], [2, 3, 4], [3, 0, 4]])
    flat = np.column_stack([np.isin(x[:, 0], (0, 1)), np.isin(x[:, 1], (0, 1)), np.ones(len(x), dtype=bool)])
    new, sides = swap(nodes, corners, np.tile([0, 1], (len(corners), 1)), flat)
    area = 0.5 * np.cross(nodes[new[:, 1]] - nodes[new[:, 0]], nodes[new[:, 2]] - nodes[new[:, 0]])[:, 2]
    assert area.min() > 0.0 and area.sum() == pytest.approx(1.0)
    assert set(range(4)) <= set(new.ravel().tolist()) and len(sides) == len(new) == 4
    assert shapeliness(nodes[new]).min() > 1.5 * shapeliness(nodes[corners]).min()


def cathode(fraction=0.5, width=9 * um, **more):
    """Particles of 4 µm under a collector."""
    stack = Stack(width=width, dim=3)
    active = Phase("active", "NMC811", fraction=fraction, diameter=4 * um, spread=0.2)
    stack.layer("cathode", Packing(active, Phase("electrolyte", "Li6PS5Cl"), **{"contact": 0.1} | more), width)
    stack.layer("collector", "Al", thickness=um)
    return stack


@pytest.mark.slow
@pytest.mark.parametrize(("fraction", "contact", "seed"), [(0.5, 0.1, 4), (0.6, 0.15, 0)])
def test_touching_particles(fraction, contact, seed):
    """Fractions that balls clear of each other do not reach; sizes as asked; particles carry electrons.

    In the second packing a ball is enclosed by nine others.
    """
    stack = cathode(fraction, contact=contact, seed=seed)
    asked = stack.summary(um)["layers"]["cathode"]["phases"]
    assert asked["active"]["fraction"] == pytest.approx(fraction)
    assert asked["electrolyte"]["fraction"] == pytest.approx(1.0 - fraction)
    assert asked["active"]["mean_diameter"] == pytest.approx(4 * um, rel=0.05)
    mesh = stack.mesh(MPI.COMM_SELF, size=um)
    box = (9 * um) ** 3
    assert mesh.volume("active") / box == pytest.approx(fraction, rel=0.01)
    assert mesh.volume("electrolyte") / box == pytest.approx(1.0 - fraction, rel=0.01)
    x = vertices(mesh.domain, 3, np.arange(len(mesh.grain_of_cell), dtype=np.int32))
    grains = np.bincount(mesh.grain_of_cell, np.abs(np.linalg.det(x[:, 1:] - x[:, :1])) / 6)
    sizes = np.cbrt(6 / np.pi * grains[mesh.grains("active")])
    assert sizes.mean() == pytest.approx(4 * um, rel=0.05)
    assert sizes.std() / sizes.mean() == pytest.approx(0.2, rel=0.05)
    assert {"active|active", "active|electrolyte", "active|collector"} <= set(mesh.interfaces)
    assert percolation(mesh, ("active", "collector"), "collector").fractions["active"] > 0.9
    assert mesh.quality()["min"] > 0.05


def fibres(fraction, seed=0):
    """Fibres of 1.6 µm in a cube."""
    phases = Phase("fibres", "C", fraction), Phase("matrix", "LLZO")
    return FibreNetwork(*phases, length=8 * um, width=1.6 * um, seed=seed)


@pytest.mark.parametrize(
    ("fraction", "seed"), [(0.12, 0), *(pytest.param(0.35, seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_fibres(fraction, seed):
    """Their volume is as asked, where they cross and where they leave the layer, too."""
    stack = Stack(width=8 * um, dim=3)
    stack.layer("cathode", fibres(fraction, seed), thickness=8 * um)
    mesh = stack.mesh(MPI.COMM_SELF, size=um)
    assert mesh.volume("fibres") == pytest.approx(fraction * (8 * um) ** 3, rel=0.01)
    assert "fibres|matrix" in mesh.interfaces
    assert mesh.quality()["min"] > 0.1


@pytest.mark.parametrize("fraction", [0.12, 0.35])
def test_radius_of_fibres(fraction):
    """Fibres of the radius asked have the volume asked, but for what joins them: it is not their radius that gives way.

    A share p of n random points scatters by √(p (1 − p)/n), here 0.003.
    """
    net = fibres(fraction).fill(np.zeros(3), np.ones(3), 8 * um, 0.1, 0.0).bodies[0]
    x = 8 * um * np.random.default_rng(0).random((20_000, 3))
    assert (net.level(x) < 0.0).mean() == pytest.approx(fraction, abs=0.03)
    ends = np.concatenate([net.parts.start[: net.parts.count], net.parts.end[: net.parts.count]])
    assert ends.min() > -1e-9 * um and ends.max() < (8 + 1e-9) * um


def test_directions_of_fibres():
    """Isotropic: the mean of cos² along each axis is 1/3; within 20° of an axis: (1 + c + c²)/3 with c = cos 20°.

    The mean of cos² over a cap of the sphere, where the cosine is uniform between c and 1. n of them scatter by
    2 × 0.298/√n, the spread of cos².
    """
    for scatter, mean in ((90.0, 1 / 3), (20.0, (1 + np.cos(np.pi / 9) + np.cos(np.pi / 9) ** 2) / 3)):
        phases = Phase("fibres", "C", 0.1), Phase("matrix", "LLZO")
        net = FibreNetwork(*phases, length=0.4, width=0.05, angle=30.0, scatter=scatter)
        parts = net.fill(np.zeros(3), np.ones(3), 1.0, 0.1, 0.0).bodies[0].parts
        along = (parts.end - parts.start)[: parts.count]
        along /= np.linalg.norm(along, axis=1)[:, None]
        square = (along @ [np.cos(np.pi / 6), 0.0, 0.5]) ** 2
        assert len(square) > 150
        assert square.mean() == pytest.approx(mean, abs=0.6 / len(square) ** 0.5)
        assert square.min() >= np.cos(np.radians(scatter)) ** 2 - 1e-9


def test_refused():
    with pytest.raises(InputError, match="not in pore"):
        stack = Stack(width=8 * um, dim=3)
        net = FibreNetwork(Phase("fibres", "C", 0.1), Phase("pore", None), length=8 * um, width=1.6 * um)
        stack.layer("cathode", net, thickness=8 * um)
        stack.summary()
    with pytest.raises(InputError, match="cannot be packed"):
        cathode(0.9).summary()
