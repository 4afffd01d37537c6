"""Laws, stiffness tensors and the material library."""

import ast
import copy
import math
import pickle
import re
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import fem_ssb.materials as package
from fem_ssb.constants import F, R
from fem_ssb.errors import InputError
from fem_ssb.materials import (
    MATERIAL_PROPERTIES,
    PAIR_PROPERTIES,
    VTF,
    Anisotropic,
    Arrhenius,
    Constant,
    CubicStiffness,
    Curve,
    HexagonalStiffness,
    Interpolated,
    IsotropicStiffness,
    Law,
    Material,
    Pair,
    Polynomial,
    PowerLawCreep,
    Stiffness,
    UserLaw,
    available,
    pair,
    rotate_stiffness,
    voigt_reuss_hill,
)
from fem_ssb.materials.__main__ import table
from fem_ssb.materials.entry import read_entry
from fem_ssb.materials.quantities import UNITS, factor

COMMON = ("stiffness", "density", "thermal_expansion", "thermal_conductivity", "specific_heat")
HERE = Path(package.__file__).parent
FILES = sorted((HERE / "library").glob("**/*.toml"))
SCALINGS = {
    "value": lambda P, T: P,
    "value*T": lambda P, T: P * T,
    "1/value": lambda P, T: 1 / P,
    "T/value": lambda P, T: T / P,
}


def at_points(law, points):
    """Values of a law at `points` by way of UFL: the law of the coordinate, evaluated point by point."""
    ufl, element = pytest.importorskip("ufl"), pytest.importorskip("basix.ufl").element
    x = ufl.SpatialCoordinate(ufl.Mesh(element("Lagrange", "interval", 1, shape=(1,))))[0]
    expression = law(x)
    assert isinstance(expression, ufl.core.expr.Expr)
    return np.array([float(expression((point,))) for point in points])


def random_rotations(n, seed=3):
    Q, upper = np.linalg.qr(np.random.default_rng(seed).normal(size=(n, 3, 3)))
    Q = Q * np.sign(np.einsum("nii->ni", upper))[:, None, :]
    Q[np.linalg.det(Q) < 0, :, 0] *= -1
    return Q


# --- laws ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scaled", SCALINGS)
def test_arrhenius_recovers_reference_value_and_activation_energy(scaled):
    """ln of the scaled quantity is linear in 1/T with the slope −E/R."""
    law = Arrhenius(0.046, 33e3, reference_temperature=310.0, scaled=scaled)
    assert law(310.0) == pytest.approx(0.046, rel=1e-15)
    T = np.array([250.0, 298.15, 420.0])
    slope, _ = np.polyfit(1 / T, np.log(SCALINGS[scaled](law(T), T)), 1)
    assert -slope * R == pytest.approx(33e3, rel=1e-10)


@pytest.mark.parametrize("scaled", SCALINGS)
def test_arrhenius_from_prefactor(scaled):
    law = Arrhenius.from_prefactor(2.5e5, 40e3, scaled=scaled)
    assert SCALINGS[scaled](law(350.0), 350.0) == pytest.approx(2.5e5 * math.exp(-40e3 / (R * 350.0)), rel=1e-12)


def test_arrhenius_factors_of_the_argyrodite_pellet():
    """0.31 eV from 25 to 65 °C: a factor of 4.17 when σ is activated and 3.67 when σT is."""
    hot = 338.15
    assert Arrhenius(1.0, 0.31 * F)(hot) == pytest.approx(4.17, abs=0.01)
    assert Arrhenius(1.0, 0.31 * F, scaled="value*T")(hot) == pytest.approx(3.67, abs=0.01)


def test_vtf():
    """ln(P T^p) is linear in 1/(T − T₀) with the slope −E/R."""
    law = VTF(1e-3, 9e3, vogel_temperature=200.0, reference_temperature=333.0)
    assert law(333.0) == pytest.approx(1e-3, rel=1e-15)
    T = np.array([300.0, 330.0, 380.0])
    slope, _ = np.polyfit(1 / (T - 200.0), np.log(law(T) * np.sqrt(T)), 1)
    assert -slope * R == pytest.approx(9e3, rel=1e-10)
    with pytest.raises(InputError, match="Vogel"):
        law(np.array([300.0, 190.0]))
    assert at_points(law, np.array([300.0, 190.0])) == pytest.approx([law(300.0), 0.0])
    with pytest.raises(InputError, match=r"ionic_conductivity of 'separator' \(PEO-LiTFSI\): a VTF law holds above"):
        Material("PEO-LiTFSI").refuse_temperature(150.0, "separator")


