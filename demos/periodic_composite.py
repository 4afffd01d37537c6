r"""Particles in rows in a periodic cell: the conductivity of a composite against Rayleigh's series.

    python3 demos/periodic_composite.py                      results/periodic_composite/conductivity.png, two minutes
    python3 demos/periodic_composite.py --set filler=0.001   particles that conduct worse than the matrix

One cylinder (square array) or one ball (simple cubic array) in a cell that is periodic along all axes, without a
resistance at its interface, under a mean field. Perrins, McKenzie, McPhedran, Proc. R. Soc. A 369 (1979) 207; Rayleigh,
Phil. Mag. 34 (1892) 481, to the third multipole.
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.output.folder import output_folder
from fem_ssb.units import um

p = ssb.parameters(matrix=0.01, filler=1.0, width=10 * um, shares=4)
k = p.filler / p.matrix


def cylinders(f):
    """σ over that of the matrix, square array."""
    T = (1 + k) / (1 - k)
    return 1 - 2 * f / (T + f - 0.305827 * f**4 * T / (T**2 - 1.402958 * f**8) - 0.013362 * f**8 / T)


def balls(f):
    """σ over that of the matrix, simple cubic array."""
    return 1 + 3 * f / ((k + 2) / (k - 1) - f - 1.305 * f ** (10 / 3) * (k - 1) / (k + 4 / 3))


def cell(dim, f):
    """The cell with a share f of particle in its middle."""
    stack = ssb.Stack(p.width, dim=dim, periodic="xyz"[:dim])
    stack.layer("matrix", ssb.Material("Li6PS5Cl", ionic_conductivity=p.matrix), thickness=p.width)
    centre = (p.width / 2,) * dim
    disc, ball = p.width * np.sqrt(f / np.pi), p.width * (3 * f / (4 * np.pi)) ** (1 / 3)
    shape = ssb.Disc(centre, disc) if dim == 2 else ssb.Sphere(centre, ball)
    stack.inclusion("matrix", "particle", ssb.Material("LLZO", ionic_conductivity=p.filler), shape)
    stack.interface("matrix|particle", film_resistance=0.0)
    return stack.mesh(MPI.COMM_WORLD, size=p.width * (0.04 if dim == 2 else 0.1))


cases = {2: (0.6, cylinders, "cylinders, square array"), 3: (0.24, balls, "balls, simple cubic array")}
figure = Figure(figsize=(5, 3.6), layout="constrained")
axes = figure.add_subplot()
for (dim, (most, closed, label)), colour in zip(cases.items(), ("tab:blue", "tab:orange"), strict=True):
    shares = most * (1 + np.arange(p.shares)) / p.shares
    found = np.array(
        [np.trace(ssb.analysis.effective_conductivity(cell(dim, f), boundary="periodic", degree=2)) for f in shares]
    ) / (dim * p.matrix)
    smooth = np.linspace(0, most, 100)
    axes.plot(smooth, closed(smooth), color=colour, label=f"{label}: series")
    axes.plot(shares, found, "o", color=colour, label="finite elements")
    if MPI.COMM_WORLD.rank == 0:
        for f, s in zip(shares, found, strict=True):
            print(f"{label}, share {f:.3g}: {s:.5f} of the matrix, series {closed(f):.5f}")
axes.set(xlabel="share of particles", ylabel="conductivity over that of the matrix")
axes.legend(frameon=False)
folder = output_folder(p.output or "results/periodic_composite", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    figure.savefig(folder / "conductivity.png", dpi=150)
