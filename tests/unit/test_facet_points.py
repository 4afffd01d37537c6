"""Points inside facets: how exact they are, and the element that has its nodes there."""

from math import factorial

import basix
import numpy as np
import pytest

import fem_ssb as ssb
from fem_ssb.spaces.facet_points import facet_element, facet_rule

CASES = [(dim, degree) for dim in (2, 3) for degree in (1, 2)]
RULES = [*((dim, degree, True) for dim, degree in CASES), (2, 1, False), (3, 1, False)]


@pytest.mark.parametrize("dim, degree", CASES)
def test_products_of_polynomials_are_exact(dim, degree):
    points, weights = facet_rule(dim, degree, gauss=True)
    exact = factorial(2 * degree) / factorial(2 * degree + dim - 1)
    assert weights @ points[:, 0] ** (2 * degree) == pytest.approx(exact, rel=1e-13)
    assert weights.min() > 0


@pytest.mark.parametrize("dim", [2, 3])
def test_linear_polynomials_are_exact(dim):
    points, weights = facet_rule(dim, 1, gauss=False)
    assert weights.sum() == pytest.approx(1 / factorial(dim - 1), rel=1e-14)
    assert weights @ points == pytest.approx(np.full(dim - 1, 1 / factorial(dim)), rel=1e-13)


@pytest.mark.parametrize("dim, degree, gauss", RULES)
def test_each_point_has_its_node(dim, degree, gauss):
    element = facet_element(dim, degree, gauss).basix_element
    assert element.dof_transformations_are_permutations
    points, _ = facet_rule(dim, degree, gauss)
    corners = basix.geometry(element.cell_type)
    for facet, dofs in zip(basix.topology(element.cell_type)[dim - 1], element.entity_dofs[dim - 1], strict=True):
        at = corners[facet]
        values = element.tabulate(0, at[0] + points @ (at[1:] - at[0]))[0, :, :, 0]
        assert np.allclose(values[:, dofs], np.eye(len(points)), atol=1e-13)
        assert np.abs(np.delete(values, dofs, axis=1)).max() < 1e-13


def test_cubic_triangles_have_more_points_than_nodes():
    with pytest.raises(ssb.InputError, match="take degree 1 or 2"):
        facet_element(3, 3, gauss=True)
