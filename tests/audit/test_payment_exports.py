"""Payments and refunds in files: every form that is known is read exactly, and what cannot be read says where."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from money import rows, settings, unheard

from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.payments import payment_tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from money import Row

    from deeplearn_checks.audit.tables import Tables

PAYMENT = {
    "id": "pay_1",
    "amount": "4999.00",
    "currency": "INR",
    "status": "captured",
    "order_id": "order_1",
    "invoice_id": "",
    "international": "false",
    "method": "upi",
    "amount_refunded": "0.00",
    "refund_status": "",
    "captured": "true",
    "description": "Deep learning,\nfor doctors",
    "email": "asha@example.com",
    "contact": "+919876543210",
    "notes": '{"lead_id": "lead 1", "course_id": "c1"}',
    "fee": "117.98",
    "tax": "18.00",
    "created_at": "31/01/2024 10:00:00",
}
REFUND = {"id": "rfnd_1", "amount": "4999.00", "currency": "INR", "payment_id": "pay_1", "status": "processed"}
REFUND |= {"created_at": "01/02/2024 10:00:00"}
ENTITY = {"id": "pay_1", "entity": "payment", "amount": 499_900, "currency": "INR", "status": "captured"}
ENTITY_AT = ENTITY | {"created_at": 1_706_675_400, "notes": {"lead_id": "lead 1"}, "captured": True, "email": None}
REFUND_ENTITY = {"id": "rfnd_1", "entity": "refund", "payment_id": "pay_1", "amount": 499_900, "currency": "INR"}
REFUND_AT = REFUND_ENTITY | {"status": "processed", "created_at": 1_706_761_800}
AT_MS = 1_706_675_400_000
"""31 January 2024, 10:00 in India."""


def written(*lines: dict[str, str], delimiter: str = ",") -> str:
    """Write rows as a CSV export."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(lines[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def read(folder: Path, *texts: str | bytes, name: str = "payments.csv", **variables: str) -> Tables | None:
    """Read files with these contents."""
    files = [folder / (name if number == 0 else f"{number}-{name}") for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
    out = folder / "out"
    out.mkdir(exist_ok=True)
    return payment_tables(",".join(map(str, files)), settings(**variables), out, unheard)


def refused(folder: Path, *texts: str | bytes, name: str = "payments.csv", **variables: str) -> str:
    """Answer the line that says why files cannot be read, without the path of the folder."""
    with pytest.raises(ConfigurationError) as problem:
        read(folder, *texts, name=name, **variables)
    return str(problem.value).replace(f"{folder}/", "")


def only(tables: Tables | None, table: str = "payments") -> Row:
    """Answer the one row of a table."""
    (row,) = rows(tables, table)
    return row


# -- CSV ----------------------------------------------------------------------------------------


def test_an_export_of_the_dashboard_is_read_exactly(tmp_path: Path) -> None:
    """Rupees become paise, times in India become times, notes say whose it is; quoted newlines are no rows."""
    tables = read(tmp_path, written(PAYMENT, PAYMENT | {"id": "pay_2"}))

    assert len(rows(tables, "payments")) == 2
    assert rows(tables, "payments")[0] == {
        "id": "pay_1",
        "order_id": "order_1",
        "currency": "INR",
        "status": "captured",
        "refund_status": "",
        "email": "asha@example.com",
        "contact": "+919876543210",
        "lead_id": "lead 1",
        "course_id": "c1",
        "cohort_id": "",
        "amount_cents": 499_900,
        "amount_refunded_cents": 0,
        "captured": 1,
        "created_at_ms": AT_MS,
    }


def test_payments_and_refunds_are_told_apart_by_their_headers(tmp_path: Path) -> None:
    """Whatever the files are called, in whatever order."""
    tables = read(tmp_path, written(REFUND), written(PAYMENT))

    assert only(tables)["id"] == "pay_1"
    assert only(tables, "refunds") == {
        "id": "rfnd_1",
        "payment_id": "pay_1",
        "currency": "INR",
        "status": "processed",
        "amount_cents": 499_900,
        "created_at_ms": AT_MS + 86_400_000,
    }


def test_a_folder_holds_both(tmp_path: Path) -> None:
    """What is neither CSV nor JSON in it is left alone."""
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "a.csv").write_text(written(PAYMENT))
    (exports / "b.json").write_text(json.dumps({"items": [REFUND_AT]}))
    (exports / "notes.txt").write_text("no export")

    tables = payment_tables(str(exports), settings(), tmp_path, unheard)

    assert (only(tables)["id"], only(tables, "refunds")["id"]) == ("pay_1", "rfnd_1")


