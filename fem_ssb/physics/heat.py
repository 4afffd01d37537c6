"""Heat: storage, conduction, and the heat that currents and reactions release.

    ρc ∂T/∂t − ∇·(k∇T) = q in regions (Joule heat),    q_s at interfaces and boundaries (films, sheets, reactions)

with convection −k∇T·n = h_c (T − T_ambient) where the ambient reaches (`Ambient`). The heat sources are whatever
the other physics provide under "heat"; without any this is plain conduction. T is continuous.

| symbol | meaning | unit |
|---|---|---|
| T | temperature | K |
| ρ, c, k | density, specific heat, thermal conductivity | kg/m³, J/(kg K), W/(m K) |
"""

from __future__ import annotations

from typing import Any

import ufl

from fem_ssb.physics.base import Physics
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State


class Heat(Physics):
    """Temperature [K] everywhere, backward Euler in time.

    Args:
        degree: Lagrange degree.
        steady: leave out the storage term.
    """

    def __init__(self, degree: int = 1, steady: bool = False):
        self.degree = degree
        self.steady = steady

    def fields(self, state: State) -> list[Field]:
        """T [K]."""
        k = max(float(m["thermal_conductivity"](298.15)) for m in state.materials.values())
        start = float(state.ambient_temperature)
        return [Field("temperature", "K", 1.0, k * state.height ** (state.dim - 2), self.degree, initial=start)]

    def residuals(self, state: State) -> dict[str, Any]:
        """∫ρc(T − T_old)/Δt s + (k∇T − q_i)·∇s − q s dx − ∫q_s s dS, q_i the heat that ions carry."""
        T, T_old, s = state["temperature"], state.old("temperature"), state.test("temperature")
        res: Any = 0
        for r in state.mesh.region_names:
            res += state.property(r, "thermal_conductivity") * ufl.inner(ufl.grad(T), ufl.grad(s)) * state.dx(r)
            if not self.steady:
                capacity = state.property(r, "density") * state.property(r, "specific_heat")
                res += capacity * (T - T_old) / state.dt * s * state.dx(r)
        for r in state.provided("carried_heat"):
            res -= ufl.inner(state.quantity("carried_heat", r), ufl.grad(s)) * state.dx(r)
        for where in state.provided("heat"):
            res -= state.quantity("heat", where) * (s("+") if "|" in where else s) * state.over(where)
        return {"temperature": res}
