r"""Pressure, ion volume and curvature in the law of the electrode, against closed forms.

Stress. In a stack on rollers under p on top, whose electrolyte bears a body force, the normal stress is −p_t at the top
and −p_b at the bottom. Elastic and confined sideways, ε_x = ε_z = 0, each layer has σ_x = σ_z = ν/(1 − ν) σ_y and so
the pressure p = p_n (1 + ν)/(3(1 − ν)). Without current η = 0 at both electrodes:

    normal, electrochemical         V = −Ω Δp_n/F
    hydrostatic, electrochemical    V = −Ω a_m Δp_n/F,                  a = (1 + ν)/(3(1 − ν))
    electrostatic                   V = −(Ω Δp_m − V₊ a_e Δp_n)/F,      Δ: bottom less top

Curvature. A nucleus of radius r is at equilibrium where its overpotential makes up for its surface: η_d = Ωγκ/F with
κ = 1/r (cylinder), 2/r (sphere), so r* = γΩ/(F η_d) and 2γΩ/(F η_d): smaller ones dissolve, larger ones grow. The
facets of a regular polygon have the κ of its circle, 2 sin(α/2)/l with the side l = 2r sin(α/2); on the ellipse x = a
cos t, y = b sin t with κ = ab/(a² sin² t + b² cos² t)^(3/2) it converges with the square of the cell size.
"""

import numpy as np
import pytest
from cells import layered, rates, total, voltage
from mpi4py import MPI
from shapes import faces_where, flat, island
from test_stress_shift import BodyForce

import fem_ssb as ssb
from fem_ssb.constants import F
from fem_ssb.materials import IsotropicStiffness
from fem_ssb.physics.driving import Shift
from fem_ssb.problem.state import State
from fem_ssb.spaces import interface_curvature
from fem_ssb.units import GPa, mV, nm, um

LENGTH, PRESSURE, DIFFERENCE = 20 * um, 0.5 * GPa, 0.1 * GPa
OMEGA, V_ION, NU_METAL, NU = 13.0e-6, 5e-6, 0.38, 0.25
GAMMA, EXCHANGE = 0.52, 100.0


def sideways(nu):
    """Hydrostatic over normal pressure of a confined elastic layer."""
    return (1 + nu) / (3 * (1 - nu))


@pytest.mark.system("D1")
@pytest.mark.parallel
@pytest.mark.parametrize(
    "options, volume",
    [
        ({}, OMEGA),
        ({"metal_pressure": "hydrostatic"}, OMEGA * sideways(NU_METAL)),
        ({"potential": "electrostatic", "ion_volume": V_ION}, OMEGA - V_ION * sideways(NU)),
        (
            {"potential": "electrostatic", "ion_volume": V_ION, "metal_pressure": "hydrostatic"},
            OMEGA * sideways(NU_METAL) - V_ION * sideways(NU),
        ),
        ({"pressure_shift": False}, 0.0),
    ],
    ids=["normal", "hydrostatic", "ion", "both", "none"],
)
def test_open_circuit_voltage_of_each_form(verify, comm, options, volume):
    data = {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5}
    metal = ssb.Material("Li", molar_volume=OMEGA, stiffness=IsotropicStiffness(7.8 * GPa, NU_METAL))
    ceramic = ssb.Material("LLZO", ionic_conductivity=0.05, stiffness=IsotropicStiffness(150 * GPa, NU))
    layers = {"anode": (metal, 5 * um, 2), "separator": (ceramic, LENGTH, 3), "counter": (metal, 5 * um, 2)}
    mesh = layered(comm, 10 * um, layers, interface_data={"anode|separator": data, "separator|counter": data})
    force = BodyForce("separator", DIFFERENCE / LENGTH)
    physics = [ssb.Conduction(), ssb.ButlerVolmer(**options), ssb.Elasticity(creep=False), force]
    model = ssb.Model(mesh, physics).ground("top")
    model.apply(ssb.Current(0.0, into="bottom"), ssb.StackPressure(PRESSURE))
    model.solve()
    exact = volume * DIFFERENCE / F
    verify(voltage(model), exact, atol=1e-8, what=f"open-circuit voltage, {options or 'as is'} [V]", source="ΔG = 0")


def nucleus(dim, h, height=1.0):
    """Half of a half-disc or a quarter of a half-ball of metal of radius 1 on the lower face of an electrolyte."""
    import gmsh

    def draw():
        occ = gmsh.model.occ
        if dim == 2:
            body, ball = occ.addRectangle(0, 0, 0, 3, 3), occ.addDisk(0, 0, 0, 1, 1)
        else:
            body, ball = occ.addBox(0, 0, 0, 3, 3, 3), occ.addSphere(0, 0, 0, 1)
        if height != 1.0:
            occ.dilate([(2, ball)], 0, 0, 0, 1, height, 1)
        inside, _ = occ.intersect([(dim, ball)], [(dim, body)], removeTool=False)
        occ.fragment([(dim, body)], inside)
        occ.synchronize()
        metal, around = sorted((t for _, t in gmsh.model.getEntities(dim)), key=lambda t: occ.getMass(dim, t))
        gmsh.model.addPhysicalGroup(dim, [metal], name="nucleus")
        gmsh.model.addPhysicalGroup(dim, [around], name="separator")
        low = faces_where(dim, flat(dim - 1))
        under = min(low, key=lambda t: occ.getMass(dim - 1, t))
        gmsh.model.addPhysicalGroup(dim - 1, [under], name="collector")
        gmsh.model.addPhysicalGroup(dim - 1, faces_where(dim, flat(dim - 1, 3.0)), name="top")
        gmsh.option.setNumber("Mesh.MeshSizeMax", h)
        gmsh.model.mesh.generate(dim)

    return draw


