"""The same answers counted in another way: without plans, with applicable items only, with another key."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from cdo_analysis.codebook import Codebook, Variant
from cdo_analysis.maturity.reliability import row_weights
from cdo_analysis.maturity.scores import score_maturity
from cdo_analysis.maturity.sensitivity import rank_correlations


def score_variants(responses: pd.DataFrame, codebook: Codebook) -> pd.DataFrame:
    """Compute the variants of its scores that a codebook declares (``[[variant]]``).

    Parameters
    ----------
    responses : DataFrame of shape (n, items)
    codebook : Codebook

    Returns
    -------
    DataFrame
        Indexed like the responses, a column a variant, in the unit of its score. A variant for some companies only
        (``where``) is the score itself for the others, and for those whose answer is missing.

    Examples
    --------
    >>> from cdo_analysis.codebook import load_codebook
    >>> [variant.id for variant in load_codebook("cdo-2026").variants]
    ['dma_without_plans', 'dma_applicable', 'dma_exclusive_point', 'dma_exclusive_lost_point']
    """
    found = pd.DataFrame(index=responses.index)
    for variant in codebook.variants:
        value = score_maturity(responses, varied(codebook, variant)).values[variant.score]
        if variant.where is not None:
            chosen = replace(codebook, scores=(codebook.score(variant.score),))
            itself = score_maturity(responses, chosen).values[variant.score]
            value = value.where(responses[variant.where.item].isin(variant.where.codes), itself)
        found[variant.id] = value
    return found


def varied(codebook: Codebook, variant: Variant) -> Codebook:
    """Return a codebook whose only score is that of a variant, counted as the variant says."""
    score = codebook.score(variant.score)
    if variant.exclusive is not None:
        score = replace(score, exclusive=variant.exclusive)
    gone = set(variant.leave_out)
    items = tuple(replace(item, dimension="") if {item.name, item.block} & gone else item for item in codebook.items)
    return replace(codebook, items=items, scores=(score,))


def compare_variants(
    values: pd.DataFrame, variants: pd.DataFrame, codebook: Codebook, *, sample_weight: pd.Series | None = None
) -> pd.DataFrame:
    """Compare each variant with its score, over the companies that have both.

    Parameters
    ----------
    values : DataFrame
        Columns of :attr:`MaturityScores.values`.
    variants : DataFrame
        Of :func:`score_variants`.
    codebook : Codebook
    sample_weight : Series, optional

    Returns
    -------
    DataFrame
        A row a variant (index ``variant``): ``n``, ``mean`` (weighted, of the variant), ``difference`` (of the
        variant and the score, mean) and ``rank_correlation`` (Spearman).
    """
    weights = pd.Series(row_weights(values, sample_weight), index=values.index)
    rows = []
    for variant in codebook.variants:
        pair = pd.DataFrame({"score": values[variant.score], "variant": variants[variant.id]})
        pair = pair[pair.notna().all(axis=1) & weights.gt(0)]
        share = weights[pair.index] / weights[pair.index].sum()
        mean, difference = (share * pair["variant"]).sum(), (share * (pair["variant"] - pair["score"])).sum()
        ranks = rank_correlations(pair, sample_weight=weights[pair.index])
        rows.append((len(pair), mean, difference, ranks.iloc[0, 1]))
    index = pd.Index([variant.id for variant in codebook.variants], name="variant", dtype="str")
    return pd.DataFrame(rows, index=index, columns=["n", "mean", "difference", "rank_correlation"])
