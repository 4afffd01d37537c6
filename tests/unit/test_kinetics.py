"""Rate laws of the electrode reaction: slopes, limits, the integral that one of them stands for; errors."""

import dolfinx
import numpy as np
import pytest
import ufl
from dolfinx import fem
from scipy.integrate import quad
from small_cells import plain, stack

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.errors import InputError
from fem_ssb.physics.rates import RATES, rate_law

T = 298.15


@pytest.fixture
def evaluate(comm):
    """i_n/i₀ of a law at an array of f, through UFL."""
    domain = dolfinx.mesh.create_unit_interval(comm, 1)
    f = fem.Constant(domain, 0.0)

    def values(law, at, anodic=0.5):
        form = fem.form(rate_law(law)(f, anodic) * ufl.dx(domain))
        found = []
        for value in np.atleast_1d(at):
            f.value = value
            found.append(comm.allreduce(fem.assemble_scalar(form)))
        return np.array(found)

    return values


def test_laws_against_their_formulas(evaluate):
    f = np.array([-5.0, -0.1, 0.3, 4.0])
    np.testing.assert_allclose(evaluate("butler_volmer", f, 0.3), np.exp(0.3 * f) - np.exp(-0.7 * f), rtol=1e-12)
    np.testing.assert_allclose(evaluate("linear", f), f, rtol=1e-12)
    np.testing.assert_allclose(evaluate("tafel_anodic", f, 0.3), np.exp(0.3 * f), rtol=1e-12)
    np.testing.assert_allclose(evaluate("tafel_cathodic", f, 0.3), -np.exp(-0.7 * f), rtol=1e-12)


@pytest.mark.parametrize("law", ["butler_volmer", "linear", ssb.MarcusHushChidsey(3e4)])
def test_slope_at_rest_is_one(evaluate, law):
    low, high = evaluate(law, [-1e-4, 1e-4])
    assert (high - low) / 2e-4 == pytest.approx(1.0, rel=1e-6)


def test_tafel_is_the_limit_of_butler_volmer(evaluate):
    assert evaluate("butler_volmer", 15.0) == pytest.approx(evaluate("tafel_anodic", 15.0), rel=1e-6)
    assert evaluate("butler_volmer", -15.0) == pytest.approx(evaluate("tafel_cathodic", -15.0), rel=1e-6)


def integral(f, size):
    """k_ox − k_red of Chidsey, Science 251 (1991) 919: ∫exp(−(x − Λ ∓ f)²/4Λ)/(1 + eˣ) dx, no prefactor."""

    def rate(sign):
        def density(x):
            return np.exp(-((x - size + sign * f) ** 2) / (4 * size)) / (1 + np.exp(x))

        return quad(density, -80, 80, limit=400, points=[0.0, size - sign * f])[0]

    return rate(-1) - rate(1)


@pytest.mark.parametrize("size", [3.0, 12.0, 20.0])
def test_marcus_hush_chidsey_is_its_integral(evaluate, size):
    f = np.array([-8.0, 0.5, 2.0, 5.0, 10.0, 15.0, 25.0, 40.0])
    law = ssb.MarcusHushChidsey(size * R * T)
    exact = np.array([integral(x, size) for x in f]) / (integral(1e-3, size) / 1e-3)
    np.testing.assert_allclose(evaluate(law, f), exact, rtol=1e-4)
    top = evaluate(law, [44.0, 100.0])
    assert top[1] == pytest.approx(top[0], rel=2e-3), "levels off"


def voltage(model):
    return model.boundary_conditions.mean("electronic_potential", "anode")


def test_laws_in_a_cell(comm):
    """The voltage less the ohmic part is that of the law; contact on half of the area doubles its resistance."""
    i0, i = 1.0, 0.5

    def cell(**kinetics):
        from small_cells import stack

        made = stack(grains=0, pores=False)
        for interface in ("anode|separator", "separator|counter"):
            made.interface(interface, exchange_current=i0, film_resistance=0.0)
        mesh = made.mesh(comm, size=3e-6)
        model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(**kinetics)])
        model.ground("counter").apply(ssb.Current(i, into="anode")).solve()
        return voltage(model)

    whole, half = cell(law="linear"), cell(law="linear", contact_fraction=0.5)
    assert half - whole == pytest.approx(2 * i * R * T / (F * i0), rel=1e-6)
    one = cell(law="linear", contact_fraction={"separator|anode": 0.5})
    assert one - whole == pytest.approx(i * R * T / (F * i0), rel=1e-6)
    butler_volmer = cell()
    exact = 2 * (2 * R * T / F * np.arcsinh(i / (2 * i0)) - i * R * T / (F * i0))
    assert butler_volmer - whole == pytest.approx(exact, rel=1e-4)
    cubic = cell(law=lambda f, anodic: f + f**3)
    f = np.roots([1.0, 0.0, 1.0, -i / i0])
    f = float(f[np.abs(f.imag) < 1e-12].real[0])
    assert cubic - whole == pytest.approx(2 * R * T / F * (f - i / i0), rel=1e-4)


def test_errors(comm):
    with pytest.raises(InputError, match="did you mean 'linear'"):
        ssb.ButlerVolmer(law="linaer")
    with pytest.raises(InputError, match="function of"):
        ssb.ButlerVolmer(law=3)
    with pytest.raises(InputError, match="contact fraction must be above 0"):
        ssb.ButlerVolmer(contact_fraction=0.0)
    with pytest.raises(InputError, match=r"contact fraction of 'a\|b' must be at most 1"):
        ssb.ButlerVolmer(contact_fraction={"a|b": 2.0})
    with pytest.raises(InputError, match="reorganisation energy"):
        ssb.MarcusHushChidsey(-1.0)
    model = plain(comm, ("Conduction",))
    model.physics.append(ssb.ButlerVolmer(equilibrium_potential={"anode|seperator": 1.0}))
    with pytest.raises(InputError, match=r"did you mean 'anode\|separator'"):
        model.solve()
    assert set(RATES) == {"butler_volmer", "linear", "tafel_anodic", "tafel_cathodic"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"potential": "chemical"}, "unknown potential of the ions 'chemical'"),
        ({"metal_pressure": "mean"}, "unknown pressure of the metal 'mean'"),
        ({"ion_volume": 5e-6}, "has its partial molar volume in it"),
        ({"curvature": "facets"}, "a curvature is a number"),
        ({"curvature": {"anode|separator": float("inf")}}, "curvature [1/m] must be finite"),
    ],
)
def test_what_shifts_the_equilibrium_is_checked(options, message):
    with pytest.raises(InputError) as caught:
        ssb.ButlerVolmer(**options)
    assert message in str(caught.value)


def test_curvatures_are_of_interfaces_that_are_there(comm):
    mesh = stack(grains=0, pores=False).mesh(comm, size=3e-6)
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(curvature={"anode|cathode": 1.0})])
    with pytest.raises(InputError, match="unknown interface"):
        model.build()


def test_contact_that_follows_a_pressure_needs_one(comm):
    """Without mechanics the least fraction of all would have reacted."""
    model = plain(comm, ("Conduction",))
    model.physics.append(ssb.ButlerVolmer(contact_fraction=ssb.RoughContact(3e6)))
    with pytest.raises(InputError, match="follows a pressure that no physics"):
        model.build()
