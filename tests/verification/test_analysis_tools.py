"""Analysis tools: what they refuse, and sums that must close."""

import numpy as np
import pytest
from cells import layered, one_region

import fem_ssb as ssb
from fem_ssb.analysis import BoundaryFlux, current_distribution, effective_conductivity, resistance_parts
from fem_ssb.errors import InputError
from fem_ssb.units import um


@pytest.fixture
def slab(comm):
    material = ssb.Material("LLZO", ionic_conductivity=0.05)
    model = ssb.Model(one_region(comm, (8 * um, 4 * um), (4, 2), material), [ssb.Conduction()])
    return model.apply(ssb.Fixed("ionic_potential", "bottom", 1.0), ssb.Fixed("ionic_potential", "top", 0.0))


def test_flux_of_a_slab(slab):
    slab.solve()
    flux = BoundaryFlux(slab, "ionic_potential")
    flux.evaluate()
    exact = 0.05 / (4 * um)
    for boundary, sign in (("bottom", 1), ("top", -1)):
        np.testing.assert_allclose([flux.at(boundary)[k] for k in ("mean", "min", "max")], sign * exact, rtol=1e-10)


def test_flux_refusals(slab):
    with pytest.raises(InputError, match="unknown field 'temperature'"):
        BoundaryFlux(slab, "temperature")


def test_distribution_of_a_uniform_current(slab):
    slab.solve()
    found = current_distribution(slab, "separator")
    assert found.mean == pytest.approx(0.05 / (4 * um))
    assert found.decades == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(InputError, match="unknown region with ionic_current 'anode'"):
        current_distribution(slab, "anode")


def test_distribution_of_a_uniform_current_in_a_cylinder(slab):
    """It is as large as in a slab; cells count by the volume that they have all round."""
    model = ssb.Model(slab.mesh, [ssb.Conduction(), ssb.Elasticity(degree=1, plane="axisymmetric")])
    model.apply(ssb.Fixed("ionic_potential", "bottom", 1.0), ssb.Fixed("ionic_potential", "top", 0.0))
    model.apply(ssb.Fixed("displacement", "bottom", 0.0))
    model.solve()
    found = current_distribution(model, "separator")
    assert found.values == pytest.approx(0.05 / (4 * um), rel=1e-9)
    assert found.weights.max() / found.weights.min() == pytest.approx((6 + 4 / 3) / (2 / 3), rel=1e-9)


def test_effective_conductivity_refusals(slab):
    with pytest.raises(InputError, match="carrier"):
        effective_conductivity(slab.mesh, "protonic")
    with pytest.raises(InputError, match="no region conducts"):
        effective_conductivity(slab.mesh, "electronic")


def test_effective_conductivity_between_faces(slab):
    np.testing.assert_allclose(np.diag(effective_conductivity(slab.mesh, boundary="faces")), 0.05, rtol=1e-9)


def test_resistance_parts_add_up(comm):
    materials = {"anode": ("Li", 2 * um, 1), "separator": ("LLZO", 6 * um, 3), "counter": ("Li", 2 * um, 1)}
    data = {"film_resistance": 1e-4}
    model = ssb.Model(
        layered(comm, 4 * um, materials, interface_data={"anode|separator": data}),
        [ssb.Conduction(), ssb.ButlerVolmer()],
    )
    model.ground("top").apply(ssb.Current(5.0, into="bottom")).solve()
    parts = resistance_parts(model)
    voltage = model.boundary_conditions.mean("electronic_potential", "bottom")
    assert sum(parts.values()) == pytest.approx(voltage / 5.0, rel=1e-8)
    sigma = ssb.Material("LLZO")["ionic_conductivity"](298.15)
    assert parts["separator"] == pytest.approx(6 * um / sigma, rel=1e-6)
    gain = (
        parts["anode|separator"] - parts["counter|separator" if "counter|separator" in parts else "separator|counter"]
    )
    assert gain == pytest.approx(1e-4, rel=1e-5)