def test_vtf_of_a_melting_polymer():
    """Above T_m the law of the melt; below it lower by exp[−(E_m/R)(1/T − 1/T_m)], without a jump."""
    melt = VTF(1e-3, 9e3, vogel_temperature=200.0, reference_temperature=353.0)
    law = VTF(1e-3, 9e3, 200.0, 353.0, melting_temperature=333.0, melting_energy=5e4)
    assert law(340.0) == melt(340.0)
    assert law(333.0 - 1e-9) == pytest.approx(melt(333.0), rel=1e-9)
    assert law(300.0) / melt(300.0) == pytest.approx(np.exp(-5e4 / R * (1 / 300.0 - 1 / 333.0)), rel=1e-12)


def test_polynomial():
    law = Polynomial([1.0, 0.0, 2.0], low=1.0, high=3.0)
    assert law(2.0) == 9.0
    assert np.allclose(law(np.array([0.0, 1.0, 5.0])), [3.0, 3.0, 19.0])


def test_interpolated():
    law = Interpolated([(0.0, 4.0), (0.5, 3.0), (1.0, 2.8)])
    assert law(0.25) == pytest.approx(3.5)
    assert np.allclose(law(np.array([-1.0, 0.75, 2.0])), [4.0, 2.9, 2.8])
    assert Interpolated([(0.0, 1e-14), (1.0, 1e-10)], scale="log")(0.5) == pytest.approx(1e-12, rel=1e-12)


def test_arrays_keep_their_shape():
    T = np.full((2, 3), 300.0)
    for law in (Constant(2.0), Arrhenius(1.0, 1e4), Interpolated([(0, 1), (400, 5)])):
        assert law(T).shape == (2, 3)
        assert isinstance(law(300.0), float)


@pytest.mark.parametrize(
    "law",
    [
        Constant(2.5),
        Arrhenius(0.05, 33e3, scaled="value*T"),
        Arrhenius(1e-4, 40e3, scaled="T/value"),
        VTF(1e-3, 9e3, 200.0),
        VTF(1e-3, 9e3, 200.0, 333.0, melting_temperature=310.0, melting_energy=4e4),
        Polynomial([1.0, -2e-3, 4e-6], 280.0, 320.0),
        Interpolated([(280.0, 1.0), (300.0, 4.0), (330.0, 2.0)]),
        Interpolated([(280.0, 1.0), (300.0, 4.0), (330.0, 2.0)], scale="log"),
        UserLaw(lambda T: 2 * T),
        PowerLawCreep(4.25e4, 37e3, 6.67, 0.95e6),
    ],
)
def test_ufl_agrees_with_numpy(law):
    T = np.array([270.0, 290.0, 300.0, 317.0, 350.0])
    assert np.allclose(at_points(law, T), law(T), rtol=1e-12)


def test_creep_round_trip():
    law = PowerLawCreep(A=4.25e4, Q=37e3, m=6.67, reference_stress=0.95e6)
    assert law.rate(0.95e6, 298.15) == pytest.approx(4.25e4 * math.exp(-37e3 / (R * 298.15)), rel=1e-12)
    stress = np.array([0.2e6, 1e6])
    assert np.allclose(law.stress(law.rate(stress, 320.0), 320.0), stress, rtol=1e-12)
    assert np.log(law.rate(2e6) / law.rate(1e6)) / np.log(2) == pytest.approx(6.67, rel=1e-12)


def test_anisotropic():
    law = Anisotropic(Arrhenius(2.0, 30e3), (1.0, 1.0, 0.01))
    assert np.allclose(law(298.15), np.diag([2.0, 2.0, 0.02]))
    assert law(np.array([298.15, 320.0])).shape == (2, 3, 3)
    ufl = pytest.importorskip("ufl")
    element = pytest.importorskip("basix.ufl").element
    x = ufl.SpatialCoordinate(ufl.Mesh(element("Lagrange", "interval", 1, shape=(1,))))[0]
    matrix = law(x)
    assert matrix.ufl_shape == (3, 3)
    assert float(matrix[2, 2]((320.0,))) == pytest.approx(law(320.0)[2, 2], rel=1e-12)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: Constant(float("nan")),
        lambda: Constant("x"),
        lambda: Arrhenius(-1.0, 1e4),
        lambda: Arrhenius(1.0, -1e4),
        lambda: Arrhenius(1.0, 1e4, scaled="valueT"),
        lambda: Arrhenius(1.0, 1e4)(0.0),
        lambda: Arrhenius(1.0, 1e4)(np.array([300.0, -1.0])),
        lambda: VTF(1.0, 1e4, vogel_temperature=400.0),
        lambda: VTF(1.0, 1e4, 200.0, 298.15, melting_temperature=330.0),
        lambda: Polynomial(3.0, 0.0, 1.0),
        lambda: Polynomial([1.0, float("nan")], 0.0, 1.0),
        lambda: Polynomial([1.0], 1.0, 1.0),
        lambda: Interpolated([(0.0, 1.0)]),
        lambda: Interpolated([(0.0, 1.0), (0.0, 2.0)]),
        lambda: Interpolated([(0.0, 1.0), (1.0, float("inf"))]),
        lambda: Interpolated([(0.0, 0.0), (1.0, 1.0)], scale="log"),
        lambda: Interpolated([(0.0, 1.0), (1.0, 1.0)], scale="cubic"),
        lambda: Interpolated("points"),
        lambda: UserLaw(3.0),
        lambda: Anisotropic(Constant(1.0), (1.0, 1.0)),
        lambda: Anisotropic(Constant(1.0), (0.0, 0.0, 0.0)),
        lambda: PowerLawCreep(1.0, 1e4, 0.5, 1e6),
        lambda: PowerLawCreep(1.0, 1e4, 5.0, 0.0),
    ],
)
def test_bad_laws_are_refused(bad):
    with pytest.raises(InputError):
        bad()


