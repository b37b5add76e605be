"""The command `audit SOURCE`."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import chdir, closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deeplearn_checks.audit.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from command import Command

CONFIGURED = ("DEEPLEARN_", "RAZORPAY_", "ADMIN_API_TOKEN")
BROKEN = ("audit", "sandbox", "--fault", "enrollment-lost", "--only", "paid-without-enrollment")
ENROLLED = "paid-without-enrollment"


@pytest.fixture(autouse=True)
def _nothing_configured(tmp_path: Path) -> Iterator[None]:
    """Work in an empty folder, without the operator's own settings."""
    held = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(CONFIGURED)}
    with chdir(tmp_path):
        yield
    os.environ.update(held)


def export(*leads: tuple[str, str], name: str = "export.sqlite") -> str:
    """Write a D1 export with these leads, id and payment status, and with every table of the service but no row."""
    with closing(sqlite3.connect(name)) as database, database:
        for table in ("lead_registrations", "course_enrollments", "platform_users", "courses", "cohorts"):
            columns = ", ".join(f"{column} {kind}" for column, kind in TABLES[table].items())
            database.execute(f"CREATE TABLE {table} ({columns})")
        for lead_id, status in leads:
            database.execute(
                "INSERT INTO lead_registrations (lead_id, payment_status, created_at_ms, paid_at_ms, metadata_json) "
                """VALUES (?, ?, 1772445600000, 1772445600000, '{"amount_cents": 49900, "currency": "INR"}')""",
                (lead_id, status),
            )
    return name


PAID = ("audit", "export.sqlite", "--only", "paid-without-user")


def test_a_healthy_sandbox_is_ready(command: Command) -> None:
    """Every rule holds in it, its payments and certificates included, and nothing is left out."""
    ended = command("audit", "sandbox", "--fail-on", "info")

    assert (ended.status, ended.output.splitlines()[-1]) == (0, "READY")
    assert "NOT JUDGED" not in ended.output


def test_what_is_broken_is_shown_with_its_remedy(command: Command) -> None:
    """The fault of a sandbox is found by its rule: exit 1, and what to type next."""
    ended = command(*BROKEN)

    assert (ended.status, ended.output.splitlines()[-1]) == (1, "NOT READY")
    assert "CRITICAL paid-without-enrollment: 1 row\n" in ended.output
    assert "/api/admin/courses/COURSE_ID/enroll" in ended.output


def test_an_export_is_audited(command: Command) -> None:
    """A SQLite file needs no setting and no target; money and times are those of the leads."""
    export(("a", "paid"), ("b", "registered"))

    (rule,) = json.loads(command(*PAID, "--format", "json").output)["rules"]

    assert (rule["count"], rule["money"], rule["first_at"], len(rule["keys"])) == (
        1,
        {"INR": 49_900},
        "2026-03-02T10:00:00.000+00:00",
        1,
    )


def test_how_tables_were_read_stands_in_the_report(command: Command) -> None:
    """What the reader must know of it is kept, in every form that people read."""
    export(("a", "registered"))
    Path("listing").write_text("certificates/odd.json\n", encoding="utf-8")
    arguments = ("audit", "export.sqlite", "--certificates", "listing", "--format")

    text, page, value = (command(*arguments, form).output for form in ("text", "html", "json"))

    note = "listing: 1 certificates among 1 objects, 1 of them not named as a certificate is"
    assert (f"note: {note}\n" in text, note in page, json.loads(value)["notes"]) == (True, True, [note])


def test_what_is_left_out_is_said_loudly(command: Command) -> None:
    """Without payments and certificates the rules that need them are not judged; the last lines say what would."""
    export(("a", "registered"))

    ended = command("audit", "export.sqlite", "--only", "paid-without-user,captured-but-not-paid,certificate-altered")

    told, last = ended.output.splitlines()[-2:]
    assert told == (
        "2 of 3 rules were NOT JUDGED: give --payments FILE or --payments razorpay and --certificates FILE or "
        "--certificates api"
    )
    assert (ended.status, last) == (0, "READY")


def test_nothing_judged_is_not_ready(command: Command) -> None:
    """Every rule left out is no green run."""
    export(("a", "paid"))

    ended = command("audit", "export.sqlite", "--only", "captured-but-not-paid")

    assert (ended.status, ended.output.splitlines()[-1]) == (1, "NOT READY")


