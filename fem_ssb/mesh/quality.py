"""How well shaped simplices are: Gmsh's gamma."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def gamma(x: FloatArray) -> FloatArray:
    """Gmsh's gamma of simplices: dim times the inscribed over the circumscribed radius; 1 for the regular one.

    Args:
        x: corners, shape (…, dim + 1, dim), dim 2 or 3.

    Returns:
        shape (…): positive if the corners are oriented as Gmsh's (positive determinant), else negative.

    With volume V, total face area A and the products p of opposite edges of a tetrahedron,
    r = 3V/A and R = √((p₁+p₂+p₃)(p₁+p₂−p₃)(p₂+p₃−p₁)(p₃+p₁−p₂)) / (24V);
    with the edges a, b, c and area S of a triangle r = 2S/(a+b+c) and R = abc/(4S).
    """
    if x.shape[-1] == 2:
        sides = [x[..., j, :] - x[..., i, :] for i, j in ((0, 1), (1, 2), (2, 0))]
        area = 0.5 * (sides[0][..., 0] * -sides[2][..., 1] + sides[0][..., 1] * sides[2][..., 0])
        a, b, c = (_size(side) for side in sides)
        return _over(16.0 * area * np.abs(area), (a + b + c) * a * b * c)
    a, b, c = (x[..., k, :] - x[..., 0, :] for k in (1, 2, 3))
    bc, ca, ab = _cross(b, c), _cross(c, a), _cross(a, b)
    volume = (a * bc).sum(axis=-1) / 6.0
    area = 0.5 * (_size(bc) + _size(ca) + _size(ab) + _size(bc + ca + ab))
    p, q, r = _size(a) * _size(c - b), _size(b) * _size(a - c), _size(c) * _size(b - a)
    root = np.sqrt(np.maximum((p + q + r) * (p + q - r) * (q + r - p) * (r + p - q), 0.0))
    return _over(216.0 * volume * np.abs(volume), area * root)


def _size(v: FloatArray) -> FloatArray:
    return np.sqrt((v * v).sum(axis=-1))


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return a[..., [1, 2, 0]] * b[..., [2, 0, 1]] - a[..., [2, 0, 1]] * b[..., [1, 2, 0]]


def _over(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0)
