"""What is put by its content is durable, once and for all, in a folder that a power cut may hit at any time."""

import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from core.objects import ObjectCorrupted, Objects
from tests.support.power import watched

DATA = b"a signed contract"
SHA256 = hashlib.sha256(DATA).hexdigest()

Put = Callable[[Objects], str]


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects.at(f"file://{tmp_path}")


@pytest.mark.parametrize(
    "put", [lambda o: o.put(DATA), lambda o: o.put_file(io.BytesIO(DATA), SHA256)], ids=["bytes", "file"]
)
class TestPut:
    def test_it_survives_a_power_cut(
        self, put: Put, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with watched(monkeypatch) as synced:
            key = put(objects)
            assert synced.survives(tmp_path / key, tmp_path)
        assert objects.get(key) == DATA

    def test_putting_it_again_puts_nothing_at_risk(
        self, put: Put, objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key = put(objects)
        before = (tmp_path / key).stat()
        with watched(monkeypatch) as synced:
            assert put(Objects.at(f"file://{tmp_path}")) == key
            assert synced.survives(tmp_path / key, tmp_path)  # Whoever put it first may not have come so far.
        after = (tmp_path / key).stat()
        assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)

    @pytest.mark.parametrize("found", [b"", DATA[:5], DATA + b"\0", b"A" + DATA[1:]])
    def test_what_a_crash_left_of_it_is_mended(self, put: Put, objects: Objects, tmp_path: Path, found: bytes) -> None:
        key = put(objects)
        (tmp_path / key).write_bytes(found)
        with pytest.raises(ObjectCorrupted):
            objects.get(key)
        assert put(objects) == key
        assert objects.get(key) == DATA


def test_a_folder_that_lasts_is_synced_for_the_names_in_it_alone(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watched(monkeypatch) as synced:
        for key in ("tile/0/000", "tile/0/001", "tile/1/000"):
            objects.put_at(key, DATA)
            objects.sync_at([key])
            assert synced.survives(tmp_path / key, tmp_path)
    objects.put_at("tile/1/001", DATA)
    with watched(monkeypatch) as synced:
        objects.sync_at(["tile/1/001"])
    assert synced.inodes == {(tmp_path / name).stat().st_ino for name in ("tile/1/001", "tile/1")}
