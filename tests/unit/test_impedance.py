"""Impedance and capacitance: what is refused."""

import numpy as np
import pytest
from mpi4py import MPI
from small_cells import plain

import fem_ssb as ssb
from fem_ssb.analysis import Spectrum, impedance

COMM = MPI.COMM_WORLD


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ssb.CPE(0.0, 0.8), "Q of a constant-phase element"),
        (lambda: ssb.CPE(1.0, 1.2), "exponent of a constant-phase element must be at most 1"),
        (lambda: ssb.Capacitance(electrode=-1.0), "capacitance of the electrode [F/m²] must be at least 0"),
        (lambda: ssb.Capacitance(permittivity=0.0), "relative permittivity must be above 0"),
        (lambda: ssb.Capacitance(electrode="library"), "a number [F/m²], a CPE or 'pair', not 'library'"),
    ],
)
def test_bad_capacitances_are_refused(make, message):
    with pytest.raises(ssb.InputError) as caught:
        make()
    assert message in str(caught.value)


@pytest.mark.parametrize("frequencies", [0.0, [-1.0], [1.0, float("nan")], [], [[1.0]]])
def test_bad_frequencies_are_refused(frequencies):
    with pytest.raises(ssb.InputError, match="must be numbers above zero"):
        impedance(plain(COMM), frequencies)


def test_a_held_voltage_is_refused():
    model = plain(COMM)
    model.loads = [load for load in model.loads if not isinstance(load, ssb.Current)]
    model.apply(ssb.Voltage(0.1, at="anode"))
    with pytest.raises(ssb.InputError, match="whose current is prescribed"):
        impedance(model, [1.0])


def test_a_run_in_time_refuses_constant_phase_elements():
    model = plain(COMM)
    model.physics.append(ssb.Capacitance(electrode=ssb.CPE(1.0, 0.8)))
    with pytest.raises(ssb.InputError, match="frequency domain alone"):
        model.run(1.0, quiet=True)


def test_the_step_of_the_model_is_left_as_it_was():
    model = plain(COMM)
    model.solve(dt=7.0)
    impedance(model, [1.0])
    assert float(model.state.dt.value) == 7.0


def test_picture_of_a_spectrum(tmp_path):
    """Nyquist, Bode and relaxation times are drawn; no folder, no picture."""
    frequency = np.logspace(-1, 5, 31)
    spectrum = Spectrum(frequency, 1e-3 + 2e-3 / (1 + 2j * np.pi * frequency * 1e-2))
    assert spectrum.plot(tmp_path / "spectrum.png").stat().st_size > 10_000
    with pytest.raises(FileNotFoundError):
        spectrum.plot(tmp_path / "nowhere" / "spectrum.png")
