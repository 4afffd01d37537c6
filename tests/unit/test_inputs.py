"""What a user gives as a value becomes UFL: numbers, laws of T, functions of (x, t), fields."""

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb import InputError, Material
from fem_ssb.problem.inputs import as_ufl

DOMAIN = mesh.create_rectangle(MPI.COMM_SELF, [[0.0, 0.0], [2.0, 1.0]], [2, 2])
TIME = fem.Constant(DOMAIN, 3.0)
TEMPERATURE = fem.Constant(DOMAIN, 300.0)


def integral(value, **more):
    """∫ over the rectangle of area 2."""
    expression = as_ufl(value, DOMAIN, temperature=TEMPERATURE, time=TIME, **more)
    return fem.assemble_scalar(fem.form(expression * ufl.dx(DOMAIN)))


@pytest.mark.parametrize("value", [4, 4.0, np.float32(4.0), np.int64(4), fem.Constant(DOMAIN, 4.0), lambda T: 4.0])
def test_numbers_and_constants(value):
    assert integral(value) == pytest.approx(8.0, rel=1e-14)


def test_law_of_temperature():
    assert integral(lambda T: 2 * T) == pytest.approx(1200.0, rel=1e-14)
    law = Material("LLZO")["ionic_conductivity"]
    assert integral(law) == pytest.approx(2 * float(law(300.0)), rel=1e-12)


def test_function_of_place_and_time_follows_the_time():
    def ramp(x, t):
        return x[0] * t

    assert integral(ramp) == pytest.approx(2.0 * 3.0, rel=1e-13)
    assert integral(lambda x, t: 1.5) == pytest.approx(3.0, rel=1e-14)


def test_an_optional_argument_does_not_count():
    assert integral(lambda T, scale=2.0: scale * T) == pytest.approx(1200.0, rel=1e-14)


def test_field():
    f = fem.Function(fem.functionspace(DOMAIN, ("Lagrange", 1)))
    f.interpolate(lambda x: x[0])
    assert integral(f) == pytest.approx(2.0, rel=1e-13)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "5", None, [1.0], lambda T: float("nan"), lambda T: None]
)
def test_anything_else_is_refused_by_name(value):
    with pytest.raises(InputError, match="conductivity of a"):
        as_ufl(value, DOMAIN, temperature=TEMPERATURE, time=TIME, name="conductivity of a")


def test_one_place_may_go_without_a_list():
    """Its letters were taken for names."""
    interphase = ssb.Interphase(1e-6, 1e-9, 1.0, 1e-5, initial=1e-9, on="anode|separator")
    assert interphase.on == ("anode|separator",)
    assert ssb.SpaceCharge(1.0, regions="separator").regions == ("separator",)
    assert ssb.Reduction(1.0, 1.0, regions="separator").regions == ("separator",)
