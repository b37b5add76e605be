"""What a long command says meanwhile, how it hears Ctrl-C, and how it leaves files."""

from __future__ import annotations

import io
import os
import signal
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import typer

from deeplearn_checks.cli.interrupting import interruptible
from deeplearn_checks.cli.progress import STILL, progress, write
from deeplearn_checks.cli.writing import refuse_unwritable, save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Terminal(io.StringIO):
    """A stream that says of itself that it is a terminal."""

    def isatty(self) -> bool:
        """Answer that it is."""
        return True


def seconds(*steps: Callable[[], None]) -> Callable[[float], bool]:
    """Answer a pause in which one step happens each second, and after the last of which it is over."""
    left: Iterator[Callable[[], None]] = iter(steps)

    def pause(_seconds: float) -> bool:
        step = next(left, None)
        if step is not None:
            step()
        return step is None

    return pause


def told(*steps: str) -> list[str]:
    """Answer the lines of a command that says one of these each second, and nothing where it is empty."""
    stream, said = io.StringIO(), list[str]()

    def saying(step: str) -> Callable[[], None]:
        return lambda: said.append(step) if step else None

    write(stream, said, seconds(*map(saying, steps)))
    return stream.getvalue().splitlines()


def test_each_second_has_one_line_at_most() -> None:
    """What is new is written when the second is over; what is not new is not."""
    lines = told("reading", "", "rule 1 of 2: a", "", "rule 2 of 2: b")

    assert lines == [
        "deeplearn-checks: reading",
        "deeplearn-checks: rule 1 of 2: a",
        "deeplearn-checks: rule 2 of 2: b",
    ]


def test_slow_is_told_from_stuck() -> None:
    """After a while without anything new the same is said again."""
    lines = told("reading", *[""] * STILL)

    assert lines == ["deeplearn-checks: reading"] * 2


def test_a_quick_command_says_nothing() -> None:
    """What is over within a second leaves no line, whatever it said."""
    stream = io.StringIO()

    with progress(stream) as tell:
        tell("reading")

    assert stream.getvalue() == ""


def test_a_terminal_shows_a_line_that_moves() -> None:
    """With rich at a terminal the step stands in a line which is gone afterwards; square brackets are no markup."""
    stream = Terminal()

    with progress(stream) as tell:
        tell("rule [bold] of 2")

    assert "rule [bold] of 2" in stream.getvalue()


def test_a_dumb_terminal_is_written_to_in_lines() -> None:
    """A terminal that cannot move is treated as a file."""
    stream, before = Terminal(), os.environ.get("TERM")
    os.environ["TERM"] = "dumb"
    try:
        with progress(stream) as tell:
            tell("reading")
    finally:
        os.environ.pop("TERM")
        os.environ |= {"TERM": before} if before else {}

    assert stream.getvalue() == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_is_heard(number: signal.Signals) -> None:
    """Ctrl-C, and what schedulers send, end the work where Python runs; the handlers are as before afterwards."""
    before = signal.getsignal(number)

    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), number)

    assert signal.getsignal(number) is before


def test_an_interruption_that_was_swallowed_is_not_lost() -> None:
    """A library took it for its own failure: the next step, or the end, raises it again."""
    steps = list[str]()

    def work(ask: Callable[[], None]) -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
        steps.append("went on")
        ask()
        steps.append("never")

    with pytest.raises(KeyboardInterrupt), interruptible() as ask:
        work(ask)

    assert steps == ["went on"]


def test_work_that_nobody_interrupts_goes_on() -> None:
    """Asking answers nothing where nothing came."""
    with interruptible() as ask:
        ask()
        done = True

    assert done


def test_a_file_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    """Also where one with wider rights was there before."""
    file = tmp_path / "report.json"
    file.write_text("old")

    save(file, lambda part: part.write_text("new"))

    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode), [*tmp_path.iterdir()]) == ("new", 0o600, [file])


def test_an_interrupted_writer_leaves_the_old_file(tmp_path: Path) -> None:
    """Half of a report is none."""
    file = tmp_path / "report.json"
    file.write_text("old")

    def half(part: Path) -> None:
        part.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save(file, half)

    assert (file.read_text(), [*tmp_path.iterdir()]) == ("old", [file])


def test_a_disk_that_fails_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What the operating system says stands in the line."""

    def fail(_part: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(typer.Exit):
        save(tmp_path / "report.json", fail)

    said = capsys.readouterr().err
    assert (said.count("\n"), "No space left on device" in said) == (1, True)


def test_files_are_looked_at_before_the_work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that is not there, a folder in place of a file, one file for two options: each is one line."""
    refused = [
        {"--output": tmp_path / "no" / "file"},
        {"--reveal": tmp_path},
        {"--output": tmp_path / "same", "--reveal": tmp_path / "." / "same"},
    ]

    for files in refused:
        with pytest.raises(typer.Exit):
            refuse_unwritable(files)
    refuse_unwritable({"--output": tmp_path / "one", "--reveal": None, "--write-baseline": tmp_path / "two"})

    said = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in said] == ["--output:", "--reveal:", "--output"]


def test_what_a_command_reads_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever way its name is written, the file stays; the line names both options."""
    with pytest.raises(typer.Exit):
        refuse_unwritable({"--output": tmp_path / "." / "export.sqlite"}, {tmp_path / "export.sqlite": "SOURCE"})

    assert "SOURCE and --output name the same file" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["/dev/null", "/dev/fd", "/proc/self/fd/1", "pipe"])
def test_no_file_takes_the_place_of_what_is_none(tmp_path: Path, name: str) -> None:
    """Neither of a device or a name of the system's, where root could, nor of a pipe."""
    os.mkfifo(tmp_path / "pipe")

    with pytest.raises(typer.Exit):
        save(tmp_path / name, lambda _part: pytest.fail("nothing is written"))
    with pytest.raises(typer.Exit):
        refuse_unwritable({"--output": tmp_path / name})

    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]
