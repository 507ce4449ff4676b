"""Pages of the documentation that are written from the reference files: ``docs/arrangements.md``, ``docs/claims.md``.

``python -m cdo_analysis.exhibits.reference_pages docs`` writes them again; a test proves that they are up to date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from cdo_analysis.exhibits.options import arrangements_table
from cdo_analysis.messages import Numbers
from cdo_analysis.reference import (
    Arrangement,
    Claim,
    ClaimTest,
    Costs,
    Figure,
    Rules,
    break_even_table,
    cost_table,
    intensity_table,
    load_arrangements,
    load_claims,
    load_costs,
    load_rules,
)
from cdo_analysis.tables import rows_of

_NUMBERS = Numbers("en")
_WRITTEN = (
    "Written from `{files}` by `python -m cdo_analysis.exhibits.reference_pages docs`: edit the data, not this page."
)


def arrangements_page() -> str:
    """Return the page on the options, as Markdown: needs, gains, costs, break-even, every figure with its source."""
    options, costs = load_arrangements(), load_costs()
    files = "reference/arrangements.toml` and `reference/costs.toml"
    return _page(
        "# The arrangements: what they call for, what they give, what they cost",
        _WRITTEN.format(files=files),
        "Nothing here is an offer, a quotation or legal advice. Costs are orders of magnitude a year, excluding VAT, "
        "recruitment, ramp-up and the leader's own time. They are printed for several salaries and several day rates, "
        "because a single one would favour one answer.",
        "## Side by side",
        _side_by_side(),
        *(_option_section(option) for option in options),
        "## What a post costs, salary by salary",
        f"Gross salary × {_NUMBERS.number(costs.charges, 2)}, plus days bought outside where there are any.",
        _post_costs(costs),
        "## What days bought outside cost",
        f"k€ a year, {_NUMBERS.number(costs['months_worked'].value)} months billed.",
        _grid(intensity_table(costs), "Days a month", decimals=0),
        "## From how many days a year on a post costs less",
        "Days a year that cost as much as the post; below, the days cost less. Failed recruitment, ramp-up and what an "
        "outsider lacks are not counted.",
        _grid(break_even_table(costs), "Gross salary (k€ a year)", decimals=0),
        "## Every figure, its unit, its date, its source",
        "`read`: in the source named; `derived`: arithmetic; `assumption`: ours, or of a source that gives no basis. "
        "“Secondary” marks what was read in the press or at a provider's: check it before calling it official.",
        _figures(options, costs),
    )


def claims_page() -> str:
    """Return the page on the claims of the founding article, as Markdown: items, rules, tests."""
    article, rules = load_claims(), load_rules()
    return _page(
        "# The claims of the founding article, and how a survey can contradict them",
        _WRITTEN.format(files="reference/claims.toml"),
        f"{article.title.en}. {article.conflict.en}",
        "Each test is run by `cdo_analysis.exhibits.claims.examine_claims(view)` on any study that asks the items, "
        "with the design of the survey, and shown in the panorama. Everything is *constaté*: two answers go together "
        "or not, and nothing is said of why. An interval is at 95 %; a verdict asks for an interval widened for the "
        "number of tests (Bonferroni). A claim that nothing contradicts is not thereby proved; an association that is "
        "not seen is no proof that there is none. Synthetic data say nothing about the claims.",
        markdown_table(
            ["#", "Claim", "Items", "Criteria of the rules", "Tests"],
            [
                [
                    str(claim.number),
                    claim.text.en,
                    ", ".join(f"`{name}`" for name in claim.items),
                    ", ".join(f"`{name}`" for name in claim.criteria) or "none",
                    ", ".join(test.kind for test in claim.tests),
                ]
                for claim in article.claims
            ],
        ),
        *(_claim_section(claim, rules) for claim in article.claims),
    )


def _claim_section(claim: Claim, rules: Rules) -> str:
    lines = [f"## {claim.number}. {claim.text.en}", ""]
    for place, test in enumerate(claim.tests, 1):
        lines.append(f"- Test {place} ({test.kind}): {test.estimand.en}. {_expected_words(test)}")
    lines.append(f"- What would contradict it: {claim.against.en}")
    lines += [f"- Rule `{name}`: {rules[name].source}." for name in claim.criteria]
    return "\n".join(lines)


def _expected_words(test: ClaimTest) -> str:
    if test.expected == "none":
        return "The claim expects no association: one that is found contradicts it."
    if test.expected == "some":
        return "The claim expects an association."
    than = f"{test.than:.0%}" if test.kind == "share" else f"{test.than:g}"
    return f"The claim expects more than {than}."


def _page(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"


def _side_by_side() -> str:
    table = arrangements_table("en")
    header = ["Option", "Cost a year", "Rhythm and length", "What it calls for"]
    return markdown_table(header, table[["option", "budget", "rhythm", "needs"]].to_numpy().tolist())


def _option_section(option: Arrangement) -> str:
    lists = [
        ("What it gives", option.gives),
        ("Risks", option.risks),
        ("To check with counsel", option.cautions),
        ("First steps", option.first_steps),
    ]
    said = [f"- {title}: {'. '.join(text.en for text in texts)}." for title, texts in lists if texts]
    return "\n".join([f"### {option.label.en}", "", option.description.en, "", *said])


def _post_costs(costs: Costs) -> str:
    options = load_arrangements()
    table = cost_table(options, costs).dropna(subset=["salary_keur"])
    header = ["Option", *(f"€{_NUMBERS.number(salary)}k gross" for salary in costs.salary_grid)]
    rows = []
    for name, part in table.groupby("arrangement", sort=False):
        cells = [_money_range(row.cost_low_keur, row.cost_high_keur) for row in rows_of(part)]
        paid = " (already paid)" if part["already_paid"].all() else ""
        rows.append([options.label(str(name), "en") + paid, *cells])
    return markdown_table(header, rows)


def _money_range(low: float, high: float) -> str:
    ends = list(dict.fromkeys(_NUMBERS.money(end) for end in (low, high)))
    return " to ".join(ends)


def _grid(table: pd.DataFrame, first: str, *, decimals: int) -> str:
    header = [first, *(f"€{_NUMBERS.number(float(rate))} a day" for rate in table.columns)]
    rows = [
        [_NUMBERS.number(float(name)), *(_NUMBERS.number(value, decimals) for value in values)]
        for name, values in zip(table.index.tolist(), table.to_numpy().tolist(), strict=True)
    ]
    return markdown_table(header, rows)


def _figures(options: Iterable[Arrangement], costs: Costs) -> str:
    named = [(entry.label.en, entry.figure) for entry in costs.entries]
    for option in options:
        for name, figure in (option.needs | option.limits).items():
            named.append((f"{option.label.en}: {name.replace('_', ' ')}", figure))
    header = ["Figure", "Value", "Unit", "Date", "Status", "Source"]
    return markdown_table(header, [[label, *_figure_cells(figure)] for label, figure in named])


def _figure_cells(figure: Figure) -> list[str]:
    status = figure.status if figure.primary else f"{figure.status}, secondary"
    return [f"{figure.value:g}", figure.unit, figure.date, status, figure.source]


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a Markdown table; bars in cells are escaped.

    Examples
    --------
    >>> print(markdown_table(["a", "b"], [["1", "x|y"]]))
    | a | b |
    | --- | --- |
    | 1 | x\|y |
    """
    lines = [list(header), ["---"] * len(header), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_pages(folder: Path) -> list[Path]:
    """Write the pages to `folder` and return their paths."""
    pages = {"arrangements": arrangements_page(), "claims": claims_page()}
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return [folder / f"{name}.md" for name in pages]


if __name__ == "__main__":
    for path in write_pages(Path(sys.argv[1])):
        print(path)
