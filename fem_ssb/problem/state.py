"""The state: meshes, fields and what the physics say about each other, all found by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.materials import Material, Pair, available, pair
from fem_ssb.materials.properties import PAIR_PROPERTIES
from fem_ssb.mesh import NamedMesh
from fem_ssb.problem.fields import Field
from fem_ssb.problem.inputs import as_ufl
from fem_ssb.spaces import PeriodicPair, Space, broken_space, trace_space

ANCHOR = 1000  # integral ids of the cells that anchor dummy unknowns


class State:
    """Fields by name, measures by name, and quantities that one physics provides and another reads.

    A physics asks `state["temperature"]` and gets the solved field where heat is solved, else the constant that
    was set for it. It never asks which physics it comes from.

    Attributes:
        mesh: the named mesh.
        time: model time [s], at the end of the step being solved.
        dt: step [s].
        ease: slope that laws which level off are given beside their own on the way to a solution, see `BlockNewton`.
        quadrature_degree: of volume integrals (interfaces: two more).
        periodic: opposite faces across which all fields go on.
        radius: distance from the axis of a body of revolution [m], UFL; None for any other.
    """

    def __init__(self, mesh: NamedMesh):
        self.mesh = mesh
        self.domain = mesh.domain
        self.dim = mesh.dim
        self.time = fem.Constant(self.domain, 0.0)
        self.dt = fem.Constant(self.domain, 1.0)
        self.ease = fem.Constant(self.domain, 0.0)
        self.quadrature_degree = 2
        self.radius: Any = None
        _refuse_gaps(mesh)
        self.materials = {r: m if isinstance(m, Material) else Material(m) for r, m in mesh.materials.items()}
        self.fields: dict[str, Field] = {}
        self.spaces: dict[str, Space] = {}
        self._now: dict[str, fem.Function] = {}
        self._old: dict[str, fem.Function] = {}
        self._constants: dict[str, fem.Constant] = {}
        self._tests: dict[str, ufl.Argument] = {}
        self._recipes: dict[tuple[str, str], list[Callable[[], Any]]] = {}
        self._ids = _ids(mesh)
        self.periodic = [PeriodicPair(*faces) for faces in mesh.opposite_faces()]
        self._measures: dict[str, ufl.Measure] = {}
        lower, upper = bounding_box(mesh)
        self.extent = upper - lower
        self.height = float(self.extent[-1])
        self.ambient_temperature = 298.15
        for name, value in (("temperature", 298.15), ("damage", 0.0), ("metal_thickness", 0.0)):
            self.set_constant(name, value)

    # -- where ---------------------------------------------------------------------------------------------
    def regions_with(self, prop: str | None = None, kinds: Iterable[str] | None = None) -> tuple[str, ...]:
        """Names of regions whose material has a property and is of one of the kinds."""
        return tuple(
            r
            for r in self.mesh.region_names
            if (prop is None or prop in self.materials[r]) and (kinds is None or self.materials[r].kind in kinds)
        )

    def interfaces_between(self, first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
        """Interfaces "a|b" with a in `first` and b in `second`, so oriented that "+" is a."""
        first, second, found = set(first), set(second), []
        for name in self.mesh.interfaces:
            a, b = name.split("|")
            if a in first and b in second:
                found.append(f"{a}|{b}")
            elif b in first and a in second:
                found.append(f"{b}|{a}")
        return tuple(found)

    @property
    def metals(self) -> tuple[str, ...]:
        """Regions of metal."""
        return tuple(r for r, m in self.materials.items() if m.kind == "metal")

    @property
    def electrolytes(self) -> tuple[str, ...]:
        """Regions that conduct ions and are not metal."""
        return tuple(r for r, m in self.materials.items() if m.kind != "metal" and "ionic_conductivity" in m)

    @property
    def electrodes(self) -> tuple[str, ...]:
        """Interfaces "metal|electrolyte", the metal on the "+" side."""
        return self.interfaces_between(self.metals, self.electrolytes)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Regions whose filling is solved."""
        return (self.fields["lithium_fraction"].regions or ()) if self.solved("lithium_fraction") else ()

    @property
    def surfaces(self) -> tuple[str, ...]:
        """Where something reacts: electrodes, and interfaces "host|electrolyte", the host on the "+" side."""
        return (*self.electrodes, *self.interfaces_between(self.hosts, self.electrolytes))

    def electrodes_named(self, names: Iterable[str] | None, what: str) -> tuple[str, ...]:
        """The electrodes of these names, in either order of "a|b"; all for None.

        Raises:
            InputError: a name that is none of them; `what` says what would be there.
        """
        if names is None:
            return self.electrodes
        known = {name: n for n in self.electrodes for name in (n, "|".join(n.split("|")[::-1]))}
        for name in names:
            if name not in known:
                raise InputError(
                    f"{what} between a metal and an electrolyte, which '{name}' is not; "
                    f"there are: {', '.join(self.electrodes)}"
                )
        return tuple(known[name] for name in names)

    def mesh_size(self, regions: Iterable[str]) -> float:
        """Mean cell size [m] of some regions: the edge of the regular simplex of the mean cell volume."""
        cells = np.concatenate([self.mesh.cells(r) for r in regions]).astype(np.int32)
        h = np.sort(self.domain.h(self.dim, cells)).sum()
        total, count = self.mesh.comm.allreduce(np.array([h, len(cells)], dtype=float))
        return float(total / count)

    def revolve(self) -> None:
        """The mesh is the half-section (r, z) of a body of revolution: every measure carries 2πr."""
        self.radius = ufl.SpatialCoordinate(self.domain)[0]

    @property
    def flat(self) -> bool:
        """Are integrals per metre of depth? Not in 3D, nor of a body of revolution."""
        return self.dim == 2 and self.radius is None

    def dx(self, region: str) -> Any:
        """Volume measure of a region."""
        return self._weighted(self._measure("dx")(self._id("region", region)))

    def dS(self, interface: str) -> Any:
        """Interface measure; "+" is the region named first."""
        return self._weighted(self._measure("dS")(self._id("interface", interface)))

    def area(self, interface: str) -> float:
        """∫dS of an interface [m²; in 2D m per metre of depth], of the revolved body where it is one. Collective."""
        one = fem.Constant(self.domain, 1.0)
        return float(self.integrate(fem.form(one * self.dS(interface)))[0])

    def volume(self, region: str) -> float:
        """∫dx of a region [m³; in 2D m² per metre of depth], of the revolved body where it is one. Collective."""
        one = fem.Constant(self.domain, 1.0)
        return float(self.integrate(fem.form(one * self.dx(region)))[0])

    def ds(self, boundary: str) -> Any:
        """Boundary measure."""
        return self._weighted(self._measure("ds")(self._id("boundary", boundary)))

    def over(self, where: str) -> Any:
        """Measure of what a quantity is given on: an interface "a|b", a region or a boundary."""
        if "|" in where:
            return self.dS(where)
        return self.dx(where) if where in self.mesh.region_names else self.ds(where)

    def _weighted(self, measure: ufl.Measure) -> Any:
        return measure if self.radius is None else Revolved(measure, self.radius)

    def anchored(self, name: str) -> Any:
        """A zero term that puts the diagonal of a restricted field's dummy unknowns into the matrix pattern."""
        k = list(self.spaces).index(name)
        return self.spaces[name].anchor_form(self[name], self.test(name), self._measure("dx")(ANCHOR + k))

    def region_at(self, boundary: str) -> str:
        """Name of the region that a boundary belongs to (the first, where there are several)."""
        return self.regions_at(boundary)[0]

    def regions_at(self, boundary: str) -> tuple[str, ...]:
        """Names of all regions that reach a boundary."""
        facets = self.mesh.boundary(boundary)
        self.domain.topology.create_connectivity(self.dim - 1, self.dim)
        cells = self.domain.topology.connectivity(self.dim - 1, self.dim)
        here = np.zeros(len(self.mesh.region_names), dtype=np.int32)
        here[self.mesh.region_of_cell[cells.array[cells.offsets[facets]]]] = 1
        there = np.empty_like(here)
        self.mesh.comm.Allreduce(here, there, op=MPI.MAX)
        return tuple(name for name, is_there in zip(self.mesh.region_names, there, strict=True) if is_there)

    def _id(self, kind: str, name: str) -> int:
        if name not in self._ids[kind]:
            raise unknown(kind, name, self._ids[kind])
        return self._ids[kind][name]

    def _measure(self, kind: str) -> ufl.Measure:
        if kind not in self._measures:
            mesh, q = self.mesh, self.quadrature_degree
            if kind == "dx":
                data = [(i, np.asarray(mesh.cells(n), np.int32)) for n, i in self._ids["region"].items()]
                data += [(ANCHOR + k, s.anchor) for k, s in enumerate(self.spaces.values())]
            elif kind == "dS":
                q += 2
                data = [(i, mesh.interface(n).entities.reshape(-1)) for n, i in self._ids["interface"].items()]
            else:
                q += 2
                data = [(i, self._faces(n)) for n, i in self._ids["boundary"].items()]
            self._measures[kind] = ufl.Measure(
                kind, domain=self.domain, subdomain_data=data, metadata={"quadrature_degree": q}
            )
        return self._measures[kind]

    def _faces(self, boundary: str) -> np.ndarray:
        """(cell, facet of the cell) of a boundary, flat; of a crack that closes both sides."""
        if boundary in self.mesh.closing:
            return self.mesh.interface(boundary).entities.reshape(-1)
        facets, kind = self.mesh.boundary(boundary), fem.IntegralType.exterior_facet
        return fem.compute_integration_domains(kind, self.domain.topology, facets)

    # -- fields --------------------------------------------------------------------------------------------
    def add_field(self, field: Field) -> None:
        """Make the space and the functions of an unknown."""
        if field.name in self.fields:
            raise InputError(f"two physics declare the field '{field.name}': give each physics once")
        element = ("Lagrange", field.degree, field.shape) if field.shape else ("Lagrange", field.degree)
        if field.trace is None:
            field = replace(field, cracks=self.mesh.closing)
        if self.radius is not None:  # what was meant per metre of depth goes round
            field = replace(field, flux=field.flux * self.height)
        broken = self._facets(field.jumps)
        tied = [self.mesh.boundary(b) for b in field.tied]
        if field.trace is not None:
            facets = self._facets(field.trace)
            space = trace_space(self.domain, element, facets, tied=tied, periodic=self.periodic)
        else:
            active = None
            if field.regions is not None and set(field.regions) != set(self.mesh.region_names):
                ids = [self.mesh.region_names.index(r) for r in field.regions]
                active = np.isin(self.mesh.region_of_cell, ids)
            space = broken_space(
                self.domain,
                element,
                broken=broken if field.jumps else None,
                active=active,
                tied=tied,
                periodic=self.periodic,
            )
        self.fields[field.name] = field
        self.spaces[field.name] = space
        for store in (self._now, self._old):
            u = fem.Function(space.V, name=field.name)
            blocks = u.x.array.reshape(-1, int(np.prod(field.shape, dtype=int)))
            blocks[:] = np.asarray(field.initial, dtype=float)
            blocks[space.dummy] = 0.0
            store[field.name] = u
        self._tests[field.name] = ufl.TestFunction(space.V)

    def _facets(self, places: Iterable[str]) -> np.ndarray:
        """Facets of interfaces "a|b" and of boundaries."""
        found = [self.mesh.interface(n).facets if "|" in n else self.mesh.boundary(n) for n in places]
        return np.unique(np.concatenate(found)).astype(np.int32) if found else np.empty(0, np.int32)

    def set_constant(self, name: str, value: float) -> None:
        """Give the value that a field has while no physics solves it."""
        if name in self._constants:
            self._constants[name].value = value
        else:
            self._constants[name] = fem.Constant(self.domain, float(value))

    def solved(self, name: str) -> bool:
        """Is there an unknown of this name?"""
        return name in self.fields

    def __getitem__(self, name: str) -> Any:
        if name in self._now:
            return self._now[name]
        if name in self._constants:
            return self._constants[name]
        raise unknown("field", name, [*self._now, *self._constants])

    def old(self, name: str) -> Any:
        """The value at the end of the last accepted step."""
        return self._old[name] if name in self._old else self[name]

    def test(self, name: str) -> ufl.Argument:
        """Test function of a field."""
        if name not in self._tests:
            raise InputError(
                f"a physics of this model acts on {name}, which none of them solves; "
                f"solved are: {', '.join(self._tests)}"
            )
        return self._tests[name]

    def accept(self) -> None:
        """The step is good: old := now."""
        for name, u in self._now.items():
            self._old[name].x.array[:] = u.x.array

    def reject(self) -> None:
        """The step failed: now := old."""
        for name, u in self._now.items():
            u.x.array[:] = self._old[name].x.array

    # -- values --------------------------------------------------------------------------------------------
    def value(self, given: Any, name: str = "value") -> Any:
        """A user's number, law, function of (x, t) or field as UFL at the present temperature and time."""
        return as_ufl(given, self.domain, temperature=self["temperature"], time=self.time, name=name)

    def property(self, region: str, name: str) -> Any:
        """Material property of a region at the present temperature, as UFL."""
        return self.value(self.materials[region][name], f"{name} of {region}")

    def pair(self, interface: str) -> Any:
        """Data of the pair of materials that meet at an interface, with the user's values for it on top."""
        a, b = (self.materials[r].name for r in interface.split("|"))
        given = self.interface_data(interface)
        if given and not {f"{a}|{b}", f"{b}|{a}"} & set(available("pair")):
            return Pair.custom(f"{a}|{b}", **given)
        return pair(a, b, **given)

    def interface_data(self, interface: str) -> dict[str, Any]:
        """What the user gave for an interface, in either order of its names."""
        a, b = interface.split("|")
        return self.mesh.interface_data.get(f"{a}|{b}") or self.mesh.interface_data.get(f"{b}|{a}") or {}

    def boundary_value(self, region: str, name: str) -> Any:
        """Property of a region's grain boundaries: the user's, else the library's "gb_…", None without either."""
        if f"{region}|{region}" not in self.mesh.interfaces:
            return None
        given = getattr(self.mesh.grain_boundaries.get(region), name, None)
        if given is None:
            return self.materials[region].get(f"gb_{name}", None)
        return given if callable(given) else number(given, f"{name} of the grain boundaries of '{region}'", least=0.0)

    def contact_value(self, interface: str, name: str) -> Any:
        """Property of the contact of two regions, such as its resistance: the user's, else the library's, else None."""
        given = self.interface_data(interface)
        if name in given:
            value = given[name]
            return value if callable(value) else number(value, f"{name} of '{interface}'", least=0.0)
        names = [self.materials[r].name for r in interface.split("|")]
        known = {"|".join(names), "|".join(names[::-1])} & set(available("pair"))
        return pair(*names).get(name, None) if known else None

    # -- what one physics provides and another reads --------------------------------------------------------
    def provide(self, quantity: str, where: str, recipe: Callable[[], Any]) -> None:
        """Register a contribution to a quantity; it is built when first read, so order does not matter."""
        self._recipes.setdefault((quantity, where), []).append(recipe)

    def provide_factor(self, quantity: str, where: str, recipe: Callable[[], Any]) -> None:
        """Register what a property is multiplied by, where contributions would be added.

        Raises:
            InputError: another physics has one there.
        """
        if where in self.provided(quantity):
            raise InputError(f"two physics change the {quantity.replace('_', ' ')} of '{where}': leave one of them out")
        self.provide(quantity, where, recipe)

    def provided(self, quantity: str) -> tuple[str, ...]:
        """Where a quantity is provided."""
        return tuple(w for q, w in self._recipes if q == quantity)

    def quantity(self, quantity: str, where: str) -> Any:
        """Sum of the contributions to a quantity at a region or interface (zero where nobody provides any)."""
        recipes = self._recipes.get((quantity, where), [])
        return sum((r() for r in recipes[1:]), recipes[0]()) if recipes else ufl.as_ufl(0.0)

    def integrate(self, *forms: Any) -> np.ndarray:
        """Global values of compiled scalar forms (one reduction for all)."""
        local = np.array([fem.assemble_scalar(f) for f in forms])
        return np.asarray(self.mesh.comm.allreduce(local))


