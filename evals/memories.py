#!/usr/bin/env python3
"""What the catcher keeps of whole sessions: how much, how much of it twice, and a sample to judge by eye.

usage: memories.py PROGRAM SESSIONS [--sample N] [--seed N]

Reads and catches a directory of sessions in a home of its own, which is removed afterwards. The model of the home in
MEMORY_LANE_HOME is used when it is there. Near-duplicates are pairs of memories of one project of which the words of
title and body are nearly the same (shared words over all words of both, 0.6 and more), each memory counted once.
"""
import argparse
import json
import os
import random
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

SAME = 0.6
ALARM = 3.0


def words(memory):
    # The frame around the user's words is the same in all memories of a kind; what follows the quotation is context.
    quoted = memory.get("quote") or memory["body"]
    return set(re.findall(r"\w+", f"{memory['title']} {quoted}".lower()))


def near_duplicates(memories):
    """Each memory that nearly repeats an earlier one of its project."""
    found = []
    for index, memory in enumerate(memories):
        mine = words(memory)
        for earlier in memories[:index]:
            theirs = words(earlier)
            if memory.get("project") == earlier.get("project") and len(mine & theirs) >= SAME * len(mine | theirs):
                found.append((memory, earlier))
                break
    return found


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("program")
    arguments.add_argument("sessions")
    arguments.add_argument("--sample", type=int, default=0)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    own = os.environ.get("MEMORY_LANE_HOME")
    with tempfile.TemporaryDirectory() as home:
        for part in ("models", "runtime"):
            if own and Path(own, part).is_dir():
                Path(home, part).symlink_to(Path(own, part).resolve())
        run = lambda *words: subprocess.run(
            [given.program, *words], check=True, capture_output=True, text=True, env={**os.environ, "MEMORY_LANE_HOME": home}
        ).stdout
        ingested = json.loads(run("ingest", given.sessions, "--json"))
        caught = json.loads(run("catch", "--json"))
        memories = [json.loads(line) for line in run("export").splitlines() if line.strip()]
    report(memories, ingested["sessions_new"], caught, given)


def report(memories, ingested, caught, given):
    read = max(1, caught["sessions"])
    by_session = Counter(memory["session"] for memory in memories)
    twice = near_duplicates(memories)
    rate = len(memories) / read
    print(f"{ingested} sessions taken in, {read} with something to read, {len(memories)} memories")
    print(f"memories per session: {rate:.2f} (about 1 expected){' ALARM: over 3' if rate > ALARM else ''}, "
          f"most in one session {max(by_session.values(), default=0)}, sessions with more than 3: "
          f"{sum(count > ALARM for count in by_session.values())}, with none: {read - len(by_session)}")
    print(f"near-duplicates: {len(twice)} of {len(memories)} ({len(twice) / max(1, len(memories)):.1%}), "
          f"said again and noted as such: {caught.get('observed', 0)}, superseded: {caught.get('superseded', 0)}")
    for field in ("kind", "trigger", "status", "origin"):
        print(f"by {field}: " + ", ".join(f"{count} {name}" for name, count in Counter(m.get(field) for m in memories).most_common()))
    for memory, earlier in twice[:10]:
        print(f"  twice: {memory['title']} | {earlier['title']}")
    random.seed(given.seed)
    for memory in random.sample(memories, min(given.sample, len(memories))):
        print(f"\n{memory['kind']}, {memory.get('trigger')}, {memory.get('confidence', 0):.2f}: {memory['title']}")
        print("  " + memory["body"].replace("\n", "\n  "))
        print("  why: " + memory.get("reasoning", ""))


if __name__ == "__main__":
    main()