def test_a_missing_column_names_itself(command: Command) -> None:
    """Only the rules that need it are not judged; where one of them weighs enough the gate stays shut."""
    export(("a", "registered"))
    with closing(sqlite3.connect("export.sqlite")) as database, database:
        database.execute("ALTER TABLE lead_registrations RENAME COLUMN user_id TO learner")

    ended = command("audit", "export.sqlite", "--only", "paid-without-user,lead-times-backwards")

    assert (ended.status, "user_id" in ended.output, "1 passed, 1 skipped" in ended.output) == (1, True, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no source: "),
        (("no-such-file.sqlite",), "no-such-file.sqlite"),
        (("sandbox", "--only", "paid-without-enrolment"), "did you mean paid-without-enrollment?"),
        (("sandbox", "--since", "yesterday"), "--since: 'yesterday' is no date"),
        (("sandbox", "--engine", "postgres"), "--engine: there is no engine 'postgres'"),
        (("sandbox", "--master", "local[2]"), "--engine spark"),
        (("sandbox", "--format", "xml"), "--format: there is no format 'xml'"),
        (("sandbox", "--format", "parquet"), "--output FILE"),
        (("sandbox", "--fail-on", "everything"), "everything"),
        (("sandbox", "--deadline", "0"), "--deadline"),
        (("sandbox", "--fault", "no-such-fault"), "--fault"),
        (("sandbox", "--seed", "-1"), "--seed"),
        (("export.sqlite", "--fault", "enrollment-lost"), "audit sandbox --fault"),
        (("export.sqlite", "--certificates", "api"), "DEEPLEARN_API_BASE_URL"),
        (("sandbox", "--rules", "nowhere"), "nowhere"),
        (("sandbox", "--baseline", "nowhere.json"), "nowhere.json"),
        (("sandbox", "--payments", "nowhere.csv"), "nowhere.csv"),
        (("sandbox", "--certificates", "nowhere.json"), "nowhere.json"),
        (("sandbox", "--output", "nowhere/report"), "--output: cannot write nowhere/report"),
        (("sandbox", "--reveal", "nowhere/ids"), "--reveal: cannot write nowhere/ids"),
        (("sandbox", "--list", "--format", "csv"), "--list has no format 'csv'"),
        (("--list", "--only", "nothing-like-it"), "there is no rule 'nothing-like-it'"),
    ],
)
def test_bad_usage_is_one_line(command: Command, arguments: tuple[str, ...], words: str) -> None:
    """It names the option or the file, and what to give instead; nothing is printed as a report."""
    export()

    ended = command("audit", *arguments)

    *steps, refusal = ended.errors.splitlines()
    assert (ended.status, ended.output, words in refusal) == (2, "", True)
    assert all(step.startswith("deeplearn-checks: ") for step in steps)


def test_a_sandbox_s_own_payments_can_be_left_out(command: Command) -> None:
    """`none` means none, also where there are some."""
    ended = command(
        *("audit", "sandbox", "--payments", "none", "--certificates", "none"),
        *("--only", "paid-without-user,captured-but-not-paid,certificate-altered"),
    )

    assert (ended.status, "2 of 3 rules were NOT JUDGED" in ended.output) == (0, True)


def test_a_sandbox_s_payments_are_what_its_gateway_would_say(command: Command) -> None:
    """`razorpay` and `api` are its own."""
    ended = command(
        *("audit", "sandbox", "--payments", "razorpay", "--certificates", "api", "--fault", "webhook-lost"),
        *("--only", "captured-but-not-paid,certificate-altered", "--seed", "12"),
    )

    assert (ended.status, "captured-but-not-paid: 1 row" in ended.output) == (1, True)


@pytest.mark.parametrize(("since", "status"), [("2026-03-02", 1), ("2026-03-02T15:30:01+05:30", 0), ("2026-03-03", 0)])
def test_the_past_can_be_left_out(command: Command, since: str, status: int) -> None:
    """What happened before --since is not found; a day begins at midnight UTC, a moment may name its zone."""
    export(("a", "paid"))

    ended = command(*PAID, "--since", since)

    assert ended.status == status


