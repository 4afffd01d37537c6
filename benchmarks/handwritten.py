"""The three problems of the overhead benchmark as a user of DOLFINx writes them: forms, matrix, vector, KSP."""

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.fem import petsc
from petsc4py import PETSc

from fem_ssb import Material

STEP = 1e-9  # s, of the implicit heat step
START = 298.15  # K
OPTIONS = {
    "conduction": {"ksp_type": "cg", "ksp_rtol": 1e-8, "pc_type": "hypre", "pc_hypre_boomeramg_strong_threshold": 0.7},
    "elasticity": {
        "ksp_type": "cg", "ksp_rtol": 1e-8, "pc_type": "gamg", "mg_levels_ksp_type": "chebyshev",
        "mg_levels_pc_type": "jacobi", "mg_levels_esteig_ksp_type": "cg", "pc_gamg_coarse_eq_limit": 1000,
    },
}  # fmt: skip
OPTIONS["heat"] = OPTIONS["conduction"]


def solve(kind, mesh):
    """Solution and number of linear iterations."""
    domain, llzo = mesh.domain, Material("LLZO")
    vector = kind == "elasticity"
    V = fem.functionspace(domain, ("Lagrange", 1, (3,)) if vector else ("Lagrange", 1))
    u, v = ufl.TrialFunction(V), ufl.TestFunction(V)
    held = [("bottom", 0.0), ("top", 0.1)] if kind == "conduction" else [("bottom", 0.0), ("top", 1e-8)]
    if kind == "conduction":
        a = llzo["ionic_conductivity"](298.15) * ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx
        L = fem.Constant(domain, 0.0) * v * ufl.dx
    elif kind == "heat":
        held = [("bottom", 310.0 - START)]  # solved for the increment, so that the tolerance means the same to both
        k, capacity = llzo["thermal_conductivity"](298.15), llzo["density"](298.15) * llzo["specific_heat"](298.15)
        a = (k * ufl.inner(ufl.grad(u), ufl.grad(v)) + capacity / STEP * u * v) * ufl.dx
        L = fem.Constant(domain, 0.0) * v * ufl.dx
    else:
        a = ufl.inner(_stress(mesh, llzo, ufl.sym(ufl.grad(u))), ufl.sym(ufl.grad(v))) * ufl.dx
        L = ufl.inner(fem.Constant(domain, (0.0, 0.0, 0.0)), v) * ufl.dx
    bcs = []
    for name, value in held:
        dofs = fem.locate_dofs_topological(V, 2, mesh.boundary(name))
        bcs.append(fem.dirichletbc(np.full(3, value) if vector else value, dofs, V))
    a, L = fem.form(a), fem.form(L)
    A = petsc.assemble_matrix(a, bcs=bcs)
    A.assemble()
    b = petsc.assemble_vector(L)
    petsc.apply_lifting(b, [a], bcs=[bcs])
    b.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)
    petsc.set_bc(b, bcs)
    if vector:
        x = V.tabulate_dof_coordinates()[: V.dofmap.index_map.size_local]
        points = PETSc.Vec().createWithArray(np.ascontiguousarray(x).reshape(-1), bsize=3, comm=domain.comm)
        A.setNearNullSpace(PETSc.NullSpace().createRigidBody(points))
    ksp = PETSc.KSP().create(domain.comm)
    ksp.setOptionsPrefix("hand_")
    options = PETSc.Options("hand_")
    for key, value in OPTIONS[kind].items():
        options[key] = value
    ksp.setOperators(A)
    ksp.setFromOptions()
    solution = fem.Function(V)
    ksp.solve(b, solution.x.petsc_vec)
    solution.x.scatter_forward()
    if kind == "heat":
        solution.x.array[:] += START
    assert ksp.getConvergedReason() > 0
    iterations = ksp.getIterationNumber()
    for thing in (ksp, A, b):
        thing.destroy()
    return solution, iterations


def _stress(mesh, material, e):
    """Cubic grains, each in its own frame."""
    c = np.asarray(material["stiffness"].matrix(), dtype=float)
    c11, c12, c44 = float(c[0, 0]), float(c[0, 1]), float(c[3, 3])
    frame = fem.Function(fem.functionspace(mesh.domain, ("DG", 0, (3, 3))))
    frame.x.array[:] = mesh.orientations[mesh.grain_of_cell].reshape(-1)
    s = c12 * ufl.tr(e) * ufl.Identity(3) + 2 * c44 * e
    for k in range(3):
        axis = frame[:, k]
        s += (c11 - c12 - 2 * c44) * ufl.dot(axis, ufl.dot(e, axis)) * ufl.outer(axis, axis)
    return s
