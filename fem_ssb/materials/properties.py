"""The properties that a material or a pair of materials may have: SI unit, bounds and meaning of each."""

from __future__ import annotations

from dataclasses import dataclass

#: What a material is.
KINDS: tuple[str, ...] = ("metal", "electrolyte", "interlayer", "cathode")


@dataclass(frozen=True)
class Property:
    """What is known of a property before any material has it.

    Attributes:
        unit: SI unit of its values.
        meaning: one line for tables. "(data)": no physics reads it; it is there for the user's own scripts.
        form: `scalar` (a law of one argument), `stiffness`, `creep` or `relaxation`.
        argument: what a scalar law is called with: `temperature` in K, `fraction` (lithium or sodium content), or
            `concentration` of a salt in mol/m³.
        positive: whether 0 is excluded.
        signed: whether negative values are allowed.
        tensor: whether it may differ along the crystal axes.
    """

    unit: str
    meaning: str
    form: str = "scalar"
    argument: str = "temperature"
    positive: bool = True
    signed: bool = False
    tensor: bool = False


#: Properties of one material.
MATERIAL_PROPERTIES: dict[str, Property] = {
    "ionic_conductivity": Property("S/m", "ionic conductivity of the grain or layer", positive=False, tensor=True),
    "electronic_conductivity": Property("S/m", "electronic conductivity", positive=False, tensor=True),
    "transference_number": Property("1", "transference number of the working ion"),
    "permittivity": Property("1", "relative permittivity"),
    "salt_diffusivity": Property("m2/s", "salt diffusivity of a binary electrolyte"),
    "thermodynamic_factor": Property("1", "1 + d ln f/d ln c of the salt", argument="concentration"),
    "reference_concentration": Property("mol/m3", "salt concentration at which its transport is given"),
    "conductivity_curve": Property("S/m", "ionic conductivity by concentration, its shape", argument="concentration"),
    "salt_diffusivity_curve": Property(
        "m2/s", "salt diffusivity by concentration, its shape", argument="concentration"
    ),
    "transference_curve": Property(
        "1", "transference number by concentration, its shape", argument="concentration", signed=True
    ),
    "reduction_potential": Property("V", "lower edge of the stability window against the metal (data)", signed=True),
    "oxidation_potential": Property("V", "upper edge of the stability window against the metal (data)", signed=True),
    "ion_molar_volume": Property("m3/mol", "partial molar volume of the working ion", signed=True),
    "gb_resistance": Property("ohm m2", "area-specific resistance of one grain boundary", positive=False),
    "gb_electronic_resistance": Property(
        "ohm m2", "area-specific resistance of one grain boundary to electrons", positive=False
    ),
    "gb_electronic_conductivity": Property("S/m", "electronic conductivity of the grain boundary", positive=False),
    "gb_toughness": Property("J/m2", "fracture energy of the grain boundary"),
    "gb_strength": Property("Pa", "tensile strength of the grain boundary"),
    "stiffness": Property("Pa", "elastic stiffness in the crystal frame", form="stiffness"),
    "toughness": Property("J/m2", "fracture energy of the grain"),
    "fracture_toughness": Property("Pa m0.5", "critical stress intensity, mode I (data)"),
    "strength": Property("Pa", "tensile or bending strength"),
    "hardness": Property("Pa", "indentation hardness (data)"),
    "yield_strength": Property("Pa", "uniaxial yield strength"),
    "creep": Property("1/s", "steady power-law creep, rate at the reference stress", form="creep"),
    "relaxation": Property("s", "shear relaxation, shares and times of a Prony series", form="relaxation"),
    "density": Property("kg/m3", "mass density"),
    "thermal_expansion": Property("1/K", "linear thermal expansion", signed=True, positive=False),
    "thermal_conductivity": Property("W/(m K)", "thermal conductivity", tensor=True),
    "specific_heat": Property("J/(kg K)", "specific heat at constant pressure"),
    "melting_point": Property("K", "melting point (data)"),
    "molar_volume": Property("m3/mol", "volume of one mole of metal atoms"),
    "surface_energy": Property("J/m2", "surface energy of the solid"),
    "self_diffusivity": Property("m2/s", "tracer self-diffusivity of the metal (data)"),
    "vacancy_diffusivity": Property("m2/s", "diffusivity of lone vacancies in the metal"),
    "diffusivity": Property("m2/s", "diffusivity of the working metal in the host", argument="fraction"),
    "open_circuit_potential": Property("V", "potential against the metal", argument="fraction", signed=True),
    "volume_change": Property(
        "1", "relative change of volume against the empty host", argument="fraction", signed=True, positive=False
    ),
    "capacity": Property("C/kg", "specific capacity (data)"),
    "maximum_concentration": Property("mol/m3", "concentration of the working metal in the full host"),
}

#: Properties of a pair of materials in contact.
PAIR_PROPERTIES: dict[str, Property] = {
    "exchange_current": Property("A/m2", "exchange current density", positive=False),
    "transfer_coefficient": Property("1", "anodic transfer coefficient; the cathodic one is 1 minus it"),
    "film_resistance": Property("ohm m2", "area-specific resistance of the interphase or contact", positive=False),
    "electronic_resistance": Property("ohm m2", "area-specific resistance of the contact to electrons", positive=False),
    "interphase_type": Property("1", "1 stable, 2 mixed-conducting and growing, 3 passivating (data)"),
    "interphase_growth": Property("m2/s", "parabolic growth constant k in L² = 2kt (data)", positive=False),
    "critical_overpotential": Property("V", "critical interphase overpotential of nucleation (data)"),
    "adhesion_energy": Property("J/m2", "work of adhesion"),
    "entropy_coefficient": Property("V/K", "dU/dT of the electrode reaction", signed=True, positive=False),
    "thermal_conductance": Property("W/(m2 K)", "thermal contact conductance (data)"),
    "double_layer_capacitance": Property("F/m2", "double-layer capacitance"),
}
