"""--dry-run: every value that a run would use with its source, and what to expect, before anything is solved."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

from fem_ssb.constants import F, R
from fem_ssb.physics.conduction import boundary_resistance
from fem_ssb.physics.tensors import mean
from fem_ssb.problem.capacity import C
from fem_ssb.problem.loads import Current
from fem_ssb.units import hour, mA_cm2, minute, ohm_cm2, um

if TYPE_CHECKING:
    from fem_ssb.problem.model import Model


def describe(model: Model, duration: float) -> str:
    """Text of a dry run.

    The area-specific resistance is the series estimate Σ L/σ + n R_gb + Σ RT/(F i₀) + Σ R_contact with
    n = L/d − 1 boundaries of grains of size d = (V/N)^(1/dim) on the way, without constriction by pores.

    Args:
        model: with its loads.
        duration: end of the run [s].
    """
    state, mesh = model.state, model.mesh
    lines = [
        f"cells: {mesh.summary()['cells']}, unknowns: "
        + ", ".join(f"{n} {s.num_dofs}" for n, s in state.spaces.items())
    ]
    for region, material in state.materials.items():
        lines += ["", f"{region}: {material.name}"]
        lines += [_value(row) for row in material.sources()]
    for interface in state.surfaces:
        lines += ["", f"{interface}:"]
        lines += [_value(row) for row in state.pair(interface).sources()]
    if "ionic_potential" in state.spaces:
        lines += ["", f"predicted area-specific resistance: {resistance(model) / ohm_cm2:.4g} Ω cm² (series estimate)"]
    for load in model.loads:
        if isinstance(load, Current) and isinstance(load.density, Real | C):
            lines += _plated(model, load, duration)
    if model.cycler is not None:
        lines += ["", f"protocol, at most {duration / hour:.4g} h:"]
        lines += [f"  cycle {cycle}: {step}" for cycle, step in model.protocol]
    return "\n".join(lines)


def resistance(model: Model) -> float:
    """Series estimate of the cell's resistance [Ω m²] at the ambient temperature."""
    state, mesh = model.state, model.mesh
    T = state.ambient_temperature
    total = 0.0
    for region in state.electrolytes:
        volume, thickness = mesh.volume(region), _thickness(model, region)
        total += thickness / mean(state.materials[region]["ionic_conductivity"], T)
        name = f"{region}|{region}"
        given = boundary_resistance(state, name) if name in mesh.interfaces else None
        if given is not None:
            grains = int((mesh.region_of_grain == mesh.region_names.index(region)).sum())
            total += max(thickness / (volume / grains) ** (1 / mesh.dim) - 1, 0.0) * _number(given, T)
    for contact in state.interfaces_between(state.electrolytes, state.electrolytes):
        a, b = contact.split("|")
        given = boundary_resistance(state, contact) if a != b else None
        total += 0.0 if given is None else _number(given, T)
    for surface in state.surfaces:  # of hosts at half filling
        data = state.pair(surface)
        total += R * T / (F * float(data["exchange_current"](T)))
        film = data.get("film_resistance")
        total += 0.0 if film is None else float(film(T))
    return total


def _thickness(model: Model, region: str) -> float:
    """Extent of a layer along the stack [m], pores closed."""
    state, mesh = model.state, model.mesh
    area = 1.0
    for length in state.extent[:-1]:
        area *= float(length)
    return mesh.volume(region) / (1 - mesh.porosity.get(region, 0.0)) / area


def _plated(model: Model, load: Current, duration: float) -> list[str]:
    state, lines = model.state, []
    collector = state.region_at(load.into)
    ends = {state.region_at(c.boundary) for c in model.conditions if c.field == "electronic_potential"}
    given = load.density
    density = given.density(state, load.into) if isinstance(given, C) else float(given)  # type: ignore[arg-type]
    for electrode in state.electrodes:
        metal = electrode.split("|")[0]
        if metal not in ends:  # isolated: no net current
            continue
        sign = -1 if metal == collector else 1
        moved = sign * density * duration * float(state.materials[metal]["molar_volume"](298.15)) / F
        layer = _thickness(model, metal)
        lines.append(
            f"{electrode}: {abs(moved) / um:.3g} µm {'plated' if moved > 0 else 'stripped'} "
            f"in {duration / minute:.4g} min "
            f"at {density / mA_cm2:.3g} mA/cm², {abs(moved) / layer:.1%} of the layer's {layer / um:.3g} µm"
        )
    return lines


def _number(given: Any, T: float) -> float:
    return float(given(T)) if callable(given) else float(given)


def _value(row: Any) -> str:
    mark = " (estimate)" if row.is_estimate else ""
    return f"  {row.property:26s} {row.value} {row.unit:10s}{mark}  {row.source}"
