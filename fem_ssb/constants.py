"""Physical constants in SI units.

The SI fixes k_B, e and N_A exactly (BIPM, SI Brochure, 9th edition, 2019), so F and R are exact too. eps_0 is the
CODATA 2022 recommended value (https://physics.nist.gov/cuu/Constants/).
"""

from __future__ import annotations

__all__ = ["N_A", "F", "R", "e", "eps_0", "k_B", "sigma_SB"]

#: Boltzmann constant, J/K (exact).
k_B: float = 1.380649e-23
#: Elementary charge, C (exact).
e: float = 1.602176634e-19
#: Avogadro constant, 1/mol (exact).
N_A: float = 6.02214076e23
#: Faraday constant N_A e = 96485.33212… C/mol (exact).
F: float = N_A * e
#: Molar gas constant N_A k_B = 8.314462618… J/(mol K) (exact).
R: float = N_A * k_B
#: Vacuum permittivity, F/m (CODATA 2022).
eps_0: float = 8.8541878188e-12
#: Stefan-Boltzmann constant, W/(m² K⁴) (exact up to rounding).
sigma_SB: float = 5.670374419e-8
