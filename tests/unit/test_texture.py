"""Orientations of grains against the moments and distributions of their closed forms."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from fem_ssb.errors import InputError
from fem_ssb.microstructure import FibreTexture, OrientationFile, Stack, Voronoi
from fem_ssb.microstructure.grains import random_rotations

COUNT = 20_000


def test_random_orientations_are_uniform():
    """On SO(3): E[Rᵢⱼ] = 0, E[RᵢⱼRₖₗ] = δᵢₖδⱼₗ/3, E[Rᵢⱼ⁴] = 1/5; the angle of R has the density (1 − cos ω)/π.

    Bounds are four standard errors: of Rᵢⱼ 1/√3, of Rᵢⱼ² √(1/5 − 1/9), of a product at most 1/3, of ω 0.65 rad.
    """
    turns = random_rotations(COUNT, 5)
    four = 4.0 / np.sqrt(COUNT)
    flat = turns.reshape(COUNT, 9)
    assert np.abs(flat.mean(axis=0)).max() < four / np.sqrt(3)
    products = flat.T @ flat / COUNT
    np.testing.assert_allclose(np.diag(products), 1 / 3, atol=four * np.sqrt(1 / 5 - 1 / 9))
    assert np.abs(products - np.diag(np.diag(products))).max() < four / 3
    np.testing.assert_allclose((flat**4).mean(axis=0), 1 / 5, atol=four * np.sqrt(1 / 9 - 1 / 25))
    angle = Rotation.from_matrix(turns).magnitude()
    assert angle.mean() == pytest.approx(np.pi / 2 + 2 / np.pi, abs=0.65 * four)
    np.testing.assert_allclose(np.quantile(angle, 0.5), 2.309881, atol=0.02)  # ω − sin ω = π/2


def test_misorientations_of_cubic_crystals():
    """Mackenzie, Biometrika 45 (1958) 229: mean 40.74°, largest 62.80°."""
    pairs = Rotation.from_matrix(random_rotations(COUNT, 6)[: COUNT // 2])
    others = Rotation.from_matrix(random_rotations(COUNT, 7)[: COUNT // 2])
    angle = np.degrees((pairs.inv() * others).reduce(Rotation.create_group("O")).magnitude())
    assert angle.mean() == pytest.approx(40.74, abs=4 * 11.5 / np.sqrt(COUNT / 2))
    assert 60.0 < angle.max() <= 62.80


@pytest.mark.parametrize("spread", [0.0, 10.0, 40.0])
def test_fibre(spread):
    """The tilt's mean cosine is coth κ − 1/κ; about the fibre, crystals are turned at random."""
    fibre = FibreTexture(crystal=(1, 1, 1), sample=(1, 0, 2), spread=spread)
    turns = fibre.draw(COUNT, 3)
    np.testing.assert_allclose(turns @ turns.transpose(0, 2, 1), np.tile(np.eye(3), (COUNT, 1, 1)), atol=1e-12)
    along = turns @ (np.ones(3) / np.sqrt(3))
    cosine = along @ (np.array([1, 0, 2]) / np.sqrt(5))
    kappa = 1 / np.radians(spread) ** 2 if spread else np.inf
    mean = 1.0 if not spread else 1 / np.tanh(kappa) - 1 / kappa
    assert cosine.mean() == pytest.approx(mean, abs=1e-12 + 4 * cosine.std() / np.sqrt(COUNT))
    second = turns @ (np.array([1, -1, 0]) / np.sqrt(2))
    across = np.cross([1, 0, 2], [0, 1, 0]) / np.sqrt(5)
    assert abs((second @ across).mean()) < 4 / np.sqrt(2 * COUNT)
    assert abs((second @ [0, 1, 0]).mean()) < 4 / np.sqrt(2 * COUNT)


def test_fibre_of_opposite_directions():
    turns = FibreTexture(crystal=(0, 0, -1), sample=(0, 0, 1)).draw(50, 0)
    np.testing.assert_allclose(turns @ [0, 0, -1], np.tile([0, 0, 1], (50, 1)), atol=1e-12)


def test_orientation_files(tmp_path):
    angles = np.array([[0, 0, 0], [30, 0, 0], [0, 45, 0], [10, 20, 30]])
    np.savetxt(tmp_path / "ebsd.txt", angles, header="phi1 Phi phi2")
    turns = Voronoi(4, texture=OrientationFile(tmp_path / "ebsd.txt")).orientations()
    np.testing.assert_allclose(turns, Rotation.from_euler("ZXZ", angles, degrees=True).as_matrix(), atol=1e-12)
    two = Voronoi(2, seed=1, texture=OrientationFile(tmp_path / "ebsd.txt")).orientations()
    assert all(any(np.allclose(turn, other) for other in turns) for turn in two) and not np.allclose(*two)
    for texture, message in (
        (OrientationFile(tmp_path / "ebsd.txt"), "4 orientations for 5 grains"),
        (OrientationFile(tmp_path / "ebsd.txt", "quaternion"), "quaternion are 4 numbers"),
        (OrientationFile(tmp_path / "nowhere.txt"), "cannot read orientations"),
    ):
        with pytest.raises(InputError, match=message):
            Voronoi(5, texture=texture)
    for crystal, spread in (((0, 0, 0), 0), ((1, 1), 0), ((0, 0, 1), -1)):
        with pytest.raises(InputError, match="FibreTexture"):
            FibreTexture(crystal, spread=spread)


def test_an_orientation_file_reaches_a_3d_mesh(comm, tmp_path):
    """Each grain has the orientation of its line, drawn once each."""
    path = comm.bcast(tmp_path) / "turns.txt"
    turns = Rotation.random(5, random_state=1)
    if comm.rank == 0:
        np.savetxt(path, turns.as_euler("ZXZ", degrees=True))
    comm.barrier()
    stack = Stack(width=1e-6, dim=3)
    stack.layer("separator", "LLZO", 1e-6, grains=Voronoi(5, texture=OrientationFile(path, "euler-bunge")))
    mesh = stack.mesh(comm, size=5e-7)
    off = np.linalg.norm(mesh.orientations[:, None] - turns.as_matrix(), axis=(2, 3))
    assert off.min(axis=1).max() < 1e-9 and sorted(off.argmin(axis=1)) == list(range(5))


def test_a_fibre_reaches_the_mesh(comm):
    stack = Stack(width=1e-6)
    stack.layer("separator", "LLZO", 1e-6, grains=Voronoi(9, texture=FibreTexture((1, 0, 0), (0, 1, 0))))
    mesh = stack.mesh(comm, size=2e-7)
    np.testing.assert_allclose(mesh.orientations[:, :, 0], np.tile([0, 1, 0], (9, 1)), atol=1e-12)
