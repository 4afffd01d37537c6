"""Currents without a path, and parts whose potential nothing holds, are refused before anything is solved."""

import numpy as np
import pytest
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import um

VOID = ssb.Material.custom("void", kind="interlayer")


def cell(comm, middle, physics):
    stack = ssb.Stack(width=6 * um)
    stack.layer("anode", "Li", thickness=3 * um)
    stack.layer("separator", "LLZO", thickness=3 * um)
    if middle is not None:
        stack.layer("middle", middle, thickness=3 * um)
        stack.layer("other", "LLZO", thickness=3 * um)
    stack.layer("counter", "Li", thickness=3 * um)
    model = ssb.Model(stack.mesh(comm, size=1.5 * um), physics)
    return model.ground("counter").apply(ssb.Current(5.0, into="anode"))


@pytest.mark.parametrize(
    ("middle", "physics"), [(None, [ssb.Conduction()]), (VOID, [ssb.Conduction(), ssb.ButlerVolmer()])]
)
def test_a_current_needs_a_path(comm, middle, physics):
    with pytest.raises(ssb.InputError, match=r"Current into 'anode' has no path to a held potential \(at counter\)"):
        cell(comm, middle, physics).solve()


def test_a_layer_that_conducts_carries_the_current(comm):
    assert cell(comm, "LiPON", [ssb.Conduction(), ssb.ButlerVolmer()]).solve()["ionic_potential"].x.array.max() > 0


def island(comm, gap):
    """A square of electrolyte in a frame of it, apart by a ring that does not conduct, or touching in a face."""
    labels = np.zeros((9, 9), dtype=int)
    labels[2:7, 2:7] = 1
    labels[3:6, 3:6] = 0
    labels[2, 4] = 0 if not gap else 1
    return ssb.from_image(
        comm, labels, 1 * um, names={0: "solid", 1: "void"}, materials={"solid": "LLZO", "void": VOID}
    )


def test_an_island_is_named_with_its_place(comm):
    model = ssb.Model(island(comm, gap=True), [ssb.Conduction()])
    model.ground("bottom").apply(ssb.Voltage(0.1, "top"))
    with pytest.raises(
        ssb.InputError, match=r"a part of 'solid' near \([345]\S*e-06, [345]\S*e-06\) m .* \(1 such parts\)"
    ):
        model.solve()


def test_a_bridge_of_one_pixel_is_enough(comm):
    model = ssb.Model(island(comm, gap=False), [ssb.Conduction()])
    phi = model.ground("bottom").apply(ssb.Voltage(0.1, "top")).solve()["ionic_potential"]
    assert comm.allreduce(phi.x.array.max(initial=0.0), op=MPI.MAX) == pytest.approx(0.1)
