"""Reduction: its band at grain boundaries, the gate, the end, restart, errors."""

import numpy as np
import pytest
from dolfinx import fem
from small_cells import cell

import fem_ssb as ssb
from fem_ssb.output import read_checkpoint
from fem_ssb.units import mV

LITHIUM = "reduced lithium separator [mol/m]"


def leaky(comm, *, current=-20.0, resistance=2e-4, **of_reduction):
    """Li | leaky polycrystal | Li; the current makes lithium at the boundaries' supersaturated points."""
    given = {"exchange_current": 1.0, "specific_area": 0.0, "boundary_specific_area": 1e5, **of_reduction}
    model = cell(comm, current=current, resistance=resistance, pores=False, physics=("Conduction", "ButlerVolmer"))
    model.physics[0].electronic = ("separator",)
    model.physics.append(ssb.Reduction(**given))
    return model, model.physics[-1]


@pytest.mark.parallel
def test_band_of_cells_at_boundaries(comm):
    model, reduction = leaky(comm, boundary_ratio=10.0)
    state = model.state
    width = reduction.band_width(state, "separator")
    assert 1.5e-6 < width < 6e-6  # about twice the height of a cell of 1.5 µm
    assert width * model.mesh.area("separator|separator") < model.mesh.volume("separator")
    assert reduction.decay_length(state, "separator") < np.inf
    near = reduction._near.x.array
    assert set(np.unique(near)) <= {0.0, 1.0}
    assert not near[model.mesh.region_of_cell != model.mesh.region_index("separator")].any()


@pytest.mark.parallel
def test_electrons_prefer_the_boundaries(comm):
    """A higher σ_e at boundaries lets more electrons through the cell, a ratio of 1 changes nothing."""
    leaks = []
    for ratio in (1.0, 10.0):
        model, _ = leaky(comm, boundary_ratio=ratio, boundary_specific_area=0.0)
        model.solve()
        density = model.state.quantity("electronic_current", "separator")
        leaks.append(model.state.integrate(fem.form(density[1] * model.state.dx("separator")))[0])
        assert max(model.balances.evaluate().values()) < 1e-8
    assert 2 < leaks[1] / leaks[0] < 10


def test_gate_stays_shut_below_its_voltage(comm):
    model, reduction = leaky(comm, critical_overpotential=1.0)
    result = model.run(10.0, quiet=True)
    assert not result[LITHIUM].any()
    assert reduction.amount(model.state, "separator") == 0.0


def test_run_ends_where_a_cell_is_full(comm):
    model, reduction = leaky(comm, molar_volume=1.0)
    result = model.run(100.0, quiet=True)
    assert not result.finished
    assert "full of reduced lithium" in result.reason
    assert 0.9 < reduction.internal()["reduced lithium"].x.array.max() < 1.1


def test_restart_goes_on_with_the_lithium(comm, tmp_path):
    whole, _ = leaky(comm)
    reference = whole.run(8.0, quiet=True, output=tmp_path / "whole", first_step=1.0, largest_step=1.0)
    first, _ = leaky(comm)
    first.run(4.0, quiet=True, output=tmp_path / "part", first_step=1.0, largest_step=1.0)
    assert reference[LITHIUM][4] > 0
    parts, again = leaky(comm)
    parts.build()
    functions = {n: parts.state.old(n) for n in parts.state.fields} | again.internal()
    read_checkpoint(tmp_path / "part" / "checkpoints", parts.mesh, functions)
    assert again.amount(parts.state, "separator") == pytest.approx(reference[LITHIUM][4], rel=1e-9)


@pytest.mark.parametrize(
    "given, problem",
    [
        ({"exchange_current": 0.0}, "exchange current of the reduction"),
        ({"specific_area": -1.0}, "specific area"),
        ({"boundary_ratio": 0.0}, "over that of grains must be above 0"),
        ({"critical_overpotential": -10 * mV}, "critical overpotential"),
        ({"law": "tafel"}, "rate law"),
        ({"transfer_coefficient": 1.5}, "transfer coefficient"),
        ({"molar_volume": 0.0}, "molar volume"),
    ],
)
def test_values_out_of_range(given, problem):
    with pytest.raises(ssb.InputError, match=problem):
        ssb.Reduction(**{"exchange_current": 1.0, "specific_area": 1e5, **given})


@pytest.mark.parallel
def test_regions_without_electrons_or_boundaries(comm):
    model, _ = leaky(comm)
    model.physics[0].electronic = ()
    with pytest.raises(ssb.InputError, match="no electrolyte conducts electrons"):
        model.solve()
    model, _ = leaky(comm, regions=["seperator"])
    with pytest.raises(ssb.InputError, match="did you mean 'separator'"):
        model.solve()
    model = cell(comm, physics=("Conduction", "ButlerVolmer"), pores=False, grains=0)
    model.physics[0].electronic = ("separator",)
    model.physics.append(ssb.Reduction(1.0, 0.0, 1e5))
    with pytest.raises(ssb.InputError, match="has no grain boundaries"):
        model.solve()


@pytest.mark.parallel
def test_a_failure_is_put_down_to_a_decay_length_below_the_mesh(comm):
    for ratio, said in ((1.0, False), (1e-6, True)):
        model, reduction = leaky(comm, boundary_ratio=ratio)
        why = reduction.refuses(model.state, {})
        assert ("electrons reach 1.2e-09 m into 'separator'" in why) == bool(why) == said


def test_a_second_factor_on_the_same_conductivity_is_refused(comm):
    """Two factors would have been added."""
    model, _ = leaky(comm, boundary_ratio=3.0)
    model.physics.append(ssb.DefectElectrons())
    with pytest.raises(ssb.InputError, match="two physics change the electron share of 'separator'"):
        model.build()


def test_impedance_beside_lithium_is_refused(comm):
    """A step of 1e30 s made 1e-14 of a deposit that conducts a short: 1e-9 Ω m² in place of 5.5e-3."""
    model, reduction = leaky(comm)
    model.build()
    assert not reduction.begun(model.state)
    reduction._rate_before.x.array[:1] = 1e-14
    with pytest.raises(ssb.InputError, match="before any has formed"):
        ssb.analysis.impedance(model, 1.0)


def test_reductions_of_two_regions_are_kept_apart(comm):
    """In a checkpoint the lithium of the second took the place of that of the first."""
    state, kept = leaky(comm)[0].state, {}
    for region in ("separator", "coating"):
        reduction = ssb.Reduction(1.0, 1.0, regions=region)
        reduction.initialise(state)
        kept |= reduction.internal()
    assert len(kept) == 4


def test_a_memory_serves_one_model_at_a_time(comm):
    """A second model that was built with it took the lithium that the first one's steps made."""
    first, reduction = leaky(comm)
    first.build()
    second, _ = leaky(comm)
    second.physics[-1] = reduction
    second.build()
    with pytest.raises(ssb.InputError, match="Reduction remembers the past of one model"):
        first.solve()
