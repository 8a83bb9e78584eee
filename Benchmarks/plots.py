#!/usr/bin/env python3
"""Draws what report.py measured as SVG files, with the standard library alone.

  Benchmarks/plots.py results/report.json FOLDER
"""

import json
import math
import os
import statistics
import sys
from html import escape

COLOURS = ["#1f6feb", "#d1242f", "#8250df", "#bf8700", "#1a7f37", "#57606a"]
FONT = 'font-family="system-ui, sans-serif"'
WIDTH, LEFT, RIGHT, TOP = 760, 70, 190, 58


class Drawing:
    """Collects the elements of one picture."""

    def __init__(self, title, height):
        self.height = height
        self.elements = []
        self.text(12, 24, title, size=16, weight="bold")

    def text(self, x, y, text, size=12, anchor="start", weight="normal", colour="#24292f"):
        self.elements.append(
            f'<text x="{x:.1f}" y="{y:.1f}" {FONT} font-size="{size}" font-weight="{weight}" '
            f'text-anchor="{anchor}" fill="{colour}">{escape(text)}</text>'
        )

    def line(self, x1, y1, x2, y2, colour="#d0d7de"):
        self.elements.append(
            f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'
        )

    def bar(self, x, y, width, height, colour):
        self.elements.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" '
            f'rx="2" fill="{colour}"/>'
        )

    def curve(self, points, colour):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.elements.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        for x, y in points:
            self.elements.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>')

    def write(self, path):
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{self.height}" '
            f'viewBox="0 0 {WIDTH} {self.height}">\n'
            f'<rect width="{WIDTH}" height="{self.height}" fill="#ffffff"/>\n'
        )
        with open(path, "w", encoding="utf-8") as file:
            file.write(head + "\n".join(self.elements) + "\n</svg>\n")


def bars(title, rows, path):
    """One horizontal bar for each (name, share of the limit, note)."""
    step, left, most = 26, 190, 1.0
    drawing = Drawing(title, TOP + step * len(rows) + 34)
    scale = (WIDTH - left - RIGHT) / most
    bottom = TOP + step * len(rows) + 4
    for tenth in range(0, 11, 2):
        x = left + tenth / 10 * scale
        drawing.line(x, TOP, x, bottom)
        drawing.text(x, bottom + 16, f"{tenth / 10:.1f}", anchor="middle")
    for index, (name, share, note) in enumerate(rows):
        y = TOP + index * step
        drawing.text(left - 8, y + 17, name, anchor="end")
        drawing.bar(left, y + 4, min(share, most) * scale, step - 8, COLOURS[0])
        drawing.text(left + min(share, most) * scale + 6, y + 17, f"{share:.2f}, {note}")
    drawing.write(path)


def ticks(most):
    """Round numbers from 0 to a little above `most`."""
    step = 10 ** math.floor(math.log10(max(most, 1e-9)))
    for factor in (5, 2, 1, 0.5, 0.2):
        if most / (step * factor) >= 4:
            step *= factor
            break
    return [index * step for index in range(math.ceil(most / step) + 1)]


def curves(title, x_title, y_title, series, path):
    """One curve for each name: [(x, y), ...]; points of x are evenly apart, as 1, 2, 4, 8 are."""
    height = 400
    drawing = Drawing(title, height)
    places = sorted({x for points in series.values() for x, _ in points})
    marks = ticks(max((y for points in series.values() for _, y in points), default=1))
    bottom, right = height - 50, WIDTH - RIGHT
    gap = (right - LEFT - 20) / max(len(places) - 1, 1)

    def at(x, y):
        return (
            LEFT + 10 + places.index(x) * gap,
            bottom - y / marks[-1] * (bottom - TOP),
        )

    for mark in marks:
        y = bottom - mark / marks[-1] * (bottom - TOP)
        drawing.line(LEFT, y, right, y)
        drawing.text(LEFT - 8, y + 4, f"{mark:g}", anchor="end")
    for x in places:
        drawing.text(at(x, 0)[0], bottom + 18, f"{x:g}", anchor="middle")
    drawing.text((LEFT + right) / 2, bottom + 38, x_title, anchor="middle")
    drawing.text(12, TOP - 15, y_title, colour="#57606a")
    for index, (name, points) in enumerate(series.items()):
        colour = COLOURS[index % len(COLOURS)]
        drawing.curve([at(x, y) for x, y in points], colour)
        y = TOP + 14 + 20 * index
        drawing.bar(right + 14, y - 9, 12, 10, colour)
        drawing.text(right + 32, y, name)
    drawing.write(path)


def medians(rows, part, column):
    """For each contestant the points (value of the column, median tokens/s)."""
    points = {}
    for row in rows:
        if row["part"] == part:
            points.setdefault(row["name"], {}).setdefault(row[column], []).append(row["generate"])
    return {
        name: sorted((x, statistics.median(rates)) for x, rates in values.items())
        for name, values in points.items()
    }


def draw_shape(shape, rows, folder):
    """The pictures of one shape; the names of the files."""
    files = []

    def place(name):
        files.append(f"{shape}-{name}.svg")
        return os.path.join(folder, files[-1])

    for row in (row for row in rows if row["part"] == "kernels"):
        for phase, title in (("generation", "one generated token"), ("prompt", "a prompt of 512")):
            bars(
                f"{shape}: share of the limit by kernel, {title}, {row['threads']} threads",
                [
                    (kernel["name"], kernel["share"], f"{kernel['achieved_seconds'] * 1e3:.2f} ms")
                    for kernel in row["kernels"].get(phase, [])
                    if kernel["predicted_seconds"]
                ],
                place(f"kernels-{phase}"),
            )
    for part, x_title in (("depth", "positions before"), ("batch", "sequences at once")):
        if series := medians(rows, part, part):
            threads = max(row["threads"] for row in rows if row["part"] == part)
            title = f"{shape}: tokens/s against {part}, {threads} threads"
            curves(title, x_title, "tokens/s", series, place(part))
    return files


def draw(report, folder):
    """All pictures of a run of report.py; the names of the files by shape."""
    os.makedirs(folder, exist_ok=True)
    shapes = dict.fromkeys(row["shape"] for row in report["rows"])
    return {
        shape: draw_shape(shape, [row for row in report["rows"] if row["shape"] == shape], folder)
        for shape in shapes
    }


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as opened:
        for names in draw(json.load(opened), sys.argv[2]).values():
            print("\n".join(names))
