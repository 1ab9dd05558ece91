"""The command line: exit statuses, messages, files, interruptions, planted mistakes."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.backends import NotInstalled
from conformance.cli import main
from conformance.interruption import noted_interrupts
from manual_backprop import Layer, Network, Problem
from manual_backprop.files import load, save

from .planted import MISTAKES, raises, right, scaled

pytestmark = pytest.mark.usefixtures("plain_terminal")

Plant = Callable[..., None]
Capture = pytest.CaptureFixture[str]


def never(*arguments: Any) -> Any:
    """A backend that nobody may call."""
    raise AssertionError("a network was judged before the arguments were")


def lacking(*arguments: Any) -> Any:
    """A backend that supports nothing."""
    raise NotImplementedError("dtype float64")


def program(*arguments: str, **settings: Any) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "conformance", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **settings)


# ── exit statuses ──


def test_a_right_backend_is_status_0(plant: Plant, capsys: Capture) -> None:
    """Nothing wrong and something conforming is status 0, and the last line says so."""
    plant(mine=right)

    assert main(["conform", "-n", "30"]) == 0
    output = capsys.readouterr()
    assert output.out.endswith(
        "Nothing is wrong: mine conforms wherever something could be decided.\n"
    )
    assert output.err == ""


def test_a_wrong_backend_is_status_1(plant: Plant, capsys: Capture) -> None:
    """One wrong backend among right ones is status 1, and the last line names it alone."""
    plant(mine=right, yours=raises)

    assert main(["conform", "-n", "3"]) == 1
    last = capsys.readouterr().out.splitlines()[-1]
    assert last == "Something is wrong: yours raised on 3 of 3 networks."


def test_nothing_decided_is_status_3(plant: Plant, capsys: Capture) -> None:
    """A run that decided nothing is no pass: status 3, with the reason."""
    plant(mine=lacking)

    assert main(["conform", "-n", "3"]) == 3
    output = capsys.readouterr().out
    assert "mine: not supported, in its own words: dtype float64 (3 networks)." in output
    assert output.splitlines()[-1].startswith("Nothing could be decided")


MISUSE = {
    "conform -n 0": "-n 0: at least one network",
    "conform -n -5": "-n -5: at least one network",
    "conform -n 1000000000": "at most 100000 in one run",
    "conform -n 2.5": "a whole number is needed, found '2.5'",
    "conform -n": "requires an argument",
    "conform --seed 1e3": "a whole number is needed, found '1e3'",
    "conform --dtype float46": "unknown dtype 'float46': did you mean 'float64'?",
    "conform --backend torch_autogard": "the nearest name is 'torch_autograd'",
    "conform --backend=": "no backend ''",
    "conform --backnd backprop": "Did you mean --backend?",
    "conform --backend backprop recursion": "'recursion': not expected there",
    "conform --json no/such/folder.json": "there is no folder no/such",
    "conform --json .": "is a folder: the name of a file is needed",
    "conform --json a --junit ./a": "--json and --junit name the same file",
    "conform --json": "requires an argument",
    "confrom": 'Did you mean "conform"?',
    "replay": "CASE requires an argument",
    "replay nowhere.json": "nowhere.json: cannot be read: No such file or directory",
    "replay . backprop": "cannot be read: Is a directory",
    "replay a b c": "'c': not expected there",
}


@pytest.mark.parametrize(("arguments", "words"), MISUSE.items(), ids=MISUSE)
def test_misuse_is_status_2(arguments: str, words: str, capsys: Capture) -> None:
    """Misuse is status 2, with one message that says what was found, and nothing else."""
    assert main(arguments.split()) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert words in output.err
    assert output.err.startswith("manual-backprop: ")
    assert len(output.err.splitlines()) <= 2


def test_no_command_shows_the_help(capsys: Capture) -> None:
    """A bare call shows the help, and is no success that a script could mistake."""
    assert main([]) == 2
    assert "Usage: manual-backprop COMMAND" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", ["-h", "--help", "conform -h", "replay --help"])
def test_help_is_status_0(arguments: str, capsys: Capture) -> None:
    """Help was asked for: status 0, exit statuses included, within 80 columns."""
    assert main(arguments.split()) == 0
    output = capsys.readouterr().out
    assert "Exit status: 0 nothing is wrong" in output
    assert max(map(len, output.splitlines())) <= 80


def test_help_loads_nothing_heavy() -> None:
    """Help does not wait for imports that it has no use for."""
    heavy = {"numpy", "scipy", "hypothesis", "pydantic", "flint", "torch", "jax"}
    code = "import sys; from conformance.cli import main; main(['-h']); print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not heavy & set(run.stdout.split())


def test_the_module_is_the_command() -> None:
    """`python -m conformance` is `manual-backprop`: the same version, the same statuses."""
    script = Path(sys.executable).with_name("manual-backprop")
    version = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)

    assert program("--version").stdout == version.stdout
    assert program("replay", "nowhere.json").returncode == 2


# ── interruptions ──


def test_ctrl_c_prints_what_there_is(plant: Plant, capsys: Capture) -> None:
    """Ctrl-C is status 130: the table so far, and the files that were asked for."""
    calls = iter(range(100))

    def interrupted(*arguments: Any) -> Any:
        if next(calls) == 10:  # one or two calls a network
            raise KeyboardInterrupt
        return right(*arguments)

    plant(mine=interrupted)

    assert main(["conform", "-n", "30", "--json", "a.json", "--junit", "a.xml"]) == 130
    report = json.loads(Path("a.json").read_text())
    assert report["interrupted"] is True
    done = report["backends"][0]["networks"]
    assert 5 <= done <= 10
    sentence = f"Interrupted after {done} of 30 networks, and until then: nothing is wrong"
    assert sentence in capsys.readouterr().out.splitlines()[-2]
    assert "<error" in Path("a.xml").read_text()


def test_ctrl_c_before_the_first_network(plant: Plant, capsys: Capture) -> None:
    """Interrupted while frameworks load, a run still ends with its files and a sentence."""
    plant(mine=KeyboardInterrupt())

    assert main(["conform", "-n", "30", "--json", "a.json"]) == 130
    assert "Interrupted after 0 of 30 networks" in capsys.readouterr().out
    assert json.loads(Path("a.json").read_text())["backends"] == []


def test_ctrl_c_waits_for_a_safe_place_once() -> None:
    """The first Ctrl-C is raised by the next check, a second one at once; then all is as before."""
    with noted_interrupts() as check:
        check()
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def loaded(process: int, name: str) -> bool:
    """Whether a process has got as far as to load a shared library of that name."""
    return name in Path(f"/proc/{process}/maps").read_text()


def test_ctrl_c_for_real() -> None:
    """A process that gets SIGINT ends with status 130 and no traceback."""
    command = [sys.executable, "-m", "conformance", "conform", "-n", "100000"]
    with subprocess.Popen(
        [*command, "--backend", "backprop"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        while process.poll() is None and not loaded(process.pid, "numpy"):
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        try:
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()

    assert process.returncode == 130
    assert b"Traceback" not in err
    assert b"nterrupted" in out + err


def test_a_closed_pipe_is_no_error() -> None:
    """`| head` ends without a traceback, and with the status of the verdict."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "conformance", "conform", "-n", "5"]
    run = subprocess.run(
        [*command, "--backend", "backprop"], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)

    assert run.returncode == 0
    assert run.stderr == b""


