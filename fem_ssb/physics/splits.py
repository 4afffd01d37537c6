"""Which part of the elastic energy cracks take: ψ = ψ⁺ + ψ⁻, only ψ⁺ is lost with damage.

| split | ψ⁻ (stays) | source |
|---|---|---|
| "none" | 0 | Bourdin, Francfort & Marigo, J. Mech. Phys. Solids 48 (2000) 797 |
| "volumetric" | ½κ⟨tr ε⟩₋² | Amor, Marigo & Maurini, J. Mech. Phys. Solids 57 (2009) 1209 |
| "spectral" | ½λ⟨tr ε⟩₋² + μ Σ⟨ε_i⟩₋² | Miehe et al., Comput. Methods Appl. Mech. Eng. 199 (2010) 2765 |
| "star" | (1 + γ) ½κ⟨tr ε⟩₋² | Vicentini et al., Int. J. Fract. 247 (2024) 291 |

⟨x⟩₋ = min(x, 0), ε_i the principal strains, κ bulk modulus, λ and μ Lamé's. "star" with γ = 0 is "volumetric"; γ > 0
raises the strength in compression over that in tension, since ψ⁺ may become negative. "spectral" is for isotropic
solids in two dimensions.
"""

from __future__ import annotations

from typing import Any

import ufl

from fem_ssb.errors import InputError, unknown
from fem_ssb.physics.solids import ElasticLaw

SPLITS = ("none", "volumetric", "spectral", "star")
TINY = 1e-12  # strain below which principal directions have no meaning


def check_split(split: str) -> str:
    """A known split.

    Raises:
        InputError: with the names there are.
    """
    if split not in SPLITS:
        raise unknown("energy split", split, SPLITS)
    return split


def refuse_unfit(split: str, law: Any, region: str, dim: int, plane: str) -> None:
    """A split that a region cannot have.

    Raises:
        InputError: spectral in 3D or for an anisotropic or creeping solid; any split in plane stress.
    """
    if split == "spectral" and (dim == 3 or not (isinstance(law, ElasticLaw) and law.isotropic)):
        raise InputError(
            f"split='spectral' is for isotropic solids in 2D; for region '{region}' take 'star' or 'volumetric'"
        )
    if split != "none" and plane == "stress":
        raise InputError(f"in plane stress the damage of region '{region}' needs split='none'")


def kept_stress(split: str, law: Any, e: Any, gamma: float) -> Any:
    """σ⁻ = ∂ψ⁻/∂ε (3, 3) [Pa] of an elastic strain (3, 3)."""
    closing = ufl.min_value(ufl.tr(e), 0) * ufl.Identity(3)
    if split == "none":
        return 0 * closing
    if split == "spectral":
        plane, out = _shortening(e)
        zero = ufl.as_ufl(0.0)
        short = [[plane[0, 0], plane[0, 1], zero], [plane[1, 0], plane[1, 1], zero], [zero, zero, out]]
        return law.c12 * closing + 2 * law.c44 * ufl.as_tensor(short)
    return _factor(split, gamma) * law.bulk * closing


def kept_energy(split: str, law: Any, e: Any, gamma: float) -> Any:
    """ψ⁻ [J/m³] of an elastic strain (3, 3)."""
    closing = ufl.min_value(ufl.tr(e), 0) ** 2
    if split == "none":
        return 0 * closing
    if split == "spectral":
        plane, out = _shortening(e)
        return 0.5 * law.c12 * closing + law.c44 * (ufl.inner(plane, plane) + out**2)
    return 0.5 * _factor(split, gamma) * law.bulk * closing


def _factor(split: str, gamma: float) -> float:
    return 1 + gamma if split == "star" else 1.0


def _shortening(e: Any) -> tuple[Any, Any]:
    """Negative part of the strain, in the plane (2, 2) and out of it, by principal values."""
    a = ufl.as_tensor([[e[0, 0], e[0, 1]], [e[1, 0], e[1, 1]]])
    mean, one = ufl.tr(a) / 2, ufl.Identity(2)
    radius = ufl.sqrt(((e[0, 0] - e[1, 1]) / 2) ** 2 + e[0, 1] ** 2 + TINY**2)
    turn = (a - mean * one) / radius
    first, second = ufl.min_value(mean + radius, 0), ufl.min_value(mean - radius, 0)
    return 0.5 * (first * (one + turn) + second * (one - turn)), ufl.min_value(e[2, 2], 0)
