"""NAFEMS benchmarks of linear elasticity: LE1 (plane stress), LE10 (3D), LE11 (thermal stress, axisymmetric and 3D).

Source: NAFEMS, The Standard NAFEMS Benchmarks (TNSB rev. 3, 1990): σ_yy(D) = 92.7 MPa, σ_yy(D) = −5.38 MPa,
σ_zz(A) = −105 MPa. E = 210 GPa, ν = 0.3, α = 2.3e-4 /K; LE11 has T = r + z [°C].

LE10 is held in z along the middle line of a face; here on the strip of facets beside that line, which shrinks with
the mesh. In LE11 the temperature mirrored at z = 0 has a kink there, so the stress at A converges slowly.
"""

import gmsh
import numpy as np
import pytest
import ufl
from solids import GivenTemperature, quarter_ring, stress_at

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.mesh.measure import vertices
from fem_ssb.units import MPa, celsius

SOURCE = "NAFEMS, TNSB rev. 3 (1990)"


def steel():
    return ssb.Material.custom(
        "steel", kind="interlayer", stiffness=IsotropicStiffness(210e9, 0.3), thermal_expansion=2.3e-4
    )


def membrane(size):
    def draw():
        geo = gmsh.model.geo
        (ab, bc, cd, da), _ = quarter_ring(geo, size, size / 4)
        surface = geo.addPlaneSurface([geo.addCurveLoop([ab, bc, cd, da])])
        geo.synchronize()
        for name, curve in {"AB": ab, "BC": bc, "CD": cd, "DA": da}.items():
            gmsh.model.addPhysicalGroup(1, [curve], name=name)
        gmsh.model.addPhysicalGroup(2, [surface], name="plate")
        gmsh.model.mesh.generate(2)

    return draw


def le1(comm, size, plane="stress"):
    mesh = ssb.from_gmsh(comm, membrane(size), materials={"plate": steel()})
    model = ssb.Model(mesh, [ssb.Elasticity(plane=plane)])
    model.apply(
        ssb.Flux("displacement", "BC", 10 * MPa),
        ssb.Fixed("displacement", "AB", 0.0, component=0),
        ssb.Fixed("displacement", "CD", 0.0, component=1),
    )
    model.solve()
    return stress_at(model, "plate", (1, 1), (2.0, 0.0)) / MPa


@pytest.mark.parallel
def test_le1_elliptic_membrane(verify, comm):
    values = [le1(comm, size) for size in (0.4, 0.2, 0.1)]
    verify(values[-1], 92.7, rtol=0.01, what="LE1: σ_yy(D), plane stress, size 0.1 [MPa]", source=SOURCE)
    gaps = np.abs(np.array(values) - 92.7)
    verify.trend(gaps, "falling", what="LE1: |σ_yy(D) − 92.7| at 0.4, 0.2, 0.1 [MPa]", source="convergence")


def thick_plate(size, layers):
    def draw():
        geo = gmsh.model.geo
        (ab, bc, cd, da), _ = quarter_ring(geo, size, size / 3)
        surface = geo.addPlaneSurface([geo.addCurveLoop([ab, bc, cd, da])])
        made = geo.extrude([(2, surface)], 0, 0, 0.6, numElements=[2 * layers])
        geo.synchronize()
        top, volume, *sides = (tag for _, tag in made)
        for name, face in {"top": top, "AB": sides[0], "BC": sides[1], "CD": sides[2]}.items():
            gmsh.model.addPhysicalGroup(2, [face], name=name)
        gmsh.model.addPhysicalGroup(3, [volume], name="plate")
        gmsh.model.mesh.generate(3)

    return draw


def le10(comm, size, layers):
    mesh = ssb.from_gmsh(comm, thick_plate(size, layers), materials={"plate": steel()})
    heights = vertices(mesh.domain, 2, mesh.boundary("BC"))[:, :, 2]
    near = (np.abs(heights - 0.3) < 0.6 / (2 * layers) + 1e-9).all(axis=1)
    mesh.boundaries["line"] = mesh.boundary("BC")[near]
    model = ssb.Model(mesh, [ssb.Elasticity()])
    model.apply(
        ssb.Flux("displacement", "top", -1 * MPa),
        ssb.Fixed("displacement", "AB", 0.0, component=0),
        ssb.Fixed("displacement", "CD", 0.0, component=1),
        ssb.Fixed("displacement", "BC", 0.0, component=0),
        ssb.Fixed("displacement", "BC", 0.0, component=1),
        ssb.Fixed("displacement", "line", 0.0, component=2),
    )
    model.solve()
    return stress_at(model, "plate", (1, 1), (2.0, 0.0, 0.6)) / MPa


def test_le10_thick_plate(verify, comm):
    for size, layers in ((0.4, 2), (0.2, 4)):
        what = f"LE10: σ_yy(D), size {size:g}, {2 * layers} layers [MPa]"
        verify(le10(comm, size, layers), -5.38, rtol=0.01, what=what, source=SOURCE)


