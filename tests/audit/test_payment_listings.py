"""Payments in other files than exports: listings of Razorpay's API, and tables; and how files are named."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from money import rows, settings, unheard

from deeplearn_checks.audit.tables import ParquetFolder
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.json_values import CHUNK
from deeplearn_checks.sources.opening import opened_text
from deeplearn_checks.sources.payments import payment_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from money import Row

    from deeplearn_checks.audit.tables import Tables

ENTITY = {"id": "pay_1", "entity": "payment", "amount": 499_900, "currency": "INR", "status": "captured"}
ENTITY_AT = ENTITY | {"created_at": 1_706_675_400, "notes": {"lead_id": "lead 1"}, "captured": True, "email": None}
REFUND_ENTITY = {"id": "rfnd_1", "entity": "refund", "payment_id": "pay_1", "amount": 499_900, "currency": "INR"}
REFUND_AT = REFUND_ENTITY | {"status": "processed", "created_at": 1_706_761_800}
AT_MS = 1_706_675_400_000
"""31 January 2024, 10:00 in India."""


EXPORT = "id,amount,currency,status,created_at\npay_1,4999.00,INR,captured,31/01/2024 10:00:00\n"


def read(folder: Path, *texts: str | bytes, name: str = "listing.json", **variables: str) -> Tables | None:
    """Read files with these contents."""
    files = [folder / (name if number == 0 else f"{number}-{name}") for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return payment_tables(",".join(map(str, files)), settings(**variables), out, unheard)


def refused(folder: Path, *texts: str | bytes, name: str = "listing.json", **variables: str) -> str:
    """Answer the line that says why files cannot be read, without the path of the folder."""
    with pytest.raises(ConfigurationError) as problem:
        read(folder, *texts, name=name, **variables)
    return str(problem.value).replace(f"{folder}/", "")


def listed(file: str, folder: Path) -> object:
    """Open a file as text."""
    with opened_text(Path(file)) as text:
        return (text.read(), folder)


def only(tables: Tables | None, table: str = "payments") -> Row:
    """Answer the one row of a table."""
    (row,) = rows(tables, table)
    return row


# -- JSON ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"entity": "collection", "count": 2, "items": [ENTITY_AT, REFUND_AT]}),
        json.dumps({"items": [ENTITY_AT, REFUND_AT], "entity": "collection"}, indent=2),
        json.dumps([ENTITY_AT, REFUND_AT]),
        f"\ufeff{json.dumps(ENTITY_AT)}\n{json.dumps(REFUND_AT)}\n",
        json.dumps({"items": [ENTITY_AT]}) + json.dumps({"items": []}) + json.dumps({"items": [REFUND_AT]}),
        json.dumps({"payments": [ENTITY_AT], "refunds": [REFUND_AT]}),
        json.dumps(
            [{name: value for name, value in one.items() if name != "entity"} for one in (ENTITY_AT, REFUND_AT)]
        ),
    ],
)
def test_a_listing_of_the_api_is_read_in_any_wrapping(tmp_path: Path, text: str) -> None:
    """As one page, as many, as an array, as an entity a line."""
    tables = read(tmp_path, text, name="listing.json")

    row, back = only(tables), only(tables, "refunds")
    assert (row["amount_cents"], row["lead_id"], row["email"], row["created_at_ms"]) == (499_900, "lead 1", "", AT_MS)
    assert (back["payment_id"], back["amount_cents"]) == ("pay_1", 499_900)


def test_a_long_listing_is_read_piece_by_piece(tmp_path: Path) -> None:
    """Longer than what is held at once, and than a batch."""
    many = [ENTITY_AT | {"id": f"pay_{number}", "description": "x" * 150} for number in range(2_500)]

    assert len(rows(read(tmp_path, json.dumps({"items": many})), "payments")) == 2_500


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_an_entry_may_end_where_a_piece_ends(tmp_path: Path, beyond: int) -> None:
    """Or on either side of that."""
    text = json.dumps(ENTITY_AT)

    tables = read(
        tmp_path,
        "[" + " " * (CHUNK - len(text) - 1 + beyond) + text + ",\n" + json.dumps(ENTITY_AT | {"id": "pay_2"}) + "]",
    )

    assert [row["id"] for row in rows(tables, "payments")] == ["pay_1", "pay_2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (json.dumps([ENTITY_AT, ENTITY]), "line 1: created_at: Field required; give the API's own JSON"),
        (json.dumps([ENTITY_AT | {"amount": 4999.5}]), "line 1: amount: Input should be a valid integer"),
        (json.dumps([ENTITY_AT, {"id": "order_1"}], indent=1), "line 15: is neither a payment nor a refund"),
        (json.dumps([ENTITY_AT | {"created_at": 2**60}]), "line 1: created_at: Input should be less than"),
        ("[1]", "line 1: is no object"),
        ("[\n{]", "line 2: is no JSON"),
        (f"[{json.dumps(ENTITY_AT)} {json.dumps(ENTITY_AT)}]", "line 1: ',' is missing"),
        (f"[{json.dumps(ENTITY_AT)}\n", "line 2: ',' is missing"),
        ("{1: 2}", "line 1: has a name that is no text"),
        ('{"items" []}', "line 1: ':' is missing"),
        ("[" * 100_000, "line 1: is nested too deeply"),
        ('[{"id": NaN}]', "line 1: is no JSON (NaN is no JSON)"),
        ("[]\n[] 7", "line 2: is neither an object nor an array"),
    ],
)
def test_json_that_cannot_be_read_names_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    """And the field, where it is one."""
    assert refused(tmp_path, text, name="listing.json").startswith(f"listing.json {said}")


def test_a_listing_of_nothing_says_nothing(tmp_path: Path) -> None:
    """It could be of payments or of refunds."""
    assert "no file holds a payment or a refund" in refused(tmp_path, '{"items": []}')


def test_texts_that_no_file_can_hold_are_replaced(tmp_path: Path) -> None:
    """JSON can hold half of a pair of surrogates."""
    text = json.dumps([ENTITY_AT | {"notes": {"lead_id": "lead \ud800"}}])

    assert only(read(tmp_path, text))["lead_id"] == "lead ?"


# -- tables -------------------------------------------------------------------------------------


def test_tables_of_a_sqlite_file_are_taken_and_no_others(tmp_path: Path) -> None:
    """With those of our columns that they have; the leads in the same file are another source's."""
    with closing(sqlite3.connect(tmp_path / "all.sqlite")) as database, database:
        database.execute("CREATE TABLE payments (id, amount_cents, colour)")
        database.execute("INSERT INTO payments VALUES ('pay_1', 5, 'red')")
        database.execute("CREATE TABLE lead_registrations (lead_id)")

    tables = payment_tables(str(tmp_path / "all.sqlite"), settings(), tmp_path, unheard)

    assert only(tables) == {"id": "pay_1", "amount_cents": 5}
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        rows(tables, "lead_registrations")


