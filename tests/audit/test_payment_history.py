"""Razorpay's payments and refunds, all of them, each once, and the next time only what is new."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from typing import TYPE_CHECKING

import httpx
import pytest
from money import DAY, Counted, Pauses, of, pay, refund, rows, settings, unheard

from deeplearn_checks.sandbox.start import deploy, start
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.sources.payment_history import AT_ONCE, fetched
from deeplearn_checks.sources.payments import payment_tables

if TYPE_CHECKING:
    from pathlib import Path

    from money import Meddling, Row

    from deeplearn_checks.sandbox.world import World

WEEK = 7 * DAY
HOUR = 3600.0


class Account:
    """A gateway alone; what is fetched of it is kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.world: World = deploy(count=0)
        self.folder = folder
        self.said: list[str] = []
        self.pauses = Pauses()

    def fetch(self, meddle: Meddling | None = None, later: float = 0, **variables: str) -> tuple[Counted, list[Row]]:
        """Fetch everything so many seconds from now; answer who was asked, and the payments."""
        wire = Counted(self.world, meddle)
        given = of(self.world, self.folder, **variables)
        tables = fetched(
            given,
            self.folder,
            self.said.append,
            transport=wire,
            sleep=self.pauses,
            now=lambda: self.world.now_ms() / 1000 + later,
        )
        self.refunds = rows(tables, "refunds")
        return wire, rows(tables, "payments")

    def refused(self, meddle: Meddling | None = None) -> str:
        """Answer the line that says why there are no tables."""
        with pytest.raises(ConfigurationError) as problem:
            self.fetch(meddle)
        return str(problem.value)


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """An account without payments."""
    return Account(tmp_path)


def asked_of(wire: Counted, kind: str) -> list[httpx.Request]:
    """Answer the pages of a listing that were asked for; not the search for its beginning."""
    return [one for one in wire.asked if one.url.path == f"/v1/{kind}" and one.url.params["count"] != "1"]


def test_every_payment_of_the_sandbox_is_there(tmp_path: Path) -> None:
    """With whose it is, in paise and milliseconds."""
    world = start(count=40, faults=["refund-ignored"])

    tables = payment_tables("razorpay", of(world), tmp_path, unheard, transport=Counted(world))

    known = rows(tables, "payments")
    expected = world.gateway.payments
    assert {row["id"]: (row["amount_cents"], row["status"], row["captured"]) for row in known} == {
        name: (one["amount"], one["status"], int(bool(one["captured"]))) for name, one in expected.items()
    }
    assert {row["created_at_ms"] for row in known} == {int(str(one["created_at"])) * 1000 for one in expected.values()}
    assert all(row["lead_id"] and row["course_id"] and row["email"] for row in known)
    assert [row["payment_id"] for row in rows(tables, "refunds")] == [
        one["payment_id"] for one in world.gateway.refunds.values()
    ]


def test_a_week_of_many_pages_is_read_whole(account: Account) -> None:
    """Also where more payments were made in one second than a page holds."""
    for number in range(250):
        pay(account.world, number, HOUR + (number > 120))

    wire, known = account.fetch()

    assert [row["id"] for row in known] == [f"pay_{number:014d}" for number in range(250)]
    newest = [one.url.params["skip"] for one in asked_of(wire, "payments") if one.url.params["skip"] != "0"]
    assert newest == ["100", "200"]


def test_weeks_are_read_some_at_a_time(account: Account) -> None:
    """Not all at once: Razorpay refuses who asks too often."""
    pay(account.world, 1, 20 * WEEK)

    wire, _ = account.fetch()

    assert 1 < wire.busiest <= AT_ONCE


def test_what_is_paid_while_it_is_read_neither_hides_nor_doubles_others(account: Account) -> None:
    """The limits of what is read are fixed when it begins."""
    for number in range(250):
        pay(account.world, number, HOUR)

    def sell(request: httpx.Request, number: int) -> None:
        if request.url.params.get("skip", "0") != "0":
            pay(account.world, 1000 + number, -5)

    _, known = account.fetch(sell)

    assert [row["id"] for row in known] == [f"pay_{number:014d}" for number in range(250)]