def test_known_findings_do_not_fail_the_next_audit(command: Command) -> None:
    """What a baseline holds is counted as known; what is new fails."""
    export(("a", "paid"))
    first = command(*PAID, "--write-baseline", "known.json")
    again = command(*PAID, "--baseline", "known.json")
    Path("export.sqlite").unlink()
    export(("a", "paid"), ("b", "paid"))

    later = command(*PAID, "--baseline", "known.json")

    assert (first.status, again.status, later.status) == (1, 0, 1)
    assert "2 rows, 1 of them known and 1 new" in later.output


def test_real_ids_go_to_their_file_alone(command: Command) -> None:
    """All of them, for the owner of the file; a rule that holds has none."""
    export(*((f"lead-{number:03}", "paid") for number in range(120)), ("other", "registered"))

    ended = command(*PAID, "--reveal", "ids.json", "--format", "json")

    revealed = json.loads(Path("ids.json").read_text())
    (rule,) = json.loads(ended.output)["rules"]
    assert (stat.S_IMODE(Path("ids.json").stat().st_mode), len(revealed["paid-without-user"])) == (0o600, 120)
    assert (rule["count"], len(rule["keys"])) == (120, 100)


@pytest.mark.parametrize("form", ["text", "json", "csv", "html", "parquet"])
def test_a_report_can_be_a_file(command: Command, form: str) -> None:
    """It is its owner's alone; standard error says how it ended, so that nobody takes silence for success."""
    ended = command(*BROKEN, "--format", form, "--output", "report")

    file = Path("report")
    assert (ended.status, ended.output, stat.S_IMODE(file.stat().st_mode), file.stat().st_size > 100) == (
        1,
        "",
        0o600,
        True,
    )
    assert ended.errors.splitlines()[-1] == "deeplearn-checks: NOT READY: 1 failed; written to report"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("export.sqlite", "--output", "./export.sqlite"), "SOURCE and --output"),
        (("parquet", "--reveal", "parquet/payments.parquet"), "SOURCE and --reveal"),
        (("sandbox", "--payments", "a.csv, b.csv", "--output", "b.csv"), "--payments and --output"),
        (("sandbox", "--certificates", "a.json", "--write-baseline", "a.json"), "--certificates and --write-baseline"),
        (("sandbox", "--baseline", "known.json", "--reveal", "known.json"), "--baseline and --reveal"),
    ],
)
def test_no_source_is_written_over(command: Command, arguments: tuple[str, ...], named: str) -> None:
    """A report that would take the place of what it is about is refused, before anything is read."""
    export()
    Path("parquet").mkdir()
    held = Path("export.sqlite").read_bytes()

    ended = command("audit", *arguments)

    assert (ended.status, named in ended.errors, Path("export.sqlite").read_bytes()) == (2, True, held)


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("pipe",), "SOURCE"),
        (("sandbox", "--payments", "a.csv, pipe"), "--payments"),
        (("sandbox", "--certificates", "pipe"), "--certificates"),
    ],
)
def test_a_pipe_is_refused_before_it_is_waited_for(command: Command, arguments: tuple[str, ...], option: str) -> None:
    """A file is looked at before it is read, which a pipe does not allow: the line says what to do instead."""
    os.mkfifo("pipe")

    ended = command("audit", *arguments)

    assert (ended.status, f"{option}: " in ended.errors, "write it to a file first" in ended.errors) == (2, True, True)


def test_an_empty_export_says_that_it_is_empty(command: Command) -> None:
    """Such as one of the database on a laptop: nothing was judged, which is never ready."""
    export()

    ended = command(*PAID)

    assert (ended.status, ended.output.splitlines()[-2].startswith("NOT ONE ROW was judged")) == (1, True)


def test_a_csv_can_be_piped(command: Command) -> None:
    """On standard output stands nothing but the report; what was left out is said on standard error."""
    export(("a", "registered"))

    ended = command("audit", "export.sqlite", "--only", "paid-without-user,captured-but-not-paid", "--format", "csv")

    rows = list(csv.DictReader(io.StringIO(ended.output)))
    assert [row["outcome"] for row in rows] == ["skipped", "passed"]
    assert "deeplearn-checks: 1 of 2 rules were NOT JUDGED: give --payments FILE" in ended.errors