# --- stiffness ----------------------------------------------------------------------------------------------------


def test_isotropic_stiffness_in_uniaxial_stress():
    """S = C⁻¹ has S₁₁ = 1/E, S₁₂ = −ν/E, S₄₄ = 2(1+ν)/E."""
    S = np.linalg.inv(IsotropicStiffness(7.82e9, 0.381).matrix())
    assert S[0, 0] == pytest.approx(1 / 7.82e9, rel=1e-12)
    assert S[0, 1] == pytest.approx(-0.381 / 7.82e9, rel=1e-12)
    assert S[5, 5] == pytest.approx(2 * 1.381 / 7.82e9, rel=1e-12)


def test_rotation_leaves_isotropic_stiffness():
    C = IsotropicStiffness(150e9, 0.26).matrix()
    assert np.allclose(rotate_stiffness(C, random_rotations(20)), C, rtol=0, atol=1e-12 * C.max())


def test_rotation_against_the_fourth_order_tensor():
    """C'_ijkl = R_ia R_jb R_kc R_ld C_abcd written out with all four indices, for a general stiffness."""
    rng = np.random.default_rng(1)
    root = rng.normal(size=(6, 6))
    C = root @ root.T + 6 * np.eye(6)
    index = np.array([[0, 5, 4], [5, 1, 3], [4, 3, 2]])
    rotation = random_rotations(1)[0]
    full = C[index[:, :, None, None], index[None, None]]
    full = np.einsum("ia,jb,kc,ld,abcd->ijkl", *[rotation] * 4, full)
    first, second = np.array([0, 1, 2, 1, 0, 0]), np.array([0, 1, 2, 2, 2, 1])
    expected = full[first[:, None], second[:, None], first[None], second[None]]
    assert np.allclose(rotate_stiffness(C, rotation), expected, rtol=1e-12)


def test_rotation_by_90_degrees_permutes_axes():
    """A turn about x takes the hexagonal axis from z to y (up to sign)."""
    crystal = HexagonalStiffness(60e9, 25e9, 20e9, 80e9, 15e9)
    turned = crystal.rotated([[1, 0, 0], [0, 0, -1], [0, 1, 0]])
    assert turned[1, 1] == pytest.approx(80e9)
    assert turned[2, 2] == pytest.approx(60e9)
    assert turned[4, 4] == pytest.approx(0.5 * (60e9 - 25e9))


def test_rotation_of_cubic_keeps_the_voigt_average():
    """The Voigt bulk and shear moduli are invariants of the stiffness; Reuss' of the compliance."""
    C = CubicStiffness(169.8e9, 63.9e9, 69.8e9)
    before = C.voigt_reuss_hill()
    for turned in C.rotated(random_rotations(5)):
        after = voigt_reuss_hill(turned)
        for name in ("bulk_voigt", "bulk_reuss", "shear_voigt", "shear_reuss"):
            assert getattr(after, name) == pytest.approx(getattr(before, name), rel=1e-12)


def test_average_over_many_rotations_is_the_voigt_stiffness():
    C = CubicStiffness(169.8e9, 63.9e9, 40e9)
    mean = C.rotated(random_rotations(20000)).mean(axis=0)
    moduli = C.voigt_reuss_hill()
    assert mean[3:, 3:].trace() / 3 == pytest.approx(moduli.shear_voigt, rel=5e-3)
    assert mean[:3, :3].sum() / 9 == pytest.approx(moduli.bulk_voigt, rel=1e-12)


def test_many_stiffnesses_and_rotations():
    stack = np.stack([IsotropicStiffness(1e9, 0.3).matrix(), CubicStiffness(170e9, 64e9, 70e9).matrix()])
    assert rotate_stiffness(stack, np.eye(3)).shape == (2, 6, 6)
    assert np.allclose(rotate_stiffness(stack, np.broadcast_to(np.eye(3), (2, 3, 3))), stack)
    with pytest.raises(InputError, match="match"):
        rotate_stiffness(stack, random_rotations(3))


