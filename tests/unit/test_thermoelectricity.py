"""What the ionic Seebeck effect asks for."""

import pytest
from mpi4py import MPI
from small_cells import stack

import fem_ssb as ssb
from fem_ssb.units import um


@pytest.mark.parametrize(
    ("physics", "message"),
    [
        ([ssb.Conduction(), ssb.ButlerVolmer(), ssb.Seebeck(1e-3)], "add Heat()"),
        ([ssb.Heat(), ssb.Seebeck(1e-3)], "add Conduction()"),
        ([ssb.Conduction(), ssb.ButlerVolmer(), ssb.Heat(), ssb.Seebeck({"anode": 1e-3})], "conducts ions 'anode'"),
    ],
)
def test_what_is_missing_is_named(physics, message):
    model = ssb.Model(stack(grains=0, pores=False).mesh(MPI.COMM_WORLD, size=3 * um), physics)
    with pytest.raises(ssb.InputError) as caught:
        model.build()
    assert message in str(caught.value)


def test_the_coefficient_is_a_number():
    with pytest.raises(ssb.InputError, match="ionic Seebeck coefficient"):
        ssb.Seebeck("1 mV/K")
