"""Elastic stiffness in the crystal frame, its rotation into the laboratory frame, and polycrystal averages.

Voigt order xx, yy, zz, yz, xz, xy with engineering shear strains, so that σ = C ε with C in Pa.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, number
from .laws import Law

_FIRST = np.array([0, 1, 2, 1, 0, 0])
_SECOND = np.array([0, 1, 2, 2, 2, 1])


@dataclass(frozen=True)
class Moduli:
    """Bulk and shear moduli of a random polycrystal in Pa: the upper (Voigt) and lower (Reuss) bounds.

    Attributes:
        bulk_voigt: bulk modulus at uniform strain.
        bulk_reuss: bulk modulus at uniform stress.
        shear_voigt: shear modulus at uniform strain.
        shear_reuss: shear modulus at uniform stress.
    """

    bulk_voigt: float
    bulk_reuss: float
    shear_voigt: float
    shear_reuss: float

    @property
    def bulk(self) -> float:
        """Hill bulk modulus in Pa, the mean of both bounds."""
        return 0.5 * (self.bulk_voigt + self.bulk_reuss)

    @property
    def shear(self) -> float:
        """Hill shear modulus in Pa, the mean of both bounds."""
        return 0.5 * (self.shear_voigt + self.shear_reuss)

    @property
    def young(self) -> float:
        """Young's modulus 9KG/(3K+G) in Pa of the Hill moduli."""
        return 9.0 * self.bulk * self.shear / (3.0 * self.bulk + self.shear)

    @property
    def poisson(self) -> float:
        """Poisson's ratio (3K−2G)/(2(3K+G)) of the Hill moduli."""
        return (3.0 * self.bulk - 2.0 * self.shear) / (2.0 * (3.0 * self.bulk + self.shear))


class Stiffness(Law):
    """Elastic stiffness of any symmetry from its 6×6 Voigt matrix.

    Args:
        matrix: (6, 6) symmetric positive definite matrix in Pa.

    Raises:
        InputError: if the matrix is not 6×6, finite, symmetric and positive definite.
    """

    def __init__(self, matrix: Any) -> None:
        try:
            C = np.array(matrix, dtype=float)
        except (TypeError, ValueError):
            C = np.empty(0)
        if C.shape != (6, 6) or not np.isfinite(C).all():
            raise InputError("a stiffness must be a finite 6×6 matrix in Pa")
        if not np.allclose(C, C.T, rtol=1e-10, atol=1e-10 * np.abs(C).max()):
            raise InputError("a stiffness matrix must be symmetric")
        lowest = np.linalg.eigvalsh(C)[0]
        if lowest <= 1e-10 * np.abs(C).max():
            raise InputError(f"a stiffness must be positive definite; its lowest eigenvalue is {lowest:.4g} Pa")
        C.setflags(write=False)
        self._matrix = C

    def __call__(self, T: Any = None) -> np.ndarray:
        """The 6×6 matrix in Pa (the same at every temperature)."""
        return self.matrix()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stiffness) and bool(np.array_equal(self._matrix, other._matrix))

    def __hash__(self) -> int:
        return hash(self._matrix.tobytes())

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.describe()})"

    def matrix(self) -> np.ndarray:
        """(6, 6) Voigt stiffness in Pa in the crystal frame (read-only)."""
        return self._matrix

    def rotated(self, rotation: Any) -> np.ndarray:
        """Stiffness in the laboratory frame, see `rotate_stiffness`."""
        return rotate_stiffness(self._matrix, rotation)

    def voigt_reuss_hill(self) -> Moduli:
        """Moduli of a polycrystal without texture, Hill, Proc. Phys. Soc. A 65 (1952) 349."""
        return voigt_reuss_hill(self._matrix)

    def isotropic(self) -> IsotropicStiffness:
        """Stiffness of the polycrystal without texture, by the Hill average."""
        moduli = self.voigt_reuss_hill()
        return IsotropicStiffness(moduli.young, moduli.poisson)

    def describe(self) -> str:
        """Hill moduli of the polycrystal."""
        moduli = self.voigt_reuss_hill()
        return f"polycrystal E = {moduli.young / 1e9:.4g} GPa, nu = {moduli.poisson:.4g}"