def test_voigt_reuss_hill_of_cubic_against_closed_form():
    """Hill 1952: K = (C₁₁+2C₁₂)/3; G_V = (C₁₁−C₁₂+3C₄₄)/5; G_R = 5(C₁₁−C₁₂)C₄₄/(4C₄₄+3(C₁₁−C₁₂))."""
    c11, c12, c44 = 169.8, 63.9, 40.0
    moduli = CubicStiffness(c11 * 1e9, c12 * 1e9, c44 * 1e9).voigt_reuss_hill()
    assert moduli.bulk_voigt == pytest.approx((c11 + 2 * c12) / 3 * 1e9, rel=1e-12)
    assert moduli.bulk_reuss == pytest.approx(moduli.bulk_voigt, rel=1e-12)
    assert moduli.shear_voigt == pytest.approx((c11 - c12 + 3 * c44) / 5 * 1e9, rel=1e-12)
    assert moduli.shear_reuss == pytest.approx(5 * (c11 - c12) * c44 / (4 * c44 + 3 * (c11 - c12)) * 1e9, rel=1e-12)
    assert moduli.shear == pytest.approx(0.5 * (moduli.shear_voigt + moduli.shear_reuss), rel=1e-15)


def test_zener_ratio_one_is_isotropic():
    cubic = CubicStiffness(169.8e9, 63.9e9, 0.5 * (169.8e9 - 63.9e9))
    assert cubic.zener == pytest.approx(1.0)
    assert np.allclose(cubic.isotropic().matrix(), cubic.matrix(), rtol=1e-12)


def test_argyrodite_moduli():
    """Published E and ν of Li6PS5Cl give the published B = 28.7 and G = 8.1 GPa within the table's rounding."""
    stiffness = Material("Li6PS5Cl").stiffness
    assert stiffness.bulk / 1e9 == pytest.approx(28.7, abs=0.8)
    assert stiffness.shear / 1e9 == pytest.approx(8.1, abs=0.06)


@pytest.mark.parametrize(
    "bad",
    [
        lambda: IsotropicStiffness(-1.0, 0.3),
        lambda: IsotropicStiffness(1e9, 0.5),
        lambda: IsotropicStiffness(1e9, -1.0),
        lambda: CubicStiffness(100e9, 120e9, 50e9),
        lambda: CubicStiffness(100e9, 50e9, -1.0),
        lambda: CubicStiffness(100e9, 50e9, float("nan")),
        lambda: HexagonalStiffness(60e9, 25e9, 90e9, 80e9, 15e9),
        lambda: Stiffness(np.eye(5)),
        lambda: Stiffness("soft"),
        lambda: Stiffness(np.triu(np.ones((6, 6))) + 9 * np.eye(6)),
        lambda: rotate_stiffness(np.eye(6), 2 * np.eye(3)),
        lambda: rotate_stiffness(np.eye(6), np.eye(2)),
        lambda: rotate_stiffness(np.eye(3), np.eye(3)),
    ],
)
def test_bad_stiffness_is_refused(bad):
    with pytest.raises(InputError):
        bad()


def test_a_stiffness_that_is_not_positive_definite_is_named():
    """λ + 2μ = 1, λ = 2: shape changes of volume 0 would give energy, (C₁₁ − C₁₂)e² = −e²."""
    matrix = np.diag([1.0, 1.0, 1.0, 1.0, 1.0, 1.0])
    matrix[:3, :3] += 2 * (1 - np.eye(3))
    with pytest.raises(InputError, match=r"must be positive definite; its lowest eigenvalue is -1 Pa"):
        Stiffness(matrix)


def test_matrix_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        IsotropicStiffness(1e9, 0.3).matrix()[0, 0] = 0.0


# --- library ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_every_entry_says_where_it_is_from(path):
    """Read straight from the file, so that the loader's own check is not what is tested."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    entries = {key: value for key, value in document.items() if isinstance(value, dict)}
    assert entries
    for key, entry in entries.items():
        assert "unit" in entry, key
        if entry.get("estimate"):
            assert len(entry["reason"]) > 10, key
        else:
            assert len(entry["source"]) > 10, key
            assert entry["checked"] in (True, False), key
        if "doi" in entry:
            assert re.fullmatch(r"10\.\d{4,9}/\S+", entry["doi"]), key


def numbers(value, path=()):
    """Paths of all numbers under a value of a file."""
    if isinstance(value, dict):
        return [p for key, inner in value.items() for p in numbers(inner, (*path, key))]
    if isinstance(value, list):
        return [p for k, inner in enumerate(value) for p in numbers(inner, (*path, k))]
    return [path] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_nested_numbers_have_a_source_too(path):
    """Every number, however deep, is in the table of a property that says where it is from, and has a unit."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    found = numbers(document)
    assert found
    for name, *inner in found:
        entry = document[name]
        assert isinstance(entry, dict), f"{name} = {entry} belongs to no property"
        assert entry["reason" if entry.get("estimate") else "source"].strip(), (name, inner)
        if isinstance(entry[inner[0]], dict):
            assert set(entry[inner[0]]) == {"value", "unit"}, (name, inner)
            assert inner[1:] == ["value"], (name, inner)


