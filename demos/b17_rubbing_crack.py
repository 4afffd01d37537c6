"""B17: a shut crack that rubs while a plate is loaded and unloaded: what friction holds, and what it takes.

    python3 demos/b17_rubbing_crack.py                        results/b17_rubbing_crack/cycle.png, half a minute
    python3 demos/b17_rubbing_crack.py --set friction=0.6     rougher faces

A slit of half-length a at 45° in a large plate under the compression σ slides by what its shear σ/2 exceeds friction,
μσ/2. Unloaded from σ₁ it keeps this slip: the plate is as stiff as without a crack, until at σ₁(1 − μ)/(1 + μ) the slit
slides back (Walsh, 1965). With s = 2πa²σ/E' the area that is swept is s(1 − μ)/2, then s₁(1 − μ)/2, then s(1 + μ)/2.
"""

import numpy as np
import ufl
from dolfinx import fem
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.output.folder import output_folder
from fem_ssb.units import GPa, MPa, um

p = ssb.parameters(half=100 * um, pressure=100 * MPa, friction=0.3, width=20.0, tip=0.05, steps=10)
young, poisson, width = 150 * GPa, 0.26, p.width * p.half
stiff, e = young / (1 - poisson**2), np.array([1.0, 1.0]) / np.sqrt(2)
stack = ssb.Stack(width=width)
stack.layer("plate", ssb.Material("LLZO", stiffness=IsotropicStiffness(young, poisson)), thickness=width)
stack.crack("crack", ssb.Slit([width / 2 - p.half * e, width / 2 + p.half * e]), tip_size=p.tip * p.half, closes=True)
mechanics = ssb.Elasticity(degree=2, crack_friction=p.friction)
model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=2 * p.half), [mechanics])
model.apply(ssb.Fixed("displacement", "left", 0.0, component=0), ssb.Fixed("displacement", "bottom", 0.0, component=1))
model.apply(ssb.Flux("displacement", "top", lambda t: -t * p.pressure, component=1))

state = model.state
jump = state["displacement"]("-") - state["displacement"]("+")
slid = abs(ufl.dot(jump, ufl.as_vector([float(x) for x in e])))
forms = [fem.form(slid * state.dS("crack")), fem.form(mechanics.columns(state)["friction energy"])]
loads = np.concatenate([np.linspace(0, 1, p.steps), np.linspace(1, 0, 2 * p.steps)[1:]])
rows = []
for load in loads:
    state.time.value = load
    model.solve()
    model.accept()
    rows.append(state.integrate(*forms))
area, lost = np.array(rows).T
unit, mu = 2 * np.pi * p.half**2 * p.pressure / stiff, p.friction
exact = np.where(np.arange(len(loads)) < p.steps, loads, np.minimum(loads * (1 + mu) / (1 - mu), 1)) * (1 - mu) / 2
cycle = unit * p.pressure * mu * (1 - mu) / (1 + mu) / 4
folder = output_folder(p.output or "results/b17_rubbing_crack", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print("σ/σ₁    swept area E'/2πa²σ₁   Walsh")
    for load, found, walsh in zip(loads, area / unit, exact, strict=True):
        print(f"{load:4.2f} {found:15.3f} {walsh:15.3f}")
    print(f"lost to friction in the cycle: {lost[-1]:.4g} J/m, closed form {cycle:.4g} J/m")
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(exact, loads, "C0-", lw=1, label="closed form")
    left.plot(area / unit, loads, "C1o", ms=4, label=f"finite elements, μ = {mu:g}")
    left.set(xlabel="swept area E'/2πa²σ₁", ylabel="compression σ/σ₁")
    left.legend()
    right.plot(np.arange(len(loads)), lost / cycle, "C1o-", ms=4)
    right.set(xlabel="step", ylabel="lost to friction, of the closed form's cycle")
    figure.savefig(folder / "cycle.png", dpi=150)
