r"""The rim of an electrode whose electrolyte conducts along its bare surface (row A20).

Electrolyte 0 < y < H over a counter electrode (φ = 0); on its face metal at x < 0 (φ = 1), bare surface at x > 0 that a
reaction with the atmosphere may have covered by a layer of sheet conductance κ. With V/H = 1 the current is that of an
electrode wider by δ. Modes exp(−λ_n x) sin λ_n y below the surface, κλ² sin λH = σλ cos λH, and
exp(nπx/H) sin(nπy/H) below the metal; the factor of the Wiener–Hopf kernel is ∏(1 + iω/λ_n)/(1 + iωH/nπ), and the far
field gives its logarithmic derivative at zero,

    δ = Σ_n [1/λ_n − H/(nπ)],     λ_n H tan λ_n H = σH/κ

- no layer: λ_n = (n − ½)π/H, δ = (2 ln 2/π) H (Maxwell's fringe, by conformal map);
- κ ≫ σH: λ₁ = √(σ/κH), δ = √(κH/σ), the transmission line of the layer over the electrolyte.

The rim draws iδ per length beyond the electrode's own current i. If it fails at a given rim current, the critical
current density is proportional to 1/δ: published are 5.5 mA/cm² in little oxygen, much less with oxygen or water, and
again no growth below a NaNO₃/NaCl coat (Ma et al., Adv. Energy Mater. 12 (2022) 2201680, by a review).
"""

import numpy as np
import pytest
from cells import box, midpoints
from dolfinx import mesh
from scipy.optimize import brentq

import fem_ssb as ssb
from fem_ssb.constants import F, R
from fem_ssb.units import um

pytestmark = [pytest.mark.system("A20")]
SIGMA, H = 0.1, 10 * um
MA = "Ma et al. 2022: layer lowers, coat restores"


def graded(count, length, steepness):
    """Points from 0 to a length, finer at 0."""
    return length * np.expm1(steepness * np.linspace(0, 1, count + 1)) / np.expm1(steepness)


def slab(comm, cells, beyond, coat=0.0, dim=2):
    """The electrolyte, fine at the triple line, with the boundaries "electrode", "coat", "surface" and "bottom".

    In 3D it is H deep, two cells.
    """
    right = graded(int(1.5 * cells), beyond, 8)
    if coat:
        right[np.argmin(np.abs(right - coat))] = coat
    x = np.concatenate([-graded(cells, 4 * H, 6)[::-1], right[1:]])
    y = H - graded(cells, H, 5)[::-1]
    cells = (len(x) - 1, *(2,) * (dim - 2), len(y) - 1)
    domain = box(comm, tuple(map(float, cells)), cells)
    points, up = domain.geometry.x, dim - 1
    points[:, 0] = np.interp(points[:, 0], np.arange(len(x)), x)
    points[:, up] = np.interp(points[:, up], np.arange(len(y)), y)
    if dim == 3:
        points[:, 1] *= H / 2
    near = 1e-9 * H

    def facets(low, high, height):
        def inside(p):
            return (np.abs(p[up] - height) < near) & (p[0] > low - near) & (p[0] < high + near)

        found = mesh.locate_entities_boundary(domain, up, inside)
        return found[found < domain.topology.index_map(up).size_local]

    boundaries = {
        "electrode": facets(-np.inf, 0.0, H),
        "coat": facets(0.0, coat, H),
        "surface": facets(coat, np.inf, H),
        "bottom": facets(-np.inf, np.inf, 0.0),
    }
    return ssb.NamedMesh.from_cells(
        domain,
        ["separator"],
        np.zeros(len(midpoints(domain)), dtype=np.int32),
        boundaries=boundaries,
        materials={"separator": ssb.Material("NZSP", ionic_conductivity=SIGMA)},
    )


def excess(comm, layer, cells, coat=0.0, dim=2):
    """δ/H of a layer κ = layer × σH."""
    made = slab(comm, cells, max(6.0, 8 * np.sqrt(layer)) * H, coat, dim)
    physics = [ssb.Conduction(degree=2)]
    physics += [ssb.SheetConduction(layer * SIGMA * H, on="surface")] if layer else []
    model = ssb.Model(made, physics)
    model.apply(ssb.Fixed("ionic_potential", "electrode", 1.0), ssb.Fixed("ionic_potential", "bottom", 0.0))
    model.solve()
    return -model.balances.reaction("ionic_potential", "bottom") / (SIGMA * H ** (dim - 2)) - 4


