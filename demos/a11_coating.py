r"""A coating between electrolyte and cathode takes its share of lithium's chemical potential (Wagner).

    python3 demos/a11_coating.py                           results/a11_coating/, some seconds
    python3 demos/a11_coating.py --set coating=200*nm      the coating takes two thirds
    python3 demos/a11_coating.py --set leak=1e-7           a coating that leaks more protects less

Lithium | electrolyte | coating | cathode (4 V) at open circuit. Both layers conduct ions and a few electrons; the
ambipolar conductivity of the coating is a thousandth of the electrolyte's, so that it takes
1/(1 + (L_SE/L_CL)/1000) of the potential difference: 9.1, 33.3, 50, 66.7 % at 10, 50, 100, 200 nm on 100 µm.
All conductivities are estimates. Lithium leaks through the cell at the printed rate.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.units import mA_cm2, nm, um

p = ssb.parameters(
    coating=100 * nm, electrolyte=100 * um, cathode=4.0, leak=1e-9, size=0.1 * um, metal="Li", dry_run=False
)
KINETICS = {"exchange_current": 1 * mA_cm2, "transfer_coefficient": 0.5}


def layer(name, ions, electrons):
    """A mixed conductor [S/m]."""
    return ssb.Material.custom(name, kind="electrolyte", ionic_conductivity=ions, electronic_conductivity=electrons)


stack = ssb.Stack(width=0.5 * um, dim=2)
stack.layer("anode", p.metal, thickness=2 * um)
stack.layer("separator", layer("electrolyte", 0.1, 1e-6), thickness=p.electrolyte)
stack.layer("coating", layer("coating", 1e-5, p.leak), thickness=p.coating)
stack.layer("cathode", p.metal, thickness=2 * um)  # a collector; the reaction there has the cathode's potential
stack.interface("anode|separator", **KINETICS)
stack.interface("coating|cathode", **KINETICS)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

physics = [
    ssb.Conduction(electronic=("separator", "coating")),
    ssb.ButlerVolmer(equilibrium_potential={"coating|cathode": p.cathode}),
]
model = ssb.Model(mesh, physics)
model.ground("anode").apply(ssb.Current(0.0, into="cathode"))
result = model.run(1.0, output=p.output or "results/a11_coating", dry_run=p.dry_run, parameters=p.values)
result.plot()


def ambipolar(region):
    """σ_iσ_e/(σ_i + σ_e) [S/m]."""
    material = model.state.materials[region]
    ions, electrons = (float(material[f"{kind}_conductivity"](298.15)) for kind in ("ionic", "electronic"))
    return ions * electrons / (ions + electrons)


leak = result["mean current anode|separator [A/m2]"][-1]
share = leak * p.coating / ambipolar("coating") / p.cathode
exact = 1 / (1 + p.electrolyte / p.coating * ambipolar("coating") / ambipolar("separator"))
if mesh.comm.rank == 0:
    print(f"the coating takes {share:.2%} of {p.cathode:g} V; closed form {exact:.2%}")
    print(f"open-circuit voltage {result['voltage [V]'][-1]:.5f} V, leak {leak / mA_cm2 * 1e6:.3g} nA/cm²")
