"""Soft layers that strain by much: St. Venant–Kirchhoff and neo-Hookean, in the coordinates of the start.

For metals, which flow besides, see `finite_flow`.

With F = I + ∇u, given strains as F_g = I + ε_th + ε_g, F_e = F F_g⁻¹, C = F_eᵀF_e, J_e = det F_e,

    ∫ P : ∇w dx = ∫ t·w ds,   P = J_g F_e S F_g⁻ᵀ,   σ = F_e S F_eᵀ/J_e

| kind | second Piola–Kirchhoff stress S | energy per volume |
|---|---|---|
| "st_venant" | law(E), E = ½(C − I): any stiffness, and solids that relax; not for strong compression | ½ S : E |
| "neo_hookean" | G(I − C⁻¹) + λ ln J_e C⁻¹, isotropic | ½G(tr C − 3) − G ln J_e + ½λ ln² J_e |

In plane stress F_e has the stretch f across at which S_zz = 0 (isotropic solids that do not flow; shear is free):
of "st_venant" f² = 1 + 2E_zz, of "neo_hookean", with the area J₂ that F_e gives the plane, by Newton for ln f

    G(f² − 1) + λ ln(J₂f) = 0.

Both are Hooke's law at small strain. Tractions are dead: per area of the start. Sources: Holzapfel, Nonlinear Solid
Mechanics (Wiley, 2000), ch. 6; Simo & Pister, Comput. Methods Appl. Mech. Eng. 46 (1984) 201.
"""

from __future__ import annotations

from typing import Any

import ufl

from fem_ssb.errors import InputError, unknown
from fem_ssb.physics.flow import FlowLaw
from fem_ssb.physics.solids import ElasticLaw

KINDS = ("st_venant", "neo_hookean")
ITERATIONS = 6  # of ln f, from Hooke's law


class FiniteStrain:
    """Stress of one region at finite strain.

    Args:
        kind: one of `KINDS`.
        law: of the region.
        region: its name, for messages.

    Raises:
        InputError: an unknown kind; a neo-Hookean solid that is anisotropic or relaxes, a metal that flows and is none.
    """

    def __init__(self, kind: str, law: Any, region: str):
        if kind not in KINDS:
            raise unknown("kind of finite strain", kind, KINDS)
        flows = isinstance(law, FlowLaw)
        if flows and kind != "neo_hookean":
            raise InputError(f"region '{region}' flows: at finite strain take 'neo_hookean' for it, or creep=False")
        if kind == "neo_hookean" and not (flows or (isinstance(law, ElasticLaw) and law.isotropic)):
            raise InputError(f"a neo-Hookean solid is isotropic and elastic; take 'st_venant' for region '{region}'")
        self.kind = kind
        self.law: Any = law

    def flattened(self, gradient: Any, given: Any) -> tuple[Any, Any]:
        """Displacement gradient with the part across at which σ_zz = 0, and the given strain without shear across."""
        given = _sheet(given, given[2, 2])
        stretch = self._across(self._elastic(_sheet(gradient, 0.0), given))
        return _sheet(gradient, stretch * (1 + given[2, 2]) - 1), given

    def green(self, gradient: Any, given: Any) -> Any:
        """E (3, 3) of a displacement gradient and a given strain."""
        F = self._elastic(gradient, given)
        return 0.5 * (F.T * F - ufl.Identity(3))

    def nominal(self, gradient: Any, given: Any) -> Any:
        """P (3, 3) [Pa], force per area of the start."""
        grown = ufl.Identity(3) + given
        F = self._elastic(gradient, given)
        return ufl.det(grown) * F * self._second(F) * ufl.inv(grown).T

    def cauchy(self, gradient: Any, given: Any) -> Any:
        """σ (3, 3) [Pa], force per area as it is."""
        F = self._elastic(gradient, given)
        return F * self._second(F) * F.T / ufl.det(F)

    def energy(self, gradient: Any, given: Any) -> Any:
        """Stored energy per volume of the start [J/m³]."""
        return ufl.det(ufl.Identity(3) + given) * self._density(self._elastic(gradient, given))

    def updated(self, gradient: Any, given: Any) -> dict[str, Any]:
        """Memory of the law at the end of the step, by name, as UFL."""
        return dict(self.law.updated(self.green(gradient, given)))

    def _across(self, F: Any) -> Any:
        """f of the in-plane part of F_e."""
        if self.kind == "st_venant":
            return ufl.sqrt(1 + 2 * self.law.flattened(0.5 * (F.T * F - ufl.Identity(3)))[2, 2])
        G, lame = self.law.c44, self.law.c12
        grown = ufl.ln(F[0, 0] * F[1, 1] - F[0, 1] * F[1, 0])
        y = -lame * grown / (lame + 2 * G)
        for _ in range(ITERATIONS):
            square = ufl.exp(2 * y)
            y -= (G * (square - 1) + lame * (grown + y)) / (2 * G * square + lame)
        return ufl.exp(y)

    def _density(self, F: Any) -> Any:
        C, J = F.T * F, ufl.det(F)
        if self.kind == "st_venant":
            return self.law.stored(0.5 * (C - ufl.Identity(3)))
        G, lame = self.law.c44, self.law.c12
        return 0.5 * G * (ufl.tr(C) - 3) - G * ufl.ln(J) + 0.5 * lame * ufl.ln(J) ** 2

    def _second(self, F: Any) -> Any:
        C = F.T * F
        if self.kind == "st_venant":
            return self.law(0.5 * (C - ufl.Identity(3)))
        inverse = ufl.inv(C)
        return self.law.c44 * (ufl.Identity(3) - inverse) + self.law.c12 * ufl.ln(ufl.det(F)) * inverse

    @staticmethod
    def _elastic(gradient: Any, given: Any) -> Any:
        return (ufl.Identity(3) + gradient) * ufl.inv(ufl.Identity(3) + given)


def _sheet(a: Any, across: Any) -> Any:
    """(3, 3) with the in-plane part of a tensor and a component across."""
    zero = ufl.as_ufl(0.0)
    return ufl.as_tensor([[a[0, 0], a[0, 1], zero], [a[1, 0], a[1, 1], zero], [zero, zero, across]])