def test_interlayers_conduct_what_diffuses():
    """Nernst and Einstein: σ = F²Dc/RT; of Li₃N the conductivity across its c axis."""
    for material in map(Material, available("interlayer")):
        if "diffusivity" in material:
            D, c = material.diffusivity(0.5), material.maximum_concentration()
            sigma = np.max(material.ionic_conductivity(298.15))
            assert sigma == pytest.approx(F**2 * D * c / (R * 298.15), rel=0.06), material.name


def test_windows_permittivities_and_ions_of_electrolytes():
    """The window is open; the ion in a framework is far smaller than the metal (Shannon's radius against Ω)."""
    for material in map(Material, available("electrolyte")):
        assert material.permittivity() > 1, material.name
        assert material.reduction_potential() < material.oxidation_potential(), material.name
        if material.name != "PEO-LiTFSI":
            radius = {"Li": 0.076e-9, "Na": 0.102e-9}[material.carrier]
            sphere = 4 / 3 * np.pi * radius**3 * 6.02214076e23
            assert material.ion_molar_volume() == pytest.approx(sphere, rel=0.02)
            assert sphere < 0.2 * Material(material.carrier).molar_volume()


def test_hosts_swell_as_published():
    """Graphite 10.9 % when full (its polynomial at 1), LFP loses 6.81 %, NMC532 1.1 %; LCO grows as it gives off."""
    for material in map(Material, available("cathode")):
        assert {"volume_change", *COMMON} <= set(material), material.name
        assert material.volume_change(0.0) == pytest.approx(0.0, abs=1e-4)
    assert Material("graphite").volume_change(1.0) == pytest.approx(0.109, abs=5e-4)
    assert 1 - 1 / (1 + Material("LFP").volume_change(1.0)) == pytest.approx(0.0681, abs=1e-4)
    assert Material("LCO").volume_change(1.0) == pytest.approx(-7.28e-7 * 49943, rel=2e-3)
    assert 1 - 1 / (1 + Material("NMC532").volume_change(1.0)) == pytest.approx(0.011, abs=5e-5)
    charged = [Material(f"NMC{n}").volume_change(0.3) / Material(f"NMC{n}").volume_change(1.0) for n in (811, 622)]
    assert max(charged) < 0.7  # most of the volume goes where little lithium is left


def test_vacancies_are_few():
    """Self-diffusion is that of vacancies times their share, near 1e-3 where a metal melts and less below."""
    share = {m: Material(m).self_diffusivity(298.15) / Material(m).vacancy_diffusivity(298.15) for m in ("Li", "Na")}
    assert 1e-9 < share["Li"] < share["Na"] < 1e-3  # sodium is nearer to its melting point


def test_adhesion_is_no_stronger_than_the_metal():
    for name in available("pair"):
        metal = next((m for m in pair(name).between if Material(m).kind == "metal"), None)
        if metal:
            assert 0 < pair(name).adhesion_energy() < 2 * Material(metal).surface_energy(), name
        assert pair(name).thermal_conductance() > 0


def test_properties_that_no_physics_reads_say_so():
    """A physics reads a property by its name, that of a boundary without "gb_"."""
    sources = [
        f for folder in ("physics", "analysis") for f in (Path(package.__file__).parents[1] / folder).glob("*.py")
    ]
    text = "".join(f.read_text(encoding="utf-8") for f in sources)
    for name, prop in (MATERIAL_PROPERTIES | PAIR_PROPERTIES).items():
        read = f'"{name}"' in text or f'"{name.removeprefix("gb_")}"' in text
        assert read is not prop.meaning.endswith("(data)"), name


def test_all_names_load_and_are_finite_in_si():
    assert {"Li", "Na", "LLZO", "Li6PS5Cl", "LATP", "NZSP", "LiPON", "PEO-LiTFSI"} <= set(available())
    assert {"Li|LLZO", "Li|Li6PS5Cl", "Li|LATP", "Na|NZSP", "Li|LiPON", "LLZO|LiPON"} <= set(available("pair"))
    everything = [Material(name) for name in available()] + [pair(name) for name in available("pair")]
    for values in everything:
        for row in values.sources():
            assert row.source, row
            law = values[row.property]
            assert isinstance(law, Law)
            assert np.isfinite(law(310.0)).all()
        assert table(values).count("\n") == len(values.sources()) + 1


def test_needed_properties_are_there():
    for name in available("metal"):
        material = Material(name)
        for key in (*COMMON, "molar_volume", "electronic_conductivity", "creep", "yield_strength", "melting_point"):
            assert key in material, (name, key)
    for name in available("electrolyte"):
        material = Material(name)
        for key in (*COMMON, "ionic_conductivity", "electronic_conductivity", "toughness", "strength", "gb_resistance"):
            assert key in material, (name, key)
    for name in available("interlayer"):
        assert all(key in Material(name) for key in (*COMMON, "ionic_conductivity", "electronic_conductivity"))
    for name in available("pair"):
        assert "film_resistance" in pair(name)
        if any(Material(m).kind == "metal" for m in pair(name).between):
            assert {"exchange_current", "transfer_coefficient"} <= set(pair(name))


