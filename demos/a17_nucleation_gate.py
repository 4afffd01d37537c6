"""A critical overpotential of nucleation: at a fixed resistance it sets the critical current.

    python3 demos/a17_nucleation_gate.py                      results/a17_nucleation_gate/gate.png, half a minute
    python3 demos/a17_nucleation_gate.py --set thickness=20*um --set high=100*mV

A current ramp on lithium | LLZO that leaks electrons | LiPON | lithium. The first lithium within the electrolyte comes
where its ions are farthest from the anode's potential, at i = η_nuc/(R_electrode + L/σ_i); row A17: 10 mV (bare
Li6PS5Cl; Wan et al., Nat. Energy 8 (2023) 473, quoted by Machin et al., Batteries 11 (2025) 304) and
220 mV, so 22 times the current.
"""

from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output.folder import output_folder
from fem_ssb.units import mA_cm2, mV, ohm_cm2, um

p = ssb.parameters(
    low=10 * mV, high=220 * mV, thickness=40 * um, transfer=4 * ohm_cm2, steps=256, size=1 * um,
    metal="Li", electrolyte="LLZO", interlayer="LiPON",
    dry_run=False,
)  # fmt: skip
T = 298.15
sigma = ssb.Material(p.electrolyte)["ionic_conductivity"](T)
resistance = p.transfer + p.thickness / sigma

electrode = {"exchange_current": R * T / (F * p.transfer), "transfer_coefficient": 0.5, "film_resistance": 0.0}
stack = ssb.Stack(width=4 * um)
stack.layer("anode", p.metal, thickness=1 * um)
stack.layer("separator", p.electrolyte, thickness=p.thickness)
stack.layer("interlayer", ssb.Material(p.interlayer, ionic_conductivity=sigma), thickness=1 * um)
stack.layer("counter", p.metal, thickness=1 * um)
stack.interface("anode|separator", **electrode)
stack.interface("counter|interlayer", **electrode)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)


def ramp(gate):
    """Current density [A/m²] and lithium in the electrolyte [mol/m] up to one and a half times the critical current."""
    sites = ssb.Reduction(1.0, 1e3, critical_overpotential=gate)
    model = ssb.Model(mesh, [ssb.Conduction(electronic=["separator"]), ssb.ButlerVolmer(law="linear"), sites])
    end = 1.5 * gate / resistance
    model.ground("counter").apply(ssb.Current(lambda t: -end * t, into="anode"))
    result = model.run(1.0, first_step=1 / p.steps, largest_step=1 / p.steps, quiet=True, dry_run=p.dry_run)
    return -result["current density [A/m2]"], result["reduced lithium separator [mol/m]"]


results = {gate: ramp(gate) for gate in (p.low, p.high)}
folder = output_folder(p.output or "results/a17_nucleation_gate", mesh.comm)
if mesh.comm.rank == 0:
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    critical = {gate: current[lithium > 0].min() for gate, (current, lithium) in results.items()}
    for gate, (current, lithium) in results.items():
        exact = gate / resistance
        print(
            f"gate {gate / mV:5.0f} mV: first lithium at {critical[gate] / mA_cm2:.3f} mA/cm²; "
            f"closed form {exact / mA_cm2:.3f} mA/cm²"
        )
        axes.plot(
            current / exact, lithium / lithium.max(), label=f"gate {gate / mV:.0f} mV, {exact / mA_cm2:.2f} mA/cm²"
        )
    print(f"ratio {critical[p.high] / critical[p.low]:.2f}; closed form {p.high / p.low:.2f}")
    axes.axvline(1.0, color="0.6", lw=1)
    axes.set(xlabel="current / (η_nuc/R)", ylabel="lithium in the electrolyte, of its last")
    axes.legend()
    figure.savefig(folder / "gate.png", dpi=150)
