"""The tables of report.py, as Markdown."""

import statistics

from ours import spread

FAST, EXACT = "mlx-compile, fast", "mlx-compile, exact"
EQUAL = "llama.cpp Q4_0-pure"


class Rows:
    """Measurements of one shape, looked up by what tells them apart."""

    def __init__(self, report, shape):
        self.rows = [row for row in report["rows"] if row["shape"] == shape]

    def find(self, part, **key):
        return [
            row
            for row in self.rows
            if row["part"] == part and all(row.get(name) == value for name, value in key.items())
        ]

    def values(self, part, column, **key):
        return [row[column] for row in self.find(part, **key) if row.get(column) is not None]

    def median(self, part, column, **key):
        """None where nothing was measured."""
        values = self.values(part, column, **key)
        return statistics.median(values) if values else None

    def places(self, part, column):
        """Different values of one column, in the order in which they were measured first."""
        return list(dict.fromkeys(row[column] for row in self.rows if row["part"] == part))


def ratio(value, other, digits=2):
    return f"{value / other:.{digits}f}" if value and other else "–"


def contest_lines(rows):
    sides = [
        (name, threads)
        for threads in sorted({row["threads"] for row in rows.find("decode") + rows.find("prefill")})
        for name in dict.fromkeys(rows.places("decode", "name") + rows.places("prefill", "name"))
    ]
    if not sides:
        return
    yield "| | MB | threads | prompt of 512, tok/s | generation, tok/s | share of bandwidth | x Q4_0-pure: prompt, generation | numerics |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, threads in sides:
        key = {"name": name, "threads": threads}
        found = rows.find("decode", **key) + rows.find("prefill", **key)
        if not found:
            continue
        prompt, generation = (
            rows.median("prefill", "prompt", **key),
            rows.median("decode", "generate", **key),
        )
        against = {"name": EQUAL, "threads": threads}
        times = [
            ratio(prompt, rows.median("prefill", "prompt", **against)),
            ratio(generation, rows.median("decode", "generate", **against)),
        ]
        generated = spread(rows.values("decode", "generate", **key), 1 if (generation or 9) > 1 else 2)
        if below := rows.median("decode", "generate_below", **key):
            generated = f"below {below:.2f}"
        yield (
            f"| {name} | {found[0]['bytes'] / 1e6:.0f} | {threads} "
            f"| {spread(rows.values('prefill', 'prompt', **key))} | {generated} "
            f"| {share_text(rows, found, key)} | {', '.join(times)} | {found[0]['numerics']} |"
        )


def share_text(rows, found, key):
    """Of the read bandwidth; a peer's is worked out from what was measured for ours in between."""
    if values := rows.values("decode", "share", **key):
        return spread(values, 2)
    bandwidth = rows.median("decode", "bandwidth", threads=key["threads"])
    generation = rows.median("decode", "generate", **key)
    return ratio((generation or 0) * found[0]["bytes"] / 1e9, bandwidth)


def series_lines(rows, part, column, title, first=None):
    """One line for each side, one column for each place; and how they compare."""
    places, names = sorted(rows.places(part, column)), rows.places(part, "name")
    if not places:
        return
    yield f"| {title} | " + " | ".join(map(str, places)) + " |"
    yield "|---" * (len(places) + 1) + "|"

    def line(name, cell):
        return f"| {name} | " + " | ".join(cell(place) for place in places) + " |"

    def median(name, place, value="generate"):
        return rows.median(part, value, name=name, **{column: place})

    for name in names:
        yield line(
            f"{name}, tok/s",
            lambda place, n=name: spread(rows.values(part, "generate", name=n, **{column: place})),
        )
    yield line(
        "ours, share of bandwidth",
        lambda place: spread(rows.values(part, "share", name=FAST, **{column: place}), 2),
    )
    if first is not None:
        yield line(
            "ours, x one sequence", lambda place: ratio(median(FAST, place), median(FAST, first))
        )
    if EQUAL in names:
        yield line("ours, x llama.cpp", lambda place: ratio(median(FAST, place), median(EQUAL, place)))


def kernel_lines(rows):
    for row in rows.find("kernels"):
        limits = row["roofline"]
        rates = [f"reads {limits['read_bytes_per_second']['median'] / 1e9:.1f} GB/s"]
        for name in ("int8", "int16", "float", "bf16"):
            if limit := limits.get(f"{name}_operations_per_second"):
                rates.append(f"computes {limit['median'] / 1e9:.0f} {name} Gop/s")
        yield f"Kernels, {row['threads']} threads; in the same run this machine {', '.join(rates)}."
        yield ""
        for phase, title in (("generation", "a generated token"), ("prompt", "a prompt of 512")):
            yield f"| {title} | MB read | Gop | predicted, ms | took, ms | share |"
            yield "|---|---|---|---|---|---|"
            for kernel in row["kernels"].get(phase, []):
                share = f"{kernel['share']:.2f}" if kernel["predicted_seconds"] else ""
                yield (
                    f"| {kernel['name']} | {kernel['bytes'] / 1e6:.1f} "
                    f"| {kernel['operations'] / 1e9:.2f} | {kernel['predicted_seconds'] * 1e3:.3f} "
                    f"| {kernel['achieved_seconds'] * 1e3:.3f} | {share} |"
                )
            yield ""


