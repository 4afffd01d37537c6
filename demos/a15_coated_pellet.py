r"""Pellets of argyrodite grains coated with alumina: some cycles help, a hundred block.

    python3 demos/a15_coated_pellet.py                                results/a15_coated_pellet/pellet.png, some seconds
    python3 demos/a15_coated_pellet.py --set dim=3 --set size=0.8*um  grains in three dimensions

Each cycle of deposition adds to a film between the grains (resistance r) and to a conducting skin on them (sheet
conductance k). Both are fitted to the published conductivities after 10 and 100 cycles by the closed form
1/σ_eff = 1/(σ + 2kn S_v⟨1 − n_x²⟩) + rn S_v⟨n_x²⟩; what 1 cycle does, where the optimum is, and what a polycrystal with
such grains conducts, is not.
"""

import numpy as np
import ufl
from dolfinx import fem
from matplotlib.figure import Figure
from mpi4py import MPI
from scipy.optimize import fsolve

import fem_ssb as ssb
from fem_ssb.output.folder import output_folder
from fem_ssb.units import mS_cm, nm, um

p = ssb.parameters(uncoated=0.9 * mS_cm, grains=60, seed=3, size=0.2 * um, dim=2, growth=0.11 * nm)
published = {0: 0.9, 1: 1.2, 10: 1.7, 100: 0.27}  # mS/cm, Hood et al., Adv. Mater. 35 (2023) 2300673

stack = ssb.Stack(width=10 * um, dim=p.dim)
boundaries = ssb.GrainBoundaries(resistance=1e-9)
argyrodite = ssb.Material("Li6PS5Cl", ionic_conductivity=p.uncoated)
grains = ssb.Voronoi(count=p.grains, seed=p.seed)
stack.layer("pellet", argyrodite, thickness=10 * um, grains=grains, grain_boundaries=boundaries)
mesh = stack.mesh(MPI.COMM_WORLD, size=p.size)

entities = mesh.interface("pellet|pellet").entities.reshape(-1)
dS = ufl.Measure("dS", domain=mesh.domain, subdomain_data=[(1, entities)])(1)
area = mesh.comm.allreduce(fem.assemble_scalar(fem.form(fem.Constant(mesh.domain, 1.0) * dS))) / mesh.volume()
along, across = area * (1 - 1 / p.dim), area / p.dim


def closed(n, k, r):
    """Closed form [S/m] after n cycles."""
    return 1 / (1 / (p.uncoated + 2 * k * n * along) + r * n * across)


def misfit(x):
    """Of the closed form after 10 and 100 cycles."""
    return [closed(n, x[0] * 1e-8, x[1] * 1e-7) / (published[n] * mS_cm) - 1 for n in (10, 100)]


k, r = np.array([1e-8, 1e-7]) * fsolve(misfit, [1.0, 1.0])
found = {}
for n in (0, 1, 3, 6, 10, 30, 100):
    mesh.grain_boundaries["pellet"] = ssb.GrainBoundaries(resistance=max(r * n, 1e-9))
    skin = ssb.SheetConduction(k * n, on="pellet|pellet", skins=True)
    found[n] = np.diag(ssb.analysis.effective_conductivity(mesh, boundary="faces", sheets=[skin])).mean()

folder = output_folder(p.output or "results/a15_coated_pellet", mesh.comm)
cycles = np.geomspace(0.05, 150, 100)
best = cycles[np.argmax(closed(cycles, k, r))]
if mesh.comm.rank == 0:
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.loglog(cycles, closed(cycles, k, r) / mS_cm, "0.6", label="closed form")
    axes.loglog([n or 0.05 for n in found], [s / mS_cm for s in found.values()], "o", label=f"polycrystal, {p.dim}D")
    axes.errorbar([n or 0.05 for n in published], published.values(), 0.05, fmt="kx", label="published")
    axes.set(xlabel="cycles of deposition (0 at the left edge)", ylabel="conductivity (mS/cm)")
    axes.legend()
    figure.savefig(folder / "pellet.png", dpi=150)
    print(f"fitted: skin {k:.3g} S, film {r:.3g} Ω m² a cycle")
    for n, s in published.items():
        print(f"{n:3d} cycles: {found[n] / mS_cm:.3f} mS/cm, closed form {closed(n, k, r) / mS_cm:.3f}, published {s}")
    print(f"optimum {2 * best * p.growth / nm:.2f} nm of film between two grains, published 1 to 2 nm")
