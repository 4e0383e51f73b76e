"""A file that comes through us goes on to the store as it comes: it is never whole in here."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile, StopUpload
from django.http import HttpRequest

from documents import storage
from documents.files import type_of
from documents.operations.errors import EmptyFile, TooLarge, UploadRefused, WrongType
from documents.storage import StorageAway, StorageError, Stored

CHUNKS_AHEAD = 8  # of 64 KB each: how far the sender may be ahead of the store
# How long the store may take none of them. Its own limits are shorter.
PATIENCE = 60.0
END = None


class Interrupted(Exception):
    """The sender has gone, or sent more than is taken: nothing of it is to be kept."""


class StreamedFile(UploadedFile):
    """What has been stored already."""

    def __init__(self, name: str, stored: Stored) -> None:
        super().__init__(None, name, stored.content_type, stored.size)
        self.stored = stored


class ToStorage(FileUploadHandler):
    """Takes one file to quarantine. What stands in its way is in `refused` or `trouble`, and the
    rest of the form is read all the same."""

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.refused: UploadRefused | None = None
        self.trouble: StorageError | None = None
        self.size = 0
        self._seen = False
        self._pipe: Pipe | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self._seen:
            raise SkipFile
        self._seen = True
        self._type = type_of(self.file_name or "", self.content_type or "")
        if not self._type:
            self.refused = WrongType()
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.size += len(raw_data)
        if self.size > settings.DOCUMENT_MAX_BYTES:
            self.refused = TooLarge()
            self.upload_interrupted()
            raise StopUpload(connection_reset=False)
        if self._pipe is None:
            self._pipe = Pipe(self._type)
        try:
            self._pipe.give(raw_data)
        except StorageError as error:
            self.trouble = error
            raise StopUpload(connection_reset=False) from error

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if self._pipe is None:
            self.refused = self.refused or EmptyFile()
            return None
        try:
            return StreamedFile(self.file_name or "", self._pipe.finish())
        except StorageError as error:
            self.trouble = error
            return None

    def upload_interrupted(self) -> None:
        if self._pipe is not None:
            self._pipe.give_up()


class Pipe:
    """Bytes are pushed in at one end; at the other the store pulls them out, in a thread."""

    def __init__(self, content_type: str) -> None:
        self._chunks: queue.Queue[bytes | Exception | None] = queue.Queue(CHUNKS_AHEAD)
        self._stored: Stored | None = None
        self._error: StorageError | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._store, args=(content_type,), daemon=True)
        self._thread.start()

    def give(self, chunk: bytes | Exception | None) -> None:
        """Raises StorageError when the store has given up, or takes nothing for too long."""
        waited = 0.0
        while not self._over.is_set():
            try:
                return self._chunks.put(chunk, timeout=0.25)
            except queue.Full:
                waited += 0.25
                if waited > PATIENCE:
                    raise StorageAway("TooSlow") from None
        raise self._error or StorageAway("Ended")

    def finish(self) -> Stored:
        """All has been given: what it became. Raises StorageError."""
        self.give(END)
        self._thread.join(PATIENCE)
        if self._stored is None:
            raise self._error or StorageAway("TooSlow")
        return self._stored

    def give_up(self) -> None:
        """What has come so far is not kept."""
        if not self._over.is_set():
            self.give(Interrupted())
            self._thread.join(PATIENCE)

    def _store(self, content_type: str) -> None:
        key = storage.new_key(storage.UPLOADS)
        try:
            self._stored = storage.put_stream(key, self._given(), content_type)
        except StorageError as error:
            self._error = error
        except Interrupted:
            pass
        except Exception as error:
            self._error = StorageAway(type(error).__name__)
        finally:
            self._over.set()

    def _given(self) -> Iterator[bytes]:
        while (chunk := self._chunks.get()) is not END:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk
