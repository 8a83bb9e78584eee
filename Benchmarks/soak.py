#!/usr/bin/env python3
"""Minutes of random load on a server with a memory limit: clients that read to the end, read slowly,
leave in the middle, cancel, come back for a second turn, send long prompts, want answers of a form that
nobody had before, or have them stored.

The server is started with --memory and, where cgroups can be written, inside one with that limit
(and `--headroom` more, if wanted): it must survive, and not go on growing. Every answer must
end properly, no client may wait forever, and in the end all pages must be free or in the prefix
cache, and SIGTERM must end the server with status 0.

  soak.py --server .build/release/mlx-server --model Models/pocket-chat-4bit --minutes 60
"""

import argparse
import collections
import http.client
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

from serve_load import random_prompt

CGROUPS = {
    "/sys/fs/cgroup/memory": "memory.limit_in_bytes",
    "/sys/fs/cgroup": "memory.max",
}


MOODS = ["read", "read", "slow", "leave", "cancel", "long", "whole", "form", "stored"]


class Limit:
    """A cgroup with a hard memory limit, where this system lets us make one."""

    def __init__(self, limit):
        self.folder = None
        for root, file in CGROUPS.items():
            folder = os.path.join(root, f"soak-{os.getpid()}")
            try:
                os.mkdir(folder)
                with open(os.path.join(folder, file), "w", encoding="ascii") as handle:
                    handle.write(str(limit))
                self.folder = folder
                return
            except OSError:
                if os.path.isdir(folder):
                    os.rmdir(folder)

    def enter(self):
        if self.folder:
            with open(os.path.join(self.folder, "cgroup.procs"), "w", encoding="ascii") as handle:
                handle.write(str(os.getpid()))

    def remove(self):
        if self.folder:
            os.rmdir(self.folder)


class Client(threading.Thread):
    """Sends one request after the other, each in another mood."""

    def __init__(self, port, seed, end, counts, failures):
        super().__init__(daemon=True)
        self.port, self.end, self.counts, self.failures = port, end, counts, failures
        self.random = random.Random(seed)
        self.longest = 0.0

    def run(self):
        messages = []
        while time.monotonic() < self.end:
            mood = self.random.choice(MOODS)
            if not messages or self.random.random() < 0.5:
                words = 600 if mood == "long" else self.random.randint(2, 60)
                # Few beginnings, so that prefixes are shared, copied and evicted.
                beginning = random_prompt(40, random.Random(self.random.randint(0, 3)))
                messages = [{"role": "system", "content": beginning}]
                messages += [{"role": "user", "content": random_prompt(words, self.random)}]
            begin = time.monotonic()
            try:
                text = self.ask(messages, mood)
            except (OSError, ValueError, http.client.HTTPException) as error:
                self.failures.append(f"{mood}: {error!r}")
                text = None
            self.longest = max(self.longest, time.monotonic() - begin)
            self.counts[mood] += 1
            messages = self.continued(messages, text) if text and len(messages) < 7 else []

    def continued(self, messages, text):
        turn = {"role": "user", "content": random_prompt(5, self.random)}
        return [*messages, {"role": "assistant", "content": text}, turn]

    def body(self, messages, mood):
        """The request's path and fields."""
        tokens = self.random.randint(1, 80)
        if mood == "stored":
            return "/v1/responses", {"input": messages, "max_output_tokens": max(16, tokens)}
        body = {
            "messages": messages,
            "stream": mood not in ("whole", "form"),
            "max_tokens": tokens,
            "temperature": self.random.choice([0, 0.8]),
        }
        if mood == "form":
            kinds = ("string", "integer", "boolean")
            members = {f"m{self.random.randrange(10**9)}": {"type": kind} for kind in kinds}
            schema = {"type": "object", "properties": members, "required": list(members)}
            body["response_format"] = {
                "type": "json_schema",
                "json_schema": {"name": "made_up", "schema": schema},
            }
        return "/v1/chat/completions", body

    def ask(self, messages, mood):
        path, body = self.body(messages, mood)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", path, json.dumps(body), headers)
            response = connection.getresponse()
            if response.status in (429, 503):
                self.counts["refused"] += 1
                time.sleep(min(float(response.headers["retry-after"]), 5))
                return None
            if response.status != 200:
                # A conversation that has outgrown the context is refused, and begun anew.
                if b"context_length_exceeded" in response.read():
                    return None
                raise ValueError(f"HTTP {response.status}")
            if mood == "stored":
                response.read()
                return None
            if mood in ("whole", "form"):
                return json.loads(response.read())["choices"][0]["message"]["content"]
            return self.read(response, mood)
        finally:
            connection.close()

    def read(self, response, mood):
        text, left = "", self.random.randint(0, 10)
        for line in response:
            if not line.startswith(b"data:"):
                continue
            data = line.removeprefix(b"data:").strip()
            if data == b"[DONE]":
                return text
            event = json.loads(data)
            if event.get("error"):
                raise ValueError(str(event["error"]))
            for choice in event.get("choices") or []:
                text += (choice.get("delta") or {}).get("content") or ""
            left -= 1
            if mood == "slow":
                time.sleep(0.05)
            if mood == "leave" and left < 0:
                return None
            if mood == "cancel" and left == 0:
                self.cancel(event["id"])
        raise ValueError("the stream ended without [DONE]")

    def cancel(self, identifier):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        body = json.dumps({"id": identifier})
        connection.request("POST", "/v1/cancel", body, {"Content-Type": "application/json"})
        connection.getresponse().read()
        connection.close()


