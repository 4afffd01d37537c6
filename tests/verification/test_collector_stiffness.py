"""A film that grows on a collector: a soft collector lowers its stress, and lets it wrinkle.

Stretching alone (no bending, ν = 0): film and collector of thickness h, h_s keep one length, so a film that would like
to grow by g along it has the stress σ = −E g/(1 + E h/(E_s h_s)).

Wrinkles: a stiff film on a deep soft bed, plane strain, Ē = E/(1 − ν²). A wave of the wave number k costs Ē h³k⁴/12 in
the film's bending and Ē_s k/2 in the bed (incompressible, so that its surface feels no shear), and gains εĒ h k² from
the film's compression: ε(k) = h²k²/12 + Ē_s/(2Ē h k), least at hk = (3Ē_s/Ē)^⅓,

    ε = ¼ (3Ē_s/Ē)^⅔,   wavelength 2πh (Ē/3Ē_s)^⅓

(Huang, J. Mech. Phys. Solids 53 (2005) 63; Chen & Hutchinson, J. Appl. Mech. 71 (2004) 597).
"""

import numpy as np
import pytest
from cells import box, layered, midpoints, total

import fem_ssb as ssb
from fem_ssb.analysis import buckling
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, um

pytestmark = [pytest.mark.system("B21"), pytest.mark.parallel]
THICK, FILM, POISSON, GROWTH = 1 * um, 7.8 * GPa, 0.3, 1e-3


def solid(young, poisson):
    stiffness = IsotropicStiffness(young, poisson)
    return ssb.Material.custom("solid", kind="electrolyte", stiffness=stiffness, thermal_expansion=0.0)


def wrinkling(comm, ratio, cells, waves=1, bed_poisson=0.49):
    """Strain of the film at buckling, and its shape, with Ē/Ē_s = ratio, in a box of some half waves."""
    bed = FILM / (1 - POISSON**2) / ratio * (1 - bed_poisson**2)
    length = 2 * np.pi * THICK * (ratio / 3) ** (1 / 3)
    layers = {
        "deep": (solid(bed, bed_poisson), 0.7 * length, cells // 3),
        "bed": (solid(bed, bed_poisson), 0.3 * length, cells // 2),
        "film": (solid(FILM, POISSON), THICK, 2),
    }
    mesh = layered(comm, waves * length / 2, layers, across=waves * cells)
    model = ssb.Model(mesh, [ssb.Eigenstrain({"film": np.diag([GROWTH, 0.0, 0.0])}), ssb.Elasticity()])
    model.apply(ssb.StackPressure(0.0)).solve()
    factors, shapes = buckling(model)
    return factors[0] * GROWTH, shapes[0], mesh


@pytest.mark.parametrize("ratio", [100.0, 1000.0, 10000.0])
def test_wrinkles(verify, comm, ratio):
    exact = 0.25 * (3 / ratio) ** (2 / 3)
    coarse, fine = (wrinkling(comm, ratio, cells)[0] for cells in (12, 24))
    assert coarse > fine, "displacement elements come from above"
    what = f"strain at which a film wrinkles, {ratio:g} times stiffer than its bed"
    verify(fine, exact, rtol=0.005, what=what, source="¼(3Ē_s/Ē_f)^⅔")


def test_wavelength(verify, comm):
    """In a box of three half waves of the critical length the film takes all three."""
    strain, shape, mesh = wrinkling(comm, 1000.0, 12, waves=3)
    verify(strain, 0.25 * 0.003 ** (2 / 3), rtol=0.005, what="strain of three half waves", source="¼(3Ē_s/Ē_f)^⅔")
    V, size = shape.function_space, shape.function_space.dofmap.index_map.size_local
    x = V.tabulate_dof_coordinates()[:size]
    top = x[:, 1] > mesh.upper[1] - 1e-9 * um
    rows = np.concatenate(
        comm.allgather(np.column_stack([x[top, 0], shape.x.array[: 2 * size].reshape(-1, 2)[top, 1]]))
    )
    up = rows[np.argsort(rows[:, 0]), 1]
    half_waves = np.count_nonzero(np.diff(np.sign(up[np.abs(up) > 0.05])))
    verify(half_waves, 3, atol=0, what="half waves in three critical ones", source="2πh(Ē_f/3Ē_s)^⅓")


def stretched(comm, collector, thickness):
    """Stress [Pa] of a film that grows along a collector, side by side between plates that press nothing."""
    domain = box(comm, (THICK + thickness, 5 * um), (12, 4))
    region = (midpoints(domain)[:, 0] > 2 / 12 * (THICK + thickness)).astype(np.int32)
    domain.geometry.x[:, 0] = np.interp(
        domain.geometry.x[:, 0] / (THICK + thickness), [0, 2 / 12, 1], [0, THICK, THICK + thickness]
    )
    materials = {"film": solid(FILM, 0.0), "collector": solid(collector, 0.0)}
    mesh = ssb.NamedMesh.from_cells(domain, ["film", "collector"], region, materials=materials)
    growth = ssb.Eigenstrain({"film": np.diag([0.0, GROWTH, 0.0])})
    model = ssb.Model(mesh, [growth, ssb.Elasticity(degree=1)])
    model.apply(ssb.Platen(pressure=0.0, sides=("left",))).solve()
    stress = model.state.quantity("stress", "film")[1, 1] * model.state.dx("film")
    return total(comm, stress) / mesh.volume("film")


def test_a_soft_collector_lowers_the_stress(verify, comm):
    """Copper, lithium-soft and rubber-soft collectors of 10 µm."""
    found = []
    for collector in (110 * GPa, 7.8 * GPa, 0.1 * GPa, 1e-3 * GPa):
        found.append(-stretched(comm, collector, 10 * um))
        exact = FILM * GROWTH / (1 + FILM * THICK / (collector * 10 * um))
        what = f"compression of a film that grows on a collector of {collector / GPa:g} GPa [Pa]"
        verify(found[-1], exact, rtol=1e-8, what=what, source="E g/(1 + E h/(E_s h_s))")
    verify.trend(found, "falling", what="compression of the film as the collector gets softer [Pa]", source="row B21")


def test_nothing_buckles_in_tension(comm):
    """Tension alone has no factor."""
    mesh = layered(comm, THICK, {"film": (solid(FILM, POISSON), THICK, 2)})
    model = ssb.Model(mesh, [ssb.Eigenstrain({"film": np.diag([-GROWTH, 0.0, 0.0])}), ssb.Elasticity()])
    model.apply(ssb.StackPressure(0.0)).solve()
    with pytest.raises(ssb.ConvergenceError, match="is anything compressed"):
        buckling(model)
    turned = ssb.Model(mesh, [ssb.Elasticity(plane="axisymmetric")])
    with pytest.raises(ssb.InputError, match="a body of revolution buckles in shapes that are none"):
        buckling(turned.apply(ssb.StackPressure(0.0)))
