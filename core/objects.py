"""Object storage: PDFs, packages, tiles. One API (obstore) for a local folder and any S3-compatible store."""

import fcntl
import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError, PreconditionError
from obstore.store import LocalStore, ObjectStore, from_url

from core.durable_files import folders_of, sync
from core.errors import DingyueError, Unavailable


class ObjectMissing(DingyueError):
    code = "object_missing"
    zh = "存储中找不到文件 {key}。操作未生效，请联系管理员检查存储。"
    en = "The stored file {key} is missing. Nothing was done; tell the operator to check the object store."


class ObjectStoreUnavailable(Unavailable):
    code = "object_store_unavailable"
    zh = "文件存储暂时没有应答，操作未生效。请稍后重试。"
    en = "The object store doesn't answer; nothing was changed. Try again later."


class ObjectCorrupted(DingyueError):
    code = "object_corrupted"
    zh = "存储中的文件 {key} 与其摘要不符，已拒绝使用。请联系管理员检查存储。"
    en = "The stored file {key} doesn't match its digest and was refused. Tell the operator to check the store."


class Objects:
    """Immutable objects named by what they hold, and a few named by where they belong (tiles).

    `put` and `put_file` are durable when they return: what a transaction then names survives a power cut. Putting the
    same content twice is harmless, so a caller that crashed between `put` and its transaction simply does it again.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store: Any = store
        self._lasting: set[Path] = set()
        """Folders that were synced, with those that lead to them: the next file in them needs only its own."""

    @classmethod
    def at(cls, url: str, **options: Any) -> "Objects":
        """`file:///folder` or any URL obstore knows (`s3://bucket/prefix`)."""
        if url.startswith("file://"):
            folder = Path(url.removeprefix("file://"))
            folder.mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(str(folder)))
        return cls(from_url(url, **options))

    def put(self, data: bytes) -> str:
        """Stores `data` under its SHA-256 and returns the key, `sha256/<2 hex>/<64 hex>`."""
        digest = hashlib.sha256(data).hexdigest()
        key = f"sha256/{digest[:2]}/{digest}"
        if not self._has_whole(key, digest):
            self.put_at(key, data)
        self.sync_at([key])
        return key

    def put_file(self, content: BinaryIO, sha256: str) -> str:
        """The same for a file that needn't fit into memory, whose SHA-256 (hex) is known already."""
        key = f"sha256/{sha256[:2]}/{sha256}"
        if not self._has_whole(key, sha256):
            try:
                obstore.put(self._store, key, content)
            except (BaseError, OSError) as error:
                raise ObjectStoreUnavailable from error
        self.sync_at([key])
        return key

    def _has_whole(self, key: str, sha256: str) -> bool:
        """Whether a folder holds this very content already: writing it anew would put at risk, until it is synced,
        what was promised to be durable. A file that was torn or has decayed is written anew. A bucket replaces an
        object at once, and isn't asked.
        """
        if self._folder is None:
            return False
        try:
            with (self._folder / key).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False
        except OSError as error:
            raise ObjectStoreUnavailable from error

    def get(self, key: str) -> bytes:
        """The object, re-hashed when its key is a digest.

        Raises `ObjectMissing`, or `ObjectCorrupted` if the bytes no longer match the key.
        """
        data = self.get_at(key)
        if key.startswith("sha256/") and hashlib.sha256(data).hexdigest() != key.rsplit("/", 1)[1]:
            raise ObjectCorrupted(key=key)
        return data

    def put_at(self, key: str, data: bytes, headers: Mapping[str, str] | None = None) -> None:
        """Raises `ObjectStoreUnavailable`; then the object may be there or not, and putting it again is harmless.

        `headers` (`Content-Type`, `Cache-Control`) are what the bucket itself serves the object with; a folder has
        none.
        """
        try:
            obstore.put(self._store, key, data, attributes=self._attributes(headers))
        except (BaseError, OSError) as error:
            raise ObjectStoreUnavailable from error

    def sync_at(self, keys: Iterable[str]) -> None:
        """Once this returns, what was put under these keys survives a power cut: in a bucket it does anyway, in a
        folder files and their names go to the disk now. Raises `ObjectStoreUnavailable`.
        """
        if self._folder is None:
            return
        files = [self._folder / key for key in keys]
        folders = folders_of(files, self._folder)
        naming = {file.parent for file in files}
        try:
            sync([*files, *naming, *(folders - naming - self._lasting)])
            self._lasting |= folders
        except OSError as error:
            raise ObjectStoreUnavailable from error

    def advance_at(
        self, key: str, data: bytes, is_behind: Callable[[bytes], bool], headers: Mapping[str, str] | None = None
    ) -> bool:
        """Puts `data` if there is nothing yet, or if `is_behind` says so of what is there; else False.

        Looking and writing are one step, whoever else advances the object at once: a bucket compares its ETag (a
        conditional PUT, so that not even the late request of a dead process takes it back), a folder has a lock.
        Raises `ObjectStoreUnavailable`, also for a bucket that can't compare.
        """
        try:
            if self._folder is not None:
                return self._advance_file(self._folder / f"{key}.lock", key, data, is_behind)
            return self._advance_object(key, data, is_behind, self._attributes(headers))
        except (BaseError, OSError, NotImplementedError) as error:
            raise ObjectStoreUnavailable from error

    def _advance_file(self, lock: Path, key: str, data: bytes, is_behind: Callable[[bytes], bool]) -> bool:
        lock.parent.mkdir(parents=True, exist_ok=True)
        with lock.open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # Closing the file, or dying, lets it go.
            try:
                if not is_behind(self.get_at(key)):
                    return False
            except ObjectMissing:
                pass
            self.put_at(key, data)
            self.sync_at([key])
        return True

    def _advance_object(self, key: str, data: bytes, is_behind: Callable[[bytes], bool], attributes: Any) -> bool:
        while True:
            mode: Any = "create"
            try:
                found = obstore.get(self._store, key)
                mode = {name: found.meta[name] for name in ("e_tag", "version") if found.meta.get(name)}
                if not is_behind(bytes(found.bytes())):
                    return False
            except (FileNotFoundError, NotFoundError):
                pass
            try:
                obstore.put(self._store, key, data, mode=mode, attributes=attributes)
            except (AlreadyExistsError, PreconditionError):
                continue  # Somebody advanced it meanwhile, so that this ends.
            return True

    @property
    def _folder(self) -> Path | None:
        return Path(str(self._store.prefix)) if isinstance(self._store, LocalStore) else None

    def _attributes(self, headers: Mapping[str, str] | None) -> Any:
        return dict(headers) if headers and self._folder is None else None

    def get_at(self, key: str) -> bytes:
        """Raises `ObjectMissing` or `ObjectStoreUnavailable`."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except (FileNotFoundError, NotFoundError) as error:
            raise ObjectMissing(key=key) from error
        except (BaseError, OSError) as error:
            raise ObjectStoreUnavailable from error

    def delete(self, key: str) -> None:
        """Removes an object for good; one that isn't there is no error. Only erasing evidence does this.

        Raises `ObjectStoreUnavailable`; then the object may be there or not, and deleting it again is harmless.
        """
        try:
            obstore.delete(self._store, key)
        except (FileNotFoundError, NotFoundError):
            return
        except (BaseError, OSError) as error:
            raise ObjectStoreUnavailable from error