def test_without_refunds_there_is_no_table_of_them(tmp_path: Path) -> None:
    """Nothing is invented: rules that need it are not judged."""
    tables = read(tmp_path, written(PAYMENT))

    with pytest.raises(sqlite3.OperationalError, match="no such table: refunds"):
        rows(tables, "refunds")


def test_a_column_that_the_export_has_not_the_table_has_not(tmp_path: Path) -> None:
    """An empty text would be a statement."""
    few = {name: PAYMENT[name] for name in ("id", "amount", "currency", "status", "created_at")}

    row = only(read(tmp_path, written(few)))

    assert set(row) == {"id", "amount_cents", "currency", "status", "created_at_ms"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_form_does_not_matter(tmp_path: Path, delimiter: str, encoding: str) -> None:
    """Other delimiters, byte order marks, columns in another order and case, others beside them, blank rows."""
    shuffled = {f" {name.replace('_', ' ').title()} ": PAYMENT[name] for name in reversed(PAYMENT)}
    text = written(shuffled | {"Settlement Id": "x"}, delimiter=delimiter) + f"{delimiter * len(shuffled)}\n"

    row = only(read(tmp_path, text.encode(encoding)))

    assert (row["amount_cents"], row["lead_id"], row["created_at_ms"]) == (499_900, "lead 1", AT_MS)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("1706675400", AT_MS),
        ("31/01/2024 10:00", AT_MS),
        ("31-01-2024 10:00:00", AT_MS),
        ("31 Jan 2024 10:00:00", AT_MS),
        ("2024-01-31 10:00:00", AT_MS),
        ("2024-01-31T04:30:00Z", AT_MS),
        ("31/01/2024", AT_MS - 36_000_000),
    ],
)
def test_times_are_indias_unless_they_say_otherwise(tmp_path: Path, text: str, at: int) -> None:
    """The dashboard is in India."""
    assert only(read(tmp_path, written(PAYMENT | {"created_at": text})))["created_at_ms"] == at


@pytest.mark.parametrize(
    ("amount", "currency", "cents"),
    [
        ("₹4,999.00", "inr", 499_900),
        ("Rs. 1,00,000.50", "INR", 10_000_050),
        ("4999", "INR", 499_900),
        ("500", "JPY", 500),
        ("1.234", "KWD", 1_234),
    ],
)
def test_an_amount_is_read_in_its_currency(tmp_path: Path, amount: str, currency: str, cents: int) -> None:
    """With symbols and separators, and as many places as the currency has."""
    row = only(read(tmp_path, written(PAYMENT | {"amount": amount, "currency": currency})))

    assert (row["amount_cents"], row["currency"]) == (cents, currency.upper())


WHOLE = PAYMENT | {"amount": "499900", "amount_refunded": "", "fee": "11798", "tax": "1800"}