def fact_lines(rows):
    for name in rows.places("load", "name"):
        start = spread([value * 1e3 for value in rows.values("load", "start_seconds", name=name)], 0)
        share = rows.median("load", "resident_bytes", name=name) / rows.median(
            "load", "planned_bytes", name=name
        )
        yield (
            f"- {name}: from an open bundle to the first token, beyond the prompt itself: {start} ms; "
            f"then resident: {share:.3f} of weights, keys and values, and scratch."
        )
    for row in rows.find("memory"):
        yield (
            f"- Server of {row['name']} once it listens: {row['resident_bytes'] / 1e6:.0f} MB resident, "
            f"{row['anonymous_bytes'] / 1e6:.0f} of them its own; file of {row['bytes'] / 1e6:.0f} MB."
        )
    if first := rows.values("compile", "compile_seconds"):
        again = rows.values("compile", "recompile_seconds")
        yield f"- Compiled in {spread(first)} s, again with the same weights in {spread(again)} s."
    counts = sorted(rows.places("threads", "threads"))
    if len(counts) == 2:
        usual, twice = (rows.values("threads", "generate", threads=count) for count in counts)
        yield (
            f"- Generation with {counts[0]} threads {spread(usual)} tok/s, with {counts[1]} on as many "
            f"cores {spread(twice)}."
        )


def goal_rows(rows):
    """What the figures are meant to be: (figure, at least or at most, measured)."""
    for threads in sorted(rows.places("decode", "threads")):
        fast, peer = ({"name": name, "threads": threads} for name in (FAST, EQUAL))
        rate = rows.median("decode", "generate", **fast)
        name = f"decode, {threads} thread" + "s" * (threads > 1)
        yield f"{name}, share of bandwidth", ">= 0.85", rows.median("decode", "share", **fast)
        other = rows.median("decode", "generate", **peer)
        yield f"{name}, x llama.cpp", ">= 1.35", rate and other and rate / other
        exact = rows.median("decode", "generate", name=EXACT, threads=threads)
        yield f"{name}, exact x fast", ">= 0.5", rate and exact and exact / rate
    for threads in sorted(rows.places("prefill", "threads")):
        fast, peer = ({"name": name, "threads": threads} for name in (FAST, EQUAL))
        rate, other = (rows.median("prefill", "prompt", **key) for key in (fast, peer))
        name = f"prompt of 512, {threads} thread" + "s" * (threads > 1)
        yield f"{name}, x llama.cpp", ">= 2.5", rate and other and rate / other
        yield f"{name}, share of peak", ">= 0.6", rows.median("prefill", "prompt_share", **fast)
    deepest = max(rows.places("depth", "depth"), default=0)
    fast, peer = ({"name": name, "depth": deepest} for name in (FAST, EQUAL))
    rate, other = (rows.median("depth", "generate", **key) for key in (fast, peer))
    yield f"decode at {deepest}, share of bandwidth", ">= 0.85", rows.median("depth", "share", **fast)
    yield f"decode at {deepest}, x llama.cpp", ">= 1.5", rate and other and rate / other
    eight, one, other = (
        rows.median("batch", "generate", name=name, batch=count)
        for name, count in ((FAST, 8), (FAST, 1), (EQUAL, 8))
    )
    yield "8 sequences, x one", ">= 4", eight and one and eight / one
    yield "8 sequences, x llama.cpp", ">= 3", eight and other and eight / other
    yield "open to first token beyond the prompt, s", "<= 0.15", rows.median("load", "start_seconds", name=FAST)
    resident, planned = (
        rows.median("load", column, name=FAST) for column in ("resident_bytes", "planned_bytes")
    )
    yield "resident, x planned", "<= 1.05", resident and planned and resident / planned
    size = max(rows.values("compile", "bytes"), default=0)
    yield "compile, s", "<= 20" if size < 2e9 else "<= 90", rows.median("compile", "compile_seconds")
    yield "recompile, s", "<= 5", rows.median("compile", "recompile_seconds")
    usual, twice = (
        rows.median("threads", "generate", threads=count)
        for count in (sorted(rows.places("threads", "threads")) + [0, 0])[:2]
    )
    yield "twice as many threads as cores, x as many", ">= 0.5", usual and twice and twice / usual


def goal_lines(rows):
    yield "| figure | goal | measured | |"
    yield "|---|---|---|---|"
    for name, goal, value in goal_rows(rows):
        if value is None:
            continue
        sign, bound = goal.split()
        met = value >= float(bound) if sign == ">=" else value <= float(bound)
        yield f"| {name} | {goal} | {value:.3g} | {'' if met else 'missed'} |"


def markdown(report, pictures):
    lines = [f"{report['machine']}; {report['versions']}. Medians, smallest and largest in brackets.", ""]
    for shape in dict.fromkeys(row["shape"] for row in report["rows"]):
        rows = Rows(report, shape)
        lines += [f"### {shape}, 4 bits, group 64", ""]
        for part in (
            contest_lines(rows),
            series_lines(rows, "depth", "depth", "generation after so many positions"),
            series_lines(rows, "batch", "batch", "sequences at once", first=1),
            fact_lines(rows),
            goal_lines(rows),
            kernel_lines(rows),
        ):
            if part := list(part):
                lines += [*part, ""]
        lines += [f"![{name}]({name})" for name in pictures.get(shape, [])] + [""]
    return "\n".join(lines)
