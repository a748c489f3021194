#!/usr/bin/env python3
"""Trains the catcher's model: labelled messages -> features (by the program) -> weights, with an honest report.

usage: train_triggers.py PROGRAM WEIGHTS.json LABELS.jsonl [LABELS.jsonl ...]

Every figure is out of fold: sessions are dealt into ten folds, and a message is judged by a model that was fitted
without its session. Beside it stands what the word lists alone say (the labels of the same
rows by plain hits), because the model is kept only where it beats them.
"""
import hashlib
import json
import math
import subprocess
import sys
import tempfile
from pathlib import Path

# The probability from which the answer is yes. Half the expected F1 is where F1 is greatest; a memory is to be right
# more often than that. Chosen thresholds would follow the luck of a few hundred rows.
CLASSES = {"correction": 0.31, "decision": 0.33, "memorable": 0.36}
PENALTIES = (10.0, 30.0, 60.0, 120.0)
FOLDS = 10
SMALLEST_SCALE = 0.35


def read(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines() if line.strip()]


def rows_of(program, labels):
    """The labelled messages with their features; the program sees no label."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, "features.jsonl")
        subprocess.run([program, "eval", "--triggers", labels, "--features", out], check=True)
        features = {row["id"]: row["features"] for row in read(out)}
    rows = []
    for label in read(labels):
        said = {label["label"], *label["also"]}
        gold = {"correction": "correction" in said, "decision": "decision" in said, "memorable": label["memorable"]}
        session = str(label["source"]["session"])
        fold = int(hashlib.sha256(session.encode()).hexdigest(), 16) % FOLDS
        rows.append({"file": Path(labels).name, "fold": fold, "x": features[label["id"]], "gold": gold})
    return rows


def scales(rows, names):
    """The root mean square of each feature, so that one penalty fits all; a rare one must not weigh much."""
    mean_square = lambda name: sum(row["x"].get(name, 0.0) ** 2 for row in rows) / len(rows)
    return [max(math.sqrt(mean_square(name)), SMALLEST_SCALE) for name in names]


def fit(rows, target, names, penalty):
    """L2-penalised logistic regression by L-BFGS. Rows without own words have no features and are left out."""
    rows = [row for row in rows if row["x"]]
    scale = scales(rows, names)
    index = {name: at for at, name in enumerate(names)}
    data = [
        ([(index[name], value / scale[index[name]]) for name, value in row["x"].items() if value], row["gold"][target])
        for row in rows
    ]
    size = len(names) + 1

    def loss(weights):
        gradient = [penalty * w for w in weights[:-1]] + [0.0]
        total = penalty / 2 * sum(w * w for w in weights[:-1])
        for x, yes in data:
            z = weights[-1] + sum(weights[at] * value for at, value in x)
            p = 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))
            total -= math.log(max(p if yes else 1 - p, 1e-12))
            error = p - yes
            for at, value in x:
                gradient[at] += error * value
            gradient[-1] += error
        return total, gradient

    weights = minimise(loss, [0.0] * size)
    return {name: weights[at] / scale[at] for at, name in enumerate(names)}, weights[-1]


def minimise(loss, point):
    """L-BFGS with eight pairs and a halving line search."""
    dot = lambda a, b: sum(x * y for x, y in zip(a, b))
    value, gradient = loss(point)
    pairs = []
    for _ in range(60):
        direction, alphas = list(gradient), []
        for s, y in reversed(pairs):
            alpha = dot(s, direction) / dot(s, y)
            alphas.append(alpha)
            direction = [d - alpha * yi for d, yi in zip(direction, y)]
        if pairs:
            s, y = pairs[-1]
            direction = [d * dot(s, y) / dot(y, y) for d in direction]
        for (s, y), alpha in zip(pairs, reversed(alphas)):
            beta = dot(y, direction) / dot(s, y)
            direction = [d + (alpha - beta) * si for d, si in zip(direction, s)]
        step = 1.0 if pairs else 1 / max(1.0, math.sqrt(dot(gradient, gradient)))
        for _ in range(20):
            new = [p - step * d for p, d in zip(point, direction)]
            new_value, new_gradient = loss(new)
            if new_value < value - 1e-4 * step * dot(direction, gradient):
                break
            step /= 2
        else:
            return point
        s, y = [a - b for a, b in zip(new, point)], [a - b for a, b in zip(new_gradient, gradient)]
        if dot(s, y) > 1e-10:
            pairs = (pairs + [(s, y)])[-8:]
        done = abs(value - new_value) < 1e-6 * max(1.0, abs(value))
        point, value, gradient = new, new_value, new_gradient
        if done:
            break
    return point


def score(row, model):
    weights, bias = model
    return bias + sum(weights.get(name, 0.0) * value for name, value in row["x"].items()) if row["x"] else -99.0


def out_of_fold(rows, target, names, penalty):
    scores = [0.0] * len(rows)
    for fold in range(FOLDS):
        model = fit([row for row in rows if row["fold"] != fold], target, names, penalty)
        for at, row in enumerate(rows):
            if row["fold"] == fold:
                scores[at] = score(row, model)
    return scores


def log_loss(rows, target, scores):
    return sum(math.log1p(math.exp(-z if row["gold"][target] else z)) for row, z in zip(rows, scores) if z > -99) / len(rows)


def counts(pairs):
    tp = fp = fn = 0
    for said, yes in pairs:
        tp, fp, fn = tp + (said and yes), fp + (said and not yes), fn + (yes and not said)
    return tp, fp, fn


def f1(tp, fp, fn):
    return 2 * tp / (2 * tp + fp + fn) if tp else 0.0


def shown(name, tp, fp, fn):
    precision, recall = tp / max(1, tp + fp), tp / max(1, tp + fn)
    print(f"  {name:28s} P {precision:5.1%} R {recall:5.1%} F1 {f1(tp, fp, fn):5.1%}  (tp {tp} fp {fp} fn {fn})")


def report(rows, target, scores):
    said = [z >= threshold(target) for z in scores]
    files = sorted({row["file"] for row in rows})
    for file in files if len(files) > 1 else []:
        shown(f"model, {file}", *counts((s, row["gold"][target]) for s, row in zip(said, rows) if row["file"] == file))
    shown("model", *counts((s, row["gold"][target]) for s, row in zip(said, rows)))
    if target != "memorable":
        shown("word list alone", *counts((row["x"].get(target, 0) > 0, row["gold"][target]) for row in rows))


def threshold(target):
    return math.log(CLASSES[target] / (1 - CLASSES[target]))


def train(rows, target, names):
    by_penalty = {}
    for penalty in PENALTIES:
        by_penalty[penalty] = out_of_fold(rows, target, names, penalty)
    penalty = min(PENALTIES, key=lambda p: log_loss(rows, target, by_penalty[p]))
    scores = by_penalty[penalty]
    yes = sum(row["gold"][target] for row in rows)
    print(f"{target}: {yes} of {len(rows)} messages, penalty {penalty:g}, log loss {log_loss(rows, target, scores):.3f}")
    report(rows, target, scores)
    weights, bias = fit(rows, target, names, penalty)
    kept = {name: round(w, 3) for name, w in sorted(weights.items()) if abs(w) >= 0.005}
    return {"bias": round(bias, 3), "threshold": round(threshold(target), 3), "weights": kept}


def main():
    program, out, *files = sys.argv[1:]
    rows = [row for file in files for row in rows_of(program, file)]
    names = sorted({name for row in rows for name in row["x"]})
    models = {target: train(rows, target, names) for target in CLASSES}
    Path(out).write_text(json.dumps(models, indent=1) + "\n")


if __name__ == "__main__":
    main()
