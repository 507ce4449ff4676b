"""The kernel that is forked from a warm process: what Jupyter and papermill may expect of any kernel, and sooner."""

from __future__ import annotations

import os
import queue
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from jupyter_client.manager import KernelManager
from nbformat.v4 import new_code_cell, new_notebook

import cdo_analysis
from cdo_analysis.errors import UsageError
from cdo_analysis.reports.kernels.spec import install_kernel, remove_kernel

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux only")]

IMPORTS = "import pandas, numpy, scipy.stats, sklearn.cluster, seaborn, matplotlib.pyplot, cdo_analysis"
IDLE_S = "4"


@pytest.fixture(autouse=True, scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the kernel is installed, and where its warm process meets launchers; all are gone in the end."""
    folder = tmp_path_factory.mktemp("k")
    folder.chmod(0o700)
    install_kernel(prefix=str(folder))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder / "share" / "jupyter"))
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        patch.setenv("CDO_ANALYSIS_KERNEL_IDLE_S", IDLE_S)
        yield folder
        _wait_for(lambda: not _servers())


def _write(path: Path, *sources: str) -> None:
    """Write a notebook whose first cell is that of the parameters."""
    first, *rest = sources
    cells = [new_code_cell(first, metadata={"tags": ["parameters"]}), *map(new_code_cell, rest)]
    notebook = new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def _servers() -> list[int]:
    """Return the processes that run the module of the server: warm ones, and the kernels forked from them."""
    return [p.pid for p in psutil.process_iter(["cmdline"]) if "cdo_analysis.reports.kernels.server" in _words(p)]


def _words(process: psutil.Process) -> list[str]:
    return process.info["cmdline"] or []


def _wait_for(happens: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.05)


@contextmanager
def _kernel(name: str = "cdo-analysis", **options: Any) -> Iterator[Any]:
    """Start a kernel, and yield what runs code in it; it is shut down as Jupyter does."""
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(**options)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=60)
        yield _Talk(manager, client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel()


class _Talk:
    def __init__(self, manager: KernelManager, client: Any) -> None:
        self.manager, self.client = manager, client
        self.launcher: int = manager.provisioner.pid  # type: ignore[union-attr]

    def run(self, code: str) -> str:
        """Run code and return what it printed, or the name of the error that it ended in."""
        printed: list[str] = []

        def keep(message: dict[str, Any]) -> None:
            content = message["content"]
            printed.append(content.get("text", content.get("ename", "")))

        self.client.execute_interactive(code, timeout=60, output_hook=keep)
        return "".join(printed).strip()

    def status(self) -> int:
        """Wait for the launcher to end; return its code."""
        process = self.manager.provisioner.process  # type: ignore[union-attr]
        return int(process.wait(30))


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_the_plain_papermill_command_gives_what_a_plain_kernel_gives(tmp_path: Path) -> None:
    body = (
        "import os, sys, pandas as pd, matplotlib.pyplot as plt\nprint(os.getcwd(), who, sys.argv[0])",
        "_ = plt.plot([1, 2])",
        "pd.DataFrame({'a': [1, 2]})",
        "print(os.environ['OF_THE_LAUNCHER']); os.environ['OF_THE_LAUNCHER'] = 'changed'",
    )
    _write(tmp_path / "in.ipynb", "who: str = 'nobody'", *body)
    shown = []
    for name in ("cdo-analysis", "python3"):
        command = [sys.executable, "-m", "papermill", "in.ipynb", f"{name}.ipynb", "-k", name, "-r", "who", "005520135"]
        env = {**os.environ, "OF_THE_LAUNCHER": "this one"}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        notebook = nbformat.read(tmp_path / f"{name}.ipynb", as_version=4)
        shown.append([[{**output} for output in cell.get("outputs", [])] for cell in notebook.cells])
    ours, theirs = shown
    assert "005520135" in ours[2][0]["text"]
    theirs[2][0]["text"] = theirs[2][0]["text"].replace(theirs[2][0]["text"].split()[2], "ipykernel_launcher")
    assert ours == theirs


def test_its_first_cell_comes_in_less_than_half_the_time_of_a_plain_kernel() -> None:
    took = {}
    for name in ("cdo-analysis", "python3"):
        with _kernel(name) as warm:  # the warm process is there, and the disk has been read
            warm.run(IMPORTS)
        start = time.monotonic()
        with _kernel(name) as kernel:
            kernel.run(f"{IMPORTS}\nprint(1)")
            took[name] = time.monotonic() - start
    print(f"first cell with its imports: {took}")
    assert took["cdo-analysis"] < 0.5 * took["python3"]


def test_an_interrupt_reaches_the_kernel_and_what_it_runs_and_nothing_else() -> None:
    with _kernel() as one, _kernel() as other:
        other.run("x = 1")
        for code in ("import time; time.sleep(60)", "import subprocess; subprocess.run(['sleep', '98771'])"):
            message = one.client.execute(f"print('on'); {code}")
            _until_printed(one, "on")
            time.sleep(0.3)
            one.manager.interrupt_kernel()
            reply = one.client.get_shell_msg(timeout=20)
            while reply["parent_header"].get("msg_id") != message:
                reply = one.client.get_shell_msg(timeout=20)
            assert reply["content"]["ename"] == "KeyboardInterrupt"
        assert not [p for p in psutil.process_iter(["cmdline"]) if "98771" in _words(p)]
        assert one.run("print(1 + 1)") == "2"
        assert other.run("print(x)") == "1"


def _until_printed(kernel: _Talk, text: str) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            message = kernel.client.get_iopub_msg(timeout=1)
        except queue.Empty:
            continue
        if message["content"].get("text", "").strip() == text:
            return
    raise AssertionError(f"{text} was never printed")


def test_two_kernels_at_once_share_a_warm_process_and_nothing_else() -> None:
    with _kernel() as one, _kernel() as other:
        one.run("import os, random, numpy as np; x = 1; import pandas as pd; pd.set_option('display.width', 33)")
        assert other.run("x") == "NameError"
        assert other.run("import pandas as pd; print(pd.get_option('display.width'))") == "80"
        draw = "import os, random, numpy as np; print(random.random(), np.random.rand())"
        assert one.run(draw) != other.run(draw)
        assert one.run("print(os.getppid())") == other.run("print(os.getppid())")
        assert one.run("print(os.getpid(), os.getsid(0))").split()[0] == one.run("print(os.getsid(0))")


@pytest.mark.parametrize(
    ("code", "status"), [("import os; os._exit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)]
)
def test_a_kernel_that_dies_is_seen_to_die_as_it_did(code: str, status: int) -> None:
    with _kernel() as kernel, _kernel() as other:
        kernel.run("import subprocess; child = subprocess.Popen(['sleep', '98772'])")
        kernel.client.execute(code)
        assert kernel.status() == status
        assert not kernel.manager.is_alive()
        _wait_for(lambda: not [p for p in psutil.process_iter(["cmdline"]) if "98772" in _words(p)])
        assert other.run("print(1)") == "1"


def test_a_launcher_that_dies_takes_its_kernel_along() -> None:
    with _kernel() as kernel:
        code = "import os, subprocess; child = subprocess.Popen(['sleep', '98773']); print(os.getpid(), child.pid)"
        both = [int(pid) for pid in kernel.run(code).split()]
        os.kill(kernel.launcher, signal.SIGKILL)
        _wait_for(lambda: not any(map(_alive, both)))


def test_a_killed_papermill_takes_its_kernel_along(tmp_path: Path) -> None:
    _write(tmp_path / "in.ipynb", "x: int = 1", "import subprocess; subprocess.run(['sleep', '98774'])")
    command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "-k", "cdo-analysis"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def sleeping() -> bool:
        return any("98774" in _words(p) for p in psutil.process_iter(["cmdline"]))

    _wait_for(sleeping)
    process.kill()
    process.wait()
    _wait_for(lambda: not sleeping(), 20)


def test_another_user_gets_no_kernel_even_where_the_socket_is_open_to_them(place: Path) -> None:
    code = """
import os, socket, sys
os.setgroups([]); os.setgid(65534); os.setuid(65534)
with socket.socket(socket.AF_UNIX) as warm:
    warm.connect(sys.argv[1])
    warm.settimeout(20)
    try:
        socket.send_fds(warm, [b"\\n"], [0, 1, 2])
        warm.sendall(b'{"file": "x", "env": {}, "cwd": "/", "umask": 0}\\n')
        print(warm.recv(100))
    except (BrokenPipeError, ConnectionResetError):
        print(b"")
"""
    if os.getuid() != 0:
        pytest.skip("only root can act as another user")
    with _kernel():
        [path] = (place / f"cdo-analysis-{os.getuid()}").glob("*.sock")
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
        opened = [path, *path.parents[: len(path.parents) - 2]]
        before = [(each, each.stat().st_mode & 0o7777) for each in opened]
        try:
            for each in opened:
                each.chmod(0o777)
            command = [sys.executable, "-S", "-c", code, str(path)]
            done = subprocess.run(command, capture_output=True, text=True)
        finally:
            for each, mode in before:
                each.chmod(mode)
        assert done.stdout.strip() == "b''", done.stderr


def test_where_the_meeting_folder_is_open_to_others_a_plain_kernel_starts_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / f"cdo-analysis-{os.getuid()}").mkdir(mode=0o755)
    env = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    with (tmp_path / "said").open("w") as said, _kernel(env=env, stderr=said) as kernel:
        assert kernel.run("import os; print(os.getpid())") == str(kernel.launcher)
    assert "a plain kernel is started, because" in (tmp_path / "said").read_text()
    assert "is not a folder of this user alone" in (tmp_path / "said").read_text()


def test_code_that_changed_is_forked_from_no_more_and_kernels_that_run_go_on(tmp_path: Path) -> None:
    copy = tmp_path / "src" / "cdo_analysis"
    shutil.copytree(Path(cdo_analysis.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    env = {**os.environ, "PYTHONPATH": str(copy.parent)}
    code = (
        "from cdo_analysis.reports.kernels.spec import install_kernel; import sys; install_kernel(prefix=sys.argv[1])"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], env=env, check=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
        with _kernel(env=env) as old:
            before = old.run("import os, cdo_analysis; print(os.getppid(), cdo_analysis.__file__)").split()
            assert before[1] == str(copy / "__init__.py")
            with (copy / "errors.py").open("a") as file:
                file.write("\nCHANGED = True\n")
            with _kernel(env=env) as new:
                after = new.run("import os, cdo_analysis.errors; print(os.getppid(), cdo_analysis.errors.CHANGED)")
            assert after.split()[1] == "True"
            assert after.split()[0] != before[0]
            assert old.run("print(1)") == "1"


def test_a_warm_process_that_nobody_needs_ends(place: Path) -> None:
    with _kernel() as kernel:
        warm = int(kernel.run("import os; print(os.getppid())"))
        time.sleep(float(IDLE_S) + 1.5)
        assert _alive(warm)
    _wait_for(lambda: not _alive(warm), 30)
    assert not list(place.glob("cdo-analysis-*/*.sock"))


def test_a_kernel_is_taken_back_and_one_of_others_is_not(tmp_path: Path) -> None:
    made = install_kernel("essai", prefix=str(tmp_path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(tmp_path / "share" / "jupyter"))
        assert remove_kernel("essai") == made
        assert not made.exists()
        with pytest.raises(UsageError, match="there is no kernel 'essai'"):
            remove_kernel("essai")
        with pytest.raises(UsageError, match="'python3' is not one of cdo-analysis"):
            remove_kernel("python3")


def test_where_nothing_can_be_forked_the_kernel_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(UsageError, match="needs Linux; take the kernel 'python3'"):
        install_kernel(prefix=str(tmp_path))
    assert not list(tmp_path.iterdir())
