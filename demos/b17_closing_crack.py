"""B17: a crack that closes under pressure: its faces press on each other, slide, and rub.

    python3 demos/b17_closing_crack.py                        results/b17_closing_crack/closing.png, a minute
    python3 demos/b17_closing_crack.py --set friction=0.6     rougher faces

A slit of half-length a in a large plate under the compression σ, inclined by β to the plane that σ presses on. Shut, it
has no K_I; what is left of the shear beyond Coulomb's friction makes K_II = (τ − μσ_n)√(πa), τ = σ sin β cos β,
σ_n = σ cos²β (McClintock & Walsh, 1962). It sticks where μ > tan β. Faces that know nothing of each other would
overlap, with K_I = −σ_n√(πa).
"""

import numpy as np
from matplotlib.figure import Figure
from mpi4py import MPI

import fem_ssb as ssb
from fem_ssb.analysis import CrackTip
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.output.folder import output_folder
from fem_ssb.units import GPa, MPa, um

p = ssb.parameters(half=100 * um, pressure=100 * MPa, friction=0.3, width=20.0, tip=0.1)
llzo = ssb.Material("LLZO", stiffness=IsotropicStiffness(150 * GPa, 0.26))
scale = p.pressure * np.sqrt(np.pi * p.half)


def factors(beta, closes, friction=0.0):
    """K_I and K_II over σ√(πa)."""
    e, width = np.array([np.cos(beta), np.sin(beta)]), p.width * p.half
    stack = ssb.Stack(width=width)
    stack.layer("plate", llzo, thickness=width)
    ends = [width / 2 - p.half * e, width / 2 + p.half * e]
    stack.crack("crack", ssb.Slit(ends), tip_size=p.tip * p.half, closes=closes)
    mechanics = ssb.Elasticity(degree=2, crack_friction=friction)
    model = ssb.Model(stack.mesh(MPI.COMM_WORLD, size=2 * p.half), [mechanics])
    model.apply(
        ssb.Fixed("displacement", "left", 0.0, component=0), ssb.Fixed("displacement", "bottom", 0.0, component=1)
    )
    model.apply(ssb.Flux("displacement", "top", -p.pressure))
    tip = CrackTip(model.solve(), "plate", e, 0.3 * p.half, 0.7 * p.half)
    return np.array(tip.k(ends[1])) / scale


def exact(beta, friction):
    """|K_II|/σ√(πa) of a crack that is shut."""
    return np.maximum(np.sin(beta) * np.cos(beta) - friction * np.cos(beta) ** 2, 0.0)


angles = np.radians([0, 15, 30, 45, 60, 75])
cases = {0.0: "C0", p.friction: "C1"}
found = {mu: np.array([factors(beta, True, mu) for beta in angles]) for mu in cases}
overlap = np.array([factors(beta, False) for beta in angles])
folder = output_folder(p.output or "results/b17_closing_crack", MPI.COMM_WORLD)
if MPI.COMM_WORLD.rank == 0:
    print("angle   friction   |K_II|/σ√(πa)   McClintock & Walsh   K_I   K_I if the faces overlapped")
    for mu, rows in found.items():
        for beta, (one, two), (free, _) in zip(angles, rows, overlap, strict=True):
            walsh = exact(beta, mu)
            print(f"{np.degrees(beta):4.0f}° {mu:10.2f} {abs(two):15.3f} {walsh:20.3f} {one:9.3f} {free:8.3f}")
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    fine = np.linspace(0, np.pi / 2, 200)
    for mu, colour in cases.items():
        left.plot(np.degrees(fine), exact(fine, mu), colour, lw=1, label=f"closed form, μ = {mu:g}")
        left.plot(np.degrees(angles), abs(found[mu][:, 1]), colour + "o")
    left.set(xlabel="angle β (°)", ylabel="|K_II|/σ√(πa)", ylim=(-0.05, 0.7))
    left.legend(loc="upper left")
    right.plot(np.degrees(angles), found[0.0][:, 0], "C0o", label="faces that press on each other")
    right.plot(np.degrees(angles), overlap[:, 0], "C3x", label="faces that overlap")
    right.plot(np.degrees(fine), -(np.cos(fine) ** 2), "C3-", lw=1)
    right.set(xlabel="angle β (°)", ylabel="K_I/σ√(πa)", ylim=(-1.1, 0.4))
    right.legend(loc="upper left")
    figure.savefig(folder / "closing.png", dpi=150)
