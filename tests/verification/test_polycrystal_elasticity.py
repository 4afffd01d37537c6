"""Effective elasticity of polycrystals of anisotropic grains.

3D. A cube of grains with rollers on all faces is strained by ε along one axis after the other; the mean stresses give
C₁₁ and C₁₂ of the (nearly) isotropic polycrystal, K = (C₁₁ + 2C₁₂)/3 and G = (C₁₁ − C₁₂)/2. For a diagonal mean
strain E these faces satisfy Hill's condition, so the energy W(E) = ½ E:C_eff:E has exact bounds for this very sample:

  above: uniform strain is admissible, W ≤ ½ E:⟨C⟩:E;
  below: uniform stress s without shear is in equilibrium with the rollers, W ≥ max_s [s:E − ½ s:⟨S⟩:s].

A cubic crystal's bulk modulus is that of the polycrystal exactly (uniform strain E = e I is the solution).

Fibre texture: all crystals have [001] along z and are turned about it at random. Strained along z the field is
uniform: C₃₃ = C₁₁ and C₁₃ = C₁₂ of the crystal, exactly. In the plane (plane strain) the plane bulk modulus
κ = (C₁₁ + C₁₂)/2 is the crystal's, and the shear modulus of a planar polycrystal of square symmetry is known exactly
(Avellaneda, Cherkaev, Gibiansky, Milton & Rudelson, J. Mech. Phys. Solids 44 (1996) 1179):
μ = κ/(√((κ + μ₁)(κ + μ₂)/(μ₁μ₂)) − 1), with the crystal's shear moduli μ₁ = C₄₄ and μ₂ = (C₁₁ − C₁₂)/2.
"""

import numpy as np
import pytest
from cells import total
from scipy.spatial.transform import Rotation

import fem_ssb as ssb
from fem_ssb.materials import CubicStiffness, rotate_stiffness, voigt_reuss_hill
from fem_ssb.mesh.measure import measures
from fem_ssb.solvers import presets
from fem_ssb.units import GPa, um

pytestmark = [pytest.mark.system("B2")]
CRYSTAL = CubicStiffness(170 * GPa, 75 * GPa, 95 * GPa)  # Zener ratio 2
STRAIN = 1e-3


def polycrystal(comm, dim, count, size, stiffness, texture="random", seed=3):
    """A box of grains of about unit edge 10 µm."""
    stack = ssb.Stack(width=10 * um, dim=dim)
    material = ssb.Material.custom("grain", kind="electrolyte", stiffness=stiffness, thermal_expansion=0.0)
    grains = ssb.Voronoi(count=count, seed=seed, texture=texture)
    stack.layer("separator", material, thickness=10 * um, grains=grains)
    return stack.mesh(comm, size=size)


def responses(mesh):
    """Mean stresses (axes, 3) for a unit strain along each axis in turn, and the grains' volume fractions."""
    dim, comm = mesh.dim, mesh.comm
    faces = {"left": 0, "right": 0, "bottom": dim - 1, "top": dim - 1}
    if dim == 3:
        faces |= {"front": 1, "back": 1}
    model = ssb.Model(mesh, [ssb.Elasticity(degree=1 if dim == 3 else 2)])
    ends = {"right": 0, "back": 1 if dim == 3 else None, "top": dim - 1}
    for boundary, axis in faces.items():
        end = ends.get(boundary)
        stretch = (lambda t, a=axis: STRAIN * 10 * um if round(t) == a else 0.0) if end is not None else 0.0
        model.apply(ssb.Fixed("displacement", boundary, stretch, component=axis))
    state = model.state
    dx = state.dx("separator")
    found = []
    for axis in range(dim):
        state.time.value = float(axis)
        model.solve()
        stress = state.quantity("stress", "separator")
        found.append([total(comm, stress[k, k] * dx) / mesh.volume() / STRAIN for k in range(3)])
    owned = mesh.domain.topology.index_map(dim).size_local
    volumes = measures(mesh.domain, dim, np.arange(owned, dtype=np.int32))
    share = comm.allreduce(np.bincount(mesh.grain_of_cell[:owned], volumes, len(mesh.orientations))) / mesh.volume()
    return np.array(found), share


def moduli(mean):
    """(K, G) from mean stresses (3, 3)."""
    c11 = np.trace(mean) / 3
    c12 = (mean.sum() - np.trace(mean)) / 6
    return (c11 + 2 * c12) / 3, (c11 - c12) / 2


def bounds(mesh, share, stiffness):
    """Normal-strain blocks (3, 3) of ⟨C⟩ and of the inverse of the normal block of ⟨S⟩."""
    C = rotate_stiffness(stiffness.matrix(), mesh.orientations)
    mean = np.einsum("g,gij->ij", share, C)
    compliance = np.einsum("g,gij->ij", share, np.linalg.inv(C))
    return mean[:3, :3], np.linalg.inv(compliance[:3, :3])


