"""The commands `webhook sign`, `verify`, `explain` and `send`."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from contextlib import chdir, contextmanager
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from deeplearn_checks.signatures import sign_webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from command import Command, Ended

CONFIGURED = ("DEEPLEARN_", "RAZORPAY_", "ADMIN_API_TOKEN")
SECRET, KEY_SECRET = "webhook-secret-1", "key-secret-1"
GIVEN = {
    "RAZORPAY_WEBHOOK_SECRET": SECRET,
    "RAZORPAY_KEY_ID": "rzp_test_Key01",
    "RAZORPAY_KEY_SECRET": KEY_SECRET,
}
BODY = b'{"event":"payment.authorized"}'
SIGNATURE = sign_webhook(BODY, SecretStr(SECRET))
LEAD = "payload.payment.entity.notes.lead_id"


@pytest.fixture(autouse=True)
def _two_secrets(tmp_path: Path) -> Iterator[None]:
    """Work in a folder with a body, with two secrets and no target in the environment."""
    held = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(CONFIGURED)}
    os.environ |= GIVEN
    (tmp_path / "body.json").write_bytes(BODY)
    with chdir(tmp_path):
        yield
    for name in GIVEN:
        del os.environ[name]
    os.environ.update(held)


@contextmanager
def standard_input(body: bytes) -> Iterator[None]:
    """Give a body on standard input."""
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(body))
    try:
        yield
    finally:
        sys.stdin = before


def sent(command: Command, *arguments: str) -> Ended:
    """Run `webhook send` against a sandbox."""
    return command("webhook", "send", "--sandbox", *arguments)


def test_a_file_is_signed(command: Command) -> None:
    """The signature, and nothing else; no target is needed."""
    ended = command("webhook", "sign", "body.json")

    assert (ended.status, ended.output, ended.errors) == (0, f"{SIGNATURE}\n", "")


def test_another_variable_may_hold_the_secret(command: Command) -> None:
    """Named, never given."""
    ended = command("webhook", "sign", "body.json", "--secret", "RAZORPAY_KEY_SECRET", "--json")

    told = {"secret": "RAZORPAY_KEY_SECRET", "signature": sign_webhook(BODY, SecretStr(KEY_SECRET))}
    assert (json.loads(ended.output), KEY_SECRET in ended.output) == (told, False)


def test_an_event_is_built_signed_and_kept(command: Command, tmp_path: Path) -> None:
    """What is written verifies against what is printed."""
    arguments = ("--event", "payment.captured", "--set", "payload.payment.entity.amount=1", "--body-out", "built.json")

    signed = command("webhook", "sign", *arguments)
    verified = command("webhook", "verify", "built.json", "--signature", signed.output.strip())

    amount = json.loads((tmp_path / "built.json").read_bytes())["payload"]["payment"]["entity"]["amount"]
    assert (amount, signed.errors, verified.status) == (1, "", 0)


def test_an_event_that_is_built_shows_in_the_json(command: Command) -> None:
    """With `--at` it is the same every time."""
    arguments = ("webhook", "sign", "--event", "order.paid", "--at", "5", "--json")

    first, second = (json.loads(command(*arguments).output) for _ in range(2))

    matches = sign_webhook(first["body"].encode(), SecretStr(SECRET)) == first["signature"]
    assert (first == second, matches, json.loads(first["body"])["created_at"]) == (True, True, 5)


def test_a_signature_whose_body_is_lost_says_so(command: Command) -> None:
    """It would prove nothing."""
    ended = command("webhook", "sign", "--event", "order.paid")

    assert (ended.status, len(ended.output), "--body-out" in ended.errors) == (0, 65, True)


@pytest.mark.parametrize(("signature", "status", "said"), [(SIGNATURE, 0, "matches"), ("00" * 32, 1, "does not match")])
def test_verifying_says_yes_or_no(command: Command, signature: str, status: int, said: str) -> None:
    """By the exit code, by a sentence and in JSON."""
    ended = command("webhook", "verify", "body.json", "--signature", signature)
    as_json = command("webhook", "verify", "body.json", "--signature", signature, "--json")

    told = json.loads(as_json.output)
    assert (ended.status, said in ended.output, as_json.status, told) == (
        status,
        True,
        status,
        {"matches": status == 0, "secret": "RAZORPAY_WEBHOOK_SECRET"},
    )


@pytest.mark.parametrize(
    ("words", "output"),
    [
        (("verify", "--signature", SIGNATURE), "RAZORPAY_WEBHOOK_SECRET: matches\n"),
        (("sign",), f"{SIGNATURE}\n"),
    ],
)
def test_standard_input_is_read_as_bytes(command: Command, words: tuple[str, ...], output: str) -> None:
    """For `-`."""
    with standard_input(BODY):
        ended = command("webhook", *words, "-")

    assert ended.output == output


def test_what_does_not_match_is_explained(command: Command) -> None:
    """The kinds of difference, why, and what to do next; exit 1."""
    signature = sign_webhook(BODY + b"\n", SecretStr(KEY_SECRET))

    ended = command("webhook", "explain", "body.json", "--signature", signature)

    kinds, why, following = ended.output.splitlines()
    assert (ended.status, kinds, "RAZORPAY_KEY_SECRET" in why, following.split()[0], KEY_SECRET in ended.output) == (
        1,
        "another-secret + body-newline",
        True,
        "next",
        False,
    )


def test_what_matches_is_explained(command: Command) -> None:
    """Exit 0, and nothing to do next."""
    ended = command("webhook", "explain", "body.json", "--signature", SIGNATURE)

    assert (ended.status, ended.output.splitlines()[0], "next" in ended.output) == (0, "matches", False)


def test_an_explanation_as_json(command: Command, tmp_path: Path) -> None:
    """Other deliveries are named by their files, secrets by their variables; a secret in a file's name is masked."""
    name = f"{KEY_SECRET}.json"
    (tmp_path / name).write_bytes(b"other")
    signature = sign_webhook(b"other", SecretStr(SECRET))

    ended = command("webhook", "explain", "body.json", "--signature", signature, "--delivery", name, "--json")

    told = json.loads(ended.output)
    assert (told["slug"], told["matches"], told["secret"], told["delivery"], KEY_SECRET in ended.output) == (
        "another-delivery",
        False,
        "RAZORPAY_WEBHOOK_SECRET",
        "[secret].json",
        False,
    )


