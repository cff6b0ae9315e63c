"""Arithmetic that gives the same bits on every engine, whatever the order of rows."""

import math

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt

FIXED_POINT_BITS = 62
LOG2_E = 1.4426950408889634
LN_2 = 0.6931471805599453
LOG_TERMS = tuple(1.0 / (2 * power + 1) for power in range(10))  # of artanh; the next is below the last bit
LARGEST_NUMBER = 1e90  # its cube, summed over all customers, is still a number


def fixed_point_scale(largest: float, count: int) -> float:
    """A power of two that turns numbers up to ``largest`` into integers whose sum over ``count`` rows fits 62 bits.

    Integer sums do not depend on the order of rows, on threads or on the engine; float sums do.

    >>> fixed_point_scale(1.0, 4) == 2.0**59
    True
    >>> fixed_point_scale(0.0, 0) == 2.0**62
    True
    """
    if largest <= 0:
        return 2.0**FIXED_POINT_BITS
    _, exponent = math.frexp(largest * max(count, 1))
    return math.ldexp(1.0, min(FIXED_POINT_BITS - exponent, 900))


def exact_sum(value: ir.NumericValue, scale: float, where: ir.BooleanValue | None = None) -> ir.IntegerScalar:
    """Sum in fixed point: divide the result by ``scale`` outside the engine."""
    # Engines round halves in different ways; all agree on the floor.
    return (value * scale + 0.5).floor().cast("int64").sum(where=where)


def logarithm(value: ir.FloatingValue) -> ir.FloatingValue:
    """The natural logarithm of a positive number, to 3 units in the last place.

    The logarithms of a C library and of Java differ in the last bit of some numbers, which centres on two engines would
    show. Here they only find the power of two that is nearest; the rest is sums, products and quotients, which IEEE
    754 fixes to the last bit.
    """
    power = (value.ln() * LOG2_E + 0.5).floor().cast("float64")
    around_one = value * ibis.literal(2.0).pow(-power)
    z = 1.0 - 2.0 / (around_one + 1.0)
    square = z * z
    series: ir.FloatingValue = ibis.literal(LOG_TERMS[-1])
    for term in LOG_TERMS[-2::-1]:
        series = series * square + term
    return power * LN_2 + (z * 2.0) * series


def logarithm_numpy(value: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same logarithm, to the last bit, of an array.

    >>> np.abs(logarithm_numpy(np.array([1.0, 2.5, 1e90])) - np.log([1.0, 2.5, 1e90])).max() < 1e-13
    np.True_
    """
    power = np.floor(np.log(value) * LOG2_E + 0.5)
    z = 1.0 - 2.0 / (np.ldexp(value, -power.astype(np.int64)) + 1.0)
    square = z * z
    series = np.full_like(square, LOG_TERMS[-1])
    for term in LOG_TERMS[-2::-1]:
        series = series * square + term
    return np.asarray(power * LN_2 + (z * 2.0) * series)
