"""A stack of layers: what the user says about the microstructure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fem_ssb.errors import InputError, number, unknown
from fem_ssb.microstructure.boundaries import GrainBoundaries
from fem_ssb.microstructure.coatings import ThinLayer
from fem_ssb.microstructure.composite import Composite, Phase
from fem_ssb.microstructure.cracks import Crack, Flaw, Notch
from fem_ssb.microstructure.grains import Grains
from fem_ssb.microstructure.grooves import Groove
from fem_ssb.microstructure.inclusions import Inclusion
from fem_ssb.microstructure.pores import Pores
from fem_ssb.microstructure.roughness import Roughness
from fem_ssb.microstructure.shapes import Shape
from fem_ssb.microstructure.spots import Spot
from fem_ssb.microstructure.voids import Voids, void_levels

if TYPE_CHECKING:
    from fem_ssb.mesh.named import NamedMesh
    from fem_ssb.microstructure.assembly import Geometry


@dataclass(frozen=True)
class Layer:
    """One layer of a stack, see `Stack.layer`."""

    name: str
    material: Any
    thickness: float
    grains: Grains | None = None
    pores: Pores | None = None
    grain_boundaries: GrainBoundaries | None = None
    size: float | None = None

    @property
    def phases(self) -> Sequence[Phase]:
        """What it is made of; a layer of one material is a phase of its own."""
        if isinstance(self.material, Composite):
            return self.material.phases
        return [Phase(self.name, self.material, grain_boundaries=self.grain_boundaries)]

    @property
    def film(self) -> Phase | None:
        """The region between its grains, where its boundaries have a thickness."""
        if self.grain_boundaries is None or self.grain_boundaries.thickness is None:
            return None
        return Phase(f"{self.name} boundaries", self.grain_boundaries.material)


class Stack:
    """Layers on top of each other in a box; the stacking axis is the last coordinate, the first layer at 0.

    Args:
        width: extent in x (m).
        dim: 2 (x, y) or 3 (x, y, z).
        depth: extent in y (m), in 3D only; default: the width.
        periodic: axes along which the stack is repeated, such as ("x", "y"); grains that leave it at one face come in
            at the other, opposite faces have the same mesh, and all fields go on across them. The stacking axis may be
            among them for a single layer.

    Raises:
        InputError: for lengths that are not positive and finite.

    Example:
        >>> stack = Stack(width=30e-6)
        >>> stack.layer("separator", "LLZO", thickness=40e-6, grains=Voronoi(count=120, seed=7)).name
        'separator'
    """

    def __init__(self, width: float, dim: int = 2, depth: float | None = None, periodic: Sequence[str] = ()) -> None:
        if dim not in (2, 3):
            raise InputError(f"dim must be 2 or 3, not {dim!r}")
        if dim == 2 and depth is not None:
            raise InputError("depth is for dim=3 only; in 2D the cell is one metre deep")
        self.dim = int(dim)
        self.width = number(width, "width (m)", above=0.0)
        self.depth = self.width if depth is None else number(depth, "depth (m)", above=0.0)
        names = "xyz"[: self.dim]
        for axis in periodic:
            if axis not in names:
                raise unknown("periodic axis", str(axis), names)
        self.periodic = tuple(i for i, axis in enumerate(names) if axis in periodic)
        self.layers: list[Layer] = []
        self.coatings: list[ThinLayer] = []
        self.spots: list[Spot] = []
        self.interfaces: dict[str, dict[str, Any]] = {}
        self.roughness: dict[str, Roughness] = {}
        self.slots: dict[str, Voids] = {}
        self.inclusions: list[Inclusion] = []
        self.cracks: list[Flaw] = []

    def layer(
        self,
        name: str,
        material: Any,
        thickness: float,
        grains: Grains | None = None,
        pores: Pores | None = None,
        grain_boundaries: GrainBoundaries | None = None,
        size: float | None = None,
    ) -> Layer:
        """Put a layer on top.

        Args:
            name: of the region, and for the first and last layer of the bottom and top face.
            material: a name or a material object, kept as given; or a composite such as `Mixture(…)`: its phases are
                the regions then.
            thickness: in m.
            grains: tessellation; default: one grain.
            pores: meshed pores inside the grains.
            grain_boundaries: properties of the boundaries between the grains.
            size: mesh size in this layer (m) where it is to be finer than elsewhere.

        Raises:
            InputError: for a bad name, thickness, or part.
        """
        self._check_name("layer", name)
        for value, kind, label, example in (
            (grains, Grains, "grains", "Voronoi(…) or Laguerre(…)"),
            (pores, Pores, "pores", "Pores(…)"),
            (grain_boundaries, GrainBoundaries, "grain_boundaries", "GrainBoundaries(…)"),
        ):
            if value is not None and not isinstance(value, kind):
                raise InputError(f"{label} of layer '{name}' must be {example}, not {value!r}")
        if grain_boundaries is not None and grains is None:
            raise InputError(f"layer '{name}' has grain_boundaries but no grains: add grains=Voronoi(…)")
        if isinstance(material, Composite):
            if grains is not None or pores is not None or grain_boundaries is not None:
                raise InputError(f"layer '{name}' is a composite: say grains and boundaries in its phases")
            self._check_phases(name, material.phases)
            if any(p.grain_boundaries and p.grain_boundaries.thickness is not None for p in material.phases):
                raise InputError(f"the grain boundaries of composite '{name}' can have no thickness")
        elif grain_boundaries is not None and grain_boundaries.thickness is not None:
            self._check_name("layer", f"{name} boundaries")
        thickness = number(thickness, f"thickness of layer '{name}' (m)", above=0.0)
        if size is not None:
            size = number(size, f"mesh size of layer '{name}' (m)", above=0.0)
        self.layers.append(Layer(name, material, thickness, grains, pores, grain_boundaries, size))
        return self.layers[-1]

    def coating(self, name: str, material: Any, thickness: float, cells: int = 1) -> ThinLayer:
        """Put a thin layer on top, such as an interlayer or a coating, that costs no more cells than its neighbours.

        It is put into the finished mesh as prisms on the facets in its plane, cut into simplices: however thin it
        is, it has as many cells as these facets, stretched along the plane. The layers next to it may have grains.
        Places of inclusions and the like are counted as if it had no thickness; `roughen` with one of its faces
        bends it whole. Particles of a composite get theirs with `Coat`.

        Args:
            name: of the region.
            material: a name or a material object; kept as given.
            thickness: in m.
            cells: over the thickness; one is enough for conduction across it.

        Raises:
            InputError: for a bad name, thickness or number of cells.

        Example:
            >>> stack.layer("anode", "Li", 10e-6)
            >>> stack.coating("interlayer", "LiPON", 20e-9)
            >>> stack.layer("separator", "LLZO", 40e-6, grains=Voronoi(120))
        """
        self._check_name("coating", name)
        self.coatings.append(ThinLayer(name, material, thickness, cells, len(self.layers)))
        return self.coatings[-1]

    @property
    def order(self) -> list[Layer | ThinLayer]:
        """Layers and coatings from the bottom to the top."""
        found: list[Layer | ThinLayer] = []
        for k in range(len(self.layers) + 1):
            found += [coating for coating in self.coatings if coating.below == k]
            found += self.layers[k : k + 1]
        return found

    def interface(self, name: str, **data: Any) -> None:
        """Properties of the interface "a|b" between two layers that touch, or of "a|a" in a layer with grains.

        Args:
            name: either order of the two layers; they may be stacked later.
            data: keywords for the physics (exchange_current=…, film_resistance=…), kept as given.
        """
        parts = [part.strip() for part in str(name).split("|")]
        if len(parts) != 2 or not all(parts):
            raise InputError(f"an interface is named 'a|b' after its two layers, not '{name}'")
        self.interfaces.setdefault("|".join(parts), {}).update(data)

    def interface_data(self) -> dict[str, dict[str, Any]]:
        """What was given with `interface`, by "a|b" with a below b.

        Raises:
            InputError: for an interface that the stack does not have.
        """
        there = [
            f"{a.name}|{b.name}" for below, above in pairwise(self.order) for a in below.phases for b in above.phases
        ]
        for layer in self.layers:
            if isinstance(layer.material, Composite):
                there += [f"{a.name}|{b.name}" for a, b in combinations_with_replacement(layer.phases, 2)]
            elif layer.grains and layer.grains.count > 1:
                if layer.film is None:
                    there.append(f"{layer.name}|{layer.name}")
                else:
                    k = self.order.index(layer)
                    beside = [phase for part in self.order[max(0, k - 1) : k + 2] for phase in part.phases]
                    there += [f"{phase.name}|{layer.film.name}" for phase in beside]
        there += [f"{body.layer}|{body.name}" for body in self.inclusions]
        data: dict[str, dict[str, Any]] = {}
        for name, keywords in self.interfaces.items():
            a, b = name.split("|")
            own = next((n for n in (f"{a}|{b}", f"{b}|{a}") if n in there), None)
            if own is None:
                raise unknown("interface", name, there)
            data.setdefault(own, {}).update(keywords)
        return data

    def roughen(self, name: str, shape: Roughness) -> None:
        """Make the interface "a|b" between two layers rough instead of flat.

        Args:
            name: either order of the two layers; they may be stacked later.
            shape: `Sinusoid(…)` or `RandomSurface(…)`; heights count upwards. The mesh size must resolve it.

        Raises:
            InputError: for anything else; when meshing, for an interface the stack does not have.
        """
        if not isinstance(shape, Roughness):
            raise InputError(f"the shape of interface '{name}' must be Sinusoid(…) or RandomSurface(…), not {shape!r}")
        self.roughness[name] = shape

    def faces(self) -> dict[tuple[str, str], int]:
        """Inner faces of layers and coatings: (below, above) → the number of layers below."""
        found = {}
        for below, above in pairwise(self.order):
            level = above.below if isinstance(above, ThinLayer) else self.layers.index(above)
            if 0 < level < len(self.layers):
                found[below.name, above.name] = level
        return found

    def refine_at(self, name: str, size: float, at: str = "everywhere", distance: float = 0.0) -> None:
        """Mesh finer at an interface than its layers are; the size grows by 0.3 a length away from it.

        Args:
            name: "a|b" between two regions or an inclusion and its layer, "a|a" for the boundaries between grains.
            size: mesh size there (m).
            at: "everywhere" on it, its "junctions" (where three grains or more meet: points in 2D, lines in 3D), or
                the "valleys" or "peaks" of a rough one.
            distance: up to which the mesh is as fine (m).

        Raises:
            InputError: for a bad name, place or size; when meshing, for an interface the stack does not have.
        """
        self.spots.append(Spot(str(name), size, at, distance))

    def thick_boundaries(self) -> dict[int, float]:
        """Thickness (m) of the grain boundaries that have one, by layer.

        Raises:
            InputError: for two such layers on each other, one of one grain, or pores that lie on the boundaries.
        """
        found = {}
        for k, layer in enumerate(self.layers):
            if layer.grain_boundaries is not None and layer.grain_boundaries.thickness is not None:
                if layer.grains is None or layer.grains.count < 2:
                    raise InputError(f"layer '{layer.name}' has boundaries of a thickness but one grain: give it more")
                if layer.pores is not None and layer.pores.place != "grains":
                    raise InputError(
                        f"layer '{layer.name}' has pores on grain boundaries of a thickness: place them inside grains, "
                        "Pores(…, place='grains'), or give the boundaries a resistance in place of a thickness"
                    )
                if k - 1 in found:
                    raise InputError(
                        f"layers '{self.layers[k - 1].name}' and '{layer.name}' touch and both have grain boundaries "
                        "of finite thickness: leave the thickness of one of them out"
                    )
                found[k] = layer.grain_boundaries.thickness
        return found

    def rough_levels(self) -> dict[int, Roughness]:
        """What was given with `roughen`, by the number of layers below the interface.

        Raises:
            InputError: for an interface that is not between two layers of the stack.
        """
        there = {"|".join(names): level for names, level in self.faces().items()}
        found: dict[int, Roughness] = {}
        for name, shape in self.roughness.items():
            parts = [part.strip() for part in str(name).split("|")]
            own = next((n for n in ("|".join(parts), "|".join(reversed(parts))) if n in there), None)
            if own is None:
                raise unknown("interface", str(name), there)
            if there[own] in found:
                raise InputError(f"the interface '{name}' is rough already with the other face of the coating there")
            found[there[own]] = shape
        return found

    def voids(self, name: str, shape: Voids) -> None:
        """Let a layer lose contact in places: voids in it, at its interface "a|b" with another layer.

        The walls of the voids, with the bare face across them, are the boundary "voids".

        Args:
            name: the layer that is cut first, as in "anode|separator"; they may be stacked later. It must be
                without grains and pores.
            shape: `Voids(…)`.

        Raises:
            InputError: for anything else; when meshing, for an interface the stack does not have.
        """
        if not isinstance(shape, Voids):
            raise InputError(f"the voids of interface '{name}' must be Voids(…), not {shape!r}")
        if (shape.strips if self.dim == 3 else shape.discs) is not None:
            raise InputError("Voids take strips=… in 2D and discs=… in 3D; coverage=… and width=… in both")
        self.slots[name] = shape

    def void_levels(self) -> list[tuple[int, bool, Voids]]:
        """What was given with `voids`: the layer that is cut, whether at its top, and the voids.

        Raises:
            InputError: for an interface that is not there, or a layer that cannot be cut.
        """
        names = [layer.name for layer in self.order if isinstance(layer, Layer)]
        slots = {}
        for name, shape in self.slots.items():
            cut, _, across = (part.strip() for part in str(name).partition("|"))
            for coating in self.coatings:
                if across == coating.name:
                    across = next((n for n in names[max(0, coating.below - 1) : coating.below + 1] if n != cut), across)
            slots[f"{cut}|{across}"] = shape
        return void_levels(self.layers, slots)

    def inclusion(self, layer: str, name: str, material: Any, shape: Shape) -> None:
        """Put a body of another material into a layer: a region of its own, its interface "layer|name".

        It may lie across grains; what it cuts off is a grain of its own.

        Args:
            layer: that it lies in; it may be stacked later.
            name: of the region.
            material: a name or a material object; kept as given.
            shape: `Disc`, `Ellipse` (2D), `Sphere`, `Ellipsoid`, `Spheroid` (3D) or `Filament` (both), clear of the
                faces of the layer.

        Raises:
            InputError: for a bad name or shape; when meshing, for a body that leaves its layer or meets another.
        """
        self._check_name("inclusion", name)
        if not isinstance(shape, Shape) or shape.dim != self.dim:
            kinds = "Disc(…), Ellipse(…)" if self.dim == 2 else "Sphere(…), Ellipsoid(…), Spheroid(…)"
            kinds += f" or Filament(…) of points in {self.dim}D"
            raise InputError(f"the shape of inclusion '{name}' must be {kinds}, not {shape!r}")
        self.inclusions.append(Inclusion(layer, name, material, shape))

    def crack(
        self,
        name: str,
        shape: Crack,
        tip_size: float | None = None,
        fill: str | None = None,
        layer: str | Sequence[str] | None = None,
        closes: bool = False,
    ) -> None:
        """Put a crack, notch or scratch into the stack; its faces are the boundary of that name.

        A sharp crack has both its faces in the mesh: nodes are doubled along it, not at its tip or front. In 2D it
        may cross grains, interfaces, pores and other cracks. In 3D it lies in one layer, in a grain or across several,
        or in the `layer=(…)` that are named; what is beyond their faces is left off, so that a crack may begin at
        one. Grains that it goes through are meshed in two halves, joined outside of it. Pores, grooves and inclusions
        may be joined to it and take their part away; other cracks must be clear of it.

        Args:
            name: of the boundary.
            shape: `Slit`, `Notch` (2D), `Penny`, `Sheet` or `Groove` (3D).
            tip_size: mesh size at tips and fronts (m); default: the layer's, or an eighth of the crack.
            fill: layer that a notch is filled with, such as the metal across the interface it is in; it then is no
                boundary.
            layer: that a crack in 3D is in, where it begins at an interface; or all the layers that it goes through.
            closes: its faces press on each other where they meet, see `Elasticity`; else nothing keeps them apart.

        Raises:
            InputError: for a bad name or shape; when meshing, for a crack that is outside, or cannot be meshed.
        """
        self._check_name("crack", name)
        if not isinstance(shape, Crack) or shape.dim != self.dim:
            kinds = "Slit(…) or Notch(…)" if self.dim == 2 else "Penny(…), Sheet(…) or Groove(…)"
            raise InputError(f"the shape of crack '{name}' must be {kinds}, not {shape!r}")
        if tip_size is not None:
            number(tip_size, f"tip_size of crack '{name}' (m)", above=0.0)
        if fill is not None and not isinstance(shape, Notch | Groove):
            raise InputError(f"crack '{name}' has no room to be filled: fill= is for Notch(…) and Groove(…)")
        if closes and isinstance(shape, Notch | Groove):
            raise InputError(
                f"crack '{name}' has no faces that meet: closes=True is for Slit(…), Penny(…) and Sheet(…)"
            )
        if layer is not None and self.dim == 2:
            raise InputError(f"crack '{name}' goes through all layers on its way: layer= is for dim=3")
        self.cracks.append(Flaw(name, shape, tip_size, fill, layer, closes))

    def _check_name(self, kind: str, name: str) -> None:
        """Names of regions are text, unlike each other and those of boundaries."""
        if not isinstance(name, str) or not name.strip() or "|" in name:
            raise InputError(f"{kind} name {name!r} must be text without '|': that joins the names of an interface")
        if name in _FACES:
            raise InputError(f"{kind} name '{name}' is that of a boundary: {', '.join(_FACES)} are taken")
        if any(name == layer.name for layer in self.layers):
            raise InputError(f"there is a layer '{name}' already: names must differ")
        if any(layer.film is not None and name == layer.film.name for layer in self.layers):
            raise InputError(f"the boundaries of a layer are the region '{name}' already: names must differ")
        if any(name == phase.name for layer in self.layers for phase in layer.phases):
            raise InputError(f"there is a phase '{name}' already: names must differ")
        if any(name == coating.name for coating in self.coatings):
            raise InputError(f"there is a coating '{name}' already: names must differ")
        if any(name == body.name for body in self.inclusions):
            raise InputError(f"there is an inclusion '{name}' already: names must differ")
        if any(name == flaw.name for flaw in self.cracks):
            raise InputError(f"there is a crack '{name}' already: names must differ")

    def _check_phases(self, layer: str, phases: Sequence[Phase]) -> None:
        """Phases may be in several composite layers, of the same material then."""
        others = {phase.name: phase for layer in self.layers for phase in layer.phases if phase.name != layer.name}
        for phase in phases:
            if phase.name == layer:
                raise InputError(f"phase '{phase.name}' has the name of its layer: names must differ")
            if phase.name not in others:
                self._check_name("phase", phase.name)
            elif others[phase.name].material != phase.material:
                raise InputError(f"phase '{phase.name}' is of another material in another layer: names must differ")

    @property
    def regions(self) -> dict[str, Phase]:
        """All that becomes a region of the mesh, by name, from the bottom to the top; without inclusions."""
        found: dict[str, Phase] = {}
        for layer in self.order:
            found |= {phase.name: phase for phase in layer.phases if phase.material is not None}
            if isinstance(layer, Layer) and layer.film is not None:
                found[layer.film.name] = layer.film
        return found

    @property
    def _coatings(self) -> list[ThinLayer]:
        """Coatings from the bottom to the top."""
        return [part for part in self.order if isinstance(part, ThinLayer)]

    @property
    def height(self) -> float:
        """Sum of the thicknesses (m)."""
        return sum(layer.thickness for layer in self.order)

    def summary(self, size: float | None = None) -> dict[str, Any]:
        """The microstructure in numbers, without a mesh; on one process, not collective.

        Args:
            size: mesh size (m) it is to be meshed with, for short edges are removed accordingly; default: a
                twentieth of the width.

        Returns:
            "dim", "volume" (m³; in 2D m²), "interfaces" ("a|b" → area without voids) and "layers": for each name
            "grains", "volume", "fraction", "mean_diameter" (m, of the balls or discs of the grains' volumes), "spread"
            (standard deviation over mean), "diameters" (m), "boundary_per_volume" (grain boundary area over
            volume, 1/m), "triple_per_volume" (3D: length of lines where three or more grains meet, over volume,
            1/m²; 2D: number of such points over area), "pores", "porosity", "smallest_feature" (m, the shortest
            edge or the smallest pore's diameter) and "phases": for each region in the layer its "fraction",
            "particles", "grains", and the "mean_diameter" (m) and "spread" of the particles; what a composite
            leaves out of the mesh has the name "". An inclusion is among them where it reaches over a periodic side;
            others, and grain boundaries of a thickness, count as what they are in. Coatings have "thickness", "volume"
            and "fraction" there. Coats on polyhedra or balls that touch, and binder (3D), are put into the finished
            mesh: theirs are estimates, a few per cent off, a tenth or so where a coat runs out or has little room; of
            their interfaces only that of a coat with its polyhedra is there.
        """
        from fem_ssb.microstructure.summary import summary_of

        return summary_of(self._geometry(size), self.layers, self._coatings)

    def plot(self, path: str | Path | None = None, size: float | None = None) -> Any:
        """Picture of the grains and pores (2D), or of the box's faces (3D), without a mesh.

        In 3D pores, voids and inclusions are dots on their surfaces, seen through the faces of the box; the mesh will
        differ from them by less than its cells. Coatings are lines, not to scale.

        Args:
            path: file to write, such as "stack.png"; default: none.
            size: as in `summary`.

        Returns:
            the matplotlib figure.
        """
        from fem_ssb.microstructure.picture import draw

        figure = draw(self._geometry(size), self._coatings)
        if path is not None:
            figure.savefig(path, dpi=150)
        return figure

    def _geometry(self, size: float | None) -> Geometry:
        from fem_ssb.microstructure.assembly import assemble

        if not self.layers:
            raise InputError("the stack has no layers: add one with stack.layer(name, material, thickness=…)")
        return assemble(self, self.width / 20 if size is None else number(size, "mesh size (m)", above=0.0), merge=0.3)

    def estimated_cells(self, size: float) -> float:
        """About how many cells the stack takes at a mesh size (m), before anything is made."""
        from fem_ssb.mesh.estimate import estimated_cells

        return estimated_cells(self, number(size, "mesh size (m)", above=0.0))

    def mesh(self, comm: Any, size: float, max_cells: int = 5_000_000) -> NamedMesh:
        """Mesh the stack and distribute it. Collective.

        Args:
            comm: MPI communicator; Gmsh runs on its rank 0, one thread, so that the mesh is the same on any
                number of ranks.
            size: target edge length (m). Layers thinner than two sizes, and grains smaller than two sizes,
                are meshed finer: about two cells across.
            max_cells: refuse to start when more cells than this are to be expected.

        Returns:
            the mesh with its named parts.

        Raises:
            InputError: on all ranks, for what cannot be meshed.
        """
        from fem_ssb.mesh.build import mesh_stack

        return mesh_stack(self, comm, size, max_cells)


_FACES = ("left", "right", "front", "back", "pores", "voids")