def resident(process):
    """Bytes of all that is mapped and present."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file if ":" in line)
    return int(status["VmRSS"].split()[0]) * 1024


def metrics(port):
    url = f"http://127.0.0.1:{port}/metrics"
    try:
        text = urllib.request.urlopen(url, timeout=10).read().decode()
    except OSError:
        return {}
    pattern = re.compile(r"^(mlx_\w+(?:\{[^}]*\})?) ([0-9.eE+-]+)$", re.MULTILINE)
    return {name: float(value) for name, value in pattern.findall(text)}


def start(options, limit):
    command = [options.server, "-m", options.model, "--port", str(options.port)]
    command += ["--parallel", "6", "--ctx-size", "2048", "--memory", str(options.memory)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, preexec_fn=limit.enter
    )
    line = process.stdout.readline()
    if "listening" not in line:
        sys.exit(f"the server didn't start: {line}")
    return process


def settle(options):
    """What the server says of itself once nothing runs any more."""
    for _ in range(60):
        found = metrics(options.port)
        if not found or found.get("mlx_requests_running") == 0:
            return found
        time.sleep(1)
    return metrics(options.port)


def growth(sizes):
    """How much larger the last quarter's memory is than that of the second, when caches were full."""
    quarter = len(sizes) // 4
    if quarter < 30:
        return 0
    return statistics.median(sizes[-quarter:]) - statistics.median(sizes[quarter : 2 * quarter])


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--server", default=".build/release/mlx-server")
    parser.add_argument("--model", default="Models/pocket-chat-4bit")
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--memory", type=int, default=256 << 20, help="the server's, in bytes")
    parser.add_argument("--headroom", type=int, default=0, help="more for its cgroup, in bytes")
    parser.add_argument("--port", type=int, default=8245)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def main():
    options = parse_options()
    limit = Limit(options.memory + options.headroom)
    process = start(options, limit)
    counts, failures = collections.Counter(), []
    end = time.monotonic() + options.minutes * 60
    arguments = (end, counts, failures)
    clients = [
        Client(options.port, options.seed + n, *arguments) for n in range(options.clients)
    ]
    for client in clients:
        client.start()
    sizes = []
    while any(client.is_alive() for client in clients) and process.poll() is None:
        sizes.append(resident(process))
        if time.monotonic() > end + 310:
            failures.append("a client never got to its end")
            break
        time.sleep(1)
    if process.poll() is not None:
        failures.append(f"the server ended with {process.returncode} under load")
    found = settle(options) if process.poll() is None else {}
    for name in ("mlx_requests_running", "mlx_requests_waiting", 'mlx_kv_pages{use="running"}'):
        if found.get(name, 0) != 0:
            failures.append(f"{name} is {found[name]:.0f} when nothing runs")
    process.send_signal(signal.SIGTERM)
    if process.wait(60) != 0:
        failures.append(f"SIGTERM ended the server with {process.returncode}")
    limit.remove()
    peak = max(sizes)
    hard = f"in a cgroup of {options.headroom >> 20} MB more" if limit.folder else "no cgroup could be made"
    print(f"requests: {dict(counts)}; the longest took {max(c.longest for c in clients):.1f} s")
    print(f"memory: {peak >> 20} MB resident at most, limit {options.memory >> 20} MB ({hard})")
    steps = [size >> 20 for size in sizes[:: max(1, len(sizes) // 12)]]
    print(f"from beginning to end: {steps} MB; {growth(sizes) / 2**20:+.1f} MB once caches were full")
    if growth(sizes) > 8 << 20:
        failures.append("its memory goes on growing")
    if peak > options.memory + options.headroom:
        failures.append("it took more memory than it was given")
    for failure in failures[:10]:
        print("failed:", failure, file=sys.stderr)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