@pytest.mark.parametrize(("form", "module"), [("html", "jinja2"), ("parquet", "pyarrow")])
def test_a_format_without_its_extra_is_one_line(form: str, module: str) -> None:
    """What is missing and how to install it, before anything is read."""
    without = f"import sys; sys.modules[{module!r}] = None; from deeplearn_checks.cli import main; main()"

    ended = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-c", without, "audit", "sandbox", "--format", form, "--output", "report"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stderr.count("\n"), "pip install 'deeplearn-checks[" in ended.stderr) == (
        2,
        1,
        True,
    )


def test_a_sandbox_without_its_extra_is_one_line() -> None:
    """What is missing and how to install it."""
    without = "import sys; sys.modules['starlette'] = None; from deeplearn_checks.cli import main; main()"

    ended = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-c", without, "audit", "sandbox"], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, ended.stderr.splitlines()[-1]) == (
        2,
        "deeplearn-checks: the sandbox needs its extra: pip install 'deeplearn-checks[sandbox]'",
    )


def test_duckdb_leaves_standard_error_alone() -> None:
    """The library tells at the end of a process what nobody collected: there is nothing to tell."""
    arguments = ("audit", "sandbox", "--engine", "duckdb", "--only", ENROLLED, "--format", "json")

    ended = subprocess.run(  # noqa: S603  our own command
        [sys.executable, "-m", "deeplearn_checks", *arguments], capture_output=True, text=True, check=False
    )

    assert (ended.returncode, json.loads(ended.stdout)["engine"]) == (0, "duckdb")
    assert all(line.startswith("deeplearn-checks: ") for line in ended.stderr.splitlines())


def test_rules_are_listed(command: Command) -> None:
    """Without any source: id, severity, key, runbook step, meaning; as JSON with tables and columns too."""
    lines = command("audit", "--list").output.splitlines()
    listed = json.loads(command("audit", "--list", "--format", "json", "--only", ENROLLED).output)

    first = next(line for line in lines if line.startswith(ENROLLED))
    assert first.split()[:4] == [ENROLLED, "critical", "lead_id", "payment-failure-playbook/4"]
    assert [rule["id"] for rule in listed] == [ENROLLED]


def test_a_rule_of_the_user_s_own_is_run(command: Command) -> None:
    """The example of docs/audit.md, dropped into a folder, finds what it says."""
    page = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    Path("rules").mkdir()
    Path("rules", "paid-without-phone.sql").write_text(page.partition("```sql\n")[2].partition("```")[0])
    export(("a", "paid"), ("b", "registered"))

    ended = command("audit", "export.sqlite", "--rules", "rules", "--only", "paid-without-phone", "--fail-on", "info")

    assert (ended.status, "INFO paid-without-phone: 1 row\n" in ended.output) == (1, True)
    assert "  at stake INR 499.00\n" in ended.output


def test_ctrl_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    """An audit that is interrupted ends with 130, without a report, real ids or a traceback."""
    export(*((f"{number}", "paid") for number in range(3000)))
    Path("rules").mkdir()
    Path("rules", "slow.sql").write_text(
        "-- id: slow\n-- severity: info\n-- cause: slow\n-- runbook: alert-workflow/3\n-- key: lead_id\n"
        "-- tables: lead_registrations (lead_id)\n-- meaning: It takes long.\n"
        "SELECT MAX(a.lead_id) AS lead_id FROM lead_registrations AS a JOIN lead_registrations AS b "
        "ON a.lead_id <> b.lead_id JOIN lead_registrations AS c ON c.lead_id <> b.lead_id\n"
    )
    arguments = ["audit", "export.sqlite", "--rules", "rules", "--only", "slow", "--output", "report"]
    running = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "deeplearn_checks", *arguments, "--reveal", "ids.json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert running.stderr is not None
    said = next(line for line in running.stderr if "slow" in line)

    running.send_signal(signal.SIGINT)

    output, errors = running.communicate(timeout=60)
    assert (running.returncode, output, "Traceback" in said + errors) == (130, "", False)
    assert {path.name for path in tmp_path.iterdir()} == {"export.sqlite", "rules"}
