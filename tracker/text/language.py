"""Which language a text is in: by its script where that decides, else by its function words and letters.

Deterministic, offline, without a model: function words are the most frequent words of a language, so a sentence
usually has some, and words that several languages share count for each by how few share them (an inverse document
frequency over languages). The method is the classic one of Grefenstette (1995), "Comparing two language
identification schemes"; scripts come from Unicode's blocks.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from tracker.model import Block
from tracker.text.language_words import ENDINGS, LETTERS, RARE, SCRIPTS, SUBJECTS, WORDS

_SAMPLE = 20_000  # code points looked at, from three places of a long text
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]*)?")
_ENOUGH = 1.0  # evidence below that is a guess
_LEAD = 1.15  # the first must be ahead of the second by that factor
_SURE = 4  # different function words that a block of its own language has
_OWN = 60  # code points from which a block's own language is looked for; a script decides from fewer


def _weights() -> dict[str, dict[str, float]]:
    """What a word says for each language that has it: the less, the more share it."""
    having: dict[str, set[str]] = {}
    for language, words in WORDS.items():
        for word in words.split():
            having.setdefault(word, set()).add(language)
    weights = {
        word: dict.fromkeys(sorted(several), (1.0 if len(word) > 1 else 0.5) / len(several) ** 0.8)
        for word, several in having.items()
    }
    for language, words in SUBJECTS.items():
        for word in words.split():
            known = weights.setdefault(word, {})
            known[language] = max(
                known.get(language, 0.0), _SUBJECT / (1 + sum(word in other.split() for other in SUBJECTS.values()) / 2)
            )
    return weights


_SUBJECT = 0.7  # of a function word
_ENDING = 0.15  # of a function word
_WEIGHTS = _weights()
_BY_ENDING: dict[str, tuple[str, ...]] = {}
for _code, _endings in ENDINGS.items():
    for _ending in _endings.split():
        _BY_ENDING[_ending] = (*_BY_ENDING.get(_ending, ()), _code)


def detect(text: str) -> str:
    """The language of most of the text as an ISO 639-1 code ("en", "fr", "zh", …); "" when it cannot be told."""
    sample = _sampled(text)
    script, share = _script(sample)
    if script == "latin":
        return _by_words(sample, "latin")
    if script in ("cyrillic", "arabic"):
        return _by_words(sample, script)
    if script == "han":
        return _east_asian(sample)
    return script if share > 0 else ""


def _sampled(text: str) -> str:
    if len(text) <= _SAMPLE:
        return text
    third = _SAMPLE // 3
    middle = len(text) // 2
    return f"{text[:third]} {text[middle : middle + third]} {text[-third:]}"


def _script(sample: str) -> tuple[str, float]:
    """(script or the one language of a script, its share of the letters). A letter of a script that writes syllables
    or words counts for more letters of an alphabet."""
    if sample.isascii():
        return ("latin", 1.0) if any(map(str.isalpha, sample)) else ("", 0.0)
    counts: dict[str, float] = defaultdict(float)
    for sign, number in Counter(sample).items():
        name, weight = _script_of(sign)
        if name:
            counts[name] += number * weight
    if not counts:
        return "", 0.0
    name, most = max(counts.items(), key=lambda pair: pair[1])
    if name == "ja" or (name == "han" and counts["ja"] * 12 >= most):
        return "han", most / sum(counts.values())
    return name, most / sum(counts.values())


@lru_cache(maxsize=16_384)
def _script_of(sign: str) -> tuple[str, float]:
    return next(((name, weight) for name, pattern, weight in SCRIPTS if pattern.match(sign)), ("", 0.0))


def _east_asian(sample: str) -> str:
    kana = len(re.findall(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]", sample))
    han = len(re.findall(r"[\u3400-\u9fff]", sample))
    if kana * 12 >= han:
        return "ja"
    return "ja" if kana == 0 and han <= 60 and any(sign in RARE["ja"] for sign in sample) else "zh"


def _by_words(sample: str, script: str) -> str:
    scores: dict[str, float] = defaultdict(float)
    words = _words(sample)
    for word in words:
        for part in (word, *word.split("'")[:1]) if "'" in word else (word,):
            for language, weight in _WEIGHTS.get(part, {}).items():
                scores[language] += weight
    signs = Counter(sample.casefold()) if not sample.isascii() else Counter[str]()
    for language, letters in LETTERS[script].items() if signs else ():
        found = sum(signs[sign] for sign in letters)
        if found:
            scores[language] += min(found, len(words)) * 0.6
    if not scores:
        return ""
    ranked = sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))
    best, most = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0.0
    if most < _ENOUGH or most < _LEAD * second:
        return "" if script == "latin" or most < _ENOUGH else best
    return best if most >= 0.04 * len(words) else ""


def _words(sample: str) -> list[str]:
    """The words in small letters; abbreviations in capitals ("AI", "IT", "W") are no function words, unless all is."""
    found = _WORD.findall(sample.replace("’", "'"))
    capitals = sum(word.isupper() for word in found)
    if capitals * 2 < len(found):
        found = [word for word in found if not word.isupper()]
    return [word.casefold() for word in found]


def of_blocks(blocks: Sequence[Block], language: str) -> tuple[Block, ...]:
    """The blocks with `language` set where a block is surely in another language than the document's: an English
    annex of a Chinese page. A block whose language cannot be told takes that of its neighbours on both sides."""
    own = [_own(block.text) for block in blocks]
    for index in range(1, len(own) - 1):
        if not own[index] and own[index - 1] == own[index + 1]:
            own[index] = own[index - 1]
    return tuple(
        replace(block, language=found) if found and found != language else block
        for block, found in zip(blocks, own, strict=True)
    )


@lru_cache(maxsize=16_384)  # a page says nearly the same at every visit
def _own(text: str) -> str:
    script, share = _script(text)
    if script == "han":
        return _east_asian(text) if share > 0.5 and len(text) >= 8 else ""
    if script not in ("latin", "cyrillic", "arabic"):
        return script if len(text) >= 8 else ""
    if len(text) < _OWN:
        return ""
    found = detect(text)
    known = {word for word in _words(text) if found in _WEIGHTS.get(word, {})}
    return found if len(known) >= _SURE else ""
