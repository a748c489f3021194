"""What would be injected where nothing should be, and whether what is right still comes.

usage: noise.py SET RUN.tsv INJECTED.tsv

RUN is the ranking without floors, INJECTED what the hook would have injected. For every type of question without an
answer: how many were answered all the same. For the others: of those whose first hit is right, how many have it injected;
and how many have a right answer among the first five injected, the session's start counted in.
"""

import collections
import json
import sys


def main():
    directory, ranking, injections = sys.argv[1:4]
    with open(directory + "/queries.jsonl", encoding="utf-8") as file:
        queries = [json.loads(line) for line in file if line.strip()]
    right = collections.defaultdict(set)
    with open(directory + "/qrels.tsv", encoding="utf-8") as file:
        next(file)
        for line in file:
            query, document, _ = line.split("\t")
            right[query].add(document)
    first, injected = {}, collections.defaultdict(list)
    with open(ranking, encoding="utf-8") as file:
        for line in file:
            query, document, _ = line.split("\t")
            first.setdefault(query, document)
    with open(injections, encoding="utf-8") as file:
        for line in file:
            query, document, _ = line.split("\t")
            injected[query].append(document)
    by_type = collections.defaultdict(list)
    for query in queries:
        by_type[(query.get("answerable", True), query.get("type", "all"))].append(query["_id"])
    for (answerable, kind), ids in sorted(by_type.items()):
        if not answerable:
            answered = sum(name in injected for name in ids)
            print(f"noise: {kind}: {answered} of {len(ids)} answered ({100 * answered / len(ids):.1f} %)")
            continue
        good = [name for name in ids if first.get(name) in right[name]]
        kept = sum(first[name] in injected[name] for name in good)
        found = sum(bool(right[name].intersection(injected[name][:5])) for name in ids)
        print(
            f"kept: {kind}: {kept} of {len(good)} right first hits are injected; "
            f"{100 * found / len(ids):.1f} % have a right answer among the first five injected"
        )


if __name__ == "__main__":
    main()
