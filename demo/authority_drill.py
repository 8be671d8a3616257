"""`make drill-authority`: the change of the certificate authority under a real broker, by the steps of its runbook.

A broker of its own, as the local stack starts it; a producer and a consumer, as the services make them, go on all the
while. Prints what was seen; ends with 1 when a message is lost, or a client of the old authority is let in at the end.
"""

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from altscore_libs.settings import KafkaSettings
from altscore_local import authority
from altscore_local.files import write_file
from altscore_local.kafka import Kafka
from altscore_local.kafka_access import Right
from altscore_local.layout import Layout, open_layout
from altscore_local.pki import ensure_pki
from altscore_local.process import StackError, Supervisor
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # re-exported without saying so
from pydantic import SecretStr

from demo.authority_clients import UNVERIFIED, Reader, Writer, is_taken_by_controller, refusal_of
from demo.claims import Claims

INSTANCE, OFFSET = "var-authority", 3_700
USER, TOPIC = "drill", "altscore.drill"
START_S = 600.0
"""A broker on a busy machine takes minutes to start."""
MOVE_S = 120.0
"""The clients look at the file once in thirty seconds."""
RIGHTS = {
    *(Right(user=USER, resource="TOPIC", name=TOPIC, operation=operation) for operation in ("WRITE", "READ")),
    Right(user=USER, resource="TOPIC", name=TOPIC, operation="DESCRIBE"),
    Right(user=USER, resource="GROUP", name=USER, operation="READ"),
}


