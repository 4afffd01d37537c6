"""How much softer cohesive interfaces make the bodies between them.

Under a uniform stress σ the faces of an interface of the stiffness K part by σ·n/K, of which the volume V of the bodies
has the mean strain (1/V)∫ sym(σ·n ⊗ n) dS/K. Along the unit vector m, under a stress along m,

    1/E_eff = 1/E + m·A·m/K,   A = (1/V) ∫ n⊗n dS,   1/E = Σ v_r/E_r

This is exact where the stress is uniform: layers in series, bricks in line. Elsewhere it is an estimate that is never
too low for bodies pulled by a uniform traction (complementary energy). tr A is the area of boundaries per volume S/V;
grains of the size d with boundaries of all directions have A = S/(dim V) I with S/V ≈ dim/d: 1/E_eff ≈ 1/E + 1/Kd.
Sliding counts as opening does (β = 1). Sources: Kachanov, Appl. Mech. Rev. 45 (1992) 304 (compliance of jumps); Hill,
Proc. Phys. Soc. A 65 (1952) 349 (the bound).

| symbol | meaning | unit |
|---|---|---|
| n, S | normal and area of the interface | –, m² |
| v_r, E_r | share of the volume and Young's modulus (along a crystal axis) of the regions at the interface | –, Pa |
"""

from __future__ import annotations

import warnings

import numpy as np

from fem_ssb.mesh.measure import FloatArray, IntArray, measures, vertices
from fem_ssb.mesh.prisms import normals
from fem_ssb.physics.solids import youngs_modulus
from fem_ssb.problem.state import State

LARGE, SMALL = 0.05, 0.01  # added share of the compliance that is told, and that of the stiffness that is advised


def added_compliance(state: State, interface: str, stiffness: float) -> tuple[float, float]:
    """E [Pa] of the bodies at an interface, and E m·A·m/K [–] along the m in which this is most. Collective.

    Args:
        state: with mesh and materials.
        interface: its name, as the mesh has it.
        stiffness: K [Pa/m].
    """
    dim, mesh = state.dim, state.mesh
    regions = sorted(set(interface.split("|")))
    facets = mesh.interface(interface).facets
    # In 3D the product of two edges is twice the area.
    n = normals(vertices(state.domain, dim - 1, facets)) / (dim - 1)
    area = np.linalg.norm(n, axis=1)
    fabric = np.einsum("fi,fj,f->ij", n, n, _around(state, dim - 1, facets) / area)
    cells = [mesh.cells(r) for r in regions]
    volumes = [(measures(state.domain, dim, c) * _around(state, dim, c)).sum() for c in cells]
    total = mesh.comm.allreduce(np.concatenate([fabric.ravel(), volumes]))
    fabric, volumes = total[: dim**2].reshape(dim, dim), total[dim**2 :]
    E = volumes.sum() / sum(v / youngs_modulus(state, r) for v, r in zip(volumes, regions, strict=True))
    return float(E), float(E * np.linalg.eigvalsh(fabric)[-1] / volumes.sum() / stiffness)


def warn_if_soft(state: State, interface: str, stiffness: float) -> None:
    """Warn (rank 0) where the default stiffness of an interface is not negligible. Collective."""
    E, added = added_compliance(state, interface, stiffness)
    if added > LARGE and state.mesh.comm.rank == 0:
        enough = stiffness * added / SMALL
        warnings.warn(
            f"the default stiffness {stiffness:.2g} Pa/m of the cohesive interface '{interface}' adds up to "
            f"{100 * added:.3g} % to the compliance of its bodies (E = {E / 1e9:.3g} GPa acts as "
            f"{E / (1 + added) / 1e9:.3g} GPa; estimate for uniform stress): "
            f"give Cohesive(stiffness={enough:.1e}) for {100 * SMALL:g} %",
            stacklevel=2,
        )


def _around(state: State, dim: int, entities: IntArray) -> FloatArray:
    """Radius [m] of the middle of each entity of a body of revolution; 1 in any other."""
    if state.radius is None:
        return np.ones(len(entities))
    return np.asarray(vertices(state.domain, dim, entities)[:, :, 0].mean(axis=1))