def test_open_circuit_curves():
    """Hosts fall with x; the full LG M50 cell (x of 0.27 and 0.9014) has 4.2 V but for the fits; known plateaus."""
    x = np.linspace(0.02, 0.98, 97)
    for name in available("cathode"):
        material = Material(name)
        assert {"maximum_concentration", "diffusivity", "electronic_conductivity"} <= set(material)
        U = np.asarray(material.open_circuit_potential(x)) * np.ones_like(x)
        assert (np.diff(U) <= 0).all() and (0 < U).all() and (U < 5).all(), name
    full = Material("NMC811").open_circuit_potential(17038 / 63104) - Material("graphite").open_circuit_potential(
        0.9014
    )
    assert full == pytest.approx(4.2, rel=0.01)
    assert Material("LFP").open_circuit_potential(0.5) == pytest.approx(3.4, abs=0.02)
    assert Material("LCO").open_circuit_potential(0.5) == pytest.approx(4.17, abs=0.05)
    assert Material("In-Li").open_circuit_potential(0.3) == 0.62


def test_curve():
    law = Curve(1.0, 2.0, tanh=[[0.5, 10.0, 0.3]], exp=[[0.1, -3.0, 0.2]])
    x = np.array([-1.0, 0.0, 0.4, 1.0, 310.0])
    inside = np.clip(x, 0, 1)
    expected = 1 + 2 * inside + 0.5 * np.tanh(10 * (inside - 0.3)) + 0.1 * np.exp(-3 * (inside - 0.2))
    assert law(x) == pytest.approx(expected, rel=1e-14)
    for rows in ([[1.0, 2.0]], [["a", 1.0, 0.0]], 3.0):
        with pytest.raises(InputError):
            Curve(1.0, tanh=rows)


def test_values_are_in_si_after_loading():
    li, llzo = Material("Li"), Material("LLZO")
    assert li.kind == "metal" and llzo.kind == "electrolyte" and Material("Na").carrier == "Na"
    assert li.molar_volume() == pytest.approx(13.0e-6)
    assert Material("Na").molar_volume() == pytest.approx(23.8e-6)
    assert li.density() == pytest.approx(534.0)
    assert li.yield_strength() == pytest.approx(0.77e6)
    assert llzo.ionic_conductivity(298.15) == pytest.approx(0.046)
    assert llzo.ionic_conductivity.activation_energy == pytest.approx(0.34 * F)
    assert llzo.gb_resistance(298.15) == pytest.approx(10e-9 / 5.97e-4, rel=1e-3)
    assert llzo.stiffness.matrix()[0, 0] == pytest.approx(169.8e9)
    assert pair("Li|LLZO").exchange_current(298.15) == pytest.approx(128.0)
    assert llzo.gb_resistance(330.0) < llzo.gb_resistance(298.15)


def test_hosts_of_other_parameter_sets():
    """NMC532 and silicon of two parameter sets of PyBaMM, at points where their fits were evaluated by hand."""
    assert Material("NMC532").open_circuit_potential(0.5) == pytest.approx(3.81478, abs=1e-4)
    assert Material("Si").open_circuit_potential(0.5) == pytest.approx(0.19100, abs=1e-4)
    assert Material("LTO").open_circuit_potential(0.3) == 1.55
    assert Material("Si").volume_change(1.0) == 3.0


@pytest.mark.parametrize("metal", ["Li", "Na"])
def test_density_agrees_with_molar_volume(metal):
    mass = {"Li": 6.94e-3, "Na": 22.990e-3}[metal]
    material = Material(metal)
    assert material.density() * material.molar_volume() == pytest.approx(mass, rel=2e-3)


@pytest.mark.parametrize("name", [n for n in available() if "fracture_toughness" in Material(n)])
def test_toughness_agrees_with_fracture_toughness(name):
    """Irwin in plane strain: G_c = K_IC²(1 − ν²)/E."""
    material = Material(name)
    moduli = material.stiffness.voigt_reuss_hill()
    expected = material.fracture_toughness() ** 2 * (1 - moduli.poisson**2) / moduli.young
    assert material.toughness() == pytest.approx(expected, rel=0.01)


def test_creep_agrees_with_published_flow_stress():
    """Sodium at 0.26 MPa and lithium at 0.75 MPa creep at about 1e-3 1/s (Wang et al. 2020), within a factor of 3."""
    assert 1 / 3 < Material("Na").creep.rate(0.26e6) / 1e-3 < 3
    assert 1 / 3 < Material("Li").creep.rate(0.75e6) / 1e-3 < 3
    assert Material("Na").creep.rate(1e6, 298.15) == pytest.approx(0.53, rel=1e-3)


