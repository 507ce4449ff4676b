"""The workbench in cells: the import card, how objects look, the explorer, the simulator; all without a browser."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest

import cdo_analysis as cdo
from cdo_analysis.disclosure import PROFILES, flag_cross_table
from cdo_analysis.errors import InputError, PublishError, UsageError
from cdo_analysis.exhibits import View, cross_table, crossing, variables, view
from cdo_analysis.intake import RULES, Survey, read_firm, read_survey
from cdo_analysis.lab import edits_for, explorer, import_card, simulator, start_trial
from cdo_analysis.lab.mending import mend_for
from cdo_analysis.lab.trial import save_variant, write_variant_sheet
from cdo_analysis.pipeline import with_firm
from cdo_analysis.resources import sample_dir
from cdo_analysis.study import Study

EXPORT = sample_dir() / "enquete-cdo-2026.csv"
ALLOWED = {"div", "h3", "h4", "p", "strong", "small", "br", "table", "caption", "thead", "tbody", "tr", "th", "td"}
ALLOWED |= {"code", "img", "em"}
TODAY = date(2026, 11, 24)


@pytest.fixture(scope="module")
def survey() -> Survey:
    return read_survey(EXPORT, "cdo-2026")


@pytest.fixture(scope="module")
def seen(sample_study: Study) -> View:
    return view(sample_study)


class _Tags(HTMLParser):
    """Which elements and attributes HTML is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags, self.names, self.alts = set[str](), set[str](), list[str]()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self.alts += [value or "" for name, value in attrs if name == "alt"]


# --- the import card -----------------------------------------------------------------------------------------


def test_the_card_says_what_the_file_is_in_80_columns(survey: Survey) -> None:
    data, _ = survey._repr_mimebundle_()
    text = data["text/plain"].replace("\u00a0", " ").replace("\u202f", " ")
    assert max(len(line) for line in text.splitlines()) <= 80
    assert text.startswith("enquete-cdo-2026.csv : 450 répondants")
    for said in ("450 gardés sur 463 reçus", "226 reconnues sur 226", "cp1252", "séparateur « ; »", "virgule", "98 ("):
        assert said in " ".join(text.split())
    assert 20 < len(text.splitlines()) < 90, "a card, not a dump"


def test_the_card_sorts_problems_and_says_what_mends_each(survey: Survey) -> None:
    table = import_card(survey).table
    assert table is not None
    severities = [row[0] for row in table.rows]
    assert severities == sorted(severities, key=["bloquant", "important", "information"].index)
    mended = {row[4] for row in table.rows}
    assert 'edits = cdo.lab.edits_for(survey, "interval_for_number")' in mended
    assert len(table.rows) == 14
    assert any("3 autres sortes" in text for text in import_card(survey).paragraphs)


@pytest.mark.parametrize("rule", ["interval_for_number", "siren_wrong_key", "speeder", "out_of_range"])
def test_the_line_of_code_mends_what_it_stands_beside(survey: Survey, rule: str) -> None:
    space: dict[str, object] = {"cdo": cdo, "survey": survey}
    exec(mend_for(survey, rule).line, space)
    edits = space["edits"]
    assert isinstance(edits, pd.DataFrame)
    again = read_survey(EXPORT, "cdo-2026", edits=edits)
    assert rule in set(survey.issues["rule"])
    left = again.issues[again.issues["rule"].eq(rule)]
    assert left.empty or not set(left["respondent"]) & set(edits["respondent"])
    assert set(edits["reason"]) == {rule}


def test_a_rule_that_edits_do_not_mend_is_refused_with_those_that_they_do(survey: Survey) -> None:
    with pytest.raises(UsageError, match="no problem 'speed' that edits mend; did you mean 'speeder'"):
        edits_for(survey, "speed")


def test_lines_for_the_codebook_are_toml_whatever_the_header_says(tmp_path: Path) -> None:
    header = '<script>alert("1")</script>'
    lines = EXPORT.read_text(encoding="cp1252").splitlines()[:30]
    quoted = header.replace('"', '""')
    path = tmp_path / "hostile.csv"
    path.write_text("\n".join([f'{lines[0]};"{quoted}"', *(f"{line};x" for line in lines[1:])]), encoding="utf-8")
    read = read_survey(path, "cdo-2026")
    mend = mend_for(read, "unknown_column")
    assert mend.where == "codebook"
    assert tomllib.loads(mend.line) == {"column": header}
    html = read._repr_mimebundle_()[0]["text/html"]
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_every_rule_has_a_label_and_no_mend_that_is_not_code(survey: Survey) -> None:
    for rule in RULES:
        line = mend_for(survey, rule).line
        assert line == "" or line.startswith(("edits = ", "column = ", "personal = ", "options = ", "{ code = "))


