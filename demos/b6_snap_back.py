"""B6: a bar with a weak boundary across it snaps back: force over end displacement, unstable branch included.

    python3 demos/b6_snap_back.py                          results/b6_snap_back/, some seconds
    python3 demos/b6_snap_back.py --set height=0.1e-3      a short bar, which does not

Two blocks of LLZO, 2 mm high together, whose boundary has a strength of 20 MPa and a toughness of 0.5 J/m²: the bar is
longer than 2MG_c/σ_c², M its modulus between held sides, and breaks at once when its end is moved. With the work of
separation prescribed the end goes back while the boundary opens. Printed: the displacement at which half of the force
is left, beside the closed form U = δ + tH/M with the traction t at the opening δ.
"""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from dolfinx import mesh
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.units import GPa, MPa, mm, nm

p = ssb.parameters(height=2 * mm, young=150 * GPa, poisson=0.25, strength=20 * MPa, toughness=0.5, steps=40)
llzo = ssb.Material("LLZO", stiffness=IsotropicStiffness(p.young, p.poisson))
corners = [[0.0, 0.0], [1 * mm, p.height]]
domain = mesh.create_rectangle(MPI.COMM_WORLD, corners, [1, 2], ghost_mode=mesh.GhostMode.shared_facet)
cells = np.arange(domain.topology.index_map(2).size_local + domain.topology.index_map(2).num_ghosts, dtype=np.int32)
upper = mesh.compute_midpoints(domain, 2, cells)[:, 1] > p.height / 2
halves = ssb.NamedMesh.from_cells(domain, ["lower", "upper"], upper, materials={"lower": llzo, "upper": llzo})
model = ssb.Model(halves, [ssb.Elasticity(cohesive={"lower|upper": ssb.Cohesive(p.strength, p.toughness)})])
model.apply(ssb.Fixed("displacement", "bottom", 0.0, component=1))
model.apply(ssb.Fixed("displacement", "top", lambda t: t * nm, component=1))
model.apply(*(ssb.Fixed("displacement", side, 0.0, component=0) for side in ("left", "right")))

control = ssb.CrackControl(model, start=1.0)
moved, stress = [0.0], [0.0]
whole = 0.999 * p.toughness * mm
for factor in control.follow(whole, largest=whole / p.steps):
    moved.append(factor * nm)
    stress.append(model.balances.force("top", 1) / mm)

stiff = p.young * (1 - p.poisson) / ((1 + p.poisson) * (1 - 2 * p.poisson))
peak = int(np.argmax(stress))
half = float(np.interp(-p.strength / 2, -np.array(stress[peak:]), moved[peak:]))
first, last = p.toughness / (50 * p.strength), 2 * p.toughness / p.strength
exact = last - (last - first) / 2 + p.strength / 2 * p.height / stiff
if MPI.COMM_WORLD.rank == 0:
    print(f"half of the force is left at {half / nm:.2f} nm (closed form {exact / nm:.2f} nm)")
    print(f"largest displacement on the way there: {max(moved) / nm:.2f} nm, peak {max(stress) / MPa:.3f} MPa")
    _, axes = plt.subplots(figsize=(4.5, 3.5))
    axes.plot(np.array(moved) / nm, np.array(stress) / MPa, ".-")
    axes.set(xlabel="end displacement [nm]", ylabel="stress [MPa]")
    plt.tight_layout()
    folder = Path(p.output or "results/b6_snap_back")
    folder.mkdir(parents=True, exist_ok=True)
    plt.savefig(folder / "snap_back.png", dpi=150)