def test_a_full_disk_is_a_message() -> None:
    """Output that cannot be written is status 2 and one line."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "conformance", "--version"]
        run = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert run.returncode == 2
    assert run.stderr == "manual-backprop: [Errno 28] No space left on device\n"


# ── files ──


def test_a_file_that_cannot_be_written_is_found_out_before(plant: Plant, capsys: Capture) -> None:
    """Nothing is judged if the report could not be written."""
    plant(mine=never)
    Path("file").touch()

    assert main(["conform", "--json", "file/report.json"]) == 2
    assert "--json file/report.json: there is no folder file" in capsys.readouterr().err


def test_a_file_that_is_there_is_kept_until_the_end(plant: Plant) -> None:
    """Trying a file before the run neither empties it nor leaves an empty one."""
    plant(mine=KeyError("broken"))
    Path("old.json").write_text("old")

    assert main(["conform", "--backend", "mine", "--json", "old.json", "--junit", "new.xml"]) == 2
    assert Path("old.json").read_text() == "old"
    assert not Path("new.xml").exists()


def test_the_same_seed_gives_the_same_run(plant: Plant) -> None:
    """Two runs from one seed write the same report to the byte; another seed another."""
    for name, seed in (("a", "7"), ("b", "7"), ("c", "-8")):
        plant(mine=scaled)
        main(["conform", "-n", "30", "--seed", seed, "--json", name])

    a, b, c = (Path(name).read_text() for name in "abc")
    assert a == b
    assert json.loads(a)["backends"] != json.loads(c)["backends"]


def test_nothing_is_left_behind_by_a_run_without_findings(plant: Plant) -> None:
    """No finding, no folder."""
    plant(mine=right)

    main(["conform", "-n", "5"])

    assert list(Path().iterdir()) == []


def test_counterexamples_go_elsewhere_if_they_must(
    plant: Plant, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where the folder cannot be made, the cases go among the temporary files."""
    (tmp_path / "manual-backprop-cases").write_text("in the way")
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    plant(mine=raises)

    assert main(["conform", "-n", "2"]) == 1
    [case] = (tmp_path / "temporary").glob("*/*.json")
    assert f"replay {case} mine" in capsys.readouterr().out


