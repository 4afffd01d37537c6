"""Grain boundaries that leak electrons: lithium forms within the electrolyte, detached from the anode.

    python3 demos/a13_isolated_lithium.py                     results/a13_isolated_lithium/lithium.png, a minute
    python3 demos/a13_isolated_lithium.py --set gate=20*mV

The anode (bottom) is plated. A thin LiPON layer keeps the electrons from the other electrode, so the boundaries are at
the anode's potential, while the ions' rises with depth: lithium begins where the difference passes the gate. Row A13:
its amount rises with σ_e,GB/σ_e,grain, none where boundaries block electrons.
"""

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.output.folder import output_folder
from fem_ssb.units import hour, mA_cm2, mV, um

# sites: specific area times exchange current, an estimate that lets electrons get some grains far
p = ssb.parameters(
    current=2 * mA_cm2, gate=14 * mV, duration=1 * hour, grains=30, seed=4, size=1 * um, exchange=1.0, sites=1e3,
    metal="Li", electrolyte="LLZO", interlayer="LiPON", blocking=5.5e-12,  # S/m
    dry_run=False,
)  # fmt: skip

stack = ssb.Stack(width=30 * um)
stack.layer("anode", p.metal, thickness=2 * um)
stack.layer("separator", p.electrolyte, thickness=40 * um, grains=ssb.Voronoi(count=p.grains, seed=p.seed))
stack.layer("interlayer", ssb.Material(p.interlayer, ionic_conductivity=0.05), thickness=1 * um)  # a good one: no drop
stack.layer("counter", p.metal, thickness=12 * um)  # of which 10 are stripped
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)
corners = mesh.domain.geometry.x[mesh.domain.geometry.dofmaps[0]][..., :2]
own = mesh.domain.topology.index_map(mesh.dim).size_local


def deposit(ratio):
    """History, and (corners, lithium fraction) of all cells on rank 0, at σ_e,GB/σ_e,grain."""
    sites = ssb.Reduction(p.exchange, 0.0, p.sites, boundary_ratio=ratio, critical_overpotential=p.gate)
    model = ssb.Model(mesh, [ssb.Conduction(electronic=["separator"]), ssb.ButlerVolmer(), sites])
    model.ground("counter").apply(ssb.Current(-p.current, into="anode"))
    result = model.run(p.duration, quiet=True, dry_run=p.dry_run)
    found = mesh.comm.gather((corners[:own], sites.internal()["reduced lithium"].x.array[:own]))
    return result, [np.concatenate(part) for part in zip(*found, strict=True)] if found else None


grain, pair = ssb.Material(p.electrolyte), ssb.pair(p.metal, p.electrolyte)
blocked = p.blocking / grain["electronic_conductivity"](298.15)
results = {ratio: deposit(ratio) for ratio in (blocked, 1.0, 10.0, 100.0)}
crossed = mesh.area("separator|separator") / mesh.volume("separator") / 2  # boundaries across the current, a metre
per_metre = 1 / grain["ionic_conductivity"](298.15) + grain["gb_resistance"](298.15) * crossed
electrode = R * 298.15 / (F * pair["exchange_current"](298.15)) + pair["film_resistance"](298.15)
expected = (p.gate / p.current - electrode) / per_metre
folder = output_folder(p.output or "results/a13_isolated_lithium", mesh.comm)
if mesh.comm.rank == 0:
    figure = Figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, len(results), sharey=True)
    most = max(fraction.max() for _, (_, fraction) in results.values())
    for axes, (ratio, (result, (cells, fraction))) in zip(panels, results.items(), strict=True):
        image = PolyCollection(cells / um, array=1e6 * fraction, cmap="magma", clim=(0, 1e6 * most), edgecolor="face")
        axes.add_collection(image)
        axes.set(xlim=(0, 30), ylim=(0, 45), aspect="equal", title=f"σ ratio {ratio:.2g}", xlabel="x (µm)")
        amount = result["reduced lithium separator [mol/m]"][-1] * F / (p.current * 30 * um * p.duration)
        depth = cells[fraction > 1e-2 * most][..., 1].min(initial=np.inf) - 2 * um
        where = (
            f"from {depth / um:.1f} µm off the anode (mean field {expected / um:.1f} µm)" if depth < 1 else "nowhere"
        )
        print(f"σ_e,GB/σ_e,grain {ratio:7.2g}: {amount:.1e} of the charge is lithium in the electrolyte, {where}")
    panels[0].set_ylabel("y (µm), anode below 2")
    figure.colorbar(image, ax=panels, label="reduced lithium (ppm of the volume)")
    figure.savefig(folder / "lithium.png", dpi=150)
    print("row A13: rises with the ratio, none where boundaries block electrons, detached from the anode")
