"""Loads become conditions; bad values and contradictions are named."""

import numpy as np
import pytest
from dolfinx.mesh import GhostMode, create_unit_square

import fem_ssb as ssb
from fem_ssb import Ambient, Current, Fixed, Flux, Ground, InputError, StackPressure, Voltage
from fem_ssb.problem.loads import Layout, refuse_contradictions

SIDES = (("left", 0), ("right", 0))
LAYOUT = Layout(lambda b: "ionic_potential" if b == "left" else "electronic_potential", "anode", "counter", SIDES, 2)


def conditions(*loads):
    return [c for load in loads for c in load.conditions(LAYOUT)]


def test_current_is_a_uniform_flux_of_the_collectors_potential():
    (c,) = conditions(Current(5.0, into="anode"))
    assert (c.field, c.boundary, c.value, c.held, c.uniform) == ("electronic_potential", "anode", 5.0, False, True)
    (c,) = conditions(Current(5.0, into="left"))
    assert (c.field, c.uniform) == ("ionic_potential", False)


def test_stack_pressure_pushes_down_on_a_rigid_bottom():
    found = conditions(StackPressure(2.0))
    assert [(c.boundary, c.component, c.held, c.value) for c in found] == [
        ("counter", 1, False, -2.0),
        ("anode", 1, True, 0.0),
        ("left", 0, True, 0.0),
        ("right", 0, True, 0.0),
    ]
    push, bottom = conditions(StackPressure(lambda t: 2.0 * t, sides="free"))
    assert (push.value(3.0), bottom.component) == (-6.0, None)


@pytest.mark.parametrize(
    "loads",
    [
        (Current(1.0, into="anode"), Current(1.0, into="anode")),
        (Current(1.0, into="anode"), Voltage(1.0, at="anode")),
        (Voltage(1.0, at="counter"), Ground("counter")),
        (Ground("counter"), Ground("counter")),
        (Ambient(300.0), Ambient(310.0)),
        (Ambient(300.0), Fixed("temperature", "anode", 300.0)),
        (StackPressure(1.0), StackPressure(2.0)),
        (StackPressure(1.0), Fixed("displacement", "left")),
        (StackPressure(1.0), Fixed("displacement", "anode", component=1)),
        (StackPressure(1.0), Flux("displacement", "counter", 1.0, component=1)),
    ],
)
def test_contradictions_name_both_loads(loads):
    found = conditions(*loads)
    with pytest.raises(InputError) as caught:
        refuse_contradictions(found)
    text = str(caught.value)
    assert "two loads contradict at boundary" in text
    for load in loads:
        assert any(c.source in text for c in load.conditions(LAYOUT))


def test_different_places_fields_and_directions_do_not_contradict():
    refuse_contradictions(
        conditions(
            Current(1.0, into="anode"),
            Ground("counter"),
            Ambient(300.0),
            StackPressure(1.0),
            Fixed("displacement", "left", component=1),
            Flux("displacement", "counter", 1.0, component=0),
        )
    )


@pytest.mark.parametrize(
    ("load", "message"),
    [
        (lambda: Current(np.nan, into="anode"), "current density into 'anode' [A/m²] must be finite"),
        (lambda: Current(None, into="anode"), "must be a number"),
        (lambda: Voltage(np.inf, at="anode"), "voltage at 'anode' [V] must be finite"),
        (lambda: StackPressure(-1.0), "stack pressure [Pa] must be at least 0"),
        (lambda: StackPressure(1.0, sides="roller"), "sides must be 'rollers' or 'free'"),
        (lambda: Ambient(-20.0), "ambient temperature [K] must be above 0"),
        (lambda: Ambient(np.nan), "ambient temperature [K] must be finite"),
        (lambda: Ambient(300.0, coefficient=-1.0), "heat transfer coefficient [W/(m² K)] must be at least 0"),
        (lambda: Fixed("temperature", "anode", -5.0), "temperature at 'anode' must be above 0"),
        (lambda: Flux("temperature", "anode", np.inf), "flux of temperature at 'anode' must be finite"),
    ],
)
def test_bad_values_are_named(load, message):
    with pytest.raises(InputError) as caught:
        load().conditions(LAYOUT)
    assert message in str(caught.value)


def test_functions_of_time_are_checked_at_each_time():
    (c,) = conditions(Current(lambda t: 5.0 if t < 300 else float("nan"), into="anode"))
    assert c.value(299.0) == 5.0
    with pytest.raises(InputError, match=r"into 'anode' \[A/m²\] at t = 300 s must be finite, not nan"):
        c.value(300.0)
    push = conditions(StackPressure(lambda t: -t))[0]
    with pytest.raises(InputError, match=r"stack pressure \[Pa\] at t = 2 s must be at least 0"):
        push.value(2.0)


def test_plain_data_for_the_record():
    assert Current(5.0, into="anode").described() == {"load": "Current", "density": 5.0, "into": "anode"}
    assert Voltage(lambda t: t, at="anode").described()["value"] == "function of time"


def test_a_function_of_place_is_held_node_by_node(comm):
    """φ = x y is harmonic: held all round it is the solution, and what flows in flows out."""
    domain = create_unit_square(comm, 8, 8, ghost_mode=GhostMode.shared_facet)
    cells = domain.topology.index_map(2)
    materials = {"separator": ssb.Material("LLZO", ionic_conductivity=0.1)}
    region = np.zeros(cells.size_local + cells.num_ghosts, dtype=np.int32)
    mesh = ssb.NamedMesh.from_cells(domain, ["separator"], region, materials=materials)
    model = ssb.Model(mesh, [ssb.Conduction()])
    model.apply(*(ssb.Fixed("ionic_potential", b, lambda x, t: x[0] * x[1]) for b in mesh.boundaries))
    state = model.solve()
    x = state["ionic_potential"].function_space.tabulate_dof_coordinates()
    assert np.allclose(state["ionic_potential"].x.array, x[:, 0] * x[:, 1], atol=1e-10)
    assert max(model.balances.evaluate().values()) < 1e-10
    with pytest.raises(ssb.InputError, match="all components at once"):
        ssb.Fixed("displacement", "top", lambda x, t: 0 * x[:2], component=1).conditions(None)
