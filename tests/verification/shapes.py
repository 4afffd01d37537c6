"""Electrodes of simple shape, drawn with Gmsh in units of their size; shared by the tests of current focusing.

All are cut by those planes of symmetry that no current crosses.
"""

from __future__ import annotations

import gmsh
import numpy as np

from fem_ssb.mesh.measure import BOX_NAMES


def refine_near(surfaces, fine, coarse, reach, dim, ends=(), rim=(), sharp=None):
    """Cell size `fine` on some curves (dim 2) or surfaces (dim 3), growing to `coarse` at a distance `reach`.

    With `sharp` it is that size on the curves `rim` at most, growing fast away from them, and slowly from the points
    `ends` on them.
    """
    field = gmsh.model.mesh.field

    def distance(kind, tags, sampling):
        made = field.add("Distance")
        field.setNumbers(made, kind, tags)
        field.setNumber(made, "Sampling", sampling)
        return f"F{made}"

    def size(formula):
        made = field.add("MathEval")
        field.setString(made, "F", formula)
        return made

    away = distance("CurvesList" if dim == 2 else "SurfacesList", surfaces, 400 if dim == 2 else 100)
    sizes = [size(f"{fine} + {(coarse - fine) / reach}*{away}")]
    if sharp is not None:
        along = f" + 0.05*{distance('PointsList', ends, 20)}" if ends else ""
        sizes.append(size(f"{sharp} + 0.3*{distance('CurvesList', rim, 1000)}{along}"))
    least = field.add("Min")
    field.setNumbers(least, "FieldsList", sizes)
    field.setAsBackgroundMesh(least)
    gmsh.option.setNumber("Mesh.MeshSizeFromPoints", 0)
    gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)


def faces_where(dim, holds):
    """Curves (dim 2) or surfaces (dim 3) of the drawing with `holds(x)` at points x, shape (3, n), on them."""
    found = []
    for d, tag in gmsh.model.getEntities(dim - 1):
        low, high = gmsh.model.getParametrizationBounds(d, tag)
        share = np.array([[0.31], [0.62]]) if d == 1 else np.array([[0.3, 0.4], [0.7, 0.6], [0.4, 0.8]])
        x = gmsh.model.getValue(d, tag, (low + share * (high - low)).reshape(-1))
        if np.all(holds(np.reshape(x, (-1, 3)).T)):
            found.append(tag)
    return found


def flat(axis, value=0.0):
    """Test of `faces_where`: the face lies in a coordinate plane."""
    return lambda x: np.abs(x[axis] - value) < 1e-6


def ellipsoid(*axes):
    """Test of `faces_where`: the face lies on the ellipsoid (ellipse) of these semi-axes around the origin."""
    return lambda x: np.abs(sum((x[k] / a) ** 2 for k, a in enumerate(axes)) - 1) < 1e-6


def corner_ball(dim, radius, side, fine, names):
    """A disc or ball at the corner of a square or cube; `names` of the ball and of what is around it.

    What is left of the whole one by its planes of symmetry; the faces have the names of a box.
    """

    def draw():
        occ = gmsh.model.occ
        box = occ.addRectangle(0, 0, 0, side, side) if dim == 2 else occ.addBox(0, 0, 0, side, side, side)
        ball = occ.addDisk(0, 0, 0, radius, radius) if dim == 2 else occ.addSphere(0, 0, 0, radius)
        inside, _ = occ.intersect([(dim, box)], [(dim, ball)], removeObject=False)
        parts, _ = occ.fragment([(dim, box)], inside)
        occ.synchronize()
        core = [tag for d, tag in parts if gmsh.model.getBoundingBox(d, tag)[3] < 0.99 * side]
        gmsh.model.addPhysicalGroup(dim, core, name=names[0])
        gmsh.model.addPhysicalGroup(dim, [tag for _, tag in parts if tag not in core], name=names[1])
        for axis, ends in enumerate(BOX_NAMES[dim]):
            for name, place in zip(ends, (0.0, side), strict=True):
                gmsh.model.addPhysicalGroup(dim - 1, faces_where(dim, flat(axis, place)), name=name)
        gmsh.model.mesh.field.add("MathEval", 1)
        away = "+".join(f"{x}^2" for x in "xyz"[:dim])
        gmsh.model.mesh.field.setString(1, "F", f"{fine} + 0.3*Abs(Sqrt({away})-{radius})")
        gmsh.model.mesh.field.setAsBackgroundMesh(1)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.model.mesh.generate(dim)

    return draw


