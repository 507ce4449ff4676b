"""The checks of a machine: each is made to fail for real, in a process whose surroundings are what is wrong."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from cdo_analysis.messages import catalogue
from cdo_analysis.workbench.doctor import CHECKS, Finding, examine, tell_findings
from cdo_analysis.workbench.doctor.software import check_python

SOURCES = Path(__file__).resolve().parents[1] / "src"
UNIX = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a Unix")
ONE = "import json, sys; from cdo_analysis.workbench.doctor import CHECKS, tell_findings; {before}; "
ONE += "print(tell_findings([CHECKS[sys.argv[1]]()], language='en', as_json=True))"


def checked(name: str, env: Mapping[str, str] = {}, *, before: str = "0", **how: Any) -> dict[str, str]:
    """Run one check in a process with other variables, and return what it told."""
    surroundings = {**os.environ, "PYTHONPATH": str(SOURCES), "OMP_NUM_THREADS": "1", **env}
    command = [sys.executable, "-c", ONE.format(before=before), name]
    done = subprocess.run(command, env=surroundings, capture_output=True, timeout=120, check=True, **how)
    (told,) = json.loads(done.stdout.decode("utf-8", "replace"))["checks"]
    return told


def test_every_finding_has_its_words_in_both_languages() -> None:
    for language in ("fr", "en"):
        known = set(catalogue(language).entries)
        assert {f"doctor.{name}.{word}" for name in CHECKS for word in ("name", "ok")} <= known
        said = {key for key in known if key.startswith("doctor.") and key.count(".") == 2}
        troubles = {key for key in said if key.rpartition(".")[2] not in {"name", "ok", "other", "one"}}
        assert {f"{key}_remedy" for key in troubles if not key.endswith("_remedy")} <= known


def test_a_line_a_finding_and_a_remedy_under_what_is_not_well() -> None:
    findings = [Finding("fonts", "failed", "none"), Finding("cores", "ok", "one", {"n": "1"})]
    lines = tell_findings(findings).splitlines()
    assert lines[0].startswith("à réparer  Polices  aucune police")
    assert "→ Installez-en une : apt install" in lines[1].replace("\xa0", " ")
    assert lines[2].startswith("bien       Cœurs")
    assert lines[3].replace("\xa0", " ") == "2 vérifications : 1 à réparer, 0 à voir."
    assert json.loads(tell_findings(findings, as_json=True))["ok"] is False


def test_a_check_that_breaks_is_told_and_the_others_are_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()  # the current folder does not exist any more
    found = {one.check: one for one in examine()}
    assert list(found) == list(CHECKS)
    assert found["disk"].state == "failed"
    assert found["encoding"].state == "ok"
    assert "→" in tell_findings([found["disk"]])


def test_an_old_python_is_refused() -> None:
    assert check_python((3, 10, 14)).said == "old"
    assert check_python((3, 11, 0)).state == "ok"


def test_a_package_of_another_version_is_named(tmp_path: Path) -> None:
    fake = tmp_path / "matplotlib-9.9.dist-info"
    fake.mkdir()
    (fake / "METADATA").write_text("Metadata-Version: 2.1\nName: matplotlib\nVersion: 9.9\n")
    told = checked("packages", {"PYTHONPATH": f"{tmp_path}{os.pathsep}{SOURCES}"})
    assert told["state"] == "failed"
    assert "matplotlib 9.9 (" in told["found"]
    assert "requirements.lock" in told["remedy"]


@UNIX
@pytest.mark.parametrize("program", ["false", "absent"])
def test_a_kernel_that_does_not_start_is_told(tmp_path: Path, program: str) -> None:
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": [shutil.which(program) or f"/{program}"], "display_name": "broken", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    told = checked("kernel", {"JUPYTER_PATH": str(tmp_path)})
    assert told["state"] == "failed"
    assert "ipykernel install" in told["remedy"]


@pytest.mark.slow
def test_the_kernel_of_this_environment_starts() -> None:
    assert checked("kernel")["state"] == "ok"


@pytest.mark.skipif(sys.platform != "linux", reason="libraries are found otherwise elsewhere")
def test_a_pango_that_does_not_load_is_told_and_fonts_are_then_unknown(tmp_path: Path) -> None:
    for name in ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libgobject-2.0.so.0"):
        (tmp_path / name).write_text("no library")
    env = {"LD_LIBRARY_PATH": str(tmp_path)}
    told = checked("pdf", env)
    assert told["state"] == "failed"
    assert "apt install libpango" in told["remedy"]
    assert checked("fonts", env)["state"] == "warning"


@pytest.mark.skipif(sys.platform != "linux", reason="fonts are found otherwise elsewhere")
def test_a_machine_without_fonts_is_told(tmp_path: Path) -> None:
    (tmp_path / "fonts.conf").write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    told = checked("fonts", {"FONTCONFIG_FILE": str(tmp_path / "fonts.conf")})
    assert told["state"] in {"failed", "warning"}
    assert told["remedy"]


@UNIX
def test_no_browser_is_a_warning_with_the_way_out(tmp_path: Path) -> None:
    told = checked("browser", {"PATH": str(tmp_path), "BROWSER": "", "DISPLAY": ""})
    assert told["state"] == "warning"
    assert "--no-browser" in told["remedy"]


@UNIX
def test_another_encoding_than_utf_8_is_told() -> None:
    told = checked("encoding", {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"})
    assert told["state"] == "failed"
    assert "LC_ALL=C.UTF-8" in told["remedy"]


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that any user may enter, as those of pytest are not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@UNIX
def test_a_folder_that_cannot_be_written_is_named(open_to_all: Path) -> None:
    closed = open_to_all / "closed"
    closed.mkdir(mode=0o555)
    is_root = os.geteuid() == 0  # root writes everywhere: the process becomes nobody once it has started
    drop = "tell_findings([CHECKS[sys.argv[1]]()], language='en'); import os; os.setuid(65534)"
    told = checked("folders", before=drop if is_root else "0", cwd=closed)
    assert told["state"] == "failed"
    assert str(closed) in told["found"]
    assert "XDG_CACHE_HOME" in told["remedy"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of one megabyte, where the machine lets one be mounted."""
    folder, mount = tmp_path / "disk", shutil.which("mount")
    folder.mkdir()
    words = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    if mount is None or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run([shutil.which("umount") or "umount", str(folder)], check=True)


