"""Laws of one argument, mostly the temperature: a number, Arrhenius, VTF, tables, polynomials, a user's function.

A law is called with a float, a NumPy array or a UFL expression and answers in kind. All arguments are in SI units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..constants import R
from ..errors import InputError, number, unknown
from ._symbolic import absolute, at_least, exp, like, piecewise_linear, tanh, within

#: Temperature at which reference values are given unless said otherwise, K (25 °C).
REFERENCE_TEMPERATURE: float = 298.15

NEAR_VOGEL = 1e-3  # K above a Vogel temperature, where nothing moves any more


class Law:
    """A material property as a function of one argument; subclasses implement `__call__` and `describe`."""

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """The property at `T` (float, array or UFL expression) in SI units."""
        raise NotImplementedError

    def describe(self) -> str:
        """The law and its parameters in one line, for tables and logs."""
        raise NotImplementedError


@dataclass(frozen=True)
class Constant(Law):
    """A value that does not depend on temperature.

    Args:
        value: the property in SI units.

    Raises:
        InputError: a value that is no finite number.
    """

    value: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", number(self.value, "value"))

    def __call__(self, T: Any = None) -> Any:
        """The value, in the form of `T`."""
        return like(self.value, T)

    def describe(self) -> str:
        """The value."""
        return f"{self.value:.4g}"


#: For each `scaled` quantity that follows exp(−E/RT): the powers of T/T_ref and of the exponential in the property.
SCALINGS: dict[str, tuple[int, int]] = {"value": (0, 1), "value*T": (-1, 1), "1/value": (0, -1), "T/value": (1, -1)}


@dataclass(frozen=True)
class Arrhenius(Law):
    """Thermally activated property, given by its value at a reference temperature.

    With a(T) = exp[−(E/R)(1/T − 1/T_ref)] the property P is

    | scaled    | what follows A exp(−E/RT)         | P(T)                      |
    |-----------|-----------------------------------|---------------------------|
    | `value`   | P (exchange current, conductivity)| P_ref a                   |
    | `value*T` | P T (ionic conductivity by hopping)| P_ref (T_ref/T) a        |
    | `1/value` | 1/P (a resistance)                | P_ref / a                 |
    | `T/value` | T/P (a resistance whose conductance follows `value*T`) | P_ref (T/T_ref) / a |

    Args:
        value: P_ref, the property at the reference temperature, SI units, above 0.
        activation_energy: E in J/mol, at least 0.
        reference_temperature: T_ref in K.
        scaled: which quantity follows exp(−E/RT), see the table.

    Raises:
        InputError: values out of range.
    """

    value: float
    activation_energy: float
    reference_temperature: float = REFERENCE_TEMPERATURE
    scaled: str = "value"

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "value", number(self.value, "value", above=0.0))
        set_(self, "activation_energy", number(self.activation_energy, "activation_energy [J/mol]", least=0.0))
        set_(self, "reference_temperature", number(self.reference_temperature, "reference_temperature [K]", above=0.0))
        if self.scaled not in SCALINGS:
            raise unknown("scaling of an Arrhenius law", self.scaled, SCALINGS)

    @classmethod
    def from_prefactor(
        cls,
        prefactor: float,
        activation_energy: float,
        *,
        scaled: str = "value",
        reference_temperature: float = REFERENCE_TEMPERATURE,
    ) -> Arrhenius:
        """The law from A in (scaled quantity) = A exp(−E/RT).

        Args:
            prefactor: A, in SI units of the scaled quantity (S K/m for `value*T` of a conductivity), above 0.
            activation_energy: E in J/mol.
            scaled: which quantity follows A exp(−E/RT).
            reference_temperature: where the law's `value` is then given, K.
        """
        A = number(prefactor, "prefactor", above=0.0)
        E = number(activation_energy, "activation_energy [J/mol]", least=0.0)
        T = number(reference_temperature, "reference_temperature [K]", above=0.0)
        if scaled not in SCALINGS:
            raise unknown("scaling of an Arrhenius law", scaled, SCALINGS)
        power, sign = SCALINGS[scaled]
        return cls(float((A * np.exp(-E / (R * T))) ** sign * T**power), E, T, scaled)

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """The property at `T` in K."""
        T = absolute(T)
        power, sign = SCALINGS[self.scaled]
        activated = exp(-sign * self.activation_energy / R * (1.0 / T - 1.0 / self.reference_temperature))
        return self.value * activated * (T / self.reference_temperature) ** power

    def describe(self) -> str:
        """Value, reference temperature and activation energy."""
        return (
            f"{self.value:.4g} at {self.reference_temperature:.6g} K, "
            f"E = {self.activation_energy / 1e3:.4g} kJ/mol ({self.scaled})"
        )


@dataclass(frozen=True)
class VTF(Law):
    """Vogel-Tammann-Fulcher law of polymers: P = P_ref (T_ref/T)^p exp[−(E/R)(1/(T−T₀) − 1/(T_ref−T₀))].

    Args:
        value: P_ref, the property at the reference temperature, SI units, above 0.
        activation_energy: pseudo-activation energy E in J/mol, at least 0.
        vogel_temperature: T₀ in K, below the reference temperature (about 50 K below the glass transition).
        reference_temperature: T_ref in K.
        power: p; 1/2 in the free-volume form, 0 in the plain form.
        melting_temperature: T_m in K, of a polymer that crystallises; None = one that does not.
        melting_energy: E_m in J/mol. Below T_m only what is still amorphous conducts: P is lower by
            exp[−(E_m/R)(1/T − 1/T_m)], so that the slope has a knee there.

    Raises:
        InputError: values out of range.
    """

    value: float
    activation_energy: float
    vogel_temperature: float
    reference_temperature: float = REFERENCE_TEMPERATURE
    power: float = 0.5
    melting_temperature: float | None = None
    melting_energy: float = 0.0

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "value", number(self.value, "value", above=0.0))
        set_(self, "activation_energy", number(self.activation_energy, "activation_energy [J/mol]", least=0.0))
        set_(self, "vogel_temperature", number(self.vogel_temperature, "vogel_temperature [K]", least=0.0))
        set_(
            self,
            "reference_temperature",
            number(self.reference_temperature, "reference_temperature [K]", above=self.vogel_temperature),
        )
        set_(self, "power", number(self.power, "power"))
        if self.melting_temperature is not None:
            melting = number(self.melting_temperature, "melting_temperature [K]", above=self.vogel_temperature)
            number(self.reference_temperature, "reference_temperature [K], of the melt", least=melting)
            set_(self, "melting_temperature", melting)
        set_(self, "melting_energy", number(self.melting_energy, "melting_energy [J/mol]", least=0.0))

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """The property at `T` in K, which must be above T₀; as UFL it is 0 below."""
        T = absolute(T)
        T0, T_ref = self.vogel_temperature, self.reference_temperature
        if isinstance(T, float | np.ndarray) and np.min(T) <= T0:
            raise InputError(f"a VTF law holds above its Vogel temperature {T0:g} K, not at {np.min(T):g} K")
        above = at_least(T - T0, NEAR_VOGEL)
        activated = exp(-self.activation_energy / R * (1.0 / above - 1.0 / (T_ref - T0)))
        if self.melting_temperature is not None:
            frozen = 1.0 / within(T, 0.0, self.melting_temperature) - 1.0 / self.melting_temperature
            activated = activated * exp(-self.melting_energy / R * frozen)
        return self.value * activated * (T_ref / T) ** self.power

    def describe(self) -> str:
        """Value, pseudo-activation energy, Vogel and melting temperature."""
        melting = "" if self.melting_temperature is None else f", melts at {self.melting_temperature:.4g} K"
        return (
            f"{self.value:.4g} at {self.reference_temperature:.6g} K, "
            f"E = {self.activation_energy / 1e3:.4g} kJ/mol, T0 = {self.vogel_temperature:.4g} K (VTF){melting}"
        )


@dataclass(frozen=True)
class Interpolated(Law):
    """Straight lines between points, constant outside: open-circuit curves, D(x), yield strength(T).

    Args:
        points: (n, 2) pairs (argument, property), n ≥ 2, arguments strictly ascending.
        scale: `linear`, or `log` to interpolate the logarithm of a positive property.

    Raises:
        InputError: fewer than two points, arguments that do not ascend, an unknown scale, with "log" a property not
            above 0.
    """

    points: Sequence[Sequence[float]]
    scale: str = "linear"
    _x: np.ndarray = field(init=False, repr=False, compare=False)
    _y: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        try:
            points = np.asarray(self.points, dtype=float)
        except (TypeError, ValueError):
            points = np.empty(0)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) < 2 or not np.isfinite(points).all():
            raise InputError("points must be at least two finite pairs (argument, property)")
        if not (np.diff(points[:, 0]) > 0.0).all():
            raise InputError("the arguments of a table of points must be strictly ascending")
        if self.scale not in ("linear", "log"):
            raise unknown("scale of a table of points", self.scale, ("linear", "log"))
        if self.scale == "log" and not (points[:, 1] > 0.0).all():
            raise InputError("a table with scale 'log' must have properties above 0")
        object.__setattr__(self, "points", tuple(map(tuple, points.tolist())))
        object.__setattr__(self, "_x", points[:, 0])
        object.__setattr__(self, "_y", np.log(points[:, 1]) if self.scale == "log" else points[:, 1])

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """The property at the argument `T` (a temperature in K, or a lithium fraction)."""
        value = piecewise_linear(T, self._x, self._y)
        return exp(value) if self.scale == "log" else value

    def describe(self) -> str:
        """Number and range of the points."""
        (x0, y0), (x1, y1) = self.points[0], self.points[-1]
        return f"{len(self.points)} points from ({x0:.4g}, {y0:.4g}) to ({x1:.4g}, {y1:.4g}), {self.scale}"


@dataclass(frozen=True)
class Polynomial(Law):
    """P = Σ aₖ xᵏ, with x held in the range in which it was fitted: transport in electrolytes by concentration.

    Args:
        coefficients: a₀, a₁, ….
        low: least x.
        high: largest x.

    Raises:
        InputError: coefficients that are no list of numbers, an empty range.
    """

    coefficients: Sequence[float]
    low: float
    high: float

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        if np.ndim(self.coefficients) != 1 or not len(self.coefficients):
            raise InputError("the coefficients of a polynomial are a list of numbers, the constant first")
        set_(self, "coefficients", tuple(number(a, "coefficient") for a in self.coefficients))
        set_(self, "low", number(self.low, "low"))
        set_(self, "high", number(self.high, "high", above=self.low))

    def __call__(self, x: Any = 0.0) -> Any:
        """The property at `x`."""
        x = within(x, self.low, self.high)
        value: Any = 0.0 * x
        for a in reversed(self.coefficients):
            value = value * x + a
        return value

    def describe(self) -> str:
        """Value at both ends."""
        return f"{self(self.low):.4g} at {self.low:.4g}, {self(self.high):.4g} at {self.high:.4g} (polynomial)"


@dataclass(frozen=True)
class Curve(Law):
    """Fitted curve of a fraction x: P = a + b x + Σ Aₖ tanh(sₖ(x − xₖ)) + Σ Eₖ exp(rₖ(x − xₖ)), x held in 0 … 1.

    The form in which open-circuit potentials are published.

    Args:
        constant: a.
        slope: b.
        tanh: rows (Aₖ, sₖ, xₖ).
        exp: rows (Eₖ, rₖ, xₖ).

    Raises:
        InputError: rows of other than three numbers.
    """

    constant: float
    slope: float = 0.0
    tanh: Sequence[Sequence[float]] = ()
    exp: Sequence[Sequence[float]] = ()

    def __post_init__(self) -> None:
        set_ = object.__setattr__
        set_(self, "constant", number(self.constant, "constant"))
        set_(self, "slope", number(self.slope, "slope"))
        for name in ("tanh", "exp"):
            try:
                rows = np.asarray([[number(v, name) for v in row] for row in getattr(self, name)], dtype=float)
            except (TypeError, ValueError):
                raise InputError(f"the rows of {name} are (factor, steepness, place)") from None
            if rows.size and (rows.ndim != 2 or rows.shape[1] != 3):
                raise InputError(f"the rows of {name} are (factor, steepness, place)")
            set_(self, name, tuple(map(tuple, rows.tolist())))

    def __call__(self, x: Any = 0.5) -> Any:
        """The property at the fraction `x`."""
        x = within(x, 0.0, 1.0)
        value = self.constant + self.slope * x
        for factor, steepness, place in self.tanh:
            value = value + factor * tanh(steepness * (x - place))
        for factor, steepness, place in self.exp:
            value = value + factor * exp(steepness * (x - place))
        return value

    def describe(self) -> str:
        """Value at both ends and in the middle."""
        return f"{self(0.0):.4g}, {self(0.5):.4g}, {self(1.0):.4g} at 0, ½, 1 (curve)"


@dataclass(frozen=True)
class UserLaw(Law):
    """A user's function of one argument, or a UFL coefficient taken as it is.

    Args:
        function: called with a float, an array or a UFL expression; must return the same kind in SI units.

    Raises:
        InputError: what cannot be called.
    """

    function: Callable[[Any], Any]

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise InputError(f"a user law must be callable, not {self.function!r}")

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """The user's function of `T`."""
        return self.function(T)

    def describe(self) -> str:
        """Name of the function."""
        return f"user function {getattr(self.function, '__name__', type(self.function).__name__)}"


