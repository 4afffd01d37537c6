r"""Composite cathode: how much active material, and what to coat.

    python3 demos/a14_composite_cathode.py                   results/a14_composite_cathode/cathode.png, in minutes
    python3 demos/a14_composite_cathode.py --set across=7       a larger piece: percolation thresholds are sharper
    python3 demos/a14_composite_cathode.py --set coat=10*nm --set electrons=1e-10    S/m: a coating that leaks

Random particles of NCM83 and Li6PS5Cl in 3D. Left: ions and electrons by composition; published, and found without any
fit, is that both conductivities meet near 40 vol% of NCM. Right: what a coating of 10 nm on a share of the particles of
active material costs (published: 8 to 9 decades on all, half acceptable, 70 % a matter of arrangement).
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.output.folder import output_folder
from fem_ssb.units import mS_cm, nm, um

p = ssb.parameters(
    across=5.0, size=0.5, seed=1, coat=10 * nm, electrons=1e-12, particle=10 * um,
    ncm=5.22 * mS_cm, argyrodite=1.95 * mS_cm, coated_ncm=0.18,
)  # fmt: skip
SE = ssb.Material("Li6PS5Cl", ionic_conductivity=p.argyrodite, gb_resistance=0.0)
FILM = p.coat / p.electrons  # of one coating, to electrons [Ω m²]


def conductivities(active, contacts=None):
    """σ_e and σ_i [S/m] along each axis; `active`: {name: (fraction, σ_e, resistance between its particles)}."""
    phases = [ssb.Phase("electrolyte", SE, diameter=p.particle, spread=0.25)]
    for name, (share, sigma, film) in active.items():
        boundaries = ssb.GrainBoundaries(electronic_resistance=film)
        material = ssb.Material("NMC811", electronic_conductivity=sigma)
        phases.append(ssb.Phase(name, material, share, p.particle, spread=0.25, grain_boundaries=boundaries))
    stack = ssb.Stack(width=p.across * p.particle, dim=3)
    stack.layer("cathode", ssb.Mixture(phases, seed=p.seed), thickness=p.across * p.particle)
    for name, film in (contacts or {}).items():
        stack.interface(name, electronic_resistance=film)
    mesh = stack.mesh(MPI.COMM_WORLD, size=p.size * p.particle)
    electrons = ssb.analysis.effective_conductivity(mesh, "electronic", boundary="faces", electronic=tuple(active))
    return np.diag(electrons), np.diag(ssb.analysis.effective_conductivity(mesh, "ionic", boundary="faces"))


shares = np.array([0.2, 0.3, 0.4, 0.5, 0.6])
found = np.array([[v.mean() for v in conductivities({"active": (s, p.ncm, 0.0)})] for s in shares]).T
balanced = np.interp(0.0, np.log(found[0] / found[1]), shares)

bare, _ = conductivities({"bare": (0.7, p.coated_ncm, 0.0)})
costs = {0.0: np.zeros(3)}
for share in (0.3, 0.5, 0.7):
    parts = {
        "bare": (0.7 * (1 - share), p.coated_ncm, 0.0),
        "coated": (0.7 * share, p.coated_ncm, 2 * FILM),
    }
    costs[share] = np.log10(bare / conductivities(parts, {"bare|coated": FILM})[0])
costs[1.0] = np.log10(bare / conductivities({"coated": (0.7, p.coated_ncm, 2 * FILM)})[0])

folder = output_folder(p.output or "results/a14_composite_cathode", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    figure = Figure(figsize=(9, 3.4), layout="constrained")
    composition, coating = figure.subplots(1, 2)
    for name, values in zip(("electrons", "ions"), np.maximum(found, 1e-7), strict=True):
        composition.semilogy(shares, values / mS_cm, "o-", label=name)
    composition.axvline(0.4, color="0.7", zorder=0)
    composition.set(xlabel="volume fraction of NCM", ylabel="effective conductivity (mS/cm)")
    composition.legend()
    for share, decades in costs.items():
        coating.plot([share] * 3, decades, "C0o")
    coating.axhspan(8, 9, color="0.9", zorder=0)
    coating.set(xlabel="coated share of the active particles", ylabel="decades of resistance above bare")
    figure.savefig(folder / "cathode.png", dpi=150)
    print(f"conductivities meet at {balanced:.0%} NCM; published: best balance at 40 %")
    print("decades of electronic resistance along the three axes, 70 vol% active material:")
    for share, decades in costs.items():
        print(f"  {share:.0%} coated: {', '.join(f'{d:.2f}' for d in decades)}")
    print(f"  all, brick layer: {np.log10(1 + 2 * FILM * p.coated_ncm / p.particle):.2f}; published: 8 to 9")