def growth(comm, dim, radius, eta, kappa, h=0.2):
    """Total reaction current [A, in 2D A/m] of a nucleus at the deposition overpotential η_d; negative: it grows."""
    metal = ssb.Material("Li", molar_volume=OMEGA, surface_energy=GAMMA)
    mesh = ssb.from_gmsh(
        comm, nucleus(dim, h), scale=radius, materials={"nucleus": metal, "separator": "LLZO"},
        interface_data={"nucleus|separator": {"exchange_current": EXCHANGE, "transfer_coefficient": 0.5}},
    )  # fmt: skip
    model = ssb.Model(mesh, [ssb.Conduction(), ssb.ButlerVolmer(curvature=kappa)])
    model.apply(ssb.Voltage(-eta, at="collector"), ssb.Fixed("ionic_potential", "top", 0.0)).solve()
    name = "nucleus|separator"
    return total(comm, model.state.quantity("reaction_current", name) * model.state.dS(name)), model


@pytest.mark.system("A18")
@pytest.mark.parametrize("dim", [2, 3])
@pytest.mark.parametrize("eta", [pytest.param(1 * mV, marks=pytest.mark.slow), 20 * mV])
def test_critical_radius(verify, comm, dim, eta):
    """Radius at which a nucleus neither grows nor dissolves, between those 1 % smaller and larger."""
    exact = (dim - 1) * GAMMA * OMEGA / (F * eta)
    radii = exact * np.array([0.99, 1.01])
    currents = [growth(comm, dim, r, eta, (dim - 1) / r, 0.5)[0] for r in radii]
    assert currents[0] > 0 > currents[1], "the smaller one dissolves, the larger one grows"
    found = np.interp(0.0, currents[::-1], radii[::-1])
    shape = "cylinder" if dim == 2 else "sphere"
    what = f"critical radius of a {shape} at {eta / mV:g} mV [m]"
    verify(found, exact, rtol=2e-4, what=what, source=f"{dim - 1}γΩ/(Fη)")


@pytest.mark.system("A18")
def test_curvature_of_facets(verify, comm):
    b, errors = 1.5, []
    for h in (0.2, 0.1, 0.05):
        kappa, x = of_facets(comm, nucleus(2, h, b))
        exact = b / ((x[:, 1] / b) ** 2 + (b * x[:, 0]) ** 2) ** 1.5
        errors.append(comm.allreduce(float(abs(kappa / exact - 1).max(initial=0.0)), op=MPI.MAX))
    what = "curvature of an ellipse 1:1.5, 20 cells a half-axis: largest relative error"
    verify.below(errors[-1], 0.01, what=what, source="ab/(a² sin² t + b² cos² t)^(3/2)")
    for rate in rates(errors):
        verify(rate, 2.0, atol=0.3, what="order of convergence of the curvature of an ellipse", source="theory")
    exact = 10 * nm
    eta = GAMMA * OMEGA / (F * exact)
    currents = [growth(comm, 2, r, eta, "mesh", 0.1)[0] for r in exact * np.array([0.99, 1.01])]
    found = np.interp(0.0, currents[::-1], exact * np.array([1.01, 0.99]))
    verify(found, exact, rtol=1e-3, what="critical radius of a cylinder, curvature from facets [m]", source="γΩ/(Fη)")
    kappa, _ = of_facets(comm, island(3, (1, 1, 1), 3.0, 0.25, 1.5), "island")
    mean = comm.allreduce(kappa.sum()) / comm.allreduce(len(kappa))
    verify(mean, 2.0, rtol=0.02, what="curvature of facets of a sphere times its radius, mean of nodes", source="2/r")


@pytest.mark.system("A18")
@pytest.mark.parallel
def test_curvature_of_a_body_of_revolution(verify, comm):
    """A half-disc is half a cylinder, and turned about its edge half a ball; one law serves the models of both."""
    shift, name, errors = Shift(curvature="mesh"), "nucleus|separator", []
    metal = ssb.Material("Li", molar_volume=OMEGA, surface_energy=GAMMA)
    for h, turned in ((0.2, False), (0.2, True), (0.1, True)):
        mesh = ssb.from_gmsh(comm, nucleus(2, h), scale=nm, materials={"nucleus": metal, "separator": "LLZO"})
        state = State(mesh)
        if turned:
            state.revolve()
        found = total(comm, shift.voltage(state, name) * state.dS(name)) / state.area(name) / (GAMMA * OMEGA / (F * nm))
        what = f"mean curvature of a {'ball' if turned else 'cylinder'} times its radius, facets of {h:g} radii"
        verify(found, 2.0 if turned else 1.0, rtol=0.01 * (h / 0.2) ** 2, what=what, source="1/r, 2/r")
        errors += [abs(found - 2)] if turned else []
    verify(*rates(errors), 2.0, atol=0.3, what="order of convergence of the curvature of a ball", source="theory")


def of_facets(comm, shape, metal="nucleus"):
    """Nodal curvatures of a nucleus of unit size and their places, owned."""
    mesh = ssb.from_gmsh(comm, shape, scale=nm, materials={metal: "Li", "separator": "LLZO"})
    where = mesh.interface(f"{metal}|separator")
    kappa = interface_curvature(mesh.domain, where.facets, where.entities)
    size = kappa.function_space.dofmap.index_map.size_local
    on = np.flatnonzero(kappa.x.array[:size])
    return kappa.x.array[on] * nm, kappa.function_space.tabulate_dof_coordinates()[on] / nm
