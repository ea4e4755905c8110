"""How a cost grows with the size of the input: an empirical class, or an honest "undecided".

Each class f is fitted as cost = a + b·f(size) with a, b ≥ 0 by least squares on relative errors.
The errors are known: what repeating showed, and at least `SYSTEMATIC`, since caches, allocation
and resizing bend any curve. So a fit can be wrong in itself (chi-square per degree of freedom),
and two fits are told apart only by far (difference of Akaike's criterion). Small inputs run in a
regime of their own; where nothing fits they are left out one by one, down to the upper half. A
class stands only if the largest sizes alone, looked at more sharply, do not speak against it.

Source: Akaike, "A new look at the statistical model identification", IEEE Transactions on
Automatic Control 19 (1974); Burnham and Anderson, "Model Selection and Multimodel Inference",
2002, section 2.6: a difference above 10 leaves essentially no support. McGeoch et al., "Using
finite experiments to study asymptotic performance", 2002, on why curves alone mislead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

GrowthClass = Literal["1", "log n", "n", "n log n", "n^2", "n^3", "2^n"]

SYSTEMATIC = 0.05
"""Relative error that every cost has at least, beside what repeating shows."""

LEAST_POINTS = 4
ACCEPTABLE = 4.0  # chi-square per degree of freedom: residuals of twice the error
APART = 10.0  # difference of Akaike's criterion
QUIET = 0.5  # chi-square per degree of freedom, below which a constant needs no other class
FLAT_AT_MOST = 0.5  # relative growth that noise may explain
FLAT = 0.1  # relative growth over the whole range, below which a cost is constant
BENT = 0.1  # relative difference of the exponents of costs and fit, among the largest sizes
_NEAR_TWO = 0.1  # of a base: as good as 2
_SINGULAR = 1e-12  # the shape is constant over these sizes
_LEAST_RATIO = 3.0  # of the largest to the smallest size, below which only 2^n can show


@dataclass(frozen=True)
class Growth:
    """What costs over sizes showed.

    Attributes:
        decided: The class; None: undecided.
        candidates: Classes that the costs allow, best first; empty where none fits.
        error: Root mean square of the relative residuals of the best class, 0.02 being 2 %.
        explained: Share of the variation of log(cost) that the best class explains, up to 1;
            None where there is no variation to speak of.
        exponent: Slope of log(cost) over log(size) in the upper half of the sizes.
        reason: Why undecided; "" where it is decided.
        since: The smallest size that was looked at; below it nothing is said.
        base: Of "2^n", which stands for all of c^n: the fitted c.
    """

    decided: GrowthClass | None
    candidates: tuple[GrowthClass, ...]
    error: float | None
    explained: float | None
    exponent: float | None
    reason: str = ""
    since: float = 0.0
    base: float | None = None

    @property
    def said(self) -> str:
        """In one phrase, such as "O(n log n)" or "undecided (n or n log n)"."""
        if self.decided == "2^n" and self.base is not None and abs(self.base - 2) > _NEAR_TWO:
            return f"O(c^n), c about {self.base:.2f}"
        if self.decided is not None:
            return f"O({self.decided})"
        among = " or ".join(self.candidates)
        return f"undecided ({among})" if among else "undecided"


@dataclass(frozen=True)
class _Point:
    size: float
    cost: float
    noise: float


@dataclass(frozen=True)
class _Fit:
    name: GrowthClass
    chi2: float
    error: float
    parameters: int
    predicted: tuple[float, ...]
    base: float | None = None

    @property
    def criterion(self) -> float:
        return self.chi2 + 2 * self.parameters


def _criterion(fit: _Fit) -> float:
    return fit.criterion


def estimate_growth(
    sizes: Sequence[float],
    costs: Sequence[float],
    noise: Sequence[float] = (),
    *,
    systematic: float = SYSTEMATIC,
) -> Growth:
    """The class in which costs grow with sizes.

    Args:
        sizes: Of the inputs, each above 0, rising.
        costs: Seconds, bytes or counts, each above 0.
        noise: Relative standard error of each cost (0.01 is 1 %); empty: unknown, taken as 0.
        systematic: Relative error added to it (in squares).

    Raises:
        ValueError: The sequences do not fit together, or values are not above 0 and rising.
    """
    _check(sizes, costs, noise)
    if len(sizes) < LEAST_POINTS:
        reason = f"{len(sizes)} sizes are too few; {LEAST_POINTS} are needed"
        return Growth(None, (), None, None, None, reason)
    every = [
        _Point(size, cost, error)
        for size, cost, error in zip(sizes, costs, noise or [0.0] * len(sizes), strict=True)
    ]
    for left_out in range(len(every) - max(LEAST_POINTS, (len(every) + 1) // 2) + 1):
        points = every[left_out:]
        growth = _estimate(points, systematic)
        if growth.candidates:
            return _confirmed(growth, points, systematic)
    return _estimate(every, systematic)


def _estimate(points: Sequence[_Point], systematic: float) -> Growth:
    """The class of these points, all taken together."""
    fits = sorted((_fit(name, points, systematic) for name in _CLASSES), key=_criterion)
    left = [fit for fit in fits if fit.chi2 <= ACCEPTABLE * (len(points) - 2)]
    if not left:
        reason = "no class fits: caches, several phases, or a class that is not listed"
        return Growth(None, (), None, None, _slope(points), reason, points[0].size)
    near = [fit for fit in left if fit.criterion - left[0].criterion < APART]
    near = [fit for fit in near if fit.name == "1" and _is_flat(points, fit)] or near
    best, reason = near[0], ""
    if len(near) > 1:
        reason = "more than one class fits: try a wider range of sizes, or a quieter machine"
    elif best.name not in {"1", "2^n"} and points[-1].size < _LEAST_RATIO * points[0].size:
        reason = "the range of sizes is too narrow"
    elif _is_bent(points, best):
        reason = "the largest sizes grow otherwise than the class that fits: try larger ones"
    return Growth(
        decided=None if reason else best.name,
        candidates=tuple(fit.name for fit in near),
        error=best.error,
        explained=_explained(points, best.predicted),
        exponent=_slope(points),
        reason=reason,
        since=points[0].size,
        base=best.base,
    )


def _confirmed(growth: Growth, points: Sequence[_Point], systematic: float) -> Growth:
    """The same growth, or undecided where the largest sizes speak for another class."""
    upper = points[len(points) // 3 :]
    if growth.decided is None or len(upper) < LEAST_POINTS:
        return growth
    sharp = _estimate(upper, systematic / 2)
    if growth.decided in sharp.candidates or not sharp.candidates:
        return growth
    return replace(
        growth,
        decided=None,
        candidates=(growth.decided, *sharp.candidates),
        reason="the largest sizes alone speak for another class: try still larger ones",
    )


def _check(sizes: Sequence[float], costs: Sequence[float], noise: Sequence[float]) -> None:
    if len(sizes) != len(costs) or (noise and len(noise) != len(sizes)):
        raise ValueError("sizes, costs and noise are not of one length")
    if any(not 0 < cost < math.inf for cost in costs):
        raise ValueError("a cost is not above 0")
    if any(not 0 < size < math.inf for size in sizes):
        raise ValueError("a size is not above 0")
    if any(after <= before for before, after in pairwise(sizes)):
        raise ValueError("sizes do not rise")


_CLASSES: tuple[GrowthClass, ...] = get_args(GrowthClass)
_SHAPES: dict[GrowthClass, Callable[[float, float], float]] = {
    "1": lambda _n, _top: 0.0,
    "log n": lambda n, _top: math.log(n),
    "n": lambda n, top: n / top,
    "n log n": lambda n, top: n / top * math.log(n),
    "n^2": lambda n, top: (n / top) ** 2,
    "n^3": lambda n, top: (n / top) ** 3,
}
"""Each but 2^n, up to a factor, of the size and the largest size, so that none overflows."""

_BASES = tuple(1.3 * 1.1**step for step in range(13))  # 1.3 to 4.1
_STEPS = tuple(1.02**step for step in (-4, -3, -2, -1, 0, 1, 2, 3, 4))


def _fit(name: GrowthClass, points: Sequence[_Point], systematic: float) -> _Fit:
    top = points[-1].size
    if name != "2^n":
        shape = [_SHAPES[name](point.size, top) for point in points]
        return _solved(name, points, shape, systematic)
    exponents = [max(point.size - top, -500.0) for point in points]

    def with_base(base: float) -> _Fit:
        shape = [base**each for each in exponents]
        return replace(_solved(name, points, shape, systematic), base=base)

    rough = min(map(with_base, _BASES), key=_criterion).base or 2.0
    best = min((with_base(rough * step) for step in _STEPS), key=_criterion)
    return replace(best, parameters=best.parameters + 1)


def _solved(
    name: GrowthClass, points: Sequence[_Point], shape: Sequence[float], systematic: float
) -> _Fit:
    """Weighted least squares of (a + b·f)/cost - 1, with a, b not below 0."""
    errors = [point.cost * math.hypot(systematic, point.noise) for point in points]
    costs = [point.cost for point in points]
    best: _Fit | None = None
    for a, b, parameters in _solutions(shape, costs, [error**-2 for error in errors]):
        if a < 0 or b < 0:
            continue
        predicted = tuple(a + b * each for each in shape)
        misses = [made - cost for made, cost in zip(predicted, costs, strict=True)]
        chi2 = sum((miss / error) ** 2 for miss, error in zip(misses, errors, strict=True))
        if best is None or chi2 < best.chi2:
            square = sum((miss / cost) ** 2 for miss, cost in zip(misses, costs, strict=True))
            best = _Fit(name, chi2, math.sqrt(square / len(costs)), parameters, predicted)
    assert best is not None  # noqa: S101 -- the constant solution is never below 0
    return best


def _solutions(
    shape: Sequence[float], costs: Sequence[float], weights: Sequence[float]
) -> list[tuple[float, float, int]]:
    """(a, b, parameters): the constant, the pure shape, and both where they can be told apart."""
    total = math.fsum(weights)
    w_c = math.fsum(w * c for w, c in zip(weights, costs, strict=True))
    w_f = math.fsum(w * f for w, f in zip(weights, shape, strict=True))
    w_ff = math.fsum(w * f * f for w, f in zip(weights, shape, strict=True))
    w_fc = math.fsum(w * f * c for w, f, c in zip(weights, shape, costs, strict=True))
    found = [(w_c / total, 0.0, 1)]
    if w_ff > 0:
        found.append((0.0, w_fc / w_ff, 2))
    determinant = total * w_ff - w_f * w_f
    if determinant > _SINGULAR * total * w_ff:
        b = (total * w_fc - w_f * w_c) / determinant
        found.append(((w_c - b * w_f) / total, b, 2))
    return found


def _explained(points: Sequence[_Point], predicted: Sequence[float]) -> float | None:
    logs = [math.log(point.cost) for point in points]
    mean = math.fsum(logs) / len(logs)
    whole = math.fsum((each - mean) ** 2 for each in logs)
    if whole < len(logs) * SYSTEMATIC**2:
        return None
    pairs = zip(logs, predicted, strict=True)
    left = math.fsum((log - math.log(max(made, 1e-300))) ** 2 for log, made in pairs)
    return max(0.0, 1 - left / whole)


def _is_flat(points: Sequence[_Point], constant: _Fit) -> bool:
    """Whether nothing grew that could be told from noise."""
    grown = abs(_slope(points, 0)) * math.log(points[-1].size / points[0].size)
    quiet = constant.chi2 < QUIET * (len(points) - 1)
    return grown < FLAT or (quiet and grown < FLAT_AT_MOST)


def _is_bent(points: Sequence[_Point], fit: _Fit) -> bool:
    """Whether the costs grow otherwise than the fit among the largest sizes."""
    drawn = [
        replace(point, cost=max(made, 1e-300))
        for point, made in zip(points, fit.predicted, strict=True)
    ]
    exponent = _slope(drawn)
    return abs(_slope(points) - exponent) > BENT * max(1.0, abs(exponent))


def _slope(points: Sequence[_Point], first: int | None = None) -> float:
    """Exponent of the costs from a point on; by default of the upper half, of three at least."""
    if first is None:
        first = min(len(points) // 2, len(points) - 3)
    xs = [math.log(point.size) for point in points[first:]]
    ys = [math.log(point.cost) for point in points[first:]]
    x_mean, y_mean = math.fsum(xs) / len(xs), math.fsum(ys) / len(ys)
    over = math.fsum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True))
    return over / math.fsum((x - x_mean) ** 2 for x in xs)
