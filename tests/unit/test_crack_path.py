"""The way of a crack: from given damage, without a solve."""

import numpy as np
import pytest

import fem_ssb as ssb
from fem_ssb.analysis import crack_path
from fem_ssb.materials import IsotropicStiffness


def cracked(comm, *cracks):
    """A unit square with these cracks in its damage."""
    ceramic = ssb.Material.custom(
        "ceramic",
        kind="electrolyte",
        stiffness=IsotropicStiffness(1.0, 0.2),
        thermal_expansion=0.0,
        toughness=1.0,
    )
    stack = ssb.Stack(width=1.0)
    stack.layer("plate", ceramic, thickness=1.0)
    fracture = ssb.Fracture(0.1, initial=list(cracks) or None)
    model = ssb.Model(stack.mesh(comm, size=0.03), [ssb.Elasticity(degree=1, split="none"), fracture])
    model.apply(ssb.Fixed("displacement", "bottom", 0.0))
    return model.state


@pytest.mark.parallel
def test_bent_crack(comm):
    state = cracked(comm, ssb.Slit([(0.2, 0.2), (0.5, 0.5), (0.5, 0.9)]))
    way = crack_path(state, (0.2, 0.2), reach=0.1)
    length, span = 0.3 * np.sqrt(2) + 0.4, np.hypot(0.3, 0.7)
    assert way.length == pytest.approx(length, rel=0.06)
    assert way.span == pytest.approx(span, rel=0.06)
    assert way.tortuosity == pytest.approx(length / span, rel=0.03)
    assert way.arc[0] == 0
    assert len(way.arc) == len(way.points)
    assert np.diff(way.arc).max() <= 0.1


@pytest.mark.parallel
def test_end_of_a_branched_crack(comm):
    state = cracked(comm, ssb.Slit([(0.1, 0.5), (0.9, 0.5)]), ssb.Slit([(0.4, 0.5), (0.4, 0.9)]))
    assert crack_path(state, (0.1, 0.5), reach=0.1).points[-1] == pytest.approx((0.9, 0.5), abs=0.04)
    assert crack_path(state, (0.1, 0.5), reach=0.1, toward=(0, 1)).points[-1] == pytest.approx((0.4, 0.9), abs=0.04)


def test_bad_input(comm):
    state = cracked(comm)
    with pytest.raises(ssb.InputError, match="no crack"):
        crack_path(state, (0.0, 0.0), reach=0.1)
    with pytest.raises(ssb.InputError, match="2 components"):
        crack_path(state, (0.0, 0.0, 0.0), reach=0.1)
    with pytest.raises(ssb.InputError, match="reach"):
        crack_path(state, (0.0, 0.0), reach=0.0)
