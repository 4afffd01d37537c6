r"""A charged grain boundary: its space charge resolved in Debye lengths, and as a law of the interface.

    python3 demos/space_charge_boundary.py                              results/space_charge_boundary/, some seconds
    python3 demos/space_charge_boundary.py --set potential=0.1          a weaker core
    python3 demos/space_charge_boundary.py --set concentration=1e3      thinner layers

Half of the boundary is enough: its core is a plane of antisymmetry. Values are of the order of a doped oxide; all are
estimates. Printed: the resistance of both, and the largest deviation of their impedances.
"""

import gmsh
import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.constants import eps_0
from fem_ssb.output import output_folder
from fem_ssb.units import nm

p = ssb.parameters(potential=0.2, concentration=100.0, permittivity=30.0, conductivity=1e-2, widths=25)
thin = ssb.SpaceChargeLayer(p.potential, p.concentration, p.permittivity, p.conductivity, sides=1)
length = p.widths * thin.debye_length


def draw():
    """A strip of the grain, finer towards the core on top, in Debye lengths."""
    box = gmsh.model.occ.addRectangle(0, 0, 0, 1, p.widths)
    gmsh.model.occ.synchronize()
    gmsh.model.addPhysicalGroup(2, [box], name="separator")
    for name, tag in (("bottom", 1), ("top", 3)):
        gmsh.model.addPhysicalGroup(1, [tag], name=name)
    gmsh.model.mesh.field.add("MathEval", 1)
    gmsh.model.mesh.field.setString(1, "F", f"0.02 + 0.1*({p.widths} - y)")
    gmsh.model.mesh.field.setAsBackgroundMesh(1)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
    gmsh.option.setNumber("Mesh.MeshSizeMax", 1.0)
    gmsh.model.mesh.generate(2)


ceramic = ssb.Material("LLZO", ionic_conductivity=p.conductivity)
mesh = ssb.from_gmsh(MPI.COMM_WORLD, draw, scale=thin.debye_length, materials={"separator": ceramic})
space = ssb.SpaceCharge(p.concentration, p.permittivity, degree=2)
model = ssb.Model(mesh, [ssb.Conduction(degree=2), space]).ground("top").apply(ssb.Current(0.0, into="bottom"))
model.apply(ssb.Fixed("electric_potential", "top", lambda t: t * p.potential))
for share in np.linspace(0.1, 1.0, 10):  # the layers are strongly non-linear: step by step
    model.state.time.value = share
    model.solve(dt=1e9)
    model.state.accept()

frequencies = np.logspace(6, 1, 41)
omega = 2j * np.pi * frequencies
resolved = ssb.impedance(model, frequencies).impedance
grain = length / (p.conductivity + omega * eps_0 * p.permittivity)
law = grain + 1 / (1 / thin.resistance + omega * thin.capacitance)
folder = output_folder(p.output or "results/space_charge_boundary", mesh.comm)
if mesh.comm.rank == 0:
    print(f"Debye length {thin.debye_length / nm:.3f} nm, core {thin.reduced:.2f} thermal voltages above the grain")
    print(f"resistance resolved {resolved[-1].real - grain[-1].real:.6g} Ω m², as a law {thin.resistance:.6g} Ω m²")
    print(f"largest deviation of the impedances {np.abs(resolved - law).max() / resolved[-1].real:.2%} of Z(0)")
    figure = Figure(figsize=(5, 3), layout="constrained")
    axes = figure.subplots()
    axes.plot(resolved.real, -resolved.imag, "o", ms=3, label="resolved")
    axes.plot(law.real, -law.imag, "k-", lw=1, label="thin layer")
    axes.set(xlabel="Re Z [Ω m²]", ylabel="−Im Z [Ω m²]", aspect="equal")
    axes.legend()
    figure.savefig(folder / "impedance.png", dpi=150)
