"""How the Chinese words of the course's grammar are said, and what they mean, for a reader who knows none.

Pinyin with tone marks, then a meaning short enough to stand below a word. Words that English has none for say in
brackets what they do. This file knows nothing of the grammar: a test holds that no word of it is missing.
"""

from functools import cache
from typing import NamedTuple

_WORDS = """
我 wǒ I; 你 nǐ you; 他 tā he; 她 tā she; 我们 wǒmen we; 他们 tāmen they; 的 de (’s, who); 了 le (done)
吗 ma (asks); ？ – ?; 不 bù not; 是 shì is; 有 yǒu there is; 在 zài at; 喜欢 xǐhuan like; 哪儿 nǎr where
学生 xuésheng student; 老师 lǎoshī teacher; 医生 yīshēng doctor; 护士 hùshi nurse; 作家 zuòjiā writer
农民 nóngmín farmer; 司机 sījī driver; 歌手 gēshǒu singer; 朋友 péngyou friend; 女儿 nǚ’ér daughter
儿子 érzi son; 邻居 línjū neighbour; 家 jiā home; 学校 xuéxiào school; 公园 gōngyuán park
北京 Běijīng Beijing; 商店 shāngdiàn shop; 桌子 zhuōzi table; 椅子 yǐzi chair; 床 chuáng bed
盒子 hézi box; 上 shàng on; 下面 xiàmian under; 一 yī one; 两 liǎng two; 三 sān three; 四 sì four; 五 wǔ five
那 nà that; 每天 měitiān every day; 昨天 zuótiān yesterday; 明天 míngtiān tomorrow; 喝 hē drink; 吃 chī eat
看 kàn read; 写 xiě write; 买 mǎi buy; 画 huà draw; 茶 chá tea; 水 shuǐ water; 牛奶 niúnǎi milk
咖啡 kāfēi coffee; 书 shū book; 报纸 bàozhǐ newspaper; 地图 dìtú map; 信 xìn letter; 故事 gùshi story
诗 shī poem; 苹果 píngguǒ apple; 鸡蛋 jīdàn egg; 鱼 yú fish; 车 chē car; 票 piào ticket; 猫 māo cat
狗 gǒu dog; 鸟 niǎo bird; 马 mǎ horse; 杯 bēi cup of; 本 běn (books); 份 fèn (papers); 张 zhāng (flat)
封 fēng (letters); 个 gè (any); 首 shǒu (poems); 条 tiáo (long); 辆 liàng (cars); 把 bǎ (handles)
只 zhī (animals); 匹 pǐ (horses)
"""


class ChineseWord(NamedTuple):
    """A word for readers of no Chinese.

    Attributes:
        pinyin: how it is said.
        meaning: what it means, or in brackets what it does; a measure word says what it counts.
    """

    pinyin: str
    meaning: str


@cache
def chinese_words() -> dict[str, ChineseWord]:
    """Every Chinese word of the grammar with its sound and meaning.

    Example:
        >>> chinese_words()["学生"]
        ChineseWord(pinyin='xuésheng', meaning='student')
    """
    entries = [entry.split(maxsplit=2) for line in _WORDS.split("\n") for entry in line.split(";") if entry]
    return {word: ChineseWord(pinyin, meaning) for word, pinyin, meaning in entries}


def meanings() -> dict[str, str]:
    """Every Chinese word of the grammar with its meaning alone, as pictures write it.

    Example:
        >>> meanings()["吗"]
        '(asks)'
    """
    return {word: entry.meaning for word, entry in chinese_words().items()}
