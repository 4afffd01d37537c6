"""Quadrature degrees: lowered where the integrand allows it, never raised, and the integral stays what it was."""

import basix.ufl
import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from fem_ssb.problem.quadrature import economical

comm = MPI.COMM_WORLD


@pytest.fixture(scope="module")
def parts():
    domain = mesh.create_unit_square(comm, 3, 3)
    V = fem.functionspace(domain, ("Lagrange", 1))
    u = fem.Function(V)
    u.interpolate(lambda x: 1 + x[0] + 2 * x[1])
    return domain, u, ufl.TestFunction(V), ufl.dx(metadata={"quadrature_degree": 2})


def degrees(form):
    return sorted(i.metadata()["quadrature_degree"] for i in economical(form).integrals())


def test_each_term_gets_its_own_degree(parts):
    _, u, v, dx = parts
    assert degrees(ufl.inner(ufl.grad(u), ufl.grad(v)) * dx + u * v * dx) == [0, 2]
    assert degrees(v * dx) == [1]


def test_nothing_is_raised(parts):
    _, u, v, dx = parts
    assert degrees(ufl.exp(u) * u**3 * v * dx) == [2]


def test_what_is_no_polynomial_keeps_its_degree(parts):
    """Then a residual and the heat that balances it are summed over the same points."""
    _, u, v, dx = parts
    gradient = ufl.grad(u)
    for integrand in (
        ufl.dot(gradient, gradient) / u,
        ufl.exp(u) * v.dx(0),
        u**0.5 * v.dx(0),
        u ** (-2) * v.dx(0),
        ufl.max_value(u, 0.0) * v.dx(0),
        ufl.conditional(ufl.lt(u, 1.0), u, 1.0) * v.dx(0),
    ):
        assert degrees(integrand * dx) == [2]
    constant = fem.Constant(u.function_space.mesh, 3.0)
    assert degrees(ufl.dot(gradient, gradient) / constant * v.dx(0) * dx) == [0]
    assert degrees(ufl.exp(constant) * u * dx) == [1]


def test_a_form_without_a_degree_is_left_alone(parts):
    _, u, v, _ = parts
    assert "quadrature_degree" not in economical(u * v * ufl.dx).integrals()[0].metadata()
    assert economical(0) == 0


def test_values_at_quadrature_points_keep_their_rule(parts):
    domain, _, v, dx = parts
    points = fem.functionspace(domain, basix.ufl.quadrature_element("triangle", value_shape=(), degree=2))
    stored = fem.Function(points)
    assert degrees(stored * v.dx(0) * dx) == [2]
    fem.assemble_vector(fem.form(economical(stored * v.dx(0) * dx)))


def test_the_integral_is_the_same(parts):
    _, u, v, dx = parts
    form = ufl.inner(ufl.grad(u), ufl.grad(v)) * dx + u * v * dx + ufl.exp(u) * v * dx
    found, expected = (fem.assemble_vector(fem.form(f)).array for f in (economical(form), form))
    assert np.allclose(found, expected, rtol=1e-13, atol=1e-15)
