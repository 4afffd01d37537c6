"""A salt electrolyte in a model: refusals, conservation, balances, restart, dimensions."""

import numpy as np
import pytest

import fem_ssb as ssb
from fem_ssb.errors import InputError
from fem_ssb.materials import Polynomial
from fem_ssb.units import um

KINETICS = {"exchange_current": 10.0, "transfer_coefficient": 0.5}
CURRENT = 5.0


def polymer(**more):
    given = {"ionic_conductivity": 0.1, "salt_diffusivity": 1e-11, "transference_number": 0.3, **more}
    return ssb.Material.custom("polymer", kind="electrolyte", **given)


def cell(comm, salt, dim=2, material=None, physics=None):
    stack = ssb.Stack(width=10 * um, dim=dim)
    stack.layer("anode", "Li", thickness=3 * um)
    stack.layer("separator", material or polymer(), thickness=20 * um)
    stack.layer("counter", "Li", thickness=3 * um)
    for electrode in ("anode", "counter"):
        stack.interface(f"{electrode}|separator", **KINETICS)
    chosen = physics or [ssb.Conduction(), ssb.ButlerVolmer(), salt]
    model = ssb.Model(stack.mesh(comm, size=3 * um), chosen)
    return model.ground("counter").apply(ssb.Current(CURRENT, into="anode"))


@pytest.mark.parametrize("dim", [2, 3])
def test_salt_is_conserved_and_balances_close(comm, dim):
    result = cell(comm, ssb.Salt(1000.0, conductivity="dilute"), dim).run(20.0, quiet=True)
    salt = result.history[f"salt separator [{'mol/m' if dim == 2 else 'mol'}]"]
    np.testing.assert_allclose(salt, salt[0], rtol=1e-10)
    assert result["power imbalance [1]"][1:].max() < 1e-8
    assert result["voltage [V]"][-1] > result["voltage [V]"][0], "polarisation grows"


def test_strong_and_weak_coupling_agree(comm):
    found = []
    for coupling in ("strong", "weak"):
        model = cell(comm, ssb.Salt(1000.0))
        model.coupling = coupling
        model.solve(dt=30.0)
        found.append(model.physics[-1].least(model.state))
    assert found[1] == pytest.approx(found[0], rel=1e-6)


def test_heat_of_a_salt(comm):
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Salt(1000.0), ssb.Heat()]
    material = polymer(density=1200.0, specific_heat=1500.0, thermal_conductivity=0.2)
    model = cell(comm, None, material=material, physics=physics)
    result = model.run(10.0, quiet=True)
    assert result["heat imbalance [1]"][1:].max() < 1e-8


def test_restart_goes_on(comm, tmp_path):
    path = comm.bcast(str(tmp_path))
    whole = cell(comm, ssb.Salt(1000.0)).run(20.0, quiet=True)
    half = cell(comm, ssb.Salt(1000.0)).run(20.0, quiet=True, output=path, checkpoint_every=5)
    again = cell(comm, ssb.Salt(1000.0)).run(20.0, quiet=True, output=path, resume=True)
    for other in (half, again):
        assert other["voltage [V]"][-1] == pytest.approx(whole["voltage [V]"][-1], rel=1e-8)


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ({"concentration": -1.0}, "salt concentration"),
        ({"diffusivity": 0.0}, "salt diffusivity"),
        ({"transference": 1.5}, "transference number"),
        ({"conductivity": "ideal"}, "'dilute'"),
        ({"conductivity": "dilute", "transference": 1.0}, "is infinite"),
        ({"thermodynamic_factor": -2.0}, "thermodynamic factor"),
        ({"depleted": 0.9}, "share"),
    ],
)
def test_values_out_of_range(arguments, problem):
    with pytest.raises(InputError, match=problem):
        ssb.Salt(**{"concentration": 1000.0, **arguments})


def test_regions_are_checked(comm):
    with pytest.raises(InputError, match="region 'anode' cannot hold a salt"):
        cell(comm, ssb.Salt(1000.0, regions=["anode"])).solve()
    bare = ssb.Material.custom("polymer", kind="electrolyte", ionic_conductivity=0.1)
    with pytest.raises(InputError, match="no region has a salt"):
        cell(comm, ssb.Salt(1000.0), material=bare).solve()


def test_curves_of_a_material_are_as_functions_of_the_user(comm):
    peo = ssb.Material("PEO-LiTFSI")

    def shaped(law, curve):
        return lambda c: law(298.15) * curve(c) / curve(1000.0)

    given = ssb.Salt(
        900.0,
        diffusivity=shaped(peo.salt_diffusivity, peo.salt_diffusivity_curve),
        transference=shaped(peo.transference_number, peo.transference_curve),
        conductivity=shaped(peo.ionic_conductivity, peo.conductivity_curve),
    )
    least = []
    for salt in (ssb.Salt(900.0), given):
        model = cell(comm, salt, material=peo)
        model.solve(dt=3.0)
        least.append(salt.least(model.state))
    assert least[0] < 899.0
    assert least[1] == pytest.approx(least[0], rel=1e-10)


def test_a_curve_needs_its_reference(comm):
    odd = ssb.Material.custom(
        "polymer",
        kind="electrolyte",
        ionic_conductivity=0.1,
        salt_diffusivity=1e-11,
        transference_number=0.3,
        salt_diffusivity_curve=Polynomial([1e-11, -2e-15], 0.0, 3000.0),
    )
    with pytest.raises(InputError, match="reference_concentration"):
        cell(comm, ssb.Salt(1000.0), material=odd).solve()


def test_transference_needs_a_salt_and_a_voltage(comm):
    with pytest.raises(InputError, match=r"add Salt"):
        ssb.analysis.bruce_vincent(cell(comm, None, physics=[ssb.Conduction(), ssb.ButlerVolmer()]))
    with pytest.raises(InputError, match="hold the voltage"):
        ssb.analysis.bruce_vincent(cell(comm, ssb.Salt(1000.0)))


def test_a_salt_without_neutrality_is_refused(comm):
    salt = ssb.Salt(1000.0, conductivity="dilute")
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.SpaceCharge(1000.0, permittivity=10.0), salt]
    with pytest.raises(InputError, match="two physics change the carrier share of 'separator'"):
        cell(comm, None, physics=physics).build()


def test_time_of_depletion_is_that_of_the_last_run(comm):
    """One salt in two models, and a step that depletes nothing."""
    salt, times = ssb.Salt(60.0, depleted=0.5), []
    for dt in (1e3, 1e3, 1e-3):
        model = cell(comm, salt)
        model.state.time.value = dt
        model.solve(dt=dt)
        salt.ended(model.state)
        times.append(salt.depletion_time)
        least = salt.least(model.state)
        model.accept()
        if dt == 1e3:
            assert times[-1] == pytest.approx(dt * (60.0 - 30.0) / (60.0 - least), rel=1e-9)
    assert np.isnan(times[-1])