class IsotropicStiffness(Stiffness):
    """Isotropic stiffness.

    Args:
        young: Young's modulus E in Pa, above 0.
        poisson: Poisson's ratio ν, between −1 and 1/2.

    Attributes:
        young: E in Pa.
        poisson: ν.
        shear: G = E/2(1+ν) in Pa.
        bulk: K = E/3(1−2ν) in Pa.

    Raises:
        InputError: values out of range.
    """

    def __init__(self, young: float, poisson: float) -> None:
        E = number(young, "young [Pa]", above=0.0)
        nu = number(poisson, "poisson", above=-1.0, most=0.5 - 1e-9)
        self.young, self.poisson = E, nu
        self.shear = E / (2.0 * (1.0 + nu))
        self.bulk = E / (3.0 * (1.0 - 2.0 * nu))
        lame = self.bulk - 2.0 / 3.0 * self.shear
        super().__init__(_cubic(lame + 2.0 * self.shear, lame, self.shear))

    def describe(self) -> str:
        """E and ν."""
        return f"E = {self.young / 1e9:.4g} GPa, nu = {self.poisson:.4g}"


class CubicStiffness(Stiffness):
    """Stiffness of a cubic crystal along its cube axes.

    Args:
        c11: C₁₁ in Pa.
        c12: C₁₂ in Pa.
        c44: C₄₄ in Pa.

    Raises:
        InputError: constants of a solid that is not stable.
    """

    def __init__(self, c11: float, c12: float, c44: float) -> None:
        self.c11, self.c12, self.c44 = (
            number(c, f"{name} [Pa]") for c, name in ((c11, "c11"), (c12, "c12"), (c44, "c44"))
        )
        super().__init__(_cubic(self.c11, self.c12, self.c44))

    @property
    def zener(self) -> float:
        """Zener's anisotropy ratio 2C₄₄/(C₁₁ − C₁₂); 1 when isotropic."""
        return 2.0 * self.c44 / (self.c11 - self.c12)

    def describe(self) -> str:
        """The constants and the polycrystal's moduli."""
        constants = ", ".join(f"{n} = {getattr(self, n) / 1e9:.4g}" for n in ("c11", "c12", "c44"))
        return f"{constants} GPa ({super().describe()})"


class HexagonalStiffness(Stiffness):
    """Stiffness of a hexagonal (transversely isotropic) crystal with the axis z; C₆₆ = (C₁₁ − C₁₂)/2.

    Args:
        c11: C₁₁ in Pa.
        c12: C₁₂ in Pa.
        c13: C₁₃ in Pa.
        c33: C₃₃ in Pa.
        c44: C₄₄ in Pa.

    Raises:
        InputError: constants of a solid that is not stable.
    """

    def __init__(self, c11: float, c12: float, c13: float, c33: float, c44: float) -> None:
        names = ("c11", "c12", "c13", "c33", "c44")
        for name, c in zip(names, (c11, c12, c13, c33, c44), strict=True):
            setattr(self, name, number(c, f"{name} [Pa]"))
        C = np.diag([c11, c11, c33, c44, c44, 0.5 * (c11 - c12)]).astype(float)
        C[0, 1] = C[1, 0] = c12
        C[:2, 2] = C[2, :2] = c13
        super().__init__(C)

    def describe(self) -> str:
        """The constants and the polycrystal's moduli."""
        constants = ", ".join(f"{n} = {getattr(self, n) / 1e9:.4g}" for n in ("c11", "c12", "c13", "c33", "c44"))
        return f"{constants} GPa ({super().describe()})"