def closed(layer, terms=2000):
    """Σ [1/λ_n − H/(nπ)] over H; the tail of the pairs (n + 1, n) falls as n⁻³."""

    def root(n):
        return brentq(lambda z: layer * z * np.sin(z) - np.cos(z), (n - 1) * np.pi, (n - 0.5) * np.pi, xtol=1e-14)

    roots = np.array([root(n) for n in range(1, terms + 2)])
    return 1 / roots[0] + np.sum(1 / roots[1:] - 1 / (np.pi * np.arange(1, terms + 1)))


def test_fringe_without_layer(verify, comm):
    found = [excess(comm, 0.0, cells) for cells in (10, 20, 40)]
    exact = 2 * np.log(2) / np.pi
    verify(found[-1], exact, rtol=5e-4, what="bare surface: δ/H", source="2 ln 2/π")
    verify.trend(np.abs(np.array(found) - exact), "falling", what="its error at 10, 20, 40 cells", source="refinement")


@pytest.mark.parallel
@pytest.mark.parametrize("layer, dim, cells", [(0.1, 2, 30), (1.0, 2, 30), (10.0, 2, 30), (1.0, 3, 15)])
def test_conducting_layer(verify, comm, layer, dim, cells):
    found = excess(comm, layer, cells, dim=dim)
    verify(found, closed(layer), rtol=1e-4, what=f"{dim}D, κ/σH = {layer:g}: δ/H", source="Wiener–Hopf")


@pytest.mark.parametrize("exchange, source", [(1e7, "Wiener–Hopf"), (1e4, "kinetics relieve the rim")])
def test_rim_of_a_cell(verify, comm, exchange, source):
    """A stack with a void beside the contact; slow kinetics lower δ."""
    contact, bare, foil = 4 * H, 8 * H, 0.3 * H
    stack = ssb.Stack(width=contact + bare)
    stack.layer("counter", "Na", thickness=foil)
    stack.layer("separator", ssb.Material("NZSP", ionic_conductivity=SIGMA), thickness=H)
    stack.layer("anode", "Na", thickness=foil)
    stack.voids("anode|separator", ssb.Voids(depth=foil / 2, strips=[(contact, contact + bare)]))
    for electrode in ("anode", "counter"):
        stack.interface(f"{electrode}|separator", exchange_current=exchange, film_resistance=0.0)
    physics = [ssb.Conduction(), ssb.ButlerVolmer(), ssb.SheetConduction(SIGMA * H, on="voids")]
    model = ssb.Model(stack.mesh(comm, size=0.06 * H), physics)
    model.ground("counter").apply(ssb.Voltage(1e-3, at="anode"))
    model.solve()
    far = 1e-3 / (H / SIGMA + 2 * R * 298.15 / (F * exchange))
    delta = (model.balances.reaction("electronic_potential", "anode") / far - contact) / H
    if source == "Wiener–Hopf":
        verify(delta, closed(1.0), rtol=0.02, what="cell with a bare rim, κ = σH: δ/H", source=source)
    else:
        what = f"the same with σR_ct/H = {SIGMA * R * 298.15 / (F * exchange * H):.2g}: δ/H"
        verify.below(delta, closed(1.0), what=what, source=source)


def test_limits_of_the_closed_form(verify):
    verify(closed(1e-7, 20000), 2 * np.log(2) / np.pi, rtol=2e-3, what="series at κ → 0: δ/H", source="2 ln 2/π")
    verify(closed(1e4) / 100, 1.0, rtol=0.01, what="series at κ = 10⁴ σH: δ/√(κH/σ)", source="transmission line")


def test_layer_lowers_and_coat_restores_the_critical_current(verify, comm):
    """5.5 mA/cm² calibrate the rim current; the rest follows from δ."""
    bare = excess(comm, 0.0, 30)
    critical = [5.5 * bare / excess(comm, layer, 30) for layer in (1e-3, 0.1, 1.0, 10.0)]
    verify.trend([5.5, *critical], "falling", what="critical current, layers of 0 to 10 σH [mA/cm²]", source=MA)
    verify.below(critical[2], 0.5 * 5.5, what="critical current, layer of σH: not half of 5.5 mA/cm²", source=MA)
    coated = [5.5 * bare / excess(comm, 1.0, 30, coat=share * H) for share in (0.1, 0.5, 2.0)]
    verify.trend([critical[2], *coated], "rising", what="critical current, coat of 0, 0.1, 0.5, 2 H", source=MA)
    verify.below(-coated[-1], -0.95 * 5.5, what="critical current, coat of 2 H: minus that [mA/cm²]", source=MA)
