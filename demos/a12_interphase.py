"""What grows between lithium and an electrolyte that it reduces, and what that costs in voltage.

    python3 demos/a12_interphase.py                          results/a12_interphase/growth.png, in a minute
    python3 demos/a12_interphase.py --set electronic=1e-8 --set voltage=0.8

Three layers that differ in electronic conductivity alone: √t, passivating within the time of use or not (row A12). The
law alone: neither the foil nor the electrolyte is used up here, as with `Plating` the metal would be. A small current
shows the resistance.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import consumption
from fem_ssb.output.folder import output_folder
from fem_ssb.units import hour, mA_cm2, ohm_cm2, um

p = ssb.parameters(
    duration=1000 * hour, current=1e-4 * mA_cm2, ionic=1e-4, electronic=1e-9, voltage=1.7, molar_volume=24.4e-6,
    metal="Li", electrolyte="Li6PS5Cl",
    dry_run=False,
)  # fmt: skip

stack = ssb.Stack(width=10 * um)
stack.layer("anode", p.metal, thickness=5 * um)
stack.layer("separator", p.electrolyte, thickness=30 * um)
stack.layer("counter", p.metal, thickness=5 * um)
mesh = stack.mesh(MPI.COMM_WORLD, size=5 * um)


def grown(electronic):
    """History with a layer of this electronic conductivity [S/m] at the anode, its growth law, metal consumed [m]."""
    layer = ssb.Interphase(p.ionic, electronic, p.voltage, p.molar_volume, initial=1e-9, on=["anode|separator"])
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(), layer])
    model.ground("counter").apply(ssb.Current(p.current, into="anode"))
    result = model.run(p.duration, quiet=True, dry_run=p.dry_run)
    return result, layer, consumption(model, "anode|separator").thickness


results = {electronic: grown(electronic) for electronic in (p.electronic, 100 * p.electronic, 1e7 * p.electronic)}
folder = output_folder(p.output or "results/a12_interphase", mesh.comm)
if mesh.comm.rank == 0:
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    for electronic, (result, layer, metal) in results.items():
        time, thickness = result["time [s]"][1:], result["mean interphase thickness anode|separator [m]"][1:]
        late = time > p.duration / 10
        slope = np.polyfit(np.log(time[late]), np.log(thickness[late]), 1)[0]
        exact = np.sqrt(1e-18 + 2 * layer.growth_constant * p.duration)
        rise = (result["voltage [V]"][-1] - result["voltage [V]"][0]) / p.current
        print(
            f"σ_e {electronic:.0e} S/m: {thickness[-1] / um:9.4f} µm (closed form {exact / um:9.4f} µm), "
            f"slope {slope:.3f}, resistance +{rise / ohm_cm2:.3g} Ω cm², {metal / um:.3g} µm of {p.metal}"
        )
        axes.loglog(time / hour, thickness / um, label=f"σ_e = {electronic:.0e} S/m")
    axes.set(xlabel="time (h)", ylabel="interphase (µm)", xlim=(p.duration / hour / 1e3, p.duration / hour))
    axes.legend()
    figure.savefig(folder / "growth.png", dpi=150)
