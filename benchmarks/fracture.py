"""Fracture against plain alternate minimisation: the notched plate in tension, 150 load steps, about 10 000 nodes.

    ./fenicsx python3 benchmarks/fracture.py --json fracture.json

Both solve Miehe's plate (E 210 GPa, ν 0.3, G_c 2700 J/m², ℓ 15 µm, AT2, no split) on the same mesh with linear
elements, until the damage changes by less than 1e-4 in a sweep. The plain one is written here: alternate
minimisation with a direct solve (MUMPS, symmetric factorisation) of the displacement and PETSc's bound-constrained
Newton with the same direct solver for the damage. Compared are CPU times: other programs on the machine move them
least. The exit code is 1 if the toolkit is less than 6 times as fast or the curves differ by more than 0.5 % of the
peak.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem import petsc
from mpi4py import MPI
from petsc4py import PETSc

import fem_ssb as ssb

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "verification"))
from cracks import MM, Loading, brittle, notched_plate

LEAST_RATIO, LARGEST_DIFFERENCE = 6.0, 0.005
E, NU, TOUGHNESS, ELL, RESIDUAL, TOLERANCE = 210e9, 0.3, 2700.0, 0.015 * MM, 1e-7, 1e-4
DIRECT = {"ksp_type": "preonly", "pc_type": "cholesky", "pc_factor_mat_solver_type": "mumps"}


def plate(size):
    box = (0.48, 1.0, 0.47, 0.53)
    draw = notched_plate(size, 0.04, box)
    return ssb.from_gmsh(MPI.COMM_WORLD, draw, scale=MM, materials={"plate": brittle(E, NU, TOUGHNESS)})


def toolkit(mesh, loads):
    """Forces [N/m] and sweeps."""
    model = ssb.Model(
        mesh,
        [ssb.Elasticity(degree=1, split="none", residual_stiffness=RESIDUAL), ssb.Fracture(ELL, "AT2")],
        damage_tolerance=TOLERANCE,
        largest_sweeps=3000,
        foresee_damage=True,
    )
    model.apply(ssb.Fixed("displacement", "bottom", 0.0), ssb.Fixed("displacement", "top", lambda t: t, component=1))
    loading, state = Loading(model, "top", 1, 1.0), model.state
    forces, sweeps = [], 0
    for load in loads:
        state.time.value = load
        model.solve()
        forces.append(loading.force())
        state.accept()
        sweeps += model.sweeps
    return forces, sweeps


class Plain:
    """Alternate minimisation as a user of DOLFINx writes it."""

    def __init__(self, mesh):
        domain = self.domain = mesh.domain
        V, D = fem.functionspace(domain, ("Lagrange", 1, (2,))), fem.functionspace(domain, ("Lagrange", 1))
        self.u, self.d, self.old = fem.Function(V), fem.Function(D), fem.Function(D)
        v, w, q = ufl.TrialFunction(V), ufl.TestFunction(V), ufl.TestFunction(D)
        mu, lame = E / (2 * (1 + NU)), E * NU / ((1 + NU) * (1 - 2 * NU))

        def stress(z):
            e = ufl.sym(ufl.grad(z))
            return lame * ufl.tr(e) * ufl.Identity(2) + 2 * mu * e

        left = (1 - RESIDUAL) * (1 - self.d) ** 2 + RESIDUAL
        self.a = fem.form(left * ufl.inner(stress(v), ufl.sym(ufl.grad(w))) * ufl.dx)
        self.reaction = fem.form(left * ufl.inner(stress(self.u), ufl.sym(ufl.grad(w))) * ufl.dx)
        self.lift = fem.Constant(domain, 0.0)
        bottom = fem.locate_dofs_topological(V, 1, mesh.boundary("bottom"))
        self.top = fem.locate_dofs_topological(V.sub(1), 1, mesh.boundary("top"))
        self.bcs = [fem.dirichletbc(np.zeros(2), bottom, V), fem.dirichletbc(self.lift, self.top, V.sub(1))]
        self.A, self.b = petsc.create_matrix(self.a), petsc.create_vector(V)
        self.zero = fem.form(ufl.inner(fem.Constant(domain, np.zeros(2)), w) * ufl.dx)
        self.ksp = PETSc.KSP().create(domain.comm)
        self.ksp.setOperators(self.A)
        self.ksp.setType("preonly")
        self.ksp.getPC().setType("cholesky")
        self.ksp.getPC().setFactorSolverType("mumps")
        energy = ufl.inner(stress(self.u), ufl.sym(ufl.grad(self.u))) / 2
        d = self.d
        F = (-2 * (1 - d) * energy + TOUGHNESS * d / ELL) * q * ufl.dx
        F += TOUGHNESS * ELL * ufl.inner(ufl.grad(d), ufl.grad(q)) * ufl.dx
        options = {
            "snes_type": "vinewtonrsls", "snes_linesearch_type": "basic", "snes_rtol": 1e-10, "snes_atol": 1e-12,
            "snes_stol": 0.0, **DIRECT,
        }  # fmt: skip
        self.damage = petsc.NonlinearProblem(F, d, petsc_options_prefix="plain_damage_", petsc_options=options)
        self.low, self.high = self.damage.x.duplicate(), self.damage.x.duplicate()
        self.high.set(1.0)
        self.sweeps = 0

    def displacement(self):
        self.A.zeroEntries()
        petsc.assemble_matrix(self.A, self.a, bcs=self.bcs)
        self.A.assemble()
        with self.b.localForm() as local:
            local.set(0.0)
        petsc.assemble_vector(self.b, self.zero)
        petsc.apply_lifting(self.b, [self.a], bcs=[self.bcs])
        self.b.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
        petsc.set_bc(self.b, self.bcs)
        self.ksp.solve(self.b, self.u.x.petsc_vec)
        self.u.x.scatter_forward()

    def step(self, load):
        self.lift.value = load
        self.old.x.array[:] = self.d.x.array
        change = np.inf
        while change > TOLERANCE:
            self.displacement()
            before = self.d.x.array.copy()
            self.low.array_w[:] = self.old.x.array[: self.low.local_size]
            self.damage.solver.setVariableBounds(self.low, self.high)
            self.damage.solve()
            assert self.damage.solver.getConvergedReason() > 0
            change = np.abs(self.d.x.array - before).max()
            self.sweeps += 1
        self.displacement()
        return float(petsc.assemble_vector(self.reaction).array[self.top].sum())


def plain(mesh, loads):
    """Forces [N/m] and sweeps."""
    problem = Plain(mesh)
    return [problem.step(u) for u in loads], problem.sweeps


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=float, default=0.0026, help="cell size at the crack [mm]")
    parser.add_argument("--steps", type=int, default=150)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    mesh = plate(given.size)
    loads = np.linspace(0, 6e-3 * MM, given.steps + 1)[1:]
    for variant in (toolkit, plain):
        variant(mesh, loads[:1])  # compiles
    found = {}
    for variant in (toolkit, plain):
        began = time.process_time()
        forces, sweeps = variant(mesh, loads)
        found[variant.__name__] = {"seconds": time.process_time() - began, "sweeps": sweeps, "forces": forces}
    curves = [np.array(found[name]["forces"]) for name in ("toolkit", "plain")]
    result = {
        "nodes": mesh.domain.topology.index_map(0).size_global,
        "steps": given.steps,
        "ratio": found["plain"]["seconds"] / found["toolkit"]["seconds"],
        "difference": float(np.abs(curves[0] - curves[1]).max() / curves[1].max()),
        "peak [kN/mm]": [float(c.max()) / 1e6 for c in curves],
        **{f"{name} {key}": found[name][key] for name in found for key in ("seconds", "sweeps")},
    }
    for key, value in result.items():
        print(f"{key}: {value}")
    if given.json:
        given.json.write_text(json.dumps({**result, "curves": found}, indent=1), encoding="utf-8")
    return int(result["ratio"] < LEAST_RATIO or result["difference"] > LARGEST_DIFFERENCE)


if __name__ == "__main__":
    sys.exit(main())