def test_exchange_current_agrees_with_stated_resistance():
    """Linear kinetics: R = RT/(F i₀), 2 Ω cm² for lithium on LLZO and 23 Ω cm² for sodium on NZSP."""
    for name, resistance in (("Li|LLZO", 2e-4), ("Na|NZSP", 23e-4)):
        assert R * 298.15 / (F * pair(name).exchange_current(298.15)) == pytest.approx(resistance, rel=0.01)


def test_overrides():
    m = Material("LLZO", ionic_conductivity=0.05)
    assert m.ionic_conductivity(400.0) == 0.05
    assert m["electronic_conductivity"]() == Material("LLZO").electronic_conductivity()
    assert Material("LLZO", ionic_conductivity=lambda T: 1e-4 * T).ionic_conductivity(300.0) == pytest.approx(0.03)
    law = Arrhenius(1.0, 1e4)
    assert Material("LLZO", ionic_conductivity=law)["ionic_conductivity"] is law
    matrix = CubicStiffness(170e9, 64e9, 70e9).matrix()
    assert np.array_equal(Material("LLZO", stiffness=matrix).stiffness.matrix(), matrix)
    assert Material("Li", creep=PowerLawCreep(1.0, 0.0, 1.0, 1e6)).creep.m == 1.0
    row = next(r for r in m.sources() if r.property == "ionic_conductivity")
    assert row.source == "given by the user" and not row.is_estimate


def test_ufl_coefficient_as_override():
    ufl = pytest.importorskip("ufl")
    sigma = ufl.Constant(ufl.Mesh(pytest.importorskip("basix.ufl").element("Lagrange", "interval", 1, shape=(1,))))
    assert Material("LLZO", ionic_conductivity=sigma).ionic_conductivity(300.0) is sigma


def test_names_aliases_and_access():
    assert Material("lithium").name == "Li"
    assert Material("llzo").name == "LLZO"
    m = Material("LLZO")
    assert "stiffness" in m and "melting_point" not in m
    assert m.get("melting_point", default=5.0) == 5.0
    assert m.entry("thermal_conductivity").temperature_range == (150.0, 350.0)
    assert m.unit("stiffness") == "Pa"
    assert not hasattr(m, "melting_point")
    assert copy.deepcopy(m).ionic_conductivity == m.ionic_conductivity
    assert pickle.loads(pickle.dumps(m)).density() == m.density()


def test_custom():
    m = Material.custom(
        "my ceramic", kind="electrolyte", ionic_conductivity=0.1, stiffness=IsotropicStiffness(100e9, 0.25)
    )
    assert (m.name, m.kind, m.carrier, list(m)) == (
        "my ceramic",
        "electrolyte",
        None,
        ["ionic_conductivity", "stiffness"],
    )
    assert Material.custom("my ceramic", kind="electrolyte", carrier="Na").carrier == "Na"
    contact = Pair.custom("lithium|my ceramic", exchange_current=10.0, transfer_coefficient=0.5)
    assert contact.between == ("Li", "my ceramic") and contact.exchange_current(300.0) == 10.0


def test_pair_in_either_order_and_by_material():
    expected = pair("Li|LLZO").exchange_current
    assert pair("LLZO|Li").exchange_current == expected
    assert pair("LLZO", "lithium").exchange_current == expected
    assert pair(Material("Li"), Material("LLZO")).exchange_current == expected
    assert pair("Li|LLZO", film_resistance=1e-3).film_resistance() == 1e-3


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        (lambda: Material("LLZ0"), "did you mean 'LLZO'"),
        (lambda: Material("LLZO", ionic_conductivty=1.0), "did you mean 'ionic_conductivity'"),
        (lambda: Material("LLZO")["ionic_conductivty"], "did you mean 'ionic_conductivity'"),
        (lambda: Material("LLZO").get("stifness"), "did you mean 'stiffness'"),
        (lambda: Material("LLZO").melting_point, "LLZO has no melting_point"),
        (lambda: Material("LLZO", ionic_conductivity=-1.0), "at least 0"),
        (lambda: Material("LLZO", density=0.0), "above 0"),
        (lambda: Material("LLZO", ionic_conductivity=float("nan")), "finite"),
        (lambda: Material("LLZO", ionic_conductivity=lambda T: -T), "at least 0"),
        (lambda: Material("LLZO", ionic_conductivity="good"), "number"),
        (lambda: Material("LLZO", ionic_conductivity=[1.0, 2.0]), "number, a law or a callable"),
        (lambda: Material("LLZO", stiffness=150e9), "6×6"),
        (lambda: Material("LLZO", stiffness=Constant(1.0)), "Stiffness"),
        (lambda: Material("Li", creep=1.0), "PowerLawCreep"),
        (lambda: Material("Li", density=IsotropicStiffness(1e9, 0.3)), "scalar"),
        (lambda: Material("Li", density=Anisotropic(Constant(1.0), (1, 1, 1))), "no direction"),
        (lambda: Material.custom("x", kind="elektrolyte"), "did you mean 'electrolyte'"),
        (lambda: Material.custom("a|b", kind="metal"), "without"),
        (lambda: pair("Li|NZSP"), "unknown pair of materials"),
        (lambda: pair("Li"), "a|b"),
        (lambda: pair("Li|LLZO", exchange_curent=1.0), "did you mean 'exchange_current'"),
        (lambda: available("metals"), "did you mean 'metal'"),
    ],
)
def test_bad_requests_are_refused(bad, match):
    with pytest.raises(InputError, match=re.escape(match)):
        bad()


