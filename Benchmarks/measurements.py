"""Measurements kept in a file as they are made, so that a run can stop anywhere and go on later."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Callable

from ours import machine, version
from peers import LLAMA_CPP_PYTHON


def note(text):
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


@dataclass
class Unit:
    """One measurement: what tells it from others, and how it is made."""

    key: dict
    measure: Callable[[], dict]
    subject: object = None
    # How often it is worth repeating.
    rounds: int = 1000

    def facts(self):
        """What tables say of the contestant."""
        if self.subject is None:
            return {}
        return {"bytes": self.subject.bytes, "numerics": self.subject.numerics}


class Measurements:
    """One flat row for each measurement, with the machine and the versions they are of."""

    def __init__(self, path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        self.path = path
        self.report = {"rows": []}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                self.report = json.load(file)
        if self.report.get("machine", machine()) != machine():
            sys.exit(f"{path} is of another machine: {self.report['machine']}")
        self.report |= {"machine": machine(), "versions": versions()}

    @property
    def rows(self):
        return self.report["rows"]

    def has(self, key):
        return any(all(row.get(name) == value for name, value in key.items()) for row in self.rows)

    def forget(self, is_forgotten):
        self.report["rows"] = [row for row in self.rows if not is_forgotten(row)]

    def measure(self, units, rounds, deadline):
        """Adds what is missing of all units, round by round; false where time ran out before.
        `units` makes the list anew for every round."""
        for number in range(rounds):
            for unit in units():
                key = unit.key | {"round": number}
                if number >= unit.rounds or self.has(key):
                    continue
                if time.monotonic() > deadline:
                    return False
                note(", ".join(f"{name} {value}" for name, value in key.items()))
                self.rows.append(key | unit.facts() | unit.measure())
                self.save()
        return True

    def save(self):
        with open(self.path + ".part", "w", encoding="utf-8") as file:
            json.dump(self.report, file, indent=1)
        os.replace(self.path + ".part", self.path)


def versions():
    output = subprocess.run(["clang-14", "--version"], capture_output=True, text=True, check=False)
    compiler = output.stdout.splitlines()[0] if output.returncode == 0 else "another clang"
    return f"{version()}, {compiler}, llama.cpp of llama-cpp-python {LLAMA_CPP_PYTHON}"