# ── what is installed ──


def test_a_missing_framework_is_skipped_by_name(plant: Plant, capsys: Capture) -> None:
    """A backend whose framework is missing has a row, and a line on how to install it."""
    plant(mine=right, theirs=NotInstalled("torch"))

    assert main(["conform", "-n", "5"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "theirs skipped –" in output
    assert (
        'Skipped: theirs: torch is not installed; try: pip install "manual-backprop[torch]"'
        in output
    )


def test_a_missing_framework_asked_for_by_name_is_misuse(plant: Plant, capsys: Capture) -> None:
    """With --backend, a missing framework is status 2 and the command that installs it."""
    plant(mine=never, theirs=NotInstalled("torch"))

    assert main(["conform", "--backend", "mine", "--backend", "theirs"]) == 2
    expected = 'torch is not installed; try: pip install "manual-backprop[torch]"'
    assert capsys.readouterr().err == f"manual-backprop: --backend theirs: {expected}\n"


def test_a_broken_framework_does_not_end_the_run(plant: Plant, capsys: Capture) -> None:
    """A framework that fails to load is left out by name, with its own message."""
    plant(mine=right, theirs=OSError("libcudart.so: cannot open"))

    assert main(["conform", "-n", "5"]) == 0
    output = " ".join(capsys.readouterr().out.split())
    assert "Skipped: theirs: cannot be loaded: OSError: libcudart.so: cannot open" in output


def test_a_backend_given_twice_is_judged_once(plant: Plant, capsys: Capture) -> None:
    """The same name twice is one row."""
    plant(mine=right, theirs=never)

    assert main(["conform", "-n", "5", "--backend", "mine", "--backend", "mine"]) == 0
    assert capsys.readouterr().out.count("\nmine ") == 1


# ── planted mistakes ──


NEEDS_WIDTH = {"transposed"}
"""No mistake in a 1-1 network: these end at the smallest of the larger architectures."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_planted_mistake_is_found_shrunk_and_replayed(
    mistake: str, plant: Plant, capsys: Capture
) -> None:
    """Each mistake is found, shown at its place on a small network, and its command repeats it."""
    make, kind, words = MISTAKES[mistake]
    plant(mine=make())

    assert main(["conform", "-n", "40", "--json", "report.json"]) == 1
    output = capsys.readouterr().out
    assert output.startswith(f"mine: {kind}")
    assert words in output.split("\n")[0]
    [command] = [line for line in output.splitlines() if line.startswith("  replay: ")]
    path, target = shlex.split(command)[-2:]
    assert numbers(load(path)) <= (60 if mistake in NEEDS_WIDTH else 6)
    plant(mine=make())
    assert main(["replay", path, target]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith(f"{kind}: ")
    [finding] = json.loads(Path("report.json").read_text())["backends"][0]["findings"]
    assert (finding["kind"], finding["case"]) == (kind, path)


def numbers(problem: Problem) -> int:
    """How many weights, biases, inputs and targets there are."""
    arrays = [layer.weights for layer in problem.network.layers]
    arrays += [layer.biases for layer in problem.network.layers if layer.biases is not None]
    return sum(array.size for array in (*arrays, problem.inputs, problem.targets))


def test_a_shown_finding_can_be_pasted(plant: Plant, capsys: Capture) -> None:
    """The snippet of a finding runs as it stands, and prints the right entry."""
    plant(mine=scaled)
    main(["conform", "-n", "40"])
    output = capsys.readouterr().out
    start, end = output.index("import numpy"), output.index("\n\n  replay:")

    exec(output[start:end], {})

    midpoint = output.split("midpoint")[1].split(",")[0].strip()
    assert capsys.readouterr().out.strip() == midpoint


# ── replay ──


def saved(name: str, problem: Problem) -> str:
    """The problem in a file of the test's folder."""
    save(problem, name)
    return name


def test_replay_judges_the_hand_written_gradient_unless_told(capsys: Capture) -> None:
    """Without a target, every entry of the hand-written gradient is shown to conform."""
    case = saved("p.json", Problem.random((2, 3, 1)))

    assert main(["replay", case]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("p.json: 2-3-1, tanh tanh, half_squared_error, 4 samples, float64")
    assert sum(line.endswith(" conforms") for line in lines[:-1]) == 13
    assert lines[-1] == "conforms: entries: 13 conforms"
    assert max(map(len, lines)) <= 80


def test_replay_of_a_sum_judges_the_mean(capsys: Capture) -> None:
    """Targets compute the mean, so a file that asks for the sum is judged as one of the mean."""
    case = saved("p.json", Problem.random((2, 1), samples=3, reduction="sum"))

    assert main(["replay", case]) == 0
    assert "asks for the sum over the samples; targets compute the mean" in capsys.readouterr().out


def test_replay_of_no_samples_is_misuse(capsys: Capture) -> None:
    """There is no mean of no samples."""
    case = saved("p.json", Problem.random((2, 1), samples=0, reduction="sum"))

    assert main(["replay", case]) == 2
    assert "no samples" in capsys.readouterr().err


def test_replay_that_decides_nothing_is_status_3(plant: Plant, capsys: Capture) -> None:
    """Where the target supports nothing, or the set holds zero, nothing is decided."""
    plant(backprop=right, mine=lacking)
    kink = Problem(Network([Layer([[1.0]], [0.0], "relu")]), [0.0], [0.0], "identity_sum")
    case = saved("p.json", kink)

    assert main(["replay", case, "mine"]) == 3
    assert capsys.readouterr().out.splitlines()[-1] == "unsupported: dtype float64"
    assert main(["replay", case]) in (0, 3)
    assert "1 undecided" in capsys.readouterr().out


def test_replay_names_the_nearest_target(capsys: Capture) -> None:
    """A target that is unknown is misuse, with the nearest name."""
    case = saved("p.json", Problem.random((2, 1)))

    assert main(["replay", case, "jax_gard"]) == 2
    assert "the nearest name is 'jax_grad'" in capsys.readouterr().err


def test_replay_of_a_bad_file_names_every_error(capsys: Capture) -> None:
    """A corrupted file is status 2, with all its errors, each with its path."""
    Path("p.json").write_text('{"format": "manual-backprop/problem/1", "layers": [{"weights": 3}]}')

    assert main(["replay", "p.json"]) == 2
    message = capsys.readouterr().err
    assert "layers[0].weights" in message
    assert "layers[0].activation" in message
    assert "targets" in message
