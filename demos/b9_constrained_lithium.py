"""Lithium between rigid plates: the wider the film, the higher the pressure at which it flows; small is strong.

    python3 demos/b9_constrained_lithium.py                 results/b9_constrained_lithium/limit.png, half a minute
    python3 demos/b9_constrained_lithium.py --set cells=16  closer to the limit from above

A film of height h and width 2a (plane strain, free sides) is pressed 2 % between rough plates. Row B9: the pressure
over the shear yield strength k = σ_y/√3 is 3/2 + a/h (Hill), π/2 + a/h (Prandtl).
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import Constant, lithium_yield
from fem_ssb.output.folder import output_folder
from fem_ssb.units import MPa, um

p = ssb.parameters(height=2 * um, strength=0.77 * MPa, cells=8, pressed=0.02, metal="Li")
aspects, k = (2, 3, 4, 5), p.strength / np.sqrt(3)
lithium = ssb.Material(p.metal, yield_strength=Constant(p.strength))


def film(aspect, cells):
    """History of a quarter of the film, `cells` over half its height."""
    stack = ssb.Stack(width=aspect * p.height)
    stack.layer("film", lithium, thickness=p.height / 2)
    mesh = stack.mesh(MPI.COMM_WORLD, size=p.height / 2 / cells)
    model = ssb.Model(mesh, [ssb.Elasticity(creep=False, plastic=True)])
    # Symmetry at the left and the bottom; the platen is bonded to the top.
    model.apply(ssb.Platen(position=[(0, 0), (1, -p.pressed * p.height / 2)], sides=("left",)))
    return model.run(1.0, first_step=1 / 8, largest_step=1 / 8, change=10.0, quiet=True)


limits = {}
for aspect in aspects:
    coarse, fine = (film(aspect, cells)["stack pressure [Pa]"][-1] / k for cells in (p.cells // 2, p.cells))
    limits[aspect] = fine, 2 * fine - coarse  # the error falls with the first power of the mesh size
folder = output_folder(p.output or "results/b9_constrained_lithium", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print("a/h   p/k     to no mesh size   Hill   Prandtl")
    for aspect, (fine, limit) in limits.items():
        print(f"{aspect:3d}   {fine:.3f}   {limit:.3f}             {1.5 + aspect:.3f}  {np.pi / 2 + aspect:.3f}")
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    line = np.array([1.5, 5.5])
    left.plot(line, 1.5 + line, "k-", lw=1, label="Hill")
    left.plot(line, np.pi / 2 + line, "k--", lw=1, label="Prandtl")
    left.plot(aspects, [fine for fine, _ in limits.values()], "C0+", label=f"{p.cells} cells over h/2")
    left.plot(aspects, [limit for _, limit in limits.values()], "C0o", label="to no mesh size")
    left.set(xlabel="half-width over height a/h", ylabel="limit pressure p/k")
    left.legend()
    sizes = np.geomspace(0.5, 100, 50)
    for T in (298.15, 363.15):
        right.loglog(sizes, [lithium_yield(d * um)(T) / MPa for d in sizes], label=f"{T - 273.15:.0f} °C")
    right.set(xlabel="size d (µm)", ylabel="yield strength of lithium (MPa)")
    right.legend()
    figure.savefig(folder / "limit.png", dpi=150)
