r"""Effective conductivity in closed form: dilute voids, layers, carriers that find no way.

A void in a conductor σ is an insulating sphere or disc, far away the dipole of −a³/2 (3D) or −a² (2D) times the field,
so that a volume share f of them gives σ_eff/σ = 1 − 3f/2, 1 − 2f to first order, and Maxwell's (1 − f)/(1 + f/2),
(1 − f)/(1 + f) to the second, for a void in the middle of a body of its own shape. The body here is a square or a cube
under a prescribed field, so the second order differs.

Layers between plates: harmonic mean across, arithmetic mean along, each layer in the direction that it conducts.
"""

import gmsh
import numpy as np
import pytest
from cells import layered

import fem_ssb as ssb
from fem_ssb.analysis import effective_conductivity
from fem_ssb.units import um

SIGMA = 0.05


def with_void(comm, dim, radius, fine, coarse):
    """A square or cube of side 1 with a void in the middle; an eighth or a quarter would do, but hides mistakes."""

    def draw():
        occ = gmsh.model.occ
        box = occ.addRectangle(0, 0, 0, 1, 1) if dim == 2 else occ.addBox(0, 0, 0, 1, 1, 1)
        hole = occ.addDisk(0.5, 0.5, 0, radius, radius) if dim == 2 else occ.addSphere(0.5, 0.5, 0.5, radius)
        body, _ = occ.cut([(dim, box)], [(dim, hole)])
        occ.synchronize()
        gmsh.model.addPhysicalGroup(dim, [body[0][1]], name="separator")
        gmsh.model.mesh.field.add("MathEval", 1)
        square = "+".join(f"({x}-0.5)^2" for x in "xyz"[:dim])
        gmsh.model.mesh.field.setString(1, "F", f"Min({fine} + 0.3*Max(Sqrt({square})-{radius}, 0), {coarse})")
        gmsh.model.mesh.field.setAsBackgroundMesh(1)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.model.mesh.generate(dim)

    material = ssb.Material("LLZO", ionic_conductivity=SIGMA)
    return ssb.from_gmsh(comm, draw, scale=10 * um, materials={"separator": material})


@pytest.mark.parametrize(
    "dim, radius, fine, coarse",
    [pytest.param(2, 0.06, 0.006, 0.1, marks=pytest.mark.parallel), (3, 0.12, 0.02, 0.1)],
)
def test_dilute_void(verify, comm, dim, radius, fine, coarse):
    mesh = with_void(comm, dim, radius, fine, coarse)
    share = 1 - mesh.volume() / (10 * um) ** dim
    found = effective_conductivity(mesh, degree=2) / SIGMA
    factor = {2: 2.0, 3: 1.5}[dim]
    slope = (1 - np.trace(found) / dim) / share
    verify(slope, factor, rtol=0.02, what=f"{dim}D void of {share:.2%}: (1 − σ_eff/σ)/f", source="1 − 2f, 1 − 3f/2")
    off = np.abs(found - np.diag(np.diag(found))).max()
    verify.below(off, 1e-4, what=f"{dim}D void: off the diagonal of σ_eff/σ", source="symmetry")


@pytest.mark.parallel
def test_layers_and_blocked_carriers(verify, comm):
    layers = {
        "lower": (ssb.Material("LLZO", ionic_conductivity=0.1), 3 * um, 3),
        "upper": (ssb.Material("LiPON", ionic_conductivity=0.02), 1 * um, 1),
        "metal": (ssb.Material("Li", electronic_conductivity=1e4), 1 * um, 1),
    }
    pair = {name: layers[name] for name in ("lower", "upper")}
    mesh = layered(comm, 4 * um, pair, interface_data={"lower|upper": {"film_resistance": 0.0}})
    found = np.diag(effective_conductivity(mesh, boundary="faces"))
    along, across = (3 * 0.1 + 0.02) / 4, 4 / (3 / 0.1 + 1 / 0.02)
    verify(found[0], along, rtol=1e-9, what="two layers, along [S/m]", source="arithmetic mean")
    verify(found[1], across, rtol=1e-9, what="two layers, across [S/m]", source="harmonic mean")
    filmed = layered(comm, 4 * um, pair, interface_data={"lower|upper": {"film_resistance": 1e-4}})
    found = np.diag(effective_conductivity(filmed, boundary="faces"))
    across = 4 * um / (3 * um / 0.1 + 1 * um / 0.02 + 1e-4)
    verify(found[1], across, rtol=1e-9, what="two layers and a film, across [S/m]", source="series")
    mesh = layered(comm, 4 * um, layers, interface_data={"lower|upper": {"film_resistance": 0.0}})
    ions = np.diag(effective_conductivity(mesh, boundary="faces"))
    electrons = np.diag(effective_conductivity(mesh, "electronic", boundary="faces"))
    verify(ions[0], (3 * 0.1 + 0.02) / 5, rtol=1e-9, what="with a metal: ions along [S/m]", source="arithmetic mean")
    verify(electrons[0], 1e4 / 5, rtol=1e-9, what="with a metal layer: electrons along [S/m]", source="arithmetic mean")
    verify(ions[1], 0.0, atol=1e-12, what="with a metal layer: ions across [S/m]", source="blocked")
    verify(electrons[1], 0.0, atol=1e-6, what="with a metal layer: electrons across [S/m]", source="blocked")
    mixed = effective_conductivity(mesh, "electronic", boundary="faces", electronic=("lower", "upper"))
    sigma = [float(m["electronic_conductivity"](298.15)) for m, _, _ in layers.values()]
    across = 5 / sum(t / s for t, s in zip((3, 1, 1), sigma, strict=True))
    verify(mixed[1, 1], across, rtol=1e-6, what="leaking electrolytes: electrons across [S/m]", source="harmonic mean")
