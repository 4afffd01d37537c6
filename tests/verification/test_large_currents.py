r"""Rate laws at currents up to a thousand times the exchange current, Newton started from zero.

Metal | bricks of ceramic with resistive boundaries | metal, all in one dimension: with N grains of the size d along the
current and films R_f,

    V = i (N d/σ + (N − 1) R_gb + 2 l/σ_e + 2 R_f) + η(i) − η(−i)

where η(i) is the root of i = i₀ rate(Fη/RT), found here by bisection: exp(αf) − exp(−(1 − α)f) of Butler and Volmer,
±exp(±f/2) of Tafel, and Chidsey's integral (Science 251 (1991) 919) by quadrature.

Columns of different bricks side by side, with a boundary between them that blocks, are such cells in parallel: each has
its i_k at the common V, and the mean of them is the current. How the laws share it out is found by bisection too.

The last law levels off: k₋ − k₊ → ∫ exp[−(x − Λ)²/4Λ] dx = 2√(πΛ) at large f, over its slope at f = 0. Above that
times i₀ there is no solution. Polycrystals with pores and voids have no closed form; there it is charge, power, and
that a cell whose α and 1 − α are exchanged has the opposite voltage at the opposite current.
"""

import numpy as np
import pytest
from cells import T, box, midpoints, voltage
from scipy.integrate import quad
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.analysis.interfaces import InterfaceMap
from fem_ssb.constants import F, R
from fem_ssb.units import um

EXCHANGE, SIGMA, METAL, BOUNDARY = 20.0, 0.05, 1e7, 2e-4
D, FOIL, GRAINS = 4 * um, 4 * um, 3
SOURCE = "series circuit, law by bisection"


def butler_volmer(alpha):
    return lambda f: np.exp(alpha * f) - np.exp(-(1 - alpha) * f)


def chidsey(size):
    """(k₋ − k₊) over its slope at f = 0, Λ = size, and the limit of that."""

    def rate(f):
        def density(x, sign):
            return np.exp(-((x - size + sign * f) ** 2) / (4 * size)) / (1 + np.exp(x))

        middle = [quad(density, -90, 90, args=(s,), limit=400, points=[0.0, size - s * f])[0] for s in (-1, 1)]
        return middle[0] - middle[1]

    slope = rate(1e-3) / 1e-3
    return lambda f: rate(f) / slope, 2 * np.sqrt(np.pi * size) / abs(slope)


def cell(comm, dim, metal, current=lambda i: i, alpha=0.5, film=0.0, **kinetics):
    """Bricks between two foils, two across; without a current it follows the model's time."""
    size = (2 * D,) * (dim - 1) + (2 * FOIL + GRAINS * D,)
    domain = box(comm, size, (2,) * (dim - 1) + (GRAINS + 2,))
    place = midpoints(domain)
    row = np.clip((place[:, dim - 1] / D).astype(np.int32), 0, GRAINS + 1)
    region = np.select([row == 0, row == GRAINS + 1], [0, 2], 1).astype(np.int32)
    column = (place[:, : dim - 1] / D).astype(np.int32).sum(axis=1) if dim == 2 else (place[:, 0] / D).astype(np.int32)
    inside = 2 + 2 * (row - 1) + column
    grain = np.select([region == 0, region == 2], [0, 1], inside).astype(np.int32)
    of_grain = np.array([0, 2] + [1] * (2 * GRAINS), dtype=np.int32)
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": alpha, "film_resistance": film}
    foil = ssb.Material(metal, electronic_conductivity=METAL)
    mesh = ssb.NamedMesh.from_cells(
        domain,
        ["anode", "separator", "counter"],
        region,
        grain,
        of_grain,
        materials={
            "anode": foil,
            "separator": ssb.Material({"Li": "LLZO", "Na": "NZSP"}[metal], ionic_conductivity=SIGMA),
            "counter": foil,
        },
        grain_boundaries={"separator": ssb.GrainBoundaries(resistance=BOUNDARY)},
        interface_data={"anode|separator": data, "separator|counter": data},
    )
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(**kinetics)])
    return model.ground("top").apply(ssb.Current(current, into="bottom"))


def at(model, current):
    """Voltage at a current, Newton started from zero."""
    model.state.reject()
    model.state.time.value = current
    model.solve()
    return voltage(model)


