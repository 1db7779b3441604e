"""CPU time and memory of whole runs, one process for each driver: what `ringfence check DRIVER` costs from its start on.

    bench/corpus_runs.py build/release/ringfence check ../shared/corpus [RUNS]

User and system time and the peak of memory are the kernel's account of the finished child (wait4); of several runs the
fastest counts. Prints median, 95th percentile and maximum, then the costliest drivers.
"""
import os
import statistics
import sys

BINARY, COMMAND, CORPUS = sys.argv[1:4]
RUNS = int(sys.argv[4]) if len(sys.argv) > 4 else 1
SHOWN = 12


def cost(path):
    best = None
    silent = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)]
    for _ in range(RUNS):
        pid = os.posix_spawn(BINARY, [BINARY, COMMAND, "--format", "json", "-j1", path], {}, file_actions=silent)
        usage = os.wait4(pid, 0)[2]
        seconds = usage.ru_utime + usage.ru_stime
        if best is None or seconds < best[0]:
            best = (seconds, usage.ru_maxrss / 1024, path)
    return best


def summary(values):
    ordered = sorted(values)
    return f"median {statistics.median(ordered):.1f}, 95th percentile {ordered[-1 - len(ordered) // 20]:.1f}, most {ordered[-1]:.1f}"


drivers = [os.path.join(folder, name) for folder, _, names in os.walk(CORPUS) for name in names if name.lower().endswith(".sys")]
rows = sorted((cost(path) for path in sorted(drivers)), reverse=True)
print(f"{len(rows)} drivers, load {os.getloadavg()[0]:.1f}, {sum(row[0] for row in rows):.1f} s")
print("milliseconds of CPU: " + summary(row[0] * 1000 for row in rows))
print("megabytes at the peak: " + summary(row[1] for row in rows))
for seconds, _, path in rows[:SHOWN]:
    print(f"  {seconds * 1000:7.0f} ms  {os.path.basename(path)}")