@dataclass(frozen=True)
class Anisotropic(Law):
    """A diagonal tensor in the crystal frame: factors times a scalar law (layered conductors such as Na-β″-Al₂O₃).

    Args:
        law: scalar law of the temperature.
        factors: the three factors along the crystal axes, each at least 0 and one above 0.

    Raises:
        InputError: factors out of range, or a law that is not scalar.
    """

    law: Law
    factors: Sequence[float]

    def __post_init__(self) -> None:
        if not isinstance(self.law, Law) or isinstance(self.law, Anisotropic):
            raise InputError("an anisotropic law needs a scalar law")
        if np.shape(self.factors) != (3,):
            raise InputError("an anisotropic law needs three factors, one a crystal axis")
        factors = tuple(number(f, "factor", least=0.0) for f in self.factors)
        if max(factors) == 0.0:
            raise InputError("one factor of an anisotropic law must be above 0")
        object.__setattr__(self, "factors", factors)

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """The 3×3 tensor at `T` in the crystal frame: (3, 3) array, (n, 3, 3) for n temperatures, or a UFL matrix."""
        value = self.law(T)
        if isinstance(value, float | np.ndarray):
            return np.multiply.outer(value, np.diag(self.factors))
        import ufl

        return ufl.as_matrix([[value * f if i == j else 0.0 for j in range(3)] for i, f in enumerate(self.factors)])

    def describe(self) -> str:
        """The scalar law and the factors."""
        return f"{self.law.describe()} × diag{tuple(self.factors)}"


@dataclass(frozen=True)
class Varied(Law):
    """A scalar law times a factor that varies from place to place: layers with a gradient of composition or porosity.

    Args:
        law: of the temperature; it sets the scale where a single number is needed.
        factor: function of the place x (m), a UFL vector; returns a number or a UFL expression above 0.

    Raises:
        InputError: a law that is not scalar, a factor that cannot be called.
    """

    law: Law
    factor: Callable[[Any], Any]

    def __post_init__(self) -> None:
        if not isinstance(self.law, Law) or isinstance(self.law, Anisotropic | Varied):
            raise InputError("a varied law needs a scalar law")
        if not callable(self.factor):
            raise InputError(f"the factor of a varied law must be a function of x, not {self.factor!r}")

    def __call__(self, T: Any = REFERENCE_TEMPERATURE) -> Any:
        """The law at `T`, where the factor is 1."""
        return self.law(T)

    def describe(self) -> str:
        """The law and the name of the factor."""
        return f"{self.law.describe()} × {getattr(self.factor, '__name__', 'factor')}(x)"
