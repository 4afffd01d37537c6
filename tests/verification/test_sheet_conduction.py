"""Conduction along interfaces, in closed form.

Straight boundaries at a spacing d along the current, of conductance κ_s, carry their share in parallel: σ + κ_s/d
(n − 1 of them in a width n d: σ + (n − 1)κ_s/(n d)); boundaries across the current carry none. A resistance across them
changes nothing, because nothing crosses.

A disc of radius a and conductivity σ₁ in a matrix σ₂, its rim a sheet κ_s: φ = −A x inside, −E x(1 + B a²/r²) outside.
Continuity A = E(1 + B); balance of the rim, −σ₂∂_rφ₂ + σ₁∂_rφ₁ = (κ_s/a²) ∂²φ/∂θ² on cos θ:
σ₂E(1 − B) = A(σ₁ + κ_s/a). So the disc acts as one of σ₁ + κ_s/a: A = 2σ₂E/(σ₂ + σ₁ + κ_s/a), B = A/E − 1.

The same disc behind a film R with a skin κ_s on either side: σ₁A + κ_sA/a = i_f crosses the film at θ = 0, so that
E(1 + B) − A = R i_f/a, and beyond it the outer skin adds, σ₂E(1 − B) = i_f + κ_sE(1 + B)/a.
"""

import gmsh
import numpy as np
import pytest
import ufl
from cells import layered, one_region, rates, total

import fem_ssb as ssb
from fem_ssb.units import nm, um

pytestmark = [pytest.mark.system("A15"), pytest.mark.parallel]
SIGMA, KAPPA, D = 0.05, 2e-7, 2 * um


def conductivity(comm, grains, dim, resistance=None, degree=1):
    """σ_eff [S/m] upward of bricks with conducting boundaries."""
    size = tuple(n * D for n in grains)
    boundaries = {"separator": ssb.GrainBoundaries(resistance=resistance)} if resistance else None
    material = ssb.Material("LLZO", ionic_conductivity=SIGMA, gb_resistance=0.0)
    more = {"grain_boundaries": boundaries} if boundaries else {}
    mesh = one_region(comm, size, tuple(2 * n for n in grains), material, grains=grains, **more)
    model = ssb.Model(mesh, [ssb.Conduction(degree=degree), ssb.SheetConduction(KAPPA, on="separator|separator")])
    model.apply(ssb.Fixed("ionic_potential", "bottom", 0.0), ssb.Fixed("ionic_potential", "top", 1.0))
    model.solve()
    current = model.balances.reaction("ionic_potential", "top")
    return current * size[-1] / np.prod(size[:-1])


@pytest.mark.parametrize(
    ("grains", "degree", "resistance"),
    [((3, 1), 2, None), ((4, 1), 1, 1e-3), ((3, 2, 1), 1, None), ((1, 4), 1, None)],
)
def test_bricks(verify, comm, grains, degree, resistance):
    share = sum((n - 1) / (n * D) for n in grains[:-1])
    found = conductivity(comm, grains, len(grains), resistance, degree)
    shape = "×".join(map(str, grains)) + (", resistive" if resistance else "")
    verify(
        found, SIGMA + KAPPA * share, rtol=1e-9, what=f"σ_eff of {shape} bricks, P{degree} [S/m]", source="σ + κ_s/d"
    )


def test_heat_of_sheets(verify, comm):
    """Each column has its own heat, with films on the boundaries, and a body whose heat stays grows warm by all of it.

    Three boundaries along the current and a coat of the side carry κ_s V/L each, the grains 4σV.
    """
    heavy = {"density": 5e3, "specific_heat": 600.0, "thermal_conductivity": 1.0}
    material = ssb.Material("LLZO", ionic_conductivity=SIGMA, gb_resistance=1e-3, **heavy)
    mesh = one_region(comm, (4 * D, D), (8, 2), material, grains=(4, 1))
    sheets = [ssb.SheetConduction(KAPPA, on=place) for place in ("separator|separator", "left")]
    model = ssb.Model(mesh, [ssb.Conduction(), *sheets, ssb.Heat()])
    model.apply(ssb.Fixed("ionic_potential", "bottom", 0.0), ssb.Fixed("ionic_potential", "top", 1.0))
    model.solve(dt=1e-6)
    heats = {"Joule heat": 4 * SIGMA, "sheet heat": 4 * KAPPA / D}
    for name, exact in heats.items():
        found = sum(total(comm, p.columns(model.state)[name]) for p in model.physics if name in p.columns(model.state))
        verify(found, exact, rtol=1e-9, what=f"{name} beside films [W/m]", source="σwV²/L, κ_s V²/L")
    warmer = sum(heats.values()) * 1e-6 / (5e3 * 600 * 4 * D**2)
    rise = (model.state["temperature"] - 298.15) * model.state.dx("separator")
    found = total(comm, rise) / (4 * D**2)
    verify(found, warmer, rtol=1e-6, what="rise of the mean temperature by sheets and grains [K]", source="Pt/(ρcV)")