def closed_form(i, rate, film=0.0, counter=None):
    """V of the cell; `counter`: rate of the other electrode, if it is another one."""
    ohmic = GRAINS * D / SIGMA + (GRAINS - 1) * BOUNDARY + 2 * FOIL / METAL + 2 * film
    eta = [brentq(lambda f, k=k, j=j: k(f) - j / EXCHANGE, -80, 80) for k, j in ((rate, i), (counter or rate, -i))]
    return i * ohmic + R * T / F * (eta[0] - eta[1])


@pytest.mark.parallel
@pytest.mark.parametrize(
    "dim, metal, alpha, film",
    [(2, "Li", 0.5, 0.0), (2, "Na", 0.2, 1e-3), pytest.param(3, "Na", 0.8, 1e-3, marks=pytest.mark.slow)],
)
def test_butler_volmer(verify, comm, dim, metal, alpha, film):
    model = cell(comm, dim, metal, alpha=alpha, film=film)
    for ratio in (1e-3, 1.0, 30.0, 1000.0, -1000.0):
        found = at(model, ratio * EXCHANGE)
        what = f"{dim}D, {metal}, α = {alpha:g}, film of {film:g} Ω m², i/i₀ = {ratio:g}: voltage [V]"
        exact = closed_form(ratio * EXCHANGE, butler_volmer(alpha), film)
        verify(found, exact, rtol=1e-7, what=what, source=SOURCE)
        assert model.balances.evaluate()["current imbalance"] < 1e-9


@pytest.mark.parametrize("electronvolt, film, ratio", [(0.3, 0.0, 10.0), (0.3, 1e-4, 82.9), (1.0, 1e-4, 1000.0)])
def test_marcus_hush_chidsey(verify, comm, electronvolt, film, ratio):
    """82.9 i₀ are 0.99 of the largest current at 0.3 eV."""
    rate, largest = chidsey(electronvolt * F / (R * T))
    law = ssb.MarcusHushChidsey(electronvolt * F)
    if electronvolt == 0.3:
        verify(law.largest, largest, rtol=1e-4, what="largest i/i₀ at 0.3 eV", source="2√(πΛ)/slope at rest")
    model = cell(comm, 2, "Li", film=film, law=law)
    for sign in (1, -1):
        i = sign * ratio * EXCHANGE
        found = at(model, i)
        what = f"λ = {electronvolt:g} eV, film of {film:g} Ω m², i/i₀ = {sign * ratio:g}: voltage [V]"
        verify(found, closed_form(i, rate, film), rtol=1e-4, what=what, source=SOURCE)


@pytest.mark.parallel
def test_a_current_that_the_law_cannot_carry_is_named(comm):
    law = ssb.MarcusHushChidsey(0.3 * F)
    model = cell(comm, 2, "Li", 1.01 * law.largest * EXCHANGE, law=law)
    with pytest.raises(ssb.ConvergenceError, match=r"law of anode\|separator carries .* asked are .*: ask for less"):
        model.solve()
    assert np.abs(model.state["electronic_potential"].x.array).max() == 0.0
    assert float(model.state.ease.value) == 0.0
    model = cell(comm, 2, "Li", -EXCHANGE, law={"separator|anode": "tafel_anodic"})
    with pytest.raises(ssb.ConvergenceError, match=r"law of anode\|separator carries 0 to inf A/m"):
        model.solve()


@pytest.mark.parallel
def test_laws_by_electrode(verify, comm):
    """Tafel on both, each in its direction, at 1 and 1000 i₀."""
    laws = {"anode|separator": "tafel_anodic", "separator|counter": "tafel_cathodic"}
    model = cell(comm, 2, "Na", alpha=0.3, law=laws)
    for ratio in (1.0, 1000.0):
        found = at(model, ratio * EXCHANGE)
        exact = closed_form(ratio * EXCHANGE, lambda f: np.exp(0.3 * f), counter=lambda f: -np.exp(-0.7 * f))
        what = f"Tafel at each electrode, i/i₀ = {ratio:g}: voltage [V]"
        verify(found, exact, rtol=1e-7, what=what, source=SOURCE)


RESISTANCE = {"good": 2e-4, "poor": 1e-3}  # of the boundaries between bricks [Ω m²]
CONDUCTIVITY = {"good": SIGMA, "poor": SIGMA / 4}