GOOD = {"value": 1.0, "unit": "mS/cm", "source": "A. Author, Journal (2020)", "checked": True}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"source": None}, "neither a source nor"),
        ({"checked": None}, "checked"),
        ({"estimate": True}, "without a reason"),
        ({"unit": None}, "no unit"),
        ({"unit": "GPa"}, "unknown unit"),
        ({"law": "arhenius"}, "did you mean 'arrhenius'"),
        ({"valu": 2.0}, "did you mean 'value'"),
        ({"value": -1.0}, "at least 0"),
        ({"value": None}, "value"),
        ({"law": "arrhenius", "activation_energy": 0.3}, "{ value"),
        ({"law": "arrhenius", "activation_energy": {"value": 0.3, "unit": "V"}}, "unknown unit"),
        ({"law": "isotropic", "value": None, "young": 1.0, "poisson": 0.3}, "scalar"),
        ({"temperature_range": [400, 300]}, "ascend"),
        ({"estimated": ["Q"]}, "estimated parameter"),
    ],
)
def test_bad_entries_are_refused(change, match):
    entry = {key: value for key, value in {**GOOD, **change}.items() if value is not None}
    with pytest.raises(InputError, match=re.escape(match)):
        read_entry("X.ionic_conductivity", entry, MATERIAL_PROPERTIES["ionic_conductivity"])


def test_every_law_of_the_file_format():
    sigma = MATERIAL_PROPERTIES["ionic_conductivity"]
    base = {key: GOOD[key] for key in ("source", "checked")}
    activated = {"value": 1.0, "unit": "mS/cm", "activation_energy": {"value": 1.0, "unit": "eV"}}
    assert read_entry("x", {**base, **activated, "law": "arrhenius"}, sigma).law == Arrhenius(0.1, F)
    assert read_entry("x", {**base, **activated, "law": "vtf", "vogel_temperature": 200.0}, sigma).law == VTF(
        0.1, F, 200.0
    )
    layered = read_entry("x", {**base, **activated, "law": "arrhenius", "factors": [1, 1, 0]}, sigma).law
    assert layered == Anisotropic(Arrhenius(0.1, F), (1, 1, 0))
    curve = {**base, "law": "table", "points": [[0.0, 4200.0], [1.0, 3000.0]], "unit": "mV"}
    assert read_entry("x", curve, MATERIAL_PROPERTIES["open_circuit_potential"]).law(0.5) == pytest.approx(3.6)
    stiffness = MATERIAL_PROPERTIES["stiffness"]
    hexagonal = dict(zip(("c11", "c12", "c13", "c33", "c44"), (60, 25, 20, 80, 15), strict=True))
    entry = read_entry("x", {**base, "law": "hexagonal", **hexagonal, "unit": "GPa"}, stiffness)
    assert entry.law == HexagonalStiffness(60e9, 25e9, 20e9, 80e9, 15e9)
    general = {**base, "law": "general", "matrix": np.diag([3.0] * 6).tolist(), "unit": "GPa"}
    assert read_entry("x", general, stiffness).law.matrix()[5, 5] == pytest.approx(3e9)
    guess = {"value": 2.0, "unit": "S/cm", "estimate": True, "reason": "as its neighbours"}
    entry = read_entry("x", guess, sigma)
    assert entry.law() == 200.0 and entry.estimate and "as its neighbours" in entry.source


def test_every_property_has_a_known_unit():
    for prop in (*MATERIAL_PROPERTIES.values(), *PAIR_PROPERTIES.values()):
        assert factor(prop.unit, prop.unit) == 1.0
        assert prop.unit in UNITS


def test_table_of_the_library_is_printed(capsys):
    from fem_ssb.materials.__main__ import main

    main()
    text = capsys.readouterr().out
    assert all(f"## {name}\n" in text for name in available())
    assert "10.1007/s10853-018-2971-3" in text


def test_materials_import_neither_mpi_nor_dolfinx():
    """At module level the package imports only NumPy, the standard library and itself; UFL inside functions."""
    allowed = {"numpy", *sys.stdlib_module_names}
    for path in HERE.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, path
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert node.module.split(".")[0] in allowed, path