def tip(dim, height, radius, outer, fine, coarse):
    """Electrolyte over a plane electrode with a half-ellipse or half-spheroid of semi-axes (radius, height) on it.

    Half of the outer disc (dim 2, x > 0) or a quarter of the outer half-ball; the stacking axis is the last one.
    Boundaries "tip", "plane", "outer".
    """

    def draw():
        occ = gmsh.model.occ
        axes = (radius,) * (dim - 1) + (height,)
        if dim == 2:
            ball, inner = occ.addDisk(0, 0, 0, outer, outer), occ.addDisk(0, 0, 0, 1, 1)
            box = occ.addRectangle(0, 0, 0, 2 * outer, 2 * outer)
        else:
            ball, inner = occ.addSphere(0, 0, 0, outer), occ.addSphere(0, 0, 0, 1)
            box = occ.addBox(0, 0, 0, 2 * outer, 2 * outer, 2 * outer)
        _stretch(dim, inner, axes)
        body, _ = occ.cut([(dim, ball)], [(dim, inner)])
        body, _ = occ.intersect(body, [(dim, box)])
        occ.synchronize()
        on_tip = faces_where(dim, ellipsoid(*axes))
        gmsh.model.addPhysicalGroup(dim, [body[0][1]], name="separator")
        gmsh.model.addPhysicalGroup(dim - 1, on_tip, name="tip")
        gmsh.model.addPhysicalGroup(dim - 1, faces_where(dim, flat(dim - 1)), name="plane")
        gmsh.model.addPhysicalGroup(dim - 1, faces_where(dim, ellipsoid(*(outer,) * dim)), name="outer")
        refine_near(on_tip, fine, coarse, outer, dim)
        gmsh.model.mesh.generate(dim)

    return draw


def ridge(radius, height, width, length, fine, coarse):
    """Half of a cell with a half-elliptic ridge of metal on its lower electrode, of semi-axes (radius, height).

    Regions "anode", "separator", "counter", the metals 0.2 thick; boundaries "bottom", "top". The cells grow away from
    the lower electrode.
    """

    def draw():
        occ = gmsh.model.occ
        foil = 0.2
        layers = [(-foil, foil), (0, length), (length, foil)]
        bodies = [(2, occ.addRectangle(0, y, 0, width, thickness)) for y, thickness in layers]
        body = occ.addDisk(0, 0, 0, 1, 1)
        occ.dilate([(2, body)], 0, 0, 0, radius, height, 1)
        tip, _ = occ.intersect([(2, body)], [bodies[1]], removeTool=False)
        occ.fragment(bodies, tip)
        occ.synchronize()
        found = [tag for _, tag in gmsh.model.getEntities(2)]
        electrolyte = max(found, key=lambda tag: occ.getMass(2, tag))
        counter = max(found, key=lambda tag: occ.getCenterOfMass(2, tag)[1])
        gmsh.model.addPhysicalGroup(2, [t for t in found if t not in (electrolyte, counter)], name="anode")
        gmsh.model.addPhysicalGroup(2, [electrolyte], name="separator")
        gmsh.model.addPhysicalGroup(2, [counter], name="counter")
        gmsh.model.addPhysicalGroup(1, faces_where(2, flat(1, -foil)), name="bottom")
        gmsh.model.addPhysicalGroup(1, faces_where(2, flat(1, length + foil)), name="top")
        gmsh.model.mesh.field.add("MathEval", 1)
        away = f"Min(Max(Sqrt(x*x + y*y) - {max(radius, height)}, 0), Abs(y))"
        gmsh.model.mesh.field.setString(1, "F", f"Min({fine} + 0.25*{away}, {coarse})")
        gmsh.model.mesh.field.setAsBackgroundMesh(1)
        gmsh.option.setNumber("Mesh.MeshSizeFromPoints", 0)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.model.mesh.generate(2)

    return draw


