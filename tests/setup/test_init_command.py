"""`deeplearn-checks init`, against a sandbox that is served: without a terminal, and at one."""

from __future__ import annotations

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from dotenv import dotenv_values
from serving import served

from deeplearn_checks.setup.git import GIT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from command import Command

SECRETS = ("ADMIN_API_TOKEN", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")
ASKED = ("DEEPLEARN_API_BASE_URL", "DEEPLEARN_PAGES_BASE_URL", "RAZORPAY_KEY_ID", *SECRETS)
ENV = Path(".env")


@pytest.fixture(scope="module")
def exports() -> Iterator[dict[str, str]]:
    """Answer the variables of a served sandbox."""
    with served() as variables:
        yield variables


@pytest.fixture(autouse=True)
def _left_out(nothing_configured: None) -> None:  # noqa: ARG001  an empty folder comes first
    """Leave out what costs a second each."""
    os.environ["DEEPLEARN_CHECKS_WITHOUT"] = "browser,counselor"


def configure(exports: Mapping[str, str], **changed: str) -> None:
    """Set what is asked for in the environment."""
    held = {name: exports[name] for name in (*ASKED, "RAZORPAY_API_BASE_URL")}
    os.environ.update({**held, **changed})


def test_without_a_terminal_everything_comes_from_the_environment(exports: dict[str, str], command: Command) -> None:
    """Proved, written, and run."""
    configure(exports)

    ended = command("init", "--yes")

    written = dotenv_values(ENV)
    assert (ended.status, {name: written[name] for name in ASKED}) == (0, {name: exports[name] for name in ASKED})
    assert (stat.S_IMODE(ENV.stat().st_mode), ended.output.splitlines()[-1]) == (0o600, "READY")


def test_no_secret_is_printed(exports: dict[str, str], command: Command) -> None:
    """Neither while it is proved nor when it is written."""
    configure(exports)

    ended = command("init", "--yes", "--ci", "none")

    assert [name for name in SECRETS if exports[name] in ended.output + ended.errors] == []


def test_what_is_missing_is_told_in_a_line_each(command: Command) -> None:
    """All at once, so that one does not learn of them one by one; nothing is asked and nothing written."""
    ended = command("init", "--without", "pages,gateway,browser")

    names = [line.split()[1] for line in ended.errors.splitlines()]
    assert (ended.status, names, ENV.exists()) == (2, ["no", "ADMIN_API_TOKEN", "RAZORPAY_WEBHOOK_SECRET"], False)


def test_a_target_may_be_named(exports: dict[str, str], command: Command) -> None:
    """As for every command, the option beats the environment; it is what is written."""
    configure(exports, DEEPLEARN_API_BASE_URL="http://127.0.0.1:1", DEEPLEARN_CHECKS_WITHOUT="browser,pages,gateway")

    ended = command("init", "--target", exports["DEEPLEARN_API_BASE_URL"])

    assert dotenv_values(ENV)["DEEPLEARN_API_BASE_URL"] == exports["DEEPLEARN_API_BASE_URL"]
    assert "DEEPLEARN_API_BASE_URL is set otherwise in the environment, which beats .env" in ended.output


def test_a_wrong_secret_ends_it_before_anything_is_written(exports: dict[str, str], command: Command) -> None:
    """What is wrong is said with its remedy."""
    configure(exports, ADMIN_API_TOKEN="wrong")

    ended = command("init")

    assert (ended.status, ENV.exists(), ended.errors) == (
        1,
        False,
        "deeplearn-checks: admin token: access.admin-token-accepted does not pass; nothing was written\n",
    )


def test_without_a_word_nothing_is_replaced(exports: dict[str, str], command: Command) -> None:
    """Another value in the file, and another pipeline, stay."""
    configure(exports)
    ENV.write_text("MINE=1\nADMIN_API_TOKEN=other\n", encoding="utf-8")

    ended = command("init")

    assert (ended.status, ENV.read_text(encoding="utf-8")) == (0, "MINE=1\nADMIN_API_TOKEN=other\n")
    assert ".env: left as it is, with other values of ADMIN_API_TOKEN; --yes replaces them\n" in ended.output


def test_nothing_is_asked_where_nothing_can_be_written(exports: dict[str, str], command: Command) -> None:
    """Nobody types five secrets to learn that the folder is the wrong one."""
    configure(exports)
    ENV.mkdir()

    ended = command("init")

    told = f"deeplearn-checks: cannot write {ENV.absolute()}; go to a folder that may be written to\n"
    assert (ended.status, ended.output, ended.errors) == (2, "", told)


def test_half_a_credential_is_refused(exports: dict[str, str], command: Command) -> None:
    """As by every command."""
    configure(exports, RAZORPAY_KEY_ID="")

    ended = command("init")

    assert (ended.status, ended.errors) == (
        2,
        "deeplearn-checks: RAZORPAY_KEY_SECRET is set but RAZORPAY_KEY_ID is not; set both, or neither\n",
    )


def test_a_pipeline_is_written_where_its_ci_looks(command: Command) -> None:
    """With what it must be given; a second time it is there already."""
    first = command("init", "--sandbox", "--ci", "github", "--without", "browser,counselor")

    file = Path(".github/workflows/deeplearn-checks.yml")
    assert (first.status, "deeplearn-checks run" in file.read_text(encoding="utf-8")) == (0, True)
    assert "give the pipeline as secrets or variables: DEEPLEARN_API_BASE_URL, " in first.output
    assert "DEEPLEARN_CHECKS_WITHOUT: browser,counselor\n" in file.read_text(encoding="utf-8")


def test_another_pipeline_is_left_as_it_is(exports: dict[str, str], command: Command) -> None:
    """Who has one keeps it, unless asked for otherwise."""
    configure(exports)
    Path("Jenkinsfile").write_text("pipeline {}\n", encoding="utf-8")

    ended = command("init", "--ci", "jenkins")

    assert "Jenkinsfile: left as it is" in ended.output
    assert Path("Jenkinsfile").read_text(encoding="utf-8") == "pipeline {}\n"


def test_a_pipeline_that_cannot_be_written_is_one_line(command: Command) -> None:
    """A file that stands where a folder is needed."""
    Path(".github").touch()

    ended = command("init", "--sandbox", "--ci", "github", "--without", "browser,counselor")

    assert (ended.status, ended.errors.startswith("deeplearn-checks: cannot write .github/workflows")) == (2, True)


def test_a_sandbox_is_tried_out_and_not_written_down(command: Command) -> None:
    """It is gone when the command ends."""
    ended = command("init", "--sandbox", "--without", "browser,counselor")

    assert (ended.status, ENV.exists(), "READY" in ended.output) == (0, False, True)


def test_a_broken_sandbox_is_told_with_its_remedy(command: Command) -> None:
    """So one sees what a wrong secret would look like."""
    ended = command("init", "--sandbox", "--fault", "webhook-secret-differs")

    assert (ended.status, "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET" in ended.output) == (1, True)


def test_a_fault_needs_a_sandbox(command: Command) -> None:
    """As for every command."""
    ended = command("init", "--fault", "webhook-secret-differs")

    assert (ended.status, ended.errors) == (2, "deeplearn-checks: --fault breaks a sandbox: give --sandbox with it\n")


def test_an_unreadable_file_is_one_line(exports: dict[str, str], command: Command) -> None:
    """What cannot be kept is not written over."""
    configure(exports)
    Path("Jenkinsfile").write_bytes(b"\xff\xfe")

    ended = command("init", "--ci", "jenkins")

    assert (ended.status, ended.errors.count("\n")) == (2, 1)


@pytest.mark.parametrize("tracked", [False, True])
def test_git_is_kept_from_taking_secrets_along(exports: dict[str, str], command: Command, *, tracked: bool) -> None:
    """The file is named in `.gitignore`; where it is tracked already, that is said."""
    configure(exports)
    subprocess.run([GIT_NAME, "init", "--quiet"], check=True)  # noqa: S603  git
    if tracked:
        ENV.touch()
        subprocess.run([GIT_NAME, "add", ".env"], check=True)  # noqa: S603  git

    ended = command("init")

    assert Path(".gitignore").exists() is not tracked
    assert ("git tracks .env" if tracked else ".gitignore: names .env now") in ended.output


def at_a_terminal(answers: str, *arguments: str) -> tuple[int, str]:
    """Start the command at a terminal of its own, and type; answer its status and all that the terminal showed."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "deeplearn_checks", *arguments]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:  # noqa: S603  ours
        os.close(theirs)
        lines = iter(answers.splitlines())
        shown = ""
        while piece := _read(ours):
            shown += piece
            if shown.endswith(": "):
                answer = next(lines, None)
                if answer is None:
                    process.kill()
                os.write(ours, f"{answer}\n".encode())
    os.close(ours)
    return process.returncode, shown


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 65_536).decode()
    except OSError:  # Linux: the other end is closed
        return ""


def test_at_a_terminal_each_is_asked_for(exports: dict[str, str]) -> None:
    """Secrets are typed without echo; the probe that may raise an alert is asked about; then all is written."""
    os.environ["RAZORPAY_API_BASE_URL"] = exports["RAZORPAY_API_BASE_URL"]
    answers = ["nonsense", *(exports[name] for name in ORDER), "y"]

    status, shown = at_a_terminal("\n".join(answers), "init")

    assert status == 0, shown
    assert [name for name in SECRETS if exports[name] in shown] == []
    assert ("'nonsense' is no URL" in shown, "send it? [y/N]: y" in shown) == (True, True)
    assert dotenv_values(ENV)["RAZORPAY_WEBHOOK_SECRET"] == exports["RAZORPAY_WEBHOOK_SECRET"]


ORDER = (
    "DEEPLEARN_API_BASE_URL",
    "DEEPLEARN_PAGES_BASE_URL",
    "ADMIN_API_TOKEN",
    "RAZORPAY_KEY_ID",
    "RAZORPAY_KEY_SECRET",
    "RAZORPAY_WEBHOOK_SECRET",
)


def test_at_a_terminal_a_wrong_answer_may_be_kept(exports: dict[str, str]) -> None:
    """Where somebody insists, whatever `--yes` says: then the first run says what is wrong."""
    os.environ["DEEPLEARN_CHECKS_WITHOUT"] = "browser,counselor,pages,gateway,webhook-secret"
    answers = [exports["DEEPLEARN_API_BASE_URL"], "wrong", "y"]

    status, shown = at_a_terminal("\n".join(answers), "init", "--yes")

    assert (status, "keep the admin token all the same? [y/N]: y" in shown, "NOT READY" in shown) == (1, True, True)
