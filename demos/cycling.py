"""Lithium | LLZO | NMC811 layer: charge, hold, rest and discharge, three times; the voltage against the capacity.

    python3 demos/cycling.py                                       results/cycling/cycles.png, in a minute
    python3 demos/cycling.py --set current=0.5*mA_cm2 --set cycles=1

The open-circuit curve, the capacity and the diffusivity are those of the library; the exchange current is an estimate.
Lithium alone: the library has no host of sodium.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F
from fem_ssb.units import hours, mA_cm2, mAh_cm2, minutes, um

p = ssb.parameters(
    current=0.05 * mA_cm2, cycles=3, thickness=3 * um, exchange=5.0, upper=4.2, lower=3.55, dry_run=False, resume=False
)

stack = ssb.Stack(width=10 * um)
stack.layer("anode", "Li", thickness=10 * um)
stack.layer("separator", "LLZO", thickness=20 * um)
stack.layer("cathode", "NMC811", thickness=p.thickness, size=0.3 * um)
stack.interface("separator|cathode", exchange_current=p.exchange)
mesh = stack.mesh(MPI.COMM_WORLD, size=4 * um)

charge = ssb.CC(p.current, until=(hours(10), ssb.voltage > p.upper))
hold = ssb.CV(p.upper, until=(hours(2), ssb.current < p.current / 10))
discharge = ssb.CC(-p.current, until=(hours(10), ssb.voltage < p.lower))
cycle = charge >> hold >> ssb.Rest(minutes(10)) >> discharge >> ssb.Rest(minutes(10))

physics = [ssb.Conduction(electronic=["cathode"]), ssb.ButlerVolmer(), ssb.Plating(), ssb.Intercalation(initial=0.9)]
model = ssb.Model(mesh, physics)
model.ground("anode").apply(ssb.Cycler(cycle * p.cycles, into="cathode"))
result = model.run(
    largest_step=minutes(10),
    output=p.output or "results/cycling",
    resume=p.resume,
    dry_run=p.dry_run,
    parameters=p.values,
    fields_every=16,
)

if mesh.comm.rank == 0:
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    for k in range(1, p.cycles + 1):
        now = result["cycle [1]"] == k
        axes.plot(result["capacity [mAh/cm2]"][now], result["voltage [V]"][now], label=f"cycle {k}")
    axes.set(xlabel="capacity (mAh/cm²)", ylabel="voltage (V)")
    axes.legend()
    figure.savefig(result.folder / "cycles.png", dpi=150)
    full = F * ssb.Material("NMC811").maximum_concentration() * p.thickness / mAh_cm2
    fraction, capacity = result["mean lithium fraction cathode [1]"], result["capacity [mAh/cm2]"]
    print(f"the layer holds {full:.4f} mAh/cm²; x between {fraction.min():.4f} and {fraction.max():.4f}")
    lost = (fraction[0] - fraction[-1]) * full - capacity[-1]
    print(f"lithium in the host against charge passed: {abs(lost) / np.ptp(capacity):.1e} apart")
    print("; ".join(f"{s['step'].split(' for')[0]}: {s['by']}" for s in result.steps[:5]))
