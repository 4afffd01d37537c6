"""Rough interfaces: lengths and areas of sinusoids in closed form, random surfaces by their moments."""

import numpy as np
import pytest
from mpi4py import MPI
from scipy.integrate import quad
from scipy.special import ellipe

from fem_ssb.errors import InputError
from fem_ssb.mesh.measure import vertices
from fem_ssb.microstructure import RandomSurface, Sinusoid, Stack, Voronoi

comm = MPI.COMM_WORLD
um = 1e-6


def stack_of(dim, shape, name="separator|anode"):
    stack = Stack(width=8 * um, dim=dim)
    stack.layer("anode", "Li", thickness=4 * um)
    stack.layer("separator", "LLZO", thickness=4 * um, grains=Voronoi(5, seed=1))
    stack.roughen(name, shape)
    return stack


def test_length_of_a_sinusoid():
    """Over one wavelength (2λ/π) √(1 + q²) E(q²/(1 + q²)), q = 2πa/λ, with the complete elliptic integral E(m).

    Chords fall short of it by O(size²).
    """
    a, wavelength = 0.6 * um, 4 * um
    q = 2 * np.pi * a / wavelength
    exact = 2 * (2 * wavelength / np.pi) * np.sqrt(1 + q**2) * ellipe(q**2 / (1 + q**2))
    errors = []
    for size in (0.4, 0.2, 0.1):
        mesh = stack_of(2, Sinusoid(a, wavelength)).mesh(comm, size=size * um)
        errors.append(1 - mesh.area("anode|separator") / exact)
        assert mesh.volume("anode") == pytest.approx(32 * um**2, rel=1e-2 * size)
        assert mesh.volume() == pytest.approx(64 * um**2, rel=1e-12)
        assert mesh.area("anode") == pytest.approx(8 * um, rel=1e-12)
    assert errors[-1] == pytest.approx(0.0, abs=2e-3)
    assert errors[0] / errors[1] > 3.0 and errors[1] / errors[2] > 3.0


def test_area_of_an_egg_carton():
    """∫∫ √(1 + h_x² + h_y²) over one wavelength each way, by quadrature."""
    a, wavelength = 0.4 * um, 8 * um
    q = 2 * np.pi * a / wavelength
    line = lambda v: quad(  # noqa: E731
        lambda u: np.sqrt(1 + q**2 * ((np.sin(u) * np.cos(v)) ** 2 + (np.cos(u) * np.sin(v)) ** 2)), 0, 2 * np.pi
    )[0]
    exact = quad(line, 0, 2 * np.pi)[0] * (wavelength / (2 * np.pi)) ** 2
    mesh = stack_of(3, Sinusoid(a, wavelength)).mesh(comm, size=0.8 * um)
    assert mesh.area("anode|separator") == pytest.approx(exact, rel=2e-3)
    assert mesh.area("anode|separator") > 1.02 * 64 * um**2
    assert mesh.quality()["min"] > 0.05


@pytest.mark.parametrize("dim", [2, 3])
def test_random_surface(dim):
    """Mean 0 and the asked root mean square; correlation e⁻¹ at ℓ, from a surface 80 (3D: 12) ℓ wide."""
    rms, ell = 0.3, 1.0
    base = np.full(dim - 1, 80.0 if dim == 2 else 12.0)
    shape = RandomSurface(rms, ell, seed=3)
    n = 1600 if dim == 2 else 120
    grid = np.stack(np.meshgrid(*[(np.arange(n) + 0.5) / n * b for b in base], indexing="ij"), axis=-1)
    h = shape.height(grid.reshape(-1, dim - 1), base).reshape([n] * (dim - 1))
    assert h.mean() == pytest.approx(0.0, abs=1e-3 * rms) and h.std() == pytest.approx(rms, rel=1e-2)
    lag = round(ell / (base[0] / n))
    assert np.mean(h[lag:] * h[:-lag]) / rms**2 == pytest.approx(np.exp(-1), abs=0.12)