def columns(comm, **kinetics):
    """Two columns of 1 and 2 bricks by `GRAINS`, the poor one three times as wide as the good, in 3D."""
    domain = box(comm, (4 * D, 2 * D, 2 * FOIL + GRAINS * D), (4, 2, GRAINS + 2))
    x, y, z = (midpoints(domain) / D).astype(np.int32).T
    foil, good = (z == 0) | (z == GRAINS + 1), x == 0
    region = np.select([z == 0, z == GRAINS + 1, good], [0, 3, 1], 2).astype(np.int32)
    inside = 2 + 2 * (z - 1) + np.where(good, 0, 2 * GRAINS + y)
    grain = np.select([foil & (z == 0), foil], [0, 1], inside).astype(np.int32)
    of_grain = np.array([0, 3] + [1] * 2 * GRAINS + [2] * 2 * GRAINS, dtype=np.int32)
    electrode = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.3, "film_resistance": 0.0}
    pairs = [(f, c) for f in ("anode", "counter") for c in CONDUCTIVITY]
    mesh = ssb.NamedMesh.from_cells(
        domain,
        ["anode", "good", "poor", "counter"],
        region,
        grain,
        of_grain,
        materials={"anode": "Li", "counter": "Li"}
        | {name: ssb.Material("LLZO", ionic_conductivity=sigma) for name, sigma in CONDUCTIVITY.items()},
        grain_boundaries={name: ssb.GrainBoundaries(resistance=R) for name, R in RESISTANCE.items()},
        interface_data={f"{f}|{c}": electrode for f, c in pairs} | {"good|poor": {"film_resistance": 1e6}},
    )
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(**kinetics)])
    return model.ground("top").apply(ssb.Current(lambda i: i, into="bottom"))


MARCUS = ssb.MarcusHushChidsey(0.3 * F)
LAWS = {  # of the model, by bisection
    "linear": ("linear", lambda f: f),
    "Butler–Volmer": ("butler_volmer", butler_volmer(0.3)),
    "Tafel": ("tafel_anodic", lambda f: np.exp(0.3 * f)),
    "Marcus–Hush–Chidsey": (MARCUS, chidsey(0.3 * F / (R * T))[0]),
    "of the user": (lambda f, anodic: f + f**3, lambda f: f + f**3),
}


@pytest.mark.parallel
@pytest.mark.parametrize(
    "anode, counter",
    [
        ("linear", "Marcus–Hush–Chidsey"),
        ("Tafel", "of the user"),
        pytest.param("Butler–Volmer", "Butler–Volmer", marks=pytest.mark.slow),
    ],
)
def test_columns_share_the_current(verify, comm, anode, counter):
    law = {f"{foil}|{c}": LAWS[n][0] for foil, n in (("anode", anode), ("counter", counter)) for c in CONDUCTIVITY}
    model = columns(comm, law=law)

    def drop(i, column):
        ohmic = GRAINS * D / CONDUCTIVITY[column] + (GRAINS - 1) * RESISTANCE[column]
        rates = ((LAWS[anode][1], i), (LAWS[counter][1], -i))
        eta = [brentq(lambda f, k=k, j=j: k(f) - j / EXCHANGE, -80, 80) for k, j in rates]
        return i * ohmic + R * T / F * (eta[0] - eta[1])

    for ratio in (1.0, 30.0):
        mean = ratio * EXCHANGE
        good = brentq(lambda i, m=mean: drop(i, "good") - drop((m - 0.25 * i) / 0.75, "poor"), mean, 2.5 * mean)
        found = at(model, mean)
        rtol = 1e-4 if "Marcus" in counter else 1e-7  # by quadrature of either side
        what = f"3D columns, {anode} and {counter}, i/i₀ = {ratio:g}"
        verify(found, drop(good, "good"), rtol=rtol, what=f"{what}: voltage [V]", source=SOURCE)
        through = InterfaceMap(model.state, "reaction_current", "anode|good").evaluate()["mean"]
        verify(through / mean, good / mean, rtol=rtol, what=f"{what}: i of the good column over i", source=SOURCE)


def grains_in_3d(comm, current, exchange, law, scale):
    """Voltage [V] of a Voronoi polycrystal in 3D whose grains and boundaries conduct `scale` times as well."""
    stack = ssb.Stack(width=10 * um, dim=3)
    foil = ssb.Material("Li", electronic_conductivity=1e5)  # equipotential; 1e7 S/m only costs digits
    ceramic = ssb.Material("LLZO", ionic_conductivity=scale * SIGMA, gb_resistance=BOUNDARY / scale)
    stack.layer("anode", foil, thickness=2 * um)
    stack.layer("separator", ceramic, thickness=10 * um, grains=ssb.Voronoi(count=4, seed=3))
    stack.layer("counter", foil, thickness=2 * um)
    for name in ("anode|separator", "separator|counter"):
        stack.interface(name, exchange_current=exchange, film_resistance=0.0)
    model = ssb.Model(stack.mesh(comm, size=2.5 * um), [ssb.Conduction(), ssb.ButlerVolmer(law=law)])
    model.ground("counter").apply(ssb.Current(current, into="anode")).solve()
    return voltage(model, "anode")