def test_a_disk_that_is_nearly_full_is_told(small_disk: Path) -> None:
    told = checked("disk", {"TMPDIR": str(small_disk)})
    assert told["state"] == "failed"
    assert told["found"] == f"1 MB free in {small_disk}"


def test_a_full_disk_cannot_be_written(small_disk: Path) -> None:
    assert checked("folders", cwd=small_disk)["state"] == "ok"
    with pytest.raises(OSError, match="No space"):
        (small_disk / "filler").write_bytes(bytes(2 * 1024 * 1024))
    told = checked("folders", cwd=small_disk)
    assert told["state"] == "failed"
    assert str(small_disk) in told["found"]


@UNIX
def test_a_process_with_little_memory_is_told() -> None:
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (600 * 2**20,) * 2)"
    told = checked("memory", before=limit)
    assert (told["state"], told["found"]) == ("failed", "600 MB available")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1500 * 2**20,) * 2)"
    assert checked("memory", before=limit)["state"] == "warning"


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_linear_algebra_on_several_threads_is_a_warning() -> None:
    told = checked("threads", {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"})
    assert told["state"] == "warning"
    assert "export OMP_NUM_THREADS=1" in told["remedy"]


@UNIX
def test_a_time_zone_that_does_not_exist_is_named() -> None:
    assert "'Mars/Olympus'" in checked("time_zone", {"TZ": "Mars/Olympus"})["found"]
    assert checked("time_zone", {"TZ": "Europe/Paris"})["state"] == "ok"
    assert checked("time_zone", {"TZ": "CET-1CEST"})["state"] == "ok"


def test_a_system_that_does_not_fork_is_told() -> None:
    assert checked("fork", before="import os; vars(os).pop('fork', None)")["state"] == "warning"


@UNIX
def test_root_is_told_how_jupyterlab_starts() -> None:
    told = checked("user")
    assert told["state"] == ("warning" if os.geteuid() == 0 else "ok")
    assert os.geteuid() or "--allow-root" in told["remedy"]


@pytest.mark.slow
def test_the_command_prints_and_exits_by_what_failed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from cdo_analysis.cli import main; main()", "doctor"]
    env = {**os.environ, "PYTHONPATH": str(SOURCES)}
    told = subprocess.run([*command, "--json"], env=env, capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == (0 if json.loads(told.stdout)["ok"] else 1)
    broken = {**env, "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    said = subprocess.run(command, env=broken, capture_output=True, timeout=120, check=False)
    assert said.returncode == 1
    assert b"LC_ALL=C.UTF-8" in said.stdout
    assert b"Traceback" not in said.stderr
