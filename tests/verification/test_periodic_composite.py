r"""Cylinders and balls in periodic rows: the effective conductivity against Rayleigh's series.

Matrix of 1, inclusions of κ, share f, T = (1 + κ)/(1 − κ). Cylinders (Perrins, McKenzie, McPhedran, Proc. R. Soc. A 369
(1979) 207, cut after a few multipoles):

    σ = 1 − 2f/(T + f − a f^p T/(T² − b f^2p) − c f^2p/T),
    square: p = 4, a = 0.305827, b = 1.402958, c = 0.013362; hexagonal: p = 6, 0.075422, 1.060283, 0.000076

Balls, simple cubic (Rayleigh, Phil. Mag. 34 (1892) 481; McPhedran, McKenzie, Proc. R. Soc. A 359 (1978) 45; with the
coefficients of Sangani, Acrivos, Proc. R. Soc. A 386 (1983) 263), with L_n = (κ − 1)/(κ + (n + 1)/n):

    σ = 1 − 3f/(−1/L₁ + f + 1.305 L₃ f^(10/3) (1 + 0.231 L₅ f^(11/3))/(1 − 0.405 L₃ f^(7/3)) + 0.0723 L₅ f^(14/3)
        + 0.153 L₇ f⁶)
"""

import numpy as np
import pytest

import fem_ssb as ssb
from fem_ssb.analysis import effective_conductivity
from fem_ssb.units import um

SQUARE, HEXAGONAL = (4, 0.305827, 1.402958, 0.013362), (6, 0.075422, 1.060283, 0.000076)
WIDTH = 10 * um


def cylinders(f, ratio, array):
    p, a, b, c = array
    T = (1 + ratio) / (1 - ratio)
    return 1 - 2 * f / (T + f - a * f**p * T / (T**2 - b * f ** (2 * p)) - c * f ** (2 * p) / T)


def balls(f, ratio):
    l1, l3, l5, l7 = ((ratio - 1) / (ratio + (n + 1) / n) for n in (1, 3, 5, 7))
    third = 1.305 * l3 * f ** (10 / 3) * (1 + 0.231 * l5 * f ** (11 / 3)) / (1 - 0.405 * l3 * f ** (7 / 3))
    return 1 - 3 * f / (-1 / l1 + f + third + 0.0723 * l5 * f ** (14 / 3) + 0.153 * l7 * f**6)


def conductor(sigma):
    return ssb.Material("LLZO", ionic_conductivity=sigma)


def cell(comm, dim, height, places, radius, ratio, size):
    """Discs or balls at places in a cell that is periodic along all axes, without a resistance at their interface."""
    stack = ssb.Stack(width=WIDTH, dim=dim, periodic="xyz"[:dim])
    stack.layer("matrix", conductor(1.0), thickness=height)
    shape = ssb.Disc if dim == 2 else ssb.Sphere
    for k, centre in enumerate(places):
        stack.inclusion("matrix", f"body {k}", conductor(ratio), shape(centre, radius))
        stack.interface(f"matrix|body {k}", film_resistance=0.0)
    return effective_conductivity(stack.mesh(comm, size=size), boundary="periodic", degree=2)


def spread(sigma):
    """How far a conductivity is from an isotropic one."""
    return float(np.abs(sigma / sigma[0, 0] - np.eye(len(sigma))).max())


@pytest.mark.parallel
@pytest.mark.parametrize("ratio", [0.1, 10.0, 100.0])
def test_square_array(verify, comm, ratio):
    for f in (0.2, 0.5):
        radius = WIDTH * np.sqrt(f / np.pi)
        errors = []
        for size in (0.6 * um, 0.3 * um):
            found = cell(comm, 2, WIDTH, [(WIDTH / 2, WIDTH / 2)], radius, ratio, size)
            errors.append(abs(found[0, 0] / cylinders(f, ratio, SQUARE) - 1))
        case = f"square array of cylinders, f = {f}, κ = {ratio:g}"
        verify(found[0, 0], cylinders(f, ratio, SQUARE), rtol=1e-4, what=case, source="Perrins et al. (1979)")
        verify.below(spread(found), 1e-5, what=f"{case}: not isotropic by", source="symmetry")
        verify.trend(errors, "falling", what=f"{case}: error at h = 0.6, 0.3 µm", source="h → 0")


@pytest.mark.parametrize("ratio", [0.1, 50.0])
def test_hexagonal_array(verify, comm, ratio):
    f, height = 0.15, np.sqrt(3) * WIDTH
    radius = np.sqrt(f * WIDTH * height / 2 / np.pi)
    places = [(WIDTH / 4, height / 4), (3 * WIDTH / 4, 3 * height / 4)]
    found = cell(comm, 2, height, places, radius, ratio, 0.4 * um)
    case = f"hexagonal array of cylinders, f = {f}, κ = {ratio:g}"
    verify(found[0, 0], cylinders(f, ratio, HEXAGONAL), rtol=2e-4, what=case, source="Perrins et al. (1979)")
    verify.below(spread(found), 1e-5, what=f"{case}: not isotropic by", source="symmetry")


@pytest.mark.parametrize(
    "ratio, f, sizes",
    [
        (10.0, 0.2, (1.8, 1.2)),
        pytest.param(0.1, 0.2, (1.8, 1.2), marks=pytest.mark.slow),
        pytest.param(10.0, 0.24, (1.1, 0.9), marks=pytest.mark.slow),
    ],
)
def test_simple_cubic_array(verify, comm, ratio, f, sizes):
    radius = WIDTH * (3 * f / (4 * np.pi)) ** (1 / 3)
    errors = []
    for size in sizes:
        found = cell(comm, 3, WIDTH, [(WIDTH / 2,) * 3], radius, ratio, size * um)
        errors.append(abs(np.trace(found) / 3 / balls(f, ratio) - 1))
    case = f"simple cubic array of balls, f = {f}, κ = {ratio:g}"
    verify(np.trace(found) / 3, balls(f, ratio), rtol=2e-3, what=case, source="Rayleigh (1892), McPhedran (1978)")
    verify.below(spread(found), 1e-3, what=f"{case}: not isotropic by", source="symmetry")
    verify.trend(errors, "falling", what=f"{case}: error at h = {sizes[0]}, {sizes[1]} µm", source="h → 0")
