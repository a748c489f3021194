"""Fits how likely a recalled memory is to be useful, and where silence begins, to the judged sets.

usage: calibrate.py PROGRAM OUT.json BENCH

For prompts the floor is the lowest relevance that lets at most MOST_FALSE of the prompts of other projects through. Among
fewer memories a prompt finds less by chance; so the same prompts are also put to samples of YOUNG memories, where
MOST_FALSE_YOUNG may pass: a young store holds what was said a few days ago and cannot afford to wait for certainty. The
floor rises with the logarithm of the number of memories from the one to the other. Failures look alike whether or not
there is a precedent, and in a store of any size: their floor is the highest that keeps KEPT of the right first hits.

What a hit has above that line, the excess, becomes a probability by a logistic model of right first hits (things said
again, failures met again) against the best hits of questions that have no answer; both sides weigh the same.
Nothing but the standard library; the same sets give the same file.
"""

import json
import math
import os
import random
import subprocess
import sys
import tempfile

MOST_FALSE = 0.018
MOST_FALSE_YOUNG = 0.07
KEPT = 0.93
YOUNG = 4
GROWN = 100
SAMPLES_OF_YOUNG = 12
# The excess is the relevance itself in a store of this size.
USUAL_MEMORIES = 800


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def judgements(path):
    right = {}
    with open(path, encoding="utf-8") as file:
        next(file)
        for line in file:
            query, document, _ = line.split("\t")
            right.setdefault(query, set()).add(document)
    return right


def write_set(directory, documents, queries):
    for name, rows in (("corpus", documents), ("queries", queries)):
        with open(os.path.join(directory, name + ".jsonl"), "w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)


def asked(program, directory):
    """Relevance of the first hit, its document, the highest relevance, and the number of memories, by query."""
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
        command = [program, "eval", directory, "--signals", out.name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        answers = {}
        for row in lines(out.name):
            if row["hits"]:
                document, first = row["hits"][0]
                best = max(hit["relevance"] for _, hit in row["hits"])
                answers[row["query"]] = (first["relevance"], document, best, row["memories"])
        return answers


def of_other_project(documents, queries):
    """The queries, each put to a project that it is not about; none if there is one project only."""
    scopes = sorted({document["scope"] for document in documents})
    elsewhere = {scope: scopes[(index + 1) % len(scopes)] for index, scope in enumerate(scopes)}
    rows = []
    for query in queries:
        if elsewhere.get(query["scope"], query["scope"]) != query["scope"]:
            row = {"_id": query["_id"], "scope": elsewhere[query["scope"]], "text": query["text"]}
            rows.append(row)
    return rows


def samples(documents, queries):
    """Young stores of one project, asked the prompts of others."""
    rows, questions, chance = [], [], random.Random(1)
    largest = max({d["scope"] for d in documents}, key=lambda scope: sum(d["scope"] == scope for d in documents))
    pool = [d for d in documents if d["scope"] == largest]
    foreign = [q for q in queries if q.get("type") == "foreign" and q["scope"] == largest]
    for number in range(SAMPLES_OF_YOUNG):
        for document in chance.sample(pool, min(YOUNG, len(pool))):
            rows.append({"_id": f"{number}/{document['_id']}", "scope": str(number), "text": document["text"]})
        questions += [{"_id": f"{number}/{q['_id']}", "scope": str(number), "text": q["text"]} for q in foreign]
    return rows, questions


def unanswerable(program, documents, queries):
    if not queries:
        return []
    with tempfile.TemporaryDirectory() as directory:
        write_set(directory, documents, queries)
        return [(best, count) for _, _, best, count in asked(program, directory).values()]


def measured(program, bench):
    """For prompts and failures: right first hits, all unanswerable ones, and those of other projects; and what those
    bring in young stores."""
    right = {"prompt": [], "failure": []}
    wrong = {"prompt": [], "failure": []}
    foreign = {"prompt": [], "failure": []}
    for name, kind in (("replay-theme", "prompt"), ("replay-branch", "prompt"), ("replay-fail", "failure")):
        directory = os.path.join(bench, "data", name)
        documents, queries = lines(directory + "/corpus.jsonl"), lines(directory + "/queries.jsonl")
        gold = judgements(directory + "/qrels.tsv")
        answers = asked(program, directory)
        for query in queries:
            first = answers.get(query["_id"])
            if first is None:
                continue
            if not query.get("answerable", True):
                wrong[kind].append((first[2], first[3]))
                if query.get("type") == "foreign":
                    foreign[kind].append((first[2], first[3]))
            # First prompts are ranked by age above all, and only the command is known before it fails: how relevant the
            # first hit is says little of the floor there.
            elif query.get("type") not in ("first", "first3", "pre") and first[1] in gold.get(query["_id"], ()):
                right[kind].append((first[0], first[3]))
        answerable = [query for query in queries if query.get("answerable", True)]
        elsewhere = unanswerable(program, documents, of_other_project(documents, answerable))
        wrong[kind] += elsewhere
        foreign[kind] += elsewhere
        if name == "replay-theme":
            young = [best for best, _ in unanswerable(program, *samples(documents, queries))]
    return right, wrong, foreign, young


def excess(row, rise):
    relevance, count = row
    return relevance - rise * math.log(max(count, 1) / USUAL_MEMORIES)


def slope(foreign, young):
    """What the floor of prompts rises by with every e-fold of memories. Found by a few rounds, as the floor among many
    is itself measured along that slope."""
    lowest_young = sorted(young, reverse=True)[int(MOST_FALSE_YOUNG * len(young))]
    rise = 0.0
    for _ in range(50):
        usual = sorted((excess(row, rise) for row in foreign), reverse=True)[int(MOST_FALSE * len(foreign))]
        rise = max(0.0, (usual - lowest_young) / math.log(USUAL_MEMORIES / YOUNG))
    return rise


def grown(rows):
    """Those asked among many; what small sets of long texts bring lies between young stores and these."""
    return [row for row in rows if row[1] >= GROWN]


def logistic(right, wrong):
    """Newton's method for P(right) = 1 / (1 + exp(-(steepness * excess + intercept)))."""
    rows = [(x, 1, 0.5 / len(right)) for x in right] + [(x, 0, 0.5 / len(wrong)) for x in wrong]
    steepness, intercept = 0.0, 0.0
    for _ in range(60):
        g0 = g1 = h00 = h01 = h11 = 1e-9
        for x, label, share in rows:
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, steepness * x + intercept))))
            g0 += share * (label - p) * x
            g1 += share * (label - p)
            h00 += share * p * (1 - p) * x * x
            h01 += share * p * (1 - p) * x
            h11 += share * p * (1 - p)
        determinant = h00 * h11 - h01 * h01
        steepness += (g0 * h11 - g1 * h01) / determinant
        intercept += (g1 * h00 - g0 * h01) / determinant
    return steepness, intercept


