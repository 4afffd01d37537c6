"""The layer of charge at the surface of an electrolyte whose ions move and whose framework does not.

    python3 demos/a4_space_charge.py                        results/a4_space_charge/layer.png, in half a minute
    python3 demos/a4_space_charge.py --set concentration=100 --set bias=0.1

Printed: width and capacitance at a small bias and at the given one, both signs, beside the closed forms (row A4).
"""

import numpy as np
from dolfinx import mesh as dmesh
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import F, R, eps_0
from fem_ssb.output.folder import output_folder

p = ssb.parameters(concentration=1e3, permittivity=50.0, bias=50e-3, cells=400)
V_T = R * 298.15 / F
debye = np.sqrt(eps_0 * p.permittivity * V_T / (F * p.concentration))
comm = MPI.COMM_WORLD


def profile(bias):
    """Distance from the surface [m] and electric potential [V]."""
    height = 15 * debye
    box = dmesh.create_rectangle(comm, [[0, 0], [debye, height]], [1, p.cells], ghost_mode=dmesh.GhostMode.shared_facet)
    box.geometry.x[:, 1] = height * (box.geometry.x[:, 1] / height) ** 2  # finer toward the surface
    cells = box.topology.index_map(2)
    region = np.zeros(cells.size_local + cells.num_ghosts, dtype=np.int32)
    named = ssb.NamedMesh.from_cells(box, ["electrolyte"], region, materials={"electrolyte": "LLZO"})
    model = ssb.Model(named, [ssb.SpaceCharge(p.concentration, permittivity=p.permittivity)])
    model.apply(ssb.Fixed("electric_potential", "bottom", bias), ssb.Fixed("electric_potential", "top", 0.0))
    state = model.solve()
    V = state["electric_potential"].function_space
    size = V.dofmap.index_map.size_local
    x = V.tabulate_dof_coordinates()[:size]
    left = x[:, 0] < 1e-3 * debye
    found = np.concatenate(
        comm.allgather(np.column_stack([x[left, 1], state["electric_potential"].x.array[:size][left]]))
    )
    return found[np.argsort(found[:, 0])].T


def charge(x, potential):
    """Charge of the layer [C/m²] from the potential's slope at the surface."""
    return -p.permittivity * eps_0 * (potential[1] - potential[0]) / (x[1] - x[0])


profiles = {bias: profile(bias) for bias in (1e-3 * V_T, p.bias, -p.bias)}
folder = output_folder(p.output or "results/a4_space_charge", comm)
if comm.rank == 0:
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    for bias, (x, potential) in profiles.items():
        u = bias / V_T
        exact = np.sign(u) * np.sqrt(2 * p.permittivity * eps_0 * R * 298.15 * p.concentration * (np.exp(-u) - 1 + u))
        print(
            f"surface at {bias * 1e3:+8.3f} mV: charge {charge(x, potential):+.4e} C/m², closed form {exact:+.4e} C/m²"
        )
        axes.plot(x / debye, potential / bias, label=f"{bias * 1e3:+.3g} mV")
    axes.plot(x / debye, np.exp(-x / debye), "k:", label="exp(−x/λ)")
    axes.set(xlabel="distance / Debye length", ylabel="potential / surface potential", xlim=(0, 6))
    axes.legend()
    figure.savefig(folder / "layer.png", dpi=150)
    print(f"Debye length {debye * 1e9:.4g} nm; see {folder}/layer.png")