def island(dim, axes, outer, fine, coarse, sharp=None):
    """An ellipse or ellipsoid of metal of the given semi-axes within electrolyte; half (x > 0) or quarter (x, y > 0).

    The lower half of the outer disc or ball is smaller, so that a boundary "equator" lies in the plane z = 0 (y = 0 in
    2D), where the potential of a dipole along the last axis is zero. `sharp` is the cell size on the rim of a thin
    island; where the rim meets the last axis, if it does. Regions "island", "separator"; boundaries "outer", "equator".
    """

    def draw():
        occ = gmsh.model.occ
        inner = 0.85 * outer
        if dim == 2:
            parts = [
                _common(2, occ.addDisk(0, 0, 0, r, r), occ.addRectangle(0, low, 0, outer, outer))
                for r, low in ((outer, 0), (inner, -outer))
            ]
            body = occ.addDisk(0, 0, 0, 1, 1)
            side = occ.addRectangle(0, -outer, 0, outer, 2 * outer)
        else:
            parts = [
                _common(3, occ.addSphere(0, 0, 0, r), occ.addBox(0, 0, low, outer, outer, outer))
                for r, low in ((outer, 0), (inner, -outer))
            ]
            body = occ.addSphere(0, 0, 0, 1)
            occ.rotate([(3, body)], 0, 0, 0, 0, 1, 0, np.pi / 2)  # the mesh is worst at the poles of the sphere's map
            side = occ.addBox(0, 0, -outer, outer, outer, 2 * outer)
        _stretch(dim, body, axes)
        body = _common(dim, body, side)
        _, pieces = occ.fragment([(dim, p) for p in parts], [(dim, body)])
        occ.synchronize()
        inside = {tag for _, tag in pieces[2]}
        around = {tag for piece in pieces[:2] for _, tag in piece} - inside
        gmsh.model.addPhysicalGroup(dim, sorted(inside), name="island")
        gmsh.model.addPhysicalGroup(dim, sorted(around), name="separator")
        surface = faces_where(dim, ellipsoid(*axes))
        wide = [f for f in faces_where(dim, flat(dim - 1)) if gmsh.model.getBoundingBox(dim - 1, f)[3] > 0.95 * outer]
        far = [faces_where(dim, ellipsoid(*(r,) * dim)) for r in (outer, inner)]
        gmsh.model.addPhysicalGroup(dim - 1, wide, name="equator")
        gmsh.model.addPhysicalGroup(dim - 1, far[0] + far[1], name="outer")
        if sharp is None:
            refine_near(surface, fine, coarse, outer, dim)
        else:
            thin = int(np.argmin(axes))
            on, level = ellipsoid(*axes), flat(thin)
            rim = faces_where(2, lambda x: on(x) & level(x))
            points = [(tag, gmsh.model.getValue(0, tag, [])) for _, tag in gmsh.model.getEntities(0)]
            ends = [tag for tag, x in points if abs(abs(x[dim - 1]) - axes[-1]) < 1e-6 and thin != dim - 1]
            refine_near(surface, fine, coarse, outer, dim, ends, rim, sharp)
            gmsh.option.setNumber("Mesh.Algorithm3D", 1)  # HXT fails on the thin rim
        gmsh.model.mesh.generate(dim)

    return draw


def _common(dim, first, second):
    """Intersection of two bodies of the drawing."""
    return gmsh.model.occ.intersect([(dim, first)], [(dim, second)])[0][0][1]


def _stretch(dim, body, axes):
    """Make a unit disc or ball an ellipse or ellipsoid; splines, which are cut slowly, only where it is one."""
    if any(a != 1.0 for a in axes):
        gmsh.model.occ.dilate([(dim, body)], 0, 0, 0, *axes, *(1,) * (3 - dim))