def test_parquet_is_taken_where_it_lies(tmp_path: Path) -> None:
    """Linked to, not copied; its other tables are another source's."""
    given, out = tmp_path / "given", tmp_path / "out"
    for folder in (given / "refunds", out):
        folder.mkdir(parents=True)
    for name in ("payments.parquet", "refunds/part-0.parquet", "courses.parquet"):
        (given / name).write_bytes(b"PAR1")

    tables = payment_tables(str(given), settings(), out, unheard)

    assert isinstance(tables, ParquetFolder)
    assert {file.name: file.resolve() for file in tables.folder.iterdir()} == {
        name: given / name for name in ("payments.parquet", "refunds")
    }


@pytest.mark.parametrize(
    ("create", "said"),
    [("CREATE TABLE courses (id)", "has none of the tables payments, refunds"), (None, "cannot be read: file is not")],
)
def test_a_sqlite_file_without_payments_is_refused(tmp_path: Path, create: str | None, said: str) -> None:
    """And one that is broken."""
    file = tmp_path / "other.sqlite"
    if create:
        with closing(sqlite3.connect(file)) as database, database:
            database.execute(create)
    else:
        file.write_bytes(b"SQLite format 3\x00 and no more" * 100)

    with pytest.raises(ConfigurationError, match=said):
        payment_tables(str(file), settings(), tmp_path, unheard)


# -- choosing -----------------------------------------------------------------------------------


def test_none_is_none(tmp_path: Path) -> None:
    """The operator leaves payments out."""
    assert payment_tables("none", settings(), tmp_path, unheard) is None


@pytest.mark.parametrize(
    ("given", "said"), [("nowhere.csv", "there is no nowhere.csv"), ("{empty}", "holds no .csv and no .json")]
)
def test_what_is_not_there_is_said(tmp_path: Path, given: str, said: str) -> None:
    """With what may be given instead."""
    with pytest.raises(ConfigurationError, match=said) as problem:
        payment_tables(given.replace("{empty}", str(tmp_path)), settings(), tmp_path, unheard)

    assert "payments.csv,refunds.csv" in str(problem.value)


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """No traceback of the database."""
    (tmp_path / "payments.csv").write_text(EXPORT)

    with pytest.raises(ConfigurationError, match=r"--payments: the tables cannot be made in .*nowhere"):
        payment_tables(str(tmp_path / "payments.csv"), settings(), tmp_path / "nowhere", unheard)


@pytest.mark.parametrize("read_it", [lambda file, folder: payment_tables(file, settings(), folder, unheard), listed])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path, read_it: Callable[[str, Path], object]) -> None:
    """It says why: here because it is no file that can be read from its beginning."""
    with pytest.raises(ConfigurationError, match="/proc/self/mem cannot be read: Input/output error"):
        read_it("/proc/self/mem", tmp_path)


def test_reading_a_file_loads_no_client(tmp_path: Path) -> None:
    """An audit of exports needs no network, and starts without it."""
    (tmp_path / "payments.csv").write_text(EXPORT)
    code = f"""
import sys
from pathlib import Path
from deeplearn_checks.settings import load_settings
from deeplearn_checks.sources.certificates import certificate_tables
from deeplearn_checks.sources.opening import opened_text
from deeplearn_checks.sources.payments import payment_tables
folder = Path({str(tmp_path)!r})
settings = load_settings(variables={{"DEEPLEARN_API_BASE_URL": "http://api.example.com"}})
tables = payment_tables(str(folder / "payments.csv"), settings, folder, print)
(folder / "keys.txt").write_text("certificates/c/u-2024-01-31.json")
certificate_tables(str(folder / "keys.txt"), settings, tables, folder, print)
loaded = {{"httpx", "razorpay", "requests", "pyarrow", "duckdb"}} & set(sys.modules)
sys.exit(", ".join(loaded) or 0)
"""

    ran = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)  # noqa: S603  ours

    assert (ran.returncode, ran.stderr) == (0, "")