@pytest.mark.parametrize(
    ("changed", "variables", "cents"),
    [
        ({"created_at": "1706675400"}, {}, 499_900),
        ({"created_at": "1706675400", "fee": "11798.0"}, {}, 499_900),
        ({}, {"DEEPLEARN_CHECKS_PAYMENTS_UNIT": "paise"}, 499_900),
        ({}, {"DEEPLEARN_CHECKS_PAYMENTS_UNIT": "Rupees"}, 49_990_000),
        ({"fee": "11798.50"}, {}, 49_990_000),
        ({"fee": "11798.5"}, {}, 49_990_000),
    ],
)
def test_the_unit_is_told_by_what_the_export_says(
    tmp_path: Path, changed: dict[str, str], variables: dict[str, str], cents: int
) -> None:
    """A fraction is of rupees, the API's own form is in paise, and the operator may say it."""
    assert only(read(tmp_path, written(WHOLE | changed), **variables))["amount_cents"] == cents


@pytest.mark.parametrize(
    ("name", "cents"), [("Amount (in paise)", 499_900), ("amount_in_rupees", 49_990_000), ("Amount (INR)", 49_990_000)]
)
def test_the_unit_may_stand_in_the_header(tmp_path: Path, name: str, cents: int) -> None:
    """Then that counts."""
    named = {name if key == "amount" else key: value for key, value in WHOLE.items()}

    assert only(read(tmp_path, written(named)))["amount_cents"] == cents


def test_a_unit_that_cannot_be_told_is_not_guessed(tmp_path: Path) -> None:
    """The line says what would tell it."""
    assert refused(tmp_path, written(WHOLE)) == (
        "payments.csv: its amounts are whole numbers, of rupees or of paise; say which: "
        "DEEPLEARN_CHECKS_PAYMENTS_UNIT=rupees or DEEPLEARN_CHECKS_PAYMENTS_UNIT=paise"
    )


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"amount": "free"}, "amount is no amount"),
        ({"amount": "-1.00"}, "amount is no amount"),
        ({"amount": "1.005"}, "amount is no whole number of the smallest unit of INR"),
        ({"amount": "99999999999999999.00"}, "amount is too large"),
        ({"amount": "5.0E5"}, "amount is no amount"),
        ({"amount_refunded": "?"}, "amount_refunded is no amount"),
        ({"id": "order_1"}, "id is no id that begins with pay_"),
        ({"currency": "rupees"}, "currency is no currency of three letters"),
        ({"captured": "perhaps"}, "captured is neither true nor false"),
        ({"created_at": "01/31/2024 10:00:00"}, "created_at month must be in 1..12"),
        ({"created_at": "soon"}, "created_at is no time: neither seconds since 1970 nor DD/MM/YYYY HH:MM:SS"),
        ({"notes": "lead 1"}, "lead_id cannot be read: notes is no JSON object"),
        ({"notes": "1"}, "lead_id cannot be read: notes is no JSON object"),
    ],
)
def test_a_row_that_cannot_be_read_names_file_and_line(tmp_path: Path, changed: dict[str, str], said: str) -> None:
    """Of the file as an editor shows it, and nothing of what stands there."""
    line = refused(tmp_path, written(PAYMENT, PAYMENT | {"id": "pay_2"} | changed))

    assert line == f"payments.csv line 4: {said}; mend the row, or export the file again"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (written(PAYMENT) + "pay_2,5\n", "payments.csv line 4: has 2 cells where the header has 18"),
        (written(PAYMENT) + '"pay_2', "payments.csv line 4: is no CSV"),
        ("name,age\nasha,30\n", "payments.csv: no column amount, created_at, currency, id, status"),
        ("id,payment_id,amount\n", "payments.csv: no column created_at; give an export"),
        ("id,ID,amount,currency,status,created_at\n", "payments.csv: the column id stands twice"),
        (
            "id,amount_in_paise,fee_in_rupees,currency,status,created_at\n",
            "payments.csv: its columns are of more than one unit",
        ),
        (" \n", "payments.csv is empty"),
        (b"id,amount\n\xff\xfe\xfa", "payments.csv is no text in UTF-8"),
    ],
)
def test_a_file_that_is_no_export_is_refused(tmp_path: Path, text: str | bytes, said: str) -> None:
    """One line says what is wrong with it."""
    assert refused(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("columns", "lead"),
    [({"notes": "[]"}, ""), ({"notes": ""}, ""), ({"notes": '{"lead_id": null}'}, ""), ({"lead_id": "l2"}, "l2")],
)
def test_a_payment_without_a_lead_has_an_empty_one(tmp_path: Path, columns: dict[str, str], lead: str) -> None:
    """Notes are an object, or a list where there are none; some exports have a column of their own for each."""
    assert only(read(tmp_path, written(PAYMENT | columns)))["lead_id"] == lead


