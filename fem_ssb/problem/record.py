"""What a run records at each step: the row of the history and the fields of the series."""

from __future__ import annotations

from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI

from fem_ssb.analysis.interfaces import InterfaceMap
from fem_ssb.problem.boundary import POTENTIALS
from fem_ssb.problem.loads import Condition
from fem_ssb.problem.model import Model
from fem_ssb.units import mAh_cm2

TITLES = {
    "ionic_potential": "ionic potential [V]",
    "electronic_potential": "electronic potential [V]",
    "temperature": "temperature [K]",
    "displacement": "displacement [m]",
    "damage": "damage [1]",
}
AT_REST = 1e-9  # of the largest mean current so far, below which a current is rounding


class Recorder:
    """Evaluates history columns and output fields of a model; forms are compiled once.

    Args:
        model: a built model.
    """

    def __init__(self, model: Model):
        self.model, self.state = model, model.state
        state = self.state
        self.collector = self._collector()
        self._moved = [c for c in self.model.conditions if c.moves]
        self._maps = {
            (q, n): InterfaceMap(state, q, n)
            for q in ("reaction_current", "interface_pressure")
            for n in state.provided(q)
        }
        columns: dict[str, Any] = {}
        for name, form in (column for p in model.physics for column in p.columns(state).items()):
            columns[name] = columns[name] + form if name in columns else form  # of two pressures in cracks, say
        self._forms = {name: fem.form(form) for name, form in columns.items()}
        self._volume = fem.form(sum(fem.Constant(state.domain, 1.0) * state.dx(r) for r in state.mesh.region_names))
        self._size = float(state.integrate(self._volume)[0])
        self._temperature = fem.form(sum(state["temperature"] * state.dx(r) for r in state.mesh.region_names))
        self.capacity = self.time = 0.0  # C/m² and s, of the last accepted row
        self._largest: dict[str, float] = {}  # mean current of an interface so far [A/m²]
        self._cells = self._cell_fields()

    # -- history -------------------------------------------------------------------------------------------
    def row(self, time: float, balances: dict[str, float]) -> dict[str, float]:
        """The row of a solved step; column names carry units. `accept` makes it the last one."""
        state = self.state
        per_depth = "/m" if state.flat else ""
        row: dict[str, float] = {"time [s]": time, "step [s]": time - self.time}
        if self.collector is not None:
            current, voltage = self._electrical()
            row |= {
                "current density [A/m2]": current,
                "voltage [V]": voltage,
                "capacity [mAh/cm2]": (self.capacity + current * (time - self.time)) / mAh_cm2,
            }
            row["area-specific resistance [ohm m2]"] = voltage / current if current else float("nan")
        if state.solved("temperature"):
            mean = float(state.integrate(self._temperature)[0]) / self._size
            row |= {"max temperature [K]": self._extreme("temperature"), "mean temperature [K]": mean}
        for (quantity, name), surface in self._maps.items():
            values = surface.evaluate()
            if quantity == "interface_pressure":
                row |= {f"max pressure {name} [Pa]": values["max"], f"mean pressure {name} [Pa]": values["mean"]}
            else:
                peak, mean = max(abs(values["min"]), abs(values["max"])), abs(values["mean"])
                row[f"mean current {name} [A/m2]"] = values["mean"]
                flows = mean > AT_REST * self._largest.get(name, 0.0)
                row[f"current focusing {name} [1]"] = peak / mean if flows else float("nan")
        row |= self._pressing() | self._forces()
        if state.solved("metal_thickness"):
            row["max plated thickness [m]"] = self._extreme("metal_thickness")
        if state.solved("damage"):
            row["max damage [1]"] = self._extreme("damage")
        integrals = state.integrate(*self._forms.values()) if self._forms else np.empty(0)
        units = {n: f" [{'W' if 'heat' in n else 'J'}{per_depth}]" for n in self._forms if "[" not in n}
        row |= {n + units.get(n, ""): float(v) for n, v in zip(self._forms, integrals, strict=True)}
        model = self.model
        row |= {
            "Newton iterations [1]": model.iterations,
            "linear iterations [1]": model.linear_iterations,
            "sweeps [1]": model.sweeps,
        }
        return row | {f"{name} [1]": value for name, value in balances.items()}

    def accept(self, row: dict[str, float]) -> None:
        """The step of this row is good."""
        self.capacity += row.get("current density [A/m2]", 0.0) * row["step [s]"]
        self.time = row["time [s]"]
        for quantity, name in self._maps:
            if quantity == "reaction_current":
                mean = abs(row[f"mean current {name} [A/m2]"])
                self._largest[name] = max(self._largest.get(name, 0.0), mean)
        for name in (_force(c, self.state.flat) for c in self._moved):
            self._largest[name] = max(self._largest.get(name, 0.0), abs(row[name]))

    def borne(self, row: dict[str, float]) -> float:
        """Largest share of its largest force so far that a face which is moved bears; 1 where none is moved."""
        names = [_force(c, self.state.flat) for c in self._moved]
        return max((abs(row[n]) / self._largest[n] for n in names if self._largest.get(n)), default=1.0)

    @property
    def capacity_mAh_cm2(self) -> float:
        """Charge passed so far [mAh/cm²], with sign."""
        return self.capacity / mAh_cm2

    def _collector(self) -> Condition | None:
        """Where current enters: the collector that is not the ground."""
        conditions = [c for c in self.model.conditions if c.field in POTENTIALS]
        driven = [c for c in conditions if not c.source.startswith("ground")]
        return driven[0] if driven else None

    def _electrical(self) -> tuple[float, float]:
        """Current density [A/m²] into the collector and its voltage [V] against the ground."""
        assert self.collector is not None
        name, boundary = self.collector.field, self.collector.boundary
        conditions = self.model.boundary_conditions
        voltage = conditions.mean(name, boundary)
        if conditions.is_held(self.collector):
            return self.model.balances.reaction(name, boundary) / conditions.area(boundary), voltage
        return float(conditions.value(name, boundary) or 0.0), voltage

    def _pressing(self) -> dict[str, float]:
        """Pressure [Pa] of the load that presses the stack, and mean displacement [m] of the face that it presses."""
        conditions = self.model.boundary_conditions
        found: dict[str, float] = {}
        for c in (c for c in self.model.conditions if c.presses):
            assert c.component is not None
            moved, area = conditions.mean(c.field, c.boundary, c.component), conditions.area(c.boundary)
            if c.held:
                pressure = -self.model.balances.force(c.boundary, c.component) / area
            else:
                given = conditions.present(c)
                pressure = -given if c.exchange is None else c.exchange * (moved - given)
            found = {"stack pressure [Pa]": pressure, "platen displacement [m]": moved}
        return found

    def _forces(self) -> dict[str, float]:
        """Force on the body, along its motion, at each face that is moved."""
        force = self.model.balances.force
        return {_force(c, self.state.flat): force(c.boundary, c.component or 0) for c in self._moved}

    def _extreme(self, name: str) -> float:
        space = self.state.spaces[name]
        size = space.V.dofmap.index_map.size_local
        true = np.ones(size, dtype=bool)
        true[space.dummy[space.dummy < size]] = False
        local = float(self.state[name].x.array[:size][true].max(initial=-np.inf))
        return float(self.state.mesh.comm.allreduce(local, op=MPI.MAX))

    def saved(self) -> dict[str, Any]:
        """What a restart needs."""
        return {"capacity": self.capacity, "time": self.time, "largest": self._largest}

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from `saved`."""
        self.capacity, self.time = float(saved["capacity"]), float(saved["time"])
        self._largest = {name: float(mean) for name, mean in saved["largest"].items()}

    # -- fields --------------------------------------------------------------------------------------------
    def nodal(self) -> dict[str, Any]:
        """Solved volume fields by title, with the space that says where they live."""
        return {
            TITLES.get(n, f"{n.replace('_', ' ')} [{f.unit}]"): (self.state[n], self.state.spaces[n])
            for n, f in self.state.fields.items()
            if f.trace is None
        }

    def cells(self) -> dict[str, fem.Function]:
        """Derived cell fields, brought up to date: means over each cell."""
        for function, form, volume in self._cells.values():
            b = fem.assemble_vector(form)
            size = b.index_map.size_local * b.block_size
            function.x.array[:size] = b.array[:size] / volume
            function.x.scatter_forward()
        return {name: function for name, (function, _, _) in self._cells.items()}

    def _cell_fields(self) -> dict[str, Any]:
        state = self.state
        constant = ufl.TestFunction(fem.functionspace(state.domain, ("DG", 0)))
        volumes = fem.assemble_vector(fem.form(sum(constant * state.dx(r) for r in state.mesh.region_names))).array
        volumes = volumes[: state.domain.topology.index_map(state.dim).size_local]
        by_region: dict[str, dict[str, Any]] = {}
        carried: dict[str, Any] = {}
        for kind in ("ionic_current", "electronic_current"):
            for r in state.provided(kind):  # a mixed conductor carries both
                now = state.quantity(kind, r)
                carried[r] = carried[r] + now if r in carried else now
        if carried:
            by_region["current density [A/m2]"] = carried
        for r in state.provided("stress"):
            stress = state.quantity("stress", r)
            deviator = ufl.dev(stress)
            by_region.setdefault("pressure [Pa]", {})[r] = -ufl.tr(stress) / 3
            by_region.setdefault("von Mises stress [Pa]", {})[r] = ufl.sqrt(1.5 * ufl.inner(deviator, deviator))
        for r in state.provided("heat"):
            if r in state.mesh.region_names:
                by_region.setdefault("heat source [W/m3]", {})[r] = state.quantity("heat", r)
        for r in state.provided("reduced_lithium"):
            by_region.setdefault("reduced lithium [1]", {})[r] = state.quantity("reduced_lithium", r)
        fields: dict[str, Any] = {}
        for name, pieces in by_region.items():
            shape = next(iter(pieces.values())).ufl_shape
            V = fem.functionspace(state.domain, ("DG", 0, shape) if shape else ("DG", 0))
            q = ufl.TestFunction(V)
            form = fem.form(sum(ufl.inner(e, q) * state.dx(r) for r, e in pieces.items()))
            fields[name] = (fem.Function(V, name=name), form, np.repeat(volumes, V.dofmap.index_map_bs))
        return fields


def _force(c: Condition, flat: bool) -> str:
    """Name of the column."""
    return f"force {c.boundary} {'xyz'[c.component or 0]} [{'N/m' if flat else 'N'}]"
