"""The explorer: filters, what is measured, what by; the table and the figure that a report could show; the code of it.

The controls only choose. What they choose is given to :func:`~cdo_analysis.exhibits.cross_table`, and the code beside
them is that very call.
"""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets
import pandas as pd

from cdo_analysis.codebook import Item
from cdo_analysis.disclosure import DEFAULT
from cdo_analysis.exhibits import Variable, View, cross_table, crossing, variables, view
from cdo_analysis.exhibits.cross_table import kept_by
from cdo_analysis.exhibits.variables import SIZE, find_variable, groups_of
from cdo_analysis.lab.area import Area, show
from cdo_analysis.lab.controls import columns, head, labelled, said, styled, text
from cdo_analysis.lab.panel import Panel, panel_of
from cdo_analysis.pipeline import study_call
from cdo_analysis.study import Study

_MOST_ANSWERS = 12
_LIST_ROWS = 9


def explorer(study: Study | str, *, language: str = "fr", disclosure: str = DEFAULT) -> Explorer:
    """Show a study to be explored: scores and groups against any question, filtered, weighted, with hidden cells.

    Parameters
    ----------
    study : Study or str
        An open study, a folder, or ``"sample"``.
    language : {'fr', 'en'}
    disclosure : {'insee', 'prudent', 'opensafely'}
        What is hidden, as in the reports.

    Returns
    -------
    Explorer
        The last line of a cell shows it. :attr:`Explorer.table` is the table at hand, :attr:`Explorer.code` the code
        that gives it.

    Raises
    ------
    UsageError
        There is no such language or disclosure profile.

    Examples
    --------
    >>> shown = explorer("sample", language="en")
    >>> shown.choose(measure="dma", by="size_category")
    >>> shown.table[["group", "n"]].values.tolist()
    [['pme', 351], ['eti', 59]]
    """
    from cdo_analysis.pipeline import open_study

    opened = study if isinstance(study, Study) else open_study(study)
    return Explorer(view(opened, language=language, disclosure=disclosure))


