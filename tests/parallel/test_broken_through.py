"""Interfaces and grains that are broken from one side of a body to the other, on any number of ranks."""

import numpy as np
import pytest
from dolfinx import mesh
from mpi4py import MPI
from small_cells import two_grains

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.spaces.connected import crack_joins

comm = MPI.COMM_WORLD
GRAIN = ssb.Material.custom(
    "grain", kind="electrolyte", stiffness=IsotropicStiffness(1.0, 0.0), thermal_expansion=0.0, toughness=1.0
)
STRENGTH, TOUGHNESS = 0.1, 0.02


def drawn_out(dim, initial=None, through=("left", "right"), more=()):
    """A unit square or cube of two grains, one above the other."""
    named = two_grains(comm, dim, GRAIN)
    law = ssb.Cohesive(STRENGTH, TOUGHNESS, initial=initial)
    model = ssb.Model(named, [ssb.Elasticity(degree=1, cohesive={"body|body": law}, through=through), *more])
    model.apply(ssb.Fixed("displacement", "bottom", 0.0))
    return model.apply(ssb.Fixed("displacement", "top", lambda t: 0.5 * t, component=dim - 1))


@pytest.mark.parametrize("dim", [2, 3])
def test_what_is_broken_from_the_start(dim):
    """Nothing, all of the interface, and its left half, which is joined to the left side only."""
    for initial, broken in ((None, False), (lambda x: x[0] + 1.0, True), (lambda x: 0.6 - x[0], False)):
        model = drawn_out(dim, initial)
        assert bool(model.physics[0].ended(model.state)) == broken
    assert model.physics[0].opened(model.state, "left", "left")
    assert not model.physics[0].opened(model.state, "left", "top")


@pytest.mark.parametrize("dim", [2, 3])
def test_facets_are_joined_along_edges(dim):
    """All outer facets of a face lead from one of its edges to the opposite one; with a strip left out they do not."""
    named = drawn_out(dim).mesh
    facets = named.boundary("bottom")
    sound = np.zeros(len(named.region_of_cell), dtype=bool)
    assert crack_joins(named, sound, facets, "left", "right")
    x = mesh.compute_midpoints(named.domain, dim - 1, facets)[:, 0]
    assert not crack_joins(named, sound, facets[(x < 0.5) | (x > 0.75)], "left", "right")
    with pytest.raises(ssb.InputError, match="did you mean 'right'"):
        crack_joins(named, sound, facets, "left", "rigt")


@pytest.mark.parametrize("dim", [2, 3])
def test_a_crack_goes_along_a_boundary_and_on_through_a_grain(dim):
    """Open on the left, damaged on the right: in the row above the interface, which is joined to it, and the next."""
    half = ssb.Fracture(0.6, through=("left", "right"))
    state = (model := drawn_out(dim, lambda x: 0.5 - x[0], more=[half])).state
    assert not model.physics[0].ended(state)
    x = state["damage"].function_space.tabulate_dof_coordinates()
    for low, joined in ((0.5, True), (0.75, False)):
        row = (x[:, 0] > 0.49) & (x[:, dim - 1] > low - 0.01) & (x[:, dim - 1] < low + 0.26)
        state["damage"].x.array[:] = np.where(row, 1.0, 0.0)
        assert bool(model.physics[0].ended(state)) == joined
        assert not half.ended(state)
    assert model.physics[0].opened(state, "right", "right") and not model.physics[0].opened(state, "right", "bottom")


def test_a_run_ends_when_a_tenth_of_the_strength_is_left():
    """ν = 0 and a width of 1: the force is the traction."""
    result = drawn_out(2).run(1.0, change=0.1, quiet=True)
    force = result["force top y [N/m]"]
    assert result.reason == "broken: a crack leads from left to right" and not result.finished
    assert force[-1] < 0.1 * STRENGTH <= force[-2]


def test_nothing_that_could_open_is_refused():
    with pytest.raises(ssb.InputError, match="give cohesive="):
        ssb.Elasticity(through=("left", "right"))
