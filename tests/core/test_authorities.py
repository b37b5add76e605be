"""Authorities that an operator adds are trusted besides the usual, and a file of none is refused at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import certifi
import pytest
import trustme
from surroundings import settings

from deeplearn_checks.authorities import authorities_file, trust
from deeplearn_checks.settings import ConfigurationError
from deeplearn_checks.transport import trusted_by

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def authority(tmp_path: Path) -> str:
    """The file of an authority that nobody knows."""
    path = tmp_path / "authority.pem"
    trustme.CA().cert_pem.write_to_path(path)
    return str(path)


def test_an_added_authority_is_trusted_besides_the_usual(authority: str) -> None:
    """Nobody who was trusted before is forgotten."""
    usual, added = len(trust().get_ca_certs()), len(trust(authority).get_ca_certs())

    assert (usual > 100, added) == (True, usual + 1)


def test_a_run_trusts_what_its_settings_add(authority: str) -> None:
    """DEEPLEARN_CHECKS_CA_FILE reaches the connections of a run."""
    given = settings(DEEPLEARN_CHECKS_CA_FILE=authority)

    assert len(trusted_by(given).get_ca_certs()) == len(trust(authority).get_ca_certs())


@pytest.mark.parametrize("path", ["", "  "])
def test_no_file_adds_nobody(path: str) -> None:
    """An empty setting is none."""
    accepted = authorities_file(path)

    assert accepted == ""


def test_a_file_of_authorities_is_accepted_without_the_space_around_it() -> None:
    """A bundle of many is one too."""
    accepted = authorities_file(f" {certifi.where()} ")

    assert accepted == certifi.where()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.pem", None, "No such file or directory"),
        ("empty.pem", "", "it holds no certificate in PEM form"),
        ("broken.pem", "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n", "it holds no certificate"),
    ],
)
def test_what_holds_no_authority_is_refused(tmp_path: Path, name: str, content: str | None, said: str) -> None:
    """In one line that names the setting, before anything is asked."""
    path = tmp_path / name
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigurationError, match=f"^DEEPLEARN_CHECKS_CA_FILE: '.*{name}' cannot be used: {said}"):
        settings(DEEPLEARN_CHECKS_CA_FILE=str(path))