# --- how objects look ----------------------------------------------------------------------------------------


def _shown(sample_study: Study, survey: Survey) -> Iterator[object]:
    seen = view(sample_study)
    yield from (survey, sample_study, sample_study.codebook, seen, seen.advice)
    yield cdo.score_maturity(survey.responses, survey.codebook)
    yield start_trial(language="fr").after


@pytest.mark.parametrize("language", ["fr", "en"])
def test_objects_show_few_lines_of_80_columns_and_html_that_no_sanitiser_touches(
    sample_study: Study, survey: Survey, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDO_ANALYSIS_LANGUAGE", language)
    for shown in _shown(sample_study, survey):
        data, _ = shown._repr_mimebundle_()  # type: ignore[attr-defined]
        lines = data["text/plain"].splitlines()
        assert max(map(len, lines)) <= 80, shown
        assert len(lines) < 90, shown
        found = _Tags(data["text/html"])
        assert found.tags <= ALLOWED, shown
        assert found.names <= {"lang", "style", "scope", "src", "alt", "width"}, shown
        assert f'lang="{language}"' in data["text/html"]
        assert len(repr(shown)) < 300, "print shows no tables"


def test_a_survey_and_a_study_have_few_names_to_choose_from(sample_study: Study, survey: Survey) -> None:
    for shown in (survey, sample_study):
        assert len([name for name in dir(shown) if not name.startswith("_")]) <= 15


def test_a_mistake_is_one_sentence_and_the_traceback_comes_when_asked_again() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shown: list[list[str]] = []
    shell._showtraceback = lambda kind, value, lines: shown.append(lines)  # type: ignore[method-assign]
    shell.run_cell("import cdo_analysis\ncdo_analysis.open_study('nowhere')")
    shell.run_line_magic("tb", "")
    assert shown[0][0].startswith("InputError: nowhere is not a study")
    assert len(shown[0]) == 2
    assert any("read_study" in line for line in shown[1])


# --- progress ------------------------------------------------------------------------------------------------


_SLOW = """
import time
from cdo_analysis.progress import progress
with progress("reading", patience=0.05) as step:
    step("file")
    time.sleep(0.3)
"""


def test_progress_is_silent_where_nobody_looks() -> None:
    run = subprocess.run([sys.executable, "-c", _SLOW], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("", "")


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="there are no pseudo-terminals here")
def test_progress_shows_on_a_terminal_and_leaves_nothing() -> None:
    leader, follower = os.openpty()
    subprocess.run([sys.executable, "-c", _SLOW], stdout=subprocess.DEVNULL, stderr=follower, check=True)
    os.close(follower)
    said = os.read(leader, 10_000).decode()
    os.close(leader)
    assert "reading: file (0 s)" in said
    assert re.search(r"\r +\r$", said), "the line is blank at the end"


# --- one variable against another ----------------------------------------------------------------------------


def test_a_cell_from_which_a_filter_takes_a_few_companies_is_hidden() -> None:
    counts, published = pd.DataFrame([[40, 30], [20, 25]]), pd.DataFrame([[42, 50], [60, 65]])
    flags = flag_cross_table(counts, PROFILES["prudent"], published=published)
    assert flags.to_numpy().tolist() == [["c", "c"], ["c", "c"]], "42 - 40 gives two companies away"
    assert flag_cross_table(counts, PROFILES["prudent"]).eq("c").sum().sum() == 0


def test_the_table_is_that_of_the_reports_where_they_have_it(seen: View) -> None:
    from cdo_analysis.tables import mean_by_group

    sizes = seen.groups("size_category")
    wanted = mean_by_group(seen.scores["dma"], sizes.values, seen.design, order=sizes.order, profile=seen.profile)
    found = cross_table(seen, "dma", "size_category")
    for name in ("n", "estimate", "low", "high"):
        assert found[name].tolist() == wanted[name].tolist()


def test_a_filter_that_leaves_nobody_or_too_few_says_so_and_shows_nothing(seen: View) -> None:
    regions = seen.responses["region"].value_counts()
    rare = str(regions[regions < 5].index[0])
    assert cross_table(seen, "dma", "sector", where={"region": rare}).empty
    assert "Moins de 5 entreprises" in crossing(seen, "dma", "sector", where={"region": rare}).to_text()
    nobody = {"sector": "agriculture", "region": rare, "size_category": "eti"}
    assert "Aucune entreprise" in crossing(seen, "dma", "sector", where=nobody).to_text()


def test_a_filter_that_leaves_out_too_few_is_refused(seen: View) -> None:
    counts = seen.responses["region"].value_counts()
    assert seen.responses["region"].notna().all()
    few = next(code for code, n in counts.items() if n < 5)
    rest = {"region": [str(code) for code in counts.index if code != few]}
    assert "n'écartent que quelques entreprises" in crossing(seen, "dma", "sector", where=rest).to_text()
    assert cross_table(seen, "dma", "sector", where=rest).empty


def test_groups_of_which_a_filter_leaves_nobody_have_no_row(seen: View) -> None:
    where = {"sector": ["industry", "trade"]}
    assert cross_table(seen, "dma", "sector", where=where)["group"].tolist() == ["industry", "trade"]
    shares = cross_table(seen, "dii_band", "sector", where=where)
    assert list(dict.fromkeys(shares["group"])) == ["industry", "trade"]


def test_everything_can_be_crossed_with_everything_that_is_listed(seen: View) -> None:
    listed = variables(seen)
    assert len(listed) > 150
    names = [variable.name for variable in listed]
    assert len(set(names)) == len(names)
    assert {"dma", "profile", "dii_band", "size_category", "sector", "headcount"} <= set(names)
    assert not {"siren", "company_name", "comment", "contact_email", "submitted_at"} & set(names)
    for measure, by in (("profile", "headcount"), ("headcount", "dii_band"), ("sector", "region"), ("dii_erp", "dma")):
        exhibit = crossing(seen, measure, by)
        assert exhibit.table is not None
        assert exhibit.axes is None or len(exhibit.alt) > 40


def test_the_classes_of_a_number_are_cut_at_round_numbers(seen: View) -> None:
    from cdo_analysis.exhibits.variables import number_classes

    cuts = [float(text.replace(",", ".")) for label in number_classes(seen, "turnover_keur").labels.values()
            for text in re.findall(r"[\d,]+", label.replace("\u202f", ""))]  # fmt: skip
    assert cuts
    assert all(float(f"{cut:.2g}") == cut for cut in cuts)


def test_an_unknown_name_is_one_sentence_with_the_nearest(seen: View) -> None:
    with pytest.raises(UsageError, match=r"nothing called 'secteur' .*did you mean 'sector'"):
        cross_table(seen, "dma", "secteur")
    with pytest.raises(UsageError, match="'sector' has no answer 'industrie'; did you mean 'industry'"):
        cross_table(seen, "dma", "region", where={"sector": "industrie"})


# --- the explorer --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measure", "by", "where"),
    [
        ("dma", "sector", {}),
        ("profile", "life_cycle", {"sector": ["industry", "trade"]}),
        ("headcount", "", {"size_category": ["eti"]}),
        ("dii_band", "cdo_budget_keur", {}),
    ],
)
def test_the_equivalent_code_gives_the_table_that_is_shown(
    sample_study: Study, measure: str, by: str, where: dict[str, list[str]]
) -> None:
    shown = explorer(sample_study)
    shown.choose(measure=measure, by=by, where=where)
    space: dict[str, object] = {}
    exec(shown.code, space)
    table = space["table"]
    assert isinstance(table, pd.DataFrame)
    pd.testing.assert_frame_equal(table, shown.table)
    assert 'open_study("sample")' in shown.code


