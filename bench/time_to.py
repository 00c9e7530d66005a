#!/usr/bin/env python3
"""bench/time_to.py RUN…: seconds until a training first reached an accuracy on its validation pictures, a table in Markdown.

RUN is a folder with metrics.jsonl: of `gradus train`, or of bench/peers/torch_quality.py. An accuracy counts from the end of the first
epoch that reached it, its validation included; – is one that was not reached."""
import json, sys
from pathlib import Path

WANTED = [60, 70, 80, 82, 84, 86, 88, 89, 90, 91, 92, 93, 93.5, 94, 95, 96, 97, 98, 98.5, 99, 99.5]


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    runs = {}
    for folder in map(Path, sys.argv[1:]):
        lines = (folder / "metrics.jsonl").read_text().splitlines()
        runs[folder.name] = [(100 * e["validation_accuracy"], e["seconds"]) for e in map(json.loads, lines) if "validation_accuracy" in e]
    most = max(accuracy for epochs in runs.values() for accuracy, _ in epochs)
    least = min(epochs[0][0] for epochs in runs.values())
    # From the last that all have after an epoch, to the last that anyone reached.
    wanted = [w for w in WANTED if w <= most]
    wanted = [w for w in wanted if w > least or w == max((v for v in wanted if v <= least), default=w)]
    print("| run | epochs | seconds | best | " + " | ".join(f"{w} %" for w in wanted) + " |")
    print("|---|" + "---|" * (len(wanted) + 3))
    for name, epochs in runs.items():
        reached = [next((f"{s:.1f} s" for accuracy, s in epochs if accuracy >= w), "–") for w in wanted]
        print("| " + " | ".join([name, str(len(epochs)), f"{epochs[-1][1]:.1f}", f"{max(a for a, _ in epochs):.2f} %", *reached]) + " |")


main()