class Explorer:
    """Controls that choose, and the table that follows; see :func:`explorer`.

    Attributes
    ----------
    view : View
    measure, by : str
        What is measured, and what makes the groups.
    where : dict of str to list of str
        The filters.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.known = {variable.name: variable for variable in variables(view)}
        self.measure, self.by, self.where = self._first(), self._first_groups(), dict[str, list[str]]()
        self._area, self._opening = Area(), study_call(view.study)
        self._controls = _Controls(self)
        self._show()

    def _first(self) -> str:
        main = self.view.main
        return main.id if main is not None else next(iter(self.known))

    def _first_groups(self) -> str:
        return SIZE if len(groups_of(self.view, SIZE).order) > 1 else ""

    @property
    def table(self) -> pd.DataFrame:
        """The table at hand: see :func:`~cdo_analysis.exhibits.cross_table`."""
        return cross_table(self.view, self.measure, self.by, where=self.where or None)

    @property
    def panel(self) -> Panel:
        """What is shown of it."""
        assert self._area.panel is not None
        return self._area.panel

    @property
    def code(self) -> str:
        """Code that gives the table at hand, and shows it."""
        call = f'view, "{self.measure}", "{self.by}"'
        filters = f"where = {self.where!r}" if self.where else ""
        given = ", where=where" if self.where else ""
        lines = [
            "import cdo_analysis as cdo",
            "",
            f"study = cdo.{self._opening}",
            f'view = cdo.view(study, language="{self.view.language}", disclosure="{self.view.profile.id}")',
            *([filters] if filters else []),
            f"table = cdo.lab.cross_table({call}{given})",
            f"cdo.lab.crossing({call}{given})",
        ]
        return "\n".join(lines)

    def choose(self, *, measure: str = "", by: str | None = None, where: dict[str, list[str]] | None = None) -> None:
        """Choose by name what the controls choose by hand; what is not given stays.

        Parameters
        ----------
        measure, by : str
            Names of :func:`~cdo_analysis.exhibits.variables`; an empty `by` takes all companies together.
        where : dict of str to list of str
            Filters: variable -> codes.
        """
        for name in filter(None, (measure, by)):
            find_variable(self.view, name)
        kept_by(self.view, where)
        self.measure = measure or self.measure
        self.by = self.by if by is None else by
        self.where = {name: list(codes) for name, codes in (self.where if where is None else where).items() if codes}
        self._controls.follow()
        self._show()

    def _show(self) -> None:
        self._area.put(panel_of(crossing(self.view, self.measure, self.by, where=self.where or None)))
        self._controls.tell()

    def _ipython_display_(self) -> None:
        show(self._controls.box, [self._area], self.view.say("explorer.static"))


class _Controls:
    """The controls of an explorer. They hold no result: they tell the explorer what was chosen."""

    def __init__(self, owner: Explorer) -> None:
        self.owner, self.quiet = owner, False
        say = owner.view.say
        everything = [(self._named(v), v.name) for v in owner.known.values()]
        self.measure = labelled(widgets.Dropdown, say("explorer.measure"), options=everything, value=owner.measure)
        self.search = labelled(
            widgets.Text, say("explorer.search"), placeholder=say("explorer.search_hint"), continuous_update=True
        )
        self.by = labelled(widgets.Select, say("explorer.by"), options=self._found(""), value=owner.by, rows=_LIST_ROWS)
        self.filters = {name: self._filter(name) for name in self._filtered()}
        self.clear = widgets.Button(description=say("explorer.clear"), layout={"width": "auto"})
        self.wording, self.found = widgets.HTML(), widgets.HTML()
        self.code = labelled(
            widgets.Textarea, f"{say('explorer.code')} ({say('explorer.code_hint')})", rows=8, layout={"width": "100%"}
        )
        self.code.add_class("cdo-code")
        self.box = self._arranged()
        self._listen()

    # --- what there is to choose ---------------------------------------------------------------------------------

    def _named(self, variable: Variable) -> str:
        """Return a variable as lists have it; a question with its code, for rows that look alike."""
        section = self.owner.view.say(f"explorer.of_section_{variable.section}")
        code = f" · {variable.name}" if variable.section == "questions" else ""
        return f"{section} — {variable.label}{code}"

    def _found(self, words: str) -> list[tuple[str, str]]:
        """Return all companies together, what is chosen, and what has all the words that are looked for."""
        looked, owner = words.casefold().split(), self.owner
        found = [(owner.view.say("explorer.all"), "")]
        for variable in owner.known.values():
            where = self._searched_in(variable) if looked else ""
            if variable.name == owner.by or all(word in where for word in looked):
                found.append((self._named(variable), variable.name))
        return found

    def _searched_in(self, variable: Variable) -> str:
        view, asked = self.owner.view, ""
        if variable.name in view.book:
            asked = view.book[variable.name].wording(view.language)
        return f"{self._named(variable)} {asked}".casefold()

    def _filtered(self) -> list[str]:
        roles = self.owner.view.book.roles
        names = [SIZE, *filter(None, (roles.sector, roles.region))]
        return [name for name in names if name in self.owner.known and len(groups_of(self.owner.view, name).order) > 1]

    def _filter(self, name: str) -> widgets.SelectMultiple:
        groups = groups_of(self.owner.view, name)
        options = [(groups.labels[code], code) for code in groups.order]
        return labelled(
            widgets.SelectMultiple, self.owner.known[name].label, options=options, rows=min(len(options), 6)
        )

    def _arranged(self) -> widgets.VBox:
        say, view = self.owner.view.say, self.owner.view
        title = f"{say('explorer.heading')} — {view.book.title.of(view.language)}"
        top = head(say, title, say("explorer.for_analysts", reliable=view.profile.reliable))
        hint = widgets.HTML(text(said(say, f"{say('explorer.filters')} : {say('explorer.filters_hint')}")))
        left = widgets.VBox([self.measure, self.search, self.found, self.by])
        right = widgets.VBox([hint, *self.filters.values(), self.clear])
        for part in (left, right):
            part.layout.min_width = "0"
        return styled([top, columns(left, right, widths=("minmax(0, 3fr)", "minmax(0, 2fr)")), self.wording, self.code])

    # --- from the hand to the explorer ------------------------------------------------------------------------------

    def _listen(self) -> None:
        for control in (self.measure, self.by, *self.filters.values()):
            control.observe(self._chosen, names="value")
        self.search.observe(self._searched, names="value")
        self.clear.on_click(self._cleared)

    def _chosen(self, _: Any) -> None:
        if not self.quiet:
            where = {name: list(control.value) for name, control in self.filters.items() if control.value}
            self.owner.measure, self.owner.by, self.owner.where = self.measure.value, self.by.value or "", where
            self.owner._show()

    def _searched(self, change: Any) -> None:
        found = self._found(change["new"])
        self._quietly(self.by, options=found, value=self.owner.by)
        say = self.owner.view.say
        nothing = len(found) <= 1 + bool(self.owner.by) and change["new"].strip()
        self.found.value = text(said(say, say("explorer.nothing_found")), "cdo-wrong") if nothing else ""

    def _cleared(self, _: Any) -> None:
        for control in self.filters.values():
            self._quietly(control, value=())
        self._chosen(None)

    # --- from the explorer to the page ------------------------------------------------------------------------------

    def follow(self) -> None:
        """Set the controls on what was chosen by name."""
        self._quietly(self.measure, value=self.owner.measure)
        self._quietly(self.by, options=self._found(self.search.value), value=self.owner.by)
        for name, control in self.filters.items():
            self._quietly(control, value=tuple(self.owner.where.get(name, ())))

    def _quietly(self, control: Any, **fields: Any) -> None:
        self.quiet = True
        try:
            for name, value in fields.items():
                setattr(control, name, value)
        finally:
            self.quiet = False

    def tell(self) -> None:
        """Write the wording of what was chosen, and the code."""
        chosen = dict.fromkeys(filter(None, (self.owner.measure, self.owner.by)))
        self.wording.value = "".join(self._wording(name) for name in chosen)
        self.code.value = self.owner.code

    def _wording(self, name: str) -> str:
        view = self.owner.view
        if name not in view.book:
            return ""
        item, say = view.book[name], view.say
        asked = said(say, say("label.quoted", text=item.wording(view.language)))
        label = said(say, say("explorer.wording"))
        return text(
            f"<p><b>{label}</b> (<code>{said(say, name)}</code>)<br>{asked}<br>{said(say, self._answers(item))}</p>"
        )

    def _answers(self, item: Item) -> str:
        view = self.owner.view
        if item.kind == "number":
            return view.say("explorer.wording_number", unit=view.say.get(f"form.unit_{item.unit}"))
        labels = [answer.label.of(view.language) for answer in item.valid_answers]
        more = ["…"] if len(labels) > _MOST_ANSWERS else []
        return view.say("explorer.wording_codes", listed=view.join_parts([*labels[:_MOST_ANSWERS], *more]))