def test_the_secret_that_should_have_signed_may_be_named(command: Command) -> None:
    """The first one named; the others are tried beside it."""
    arguments = ("webhook", "explain", "body.json", "--signature", SIGNATURE)

    slugs = [
        command(*arguments, "--secret", one, "--secret", other, "--json").output
        for one, other in (
            ("RAZORPAY_KEY_SECRET", "RAZORPAY_WEBHOOK_SECRET"),
            ("RAZORPAY_WEBHOOK_SECRET", "RAZORPAY_KEY_SECRET"),
        )
    ]

    assert [json.loads(text)["slug"] for text in slugs] == ["another-secret", "matches"]


def test_what_would_be_sent_is_shown_and_not_sent(command: Command) -> None:
    """Without `--effects data` the request is shown, its signature masked, with what it needs."""
    ended = sent(command, "--event", "payment.captured", "--times", "2")

    shown = (
        "payment.captured, 2 times",
        "  x-razorpay-signature: [secret]",
        "NOT SENT: delivering this needs --effects data",
    )
    assert (ended.status, [line for line in shown if line not in ended.output.splitlines()]) == (0, [])


def test_what_would_be_sent_as_json(command: Command) -> None:
    """In the order in which it would be: `--reorder` reverses it."""
    arguments = ("--event", "payment.captured", "--event", "payment.failed", "--reorder", "--json")

    told = json.loads(sent(command, *arguments, "--effects", "alerts").output)

    events = [one["event"] for one in told["deliveries"]]
    assert (told["sent"], told["needs"], events) == (False, "data", ["payment.failed", "payment.captured"])


def test_deliveries_show_answers_and_state(command: Command) -> None:
    """Each answer, then what became of the lead."""
    ended = sent(
        command, "--event", "payment.failed", "--set", f"{LEAD}=nobody", "--times", "2", "--effects", "data"
    )  # fmt: skip

    lines = ended.output.splitlines()
    answers = [line for line in lines if line.startswith("payment.failed checks_") and ": 200 " in line]
    assert (
        ended.status,
        len(answers),
        "LEAD nobody webhook@deeplearn-checks.invalid" in lines,
        "  payment      no such lead" in lines,
    ) == (0, 2, True, True)


def test_deliveries_as_json(command: Command) -> None:
    """Status and answer of each, and the states."""
    ended = sent(command, "--event", "settlement.processed", "--effects", "alerts", "--json")

    told = json.loads(ended.output)
    assert (told["sent"], [one["status"] for one in told["deliveries"]], told["states"]) == (True, [200], [])


def test_a_refusal_fails_and_the_alert_that_it_raised_is_resolved(command: Command, tmp_path: Path) -> None:
    """Of a body that is no event, for one."""
    (tmp_path / "broken.json").write_bytes(b"no json")

    ended = sent(command, "broken.json", "--effects", "alerts")

    told = re.search(r"alert payment_webhook/webhook_processing_failed \S+, raised and resolved", ended.output)
    assert (ended.status, "(no event)" in ended.output, bool(told)) == (1, True, True)


