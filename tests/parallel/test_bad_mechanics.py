"""What cannot be asked of solids and cracks is refused, or ends the run with its data, on all ranks alike."""

import gmsh
import numpy as np
import pytest

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness, Stiffness
from fem_ssb.units import MPa, um

WIDTH = 10 * um


def ceramic(**more):
    given = {"stiffness": IsotropicStiffness(150e9, 0.25), "thermal_expansion": 0.0, "toughness": 2.0, **more}
    return ssb.Material.custom("ceramic", kind="electrolyte", **given)


def plate(comm, crack=None, **options):
    stack = ssb.Stack(width=WIDTH)
    stack.layer("plate", ceramic(), thickness=WIDTH)
    if crack is not None:
        stack.crack("crack", crack, tip_size=2 * um, **options)
    return stack.mesh(comm, size=2.5 * um)


def refused(comm, make, message):
    """`make` raises the same on all ranks."""
    with pytest.raises(ssb.InputError, match=message) as caught:
        make()
    assert all(other == str(caught.value) for other in comm.allgather(str(caught.value)))


THROUGH = ssb.Slit([(0.0, 0.6 * WIDTH), (WIDTH, 0.6 * WIDTH)])
CUT_OFF = r"the part of 'plate' near \(.*\) m, which a crack or a gap cuts off, is free to move along "


def test_what_a_crack_cuts_off_is_named(comm):
    """The lower part is held, the upper one is pushed from above only."""
    model = ssb.Model(plate(comm, THROUGH), [ssb.Elasticity(degree=1)])
    model.apply(ssb.StackPressure(1 * MPa))
    refused(comm, model.solve, CUT_OFF + "y")


def test_what_a_gap_cuts_off_is_named(comm):
    """Two boxes of one region, one of them on the ground."""

    def draw():
        boxes = [gmsh.model.occ.addBox(0, 0, z, 1, 1, 1) for z in (0.0, 1.5)]
        gmsh.model.occ.synchronize()
        ground = gmsh.model.getEntitiesInBoundingBox(-0.1, -0.1, -0.1, 1.1, 1.1, 0.1, dim=2)
        gmsh.model.addPhysicalGroup(3, boxes, name="plate")
        gmsh.model.addPhysicalGroup(2, [tag for _, tag in ground], name="ground")
        gmsh.option.setNumber("Mesh.MeshSizeMax", 1.0)
        gmsh.model.mesh.generate(3)

    mesh = ssb.from_gmsh(comm, draw, materials={"plate": ceramic()})
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1)]).apply(ssb.Fixed("displacement", "ground"))
    refused(comm, model.solve, CUT_OFF + "x, y, z")


def test_what_a_closing_crack_cuts_off_is_pressed(comm):
    """Its faces hold it: all of them press, in a body of revolution too."""
    model = ssb.Model(plate(comm, THROUGH, closes=True), [ssb.Elasticity(degree=1, plane="axisymmetric")])
    model.apply(ssb.StackPressure(1 * MPa))
    result = model.run(1.0, quiet=True)
    assert result["shut fraction crack [1]"][-1] == pytest.approx(1.0)


def test_a_body_in_its_whole_is_free(comm):
    model = ssb.Model(plate(comm), [ssb.Elasticity(degree=1)])
    model.apply(ssb.Fixed("displacement", "bottom", component=1))
    refused(comm, model.solve, "the body is free to move along x")


