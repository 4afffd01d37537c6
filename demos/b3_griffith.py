"""B3: Griffith's flaw in LLZO: the stress that breaks it, and the overpotential of the lithium that builds it up.

    python3 demos/b3_griffith.py                                     results/b3_griffith/flaw.png, a minute
    python3 demos/b3_griffith.py --set toughness=1.5*MPa_sqrt_m      a tougher electrolyte

A slit of half-length a in a large plate, its faces under pressure, gives K_I/p by the interaction integral. The flaw
grows at p = K_IC/(K_I/p), and lithium plated into it has that pressure at η = −pΩ/F. Row B3: K_IC = 0.6 MPa√m, a = 1 to
10 µm, 0.34 to 0.11 GPa, 46 to 15 mV (the source rounds to 40 to 13).
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.output.folder import output_folder
from fem_ssb.physics.crack_pressure import pressure_of
from fem_ssb.units import GPa, MPa, MPa_sqrt_m, um

p = ssb.parameters(toughness=0.6 * MPa_sqrt_m, width=20.0, tip=0.1, metal="Li")
llzo = ssb.Material("LLZO", stiffness=IsotropicStiffness(150 * GPa, 0.26))
pressure_of_a_volt = pressure_of(-1.0, ssb.Material(p.metal)["molar_volume"](298.15))


def intensity(a, pressure=100 * MPa):
    """K_I over the pressure [√m] of a slit of half-length a."""
    width = p.width * a
    stack = ssb.Stack(width=width)
    stack.layer("plate", llzo, thickness=width)
    stack.crack("crack", ssb.Slit([(width / 2 - a, width / 2), (width / 2 + a, width / 2)]), tip_size=p.tip * a)
    model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=2 * a), [ssb.Elasticity(degree=2)])
    model.apply(
        ssb.Fixed("displacement", "left", 0.0, component=0), ssb.Fixed("displacement", "bottom", 0.0, component=1)
    )
    model.apply(ssb.Flux("displacement", "crack", -pressure))
    tip = CrackTip(model.solve(), "plate", (1, 0), 0.3 * a, 0.7 * a, faces={"crack": pressure})
    return tip.k((width / 2 + a, width / 2))[0] / pressure


lengths = np.array([1.0, 3.0, 10.0]) * um
stresses = np.array([p.toughness / intensity(a) for a in lengths])
volts, exact = stresses / pressure_of_a_volt, p.toughness / np.sqrt(np.pi * lengths)
folder = output_folder(p.output or "results/b3_griffith", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print("half-length   critical stress   K_IC/√(πa)   overpotential   its closed form")
    for a, s, e, v in zip(lengths, stresses, exact, volts, strict=True):
        closed = 1e3 * e / pressure_of_a_volt
        print(f"{a / um:8.0f} µm   {s / GPa:11.3f} GPa   {e / GPa:6.3f} GPa   {1e3 * v:10.1f} mV   {closed:12.1f} mV")
    figure = Figure(figsize=(5, 3.6), layout="constrained")
    axes, a = figure.subplots(), np.geomspace(0.5, 20, 50) * um
    axes.semilogx(a / um, p.toughness / np.sqrt(np.pi * a) / GPa, "k-", lw=1, label="K_IC/√(πa)")
    axes.semilogx(lengths / um, stresses / GPa, "C0o", label="finite elements")
    axes.set(xlabel="half-length of the flaw (µm)", ylabel="critical stress (GPa)")
    to_mV = 1e12 / pressure_of_a_volt
    other = axes.secondary_yaxis("right", functions=(lambda s: s * to_mV, lambda v: v / to_mV))
    other.set_ylabel("overpotential (mV)")
    axes.legend()
    figure.savefig(folder / "flaw.png", dpi=150)