@pytest.mark.slow
@pytest.mark.parallel
def test_grains_add_their_resistance(verify, comm):
    """V = iR + 2η(i) where the current is uniform, R that of grains and boundaries for such a current.

    Slow kinetics make it uniform: R is measured with linear ones. The faster ones of Marcus, Hush and Chidsey let it
    depart by δi ∝ R/R_ct, which changes V by δi² R_ct: of iR, in proportion to 1/σ.
    """
    ratio, slow, rate = 30.0, 1e-4 * EXCHANGE, chidsey(0.3 * F / (R * T))[0]
    eta = R * T / F * brentq(lambda f: rate(f) - ratio, 0, 80)
    off = []
    for scale in (1.0, 4.0):
        resistance = grains_in_3d(comm, 1.0, slow, "linear", scale) - 2 * R * T / (F * slow)
        i = ratio * EXCHANGE
        found = grains_in_3d(comm, i, EXCHANGE, ssb.MarcusHushChidsey(0.3 * F), scale) - 2 * eta
        off.append(abs(found / (i * resistance) - 1))
        what = f"3D grains, Marcus–Hush–Chidsey, i/i₀ = 30, {scale:g} σ: V − 2η(i) [V]"
        verify(found, i * resistance, rtol=0.01 / scale, what=what, source="uniform current")
    verify.below(off[1] / off[0], 0.4, what="3D grains: its deviation at 4 σ over that at σ", source="∝ 1/σ: ¼")


def polycrystal(comm, dim, metal, alpha, film):
    """Grains with resistive boundaries and, in 2D, pores; voids at the anode."""
    stack = ssb.Stack(width=10 * um, dim=dim)
    stack.layer("anode", metal, thickness=3 * um)
    stack.layer(
        "separator",
        ssb.Material({"Li": "LLZO", "Na": "NZSP"}[metal], gb_resistance=1e-4),
        thickness=10 * um,
        grains=ssb.Voronoi(count=12 if dim == 2 else 4, seed=3),
        pores=ssb.Pores(fraction=0.04, radius=0.8 * um, seed=2) if dim == 2 else None,
    )
    stack.layer("counter", metal, thickness=3 * um)
    stack.voids("anode|separator", ssb.Voids(depth=0.4 * um, coverage=0.3, width=(1.2 if dim == 2 else 4) * um, seed=1))
    for name, a in (("anode|separator", alpha), ("separator|counter", alpha)):
        stack.interface(name, exchange_current=EXCHANGE, transfer_coefficient=a, film_resistance=film)
    return stack.mesh(comm, size=(1.5 if dim == 2 else 2.5) * um)


@pytest.mark.parametrize(
    "dim, metal, film, law",
    [
        (2, "Li", 1e-3, "butler_volmer"),
        pytest.param(2, "Na", 0.0, "butler_volmer", marks=pytest.mark.slow),
        (2, "Na", 1e-3, ssb.MarcusHushChidsey(1.0 * F)),
        pytest.param(3, "Na", 1e-3, "butler_volmer", marks=pytest.mark.slow),
    ],
    ids=lambda value: getattr(value, "__class__", type(value)).__name__ if callable(value) else str(value),
)
def test_polycrystals_with_voids(verify, comm, dim, metal, film, law):
    found = []
    for alpha, sign in ((0.3, 1), (0.7, -1)):
        model = ssb.Model(polycrystal(comm, dim, metal, alpha, film), [ssb.Conduction(), ssb.ButlerVolmer(law=law)])
        model.ground("counter").apply(ssb.Current(sign * 1000 * EXCHANGE, into="anode")).solve()
        balances = model.balances.evaluate()
        assert max(balances["current imbalance"], balances["power imbalance"]) < 1e-9, balances
        found.append(voltage(model, "anode"))
    kind = law if isinstance(law, str) else "Marcus–Hush–Chidsey"
    what = f"{dim}D polycrystal of {metal}, {kind}, film of {film:g} Ω m², 1000 i₀: −V(−i; 1 − α) [V]"
    verify(-found[1], found[0], rtol=1e-8, what=what, source="V(i; α) = −V(−i; 1 − α)")