class Revolved:
    """A measure of a body of revolution: `f * Revolved(dx, r)` is f 2πr dx."""

    def __init__(self, measure: ufl.Measure, radius: Any):
        self.measure, self.radius = measure, radius

    def reconstruct(self, **options: Any) -> Revolved:
        """See `ufl.Measure.reconstruct`."""
        return Revolved(self.measure.reconstruct(**options), self.radius)

    def __rmul__(self, integrand: Any) -> Any:
        radius = self.radius("+") if self.measure.integral_type() == "interior_facet" else self.radius
        return 2 * np.pi * radius * integrand * self.measure


def _refuse_gaps(mesh: NamedMesh) -> None:
    """Every region has a material, and what was given for interfaces is known."""
    for region in mesh.region_names:
        if region not in mesh.materials:
            raise InputError(f"region '{region}' has no material: give NamedMesh(…, materials={{'{region}': name}})")
    for interface, given in mesh.interface_data.items():
        a, b = interface.split("|")
        if a == b and given:
            raise InputError(
                f"interface '{interface}' is that of grains: give layer '{a}' grain_boundaries=GrainBoundaries(…)"
            )
        for name in given:
            if name not in PAIR_PROPERTIES:
                raise unknown(f"property of interface '{interface}'", name, PAIR_PROPERTIES)


def _ids(mesh: NamedMesh) -> dict[str, dict[str, int]]:
    interfaces: list[str] = []
    for name in mesh.interfaces:
        a, b = name.split("|")
        interfaces += [name] if a == b else [name, f"{b}|{a}"]
    interfaces += mesh.closing
    return {
        "region": {n: i + 1 for i, n in enumerate(mesh.region_names)},
        "interface": {n: i + 1 for i, n in enumerate(interfaces)},
        "boundary": {n: i + 1 for i, n in enumerate(sorted(mesh.boundaries))},
    }


def bounding_box(mesh: NamedMesh) -> tuple[np.ndarray, np.ndarray]:
    """Global lower and upper corner [m]."""
    x = mesh.domain.geometry.x[:, : mesh.dim]
    lower, upper = np.full(mesh.dim, np.inf), np.full(mesh.dim, -np.inf)
    if len(x):
        lower, upper = x.min(axis=0), x.max(axis=0)
    mesh.comm.Allreduce(MPI.IN_PLACE, lower, op=MPI.MIN)
    mesh.comm.Allreduce(MPI.IN_PLACE, upper, op=MPI.MAX)
    return lower, upper