@pytest.mark.parametrize("given", [None, pytest.param(2e-3, marks=pytest.mark.slow)])
def test_boundaries_that_leak(verify, comm, given):
    """κ_s = σ_gb w with the library's conductivity, or the user's, in bricks: σ_e + (n − 1)κ_s/(n d) along them."""
    llzo, grains, width = ssb.Material("LLZO"), (4, 1), 2 * nm
    more = {"grain_boundaries": {"separator": ssb.GrainBoundaries(electronic_conductivity=given)}} if given else {}
    mesh = one_region(comm, (4 * D, D), (8, 2), llzo, grains=grains, **more)
    leak = ssb.SheetConduction(None, on="separator|separator", carrier="electronic", width=width)
    model = ssb.Model(mesh, [ssb.Conduction(electronic=["separator"]), leak])
    model.apply(ssb.Fixed("ionic_potential", "bottom", 0.0))
    model.apply(ssb.Fixed("electronic_potential", "bottom", 0.0), ssb.Fixed("electronic_potential", "top", 1.0))
    model.solve()
    found = model.balances.reaction("electronic_potential", "top") / 4
    grain, boundary = (float(llzo[f"{k}electronic_conductivity"](298.15)) for k in ("", "gb_"))
    expected = grain + 3 / (4 * D) * (given or boundary) * width
    what = f"σ_e of LLZO whose boundaries leak over 2 nm, {'given' if given else 'library'} [S/m]"
    verify(found, expected, rtol=1e-9, what=what, source="σ_e + κ_s/d")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"conductance": 1e-9}, "a width is that of grain boundaries"),
        ({"carrier": "ionic"}, "a width is that of grain boundaries"),
        ({"on": "anode|separator"}, "a width is that of grain boundaries"),
        ({"on": "pores"}, "a width is that of grain boundaries"),
        ({"width": 0.0}, "width of a sheet"),
        ({"width": None}, "conductance of a sheet"),
    ],
)
def test_widths_that_are_refused(given, message):
    good = {"conductance": None, "on": "separator|separator", "carrier": "electronic", "width": nm}
    with pytest.raises(ssb.InputError, match=message):
        ssb.SheetConduction(**{**good, **given})


@pytest.mark.parametrize("place, message", [("anode|separator", "skins=True"), ("bottom", "another place")])
def test_places_without_the_carrier_are_refused(comm, place, message):
    """A potential on one side of an interface has no mean of both: a quarter of κ_s conducted."""
    layers = {"anode": (ssb.Material("Li"), D, 1), "separator": (ssb.Material("LLZO"), D, 1)}
    model = ssb.Model(layered(comm, D, layers, across=1), [ssb.Conduction(), ssb.SheetConduction(KAPPA, on=place)])
    with pytest.raises(ssb.InputError, match=f"ionic current, which anode does not: .*{message}"):
        model.ground("top").build()


def disc(comm, cells, film=None, radius=1.0, outer=2.0):
    def draw():
        occ = gmsh.model.occ
        whole, inner = occ.addDisk(0, 0, 0, outer, outer), occ.addDisk(0, 0, 0, radius, radius)
        occ.fragment([(2, whole)], [(2, inner)])
        occ.synchronize()
        gmsh.model.addPhysicalGroup(2, [inner], name="island")
        ring = [t for _, t in gmsh.model.getEntities(2) if t != inner]
        gmsh.model.addPhysicalGroup(2, ring, name="separator")
        rim = [t for _, t in gmsh.model.getBoundary([(2, t) for t in (inner, *ring)], oriented=False)]
        gmsh.model.addPhysicalGroup(1, rim, name="outer")
        gmsh.option.setNumber("Mesh.MeshSizeMax", 1 / cells)
        gmsh.model.mesh.generate(2)

    materials = {name: ssb.Material("LLZO", ionic_conductivity=s) for name, s in SIGMAS.items()}
    interface = {"interface_data": {"island|separator": {"film_resistance": film}}} if film else {}
    return ssb.from_gmsh(comm, draw, scale=um, materials=materials, **interface)


SIGMAS = {"island": 0.01, "separator": 0.05}


@pytest.mark.parametrize("film", [None, 2e-5])
def test_coated_disc(verify, comm, film):
    a, errors, kappa = um, [], 0.2 * um
    inner, outer = SIGMAS["island"], SIGMAS["separator"]
    A = 2 * outer / (outer + inner + kappa / a)  # with E = 1
    B = A - 1
    if film:
        crossing = inner + kappa / a  # i_f/A
        A = 2 * outer / (crossing + (outer + kappa / a) * (1 + film * crossing / a))
        B = A * (1 + film * crossing / a) - 1
    for cells in (6, 12, 24):
        mesh = disc(comm, cells, film)
        sheet = ssb.SheetConduction(kappa, on="island|separator", skins=film is not None)
        model = ssb.Model(mesh, [ssb.Conduction(), sheet])
        x = ufl.SpatialCoordinate(mesh.domain)
        r2 = ufl.dot(x, x)
        matrix = -x[0] * (1 + B * a**2 / r2)
        model.apply(ssb.Fixed("ionic_potential", "outer", lambda x, t: -x[0] * (1 + B * a**2 / (x**2).sum(axis=0))))
        model.solve()
        assert model.balances.evaluate()["power imbalance"] < 1e-9
        phi = model.state["ionic_potential"]
        error = (phi + A * x[0]) ** 2 * model.state.dx("island") + (phi - matrix) ** 2 * model.state.dx("separator")
        size = x[0] ** 2 * (model.state.dx("island") + model.state.dx("separator"))
        errors.append(np.sqrt(total(comm, error) / total(comm, size)))
    name, source = ("skins and film", "series at the rim") if film else ("sheet", "σ₁ + κ_s/a")
    verify.below(errors[-1], 2e-3, what=f"disc with {name}: relative error of the potential in L2", source=source)
    verify.below(-min(rates(errors)), -1.7, what=f"disc with {name}: minus the order of convergence", source="P1: 2")
