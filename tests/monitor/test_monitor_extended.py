"""A monitor asks what a team declares, and tells it as ours; a reader that does not know it shows it plainly."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING

import httpx
import pytest
from own_checks import ASKED, CAUSE
from watched import FILE, NOON_MS, Box

from deeplearn_checks.incident.journal import FILE as JOURNAL
from deeplearn_checks.incident.journal import reading
from deeplearn_checks.monitor.page import page_app
from deeplearn_checks.monitor.planning import planned
from deeplearn_checks.settings import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

EXTEND = 'extend = ["acme"]\n'
THEIRS = FILE.replace('"platform.health", "payment.webhook-secret-configured"', '"acme.*"')
INCIDENTS = '[incidents]\nopen = true\nauto_resolve = true\nfolder = "{folder}/incidents"\n'
WAIVER = f'[[waivers]]\ncause = "{CAUSE}"\ntarget = "box"\nreason = "it is known"\nexpires = 2999-01-01\n'


class Broken(Box):
    """A box whose team lost a title after a minute, and found it again after some more."""

    def __init__(self, folder: Path, added: str = "") -> None:
        super().__init__(folder, INCIDENTS.format(folder=folder) + added, minutes=6, file=EXTEND + THEIRS)
        self.clock.at = {1: self.lose, 4: self.find}

    def lose(self) -> None:
        """Break it as the team's own fault does."""
        import_module("acme").lose_title(self.world)

    def find(self) -> None:
        """Name the course again."""
        self.world.execute("UPDATE courses SET title = 'Found' WHERE title = ' '")

    def page(self, address: str = "/target/box") -> str:
        """Answer what the page shows of the target now."""
        app = page_app(self.store(), self.config(), self.clock.now_ms, str)

        async def asked() -> str:
            reached = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=reached, base_url="http://page.example") as client:
                return (await client.get(address)).raise_for_status().text

        return asyncio.run(asked())


def refused(box: Box, text: str) -> str:
    """Answer in which line a file is refused."""
    box.write(text)
    with pytest.raises(ConfigurationError) as problem:
        box.config()
    return str(problem.value)


def test_what_they_find_opens_an_incident_that_their_proof_closes(team: Path) -> None:
    """As ours do: it is told, opened for their cause, and closed when they pass again."""
    box = Broken(team)

    asyncio.run(box.monitor().watch())

    (journal,) = team.glob(f"incidents/*/{JOURNAL}")
    kinds = [entry.kind for entry in reading(journal.read_bytes()).entries]
    assert (journal.parent.name.endswith(CAUSE), kinds[-1]) == (True, "closed")
    assert any(ASKED in title for title in box.chat.titles)


def test_the_page_tells_their_meaning_and_their_remedy(team: Path) -> None:
    """It is read off the modules that the file names."""
    box = Broken(team)
    box.clock.at = {1: box.lose}

    asyncio.run(box.monitor().watch())

    shown = box.page()
    told = (CAUSE, "nobody buys it", "Name it in the console", "Every course has a title.")
    assert [text for text in told if text not in shown] == []


def test_a_store_holds_what_its_reader_does_not_know(team: Path) -> None:
    """A file that names their module no more asks for none of it; what was, stays in the history by its id."""
    box = Broken(team)
    box.clock.at = {1: box.lose}
    asyncio.run(box.monitor().watch())

    box.write(FILE)

    shown = {address: ASKED in box.page(address) for address in ("/target/box", "/api/state", "/metrics", "/feed.atom")}
    assert shown == {"/target/box": True, "/api/state": True, "/metrics": False, "/feed.atom": True}


def test_a_waiver_may_name_their_cause(team: Path) -> None:
    """What is tolerated is told to nobody."""
    box = Broken(team, WAIVER)

    asyncio.run(box.monitor().watch())

    assert box.chat.heard == []


def test_a_plan_counts_them(team: Path) -> None:
    """`monitor check` knows what the file adds."""
    box = Broken(team)

    told = planned(box.config(), NOON_MS)

    assert "platform: 1 diagnostic every 1 min" in told


def test_the_environment_names_modules_for_a_file_that_names_none(team: Path) -> None:
    """As for every other command."""
    box = Box(team, file=THEIRS)
    box.variables["DEEPLEARN_CHECKS_EXTEND"] = "acme"

    assert box.config().targets[0].groups[0].diagnostics == (ASKED,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'extend = ["nowhere_at_all"]\n' + THEIRS,
            "monitor.toml:1: extend: nowhere_at_all: there is no such module in",
        ),
        ('extend = "acme"\n' + THEIRS, "monitor.toml:1: extend: is no list; write ['...', '...']"),
        (THEIRS, "monitor.toml:9: groups[1].diagnostics: there is no diagnostic 'acme.*'; write one of those that"),
        (FILE + WAIVER, f"waivers[1].cause: there is no cause '{CAUSE}'"),
    ],
)
def test_what_cannot_be_added_is_refused_at_its_line(team: Path, text: str, said: str) -> None:
    """One line, with the file, the line and the key."""
    line = refused(Box(team), text)

    assert said in line
    assert "\n" not in line


def test_a_module_of_the_environment_is_refused_by_its_variable(team: Path) -> None:
    """The file is not to blame."""
    box = Box(team)
    box.variables["DEEPLEARN_CHECKS_EXTEND"] = "nowhere_at_all"

    assert refused(box, FILE).startswith("DEEPLEARN_CHECKS_EXTEND nowhere_at_all: there is no such module in")