def _cubic(c11: float, c12: float, c44: float) -> np.ndarray:
    C = np.diag([c11 - c12] * 3 + [c44] * 3)
    C[:3, :3] += c12
    return C


def rotate_stiffness(C: Any, rotation: Any) -> np.ndarray:
    """Voigt stiffness turned by rotation matrices: C'_ijkl = R_ia R_jb R_kc R_ld C_abcd.

    With Bond's matrix M of the stress (σ' = M σ) it is C' = M C Mᵀ; Auld, Acoustic Fields and Waves in Solids (1973).

    Args:
        C: (6, 6) or (n, 6, 6) stiffness in Pa in the crystal frame.
        rotation: (3, 3) or (n, 3, 3) rotation matrices that take crystal components to laboratory components.

    Returns:
        (6, 6) for one stiffness and one rotation, else (n, 6, 6), in Pa in the laboratory frame.

    Raises:
        InputError: for wrong shapes or matrices that are not orthogonal to 1e-8.
    """
    C, rotation = np.asarray(C, dtype=float), np.asarray(rotation, dtype=float)
    if C.shape[-2:] != (6, 6) or C.ndim > 3:
        raise InputError(f"a stiffness must have the shape (6, 6) or (n, 6, 6), not {C.shape}")
    if rotation.shape[-2:] != (3, 3) or rotation.ndim > 3:
        raise InputError(f"rotations must have the shape (3, 3) or (n, 3, 3), not {rotation.shape}")
    if not np.allclose(rotation @ np.swapaxes(rotation, -1, -2), np.eye(3), rtol=0.0, atol=1e-8):
        raise InputError("rotation matrices must be orthogonal")
    if C.ndim == 3 and rotation.ndim == 3 and len(C) != len(rotation):
        raise InputError(f"{len(C)} stiffnesses do not match {len(rotation)} rotations")
    M = _bond(rotation)
    return M @ C @ np.swapaxes(M, -1, -2)


def _bond(rotation: np.ndarray) -> np.ndarray:
    """Bond's stress matrices (…, 6, 6): row (ij), column (ab), R_ia R_jb + R_ib R_ja (single term where a = b)."""
    i, j = _FIRST[:, None], _SECOND[:, None]
    a, b = _FIRST[None, :], _SECOND[None, :]
    one = rotation[..., i, a] * rotation[..., j, b]
    other = rotation[..., i, b] * rotation[..., j, a]
    return np.where(a == b, one, one + other)


def voigt_reuss_hill(C: Any) -> Moduli:
    """Voigt and Reuss bounds of a random polycrystal of grains with the stiffness `C`.

    9K_V = ΣᵢⱼC_ij (i, j ≤ 3); 15G_V = (C₁₁+C₂₂+C₃₃) − (C₁₂+C₁₃+C₂₃) + 3(C₄₄+C₅₅+C₆₆); with the compliance S = C⁻¹
    1/K_R = ΣᵢⱼS_ij; 15/G_R = 4(S₁₁+S₂₂+S₃₃) − 4(S₁₂+S₁₃+S₂₃) + 3(S₄₄+S₅₅+S₆₆); Hill (1952).

    Args:
        C: (6, 6) Voigt stiffness in Pa.

    Returns:
        Both bounds and, as properties, Hill's mean.
    """
    C = Stiffness(C).matrix()
    S = np.linalg.inv(C)
    off = np.array([[0, 0, 1], [1, 2, 2]])
    return Moduli(
        bulk_voigt=float(C[:3, :3].sum() / 9.0),
        bulk_reuss=float(1.0 / S[:3, :3].sum()),
        shear_voigt=float((np.trace(C[:3, :3]) - C[tuple(off)].sum() + 3.0 * np.trace(C[3:, 3:])) / 15.0),
        shear_reuss=float(15.0 / (4.0 * np.trace(S[:3, :3]) - 4.0 * S[tuple(off)].sum() + 3.0 * np.trace(S[3:, 3:]))),
    )
