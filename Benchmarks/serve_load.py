#!/usr/bin/env python3
"""A small bounded load test for any OpenAI-compatible streaming server.

For every number of clients C it runs R rounds. A round starts C streaming requests at the same
moment, each with another random prompt so that no prefix cache helps, and waits for all of them.
Printed for each C, medians over rounds or requests:

  total     generated tokens per second of a round, prompt processing included
  steady    tokens per second, all streams together, while every stream was generating
  first     time from sending a request to its first token, median and maximum
  between   time between the chunks of one stream, median and 95th percentile
  prompt    prompt tokens as the server counted them, where it says so

Needs the standard library alone. Prompts are two-letter words, which are one token each for the
synthetic models and nearly so for real ones.

  serve_load.py --url http://127.0.0.1:8080 --clients 1,4,8 --extra '{"ignore_eos": true}'
"""

import argparse
import http.client
import json
import random
import statistics
import sys
import threading
import time
import urllib.parse


def random_prompt(words, generator):
    letters = ("bcdfghjklmnprstvwz", "aeiou")
    return " ".join("".join(map(generator.choice, letters)) for _ in range(words))


class Request:
    """One streaming request, and when its pieces came."""

    def __init__(self, options, text):
        self.options, self.text = options, text
        self.started = 0.0
        self.times = []
        self.usage = {}
        self.error = None

    @property
    def tokens(self):
        return self.usage.get("completion_tokens") or len(self.times)

    def body(self):
        body = {
            "model": self.options.model,
            "stream": True,
            "max_tokens": self.options.max_tokens,
            "temperature": 0,
            "stream_options": {"include_usage": True},
        }
        if self.options.api == "chat":
            body["messages"] = [{"role": "user", "content": self.text}]
        else:
            body["prompt"] = self.text
        return json.dumps(body | self.options.extra)

    def run(self):
        try:
            self.exchange()
            if not self.times:
                self.error = self.error or "no tokens"
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.error = repr(error)  # reported at the end; the other streams go on

    def exchange(self):
        path = "/v1/chat/completions" if self.options.api == "chat" else "/v1/completions"
        url = urllib.parse.urlparse(self.options.url)
        connection = http.client.HTTPConnection(
            url.hostname, url.port or 80, timeout=self.options.timeout
        )
        headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        self.started = time.perf_counter()
        connection.request("POST", url.path.rstrip("/") + path, self.body(), headers)
        response = connection.getresponse()
        if response.status != 200:
            self.error = f"HTTP {response.status}: {response.read(300)!r}"
        else:
            self.read_events(response)
        connection.close()

    def read_events(self, response):
        for line in response:
            if not line.startswith(b"data:"):
                continue
            data = line.removeprefix(b"data:").strip()
            if data == b"[DONE]":
                return
            now = time.perf_counter()
            event = json.loads(data)
            if event.get("error"):
                self.error = str(event["error"])
                return
            self.usage = event.get("usage") or self.usage
            for choice in event.get("choices") or []:
                delta = choice.get("delta") or {}
                pieces = (choice.get("text"), delta.get("content"), delta.get("reasoning_content"))
                if any(pieces):
                    self.times.append(now)


def run_round(options, clients, generator):
    """Starts that many requests at once and waits for all of them."""
    texts = [random_prompt(options.prompt_words, generator) for _ in range(clients)]
    if options.same_prompt:
        texts = [random_prompt(options.prompt_words, random.Random(1))] * clients
    requests = [Request(options, text) for text in texts]
    barrier = threading.Barrier(clients)

    def start(request):
        barrier.wait()
        request.run()

    threads = [threading.Thread(target=start, args=(r,), daemon=True) for r in requests]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(options.timeout + 30)
    return requests


def steady_rate(requests):
    """Tokens per second between the last stream's first token and the first stream's last."""
    start = max(request.times[0] for request in requests)
    end = min(request.times[-1] for request in requests)
    if end <= start:
        return None
    tokens = 0
    for request in requests:
        inside = sum(start < stamp <= end for stamp in request.times)
        tokens += inside * request.tokens / len(request.times)
    return tokens / (end - start)


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(share * len(values)))]


def measure(options, clients, generator):
    """Figures of one number of clients, and the errors."""
    totals, steady, first, between, prompts, errors = [], [], [], [], [], []
    for _ in range(options.rounds):
        requests = run_round(options, clients, generator)
        good = [r for r in requests if r.times and not r.error]
        errors += [r.error or "timeout" for r in requests if r not in good]
        if not good:
            continue
        seconds = max(r.times[-1] for r in good) - min(r.started for r in good)
        totals.append(sum(r.tokens for r in good) / seconds)
        steady += [rate] if (rate := steady_rate(good)) else []
        first += [r.times[0] - r.started for r in good]
        between += [b - a for r in good for a, b in zip(r.times, r.times[1:], strict=False)]
        prompts += [r.usage["prompt_tokens"] for r in good if "prompt_tokens" in r.usage]

    def median(values, factor=1.0):
        return statistics.median(values) * factor if values else None

    figures = {
        "clients": clients,
        "total": median(totals),
        "steady": median(steady),
        "first_ms": median(first, 1e3),
        "first_maximum_ms": max(first) * 1e3 if first else None,
        "between_ms": median(between, 1e3),
        "between_p95_ms": percentile(between, 0.95) * 1e3 if between else None,
        "prompt_tokens": median(prompts),
    }
    return figures, errors


def cell(value, digits=1):
    return "–" if value is None else f"{value:.{digits}f}"


def line(figures):
    columns = [
        str(figures["clients"]),
        cell(figures["total"]),
        cell(figures["steady"]),
        f"{cell(figures['first_ms'], 0)} ({cell(figures['first_maximum_ms'], 0)}) ms",
        f"{cell(figures['between_ms'])} ({cell(figures['between_p95_ms'])}) ms",
        cell(figures["prompt_tokens"], 0),
    ]
    return "| " + " | ".join(columns) + " |"


def numbers(text):
    return [int(part) for part in text.split(",")]


def parse_options():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--api", choices=["chat", "completions"], default="chat")
    parser.add_argument("--model", default="default")
    parser.add_argument("--clients", type=numbers, default=[1, 4, 8], help="such as 1,4,8")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--prompt-words", type=int, default=128)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--timeout", type=float, default=120, help="seconds for one request")
    parser.add_argument("--seed", type=int, help="of the prompts (default: another every run)")
    parser.add_argument("--extra", type=json.loads, default={}, help="JSON added to every request")
    parser.add_argument("--same-prompt", action="store_true", help="to see prefix caching")
    parser.add_argument("--json", help="also write the figures to this file")
    return parser.parse_args()


def main():
    options = parse_options()
    generator = random.Random(options.seed)
    warm_up = run_round(options, 1, generator)[0]
    if warm_up.error:
        sys.exit("the first request failed: " + warm_up.error)
    rows, failures = [], []
    print("| clients | total tok/s | steady tok/s | first (max) | between (p95) | prompt |")
    print("|---|---|---|---|---|---|")
    for clients in options.clients:
        figures, errors = measure(options, clients, generator)
        rows.append(figures)
        failures += errors
        print(line(figures), flush=True)
    for error in failures[:3]:
        print("failed:", error, file=sys.stderr)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(rows, file, indent=1)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