def test_random_interface():
    """Its length is that of the curve h(x), summed over fine chords; its highest point is that of the curve."""
    shape = RandomSurface(0.2 * um, 1.5 * um)
    mesh = stack_of(2, shape).mesh(comm, size=0.15 * um)
    x = np.linspace(0.0, 8 * um, 4001)
    h = shape.height(x[:, None], np.array([8 * um]))
    length = np.hypot(np.diff(x), np.diff(h)).sum()
    assert mesh.area("anode|separator") / (8 * um) - 1 == pytest.approx(length / (8 * um) - 1, rel=0.05)
    z = vertices(mesh.domain, 1, mesh.interface("anode|separator").facets)[:, :, 1]
    assert comm.allreduce(z.max(initial=0.0), op=MPI.MAX) == pytest.approx(4 * um + h.max(), abs=0.01 * um)


def test_random_interface_3d():
    """Its area is ∫ √(1 + |∇h|²) over a fine grid; nodes lie on h, flat again beside it; both sides have all of it."""
    shape = RandomSurface(0.15 * um, 2.0 * um, seed=2)
    mesh = stack_of(3, shape).mesh(comm, size=0.5 * um)
    n, base = 400, np.full(2, 8 * um)
    x = (np.arange(n) + 0.5) / n * 8 * um
    h = shape.height(np.stack(np.meshgrid(x, x, indexing="ij"), axis=-1).reshape(-1, 2), base).reshape(n, n)
    assert h.std() == pytest.approx(0.15 * um, rel=0.02)
    exact = np.sqrt(1 + sum(g**2 for g in np.gradient(h, x[1] - x[0]))).mean()
    assert mesh.area("anode|separator") / (64 * um**2) - 1 == pytest.approx(exact - 1, rel=0.06)
    nodes = vertices(mesh.domain, 2, mesh.interface("anode|separator").facets).reshape(-1, 3)
    np.testing.assert_allclose(nodes[:, 2] - 4 * um, shape.height(nodes[:, :2], base), atol=1e-3 * um)
    assert mesh.area("anode") == pytest.approx(64 * um**2, rel=1e-12)
    assert mesh.volume() == pytest.approx(512 * um**3, rel=1e-12)


@pytest.mark.parametrize("dim", [2, 3])
def test_correlation_of_random_surfaces(dim):
    """The mean of h(x) h(x + r) over 20 surfaces is rms² exp(−r²/ℓ²), along x and, in 3D, in between the axes."""
    lags, base = np.array([0.0, 0.5, 1.0, 2.0]), np.full(dim - 1, 1000.0)
    start = np.random.default_rng(0).uniform(0.0, 998.0, (400, dim - 1))
    along = np.array([1.0]) if dim == 2 else np.array([0.8, 0.6])
    x = (start + lags[:, None, None] * along).reshape(-1, dim - 1)
    found = []
    for seed in range(20):
        h = RandomSurface(0.3, 1.0, seed=seed).height(x, base).reshape(4, -1) / 0.3
        found.append((h[0] * h).mean(axis=1))
    error = np.std(found, axis=0) / np.sqrt(20)
    assert error.max() < 0.025
    assert (np.abs(np.mean(found, axis=0) - np.exp(-(lags**2))) < 4 * error).all()


def test_bad_roughness():
    with pytest.raises(InputError, match="too steep or too high"):
        stack_of(2, Sinusoid(5 * um, 2 * um)).mesh(comm, size=0.5 * um)
    with pytest.raises(InputError, match="unknown interface"):
        stack_of(2, Sinusoid(0.1 * um, 2 * um), "anode|counter").mesh(comm, size=0.5 * um)
    with pytest.raises(InputError, match="Sinusoid"):
        stack_of(2, 0.3)
    with pytest.raises(InputError, match="wavelength"):
        Sinusoid(1.0, 0.0)
