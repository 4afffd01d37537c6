r"""A coating that conducts ions and electrons poorly takes its share of the metal's chemical potential (Wagner).

Lithium | electrolyte L_SE | coating L_CL | cathode at U against lithium, open circuit: no total current, i_i = −i_e.
With μ/F = φ − ψ, i_i = −σ_i φ' and i_e = −σ_e ψ',

    i_i = −σ_iσ_e/(σ_i + σ_e) (φ − ψ)',

the same everywhere, so that Δμ divides like L(σ_i + σ_e)/(σ_iσ_e), and the coating takes

    1/(1 + (L_SE/L_CL)(σ_CL/σ_SE)),    σ the ambipolar conductivities, σ_CL/σ_SE = 1e-3:

9.1, 16.7, 33.3, 50, 66.7 % for 10/100, 10/50, 50/100, 100/100, 200/100 nm/µm. The leak is i_i = U/Σ L/σ and the
open-circuit voltage ∫t_i d(ψ − φ), t_i = σ_i/(σ_i + σ_e), because φ drops by (1 − t_i) of it.
"""

import numpy as np
import pytest
from cells import layered
from dolfinx import fem

import fem_ssb as ssb
from fem_ssb.units import nm, um

U = 4.0
ELECTROLYTE = {"ionic_conductivity": 0.1, "electronic_conductivity": 1e-6}  # S/m
# still equipotential; at lithium's own 1e7 S/m the rounding of σ_e ψ is 1e-8 of so small a leak
METAL = ssb.Material("Li", electronic_conductivity=1e4)
pytestmark = pytest.mark.system("A11")


def ambipolar(values):
    i, e = values["ionic_conductivity"], values["electronic_conductivity"]
    return i * e / (i + e)


# 1/σ = 1/σ_i + 1/σ_e with σ a thousandth of the electrolyte's
COATING = {"ionic_conductivity": 1e-6}
COATING["electronic_conductivity"] = 1 / (1 / (1e-3 * ambipolar(ELECTROLYTE)) - 1 / COATING["ionic_conductivity"])


def cell(comm, coating, electrolyte, dim=2):
    """Lithium, electrolyte, coating and a collector that plays the cathode; fast kinetics."""
    fast = {"exchange_current": 1e3, "transfer_coefficient": 0.5, "film_resistance": 0.0}
    mesh = layered(
        comm,
        1 * um,
        {
            "anode": (METAL, 1 * um, 1),
            "separator": (ssb.Material("LLZO", **ELECTROLYTE), electrolyte, 4),
            "coating": (ssb.Material("LiPON", **COATING), coating, 4),
            "cathode": (METAL, 1 * um, 1),
        },
        interface_data={
            "anode|separator": fast,
            "coating|cathode": fast,
            "separator|coating": {"film_resistance": 0.0},
        },
        dim=dim,
    )
    kinetics = ssb.ButlerVolmer(equilibrium_potential={"cathode|coating": U})
    model = ssb.Model(mesh, [ssb.Conduction(electronic=("separator", "coating")), kinetics])
    return model.apply(ssb.Ground("bottom"), ssb.Current(0.0, into="top"))


def chemical_drop(model, region):
    """Drop of ψ − φ over a layer [V], from its mean gradient."""
    state, mesh = model.state, model.mesh
    gradient = fem.form((state["electronic_potential"] - state["ionic_potential"]).dx(mesh.dim - 1) * state.dx(region))
    return state.integrate(gradient)[0] / (mesh.upper - mesh.lower)[0] ** (mesh.dim - 1)


@pytest.mark.parametrize(
    "coating, electrolyte, share, dim",
    [
        pytest.param(10, 100, 9.1, 2, marks=pytest.mark.parallel),
        (10, 50, 16.7, 2),
        (50, 100, 33.3, 2),
        (100, 100, 50.0, 2),
        (200, 100, 66.7, 2),
        pytest.param(50, 100, 33.3, 3, marks=pytest.mark.parallel),
    ],
)
def test_share_of_the_coating(verify, comm, coating, electrolyte, share, dim):
    model = cell(comm, coating * nm, electrolyte * um, dim)
    model.solve()
    drops = [chemical_drop(model, region) for region in ("separator", "coating")]
    total = sum(drops)
    at = f"{dim}D: coating {coating} nm on {electrolyte} µm"
    verify(total, U, rtol=1e-6, what=f"{at}: Δμ/F over both layers [V]", source="reactions in equilibrium")
    exact = 1 / (1 + electrolyte * um / (coating * nm) * 1e-3)
    verify(drops[1] / total, exact, rtol=1e-6, what=f"{at}: share of the coating", source="1/(1 + L_SEσ_CL/L_CLσ_SE)")
    verify(100 * drops[1] / total, share, atol=0.05, what=f"{at}: share [%]", source="the table's number")
    leak = U / sum(length / ambipolar(v) for length, v in ((electrolyte * um, ELECTROLYTE), (coating * nm, COATING)))
    found = model.state.quantity("reaction_current", "anode|separator")
    width = (model.mesh.upper - model.mesh.lower)[0] ** (dim - 1)
    through = model.state.integrate(fem.form(found * model.state.dS("anode|separator")))[0] / width
    verify(through, leak, rtol=1e-6, what=f"{at}: lithium leaks at [A/m²]", source="UF/ΣL/σ")
    imbalance = max(model.balances.evaluate().values())
    verify.below(imbalance, 1e-8, what=f"{at}: worst of all balances", source="currents and power in closed circuits")
    voltage = model.boundary_conditions.mean("electronic_potential", "top")
    transference = [v["ionic_conductivity"] / sum(v.values()) for v in (ELECTROLYTE, COATING)]
    ions = np.dot(transference, drops)
    verify(voltage, ions, rtol=1e-6, what=f"{at}: open-circuit voltage [V]", source="∫t_i d(ψ − φ)")


@pytest.mark.parallel
def test_no_electrons_no_leak(comm):
    """Without electronic conduction the open-circuit voltage is U and nothing leaks."""
    model = cell(comm, 10 * nm, 100 * um)
    model.physics[0].electronic = ()
    model.solve()
    assert model.boundary_conditions.mean("electronic_potential", "top") == pytest.approx(U, rel=1e-9)
    found = model.state.quantity("reaction_current", "anode|separator")
    assert abs(model.state.integrate(fem.form(found * model.state.dS("anode|separator")))[0]) < 1e-12  # A/m


def test_metals_and_insulators_are_refused(comm):
    for region, problem in (("anode", "is a metal"), ("coatng", "did you mean 'coating'")):
        model = cell(comm, 10 * nm, 100 * um)
        model.physics[0].electronic = (region,)
        with pytest.raises(ssb.InputError, match=problem):
            model.solve()
