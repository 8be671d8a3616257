"""One session with a PKCS#11 token: its thread, its retries, and how a lost module is found again."""

import asyncio
import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import pkcs11

from altscore_libs.errors import Unavailable
from altscore_libs.settings import SignerSettings

_T = TypeVar("_T")
_log = logging.getLogger("altscore.signer")


class _ModuleCalls:
    """Calls into the modules of this process: many at once, or the unloading of one alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running = 0

    @contextmanager
    def call(self) -> Iterator[None]:
        with self._lock:
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                self._running -= 1

    def unload(self, module: str) -> None:
        """Has the next call load the module's tokens anew, unless another thread is in a call: it would be cut off."""
        with self._lock:
            if not self._running:
                with suppress(pkcs11.PKCS11Error):
                    pkcs11.lib(module).finalize()


_calls = _ModuleCalls()


class Token:
    """One PKCS#11 session on a thread of its own: sessions are not thread-safe and calls block."""

    def __init__(self, settings: SignerSettings) -> None:
        self._settings = settings
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pkcs11")
        self._session: Any = None

    def open(self) -> Any:
        """The logged-in session, opened on first use; call it on the token's thread."""
        if self._session is None:
            token = self._slot()
            try:
                self._session = token.open(user_pin=self._settings.pkcs11_pin.get_secret_value())
            except pkcs11.exceptions.UserAlreadyLoggedIn:  # a login holds for the whole process
                self._session = token.open()
        return self._session

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """A session that makes and destroys keys, beside the one that is kept; call it on the token's thread."""
        self.open()  # logs the process in
        with self._slot().open(rw=True) as session:
            yield session

    def _slot(self) -> Any:
        return pkcs11.lib(str(self._settings.pkcs11_module)).get_token(token_label=self._settings.pkcs11_token)

    async def run(self, work: Callable[[], _T], *, tries: int = 2) -> _T:
        """Runs `work` on the token's thread, in a new session where it failed before: modules drop sessions.

        After the last try the module is loaded anew for whoever comes next: one that lost its tokens finds them in no
        other way.

        Raises:
            Unavailable: the token fails.
        """
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._tried, work, tries)
        except pkcs11.PKCS11Error as error:
            raise Unavailable("the key store is not available") from error

    def _tried(self, work: Callable[[], _T], tries: int) -> _T:
        try:
            with _calls.call():
                return work()
        except pkcs11.PKCS11Error as error:
            self._session = None
            _log.warning("the key store failed", extra={"reason": type(error).__name__, "tries_left": tries - 1})
            if tries == 1:
                traceback.clear_frames(error.__traceback__)  # searches end before their module does
                _calls.unload(str(self._settings.pkcs11_module))
                raise
        return self._tried(work, tries - 1)
