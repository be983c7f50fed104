"""English and Chinese sentences from one grammar that writes both at once, each in its own word order.

    the PERSON who DOES  |  DOES 的 PERSON            one rule, two sides; capitals stand for further rules
    WE DO PLACE every day  |  WE 每天 PLACE DO        time and place stand before the verb in Chinese

Each rule says the same thing twice, in both languages, and each symbol on its left side stands once on its right,
often elsewhere: measure words (two books: 两 本 书), questions (吗), 的 after what describes, 了 for what is done.
A choice at each symbol gives a pair, one of 64 million. Source of the idea: Aho and Ullman,
“Syntax Directed Translations and the Pushdown Assembler”, 1969. This file knows nothing of models: it gives words.
"""

import random
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tfm.text.words import WordVocabulary

_ENGLISH = re.compile(r"'s\b|[^\W_]+|[^\s\w.,!]")
Line = tuple[tuple[str, ...], tuple[str, ...]]  # one rule: its English and its Chinese side

# English now, with he or she, in the past, Chinese, and what can stand after it.
_VERBS = (
    ("drink", "drinks", "drank", "喝", "DRINKS"),
    ("eat", "eats", "ate", "吃", "MEALS"),
    ("read", "reads", "read", "看", "PAPERS"),
    ("write", "writes", "wrote", "写", "LETTERS"),
    ("buy", "buys", "bought", "买", "GOODS"),
    ("draw", "draws", "drew", "画", "ANIMALS"),
)
# One, several, Chinese, and the measure word that stands between a number and the noun.
_COUNTED = {
    "PAPERS": ("book books 书 本", "newspaper newspapers 报纸 份", "map maps 地图 张"),
    "LETTERS": ("letter letters 信 封", "story stories 故事 个", "poem poems 诗 首"),
    "MEALS": ("apple apples 苹果 个", "egg eggs 鸡蛋 个", "fish fish 鱼 条"),
    "GOODS": ("car cars 车 辆", "chair chairs 椅子 把", "ticket tickets 票 张", "book books 书 本"),
    "ANIMALS": ("cat cats 猫 只", "dog dogs 狗 只", "bird birds 鸟 只", "horse horses 马 匹"),
}
# A symbol, a colon, then its rules: English | Chinese.
_RULES = """
SENTENCE:
    I am a PERSON | 我 是 PERSON
    HE is a PERSON | HE 是 PERSON
    HE is not a PERSON | HE 不 是 PERSON
    is HE a PERSON ? | HE 是 PERSON 吗 ？
    I am OTHER KIN | 我 是 OTHER KIN
    HE is OWNER KIN | HE 是 OWNER KIN
    WE DO | WE DO
    WE DO PLACE | WE PLACE DO
    WE DO PLACE every day | WE 每天 PLACE DO
    HE DOES | HE DOES
    HE DOES PLACE | HE PLACE DOES
    HE DOES PLACE every day | HE 每天 PLACE DOES
    ONE DID yesterday | ONE 昨天 DID
    ONE DID PLACE yesterday | ONE 昨天 PLACE DID
    ONE will DO tomorrow | ONE 明天 DO
    ONE will DO PLACE tomorrow | ONE 明天 PLACE DO
    WE do not DO-PLAIN | WE 不 DO-PLAIN
    HE does not DO-PLAIN | HE 不 DO-PLAIN
    do YOU DO PLACE ? | YOU PLACE DO 吗 ？
    does HE DO every day ? | HE 每天 DO 吗 ？
    where do YOU DO ? | YOU 在 哪儿 DO ？
    where does HE DO ? | HE 在 哪儿 DO ？
    WE like the PERSON who DOES | WE 喜欢 DOES 的 PERSON
    HE likes the PERSON who DOES PLACE | HE 喜欢 PLACE DOES 的 PERSON
    WE like OWNER ANIMALS-ONE | WE 喜欢 OWNER ANIMALS-ONE
    there are ANIMALS-COUNTED ON the TABLE | TABLE ON 有 ANIMALS-COUNTED
    the ANIMALS-ONE is ON the TABLE | ANIMALS-ONE 在 TABLE ON
ONE:
    WE | WE; HE | HE
WE:
    I | 我; you | 你; we | 我们; they | 他们
HE:
    he | 他; she | 她; the PERSON | PERSON; OWNER KIN | OWNER KIN
    the PERSON who DOES | DOES 的 PERSON
YOU:
    you | 你; they | 他们
OWNER:
    my | 我 的; OTHER | OTHER
OTHER:
    your | 你 的; his | 他 的; her | 她 的; the PERSON 's | PERSON 的
PERSON:
    student | 学生; teacher | 老师; doctor | 医生; nurse | 护士; writer | 作家; farmer | 农民
    driver | 司机; singer | 歌手
KIN:
    friend | 朋友; daughter | 女儿; son | 儿子; neighbour | 邻居
PLACE:
    at home | 在 家; at school | 在 学校; in the park | 在 公园; in Beijing | 在 北京
    in the shop | 在 商店
TABLE:
    table | 桌子; chair | 椅子; bed | 床; box | 盒子
ON:
    on | 上; under | 下面
NUMBER:
    two | 两; three | 三; four | 四; five | 五
DRINKS:
    DRINK | DRINK; a cup of DRINK | 一 杯 DRINK; NUMBER cups of DRINK | NUMBER 杯 DRINK
DRINKS-PLAIN:
    DRINK | DRINK
DRINK:
    tea | 茶; water | 水; milk | 牛奶; coffee | 咖啡
"""