def test_a_list_that_moves_while_it_is_read_is_read_again(account: Account) -> None:
    """Payments that show late push others onto the next page, where their ids are known already."""
    for number in range(150):
        pay(account.world, number, HOUR)

    def show_late(request: httpx.Request, _: int) -> None:
        if request.url.params.get("skip") == "100" and len(account.world.gateway.payments) == 150:
            pay(account.world, 999, HOUR / 2)

    wire, known = account.fetch(show_late)

    assert len(known) == 151
    assert [one.url.params["skip"] for one in asked_of(wire, "payments")].count("100") == 2


def test_a_list_that_never_stands_still_is_given_up(account: Account) -> None:
    """Rather than judged by what happened to be seen of it."""
    for number in range(150):
        pay(account.world, number, HOUR)

    def show_late(request: httpx.Request, number: int) -> None:
        if request.url.params.get("skip") == "100":
            pay(account.world, 1000 + number, HOUR / 2)

    assert "changes while it is read" in account.refused(show_late)


def test_the_next_audit_reads_only_what_is_new(account: Account) -> None:
    """The weeks in which nothing changes any more are not asked for again."""
    pay(account.world, 1, 10 * WEEK)
    first, _ = account.fetch()
    pay(account.world, 2, HOUR)

    second, known = account.fetch()

    assert [row["id"] for row in known] == ["pay_00000000000001", "pay_00000000000002"]
    assert len(asked_of(first, "payments")) in {11, 12}
    assert len(second.asked) == len(asked_of(second, "payments")) + len(asked_of(second, "refunds"))
    assert len(asked_of(second, "payments")) in {3, 4}


def test_a_young_payment_is_read_again(account: Account) -> None:
    """It was authorised only, and is captured by now."""
    pay(account.world, 1, 6 * DAY, "authorized")
    account.fetch()
    pay(account.world, 1, 6 * DAY)

    _, known = account.fetch(later=7 * HOUR)

    assert [(row["status"], row["captured"]) for row in known] == [("captured", 1)]


def test_the_refund_of_an_old_payment_shows_in_both_tables(account: Account) -> None:
    """The payment's week is settled, and it alone is asked for again by its id."""
    old = pay(account.world, 1, 10 * WEEK)
    account.fetch()
    refund(account.world, old)

    wire, known = account.fetch(later=5)

    assert [(row["status"], row["amount_refunded_cents"], row["refund_status"]) for row in known] == [
        ("refunded", 499_900, "full")
    ]
    assert [row["payment_id"] for row in account.refunds] == ["pay_00000000000001"]
    assert [one.url.path for one in wire.asked].count("/v1/payments/pay_00000000000001") == 1


def test_a_refunded_payment_that_razorpay_does_not_know_stays_as_it_was(account: Account) -> None:
    """It is not asked for in every audit from now on."""
    old = pay(account.world, 1, 10 * WEEK)
    account.fetch()
    refund(account.world, old)
    del account.world.gateway.payments["pay_00000000000001"]

    account.fetch(later=5)
    again, known = account.fetch(later=6)

    assert [row["status"] for row in known] == ["captured"]
    assert "/v1/payments/pay_00000000000001" not in [one.url.path for one in again.asked]


