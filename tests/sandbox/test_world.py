"""A world keeps its state in memory or in a folder, and both are the same to whoever uses them."""

from pathlib import Path

import pytest

from deeplearn_checks.sandbox.seed import seed
from deeplearn_checks.sandbox.world import SETTINGS, FolderObjects, MemoryObjects, Objects, empty_world


@pytest.fixture(params=["memory", "folder"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    """An empty bucket of each kind."""
    return MemoryObjects() if request.param == "memory" else FolderObjects(tmp_path / "r2")


def test_a_bucket_gives_back_what_was_put(bucket: Objects) -> None:
    """An object is there under its key, another is not."""
    bucket.put("a/b.json", "text")

    assert (bucket.get("a/b.json"), bucket.get("a"), bucket.get("c")) == ("text", None, None)


def test_a_bucket_lists_its_keys_in_order(bucket: Objects) -> None:
    """Keys are sorted, and those of deleted objects are gone; deleting what is not there is no error."""
    for key in ("b/2", "b/1", "a"):
        bucket.put(key, key)
    for key in ("a", "a"):
        bucket.delete(key)

    assert bucket.keys() == ["b/1", "b/2"]


def test_a_folder_gives_nothing_outside_of_it(tmp_path: Path) -> None:
    """A key that leaves the bucket's folder is refused."""
    bucket = FolderObjects(tmp_path / "r2")

    with pytest.raises(ValueError, match="leaves the bucket"):
        bucket.get("../secret")


def test_a_kept_world_is_found_again(tmp_path: Path) -> None:
    """A second world over the same folder has the rows and certificates of the first."""
    first = empty_world(SETTINGS, state=tmp_path / "state")
    seed(first, 14)

    second = empty_world(SETTINGS, state=tmp_path / "state")

    leads = "SELECT lead_id FROM lead_registrations ORDER BY lead_id"
    assert second.execute(leads) == first.execute(leads)
    assert second.certificates.keys() == first.certificates.keys() != []


def test_a_kept_certificate_lies_where_the_service_keeps_it(tmp_path: Path) -> None:
    """In the folder of a kept world the certificates lie under `r2/certificates/`."""
    world = empty_world(SETTINGS, state=tmp_path)

    seed(world, 14)

    assert len(list((tmp_path / "r2" / "certificates").glob("*/*-????-??-??.json"))) == 2


def test_a_missing_binding_is_not_bound() -> None:
    """A world without a binding has the other two."""
    world = empty_world({}, frozenset({"DEEPLEARN_DB"}))

    assert world.bindings == {"DEEPLEARN_LEADS", "DEEPLEARN_CERTIFICATES"}
