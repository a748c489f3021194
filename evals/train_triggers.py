#!/usr/bin/env python3
"""Trains the catcher's model: labelled messages -> features and vectors (by the program) -> weights, with a report.

usage: train_triggers.py PROGRAM PROTOTYPES.txt WEIGHTS.json LABELS.jsonl [LABELS.jsonl ...]

Two models come out: one for words alone, and one for words and meaning, where the home has an embedding model. Every
figure is out of fold: sessions are dealt into ten folds, and a message is judged by a model that was fitted without its
session. The last part of the report goes through the whole program in the same way. Intervals are 95 %, by drawing
sessions again a thousand times. Needs numpy.
"""
import hashlib
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

# The probability from which the answer is yes. Half the expected F1 is where F1 is greatest; a memory is to be right
# more often than that. Chosen thresholds would follow the luck of a few hundred rows.
CLASSES = {"correction": 0.33, "decision": 0.31, "memorable": 0.35}
PENALTIES = (10.0, 20.0, 40.0, 80.0)
FOLDS = 10
SMALLEST_SCALE = 0.35
# Cosines lie about a middle value of a few hundredths and vary by a tenth: on this scale one penalty fits all features.
MIDDLE_COSINE = 0.12
COSINE_SCALE = 5.0
MODEL = "all-MiniLM-L6-v2"


def read(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines() if line.strip()]


def seen_by(program, rows):
    """What the program sees of each row; it sees no label."""
    with tempfile.TemporaryDirectory() as scratch:
        given, out = Path(scratch, "rows.jsonl"), Path(scratch, "features.jsonl")
        given.write_text("".join(json.dumps(row) + "\n" for row in rows))
        subprocess.run([program, "eval", "--triggers", given, "--features", out], check=True)
        return read(out)


def prototypes(program, path):
    lines = [line for line in Path(path).read_text().splitlines() if line.strip() and line[0] not in "#["]
    vectors = [row["vector"] for row in seen_by(program, [{"id": line, "text": line} for line in lines])]
    return None if None in vectors else np.array(vectors)


def session_of(label):
    name = str(label["source"]["session"])
    whole = re.search(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", name)
    return whole.group(0) if whole else name


class Rows:
    """All labelled messages as matrices."""

    def __init__(self, program, files, like):
        self.labels = [dict(label, file=Path(file).name) for file in files for label in read(file)]
        seen = seen_by(program, self.labels)
        self.names = sorted({name for row in seen for name in row["features"]})
        self.words = np.array([[row["features"].get(name, 0.0) for name in self.names] for row in seen])
        # Rows without own words have no features: never anything, and nothing to learn from.
        self.known = np.array([bool(row["features"]) for row in seen])
        self.meaning = None
        if like is not None:
            nothing = np.zeros(like.shape[1])
            vectors = np.array([nothing if row["vector"] is None else row["vector"] for row in seen])
            self.meaning = (vectors @ like.T - MIDDLE_COSINE) * COSINE_SCALE
        sessions = [session_of(label) for label in self.labels]
        self.fold = np.array([int(hashlib.sha256(s.encode()).hexdigest(), 16) % FOLDS for s in sessions])
        self.session = np.unique(sessions, return_inverse=True)[1]
        said = [{label["label"], *label["also"]} for label in self.labels]
        self.gold = {name: np.array([name in s for s in said]) for name in CLASSES if name != "memorable"}
        self.gold["memorable"] = np.array([label["memorable"] for label in self.labels])
        self.file = np.array([label["file"] for label in self.labels])


class Model:
    """One L2-penalised logistic regression, by Newton's method."""

    def __init__(self, words, meaning, gold, penalty):
        # The root mean square of each feature, so that one penalty fits all; a rare one must not weigh much.
        self.scale = np.maximum(np.sqrt((words**2).mean(0)), SMALLEST_SCALE)
        x = self.matrix(words, meaning)
        ridge = np.full(x.shape[1], penalty)
        ridge[-1] = 1e-6
        weights = np.zeros(x.shape[1])
        for _ in range(30):
            p = 1 / (1 + np.exp(-x @ weights))
            gradient = x.T @ (p - gold) + ridge * weights
            step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(ridge), gradient)
            weights = weights - step
            if np.abs(step).max() < 1e-6:
                break
        self.weights, self.words = weights, words.shape[1]

    def matrix(self, words, meaning):
        parts = [words / self.scale] + ([] if meaning is None else [meaning]) + [np.ones((len(words), 1))]
        return np.hstack(parts)

    def score(self, words, meaning):
        return self.matrix(words, meaning) @ self.weights

    def exported(self, target, names, like):
        weights = self.weights[: self.words] / self.scale
        kept = {name: round(float(w), 3) for name, w in zip(names, weights) if abs(w) >= 0.005}
        bias = self.weights[-1]
        model = {"bias": 0.0, "threshold": round(threshold(target), 3), "weights": kept}
        if like is not None:
            of_likeness = self.weights[self.words : -1] * COSINE_SCALE
            bias -= MIDDLE_COSINE * of_likeness.sum()
            model["direction"] = " ".join(f"{number:.3f}" for number in of_likeness @ like)
        model["bias"] = round(float(bias), 3)
        return model


def threshold(target):
    return float(np.log(CLASSES[target] / (1 - CLASSES[target])))


