"""Mechanical equilibrium of anisotropic grains, creeping metal and electrodes that grow.

    ∇·σ = 0,   σ = [(1 − k) g(d) + k] σ⁺ + σ⁻,   σ± from C : (ε − ε_th − ε_g − ε_p)

The displacement jumps at metal|electrolyte interfaces. There the metal of thickness h that the current has plated
must fit between: with the opening g = (u₋ − u₊)·n (n out of the metal) the traction on the metal is

    p_n = K (h − g)     (compressive positive),        t_t = K (I − n⊗n)(u₋ − u₊)

with a stiffness K so large that p_n/K is a thousandth of any displacement of interest; p_n is what the kinetics
read, never the one-sided stress of a cell. Contact that may open is told by `contact`: see there. So is that of the
faces of cracks that close, `stack.crack(…, closes=True)`: see `crack_faces`.

| symbol | meaning | unit |
|---|---|---|
| u | displacement | m |
| ε_th | thermal strain α (T − T₀) I | – |
| ε_g | strain of growth, of lithiation or given: what other physics provide as "eigenstrain" | – |
| ε_p | flow strain of metals, see `flow`; of solids that relax, see `relaxation` | – |
| d, g | damage, the share of stiffness that it leaves | – |

Only a part of the energy is lost with damage, by default all but that of volumetric compression: see `splits`.
What a two-dimensional mesh stands for is told by `plane`: see `planes`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import numpy as np
import ufl
from dolfinx import fem
from mpi4py import MPI

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.physics.base import Physics
from fem_ssb.physics.cohesive import Cohesive, CohesiveInterface
from fem_ssb.physics.contact import Contact, ContactInterface
from fem_ssb.physics.crack_faces import CrackFaces
from fem_ssb.physics.finite_flow import FiniteFlow
from fem_ssb.physics.finite_strain import FiniteStrain
from fem_ssb.physics.flow import FlowLaw
from fem_ssb.physics.fracture import broken_cells
from fem_ssb.physics.lagging import cohesive_interface
from fem_ssb.physics.planes import check_plane, gradient, refuse_below_axis, strain
from fem_ssb.physics.plating import inserted
from fem_ssb.physics.relaxation import RelaxingLaw
from fem_ssb.physics.softening import warn_if_soft
from fem_ssb.physics.solids import ElasticLaw, stiffness_matrix, youngs_modulus
from fem_ssb.physics.splits import check_split, flattened, kept_energy, kept_stress, refuse_unfit
from fem_ssb.problem.fields import Field
from fem_ssb.problem.state import State
from fem_ssb.spaces.connected import crack_joins, facets_at

# K h/E of cohesive interfaces: a coarse space of the multigrid that jumps costs twice the iterations of one that does
# not above the first; above the second so much more that where some facets are broken the others still must not jump.
LOOSE, STIFF = 0.5, 4.0
BROKEN = 0.9  # share of the strength by which what breaks facets has come down


class Elasticity(Physics):
    """Displacement [m]: grains elastic in their own frame, metals with creep where their material has it.

    Args:
        degree: Lagrange degree; 2 does not lock where the metal creeps without change of volume.
        stress_free_temperature: T₀ [K]; None = the ambient temperature.
        residual_stiffness: k, share of the stiffness left in fully broken material.
        creep: let metals creep where their material has it.
        plastic: let metals yield at the yield strength of their material.
        contact_stiffness: K [Pa/m]; None = 1000 × the metal's Young modulus over the height of the cell, and of cracks
            that close 1e4 × the largest one over the size of the cells there.
        contact: contact that may open, of all electrodes or by their names, {"anode|separator": Contact()}; the others
            hold together.
        plane: "strain", "stress" or "axisymmetric", for two-dimensional meshes.
        split: "none", "volumetric", "spectral" or "star": which energy damage takes.
        star: γ of the split "star", at least −1.
        finite: regions that strain by much, {"interlayer": "neo_hookean"} or "st_venant", see `finite_strain`; metals
            that creep or yield are "neo_hookean".
        cohesive: laws of interfaces that may open, by their names, e.g. {"separator|separator": Cohesive()}.
        crack_friction: μ of cracks that close.
        through: two boundaries or interfaces: the run ends where broken cohesive facets join them, with broken cells
            where there is damage.

    Raises:
        InputError: values out of range; when the model is built, for a plane state or split that does not fit.
    """

    def __init__(
        self,
        degree: int = 2,
        stress_free_temperature: float | None = None,
        residual_stiffness: float = 1e-6,
        creep: bool = True,
        plastic: bool = False,
        contact_stiffness: float | None = None,
        contact: Contact | Mapping[str, Contact] | None = None,
        plane: Literal["strain", "stress", "axisymmetric"] = "strain",
        split: Literal["none", "volumetric", "spectral", "star"] = "volumetric",
        star: float = 1.0,
        cohesive: Mapping[str, Cohesive] | None = None,
        finite: Mapping[str, str] | None = None,
        through: tuple[str, str] | None = None,
        crack_friction: float = 0.0,
    ):
        if through is not None and not cohesive:
            raise InputError(
                "what is broken through are cohesive interfaces: give cohesive={…}, or Fracture(through=…)"
            )
        if contact_stiffness is not None:
            number(contact_stiffness, "contact stiffness [Pa/m]", above=0)
        self.degree = degree
        self.stress_free_temperature = stress_free_temperature
        self.residual_stiffness = residual_stiffness
        self.creep, self.plastic = creep, plastic
        self.contact_stiffness = contact_stiffness
        self.contact = dict(contact) if isinstance(contact, Mapping) else contact
        self._contacts: dict[str, ContactInterface] = {}
        self.plane = check_plane(plane)
        self.split = check_split(split)
        self.star = number(star, "γ of the star-convex split", least=-1.0)
        self.cohesive = dict(cohesive or {})
        self.finite = dict(finite or {})
        self.through = through
        self.crack_friction = number(crack_friction, "coefficient of friction of cracks", least=0.0)
        self._faces: dict[str, CrackFaces] = {}
        self._finite: dict[str, FiniteStrain] = {}
        self._interfaces: dict[str, CohesiveInterface] = {}
        self._laws: dict[str, ElasticLaw | FlowLaw | RelaxingLaw] = {}
        self._updates: list[tuple[fem.Function, fem.Function, fem.Expression, Any]] = []

    def fields(self, state: State) -> list[Field]:
        """u [m], broken at metal|electrolyte interfaces."""
        check_plane(self.plane, state.dim)
        if self.plane == "axisymmetric":
            refuse_below_axis(state)
            state.revolve()
        if self.crack_friction and not state.mesh.closing:
            raise InputError("crack_friction is for cracks that close: put one in with stack.crack(…, closes=True)")
        modulus = self._modulus(state)
        scale = 1e-4 * state.height
        flux = modulus * scale * state.height ** (state.dim - 2)
        return [
            Field(
                "displacement",
                "m",
                scale,
                flux,
                self.degree,
                (state.dim,),
                breaks=(*state.electrodes, *self._cohesive_names(state)),
                definite=not (self.cohesive or self.contact or self.finite or state.mesh.closing),
                stiff=bool(self.cohesive or state.mesh.closing),
                loose=partial(self._loose, state, modulus) if self.cohesive or state.mesh.closing else None,
                initial=(0.0,) * state.dim,
            )
        ]

    def initialise(self, state: State) -> None:
        """Stress laws with their internal variables, anew for each model."""
        self._contacts, self._faces, self._interfaces = {}, {}, {}
        self._finite, self._laws, self._updates = {}, {}, []
        if state.radius is not None or self.finite:
            state.quadrature_degree += 2  # r and u_r/r; det F and F⁻¹
        for r in self.finite:
            state.mesh.region_index(r)
        for r in state.mesh.region_names:
            self._laws[r] = self._law(state, r)
            if self._breaks(state, r):
                refuse_unfit(self.split, self._laws[r], r)
            if r in self.finite:
                if self._breaks(state, r):
                    raise InputError(f"finite strain of region '{r}' does not go with damage")
                law = self._laws[r]
                if self.plane == "stress" and (isinstance(law, FlowLaw) or not law.isotropic):
                    raise InputError(
                        f"region '{r}' flows or is anisotropic: at finite strain it is not there in plane stress; "
                        "leave it out of finite={…}, or take plane='strain'"
                    )
                self._finite[r] = (FiniteFlow if isinstance(law, FlowLaw) else FiniteStrain)(self.finite[r], law, r)

        for name, contact in self._contact_laws(state).items():
            self._contacts[name] = ContactInterface(state, name, contact, self._stiffness(state, name))
        for name in self._cohesive_names(state):
            given = self.cohesive[name] if name in self.cohesive else self.cohesive["|".join(name.split("|")[::-1])]
            self._interfaces[name] = cohesive_interface(state, name, given)
            if given.stiffness is None:
                warn_if_soft(state, name, self._interfaces[name].stiffness)
        for name in state.mesh.closing:
            stiff, friction = self.contact_stiffness, self.crack_friction
            self._faces[name] = CrackFaces(state, name, self._modulus(state), stiff, friction)
        for place in self.through or ():
            facets_at(state.mesh, place)

    def _modulus(self, state: State) -> float:
        """The largest Young's modulus [Pa]."""
        return max(youngs_modulus(state, r) for r in state.mesh.region_names)

    def _law(self, state: State, region: str) -> ElasticLaw | FlowLaw | RelaxingLaw:
        material = state.materials[region]
        metal = material.kind == "metal"
        creeps = metal and self.creep and "creep" in material
        yields = metal and self.plastic
        if creeps or yields:
            return FlowLaw(state, region, creeps, yields)
        if "relaxation" in material:
            return RelaxingLaw(state, region)
        return ElasticLaw(state, stiffness_matrix(state, region))

    def _contact_laws(self, state: State) -> dict[str, Contact]:
        """Contacts by the electrodes that have them."""
        if self.contact and not state.electrodes:
            raise InputError(
                "contact=… is of electrodes, between a metal and what conducts ions, and this model has none: leave it "
                "out, or give the electrolyte an ionic_conductivity"
            )
        if self.contact is None or isinstance(self.contact, Contact):
            return {} if self.contact is None else dict.fromkeys(state.electrodes, self.contact)
        names = {n: n for n in state.electrodes} | {"|".join(n.split("|")[::-1]): n for n in state.electrodes}
        for name in self.contact:
            if name not in names:
                raise unknown("electrode", name, state.electrodes)
        return {names[name]: law for name, law in self.contact.items()}

    def _cohesive_names(self, state: State) -> tuple[str, ...]:
        """Names of the cohesive interfaces as the mesh has them."""
        names = tuple(state.mesh.interface_name(n) for n in self.cohesive)
        for name in names:
            if name in state.electrodes or "|".join(name.split("|")[::-1]) in state.electrodes:
                raise InputError(
                    f"interface '{name}' is an electrode: it cannot be cohesive, but have contact=Contact(adhesion=…)"
                )
        return names

    def _loose(self, state: State, modulus: float) -> np.ndarray:
        """Owned facets of cohesive interfaces across which coarse spaces of a multigrid had better jump."""
        compliance = state.mesh_size(state.mesh.region_names) / modulus
        found = [faces.open() for faces in self._faces.values()]
        for name, interface in self._interfaces.items():
            facets = interface.loose(LOOSE / compliance)
            broken = state.mesh.comm.allreduce(len(facets) > 0, op=MPI.LOR)
            all_ = broken and interface.stiffness * compliance < STIFF
            found.append(state.mesh.interface(name).facets if all_ else facets)
        return np.concatenate(found)

    def provide(self, state: State) -> None:
        """Stress [Pa], given strain, energies [J/m³] stored and that drive cracks; pressure [Pa] and damage between."""
        for r in state.mesh.region_names:
            state.provide("stress", r, partial(self.stress, state, r))
            state.provide("given_strain", r, partial(self._given, state, r))
            state.provide("elastic_energy", r, partial(self._stored, state, r))
            state.provide("crack_energy", r, partial(self.tensile_energy, state, r))
        for n in state.electrodes:
            state.provide("interface_pressure", n, partial(self.pressure, state, n))
        for n, contact in self._contacts.items():
            state.provide("contact_fraction", n, contact.fraction)
            if contact.adhesion is None:
                state.provide("free_contact", n, contact.separation)
        for n, faces in self._faces.items():
            state.provide("crack_shut", n, faces.shut)
            if faces.friction is not None:
                state.provide("crack_friction", n, faces.share_of_friction)
        for n, interface in self._interfaces.items():
            state.provide("interface_damage", n, partial(interface.damage, interface.seen))

    def residuals(self, state: State) -> dict[str, Any]:
        """∫σ:ε(w) dx + ∫(t_t·⟦w⟧ − p_n ⟦w⟧·n) dS with ⟦w⟧ = w₋ − w₊."""
        w = state.test("displacement")
        res: Any = 0
        for r in state.mesh.region_names:
            if r in self._finite:
                nominal = self._finite[r].nominal(*self._strains(state, r))
                res += ufl.inner(nominal, gradient(w, self.plane, state.radius)) * state.dx(r)
            else:
                res += ufl.inner(self.stress(state, r), strain(w, self.plane, state.radius)) * state.dx(r)
        for contact in self._contacts.values():
            res += ufl.dot(contact.traction(), w("-") - w("+")) * contact.measure()
        for name in (n for n in state.electrodes if n not in self._contacts):
            n = ufl.FacetNormal(state.domain)("+")
            gap, jump = self._gap(state), w("-") - w("+")
            sliding = gap - ufl.dot(gap, n) * n
            K = self._stiffness(state, name)
            res += (K * ufl.inner(sliding, jump) - self.pressure(state, name) * ufl.dot(jump, n)) * state.dS(name)
        for interface in self._interfaces.values():
            res += ufl.dot(interface.traction(), w("-") - w("+")) * interface.measure()
        for faces in self._faces.values():
            res += ufl.dot(faces.traction(), w("-") - w("+")) * faces.measure()
        return {"displacement": res}

    def elastic_strain(self, state: State, region: str) -> Any:
        """ε − ε_th − ε_g, at finite strain E (flow strain still in it)."""
        moved, given = self._strains(state, region)
        if region in self._finite:
            return self._finite[region].green(moved, given)
        e = ufl.sym(moved) - given
        if self.plane != "stress":
            return e
        if self._breaks(state, region):
            return flattened(self.split, self._laws[region], e, self.star, self._left(state, region))
        return self._laws[region].flattened(e)

    def _strains(self, state: State, region: str) -> tuple[Any, Any]:
        """∇u and the given strain, (3, 3) each."""
        moved = gradient(state["displacement"], self.plane, state.radius)
        if region in state.provided("mean_strain"):
            moved += state.quantity("mean_strain", region)
        given = self._given(state, region)
        if region in self._finite and self.plane == "stress":
            return self._finite[region].flattened(moved, given)
        return moved, given

    def _given(self, state: State, region: str) -> Any:
        """ε_th + ε_g, (3, 3)."""
        T0 = self.stress_free_temperature or state.ambient_temperature
        given = state.property(region, "thermal_expansion") * (state["temperature"] - T0) * ufl.Identity(3)
        if region in state.provided("eigenstrain"):
            given += state.quantity("eigenstrain", region)
        return given

    def stress(self, state: State, region: str) -> Any:
        """σ (3, 3) [Pa]."""
        if region in self._finite:
            return self._finite[region].cauchy(*self._strains(state, region))
        law, e = self._laws[region], self.elastic_strain(state, region)
        sound = law(e)
        if not self._breaks(state, region):
            return sound
        kept = kept_stress(self.split, law, e, self.star, state.dim == 2)
        return self._left(state, region) * (sound - kept) + kept

    def tensile_energy(self, state: State, region: str) -> Any:
        """ψ⁺ = ψ − ψ⁻ [J/m³] of sound material, ψ what comes back: what has flowed drives no crack."""
        return self._laws[region].stored(self.elastic_strain(state, region)) - self._kept(state, region)

    def _kept(self, state: State, region: str) -> Any:
        """ψ⁻ [J/m³]."""
        e = self.elastic_strain(state, region)
        return kept_energy(self.split, self._laws[region], e, self.star, state.dim == 2)

    def _left(self, state: State, region: str) -> Any:
        """(1 − k) g(d) + k, the share of stiffness that is left."""
        k = self.residual_stiffness
        return (1 - k) * state.quantity("sound_share", region) + k

    def pressure(self, state: State, interface: str) -> Any:
        """p_n = K (h − g) [Pa], compressive positive, or that of a contact that may open."""
        if interface in self._contacts:
            return self._contacts[interface].pressure()
        n = ufl.FacetNormal(state.domain)("+")
        return self._stiffness(state, interface) * (inserted(state, interface) - ufl.dot(self._gap(state), n))

    def advance(self, state: State) -> None:
        """Memory of the solids, largest openings and slip at the end of the step."""
        for interface in self._pairs_of_faces():
            interface.advance()
        if not self._updates:
            for r, law in ((r, law) for r, law in self._laws.items() if law.memory):
                for name, value in self._updated(state, r).items():
                    target = law.memory[name]
                    points = target.function_space.element.interpolation_points
                    self._updates.append((target, target.copy(), fem.Expression(value, points), state.mesh.cells(r)))
        for _, new, expression, cells in self._updates:  # all of them from what was remembered before
            new.interpolate(expression, cells0=cells)
        for target, new, _, _ in self._updates:
            target.x.array[:] = new.x.array
            target.x.scatter_forward()

    def _updated(self, state: State, region: str) -> dict[str, Any]:
        """What a solid remembers of the step, by name."""
        if region in self._finite:
            return self._finite[region].updated(*self._strains(state, region))
        return self._laws[region].updated(self.elastic_strain(state, region))

    def ended(self, state: State) -> str:
        """Broken from one place to the other?"""
        if self.through is None or not self.opened(state, *self.through):
            return ""
        return f"broken: a crack leads from {self.through[0]} to {self.through[1]}"

    def opened(self, state: State, first: str, second: str, share: float = BROKEN) -> bool:
        """Do broken facets of the cohesive interfaces, with broken cells, lead from one place to another? Collective.

        Args:
            state: with displacement.
            first: boundary or interface.
            second: another.
            share: of the strength by which the curve of a broken facet has come down.
        """
        found = [interface.broken(share) for interface in self._interfaces.values()]
        facets = np.concatenate([np.empty(0, np.int32), *found])
        cells = broken_cells(state) if state.solved("damage") else np.zeros(len(state.mesh.region_of_cell), bool)
        return crack_joins(state.mesh, cells, facets, first, second)

    def internal(self) -> dict[str, Any]:
        """Memory of the solids, largest openings and slip."""
        memory = {f"{name} {r}": function for r, law in self._laws.items() for name, function in law.memory.items()}
        return memory | {k: v for i in self._pairs_of_faces() for k, v in i.internal().items()}

    def _cohesive(self) -> dict[str, CohesiveInterface]:
        """Cohesive interfaces, and the adhesion of contacts."""
        adhesion = {n: c.adhesion for n, c in self._contacts.items() if c.adhesion is not None}
        return self._interfaces | adhesion

    def _pairs_of_faces(self) -> list[CohesiveInterface | CrackFaces]:
        """All that remembers and may rub."""
        return [*self._cohesive().values(), *self._faces.values()]

    def columns(self, state: State) -> dict[str, Any]:
        """Energy stored in bodies and interfaces, and lost at the latter; their damage, contact that is left."""
        stored = sum(self._stored(state, r) * state.dx(r) for r in state.mesh.region_names)
        columns = {"elastic energy": stored}
        for n, faces in self._faces.items():
            columns["elastic energy"] += faces.stored() * faces.measure()
            columns[f"shut fraction {n} [1]"] = faces.shut() / state.area(n) * state.dS(n)
        if cohesive := self._cohesive():
            columns["elastic energy"] += sum(i.stored() * i.measure() for i in cohesive.values())
            columns["cohesive energy"] = sum(i.dissipated() * i.measure() for i in cohesive.values())
            for n, i in self._interfaces.items():
                columns[f"mean damage {n} [1]"] = i.damage() / state.area(n) * i.measure()
        if rubbed := [lost * i.measure() for i in self._pairs_of_faces() if (lost := i.rubbed()) is not None]:
            columns["friction energy"] = sum(rubbed[1:], rubbed[0])
        for n, contact in self._contacts.items():
            columns[f"contact fraction {n} [1]"] = contact.fraction() / state.area(n) * state.dS(n)
        return columns

    def separation(self, state: State) -> Any:
        """Energy that opening the cohesive interfaces has taken, stored and dissipated; None without interfaces."""
        parts = [(i.stored() + i.dissipated()) * i.measure() for i in self._cohesive().values()]
        return sum(parts[1:], parts[0]) if parts else None

    def _stored(self, state: State, region: str) -> Any:
        if region in self._finite:
            return self._finite[region].energy(*self._strains(state, region))
        if not self._breaks(state, region):
            return self._laws[region].stored(self.elastic_strain(state, region))
        return self._left(state, region) * self.tensile_energy(state, region) + self._kept(state, region)

    def _gap(self, state: State) -> Any:
        u = state["displacement"]
        return u("-") - u("+")

    def _stiffness(self, state: State, interface: str) -> float:
        metal = interface.split("|")[0]
        return self.contact_stiffness or 1e3 * youngs_modulus(state, metal) / state.height

    def _breaks(self, state: State, region: str) -> bool:
        return state.solved("damage") and region in (state.fields["damage"].regions or state.mesh.region_names)
