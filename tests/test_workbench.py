"""What surrounds the analysis: the launcher's tiles, working copies, study folders, what is refused and how."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from cdo_analysis.cli import main
from cdo_analysis.errors import PublishError, UsageError
from cdo_analysis.resources import notebooks_dir
from cdo_analysis.workbench import (
    Listening,
    copy_notebooks,
    load_tiles,
    make_study_folder,
    prepare_notebook,
    start_pages,
)
from cdo_analysis.workbench.jupyter import lab_environment, refuse_root
from cdo_analysis.workbench.served import check_listening

OTHERS = sorted([*notebooks_dir().glob("start/*.ipynb"), *notebooks_dir().glob("app/*.ipynb")])
SOURCES = Path(__file__).resolve().parents[1] / "src"
IS_ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def _run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.output


# --- tiles and copies -------------------------------------------------------------------------------------------------


def test_the_launcher_offers_the_work_first_and_then_what_teaches() -> None:
    tiles = load_tiles()
    work = [tile.name for tile in tiles if tile.section == "Enquête numérique"]
    wanted = ["importer-un-fichier", "qualite", "panorama", "recommandation-cdo", "exemple"]
    assert [name for name in work if name in wanted] == wanted
    assert len({tile.name for tile in tiles}) == len(tiles)
    assert {tile.notebook for tile in tiles} == set(notebooks_dir().rglob("*.ipynb")), "every notebook has its tile"


def test_each_tile_has_a_picture_that_is_drawn_and_asks_for_nothing() -> None:
    for tile in load_tiles():
        assert tile.icon.startswith("<svg ")
        assert "href" not in tile.icon
        assert "<script" not in tile.icon


def test_what_jupyterlab_reads_holds_every_tile_and_its_notebook(tmp_path: Path) -> None:
    variables = lab_environment(tmp_path, study="/etudes/été")
    extension = tmp_path / "data" / "labextensions" / "cdo-analysis"
    assert variables["JUPYTER_PATH"].split(os.pathsep)[0] == str(tmp_path / "data")
    load = json.loads((extension / "package.json").read_text())["jupyterlab"]["_build"]["load"]
    assert (extension / load).is_file()
    tiles = json.loads((extension / "static" / "tiles.json").read_text(encoding="utf-8"))
    assert [tile["name"] for tile in tiles] == [tile.name for tile in load_tiles()]
    assert max(tile["sectionRank"] for tile in tiles) < 0, "before JupyterLab's own sections"
    panorama = json.loads((extension / "static" / "panorama.ipynb").read_text(encoding="utf-8"))
    parameters = next(cell for cell in panorama["cells"] if "parameters" in cell["metadata"].get("tags", []))
    assert 'study: str = "/etudes/été"' in "".join(parameters["source"])


def test_a_notebook_is_copied_as_it_is_where_no_study_is_named() -> None:
    for notebook in notebooks_dir().rglob("*.ipynb"):
        assert json.loads(prepare_notebook(notebook)) == json.loads(notebook.read_text(encoding="utf-8"))


def test_what_jupyter_keeps_beside_notebooks_is_not_copied(tmp_path: Path) -> None:
    made = copy_notebooks(tmp_path)
    assert tmp_path / "start" / "import.ipynb" in made
    assert not [path for path in made if ".ipynb_checkpoints" in path.parts]
    assert copy_notebooks(tmp_path) == [], "what is there stays"


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_a_notebook_of_the_launcher_is_thin_and_stripped(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert sum("parameters" in cell.metadata.get("tags", []) for cell in code) == 1
    for cell in code:
        assert (cell.outputs, cell.execution_count) == ([], None)
        assert len(cell.source.splitlines()) <= 6, cell.source
        nodes = list(ast.walk(ast.parse(cell.source)))
        logic = ast.FunctionDef | ast.ClassDef | ast.For | ast.While | ast.If
        assert not any(isinstance(node, logic) for node in nodes)
        modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
        modules |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
        assert modules <= {"cdo_analysis", "typing"}


@pytest.mark.slow
def test_the_import_notebook_goes_from_the_export_to_the_reports(tmp_path: Path) -> None:
    import papermill

    out = tmp_path / "out.ipynb"
    source = str(notebooks_dir() / "start" / "import.ipynb")
    papermill.execute_notebook(source, str(out), kernel_name="python3", cwd=str(tmp_path), progress_bar=False)
    assert (tmp_path / "etude" / "study.json").is_file()
    assert len(list((tmp_path / "rapports").glob("*.html"))) == 4, "three reports and their index"


# --- study folders ----------------------------------------------------------------------------------------------------


def test_a_study_folder_has_notebooks_places_and_a_page_that_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "mon étude"
    code, said = _run("init", str(folder))
    assert code == 0
    assert str(folder / "notebooks" / "panorama.ipynb") in said
    for name in ("LISEZMOI.md", ".gitignore", "data/LISEZMOI.md", "questionnaire/LISEZMOI.md", "notebooks/learn"):
        assert (folder / name).exists(), name


def test_git_keeps_raw_data_and_reports_out_and_the_rest_in(tmp_path: Path) -> None:
    folder = tmp_path / "etude"
    make_study_folder(folder)
    hidden = ["data/export.csv", "data/brut.sav", "reports/panorama.html", "etude/study.json", "notes.xlsx", "sel.key"]
    kept = ["data/LISEZMOI.md", "questionnaire/mien.toml", "notebooks/panorama.ipynb", "LISEZMOI.md"]
    for name in [*hidden, *kept]:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
    listed = subprocess.run(
        ["git", "-C", str(folder), "ls-files", "--others", "--exclude-standard", "-z"],
        capture_output=True, text=True, check=True,
    ).stdout.split("\0")  # fmt: skip
    assert [name for name in hidden if name in listed] == []
    assert [name for name in kept if name not in listed] == []


def test_the_commands_that_the_folder_names_exist(tmp_path: Path) -> None:
    make_study_folder(tmp_path / "e")
    pages = "\n".join(page.read_text(encoding="utf-8") for page in (tmp_path / "e").rglob("LISEZMOI.md"))
    named = [line.split("#")[0].split() for line in pages.splitlines() if line.startswith("cdo-analysis ")]
    assert len(named) > 8
    for _, *words in named:
        depth = 2 if words[0] == "codebook" else 1
        code, said = _run(*words[:depth], "--help")
        assert code == 0, words
        assert [word for word in words if word.startswith("--") and word not in said] == []


@pytest.mark.parametrize("what", ["full", "file"])
def test_a_study_folder_overwrites_nothing(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "e"
    if what == "full":
        folder.mkdir()
        (folder / "mine.txt").write_text("mine")
    else:
        folder.write_text("mine")
    code, said = _run("init", str(folder))
    assert code == PublishError.exit_code
    assert said.count("\n") == 1
    assert "name a new folder" in said
    assert (folder / "mine.txt" if what == "full" else folder).read_text() == "mine"


# --- JupyterLab and Voilà ---------------------------------------------------------------------------------------------


@pytest.mark.skipif(not IS_ROOT, reason="only root is refused")
def test_root_is_refused_in_one_sentence_that_says_how_to_go_on() -> None:
    code, said = _run("lab", "--", "--no-browser")
    assert code == UsageError.exit_code
    assert said.count("\n") == 1
    assert "cdo-analysis lab -- --allow-root" in said
    refuse_root(["--no-browser", "--allow-root"])


@pytest.mark.parametrize("ip", ["0.0.0.0", "192.168.1.10", "::", "exemple.fr", ""])
def test_an_address_that_others_reach_needs_a_token(ip: str) -> None:
    with pytest.raises(UsageError, match="can be reached from other machines"):
        check_listening(Listening(ip))
    check_listening(Listening(ip, token="x" * 16))


@pytest.mark.parametrize("ip", ["127.0.0.1", "::1", "localhost", "127.1.2.3"])
def test_the_loopback_needs_none(ip: str) -> None:
    check_listening(Listening(ip))


def test_a_token_that_can_be_guessed_is_refused(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    code, said = _run("serve", "--ip", "0.0.0.0", "--token-file", str(tmp_path / "token"))
    assert code == UsageError.exit_code
    assert "the token has 6 characters" in said
    code, said = _run("serve", "--token-file", str(tmp_path / "absent"))
    assert code == UsageError.exit_code
    assert "name the file that holds the token" in said


def test_without_voila_one_sentence_says_what_to_install() -> None:
    """A name that is None in ``sys.modules`` is what Python has for a module that cannot be imported."""
    code = "import sys; sys.modules['voila'] = None; from cdo_analysis.cli import main; main(['serve'])"
    env = {**os.environ, "PYTHONPATH": str(SOURCES)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == UsageError.exit_code
    assert done.stderr.count("\n") == 1
    assert "cdo-analysis[serve]" in done.stderr


def test_pages_are_refused_before_anything_is_started() -> None:
    with pytest.raises(UsageError):
        start_pages(Listening("0.0.0.0"))
