"""A rigid platen that does not hold what it presses: a block under it stays a block, a wedge stays untilted.

Block: without friction a block between rollers on the left and the bottom is in uniform uniaxial stress −p. In plane
strain it shortens by (1 − ν²)p/E of its height and widens by ν(1 + ν)p/E; bonded to the platen it bulges instead.
Two columns of different moduli beside each other (ν = 0), which touch but slide freely at a cohesive boundary that is
broken, shorten alike under a platen that does not tilt: p = (E₁ + E₂)/2 · U/H.
"""

import numpy as np
import pytest
from cells import box, midpoints, total

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, MPa, mm

pytestmark = [pytest.mark.system("B18"), pytest.mark.parallel]
WIDTH, HEIGHT, PRESSURE = 1 * mm, 2 * mm, 10 * MPa


def solid(young, poisson):
    return ssb.Material.custom(
        "solid", kind="electrolyte", stiffness=IsotropicStiffness(young, poisson), thermal_expansion=0.0
    )


def columns(comm, first, second, dim=2):
    """Two columns, left and right, of the same height."""
    size = (WIDTH, HEIGHT) if dim == 2 else (WIDTH, WIDTH, HEIGHT)
    domain = box(comm, size, (4,) * (dim - 1) + (8,))
    right = (midpoints(domain)[:, 0] > WIDTH / 2).astype(np.int32)
    return ssb.NamedMesh.from_cells(domain, ["one", "two"], right, materials={"one": first, "two": second})


def seated(model):
    """On rollers at the left and the bottom, in 3D at the front as well."""
    sides = (("left", 0), ("bottom", 1)) if model.mesh.dim == 2 else (("left", 0), ("front", 1), ("bottom", 2))
    return model.apply(*(ssb.Fixed("displacement", side, component=axis) for side, axis in sides))


@pytest.mark.parametrize("dim", [2, 3])
def test_a_block_stays_a_block(verify, comm, dim):
    young, poisson = 10 * GPa, 0.3
    mesh = columns(comm, solid(young, poisson), solid(young, poisson), dim)
    result = seated(ssb.Model(mesh, [ssb.Elasticity(degree=1), ssb.SlidingPlaten(lambda x, t: t * PRESSURE)]))
    history = result.run(1.0, first_step=0.5, largest_step=0.5, change=10.0, quiet=True)
    share = 1 - poisson**2 if dim == 2 else 1.0
    overlap = PRESSURE * HEIGHT / (1e3 * young * (1 - poisson) / ((1 + poisson) * (1 - 2 * poisson)))
    moved = history["platen displacement [m]"][-1] + overlap
    verify(moved / HEIGHT, -share * PRESSURE / young, rtol=1e-8, what=f"{dim}D: strain under a platen", source="Hooke")
    verify(history["stack pressure [Pa]"][-1], PRESSURE, rtol=1e-8, what=f"{dim}D: its pressure [Pa]", source="force")
    state, area = result.state, WIDTH ** (dim - 1)
    odd = sum(total(comm, (state.quantity("stress", r)[0, 0]) ** 2 * state.dx(r)) for r in ("one", "two"))
    spread = np.sqrt(odd / (area * HEIGHT)) / PRESSURE
    verify.below(spread, 1e-8, what=f"{dim}D: stress across over p, the sides slide out", source="uniaxial stress")


def test_a_platen_does_not_tilt(verify, comm):
    soft, hard = 5 * GPa, 20 * GPa
    mesh = columns(comm, solid(soft, 0.0), solid(hard, 0.0))
    sliding = ssb.Cohesive(1 * MPa, 1.0, initial=lambda x: 1.0 + 0 * x[0])
    stiffness = 1e6 * hard / HEIGHT
    physics = [ssb.Elasticity(degree=1, cohesive={"one|two": sliding}), ssb.SlidingPlaten(PRESSURE, "top", stiffness)]
    model = seated(ssb.Model(mesh, physics))
    model.apply(ssb.Fixed("displacement", "right", component=0))
    state = model.solve()
    for region, young in (("one", soft), ("two", hard)):
        stress = total(comm, state.quantity("stress", region)[1, 1] * state.dx(region)) / (WIDTH * HEIGHT / 2)
        exact = -PRESSURE * 2 * young / (soft + hard)
        what = f"column of {young / GPa:g} GPa under the same platen: stress [MPa]"
        verify(stress / MPa, exact / MPa, rtol=1e-5, what=what, source="p = (E₁ + E₂)/2 · U/H")


@pytest.mark.parametrize(("values", "message"), [((-1.0,), "pressure"), ((1.0, "top", 0.0), "stiffness")])
def test_impossible_platens_are_refused(values, message):
    with pytest.raises(ssb.InputError, match=message):
        ssb.SlidingPlaten(*values)
