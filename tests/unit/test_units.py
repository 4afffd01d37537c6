"""Units and constants against their definitions."""

import math

import pytest

from fem_ssb import constants, units
from fem_ssb.errors import InputError


def test_constants_follow_from_the_exact_si_values():
    assert constants.F == pytest.approx(96485.33212331, rel=1e-12)
    assert constants.R == pytest.approx(8.31446261815324, rel=1e-14)
    assert constants.R * 298.15 / constants.F == pytest.approx(25.6926e-3, rel=1e-5)
    h, c = 6.62607015e-34, 299792458.0
    assert constants.sigma_SB == pytest.approx(2 * math.pi**5 * constants.k_B**4 / (15 * h**3 * c**2), rel=1e-9)
    mu_0 = 1.25663706127e-6  # CODATA 2022
    assert constants.eps_0 * mu_0 * c**2 == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(
    ("name", "si"),
    [
        ("um", 1e-6),
        ("nm", 1e-9),
        ("minute", 60.0),
        ("hour", 3600.0),
        ("mA_cm2", 1e-3 / 1e-4),
        ("A_cm2", 1.0 / 1e-4),
        ("uA_cm2", 1e-6 / 1e-4),
        ("mV", 1e-3),
        ("mS_cm", 1e-3 / 1e-2),
        ("S_cm", 1.0 / 1e-2),
        ("ohm_cm2", 1e-4),
        ("MPa", 1e6),
        ("GPa", 1e9),
        ("MPa_sqrt_m", 1e6),
        ("mAh_cm2", 1e-3 * 3600 / 1e-4),
        ("uAh_cm2", 1e-6 * 3600 / 1e-4),
        ("uF_cm2", 1e-6 / 1e-4),
        ("kJ_mol", 1e3),
        ("cm3_mol", 1e-6),
        ("g_cm3", 1e-3 / 1e-6),
        ("eV", 1.602176634e-19 * 6.02214076e23),
    ],
)
def test_factor(name, si):
    value = getattr(units, name)
    assert isinstance(value, float)
    assert value == pytest.approx(si, rel=1e-14)


def test_one_milliampere_hour_is_a_current_for_an_hour():
    assert units.mA_cm2 * units.hour == pytest.approx(units.mAh_cm2, rel=1e-15)


def test_faraday_thickness_of_lithium():
    """1 mAh/cm² of lithium (13.0 cm³/mol) is 36000 C/m² · 13e-6 / 96485 = 4.85 µm."""
    thickness = units.mAh_cm2 * 13.0 * units.cm3_mol / constants.F
    assert thickness / units.um == pytest.approx(4.8505, abs=1e-4)


def test_functions():
    assert units.minutes(2) == 120.0
    assert units.hours(1.5) == 5400.0
    assert units.seconds(3) == 3.0
    assert units.celsius(25) == pytest.approx(298.15)


@pytest.mark.parametrize("bad", [lambda: units.minutes(-1), lambda: units.hours("x"), lambda: units.celsius(-273.15)])
def test_bad_values_are_refused(bad):
    with pytest.raises(InputError):
        bad()
