"""What is believed of one choice and of one shade, and how a verdict changes it.

A choice (an engine, a style) is liked with a probability: a Beta distribution, in which each verdict counts one, or as
much as it says. Of a shade a value is liked best: a Gaussian, narrowed by each value that was wanted or liked. A value
that was *not* liked moves it away; that posterior is no Gaussian, and the one of the same mean and variance takes its
place (assumed density filtering: Minka 2001, A family of algorithms for approximate Bayesian inference, ch. 3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PRIOR_DEVIATION = 0.2
"""How far from the style's own somebody's taste is, before anything is known of it."""
_WANTED = 0.2  # how far what somebody says they want is from what they like
_NEAR = 0.4  # how far from what one likes a shade may be to be liked too
_SUREST = 0.9  # how surely a verdict was for one shade


@dataclass(frozen=True)
class Beta:
    """How often something was liked and not, a prior included."""

    liked: float
    disliked: float

    @property
    def mean(self) -> float:
        return self.liked / (self.liked + self.disliked)

    @property
    def deviation(self) -> float:
        whole = self.liked + self.disliked
        return math.sqrt(self.mean * (1 - self.mean) / (whole + 1))

    def plus(self, more: Beta) -> Beta:
        return Beta(self.liked + more.liked, self.disliked + more.disliked)


@dataclass(frozen=True)
class Normal:
    """The value of a shade that is liked best; `told` is how much was said of it."""

    mean: float = 0.0
    variance: float = PRIOR_DEVIATION**2
    told: float = 0.0

    @property
    def deviation(self) -> float:
        return math.sqrt(self.variance)

    def wanted(self, value: float, weight: float) -> Normal:
        """After somebody said how it should be."""
        return self._narrowed(value, weight / _WANTED**2, weight)

    def heard(self, value: float, liked: float) -> Normal:
        """After a verdict on something that was played so, from -1 to 1."""
        if liked > 0:
            return self._narrowed(value, liked / _NEAR**2, liked)
        return self._moved_away(value, -liked) if liked < 0 else self

    def _narrowed(self, value: float, precision: float, weight: float) -> Normal:
        whole = 1 / self.variance + precision
        return Normal((self.mean / self.variance + value * precision) / whole, 1 / whole, self.told + weight)

    def _moved_away(self, value: float, weight: float) -> Normal:
        """By the likelihood 1 - c exp(-(x - value)² / 2 near²) of not liking it where x is liked best."""
        near, c = _NEAR**2, min(_SUREST, weight * _SUREST)
        spread = self.variance + near
        c *= math.sqrt(near / spread) * math.exp(-((value - self.mean) ** 2) / (2 * spread))
        there, its_variance = (self.mean * near + value * self.variance) / spread, self.variance * near / spread
        mean = (self.mean - c * there) / (1 - c)
        square = (self.variance + self.mean**2 - c * (its_variance + there**2)) / (1 - c)
        variance = min(PRIOR_DEVIATION**2, max(1e-6, square - mean**2))
        return Normal(min(1.0, max(-1.0, mean)), variance, self.told + weight)
