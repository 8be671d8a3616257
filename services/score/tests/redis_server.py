"""A private redis-server of the tests."""

import shutil
import subprocess
import time
from pathlib import Path

import redis
from altscore_libs.testing_postgres import free_port


class RedisServer:
    """A private redis-server that can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server and returns when it answers, with nothing in it."""
        program = shutil.which("redis-server")
        assert program is not None, "redis-server is not installed"
        command = [program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        client = redis.Redis(port=self.port)
        for _ in range(200):
            try:
                client.ping()
                break
            except redis.ConnectionError:
                time.sleep(0.02)  # a process starts; nothing else tells
        client.flushall()
        client.close()

    def empty(self) -> None:
        """Ends others' connections and removes all content; a server that a test ended or locked is started anew."""
        try:
            with redis.Redis(port=self.port) as client:
                client.client_kill_filter(_type="normal", skipme=True)
                client.flushall()
                client.script_flush()
        except redis.RedisError:
            self.stop()
            self.start()

    def stop(self) -> None:
        """Kills the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
