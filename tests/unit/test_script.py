"""Parameters of a script from its command line: arithmetic of numbers and units, nothing else."""

import pytest

from fem_ssb import InputError, parameters
from fem_ssb.units import hour, mA_cm2, um

DEFAULTS = {"current": 0.5 * mA_cm2, "grains": 150, "coupling": "strong", "steady": False}


def given(*settings):
    return parameters([word for s in settings for word in ("--set", s)], **DEFAULTS)


def test_defaults_and_switches():
    switches = {"dry_run": False, "resume": False}
    p = parameters([], **DEFAULTS, **switches)
    assert p.values == DEFAULTS
    assert (p.current, p.grains, p.coupling, p.dry_run, p.resume, p.output) == (5.0, 150, "strong", False, False, None)
    p = parameters(["--dry-run", "--resume", "--output", "there"], **DEFAULTS, **switches)
    assert (p.dry_run, p.resume, p.output) == (True, True, "there")


@pytest.mark.parametrize("switch", ["--dry-run", "--resume"])
def test_a_switch_that_the_script_does_not_know_is_refused(switch, capsys):
    """Rather than run, for minutes, what was to be described or gone on with."""
    with pytest.raises(SystemExit) as caught:
        parameters([switch], **DEFAULTS)
    assert caught.value.code == 2
    assert switch in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2*mA_cm2", 2 * mA_cm2),
        ("-(1+2)*3", -9.0),
        ("1e-3*um/hour", 1e-3 * um / hour),
        ("2**3", 8.0),
        (" 7 ", 7.0),
    ],
)
def test_arithmetic_with_units(text, value):
    assert given(f"current={text}").current == pytest.approx(value, rel=1e-15)


def test_types_are_kept():
    p = given("grains=1e2", "coupling=weak", "steady=1", "current=3")
    assert (p.grains, type(p.grains)) == (100, int)
    assert (p.coupling, p.steady, type(p.current)) == ("weak", True, float)
    assert (given("steady = True").steady, given("steady=True", "steady=False").steady) == (True, False)


@pytest.mark.parametrize("name", ["output", "switches", "values"])
def test_names_that_stand_for_something_else_are_refused(name):
    """They would never be seen: `p.output` is the folder of --output."""
    with pytest.raises(InputError, match=f"cannot be called '{name}'"):
        parameters([], **{name: "results"})


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("curent=1", "unknown parameter 'curent': did you mean 'current'"),
        ("current=1*mA_cm", "unknown unit 'mA_cm': did you mean 'mA_cm2'"),
        ("current", "wants name=value, not 'current'"),
        ("current=", "cannot read current="),
        ("current=1 +", "cannot read current=1 +"),
        ("current=1/0", "cannot read current=1/0"),
        ("current='5'", "cannot read"),
        ("current=True", "cannot read"),
        ("current=nan", "unknown unit 'nan'"),
        ("current=1e400", "must be finite"),
        ("current=(-8)**0.5", "must be a number"),
        ("current=10.0**999", "cannot read"),
        ("current=9**9**9**9", "cannot read"),
        ("grains=1e400", "must be finite"),
        ("grains=2.5", "grains must be a whole number"),
        ("current=[1][0]", "cannot read"),
        ("current=abs(-1)", "cannot read"),
        ("current=__import__('os').getpid()", "cannot read"),
        ("current=(lambda: 1)()", "cannot read"),
        ("current=F.real", "cannot read"),
        ("current=" + "-" * 10_000 + "1", "cannot read"),
    ],
)
def test_everything_else_is_refused(setting, message):
    with pytest.raises(InputError) as caught:
        given(setting)
    assert message in str(caught.value)


def test_unknown_parameter_of_the_script():
    with pytest.raises(AttributeError, match="did you mean 'grains'"):
        _ = parameters([], **DEFAULTS).grain


def test_unknown_option_ends_the_script(capsys):
    with pytest.raises(SystemExit) as caught:
        parameters(["--dryrun"], **DEFAULTS)
    assert caught.value.code == 2
    assert "--dryrun" in capsys.readouterr().err