def test_controls_change_the_table_the_wording_and_the_code(sample_study: Study) -> None:
    shown = explorer(sample_study)
    controls = shown._controls
    controls.search.value = "budget"
    assert {"cdo_budget_keur", "digital_budget_keur"} <= {name for _, name in controls.by.options}
    assert "profile" not in {name for _, name in controls.by.options}
    controls.by.value = "cdo_budget_keur"
    controls.filters["sector"].value = ("industry",)
    assert (shown.by, shown.where) == ("cdo_budget_keur", {"sector": ["industry"]})
    assert "consacrer au maximum par an" in controls.wording.value
    assert "where = {'sector': ['industry']}" in controls.code.value
    controls.clear.click()
    assert shown.where == {}
    assert shown.panel.title.startswith("Maturité numérique")
    controls.search.value = "zzzz"
    assert "aucune question" in controls.found.value


def test_the_explorer_is_read_without_a_kernel_and_without_trust(sample_study: Study) -> None:
    shown = explorer(sample_study)
    data, about = shown.panel.bundle()
    found = _Tags(data["text/html"])
    assert found.tags <= ALLOWED
    assert {"img", "table"} <= found.tags
    assert len(found.alts[0]) > 60
    assert about["image/png"]["alt"] == found.alts[0]
    assert "PME (hors micro)" in data["text/plain"]
    assert max(map(len, data["text/plain"].splitlines())) <= 80