def fitted(rows, where, target, penalty, meaning):
    where = where & rows.known
    return Model(rows.words[where], None if meaning is None else meaning[where], rows.gold[target][where], penalty)


def out_of_fold(rows, target, penalty, meaning):
    scores = np.full(len(rows.known), -99.0)
    for fold in range(FOLDS):
        here = (rows.fold == fold) & rows.known
        model = fitted(rows, rows.fold != fold, target, penalty, meaning)
        scores[here] = model.score(rows.words[here], None if meaning is None else meaning[here])
    return scores


def log_loss(rows, target, scores):
    signed = np.where(rows.gold[target], -scores, scores)[rows.known]
    return float(np.log1p(np.exp(signed)).mean())


def counts(said, gold):
    return int((said & gold).sum()), int((said & ~gold).sum()), int((~said & gold).sum())


def rates(tp, fp, fn):
    return tp / max(1, tp + fp), tp / max(1, tp + fn), 2 * tp / max(1, 2 * tp + fp + fn)


def intervals(said, gold, session):
    """By drawing sessions, not messages: those of one session are alike."""
    draw = np.random.default_rng(1)
    size = session.max() + 1
    per = [np.bincount(session, weights=w, minlength=size) for w in (said & gold, said & ~gold, ~said & gold)]
    present = np.unique(session)
    drawn = []
    for _ in range(1000):
        some = draw.choice(present, len(present))
        drawn.append(rates(*(p[some].sum() for p in per)))
    return np.percentile(np.array(drawn), [2.5, 97.5], axis=0)


def shown(name, said, gold, session):
    tp, fp, fn = counts(said, gold)
    low, high = intervals(said, gold, session)
    figures = " ".join(
        f"{letter} {value:5.1%} ({a:.0%}-{b:.0%})" for letter, value, a, b in zip(("P", "R", "F1"), rates(tp, fp, fn), low, high)
    )
    print(f"  {name:34s} {figures}  tp {tp} fp {fp} fn {fn}")


def report(rows, target, said, name):
    files = sorted(set(rows.file))
    for file in files if len(files) > 1 else []:
        here = rows.file == file
        shown(f"{name}, {file}", said[here], rows.gold[target][here], rows.session[here])
    shown(name, said, rows.gold[target], rows.session)


def best_penalty(rows, target, meaning):
    losses = {p: log_loss(rows, target, out_of_fold(rows, target, p, meaning)) for p in PENALTIES}
    return min(losses, key=losses.get), min(losses.values())


def plan(rows):
    """For each question the penalty, and whether meaning makes the answers better on sessions not seen."""
    chosen = {"words": {}, "meaning": {}}
    for target in CLASSES:
        penalty, loss = best_penalty(rows, target, None)
        chosen["words"][target] = chosen["meaning"][target] = (penalty, None)
        print(f"{target}: {int(rows.gold[target].sum())} of {len(rows.known)} messages")
        print(f"  words: penalty {penalty:g}, log loss {loss:.4f}")
        report(rows, target, out_of_fold(rows, target, penalty, None) >= threshold(target), "words")
        if rows.meaning is None:
            continue
        penalty, with_meaning = best_penalty(rows, target, rows.meaning)
        print(f"  words and meaning: penalty {penalty:g}, log loss {with_meaning:.4f}")
        report(rows, target, out_of_fold(rows, target, penalty, rows.meaning) >= threshold(target), "words and meaning")
        if with_meaning < loss:
            chosen["meaning"][target] = (penalty, rows.meaning)
        else:
            print("  meaning does not help and is left out")
    return chosen


def weights(rows, where, chosen, like):
    models = {"model": MODEL}
    for name, targets in chosen.items():
        models[name] = {
            target: fitted(rows, where, target, penalty, meaning).exported(
                target, rows.names, None if meaning is None else like
            )
            for target, (penalty, meaning) in targets.items()
        }
    return models


def through_the_program(program, rows, chosen, like):
    """The predictions of the whole program, each fold with weights that were fitted without it."""
    predicted = {}
    with tempfile.TemporaryDirectory() as scratch:
        given, judge, out = (Path(scratch, name) for name in ("rows.jsonl", "judge.json", "out.jsonl"))
        for fold in range(FOLDS):
            here = [label for label, f in zip(rows.labels, rows.fold) if f == fold]
            given.write_text("".join(json.dumps(label) + "\n" for label in here))
            judge.write_text(json.dumps(weights(rows, rows.fold != fold, chosen, like)))
            subprocess.run([program, "eval", "--triggers", given, "--judge", judge, "--out", out], check=True)
            predicted.update((row["id"], row) for row in read(out))
    print("the whole program, out of fold:")
    for target in CLASSES:
        hit = lambda row: row["memorable"] if target == "memorable" else target in row["labels"]
        report(rows, target, np.array([hit(predicted[label["id"]]) for label in rows.labels]), target)


def main():
    program, sentences, out, *files = sys.argv[1:]
    like = prototypes(program, sentences)
    if like is None:
        print("no embedding model in this home (`memory-lane model add`): words only, the weights stay as they are")
    rows = Rows(program, files, like)
    chosen = plan(rows)
    through_the_program(program, rows, chosen, like)
    if like is not None:
        Path(out).write_text(json.dumps(weights(rows, np.ones(len(rows.known), bool), chosen, like), indent=1) + "\n")


if __name__ == "__main__":
    main()