def test_a_refusal_without_the_admin_token_says_that_it_raised_an_alert(command: Command, tmp_path: Path) -> None:
    """Nobody can look for it then."""
    (tmp_path / "broken.json").write_bytes(b"no json")

    ended = sent(command, "broken.json", "--effects", "alerts", "--fault", "admin-token-differs")

    assert "A refusal raises (or refreshes) a critical alert" in ended.output


@pytest.mark.parametrize(("faults", "status"), [((), 0), (("--fault", "webhook-accepts-anything"), 1)])
def test_a_wrong_secret_should_be_refused(command: Command, faults: tuple[str, ...], status: int) -> None:
    """Then the exit code is 0: a service that takes it is the failure."""
    ended = sent(command, *faults, "--event", "payment.authorized", "--wrong-secret", "--effects", "alerts")

    assert ended.status == status


def test_a_secret_of_another_variable_signs(command: Command) -> None:
    """From the environment where the settings have none of that name."""
    os.environ["DEEPLEARN_OTHER"] = "other"

    ended = sent(command, "--event", "payment.authorized", "--secret", "DEEPLEARN_OTHER", "--effects", "alerts")
    del os.environ["DEEPLEARN_OTHER"]

    assert (ended.status, ": 401 " in ended.output) == (1, True)


def test_a_body_from_standard_input_is_sent(command: Command) -> None:
    """For `-`, beside files."""
    with standard_input(BODY):
        ended = sent(command, "-", "body.json", "--effects", "alerts")

    assert (ended.status, ended.output.count("payment.authorized checks_")) == (0, 2)


def test_a_target_that_is_not_there_fails(command: Command, free_port: int) -> None:
    """It is told as no answer."""
    target = f"http://127.0.0.1:{free_port}"

    ended = command("webhook", "send", "--target", target, "--event", "payment.authorized", "--effects", "alerts")

    assert (ended.status, ": no answer " in ended.output, "no connection" in ended.output) == (1, True, True)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("sign",), "--event"),
        (("sign", "body.json", "--event", "order.paid"), "--event"),
        (("sign", "body.json", "--set", "a=1"), "--set"),
        (("sign", "missing.json"), "missing.json"),
        (("sign", "--event", "order.payed"), "order.paid"),
        (("sign", "--event", "order.paid", "--set", "amont=1"), "amount"),
        (("sign", "--event", "order.paid", "--body-out", "missing/b.json"), "missing/b.json"),
        (("sign", "body.json", "--secret", "DEEPLEARN_UNSET"), "DEEPLEARN_UNSET"),
        (("verify", "body.json"), "--signature"),
        (("verify", ".", "--signature", "x"), "cannot read"),
        (("explain", "body.json", "--signature", "x", "--secret", "DEEPLEARN_UNSET"), "DEEPLEARN_UNSET"),
        (
            ("explain", "body.json", "--signature", "x", "--secret", "RAZORPAY_KEY_SECRET", "--secret", "RAZORPAY_BAD"),
            "RAZORPAY_BAD",
        ),
        (("explain", "-", "--signature", "x", "--delivery", "-"), "--delivery"),
        (("explain", "body.json", "--signature", "x", "--delivery", "missing.json"), "missing.json"),
        (("send", "--event", "order.paid"), "DEEPLEARN_API_BASE_URL"),
        (("send", "--sandbox"), "--event"),
        (("send", "--sandbox", "body.json", "--event", "order.paid"), "--event"),
        (("send", "--sandbox", "body.json", "--set", "a=1"), "--set"),
        (("send", "--sandbox", "missing.json"), "missing.json"),
        (("send", "--sandbox", "--event", "order.payed"), "order.paid"),
        (("send", "--sandbox", "--event", "order.paid", "--secret", "DEEPLEARN_UNSET"), "DEEPLEARN_UNSET"),
        (("send", "--sandbox", "--event", "order.paid", "--times", "0"), "--times"),
        (
            ("send", "--target", "https://api.prod.example.com", "--event", "order.paid", "--effects", "data"),
            "--i-mean-it api.prod.example.com",
        ),
    ],
)
def test_bad_usage_is_one_line(command: Command, arguments: tuple[str, ...], named: str) -> None:
    """A mistake is refused with status 2 and one line that names it."""
    os.environ["RAZORPAY_BAD"] = "\udcff"

    ended = command("webhook", *arguments)
    del os.environ["RAZORPAY_BAD"]

    assert (ended.status, ended.output, ended.errors.count("\n"), named in ended.errors) == (2, "", 1, True)