def contact(dim, radius, size, fine, coarse, thickness=0.0):
    """Electrolyte on an electrode that it touches on part of its lower face only; the rest is a gap.

    2D: half of a cell of half-width 1 and height `size`, touched for x < `radius`; boundaries "contact" and "top". 3D:
    a quarter of a disc of radius 1 under the oblate spheroid whose foci are its rim and whose height is `size`;
    boundaries "contact" and "outer". With a `thickness` the electrode "anode" is drawn below the contact, with the
    boundary "bottom".
    """

    def draw():
        occ = gmsh.model.occ
        if dim == 2:
            body = occ.addRectangle(0, 0, 0, 1, size)
            edge = occ.addPoint(radius, 0, 0)
            tool = [(2, occ.addRectangle(0, -thickness, 0, radius, thickness))] if thickness else [(0, edge)]
            occ.fragment([(2, body)], tool)
            far, top = "top", flat(1, size)
        else:
            body = occ.addSphere(0, 0, 0, 1)
            wide = np.sqrt(1 + size**2)
            occ.dilate([(3, body)], 0, 0, 0, wide, wide, size)
            body = _common(3, body, occ.addBox(0, 0, 0, 2 * wide, 2 * wide, 2 * size))
            if thickness:
                metal = occ.addCylinder(0, 0, -thickness, 0, 0, thickness, 1)
                tool = [(3, _common(3, metal, occ.addBox(0, 0, -thickness, 2, 2, thickness)))]
            else:
                tool = [(2, _common(2, occ.addDisk(0, 0, 0, 1, 1), occ.addRectangle(0, 0, 0, 2, 2)))]
            occ.fragment([(3, body)], tool)
            far, top = "outer", ellipsoid(wide, wide, size)
        occ.synchronize()
        bodies = [tag for _, tag in gmsh.model.getEntities(dim)]
        upper = max(bodies, key=lambda tag: occ.getCenterOfMass(dim, tag)[dim - 1])
        lower = faces_where(dim, flat(dim - 1))
        touching = [tag for tag in lower if gmsh.model.getBoundingBox(dim - 1, tag)[3] < radius * 1.001]
        gmsh.model.addPhysicalGroup(dim, [upper], name="separator")
        gmsh.model.addPhysicalGroup(dim - 1, faces_where(dim, top), name=far)
        if thickness:
            gmsh.model.addPhysicalGroup(dim, [b for b in bodies if b != upper], name="anode")
            gmsh.model.addPhysicalGroup(dim - 1, faces_where(dim, flat(dim - 1, -thickness)), name="bottom")
        else:
            gmsh.model.addPhysicalGroup(dim - 1, touching, name="contact")
        rim = gmsh.model.mesh.field.add("Distance")
        if dim == 2:
            points = [(tag, gmsh.model.getValue(0, tag, [])) for _, tag in gmsh.model.getEntities(0)]
            ends = [tag for tag, x in points if abs(x[0] - radius) < 1e-6 and abs(x[1]) < 1e-6]
            gmsh.model.mesh.field.setNumbers(rim, "PointsList", ends)
        else:
            on = ellipsoid(1, 1, 1)
            gmsh.model.mesh.field.setNumbers(rim, "CurvesList", faces_where(2, lambda x: on(x) & flat(2)(x)))
            gmsh.model.mesh.field.setNumber(rim, "Sampling", 400)
        grown = gmsh.model.mesh.field.add("MathEval")
        gmsh.model.mesh.field.setString(grown, "F", f"Min({fine} + 0.2*F{rim}, {coarse})")
        gmsh.model.mesh.field.setAsBackgroundMesh(grown)
        gmsh.option.setNumber("Mesh.MeshSizeFromPoints", 0)
        gmsh.option.setNumber("Mesh.MeshSizeExtendFromBoundary", 0)
        gmsh.model.mesh.generate(dim)

    return draw