def test_a_refunds_export_may_call_its_id_refund_id(tmp_path: Path) -> None:
    """And a payments export payment_id."""
    refunds = {"refund_id" if name == "id" else name: value for name, value in REFUND.items()}
    payments = {"payment_id" if name == "id" else name: value for name, value in PAYMENT.items()}

    tables = read(tmp_path, written(payments), written(refunds))

    assert (only(tables)["id"], only(tables, "refunds")["id"]) == ("pay_1", "rfnd_1")


def test_exports_that_overlap_are_one(tmp_path: Path) -> None:
    """The last row of an id counts, and it is said how many there were."""
    said: list[str] = []
    for name, status in (("a.csv", "authorized"), ("b.csv", "captured")):
        (tmp_path / name).write_text(written(PAYMENT | {"status": status}))

    tables = payment_tables(f"{tmp_path}/a.csv, {tmp_path}/b.csv", settings(), tmp_path, said.append)

    assert only(tables)["status"] == "captured"
    assert said[-1] == (
        "1 payments from 2024-01-31 to 2024-01-31; 1 ids stand more than once, the last row of each counts"
    )


def test_exports_with_other_columns_are_not_mixed(tmp_path: Path) -> None:
    """What one of them lacks would seem to be empty."""
    other = {name: value for name, value in PAYMENT.items() if name != "notes"}

    assert refused(tmp_path, written(PAYMENT), written(other)) == (
        "1-payments.csv: it has other columns than the payments before it; export both alike"
    )


def test_an_export_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    """Nobody has paid: that is an answer."""
    assert rows(read(tmp_path, written(PAYMENT).splitlines()[0]), "payments") == []


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12).map(str.strip)


@examples(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paid=st.lists(
        st.tuples(st.integers(0, 10**12), st.integers(0, 4_000_000_000), TEXTS, TEXTS, st.booleans()),
        min_size=1,
        max_size=6,
    ),
    in_rupees=st.booleans(),
    order=st.permutations(sorted(PAYMENT)),
)
def test_what_is_exported_is_read_back(
    tmp_path: Path, paid: Sequence[tuple[int, int, str, str, bool]], order: Sequence[str], *, in_rupees: bool
) -> None:
    """To the paisa and the second, whatever the unit, the order of columns, and the texts in the notes."""
    india = timezone(timedelta(hours=5, minutes=30))
    lines = []
    for number, (cents, at, lead, course, captured) in enumerate(paid):
        time = datetime.fromtimestamp(at, UTC).astimezone(india).strftime("%d/%m/%Y %H:%M:%S")
        line = (
            PAYMENT
            | {
                "id": f"pay_{number}",
                "amount": f"{cents // 100}.{cents % 100:02d}" if in_rupees else str(cents),
                "created_at": time if in_rupees else f"{at:010d}",
                "notes": json.dumps({"lead_id": lead, "course_id": course}),
                "captured": str(captured),
            }
            | ({} if in_rupees else dict.fromkeys(("fee", "tax", "amount_refunded"), "0"))
        )
        lines.append({name: line[name] for name in order})

    tables = read(tmp_path, written(*lines))

    assert [
        (row["amount_cents"], row["created_at_ms"], row["lead_id"], row["course_id"], row["captured"])
        for row in rows(tables, "payments")
    ] == [(cents, at * 1000, lead, course, int(captured)) for cents, at, lead, course, captured in paid]
