"""Which part of the elastic energy cracks take: ψ = ψ⁺ + ψ⁻, only ψ⁺ is lost with damage.

| split | ψ⁻ (stays) | source |
|---|---|---|
| "none" | 0 | Bourdin, Francfort & Marigo, J. Mech. Phys. Solids 48 (2000) 797 |
| "volumetric" | ½κ⟨tr ε⟩₋² | Amor, Marigo & Maurini, J. Mech. Phys. Solids 57 (2009) 1209 |
| "spectral" | ½λ⟨tr ε⟩₋² + μ Σ⟨ε_i⟩₋² | Miehe et al., Comput. Methods Appl. Mech. Eng. 199 (2010) 2765 |
| "star" | (1 + γ) ½κ⟨tr ε⟩₋² | Vicentini et al., Int. J. Fract. 247 (2024) 291 |

⟨x⟩₋ = min(x, 0), ε_i the principal strains, κ bulk modulus, λ and μ Lamé's. "star" with γ = 0 is "volumetric"; γ > 0
raises the strength in compression over that in tension, since ψ⁺ may become negative. "spectral" is for isotropic
elastic solids.

Principal strains: with A = dev ε, r² = A:A/6 and q = |det A|/2r³ ≤ 1, the one farthest from the others is

    ε₁ = tr ε/3 + a,   a = ±2r x,   4x³ − 3x = q,        P₁ = (A² + aA + (a² − 3r²) I)/(3a² − 3r²)

(± the sign of det A). x from √¾ to 1 is a simple root, which Newton finds, and ε₁ is at least √3 r from the others,
however close these are to each other: they are those of ε − ε₁P₁ in the plane across, a circle of Mohr. So values and
tangents (the derivative of these expressions) are exact to rounding where principal strains coincide.

In plane stress ε_zz (of crystals ε_yz and ε_xz as well) makes the stress of the damaged solid vanish out of the plane.
With the share s of the stiffness that is left, t = ε_xx + ε_yy and the strain ε° of the sound solid,

    "volumetric", "star":  ε = ε° − α ⟨tr ε°⟩₋ m/(1 + α m_zz),  α = (1 − s)(1 + γ)κ/s,  m: ε by σ_zz in a held plane
    "spectral":            ε_zz = −t sλ/(sλ + 2μ) for t > 0,   −t λ/(λ + 2sμ) for t < 0   (λ < 0: ε°_zz)

since in either case the signs of tr ε and ε_zz do not depend on s.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl

from fem_ssb.errors import InputError, unknown
from fem_ssb.physics.solids import ElasticLaw

SPLITS = ("none", "volumetric", "spectral", "star")
TINY = 1e-12  # strain below which principal directions have no meaning
ITERATIONS = 3  # of Newton to x, from the chord (at most 0.012 below it): then to the last digit


def check_split(split: str) -> str:
    """A known split.

    Raises:
        InputError: with the names there are.
    """
    if split not in SPLITS:
        raise unknown("energy split", split, SPLITS)
    return split


def refuse_unfit(split: str, law: Any, region: str) -> None:
    """A split that a region cannot have.

    Raises:
        InputError: spectral for a solid that is anisotropic or has a memory.
    """
    if split == "spectral" and not (isinstance(law, ElasticLaw) and law.isotropic):
        raise InputError(
            f"split='spectral' is for isotropic elastic solids; for region '{region}' take 'star' or 'volumetric'"
        )


def kept_stress(split: str, law: Any, e: Any, gamma: float, flat: bool = False) -> Any:
    """σ⁻ = ∂ψ⁻/∂ε (3, 3) [Pa] of an elastic strain (3, 3), of which ε_zz is a principal one where it is `flat`."""
    closing = ufl.min_value(ufl.tr(e), 0) * ufl.Identity(3)
    if split == "none":
        return 0 * closing
    if split == "spectral":
        return law.c12 * closing + 2 * law.c44 * shortening(e, flat)
    return _factor(split, gamma) * law.bulk * closing


def kept_energy(split: str, law: Any, e: Any, gamma: float, flat: bool = False) -> Any:
    """ψ⁻ [J/m³] of an elastic strain (3, 3), see `kept_stress`."""
    closing = ufl.min_value(ufl.tr(e), 0) ** 2
    if split == "none":
        return 0 * closing
    if split == "spectral":
        short = shortening(e, flat)
        return 0.5 * law.c12 * closing + law.c44 * ufl.inner(short, short)
    return 0.5 * _factor(split, gamma) * law.bulk * closing


def flattened(split: str, law: Any, e: Any, gamma: float, left: Any) -> Any:
    """Elastic strain (3, 3) in plane stress, with the in-plane components of `e`.

    Args:
        split: one of `SPLITS`.
        law: of the sound solid, an `ElasticLaw` or `RelaxingLaw`.
        e: strain (3, 3).
        gamma: γ of "star".
        left: s, share of the stiffness that damage leaves.
    """
    sound = law.flattened(e)
    if split == "none" or (split == "spectral" and law.c12 < 0):
        return sound
    if split == "spectral":
        across, twice = e[0, 0] + e[1, 1], 2 * law.c44
        pulled, pressed = left * law.c12 / (left * law.c12 + twice), law.c12 / (law.c12 + left * twice)
        out = -across * ufl.conditional(ufl.gt(across, 0), pulled, pressed)
        return ufl.as_tensor([[e[0, 0], e[0, 1], 0], [e[0, 1], e[1, 1], 0], [0, 0, out]])
    stiffer, thicker = (1 - left) * _factor(split, gamma) * law.bulk / left, law.thickening()
    return sound - stiffer * ufl.min_value(ufl.tr(sound), 0) / (1 + stiffer * thicker[2, 2]) * thicker


def _factor(split: str, gamma: float) -> float:
    return 1 + gamma if split == "star" else 1.0


def shortening(e: Any, flat: bool = False) -> Any:
    """Negative part Σ⟨ε_i⟩₋ n_i⊗n_i of a strain (3, 3).

    Args:
        e: strain.
        flat: ε_zz is a principal strain, as in two dimensions: the same at less cost.
    """
    first, along = (e[2, 2], ufl.as_matrix(np.diag([0, 0, 1]).tolist())) if flat else _apart(e)
    across = ufl.Identity(3) - along
    mean = (ufl.tr(e) - first) / 2
    turned = e - first * along - mean * across
    radius = ufl.sqrt(ufl.inner(turned, turned) / 2 + TINY**2)
    second, third = ufl.min_value(mean + radius, 0), ufl.min_value(mean - radius, 0)
    share = ufl.conditional(ufl.lt(mean + radius, 0), 1, (second - third) / (2 * radius))  # no difference of equals
    return ufl.min_value(first, 0) * along + (second + third) / 2 * across + share * turned


def _apart(e: Any) -> tuple[Any, Any]:
    """The principal strain that is farthest from the others, and its projector (3, 3)."""
    A, one = ufl.dev(e), ufl.Identity(3)
    square = ufl.inner(A, A) / 6 + TINY**2
    r = ufl.sqrt(square)
    signed = ufl.det(A) / (2 * r**3)
    sign = ufl.conditional(ufl.lt(signed, 0), -1, 1)
    q = sign * signed
    x = np.sqrt(0.75) + (1 - np.sqrt(0.75)) * q
    for _ in range(ITERATIONS):
        x = (8 * x**3 + q) / (12 * x**2 - 3)
    m = sign * 2 * r * x
    return ufl.tr(e) / 3 + m, (ufl.dot(A, A) + m * A + (m**2 - 3 * square) * one) / (3 * (m**2 - square))