def main():
    program, out, bench = sys.argv[1:4]
    right, wrong, foreign, young = measured(program, bench)
    slopes = {"prompt": slope(grown(foreign["prompt"]), young), "failure": 0.0}
    data = {"made_by": "make calibrate"}
    for kind, rise in slopes.items():
        kept = sorted(excess(row, rise) for row in right[kind])
        false = sorted((excess(row, rise) for row in grown(foreign[kind])), reverse=True)
        steepness, intercept = logistic(kept, [excess(row, rise) for row in wrong[kind]])
        if kind == "prompt":
            lowest = false[int(MOST_FALSE * len(false))] + 1e-3
        else:
            lowest = kept[int((1 - KEPT) * len(kept))] - 1e-3
        data[kind] = {
            "steepness": round(steepness, 4),
            "intercept": round(intercept, 4),
            "by_chance": round(rise, 4),
            "floor": round(1 / (1 + math.exp(-(steepness * lowest + intercept))), 4),
        }
        print(
            f"{kind}: silent below a relevance of {lowest:.2f} among {USUAL_MEMORIES} memories; "
            f"keeps {sum(x >= lowest for x in kept)} of {len(kept)} right first hits, "
            f"answers {sum(x >= lowest for x in false)} of {len(false)} of other projects and "
            f"{sum(excess(row, rise) >= lowest for row in wrong[kind])} of {len(wrong[kind])} without an answer"
        )
    with open(out, "w", encoding="utf-8") as file:
        json.dump(data, file, indent=2)
        file.write("\n")


if __name__ == "__main__":
    main()
