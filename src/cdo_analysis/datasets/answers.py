"""Answers to the questionnaire, item by item, from what a firm is and from planted shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cdo_analysis.codebook import Codebook, Item
from cdo_analysis.datasets.planted import Spec, linear, planted, planted_item
from cdo_analysis.errors import CodebookError


class AnswerSheet:
    """The answers drawn so far, item by item.

    Attributes
    ----------
    book : Codebook
        The questionnaire: it says which answers an item has.
    features : dict of str to ndarray of shape (n,)
        What the loads of ``planted.toml`` name; :meth:`know` adds to it.
    columns : dict of str to ndarray of shape (n,)
        A choice as the position of the answer among ``item.codes``; numbers, dates and texts as they are.
    """

    def __init__(self, book: Codebook, features: pd.DataFrame, rng: np.random.Generator) -> None:
        self.book = book
        self.features = {name: features[name].to_numpy() for name in features.columns}
        self.columns: dict[str, np.ndarray] = {}
        self._rng = rng
        self._n = len(features)

    def know(self, features: Mapping[str, np.ndarray]) -> None:
        """Add features that later loads may name."""
        self.features |= features

    def draw(self, *, after: bool) -> None:
        """Draw the planted blocks and numbers: those that depend on how digital is led (`after`), or the others."""
        for block in planted()["block"]:
            if block.get("after", False) == after:
                for name in (*block.get("share", ()), *block.get("by_size", ())):
                    self.columns[name] = self._choice(planted_item(self.book, name), block)
        for spec in planted()["number"]:
            if spec.get("after", False) == after:
                planted_item(self.book, spec["name"])
                self.columns[spec["name"]] = self._number(spec)

    def close_batteries(self) -> None:
        """Answer the last row of each tick list, "none of these", which nobody plants."""
        for item in self.book:
            if item.exclusive and item.name not in self.columns:
                yes, no = yes_and_no(item)
                self.columns[item.name] = np.where(self._nothing_ticked(item.block), yes, no)

    def values(self, name: str) -> np.ndarray:
        """Return the answers to `name` as numbers: the value of a choice, or the number itself."""
        item = self.book[name]
        if item.kind == "number":
            return self.columns[name]
        return np.array([item.values[code] for code in item.codes])[self.columns[name]]

    def said(self, name: str, code: str) -> np.ndarray:
        """Tell who answered `code` to `name`."""
        return self.columns[name] == self.book[name].codes.index(code)

    # --- one item ---------------------------------------------------------------------------------------------

    def _choice(self, item: Item, block: Spec) -> np.ndarray:
        loads = block.get("also", {}).get(item.name, {})
        tendency = linear(block["loads"], self.features, self._n) + linear(loads, self.features, self._n)
        tendency = tendency + self._rng.logistic(size=self._n)
        share = block.get("share", {}).get(item.name)
        if isinstance(share, list):
            return _cut(item, tendency, share, block.get("order", {}).get(item.name, item.codes))
        shares = block["by_size"][item.name] if share is None else [share]
        ticked = self._tick(tendency, self._open_to(item, block), shares)
        yes, no = yes_and_no(item)
        return np.where(ticked, yes, no)

    def _open_to(self, item: Item, block: Spec) -> np.ndarray:
        """Tell who can say yes to `item`."""
        parent = block.get("parent", {}).get(item.name)
        if parent:
            return self.columns[parent] == yes_and_no(self.book[parent])[0]
        return self._nothing_ticked(item.block) if item.exclusive else np.ones(self._n, dtype=bool)

    def _nothing_ticked(self, block: str) -> np.ndarray:
        nothing = np.ones(self._n, dtype=bool)
        for item in self.book:
            if item.block == block and item.name in self.columns:
                nothing &= self.columns[item.name] != yes_and_no(item)[0]
        return nothing

    def _tick(self, tendency: np.ndarray, open_to: np.ndarray, shares: Sequence[float]) -> np.ndarray:
        """Tick those with the strongest tendency, so that each size class has its share among all its firms."""
        ticked = np.zeros(self._n, dtype=bool)
        by_size = len(shares) > 1
        for size_class, share in enumerate(shares):
            group = self.features["size_class"] == size_class if by_size else np.ones(self._n, dtype=bool)
            among = np.flatnonzero(group & open_to)
            wanted = min(round(share * int(group.sum())), len(among))
            if wanted:
                ticked[among[np.argpartition(-tendency[among], wanted - 1)[:wanted]]] = True
        return ticked

    def _number(self, spec: Spec) -> np.ndarray:
        move = linear(spec.get("loads", {}), self.features, self._n)
        move = move + spec["spread"] * self._rng.standard_normal(self._n)
        number = spec["median"] + move if spec.get("normal") else spec["median"] * np.exp(move)
        if "times" in spec:
            number = number * self.columns[spec["times"]]
        if "zero" in spec:  # those at the bottom have none
            number[move < np.quantile(move, spec["zero"])] = 0.0
        low, high = self.book[spec["name"]].bounds
        stepped = np.round(number / spec["step"]) * spec["step"]
        return np.clip(stepped, max(low, spec.get("least", low)), min(high, spec.get("most", high)))


def yes_and_no(item: Item) -> tuple[int, int]:
    """Return the positions of the answers worth most and least.

    Examples
    --------
    >>> from cdo_analysis.codebook import Answer, Text
    >>> answers = (Answer("1", Text("Oui"), 1), Answer("0", Text("Non"), 0))
    >>> yes_and_no(Item("a", "A", "choice", Text("?"), answers=answers))
    (0, 1)
    """
    points = [item.points.get(code, np.nan) for code in item.codes]
    if np.isnan(points).any():
        raise CodebookError(
            f"item '{item.name}' is planted as a yes or no, but its answers have no value; plant a list of shares."
        )
    return int(np.argmax(points)), int(np.argmin(points))


def _cut(item: Item, tendency: np.ndarray, shares: Sequence[float], order: Sequence[str]) -> np.ndarray:
    """Cut the tendency where the shares of the answers, in the order given, say; an answer not in it is never given."""
    if len(shares) != len(order) or not set(order) <= set(item.codes):
        raise CodebookError(
            f"planted.toml gives {len(shares)} shares to the item '{item.name}', which has {len(order)} answers; "
            "give one share an answer."
        )
    cuts = np.quantile(tendency, np.clip(np.cumsum(shares)[:-1] / np.sum(shares), 0, 1))
    place = np.array([item.codes.index(code) for code in order])
    return place[np.searchsorted(cuts, tendency, side="right")]
