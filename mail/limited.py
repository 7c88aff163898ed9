"""Letters are read in a process of their own: what breaks it costs one letter, not a worker."""

from __future__ import annotations

import atexit
import io
import os
import pickle
import selectors
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Lock

import structlog

from mail.reading.process import ALL, HEADERS, LENGTH, ReadLetter
from mail.reading.reading import IncomingMail

logger = structlog.get_logger(__name__)
# Wall seconds for one letter.
PATIENCE = 20.0
LETTERS_A_PROCESS = 1000
CHUNK = 2**20
PROGRAM = "from mail.reading.process import main; main()"
HOME = Path(__file__).resolve().parent.parent
ANSWERED_WITH = ("mail.reading.",)
TOO_HEAVY = "The process that read it was ended: it took too long or too much memory."


class ProcessEnded(Exception):
    """The reading process is gone."""


class TooSlow(ProcessEnded):
    """It took too long and was ended."""


class LimitedReader:
    """One reading process, started when first needed and anew when a letter was too much for it.

    For one caller at a time; others wait.
    """

    def __init__(self, *, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._read = 0

    def read(self, raw: bytes) -> ReadLetter:
        """What the letter says; its headers and an `error` when reading it broke the process."""
        with self._lock:
            try:
                return self._ask_twice(raw)
            except ProcessEnded:
                logger.warning("mail.reader_ended", size=len(raw))
            return self._headers_of(raw)

    def close(self) -> None:
        """End the process, if there is one of ours."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        process.wait()

    def _ask_twice(self, raw: bytes) -> ReadLetter:
        """Somebody else may have ended the process: only what ends two is too heavy."""
        try:
            return self._ask(ALL, raw)
        except TooSlow:
            raise
        except ProcessEnded:
            return self._ask(ALL, raw)

    def _headers_of(self, raw: bytes) -> ReadLetter:
        try:
            mail = self._ask(HEADERS, raw).mail
        except ProcessEnded:
            mail = IncomingMail()
        return ReadLetter(replace(mail, error=TOO_HEAVY))

    def _ask(self, kind: bytes, raw: bytes) -> ReadLetter:
        process = self._running()
        until = time.monotonic() + self.patience
        try:
            assert process.stdin is not None  # noqa: S101
            process.stdin.write(kind + LENGTH.pack(len(raw)))
            process.stdin.write(raw)
            process.stdin.flush()
            [length] = LENGTH.unpack(self._receive(process, LENGTH.size, until=until))
            answer = _unpickled(self._receive(process, length, until=until))
        except ProcessEnded:
            self.close()
            raise
        except (OSError, ValueError, pickle.UnpicklingError) as error:
            self.close()
            raise ProcessEnded from error
        self._read += 1
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        # A process that was forked off shares the pipes of its parent, and must not use them.
        is_mine = self._owner == os.getpid()
        if self._process is None or not is_mine or self._read >= LETTERS_A_PROCESS:
            self.close()
            self._read, self._owner = 0, os.getpid()
            self._process = subprocess.Popen(  # noqa: S603 - our own program, without arguments
                [sys.executable, "-c", PROGRAM],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=HOME,
                # Signals to the group of its parent, who goes on reading, are not for it.
                process_group=0,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
            )
        return self._process

    def _receive(self, process: subprocess.Popen[bytes], length: int, *, until: float) -> bytes:
        """So many bytes of the answer, in time."""
        assert process.stdout is not None  # noqa: S101
        received = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while len(received) < length:
                if not selector.select(max(0.0, until - time.monotonic())):
                    raise TooSlow
                chunk = os.read(process.stdout.fileno(), min(CHUNK, length - len(received)))
                if not chunk:
                    raise ProcessEnded
                received += chunk
        return bytes(received)


class _Unpickler(pickle.Unpickler):
    """Makes what an answer is made of and nothing else, should a letter ever rule its reader."""

    def find_class(self, module: str, name: str) -> object:
        if not module.startswith(ANSWERED_WITH) or "." in name:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of an answer")
        return super().find_class(module, name)


def _unpickled(told: bytes) -> ReadLetter:
    answer = _Unpickler(io.BytesIO(told)).load()
    if not isinstance(answer, ReadLetter):
        raise pickle.UnpicklingError("not an answer")
    return answer


reader = LimitedReader()
atexit.register(reader.close)
