"""Planted worlds: made-up laws in which the arrangement that is truly best is known, to judge ways of choosing one.

The laws stand in ``worlds.toml``, frozen before any method was tuned. Nothing here is evidence about companies.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cdo_analysis.datasets.planted import draw_categories, linear, text_of
from cdo_analysis.errors import UsageError, did_you_mean
from cdo_analysis.resources import package_dir

Features = Mapping[str, NDArray[np.float64]]

_SCALE = (0.0, 10.0)
_BASELINE = (1.0, 5.0)
_SMALLEST = 10
_LARGE = 130
_IMMATURE = 2.2
_TAIL = 0.8  # sigma of the log-normal noise of a skewed world: skewness 3.7
_EQUAL = 1e-9


@dataclass(frozen=True)
class WorldLaw:
    """One world of ``worlds.toml``, with the shared tables that it does not replace.

    Attributes
    ----------
    id : str
    label : mapping of str to str
        What it is called, by language.
    identified : bool
        True where the assumptions of the estimate hold: no hidden trait weighs on both option and outcome.
    hidden : float
        Load of the hidden trait on the outcome, in points a standard deviation; 0 where there is none.
    tables : mapping
        The laws: arms, firms, level, noise, effects, experts, choice, feasible, hidden_choice, choose_well.
    """

    id: str
    label: Mapping[str, str]
    identified: bool
    hidden: float
    tables: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class PlantedWorld:
    """Companies of one world: what a survey would show of them, and the truth that it would not.

    Tables have a row a company (index ``respondent``, text) and, where they are about options, a column an option.

    Attributes
    ----------
    law : WorldLaw
    X_pre : DataFrame
        What companies were before their arrangement: headcount, sector, founding_year, baseline (1 to 5), customers,
        group_position.
    arrangement : Series of str
        The option of today.
    outcome : Series of float
        Objectives reached, 0 to 10, under the option of today.
    feasible : DataFrame of bool
        What each company can do; the option of today is always possible.
    expert_effects : DataFrame of float
        Gain over ``no_function`` that experts expect, in points of the outcome.
    expert_sd : float
        By how much experts say that one of these may be wrong (standard deviation), in points.
    expected : DataFrame of float
        Truth: mean outcome of each company under each option, chance left out.
    potential : DataFrame of float
        Truth: outcome of each company under each option, with its chance, cut to 0 to 10.
    hidden : Series of float
        Truth: the trait that no column shows.
    """

    law: WorldLaw
    X_pre: pd.DataFrame
    arrangement: pd.Series
    outcome: pd.Series
    feasible: pd.DataFrame
    expert_effects: pd.DataFrame
    expert_sd: float
    expected: pd.DataFrame
    potential: pd.DataFrame
    hidden: pd.Series

    @property
    def best(self) -> pd.DataFrame:
        """Truth: the best feasible option of each company; several are where several are equally good."""
        possible = self.expected.where(self.feasible, -np.inf)
        return possible.ge(possible.max(axis=1) - _EQUAL, axis=0)

    def regret(self, chosen: pd.DataFrame) -> pd.Series:
        """Return what each company loses, on average, by what is chosen: see :func:`regret`."""
        return regret(self.expected, self.feasible, chosen)


def regret(expected: pd.DataFrame, feasible: pd.DataFrame, chosen: pd.DataFrame) -> pd.Series:
    """Return what each company loses, on average, by what is chosen rather than the best that it can do.

    Parameters
    ----------
    expected : DataFrame of float, companies × options
        Mean outcome under each option.
    feasible, chosen : DataFrame of bool, companies × options
        Several options that are chosen score their mean.

    Returns
    -------
    Series of float
        Points of the outcome, 0 or more for feasible choices; NaN where nothing is chosen.

    Examples
    --------
    >>> expected = pd.DataFrame({"shared": [4.0], "internal_cdo": [5.0], "external_cdo": [6.0]})
    >>> feasible = pd.DataFrame({"shared": [True], "internal_cdo": [True], "external_cdo": [False]})
    >>> regret(expected, feasible, feasible).tolist()
    [0.5]
    """
    possible = expected.where(feasible, -np.inf).max(axis=1)
    return possible - expected.where(chosen).mean(axis=1)


@lru_cache(maxsize=1)
def load_worlds() -> Mapping[str, WorldLaw]:
    """Return the worlds of ``worlds.toml`` by id, in their order.

    Examples
    --------
    >>> load_worlds()["no_effect"].tables["effects"]
    {}
    """
    text = (package_dir("datasets") / "worlds.toml").read_text(encoding="utf-8")
    shared = tomllib.loads(text)
    own = shared.pop("world")
    return MappingProxyType({table["id"]: _world_law(shared, table) for table in own})


def draw_world(name: str, n: int, *, random_state: int | np.random.SeedSequence = 0) -> PlantedWorld:
    """Draw `n` companies of one world, with their truth.

    Parameters
    ----------
    name : str
        Id of a world of :func:`load_worlds`.
    n : int
        Number of companies.
    random_state : int or SeedSequence
        The same one gives the same companies.

    Returns
    -------
    PlantedWorld

    Raises
    ------
    UsageError
        If there is no such world.

    Examples
    --------
    >>> world = draw_world("no_effect", 3, random_state=1)
    >>> float(world.regret(world.feasible).max())
    0.0
    """
    worlds = load_worlds()
    if name not in worlds:
        raise UsageError(
            f"there is no planted world '{name}'{did_you_mean(name, worlds)}; there are {', '.join(worlds)}."
        )
    law, rng = worlds[name], np.random.default_rng(random_state)
    X_pre = _draw_firms(law.tables["firms"], n, rng)
    features = _read_features(X_pre, law.tables["firms"]) | {"hidden": rng.normal(size=n)}
    arms = list(law.tables["arms"])
    effects = _by_arm(law.tables["effects"], arms, features, n)
    position = _choose(law, effects, features, rng)
    feasible = _draw_feasible(law, features, position, rng)
    level = linear(law.tables["level"], features, n) + law.hidden * features["hidden"]
    expected = level[:, None] + effects
    potential = np.clip(expected + _draw_noise(law.tables["noise"], n, rng)[:, None], *_SCALE)
    experts = law.tables["experts"]
    return PlantedWorld(
        law=law,
        X_pre=X_pre,
        arrangement=text_of(arms, position).set_axis(X_pre.index),
        outcome=pd.Series(potential[np.arange(n), position], index=X_pre.index),
        feasible=pd.DataFrame(feasible, index=X_pre.index, columns=arms),
        expert_effects=pd.DataFrame(_by_arm(experts["effects"], arms, features, n), index=X_pre.index, columns=arms),
        expert_sd=float(experts["sd"]),
        expected=pd.DataFrame(expected, index=X_pre.index, columns=arms),
        potential=pd.DataFrame(potential, index=X_pre.index, columns=arms),
        hidden=pd.Series(features["hidden"], index=X_pre.index),
    )


def _world_law(shared: Mapping[str, Any], own: Mapping[str, Any]) -> WorldLaw:
    """Return the law of one world: its own tables, the shared ones elsewhere."""
    laws = {key: own.get(key, shared.get(key)) for key in {*shared, "choose_well"}}
    return WorldLaw(own["id"], own["label"], own["identified"], own.get("hidden", 0.0), MappingProxyType(laws))


def _draw_firms(spec: Mapping[str, Any], n: int, rng: np.random.Generator) -> pd.DataFrame:
    """Draw what companies were before their arrangement."""
    sector = _draw_text(spec["sector"], n, rng)
    log_size = np.log(spec["headcount_median"]) + spec["headcount_log_sd"] * rng.normal(size=n)
    headcount = np.maximum(np.round(np.exp(log_size)), _SMALLEST)
    year = np.round(spec["founding_year_mean"] + spec["founding_year_sd"] * rng.normal(size=n))
    on_size, on_digital = spec["baseline_on_size"], spec["baseline_on_digital"]
    maturity = on_size * _size(headcount, spec) + on_digital * _trait(sector, spec["sector"], "digital")
    maturity = maturity + np.sqrt(1 - on_size**2 - on_digital**2) * rng.normal(size=n)
    columns = {
        "headcount": headcount,
        "sector": sector,
        "founding_year": np.clip(year, *spec["founding_year_range"]),
        "baseline": np.clip(np.round(spec["baseline_mean"] + spec["baseline_sd"] * maturity, 2), *_BASELINE),
        "customers": _draw_text(spec["customers"], n, rng),
        "group_position": _draw_text(spec["group_position"], n, rng),
    }
    return pd.DataFrame(columns, index=pd.Index([f"w{i:05d}" for i in range(n)], name="respondent", dtype="str"))


def _read_features(X_pre: pd.DataFrame, spec: Mapping[str, Any]) -> dict[str, NDArray[np.float64]]:
    """Return the features of the laws, a value a company."""
    headcount, baseline = X_pre["headcount"].to_numpy(), X_pre["baseline"].to_numpy()
    size = _size(headcount, spec)
    maturity = (baseline - spec["baseline_mean"]) / spec["baseline_sd"]
    digital = _trait(X_pre["sector"], spec["sector"], "digital")
    consumer = _trait(X_pre["customers"], spec["customers"], "consumer")
    return {
        "constant": np.ones(len(X_pre)),
        "size": size,
        "maturity": maturity,
        "age": (spec["founding_year_mean"] - X_pre["founding_year"].to_numpy()) / spec["founding_year_sd"],
        "digital": digital,
        "consumer": consumer,
        "grouped": _trait(X_pre["group_position"], spec["group_position"], "grouped"),
        "large": (headcount > _LARGE).astype("float64"),
        "immature": (baseline < _IMMATURE).astype("float64"),
        "size_squared": size**2 - 1,
        "size_digital": size * digital,
        "maturity_consumer": maturity * consumer,
    }


def _size(headcount: np.ndarray, spec: Mapping[str, Any]) -> np.ndarray:
    size: np.ndarray = np.log(headcount / spec["headcount_median"]) / spec["headcount_log_sd"]
    return size


def _draw_text(levels: Mapping[str, Mapping[str, float]], n: int, rng: np.random.Generator) -> Any:
    """Draw a text a company, by the shares of the levels."""
    shares = np.array([level["share"] for level in levels.values()])
    return text_of(list(levels), rng.choice(len(shares), size=n, p=shares / shares.sum())).array


def _trait(texts: Any, levels: Mapping[str, Mapping[str, float]], trait: str) -> np.ndarray:
    """Return the number that each text stands for."""
    values = pd.Series(texts).map({text: level[trait] for text, level in levels.items()})
    return np.asarray(values.to_numpy(dtype="float64"))


def _by_arm(
    laws: Mapping[str, Mapping[str, float]], arms: list[str], features: Features, n: int
) -> NDArray[np.float64]:
    """Return what each law gives for each company, a column an option; 0 for an option without law."""
    return np.column_stack([linear(laws.get(arm, {}), features, n) for arm in arms])


def _choose(
    law: WorldLaw, effects: NDArray[np.float64], features: Features, rng: np.random.Generator
) -> NDArray[np.int_]:
    """Draw the option that each company has today."""
    arms = list(law.tables["arms"])
    pulls = _by_arm(law.tables["choice"], arms, features, len(effects))
    if law.hidden:
        loads = np.array([law.tables["hidden_choice"].get(arm, 0.0) for arm in arms])
        pulls = pulls + law.hidden * features["hidden"][:, None] * loads
    pulls = pulls + (law.tables["choose_well"] or 0.0) * effects
    return draw_categories(pulls, [law.tables["arms"][arm] for arm in arms], rng)


def _draw_feasible(
    law: WorldLaw, features: Features, position: NDArray[np.int_], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Draw what each company can do: what has no law is always possible, and so is what it has."""
    laws, arms = law.tables["feasible"], list(law.tables["arms"])
    odds = _by_arm(laws, arms, features, len(position))
    possible = rng.random(odds.shape) < 1 / (1 + np.exp(-odds))
    possible[:, [arm not in laws for arm in arms]] = True
    possible[np.arange(len(position)), position] = True
    return possible


def _draw_noise(spec: Mapping[str, Any], n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw what nothing explains, with mean 0."""
    drawn = rng.normal(size=n)
    if spec["skewed"]:
        variance = np.exp(_TAIL**2)
        drawn = (np.exp(_TAIL * drawn) - np.sqrt(variance)) / np.sqrt(variance * (variance - 1))
    return np.asarray(spec["sd"] * drawn)