@pytest.mark.parametrize("how", [KeyboardInterrupt, asyncio.CancelledError])
def test_an_interrupted_fetch_goes_on_where_it_stood(account: Account, how: type[BaseException]) -> None:
    """Ctrl-C in the middle: what was answered is not asked for again, but for the newest week, which grows."""
    for number in range(950):
        pay(account.world, number, 3 * WEEK + number // 500)
    pay(account.world, 1000, 12 * WEEK)

    def interrupt(request: httpx.Request, _: int) -> None:
        if request.url.params.get("skip") == "500":
            if how is asyncio.CancelledError:
                raise asyncio.CancelledError
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(how):
        account.fetch(interrupt)
    wire, known = account.fetch()

    assert len(known) == 951
    skips = [int(one.url.params["skip"]) for one in asked_of(wire, "payments") if one.url.params["skip"] != "0"]
    assert skips == list(range(max(500, skips[0]), 1000, 100))
    assert [one for one in asked_of(wire, "refunds") if int(one.url.params["to"]) < time.time() - WEEK] == []


def test_what_was_read_long_ago_and_unfinished_is_read_anew(account: Account) -> None:
    """A week that was young then may be another by now."""
    pay(account.world, 1, 9 * DAY)

    def fail(request: httpx.Request, _: int) -> httpx.Response | None:
        return httpx.Response(500) if request.url.path == "/v1/refunds" else None

    account.refused(fail)

    wire, known = account.fetch(later=7 * HOUR)

    assert len(known) == 1
    assert len(asked_of(wire, "refunds")) == len(asked_of(wire, "payments"))


def test_the_pause_that_razorpay_asks_for_is_kept(account: Account) -> None:
    """And the answer then counts."""
    pay(account.world, 1, HOUR)

    def limit(_: httpx.Request, number: int) -> httpx.Response | None:
        return httpx.Response(429, headers={"retry-after": "7"}) if number == 1 else None

    _, known = account.fetch(limit)

    assert (len(known), account.pauses.taken) == (1, [7.0])


@pytest.mark.parametrize(("wait", "pauses"), [("86400", []), ("1", [1.0] * 5)], ids=["for a day", "again and again"])
def test_a_gateway_that_refuses_for_long_is_not_waited_for(account: Account, wait: str, pauses: list[float]) -> None:
    """One line says so, and that nothing is lost."""
    said = account.refused(lambda *_: httpx.Response(429, headers={"retry-after": wait}))

    assert "429 (too many requests)" in said
    assert said.endswith("what was fetched is kept: run again to go on")
    assert account.pauses.taken == pauses


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("gateway-keys-rejected", "Razorpay refuses RAZORPAY_KEY_ID with RAZORPAY_KEY_SECRET"),
        ("gateway-down", "Razorpay's API: GET /v1/payments"),
    ],
)
def test_a_gateway_that_does_not_answer_is_one_line(tmp_path: Path, fault: str, said: str) -> None:
    """It names the cause and shows no secret."""
    account = Account(tmp_path)
    account.world = start(count=12, faults=[fault])

    line = account.refused()

    assert line.startswith(f"--payments razorpay: {said}")
    assert "\n" not in line
    assert "sandbox-key-secret" not in line


def test_without_keys_nothing_is_asked(tmp_path: Path) -> None:
    """The line names both variables."""
    with pytest.raises(ConfigurationError, match="RAZORPAY_KEY_ID and RAZORPAY_KEY_SECRET"):
        payment_tables("razorpay", settings(RAZORPAY_KEY_ID="", RAZORPAY_KEY_SECRET=""), tmp_path, unheard)


def test_an_account_without_payments_has_empty_tables(account: Account) -> None:
    """That is an answer, and it is said."""
    wire, known = account.fetch()

    assert (known, account.refunds, account.said, len(wire.asked)) == ([], [], ["Razorpay has no payments"], 1)


def test_the_beginning_may_be_set(account: Account) -> None:
    """Then nothing before is asked for or shown, and the operator hears what that means."""
    pay(account.world, 1, 30 * WEEK)
    pay(account.world, 2, HOUR)
    day = time.strftime("%Y-%m-%d", time.gmtime(account.world.now_ms() / 1000 - 3 * WEEK))

    wire, known = account.fetch(DEEPLEARN_CHECKS_PAYMENTS_SINCE=day)

    assert [row["id"] for row in known] == ["pay_00000000000002"]
    assert len(asked_of(wire, "payments")) in {4, 5}
    assert f"payments before {day} are not read" in account.said[0]


def test_a_beginning_that_is_no_date_is_refused() -> None:
    """The line names the variable and shows how a date is written."""
    with pytest.raises(ConfigurationError, match=r"PAYMENTS_SINCE: is no date; write it as 2024-01-31"):
        settings(DEEPLEARN_CHECKS_PAYMENTS_SINCE="31/01/2024")


def test_accounts_never_mix(account: Account) -> None:
    """What one key fetched is not shown to another."""
    pay(account.world, 1, HOUR)
    account.fetch()
    account.world.gateway.payments.clear()
    pay(account.world, 2, HOUR)
    account.world.gateway.key_id = account.world.known_settings["RAZORPAY_KEY_ID"] = "rzp_live_Other01"

    _, known = account.fetch()

    assert [row["id"] for row in known] == ["pay_00000000000002"]


def test_a_full_disk_is_one_line(account: Account) -> None:
    """It names the setting of the folder."""
    pay(account.world, 1, 3 * WEEK)
    account.fetch()
    cache = next((account.folder / "audit").iterdir())
    with sqlite3.connect(cache) as database:
        database.execute("CREATE TRIGGER full BEFORE INSERT ON windows BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
    database.close()

    assert account.refused().startswith("DEEPLEARN_CHECKS_CACHE: the payments cannot be kept (disk is full)")
