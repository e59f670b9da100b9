#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures whole imports: CPU time of prismctl with its children, and the peak of their proportional memory.

Usage: import_rates.py PRISMCTL [--requests N] [--reports N] [--unfenced PROGRAM] [--rounds N]

1. One inference-perf per-request file, about 2 KB a request with 100 gaps each. Goal: 130 MB/s of CPU time to
   committed rows with hash and compressed original, 250 MB/s of the parser's alone; at most 64 MB of PSS.
2. A folder of Benchmark Reports v0.2 of about 5 KB. Goal: 5000 a second of CPU time.
3. With --unfenced (tests/bench/unfenced_import): the start of a parser, and the folder, with fences and
   without, in turns. Goal: at most 10 ms a parser and 5 % of the folder's CPU time. The same of a folder of files
   that nothing reads: each ends its parser.
"""
import argparse, json, os, random, resource, shutil, socket, statistics as stats, subprocess, sys, tempfile, threading, time


def per_request_file(path, requests):
    """Absolute token times on one clock, as the producer writes them."""
    rng = random.Random(1)
    clock = 1000.0
    with open(path, "w") as f:
        f.write("[")
        for i in range(requests):
            clock += rng.random() * 0.01
            at = clock + 0.05 + rng.random() * 0.02
            times = []
            for _ in range(101):
                times.append(round(at, 9))
                at += 0.01 + rng.random() * 0.002
            row = {"start_time": round(clock, 9), "end_time": round(at, 9), "request": "{}", "response": "",
                   "info": {"input_tokens": 128 + i % 7, "output_tokens": 101, "output_token_times": times}, "error": None}
            f.write(("" if i == 0 else ",") + json.dumps(row))
        f.write("]")
    return os.path.getsize(path)


def statistics(rng, units, scale):
    mean = scale * (0.5 + rng.random())
    stats = {"units": units, "mean": mean, "stddev": mean * 0.1}
    for name, factor in (("min", 0.5), ("p0p1", 0.51), ("p1", 0.55), ("p5", 0.6), ("p10", 0.7), ("p25", 0.8), ("p50", 0.97),
                         ("p75", 1.1), ("p90", 1.2), ("p95", 1.3), ("p99", 1.5), ("p99p9", 1.6), ("max", 1.7)):
        stats[name] = mean * factor
    return stats


def report(index):
    rng = random.Random(index)
    return {
        "version": "0.2",
        "run": {"uid": "run-%06d" % index, "time": {"start": "2026-01-01T00:00:00Z", "duration": "PT60S"}},
        "scenario": {
            "stack": [{"metadata": {"label": "engine", "schema_version": "0.0.1", "cfg_id": "c%d" % (index % 50)},
                       "standardized": {"kind": "inference_engine", "tool": "vllm", "tool_version": "0.11.0", "role": "replica",
                                        "replicas": 1, "model": {"name": "meta-llama/Llama-3.1-8B-Instruct"},
                                        "accelerator": {"model": "H100", "count": 1, "parallelism": {"tp": 1, "dp": 1, "pp": 1, "ep": 1}}},
                       "native": {"args": {"--max-model-len": 8192, "--seed": index}}}],
            "load": {"standardized": {"tool": "inference-perf", "tool_version": "0.3.0", "stage": index % 8, "rate_qps": 1.0 + index % 8,
                                      "input_seq_len": {"distribution": "fixed", "value": 1024}, "output_seq_len": {"distribution": "fixed", "value": 128}}}},
        "results": {"request_performance": {"aggregate": {
            "requests": {"total": 600, "failures": 0, "incomplete": 0, "input_length": statistics(rng, "count", 1024),
                         "output_length": statistics(rng, "count", 128)},
            "latency": {"time_to_first_token": statistics(rng, "s", 0.1), "time_per_output_token": statistics(rng, "s/token", 0.01),
                        "inter_token_latency": statistics(rng, "s/token", 0.01), "request_latency": statistics(rng, "s", 1.5),
                        "normalized_time_per_output_token": statistics(rng, "s/token", 0.012)},
            "throughput": {"output_token_rate": statistics(rng, "tokens/s", 1280), "request_rate": statistics(rng, "queries/s", 10)}}}},
    }


all_refused = 3  # the exit status of prismctl where files were refused
unreadable = set()  # processes whose memory is missing from the figure


def proportional_memory(root):
    """PSS of a process and its descendants in bytes, read from the kernel. The parser keeps its own to root."""
    total, pending = 0, [root]
    while pending:
        pid = pending.pop()
        try:
            with open("/proc/%d/smaps_rollup" % pid) as f:
                total += sum(int(line.split()[1]) * 1024 for line in f if line.startswith("Pss:"))
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/children" % (pid, task)) as f:
                    pending.extend(int(c) for c in f.read().split())
        except PermissionError:
            unreadable.add(pid)
        except (OSError, ValueError):
            continue
    return total


def start_of_parser(program, times=50):
    """CPU milliseconds from its start to its end without a file, with what this script spends on it."""
    def descriptors():
        os.dup2(fds[0], 103), os.dup2(fds[1], 104)
        os.dup2(103, 3), os.dup2(104, 4)

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(times):
        child, job = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        frames, write = os.pipe()
        fds = (child.fileno(), write)
        process = subprocess.Popen([program], preexec_fn=descriptors, close_fds=False)
        child.close(), job.close(), os.close(write)
        process.wait()
        os.close(frames)
        if process.returncode:
            sys.exit("the parser ended with status %d" % process.returncode)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / times * 1e3


def cpu_seconds(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except OSError:
        return 0


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(c) for c in f.read().split()]
    except OSError:
        return []


def measure(command, parser=None, parsers=None):
    """CPU seconds with children, wall seconds, peak PSS. `parsers` takes the CPU time of each child as last seen."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.monotonic()
    environment = dict(os.environ, PRISM_IMPORT_CHILD=parser) if parser else None
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    peak, done = [0], threading.Event()

    def sample():
        while not done.wait(0.02):
            peak[0] = max(peak[0], proportional_memory(process.pid))
            for child in children(process.pid) if parsers is not None else ():
                parsers[child] = max(parsers.get(child, 0), cpu_seconds(child))

    sampler = threading.Thread(target=sample)
    sampler.start()
    out, errors = process.communicate()
    done.set()
    sampler.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in (0, all_refused):
        sys.exit("import failed: %s%s" % (out.decode()[-500:], errors.decode()[-500:]))
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, time.monotonic() - began, peak[0]