@pytest.mark.parametrize(
    ("rows", "value", "message"),
    [(1, 0.0, r"f\(x, t\) must return the shape"), (2, np.nan, "must be finite all over the boundary at t = 0 s")],
)
def test_a_function_of_place_that_fails_on_one_rank_fails_on_all(comm, rows, value, message):
    """A wrong shape on the last rank, and no number on those that have some of the boundary."""

    def moved(x, t):
        fails = comm.rank == comm.size - 1 or np.isnan(value)
        return np.full((rows, x.shape[1]), value) if fails else np.zeros((2, x.shape[1]))

    model = ssb.Model(plate(comm), [ssb.Elasticity(degree=1)]).apply(ssb.Moved("bottom", moved))
    refused(comm, model.solve, f"Moved 'bottom'.* {message}")


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.diag([1.0, 1, 1, 1, 1, -1]), "positive definite; its lowest eigenvalue is -1"),
        (np.eye(6) + np.triu(np.ones((6, 6)), 1), "symmetric"),
        (np.eye(3), "finite 6×6"),
    ],
)
def test_stiffness_that_no_solid_has(comm, matrix, message):
    refused(comm, lambda: Stiffness(matrix), message)
    refused(comm, lambda: IsotropicStiffness(1e9, 0.5), "poisson must be at most 0.5")


@pytest.mark.parametrize(
    ("fracture", "message"),
    [
        ({"length": 1 * um}, "below twice the cell size .* mesh with size ≤ 5e-07 m"),
        ({"length": 8 * um, "model": "CZM", "strength": 1e9}, "cannot have the strength 1e.09 Pa .* take ℓ ≤"),
        ({"length": 8 * um, "model": "CZM"}, "CZM needs the strength"),
    ],
)
def test_lengths_and_strengths_that_cannot_be(comm, fracture, message):
    def make():
        model = ssb.Model(plate(comm), [ssb.Elasticity(degree=1), ssb.Fracture(**fracture)])
        model.apply(*(ssb.Fixed("displacement", b) for b in ("left", "right", "bottom", "top"))).solve()

    refused(comm, make, message)


def contact(comm, *loads, electrolyte="LLZO"):
    stack = ssb.Stack(width=WIDTH)
    stack.layer("separator", electrolyte, thickness=5 * um)
    stack.layer("anode", "Li", thickness=5 * um)
    physics = [ssb.Elasticity(degree=1, creep=False, contact=ssb.Contact())]
    return ssb.Model(stack.mesh(comm, size=2.5 * um), physics).apply(*loads)


def test_nothing_pulls_at_a_contact(comm):
    """A negative pressure; a dead tension on what only a contact holds; a spring may pull it off."""
    refused(comm, lambda: contact(comm, ssb.StackPressure(-1 * MPa)).solve(), "stack pressure .* at least 0")
    seats = [ssb.Fixed("displacement", b, component=a) for b, a in (("separator", 1), ("left", 0), ("right", 0))]
    pulled = "pull 'anode' off its contact 'anode.separator' by 1e.06 Pa along y.*adhesion=Cohesive"
    refused(comm, lambda: contact(comm, *seats, electrolyte=ceramic()).solve(), "contact=… is of electrodes")
    refused(
        comm,
        lambda: contact(comm, *seats, ssb.Flux("displacement", "anode", 1 * MPa, component=1)).solve(),
        pulled,
    )
    model = contact(comm, *seats, ssb.Flux("displacement", "anode", lambda t: 2 * MPa * (t - 0.5)))
    model.solve()
    model.state.time.value = 1.0
    with pytest.raises(ssb.ConvergenceError, match=pulled):
        model.solve()


def test_beyond_full_fracture_the_run_ends(comm):
    """A plate of brittle ceramic that is pulled apart is broken, with the data up to there."""
    stack = ssb.Stack(width=WIDTH)
    stack.layer("plate", ceramic(), thickness=WIDTH)
    mesh = stack.mesh(comm, size=1 * um)
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1), ssb.Fracture(2.5 * um, through=("left", "right"))])
    model.apply(ssb.Fixed("displacement", "bottom"), ssb.Fixed("displacement", "top", lambda t: 1e-7 * t, component=1))
    result = model.run(1.0, first_step=1 / 16, largest_step=1 / 16, smallest_step=1 / 64, quiet=True, broken=0.01)
    assert result.reason.startswith("broken") and not result.finished
    assert all(other == result.reason for other in comm.allgather(result.reason))
    assert np.isfinite(result["force top y [N/m]"]).all()
