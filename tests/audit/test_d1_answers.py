"""Whatever the API of a live database answers: it is waited for, asked otherwise, or one line says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cloudflare import (
    CUT,
    SILENT,
    TOKEN,
    Cloudflare,
    Fault,
    Reply,
    Wire,
    always,
    once,
    reader,
    refused,
)
from livecopy import LEADS, copied, database, paging, refusal, results, rows

from deeplearn_checks.settings import ConfigurationError, Settings
from deeplearn_checks.sources.d1 import _Pace, live_tables
from deeplearn_checks.sources.d1_api import Rows

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "fault",
    [
        Reply(429, "slow down", (("retry-after", "7"),)),
        Reply(500, {"success": False, "errors": [{"code": 7500, "message": "internal error"}]}),
        Reply(503, "<html>"),
        Reply(520, ""),
        CUT,
        SILENT,
        refused(400, 7429, "D1 DB exceeded its CPU time limit and was reset"),
    ],
    ids=["429", "500", "503", "520", "cut", "silence", "limit"],
)
def test_what_passes_is_waited_for(tmp_path: Path, fault: Reply) -> None:
    """A refusal, an error or a cut connection in the middle changes nothing about the copy."""
    live = database()

    file = copied(tmp_path, Cloudflare(live, once(None, None, fault, None, fault)))

    assert rows(file) == rows(live)


def test_the_pause_that_is_asked_for_is_kept(tmp_path: Path) -> None:
    """`Retry-After` says how long."""
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    wire = Wire(Cloudflare(database(), once(Reply(429, "slow down", (("retry-after", "7"),)))))

    live_tables(reader(tmp_path / "cache"), tmp_path, list[str]().append, transport=wire, sleep=pause)

    assert pauses == [7]


@pytest.mark.parametrize("fault", [SILENT, Reply(200, " " * (9 << 20)), refused(400, 7500, "result too large")])
def test_a_page_that_is_too_much_is_made_smaller(tmp_path: Path, fault: Reply) -> None:
    """After silence, an answer beyond the limit or a refusal that speaks of limits, fewer rows are asked for."""
    cloudflare = Cloudflare(database(), once(None, None, fault))

    copied(tmp_path, cloudflare)

    assert paging(cloudflare)[:2] == [500, 125]


@pytest.mark.parametrize(
    ("size", "seconds", "limit"),
    [(1000, 0.1, 1000), (2 << 20, 0.1, 500), (8 << 20, 0.1, 125), (1000, 6.0, 250), (1000, 9000.0, 1)],
)
def test_pages_are_as_large_as_is_good(size: int, seconds: float, limit: int) -> None:
    """A small, quick answer is followed by a larger question; a large or slow one by a smaller."""
    pace = _Pace()

    pace.after(Rows([], size, seconds))

    assert pace.limit == limit


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (
            always(refused(403, 10000, "Authentication error")),
            "refuses DEEPLEARN_CHECKS_D1_TOKEN: Authentication error",
        ),
        (always(refused(400, 6003, "Invalid request headers")), "refuses DEEPLEARN_CHECKS_D1_TOKEN"),
        (always(refused(404, 7404, "The database could not be found")), "mend DEEPLEARN_CHECKS_D1_ACCOUNT or DEEP"),
        (always(refused(400, 7003, "Could not route")), "Cloudflare knows no such database"),
        (always(refused(400, 7500, "no such\ncolumn: a")), "answered 400: no such column: a (code 7500); try again"),
        (always(Reply(500, {"success": False})), "answered 500: status 500"),
        (always(Reply(400, {"result": None})), "answered 400: status 400"),
        (always(Reply(429, "")), "answered 429 (too many requests) to 6 attempts"),
        (always(CUT), "the connection broke off"),
        (always(SILENT), "no answer in time"),
        (always(Reply(302, "", (("location", "http://elsewhere.localhost/"),))), "leads nowhere"),
        (always(Reply(200, "<html>")), "with a page, not with JSON"),
        (always(Reply(200, "[]")), "answered in another shape: the answer: Input should be"),
        (always(Reply(200, {"success": True, "result": []})), "another shape: result: List should have at least 1"),
        (always(Reply(200, '{"success": true, "result": [{"success": true, "results": [{"a": true}]}]}')), "shape"),
        (once(None, None, *[refused(400, 7500, "timed out")] * 9), "timed out (code 7500); not even one row"),
    ],
)
def test_a_refusal_is_one_line(tmp_path: Path, fault: Fault, said: str) -> None:
    """It says what is wrong and names the setting, and holds no token."""
    text = refusal(tmp_path, fault)

    assert (said in text, "\n" in text, TOKEN in text) == (True, False, False)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (once(results()), "answered no now_ms"),
        (once(results({"now_ms": "soon"})), "answered no now_ms"),
        (once(None, results()), "holds none of the service's tables"),
        (
            once(None, results({"name": LEADS, "sql": "DROP TABLE a"})),
            "a table lead_registrations that cannot be copied",
        ),
        (once(None, None, results({"lead_id": "lead-1"})), "answered rows of lead_registrations with other columns"),
    ],
)
def test_an_answer_that_makes_no_sense_is_refused(tmp_path: Path, fault: Fault, said: str) -> None:
    """Numbers are numbers, and rows have the columns that were asked for."""
    assert said in refusal(tmp_path, fault)


@pytest.mark.parametrize("table", [LEADS, "course_enrollments"])
def test_an_api_that_repeats_itself_is_refused(tmp_path: Path, table: str) -> None:
    """A page that does not follow the one before would never end."""
    first: list[Reply] = []

    def repeats(sql: str, sound: Reply) -> Reply:
        if f'FROM "{table}"' in sql and "LIMIT" in sql:
            first.append(sound)
            return first[0]
        return sound

    assert f"repeats rows of {table}" in refusal(tmp_path, repeats)


def test_rows_that_are_kept_back_are_missed(tmp_path: Path) -> None:
    """A copy with fewer rows than the database counts is no copy."""
    empty = results()

    text = refusal(tmp_path, lambda sql, sound: empty if f'FROM "{LEADS}"' in sql and "LIMIT" in sql else sound)

    assert "gave 0 of 7 rows of lead_registrations" in text


def test_the_token_is_sent_to_nobody_else(tmp_path: Path) -> None:
    """The address of the API is Cloudflare's or this machine's: any other is refused before anything is asked."""
    with pytest.raises(ConfigurationError, match=r"D1_BASE_URL: only https://api\.cloudflare\.com, or an"):
        reader(tmp_path, DEEPLEARN_CHECKS_D1_BASE_URL="https://api.cloudflare.com.example.com")


def test_cloudflare_is_asked_by_default() -> None:
    """Where nothing else is said."""
    assert Settings.model_fields["d1_base_url"].default == "https://api.cloudflare.com"


def test_what_is_not_configured_is_named(tmp_path: Path) -> None:
    """A live database needs an account, a database and a token."""
    text = refusal(tmp_path, once(), DEEPLEARN_CHECKS_D1_TOKEN="", DEEPLEARN_CHECKS_D1_ACCOUNT="")

    assert text.startswith("a live database is asked with DEEPLEARN_CHECKS_D1_ACCOUNT and DEEPLEARN_CHECKS_D1_TOKEN")


def test_the_operators_own_limits_hold(tmp_path: Path) -> None:
    """Timeout and attempts that are set are kept; else they are D1's."""
    text = refusal(tmp_path, always(Reply(429, "")), DEEPLEARN_CHECKS_ATTEMPTS="2")

    assert "to 2 attempts" in text