def check_random(verify, comm, count, size, label):
    mesh = polycrystal(comm, 3, count, size, CRYSTAL)
    mean, share = responses(mesh)
    upper, lower = bounds(mesh, share, CRYSTAL)
    for axis, name in enumerate("xyz"):
        verify.below(mean[axis, axis], upper[axis, axis], what=f"{label}: C_{name}{name} [Pa]", source="uniform strain")
        verify.below(-mean[axis, axis], -lower[axis, axis], what=f"{label}: −C_{name}{name}", source="uniform stress")
    K, G = moduli(mean)
    hill = voigt_reuss_hill(CRYSTAL.matrix())
    verify(K, hill.bulk, rtol=1e-6, what=f"{label}: bulk modulus [Pa]", source="that of the cubic crystal")
    verify(G, hill.shear, rtol=0.03, what=f"{label}: shear modulus [Pa]", source="Hill")
    verify.below(G, hill.shear_voigt, what=f"{label}: shear modulus [Pa]", source="Voigt")
    verify.below(-G, -hill.shear_reuss, what=f"{label}: −shear modulus [Pa]", source="Reuss")
    return G


def test_random_polycrystal(verify, comm, monkeypatch):
    """216 grains on coarse tetrahedra, by CG: one load each is not worth factors; the mesh only stiffens."""
    monkeypatch.setattr(presets, "LARGEST_DIRECT_3D", 0)
    sizes = (0.9 * um, 0.6 * um)
    values = [check_random(verify, comm, 216, size, f"216 grains, size {size / um:g} µm") for size in sizes]
    verify.trend(values, "falling", what="shear modulus with refinement [Pa]", source="displacement elements")


@pytest.mark.slow
def test_random_polycrystal_on_a_fine_mesh(verify, comm):
    check_random(verify, comm, 400, 0.45 * um, "400 grains, size 0.45 µm")


@pytest.mark.parallel
def test_isotropic_crystals(verify, comm):
    """At a Zener ratio of 1 grains and their orientations make no difference."""
    crystal = CubicStiffness(170 * GPa, 70 * GPa, 50 * GPa)
    mean, _ = responses(polycrystal(comm, 3, 12, 4 * um, crystal))
    exact = 70 * GPa + 100 * GPa * np.eye(3)
    worst = np.abs(mean - exact).max() / (170 * GPa)
    verify(worst, 0.0, atol=1e-8, what="Zener ratio 1: largest deviation of C over C₁₁", source="C of the crystal")


def fibre(count, seed=5):
    """Turns about z, evenly spread and shuffled: no direction in the plane is preferred."""
    angles = np.random.default_rng(seed).permutation(np.arange(count) * 2 * np.pi / count)
    return Rotation.from_euler("z", angles[:, None]).as_matrix()


@pytest.mark.parallel
def test_fibre_texture_along_the_fibre(verify, comm):
    mean, _ = responses(polycrystal(comm, 3, 12, 4 * um, CRYSTAL, fibre(12)))
    verify(mean[2, 2], CRYSTAL.c11, rtol=1e-8, what="fibre texture: C₃₃ [Pa]", source="C₁₁ of the crystal")
    verify(mean[2, 0], CRYSTAL.c12, rtol=1e-8, what="fibre texture: C₁₃ [Pa]", source="C₁₂ of the crystal")


def test_fibre_texture_across_the_fibre(verify, comm):
    crystal = CubicStiffness(170 * GPa, 110 * GPa, 95 * GPa)  # Zener ratio 3.2
    kappa, first, second = (crystal.c11 + crystal.c12) / 2, crystal.c44, (crystal.c11 - crystal.c12) / 2
    exact = kappa / (np.sqrt((kappa + first) * (kappa + second) / (first * second)) - 1)
    values = []
    for seed in range(4):
        mean, _ = responses(polycrystal(comm, 2, 250, 0.35 * um, crystal, fibre(250, seed), seed))
        bulk, shear = mean[:, :2].sum() / 4, (np.trace(mean[:, :2]) - mean[0, 1] - mean[1, 0]) / 4
        verify(bulk, kappa, rtol=1e-8, what=f"fibre texture, seed {seed}: plane bulk modulus [Pa]", source="crystal's")
        values.append(shear)
        verify(
            shear, exact, rtol=0.03, what=f"fibre texture, seed {seed}: plane shear modulus [Pa]", source="JMPS 1996"
        )
    what = "fibre texture: mean plane shear modulus of 4 × 250 grains [Pa]"
    verify(np.mean(values), exact, rtol=0.015, what=what, source="Avellaneda et al. (1996)")