def compare(a, folder, reports):
    fenced = os.path.join(os.path.dirname(os.path.abspath(a.prismctl)), "prism-import")
    print("start of a parser: %.2f ms of CPU time with fences, %.2f ms without (goal: at most 10 ms more)" % (
        start_of_parser(fenced), start_of_parser(a.unfenced)))
    unknown = os.path.join(folder, "unknown")
    os.mkdir(unknown)
    for i in range(a.reports // 10):
        with open(os.path.join(unknown, "note_%06d.json" % i), "w") as f:
            json.dump({"note": i, "words": ["of", "nobody"]}, f)
    for what, files, count in (("reports", reports, a.reports), ("files that nothing reads", unknown, a.reports // 10)):
        times = {fenced: [], a.unfenced: []}
        for turn in range(a.rounds):
            for parser in times:
                database = os.path.join(folder, "turn-%d-%d.db" % (turn, parser == fenced))
                times[parser].append(measure([a.prismctl, "import", "-q", "--db", database, files], parser)[0])
                os.remove(database)
        with_fences, without = stats.median(times[fenced]), stats.median(times[a.unfenced])
        print("%d %s, median of %d: %.0f a second of CPU time with fences, %.0f without: %+.1f %% (goal: at most 5 %%)" % (
            count, what, a.rounds, count / with_fences, count / without, 100 * (with_fences / without - 1)))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("prismctl")
    p.add_argument("--requests", type=int, default=100_000)
    p.add_argument("--reports", type=int, default=10_000)
    p.add_argument("--unfenced", help="the parser without fences, to compare with")
    p.add_argument("--rounds", type=int, default=5)
    a = p.parse_args()
    folder = tempfile.mkdtemp(prefix="prism-bench-")
    try:
        path = os.path.join(folder, "per_request_lifecycle_metrics.json")
        size = per_request_file(path, a.requests)
        parsers = {}
        cpu, wall, peak = measure([a.prismctl, "import", "-q", "--db", os.path.join(folder, "a.db"), path], None, parsers)
        print("per-request JSON, %.0f MB: %.0f MB/s of CPU time (goal 130), %.0f of the parser's alone (goal 250), %.1f s, "
              "peak PSS %.0f MB (goal 64)" % (
                  size / 1e6, size / 1e6 / cpu, size / 1e6 / max(sum(parsers.values()), 1e-9), wall, peak / 1e6))
        reports = os.path.join(folder, "reports")
        os.mkdir(reports)
        total = 0
        for i in range(a.reports):
            name = os.path.join(reports, "report_%06d.json" % i)
            with open(name, "w") as f:
                json.dump(report(i), f)
            total += os.path.getsize(name)
        cpu, wall, peak = measure([a.prismctl, "import", "-q", "--db", os.path.join(folder, "b.db"), reports])
        print("%d reports of %.1f KB: %.0f a second of CPU time (goal 5000), %.1f s, peak PSS %.0f MB" % (
            a.reports, total / a.reports / 1e3, a.reports / cpu, wall, peak / 1e6))
        if unreadable:
            print("Memory is that of prismctl alone: only root may look into the parser.")
        if a.unfenced:
            compare(a, folder, reports)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