def test_the_explorer_says_whom_it_is_for(sample_study: Study) -> None:
    head = explorer(sample_study)._controls.box.children[1].value
    assert "Pour l&#x27;analyste qui détient les réponses" in head


# --- the simulator -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def company(sample_study: Study) -> str:
    return str(sample_study.table("responses").index[3])


def test_a_respondent_seen_as_a_company_is_advised_as_in_the_study(sample_study: Study, company: str) -> None:
    found = start_trial(sample_study, company=company).recommendation
    wanted = sample_study.table("recommendation").loc[company]
    for name in ("state", "first", "second", "n_options", "deciding", "observed_top", "estimated_agreement"):
        assert found[name] == wanted[name]


def test_an_obstacle_that_a_new_answer_removes_is_gone(sample_study: Study) -> None:
    obstacles = sample_study.table("advice_obstacles")
    failing = obstacles[obstacles["state"].eq("fails")]
    counts = failing.groupby("firm")["rule"].nunique()
    firm = str(counts[counts.eq(1)].index[0])
    generous = {"cdo_budget_keur": 400, "web_team_fte": 5, "leader_hours_week": 20}
    trial = start_trial(sample_study, company=firm).with_answers(generous)
    left = trial.view.study.table("advice_obstacles")
    assert left[left["firm"].eq(firm)].empty
    assert trial.view.advice.feasible.loc[firm].all()


def test_what_would_change_the_answer_changes_it(sample_study: Study) -> None:
    from cdo_analysis.cdo import what_would_change

    for firm in sample_study.table("responses").index[:12]:
        trial = start_trial(sample_study, company=str(firm))
        view = trial.view
        moves = what_would_change(view.advice, view.rules, view.arrangements, trial.id)
        move = next((m for m in moves if view.rules[m.criterion].item), None)
        if move is None:
            continue
        after = trial.with_answers({view.rules[move.criterion].item: move.after})
        shares = after.view.advice.acceptability.loc[trial.id]
        assert shares.idxmax() == move.arrangement
        return
    pytest.fail("no company has an answer that would change its advice")


def test_the_study_is_left_as_it_was(sample_study: Study, company: str) -> None:
    before = sample_study.table("recommendation")
    trial = start_trial(sample_study, company=company).with_answers({"cdo_budget_keur": 300})
    assert trial.recommendation
    pd.testing.assert_frame_equal(sample_study.table("recommendation"), before)
    assert company not in trial.view.study.table("comparable").index[:-1]


def test_controls_give_the_trial_and_the_summary_says_what_was_changed(sample_study: Study, company: str) -> None:
    shown = simulator(sample_study, company=company)
    controls = shown._controls
    controls.answers["web_team_fte"].value = "3,5"
    controls.answers["roadmap"].value = "followed"
    assert set(shown.trial.changed) == {"web_team_fte", "roadmap"}
    assert shown.trial.after.answer("web_team_fte") == 3.5
    assert "Réponses changées\u00a0: 2" in controls.summary.value
    assert {"answer", "advised", "observed", "estimated", "reasons"} <= set(shown.panels)
    for kind, word in (("advised", "Conseillé"), ("observed", "Constaté"), ("estimated", "Estimé sous hypothèses")):
        assert shown.panels[kind].title.startswith(word)
    controls.answers["web_team_fte"].value = "beaucoup"
    assert "Réponse illisible" in controls.message.value
    assert shown.trial.after.answer("web_team_fte") == 3.5, "what cannot be read changes nothing"
    controls.back.click()
    assert shown.trial.changed == ()
    assert controls.answers["roadmap"].value != "followed"


