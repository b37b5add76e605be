"""The conversation of `init`, with a person by script and a sandbox in this process."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import httpx
import pytest

from deeplearn_checks.sandbox import server
from deeplearn_checks.sandbox.start import start
from deeplearn_checks.settings import ConfigurationError, Part
from deeplearn_checks.setup.asking import Draft, UnprovedError, completed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

pytestmark = pytest.mark.usefixtures("nothing_configured")

ASKED = (
    "DEEPLEARN_API_BASE_URL",
    "DEEPLEARN_PAGES_BASE_URL",
    "ADMIN_API_TOKEN",
    "RAZORPAY_KEY_ID",
    "RAZORPAY_KEY_SECRET",
    "RAZORPAY_WEBHOOK_SECRET",
)


class Script:
    """Gives the answers of each variable in turn, then empty ones; `told` is what was said, `put` what was asked."""

    def __init__(
        self, answers: Mapping[str, Iterable[str]], *, is_there: bool = True, allowing: bool = True, insisting: bool
    ) -> None:
        self.is_there = is_there
        self.told: list[str] = []
        self.put: list[str] = []
        self._answers = {name: iter(given) for name, given in answers.items()}
        self._allowing = allowing
        self._insisting = insisting

    def tell(self, line: str) -> None:
        """Hear something."""
        self.told.append(line)

    def ask(self, question: str, held: str) -> str:
        """Answer what may be shown."""
        self.put.append(f"{question} [{held}]")
        return next(self._answers.get(question, iter(())), "")

    def ask_secret(self, question: str) -> str:
        """Answer what may not."""
        self.put.append(question)
        return next(self._answers.get(question.split(" ", maxsplit=1)[0], iter(())), "")

    def allows(self, question: str) -> bool:
        """Allow what this script allows."""
        self.put.append(question)
        return self._allowing

    def insists(self, question: str) -> bool:
        """Insist where this script does."""
        self.put.append(question)
        return self._insisting


class Conversation:
    """A sandbox, what is set already, and the answers that a person gives."""

    def __init__(self, *faults: str) -> None:
        self.reached = server.connect(start(faults=faults, count=3))
        self.known = self.reached.exports

    def right(self, **changed: Iterable[str]) -> dict[str, Iterable[str]]:
        """Answer the right answers, but for those changed."""
        return {name: [self.known[name]] for name in ASKED} | changed

    def had(self, person: Script, *, held: Iterable[str] = (), without: Iterable[Part] = ()) -> Draft:
        """Have it; *held* are variables that are set already."""
        beside = {name: self.known[name] for name in ("RAZORPAY_API_BASE_URL", *held)}
        return completed(Draft({}, beside, frozenset(without)), person, self.reached.transport)


def test_right_answers_are_kept() -> None:
    """Each is proved by its diagnostics, and what these found is said."""
    talk = Conversation()
    person = Script(talk.right(), insisting=False)

    draft = talk.had(person)

    assert {name: draft.answers[name] for name in ASKED} == {name: talk.known[name] for name in ASKED}
    assert "admin token: our token is accepted" in person.told


def test_no_secret_is_said() -> None:
    """Neither a question nor what was found shows one."""
    talk = Conversation()
    person = Script(talk.right(), insisting=False)

    talk.had(person)

    secrets = [talk.known[name] for name in ("ADMIN_API_TOKEN", "RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET")]
    assert [secret for secret in secrets if secret in "\n".join((*person.told, *person.put))] == []


def test_a_wrong_answer_is_asked_again() -> None:
    """What is wrong is said with its remedy, and the next answer is proved in its place."""
    talk = Conversation()
    right = talk.known["ADMIN_API_TOKEN"]
    person = Script(talk.right(ADMIN_API_TOKEN=["not-the-token", right]), insisting=False)

    draft = talk.had(person)

    assert draft.answers["ADMIN_API_TOKEN"] == right
    assert any("401 to our token" in line for line in person.told)


def test_who_insists_keeps_a_wrong_answer() -> None:
    """A service that is down today is set up all the same."""
    talk = Conversation()
    person = Script(talk.right(ADMIN_API_TOKEN=["not-the-token"]), insisting=True)

    draft = talk.had(person)

    assert draft.answers["ADMIN_API_TOKEN"] == "not-the-token"


def test_what_cannot_be_used_is_asked_again() -> None:
    """A URL that is none is refused as every command does, and asked for again."""
    talk = Conversation()
    url = talk.known["DEEPLEARN_API_BASE_URL"]
    person = Script(talk.right(DEEPLEARN_API_BASE_URL=["nonsense", url]), insisting=False)

    draft = talk.had(person)

    assert draft.answers["DEEPLEARN_API_BASE_URL"] == url
    assert "'nonsense' is no URL" in person.told[0]


def test_what_is_not_given_is_left_out() -> None:
    """An empty answer is an answer: the part goes unasked, on purpose."""
    talk = Conversation()
    person = Script(
        talk.right(DEEPLEARN_PAGES_BASE_URL=[], RAZORPAY_KEY_ID=[], RAZORPAY_KEY_SECRET=[]), insisting=False
    )

    draft = talk.had(person)

    assert draft.settings().without == {Part.PAGES, Part.GATEWAY}


def test_what_is_left_out_is_not_asked_for() -> None:
    """Who has said so already is not asked again."""
    talk = Conversation()
    person = Script(talk.right(), insisting=False)

    talk.had(person, without=[Part.PAGES])

    assert not any("DEEPLEARN_PAGES_BASE_URL" in question for question in person.put)


def test_enter_keeps_what_is_set() -> None:
    """A secret that is set already is offered, and not shown."""
    talk = Conversation()
    person = Script(talk.right(ADMIN_API_TOKEN=[]), insisting=False)

    draft = talk.had(person, held=["ADMIN_API_TOKEN"])

    assert draft.answers["ADMIN_API_TOKEN"] == talk.known["ADMIN_API_TOKEN"]
    assert "ADMIN_API_TOKEN (Enter keeps the one that is set)" in person.put


def test_nothing_is_sent_to_the_webhook_that_was_not_allowed() -> None:
    """The secret is kept unproved, and the first run does without it too."""
    talk = Conversation()
    person = Script(talk.right(), allowing=False, insisting=False)

    draft = talk.had(person)

    assert "webhook secret: kept, and not proved: nothing was sent" in person.told
    assert (len(draft.settings().without), [*draft.for_the_run.without]) == (0, [Part.WEBHOOK_SECRET])


def test_the_question_says_what_the_probe_may_cause() -> None:
    """A secret that differs raises an alert at the service: that is said before."""
    talk = Conversation()
    person = Script(talk.right(), allowing=False, insisting=False)

    talk.had(person)

    assert any("raises a critical alert" in question for question in person.put)


def test_where_nobody_is_a_wrong_answer_ends_it() -> None:
    """Nothing is written that does not hold, unless somebody insists."""
    talk = Conversation("admin-token-unset")
    person = Script({}, is_there=False, insisting=False)

    with pytest.raises(UnprovedError, match=r"admin token: access\.admin-token-accepted does not pass"):
        talk.had(person, held=ASKED)


def test_where_nobody_is_what_cannot_be_used_ends_it() -> None:
    """There is no other answer to wait for."""
    talk = Conversation()
    person = Script({"DEEPLEARN_API_BASE_URL": ["nonsense"]}, is_there=False, insisting=False)

    with pytest.raises(ConfigurationError, match="is no URL"):
        talk.had(person)


class Interrupting(httpx.AsyncBaseTransport):
    """Ctrl-C is pressed while the first request is under way."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Press it, and never answer."""
        signal.raise_signal(signal.SIGINT)
        await asyncio.Event().wait()
        raise AssertionError(request)


def test_ctrl_c_while_something_is_proved_ends_the_conversation() -> None:
    """Nobody is asked whether to keep what was not found out."""
    talk = Conversation()
    person = Script(talk.right(), insisting=True)

    with pytest.raises(KeyboardInterrupt):
        completed(Draft({}, {}), person, Interrupting())

    assert person.told == []
