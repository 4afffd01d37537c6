r"""A cell in a gradient of temperature has a voltage: the ionic Seebeck effect, and Peltier's heat with a current.

    python3 demos/seebeck.py                              results/seebeck/, some seconds
    python3 demos/seebeck.py --set alpha=-0.5e-3          ions that are driven to the hot side
    python3 demos/seebeck.py --set difference=0 --set current=10*mA_cm2      only what the current carries

α of 1 mV/K is an estimate of the order measured for solid electrolytes. Printed: voltage beside α ΔT and iR.
"""

from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import BoundaryFlux
from fem_ssb.units import mA_cm2, mV, um

p = ssb.parameters(
    alpha=1e-3, difference=20.0, current=0 * mA_cm2, thickness=500 * um, size=10 * um,
    metal="Li", electrolyte="LLZO",
    dry_run=False,
)  # fmt: skip
COLD, EXCHANGE = 298.15, 1e5

stack = ssb.Stack(width=100 * um)
stack.layer("anode", p.metal, thickness=20 * um)
stack.layer("separator", p.electrolyte, thickness=p.thickness)
stack.layer("counter", p.metal, thickness=20 * um)
for electrode in ("anode", "counter"):
    stack.interface(f"{electrode}|separator", exchange_current=EXCHANGE, film_resistance=0.0)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), ssb.Heat(steady=True), ssb.Seebeck(p.alpha)])
model.ground("counter").apply(ssb.Current(p.current, into="anode"))
model.apply(ssb.Fixed("temperature", "anode", COLD), ssb.Fixed("temperature", "counter", COLD + p.difference))
result = model.run(1.0, output=p.output or "results/seebeck", first_step=1.0, parameters=p.values, dry_run=p.dry_run)
result.plot()

flux = BoundaryFlux(model, "temperature")
flux.evaluate()
cold, hot = (-flux.at(b)["mean"] for b in ("anode", "counter"))
if mesh.comm.rank == 0:
    voltage = result["voltage [V]"][-1]
    print(f"voltage {voltage / mV:.4f} mV; α ΔT {p.alpha * p.difference / mV:.4f} mV without current")
    print(f"heat out at the lower collector {cold:.6g} W/m², at the upper {hot:.6g}; both {cold + hot:.6g}")
    print(f"electrical power in {p.current * voltage:.6g} W/m²")
