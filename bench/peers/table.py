"""Lines of JSON of all peers in, a table in Markdown out: the median over rounds of each median."""
import json, statistics, sys

MUCH_WORK = 1e8         # operations from which on a step must gain nine tenths of the threads; below, it must lose nothing


def time(s):
    return f"{s * 1e6:.1f} µs" if s < 1e-3 else f"{s * 1e3:.2f} ms" if s < 0.1 else f"{s * 1e3:.0f} ms"


def same(lines):
    """Whether all computed the same: the losses of the first steps, from the same weights and batches."""
    ours = {f["workload"]: f["first"] for f in lines if f["peer"] == "gradus"}
    print("Losses of the first steps, the greatest difference from gradus in relation to the loss:\n")
    for peer in sorted({f["peer"] for f in lines} - {"gradus"}):
        worst = {}
        for f in lines:
            if f["peer"] == peer and f["first"] and ours.get(f["workload"]):
                apart = (abs(a - b) / max(abs(b), 1e-3) for a, b in zip(f["first"], ours[f["workload"]]))
                worst[f["workload"]] = max(worst.get(f["workload"], 0), *apart)
        other = [f"**{w}: {e:.1e}**" for w, e in worst.items() if e > 1e-3]
        if worst:
            print(f"- {peer}: at most {max(worst.values()):.1e}" + (f"; NOT THE SAME: {', '.join(other)}" if other else ""))
    print()


def memory(order, cells, peers):
    """The most each program held: itself, its libraries, the batches, the network."""
    most = lambda key: max((f["peak_bytes"] for f in cells.get(key, []) if f.get("peak_bytes")), default=None)
    threads = min(t for _, t in order)
    print(f"## Peak memory of the whole program, {threads} thread{'s' * (threads > 1)}, in MiB\n")
    print("| workload | gradus | " + " | ".join(peers) + " | best peer / gradus |")
    print("|---|" + "---|" * (len(peers) + 2))
    for w, t in order:
        ours = most((w, t, "gradus"))
        if t == threads and ours:
            theirs = {p: m for p in peers if (m := most((w, t, p)))}
            row = [w, f"{ours / 2**20:.0f}"] + [f"{theirs[p] / 2**20:.0f}" if p in theirs else "–" for p in peers]
            print("| " + " | ".join(row + [f"**{min(theirs.values()) / ours:.1f}**" if theirs else "–"]) + " |")
    print()


def gains(order, cells, peers):
    """Time on one thread over time on more, the middle of rounds; ours is marked where it is less than wanted."""
    for threads in sorted({t for _, t in order} - {1}):
        rows = []
        for w, t in order:
            gain = {}
            for peer in ["gradus", *peers]:
                pairs = list(zip(cells.get((w, 1, peer), []), cells.get((w, t, peer), [])))
                if t == threads and pairs:
                    gain[peer] = statistics.median(one["median_s"] / more["median_s"] for one, more in pairs)
            if "gradus" in gain:
                wanted = 0.9 * threads if cells[w, t, "gradus"][0]["flops"] >= MUCH_WORK else 1
                mark = f" **< {wanted:.1f}**" if round(gain["gradus"], 2) < wanted else ""
                told = [f"{gain[p]:.2f}" if p in gain else "–" for p in ["gradus", *peers]]
                rows.append("| " + " | ".join([w, told[0] + mark, *told[1:]]) + " |")
        if rows:
            print(f"## What {threads} threads gain: time on one over time on {threads}\n")
            print("| workload | gradus | " + " | ".join(peers) + " |")
            print("|---|" + "---|" * (len(peers) + 1))
            print("\n".join(rows) + "\n")


def main():
    lines = [json.loads(line) for path in sys.argv[1:] for line in open(path) if line.startswith("{")]
    order, cells, versions, sums = [], {}, {}, {}
    for f in lines:
        key = (f["workload"], f["threads"])
        if key not in order:
            order.append(key)
        cells.setdefault((*key, f["peer"]), []).append(f)
        versions[f["peer"]] = f["version"]
        if "floor_sums_s" in f:
            sums.setdefault(key, []).append((max(f["floor_sums_s"], f["floor_bytes_s"]), f["flops"], f["peak"]))
    same(lines)
    middle = lambda key, what: statistics.median(f[what] for f in cells[key])
    peers = [p for p in versions if p != "gradus"]
    print("Versions: " + ", ".join(f"{p} {v}" for p, v in versions.items()) + ".\n")
    for threads in sorted({t for _, t in order}):
        for what, about in (("median_s", "time per step"), ("core_s", "time on a core per step, all threads together")):
            print(f"## {threads} thread{'s' * (threads > 1)}: {about}\n")
            now = what == "median_s"    # of a time on a core it is not known what the core gave meanwhile
            print(f"| workload | gradus | share of peak |{' now |' * now} floor | " + " | ".join(peers) + " | best peer / gradus |")
            print("|---|" + "---|" * (len(peers) + 4 + now))
            for w, t in order:
                if t != threads or (w, t, "gradus") not in cells:
                    continue
                ours = middle((w, t, "gradus"), what)
                theirs = {p: middle((w, t, p), what) for p in peers if (w, t, p) in cells}
                floor = min(s[0] for s in sums[w, t])
                share = sums[w, t][0][1] / max(s[2] for s in sums[w, t]) / ours * (t if what == "core_s" else 1)
                row = [w, time(ours), f"{100 * share:.0f} %"]
                row += [f"{100 * middle((w, t, 'gradus'), 'share_now'):.0f} %"] * now + [time(floor)]
                row += [time(theirs[p]) if p in theirs else "–" for p in peers]
                best = min(theirs, key=theirs.get) if theirs else None
                row.append(f"**{theirs[best] / ours:.2f}** ({best})" if best else "–")
                print("| " + " | ".join(row) + " |")
            print()
    gains(order, cells, peers)
    memory(order, cells, peers)


main()
