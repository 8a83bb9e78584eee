"""Starts mlx-server as its users do: as a process, on a free port."""

import os
import queue
import re
import shlex
import subprocess
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POCKET = ROOT / "Models" / "pocket-chat-4bit"
READY = re.compile(r"^http server listening on (http://\S+)$")


def binary() -> Path:
    """$MLX_SERVER, else the release build, else the debug build."""
    named = os.environ.get("MLX_SERVER")
    candidates = [Path(named)] if named else [
        ROOT / ".build" / kind / "mlx-server" for kind in ("release", "debug")
    ]
    for path in candidates:
        if path.exists():
            return path
    raise FileNotFoundError(f"no mlx-server at {', '.join(map(str, candidates))}: build it first")


class Server:
    """One running server; its lines on both outputs are kept."""

    def __init__(self, *options: str, cache: Path, model: Path = POCKET, environment=None):
        extra = shlex.split(os.environ.get("MLX_SERVER_OPTIONS", ""))
        command = [str(binary()), "-m", str(model), "--port", "0", *extra, *options]
        variables = {**os.environ, "MLX_COMPILE_CACHE": str(cache), **(environment or {})}
        self.process = subprocess.Popen(
            command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.output: list[str] = []
        self.log: list[str] = []
        self._lines: queue.Queue = queue.Queue()
        self._readers = [
            self._read(self.process.stdout, self.output, self._lines),
            self._read(self.process.stderr, self.log, None),
        ]

    def _read(self, pipe, lines, announce):
        def read():
            for line in pipe:
                lines.append(line.rstrip("\n"))
                if announce:
                    announce.put(lines[-1])
            if announce:
                announce.put(None)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        return thread

    def wait_until_ready(self, timeout: float = 120) -> "Server":
        """Reads the ready line, from which the address is taken."""
        line = self._lines.get(timeout=timeout)
        match = READY.match(line or "")
        if not match:
            self.process.kill()
            raise RuntimeError(f"no ready line but {line!r}; log:\n" + "\n".join(self.log))
        self.url = match.group(1)
        self.port = int(self.url.rsplit(":", 1)[1])
        return self

    def wait_until_ended(self, timeout: float = 30) -> int:
        status = self.process.wait(timeout)
        for reader in self._readers:
            reader.join(timeout)
        return status

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.wait_until_ended()

    def __enter__(self):
        return self.wait_until_ready()

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.wait_until_ended()


def until(condition, timeout: float = 10, message: str = "it didn't happen in time"):
    """Waits for `condition()` to be true."""
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, message
        time.sleep(0.01)