@pytest.mark.slow
def test_le10_on_a_fine_mesh(verify, comm):
    verify(le10(comm, 0.1, 6), -5.38, rtol=0.01, what="LE10: σ_yy(D), size 0.1, 12 layers [MPa]", source=SOURCE)


SECTION = [  # r, z of LE11: inner sphere of radius 1 to 45°, inner cylinder; outer sphere of radius 1.4 to 30°, taper
    (1.0, 0.0), (1.4, 0.0), (1.4 * np.cos(np.pi / 6), 0.7), (1.0, 1.39), (1.0, 1.79), (np.sqrt(0.5), 1.79),
    (np.sqrt(0.5), np.sqrt(0.5)),
]  # fmt: skip


def section(size, at_a):
    """The meridional section as a plane surface; also names its edges."""
    geo = gmsh.model.geo
    centre = geo.addPoint(0, 0, 0)
    a, b, d, g, i, h, e = (geo.addPoint(r, z, 0, at_a if k == 0 else size) for k, (r, z) in enumerate(SECTION))
    curves = [
        geo.addLine(a, b), geo.addCircleArc(b, centre, d), geo.addLine(d, g), geo.addLine(g, i), geo.addLine(i, h),
        geo.addLine(h, e), geo.addCircleArc(e, centre, a),
    ]  # fmt: skip
    return geo.addPlaneSurface([geo.addCurveLoop(curves)]), curves


def le11_axisymmetric(comm, size):
    def draw():
        surface, curves = section(size, size / 4)
        gmsh.model.geo.synchronize()
        gmsh.model.addPhysicalGroup(1, [curves[0]], name="AB")
        gmsh.model.addPhysicalGroup(1, [curves[4]], name="HI")
        gmsh.model.addPhysicalGroup(2, [surface], name="body")
        gmsh.model.mesh.generate(2)

    mesh = ssb.from_gmsh(comm, draw, materials={"body": steel()})
    temperature = GivenTemperature(lambda x: celsius(0) + x[0] + x[1])
    model = ssb.Model(mesh, [temperature, ssb.Elasticity(plane="axisymmetric", stress_free_temperature=celsius(0))])
    model.apply(ssb.Fixed("displacement", "AB", 0.0, component=1), ssb.Fixed("displacement", "HI", 0.0, component=1))
    model.solve()
    return stress_at(model, "body", (1, 1), (1.0, 0.0)) / MPa


def le11_solid(comm, size):
    """A quarter of the body of revolution, on tetrahedra."""

    def draw():
        surface, _ = section(size, size / 5)
        gmsh.model.geo.rotate([(2, surface)], 0, 0, 0, 1, 0, 0, np.pi / 2)  # y becomes z
        made = gmsh.model.geo.revolve([(2, surface)], 0, 0, 0, 0, 0, 1, np.pi / 2)
        gmsh.model.geo.synchronize()
        end, volume, *sides = (tag for _, tag in made)
        gmsh.model.addPhysicalGroup(2, [surface], name="y=0")
        gmsh.model.addPhysicalGroup(2, [end], name="x=0")
        gmsh.model.addPhysicalGroup(2, [sides[0]], name="AB")
        gmsh.model.addPhysicalGroup(2, [sides[4]], name="HI")
        gmsh.model.addPhysicalGroup(3, [volume], name="body")
        gmsh.model.mesh.generate(3)

    mesh = ssb.from_gmsh(comm, draw, materials={"body": steel()})
    temperature = GivenTemperature(lambda x: celsius(0) + ufl.sqrt(x[0] ** 2 + x[1] ** 2) + x[2])
    model = ssb.Model(mesh, [temperature, ssb.Elasticity(stress_free_temperature=celsius(0))], coupling="weak")
    for boundary, axis in {"y=0": 1, "x=0": 0, "AB": 2, "HI": 2}.items():
        model.apply(ssb.Fixed("displacement", boundary, 0.0, component=axis))
    model.solve()
    return stress_at(model, "body", (2, 2), (1.0, 0.0, 0.0)) / MPa


@pytest.mark.parallel
def test_le11_axisymmetric(verify, comm):
    sizes = (0.2, 0.1, 0.05, 0.025)
    values = np.array([le11_axisymmetric(comm, size) for size in sizes])
    for size, value in zip(sizes, values, strict=True):
        verify(value, -105.0, rtol=0.01, what=f"LE11: σ_zz(A), axisymmetric, size {size:g} [MPa]", source=SOURCE)
    steps = np.abs(np.diff(values))
    verify.trend(steps, "falling", what="LE11: change of σ_zz(A) from mesh to mesh [MPa]", source="convergence")


def test_le11_solid(verify, comm):
    value = le11_solid(comm, 0.2)
    verify(value, -105.0, rtol=0.01, what="LE11: σ_zz(A), 3D, size 0.2 [MPa]", source=SOURCE)
    plane = le11_axisymmetric(comm, 0.1)
    verify(value, plane, rtol=0.01, what="LE11: 3D against axisymmetric [MPa]", source="the same body")