class Pair(NamedTuple):
    """One sentence in two languages, as words.

    Attributes:
        english: its English words; punctuation and 's are words too.
        chinese: its Chinese words.
    """

    english: tuple[str, ...]
    chinese: tuple[str, ...]


# The lesson's sentence, which `draw` never gives.
EXAMPLE = Pair(("I", "am", "a", "student"), ("我", "是", "学生"))


def draw(n: int, seed: int = 0) -> list[Pair]:
    """Draw n different sentences with their translations; `EXAMPLE` is never among them.

    The first of many are the first of few: `draw(10)` begins `draw(20)`. A sentence is drawn by choosing among
    a symbol's rules with equal chance, and what was drawn before is left out.

    Args:
        n: how many, 1 to 100,000.
        seed: chooses them.

    Returns:
        n pairs.

    Raises:
        ValueError: n is not from 1 to 100,000.

    Example:
        >>> for english, chinese in draw(3):
        ...     print(" ".join(english), "→", " ".join(chinese))
        he read that map yesterday → 他 昨天 看 了 那 张 地图
        the singer will read a book in the shop tomorrow → 歌手 明天 在 商店 看 一 本 书
        I am her daughter → 我 是 她 的 女儿
    """
    if not 1 <= n <= 100_000:
        raise ValueError(f"n ({n}) must be from 1 to 100,000, as far as the grammar reaches: try n=4000")
    chance = random.Random(seed)  # noqa: S311 (sentences, no secrets)
    drawn = {EXAMPLE: None}  # a dictionary keeps the order
    while len(drawn) <= n:
        drawn[Pair(*_write("SENTENCE", chance))] = None
    return list(drawn)[1:]


def english_words(text: str) -> list[str]:
    """Cut an English sentence into the grammar's words: a full stop is dropped, a first capital made small.

    Raises:
        ValueError: there is no word in it.

    Example:
        >>> english_words("Does the teacher's son read?"), english_words("I am a student.")
        (['does', 'the', 'teacher', "'s", 'son', 'read', '?'], ['I', 'am', 'a', 'student'])
    """
    words = _ENGLISH.findall(text.replace("’", "'").replace("？", "?"))
    known = set(english_vocabulary().words)
    words = [w if w in known else next((k for k in (w.lower(), w.title()) if k in known), w) for w in words]
    if not words:
        raise ValueError("there is no word to translate: write a sentence, such as I am a student")
    return words


def english_vocabulary() -> WordVocabulary:
    """Every English word the grammar can write."""
    return _vocabulary(0)


def chinese_vocabulary() -> WordVocabulary:
    """Every Chinese word the grammar can write."""
    return _vocabulary(1)


def _vocabulary(side: int) -> WordVocabulary:
    grammar = _grammar()
    return WordVocabulary(
        word for lines in grammar.values() for line in lines for word in line[side] if word not in grammar
    )


def _write(symbol: str, chance: random.Random) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Choose one rule of a symbol, and write each symbol on its sides once, the same on both."""
    grammar = _grammar()
    english, chinese = chance.choice(grammar[symbol])
    inside = {word: _write(word, chance) for word in english if word in grammar}
    return (
        tuple(w for word in english for w in (inside[word][0] if word in inside else (word,))),
        tuple(w for word in chinese for w in (inside[word][1] if word in inside else (word,))),
    )


@cache
def _grammar() -> dict[str, list[Line]]:
    rules: dict[str, list[Line]] = {}
    for text in [_RULES, *_verb_rules(), *_noun_rules()]:
        for line in filter(str.strip, re.split("[\n;]", text)):
            if line.endswith(":"):
                lines = rules.setdefault(line[:-1], [])
            else:
                english, chinese = line.split("|")
                lines.append((tuple(english.split()), tuple(chinese.split())))
    return rules


def _verb_rules() -> Iterator[str]:
    for now, he, past, chinese, object_ in _VERBS:
        yield f"DO:\n{now} {object_} | {chinese} {object_}"
        yield f"DO-PLAIN:\n{now} {object_}-PLAIN | {chinese} {object_}-PLAIN"
        yield f"DOES:\n{he} {object_} | {chinese} {object_}"
        yield f"DID:\n{past} {object_} | {chinese} 了 {object_}"


def _noun_rules() -> Iterator[str]:
    for name, nouns in _COUNTED.items():
        yield f"{name}:\n{name}-PLAIN | {name}-PLAIN\nOWNER {name}-ONE | OWNER {name}-ONE"
        yield f"{name}:\n{name}-COUNTED | {name}-COUNTED"
        for noun in nouns:
            one, several, chinese, measure = noun.split()
            yield f"{name}-ONE:\n{one} | {chinese}"
            yield f"{name}-PLAIN:\n{several} | {chinese}"
            yield f"{name}:\n{'an' if one[0] in 'aeiou' else 'a'} {one} | 一 {measure} {chinese}"
            yield f"{name}:\nthat {one} | 那 {measure} {chinese}"
            yield f"{name}-COUNTED:\nNUMBER {several} | NUMBER {measure} {chinese}"
