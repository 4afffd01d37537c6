"""What cannot be asked of a cell is refused, or ends the run with its data, on all ranks alike."""

import numpy as np
import pytest
from small_cells import plain, stack

import fem_ssb as ssb
from fem_ssb.analysis import impedance
from fem_ssb.units import mA_cm2, um


def cycled(comm, protocol, *more):
    mesh = stack(grains=0, pores=False).mesh(comm, size=3 * um)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), *more])
    return model.ground("counter").apply(ssb.Cycler(protocol, into="anode"))


def same(comm, value):
    return all(other == value for other in comm.allgather(value))


@pytest.mark.parametrize("frequencies", [0.0, [-1.0], [1.0, float("nan")]])
def test_frequencies_are_above_zero(comm, frequencies):
    with pytest.raises(ssb.InputError, match=r"frequencies \[Hz\] must be numbers above zero") as caught:
        impedance(plain(comm), frequencies)
    assert same(comm, str(caught.value))


def test_a_cut_off_that_is_passed_already(comm):
    with pytest.raises(ssb.InputError, match=r"first step .* is passed at its start: nothing to do") as caught:
        cycled(comm, ssb.CC(5.0, until=(60.0, ssb.voltage > 1e-4))).run(quiet=True)
    assert same(comm, str(caught.value))


def test_potentials_that_contradict(comm):
    """The potentials of the start follow from the loads; two loads on one collector leave none that fits."""
    model = plain(comm)
    with pytest.raises(ssb.InputError, match="two loads contradict at boundary 'anode'") as caught:
        model.apply(ssb.Voltage(0.1, at="anode")).solve()
    assert same(comm, str(caught.value))


@pytest.mark.parametrize(("metal", "electrolyte"), [("Na", "LLZO"), ("Li", "NZSP")])
def test_metal_and_electrolyte_of_different_ions(comm, metal, electrolyte):
    made = ssb.Stack(width=10 * um)
    made.layer("anode", metal, thickness=4 * um)
    made.layer("separator", electrolyte, thickness=6 * um)
    made.interface("anode|separator", exchange_current=1 * mA_cm2)
    model = ssb.Model(made.mesh(comm, size=3 * um), [ssb.Conduction(), ssb.ButlerVolmer()])
    model.ground("anode").apply(ssb.Current(1.0, into="separator"))
    with pytest.raises(ssb.InputError, match=rf"{metal} gives {metal} ions, {electrolyte} conducts") as caught:
        model.solve()
    assert same(comm, str(caught.value))


def host(comm, initial, protocol):
    made = ssb.Stack(width=10 * um)
    made.layer("anode", "Li", thickness=4 * um)
    made.layer("separator", "LLZO", thickness=6 * um)
    made.layer("cathode", "NMC811", thickness=4 * um)
    made.interface("separator|cathode", exchange_current=1 * mA_cm2)
    physics = [ssb.Conduction(electronic=["cathode"]), ssb.ButlerVolmer(), ssb.Intercalation(initial)]
    model = ssb.Model(made.mesh(comm, size=3 * um), physics).ground("anode")
    return model.apply(ssb.Cycler(protocol, into="cathode"))


def test_an_open_circuit_curve_has_its_range(comm):
    """Outside at the start it is refused; on the way the run ends with its data."""
    with pytest.raises(ssb.InputError, match=r"initial lithium fraction must be at most 0\.995"):
        host(comm, 1.2, ssb.Rest(1.0))
    result = host(comm, 0.9, ssb.CC(-5 * mA_cm2, until=36000.0)).run(quiet=True, change=0.2)
    assert not result.finished and "the host 'cathode' is full at its surface" in result.reason
    assert len(result["time [s]"]) > 3 and np.isfinite(result["voltage [V]"]).all()
    assert same(comm, result.reason)


def test_salt_that_is_gone_ends_the_run(comm, tmp_path):
    material = ssb.Material("PEO-LiTFSI", salt_diffusivity=1e-11, transference_number=0.3, ionic_conductivity=0.1)
    made = ssb.Stack(width=10 * um)
    made.layer("anode", "Li", thickness=4 * um)
    made.layer("separator", material, thickness=20 * um)
    made.layer("counter", "Li", thickness=4 * um)
    salt = ssb.Salt(1000.0, conductivity="dilute")
    model = ssb.Model(made.mesh(comm, size=2 * um), [ssb.Conduction(), ssb.ButlerVolmer(), salt])
    model.ground("counter").apply(ssb.Current(400.0, into="anode"))
    folder = comm.bcast(str(tmp_path / "salt"))
    result = model.run(3600.0, first_step=0.02, output=folder, quiet=True, change=0.2)
    assert not result.finished and "salt depleted: Sand's time" in result.reason
    assert same(comm, result.reason)
    assert len(ssb.output.read_history(f"{folder}/history.csv")["time [s]"]) == len(result["time [s]"]) > 3