class Drill(Claims):
    """One run."""

    def __init__(self) -> None:
        super().__init__()
        offset = int(os.environ.get("ALTSCORE_PORT_OFFSET", "0")) + OFFSET
        self.layout: Layout = open_layout(
            environ=os.environ | {"ALTSCORE_VAR": INSTANCE, "ALTSCORE_PORT_OFFSET": str(offset)}
        )
        self._supervisor, self._kafka = Supervisor(self.layout), Kafka(self.layout)
        self._former = self.layout.var / "former"

    def run(self) -> int:
        """The whole drill; 0 when every claim held."""
        self._clean()
        logging.getLogger("rdkafka").setLevel(logging.CRITICAL)  # the broker's restarts are part of it
        try:
            self._begin()
            settings = self._settings(self.layout.pki / authority.BUNDLE)
            with Writer(settings, TOPIC) as writer, Reader(settings, TOPIC, USER) as reader:
                self._until("both clients work", lambda: writer.acknowledged > 0 and reader.read > 0, START_S)
                self._change(writer, reader)
                writer.stop()
                self._until("everything is read", lambda: reader.missing(writer.acknowledged) == 0, MOVE_S)
                self._balance(writer, reader)
            return self.show()
        finally:
            self._clean()

    def _begin(self) -> None:
        ensure_pki(self.layout)
        self.figure("start of the broker", f"{self._start():.1f} s")
        self._kafka.make_users([USER], RIGHTS)
        admin = AdminClient(self._kafka.client_settings("broker"))
        admin.create_topics([NewTopic(TOPIC, 3, 1)])[TOPIC].result(START_S)
        self._former.mkdir()
        for name in ("ca.pem", "score.crt", "score.key"):  # a client that nobody moves
            write_file(self._former / name, (self.layout.pki / name).read_bytes())

    def _change(self, writer: Writer, reader: Reader) -> None:
        """The runbook's steps, each with what must hold after it."""
        self._old_client("before the change", is_let_in=True)
        self._step("trust", writer, reader)
        self.figure("1. trust both: restart of the broker", f"{self._restart():.1f} s")
        self._old_client("both are trusted, nothing else has changed", is_let_in=True)

        self._step("issue", writer, reader)
        self.figure("2. new certificates: restart of the broker", f"{self._restart():.1f} s")
        self._goes_on("the clients go on with the new certificate", writer, reader)
        taken = self._is_taken(self._former)
        self.claim("a certificate of the old authority is still taken by the controller", taken, taken)
        self._old_client("the certificate is new, and it was not moved in time", is_let_in=False)

        self._step("retire", writer, reader)
        self.figure("3. the old authority is gone: restart of the broker", f"{self._restart():.1f} s")
        self._goes_on("the clients go on without the old authority", writer, reader)
        self._old_client("at the end", is_let_in=False)
        taken = self._is_taken(self._former)
        self.claim("a certificate of the old authority is refused by the controller", not taken, not taken)
        taken = self._is_taken(self.layout.pki)
        self.claim("one of the new authority is taken", taken, taken)

    def _step(self, step: str, writer: Writer, reader: Reader) -> None:
        """A step of the runbook, until both clients were made anew."""
        before, begun = (writer.renewals, reader.renewals), time.monotonic()
        authority.STEPS[step](self.layout)
        self._until(
            f"{step}: both clients are made anew",
            lambda: writer.renewals > before[0] and reader.renewals > before[1],
            MOVE_S,
        )
        self.figure(f"{step}: until both clients were made anew", f"{time.monotonic() - begun:.1f} s")

    def _goes_on(self, what: str, writer: Writer, reader: Reader) -> None:
        """Whether messages that are written from now on are acknowledged and read."""
        written = writer.acknowledged
        self._until(what, lambda: writer.acknowledged > written and reader.missing(written + 1) == 0, START_S)
        self.claim(what, True, f"{writer.acknowledged} written")

    def _old_client(self, when: str, *, is_let_in: bool) -> None:
        """A client that trusts the old authority alone."""
        refusal = refusal_of(self._settings(self._former / "ca.pem"))
        what = f"a client of the old authority {'works' if is_let_in else 'is refused'}: {when}"
        seen = refusal or "it read the list of topics"
        self.claim(what, (refusal is None) if is_let_in else refusal == UNVERIFIED, seen)

    def _is_taken(self, folder: Path) -> bool:
        port = self.layout.port("kafka-controller")
        return is_taken_by_controller(port, folder / "score.crt", folder / "score.key", self.layout.pki / "ca.pem")

    def _balance(self, writer: Writer, reader: Reader) -> None:
        self.claim("every acknowledged message was read", reader.missing(writer.acknowledged) == 0, writer.acknowledged)
        self.claim("none was written twice", reader.doubled == 0, f"{reader.doubled} doubled")
        self.figure("read again after a client was made anew (an inbox skips these)", str(reader.repeated))
        self.figure("longest time without an acknowledgement", f"{writer.longest_wait_s:.1f} s")

    def _settings(self, ca_file: Path) -> KafkaSettings:
        return KafkaSettings.model_construct(
            kafka_bootstrap=self._kafka.bootstrap_servers,
            kafka_username=USER,
            kafka_password=SecretStr(self._kafka.password(USER)),
            kafka_ca_file=ca_file,
        )

    def _start(self) -> float:
        begun = time.monotonic()
        self._supervisor.ensure(replace(self._kafka.prepare(), ready_timeout_s=START_S))
        return time.monotonic() - begun

    def _restart(self) -> float:
        begun = time.monotonic()
        self._supervisor.stop("kafka", timeout_s=START_S)
        return time.monotonic() - begun + self._start()

    def _until(self, what: str, holds: Callable[[], bool], limit_s: float) -> None:
        end = time.monotonic() + limit_s
        while not holds():
            if time.monotonic() > end:
                raise StackError(f"not within {limit_s:.0f} s: {what}")
            time.sleep(0.2)

    def _clean(self) -> None:
        self._supervisor.stop("kafka", timeout_s=START_S)
        shutil.rmtree(self.layout.var, ignore_errors=True)


if __name__ == "__main__":
    try:
        sys.exit(Drill().run())
    except StackError as error:
        sys.exit(str(error))
