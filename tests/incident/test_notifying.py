"""A summary reaches people through Apprise, in bounded time, and no address is ever shown."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys

import pytest
from listening import SECRET, listening

from deeplearn_checks.incident.notifying import addresses, notify
from deeplearn_checks.settings import ConfigurationError


def test_a_notice_arrives() -> None:
    """Title and body are what was given."""
    with listening() as listener:
        (notice,) = notify([listener.url], "one confirmed", "the body")

    heard = [(one["title"], one["message"]) for one in listener.heard]
    assert (notice.delivered, notice.said, heard) == (True, "", [("one confirmed", "the body")])


def test_every_address_gets_its_notice() -> None:
    """One that fails keeps no other from being sent."""
    with listening() as well, listening(500) as broken:
        notices = notify([broken.url, well.url], "t", "b")

    assert [notice.delivered for notice in notices] == [False, True]


def test_a_failure_says_why_and_shows_no_address() -> None:
    """The kind of service is named; neither host nor secrets are."""
    with listening(500) as listener:
        (notice,) = notify([listener.url], "t", "b")

    told = f"{notice.service} {notice.said}"
    assert (notice.service, notice.delivered, "500" in told, SECRET in told, "127.0.0.1" in told) == (
        "json://...",
        False,
        True,
        False,
        False,
    )


def test_what_is_said_of_another_notice_is_not_said_of_this_one() -> None:
    """Notices are sent at the same time, and Apprise has one log for all."""
    with listening(500) as listener:
        listener.meanwhile = lambda: logging.getLogger("apprise").warning("another notice failed")
        (notice,) = notify([listener.url], "t", "b")

    assert ("500" in notice.said, "another" in notice.said) == (True, False)


def test_what_apprise_logs_goes_nowhere_else() -> None:
    """Its log holds addresses: no handler of the process above it hears of it."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    ear = Ear()
    logging.getLogger().addHandler(ear)
    try:
        with listening(500) as listener:
            notify([listener.url], "t", "b")
    finally:
        logging.getLogger().removeHandler(ear)

    assert [text for text in heard if SECRET in text or "JSON" in text] == []


def test_a_service_that_never_answers_is_not_waited_for() -> None:
    """After the given time the notice counts as not delivered."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (notice,) = notify([f"json://127.0.0.1:{silent.getsockname()[1]}/"], "t", "b", timeout=0.05)

    assert (notice.delivered, notice.said) == (False, "no answer within 0.05 s")


def test_a_failure_without_a_reason_is_a_failure() -> None:
    """Where Apprise logs nothing, that the service did not take it is all there is to say."""
    from deeplearn_checks.incident import notifying  # noqa: PLC0415  its logger is the matter

    logging.getLogger("apprise").setLevel(logging.CRITICAL)
    try:
        with listening(500) as listener:
            (notice,) = notifying.notify([listener.url], "t", "b")
    finally:
        logging.getLogger("apprise").setLevel(logging.NOTSET)

    assert notice.said == "the service did not take it"


@pytest.mark.parametrize(
    ("address", "named"),
    [("nonsense-secret", "address 1 (no URL)"), ("quux://secret", "address 1 (quux://...)")],
)
def test_an_address_that_apprise_does_not_know_is_bad_input(address: str, named: str) -> None:
    """It is counted, not shown."""
    with pytest.raises(ConfigurationError) as refused:
        addresses([address])

    assert str(refused.value) == f"--notify: Apprise can do nothing with {named}"


def test_an_address_may_stand_in_the_environment() -> None:
    """`env:NAME` keeps it out of the list of processes."""
    os.environ["OUR_CHAT"] = "json://127.0.0.1:9/"
    try:
        found = addresses(["env:OUR_CHAT"])
    finally:
        del os.environ["OUR_CHAT"]

    assert found == ("json://127.0.0.1:9/",)


def test_a_variable_that_is_not_set_is_bad_input() -> None:
    """It is named."""
    with pytest.raises(ConfigurationError, match="NO_SUCH_CHAT is not set"):
        addresses(["env:NO_SUCH_CHAT"])


def test_without_apprise_its_extra_is_named() -> None:
    """Apprise is an extra, loaded only when something is to be sent."""
    program = (
        "import sys; sys.modules['apprise'] = None\n"
        "from deeplearn_checks.incident.notifying import addresses, notify\n"
        "print(notify((), 't', 'b'))\n"
        "try: addresses(['json://x'])\n"
        "except Exception as problem: print(problem)"
    )

    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603  ours

    assert ended.stdout.splitlines() == ["()", "--notify needs Apprise: pip install 'deeplearn-checks[monitor]'"]