def test_a_served_page_writes_nothing_where_it_runs_and_gives_the_files_instead(
    sample_study: Study, company: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.8")
    monkeypatch.chdir(tmp_path)
    shown = simulator(sample_study, company=company)
    controls = shown._controls
    controls.file.value = "../outside.toml"
    controls.author.value, controls.note.value = "Ana", "essai"
    controls.keep.click()
    found = re.search(r'download="outside\.toml" href="data:[^"]*base64,([^"]+)"', controls.message.value)
    assert found
    assert b'author = "Ana"' in base64.b64decode(found[1])
    assert list(tmp_path.parent.glob("outside*")) == list(tmp_path.iterdir()) == []
    area = shown._areas["advised"].widget
    assert area is not None
    assert "<img " in area.value, "no output of a cell changes on such a page"


def test_without_a_study_the_rules_alone_advise_and_say_so() -> None:
    shown = simulator(answers=Path(__file__).parents[1] / "data" / "examples" / "02-mecanique.toml")
    assert "pas d'étude à côté" in shown.panels["observed"].title
    assert shown.panels["advised"].image


def test_a_variant_is_kept_with_its_author_and_read_again(sample_study: Study, company: str, tmp_path: Path) -> None:
    trial = start_trial(sample_study, company=company).with_answers({"cdo_budget_keur": 90, "roadmap": "written"})
    first = save_variant(trial, tmp_path / "variante.toml", author="Ana", note="budget doublé ?", day=TODAY)
    second = save_variant(trial, tmp_path / "variante.toml", author="Ana", note="encore", day=TODAY)
    assert (first.name, second.name) == ("variante.toml", "variante-2.toml")
    about = tomllib.loads(first.read_text(encoding="utf-8"))["about"]
    changed = ["cdo_budget_keur", "roadmap"]
    assert sorted(about.pop("changed")) == changed
    assert about == {"author": "Ana", "date": TODAY, "note": "budget doublé ?"}
    firm = read_firm(first, beside=sample_study.codebook)
    row = with_firm(sample_study, firm).table("recommendation").loc[firm.id]
    assert row["first"] == trial.recommendation["first"]
    sheet = write_variant_sheet(trial, first)
    assert sheet.name == "variante.docx"
    assert sheet.stat().st_size > 10_000


def test_a_variant_never_enters_the_study_and_never_goes_unsigned(sample_study: Study, tmp_path: Path) -> None:
    trial = start_trial(sample_study)
    with pytest.raises(PublishError, match="would stand in the study"):
        save_variant(trial, sample_study.folder / "v.toml", author="A", note="b", day=TODAY)
    with pytest.raises(UsageError, match="author and a note"):
        save_variant(trial, tmp_path / "v.toml", author="A", note=" ", day=TODAY)
    with pytest.raises(UsageError, match=r"end it in \.toml"):
        save_variant(trial, tmp_path / "v.txt", author="A", note="b", day=TODAY)


def test_answers_that_cannot_be_are_told_at_once(sample_study: Study, company: str) -> None:
    trial = start_trial(sample_study, company=company)
    with pytest.raises(InputError, match=r"2 answers that cannot be used.*cdo_budget_keur.*roadmap"):
        trial.with_answers({"cdo_budget_keur": "beaucoup", "roadmap": "peut-être"})
    with pytest.raises(UsageError, match="does not ask 'budget'"):
        trial.with_answers({"budget": 3})
    with pytest.raises(UsageError, match="no company 'nobody'"):
        start_trial(sample_study, company="nobody")


# --- for those who write no code -----------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", ["explorer", "simulator"])
def test_a_page_without_code_runs_under_plain_papermill_and_stays_readable(
    sample_study: Study, tmp_path: Path, name: str
) -> None:
    import nbformat
    import papermill

    from cdo_analysis.resources import notebooks_dir

    source, made = notebooks_dir() / "app" / f"{name}.ipynb", tmp_path / "made.ipynb"
    papermill.execute_notebook(str(source), str(made), parameters={"study": str(sample_study.folder)}, log_output=False)
    outputs = nbformat.read(made, as_version=4).cells[-1].outputs
    assert all(output.output_type == "display_data" for output in outputs), "no progress, no warning, no error"
    assert "text/html" in outputs[0].data
    assert any("<table>" in output.data.get("text/html", "") for output in outputs[1:])
    assert name == "simulator" or "image/png" in outputs[1].data


def _said_by_kernel(client: object, *, someone_is_there: bool) -> list[tuple[str, str]]:
    """Run slow work in a kernel; return what it showed, and how: the kind of message, its text."""
    said: list[tuple[str, str]] = []

    def heard(message: dict) -> None:
        if message["msg_type"] in ("display_data", "update_display_data", "stream", "error"):
            content = message["content"]
            said.append((message["msg_type"], content.get("data", {}).get("text/plain", content.get("text", ""))))

    client.execute_interactive(_SLOW, allow_stdin=someone_is_there, output_hook=heard, timeout=60)  # type: ignore[attr-defined]
    return said


@pytest.mark.slow
def test_progress_in_a_cell_goes_when_it_is_done_and_is_not_in_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_client.manager import start_new_kernel

    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1] / "src"))
    manager, client = start_new_kernel(kernel_name="python3")
    try:
        shown = _said_by_kernel(client, someone_is_there=True)
        assert shown[0] == ("display_data", "reading: file (0 s)")
        assert shown[-1] == ("update_display_data", "")
        assert _said_by_kernel(client, someone_is_there=False) == [], "papermill, nbclient and Voilà ask for nothing"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
