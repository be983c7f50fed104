"""Part 2: text becomes vectors. Who hits whom? Four questions that stand between a sentence and a sum."""

from slides import figures_2 as draw
from slides import rows_2 as rows
from slides.deck import Deck, Slide


def _written() -> str:
    lines = [f"| {text} | {word} |" for text, word in draw.written()]
    return "| it has | it draws |\n| --- | --- |\n" + "\n".join(lines)


def _typical() -> str:
    throws = {
        "a fair die, four throws": [1 / 6] * 4,
        "a coin": [1 / 2] * 4,
        "always sure, always right": [1.0] * 4,
        "once “impossible”, and it came": [1.0, 1.0, 1.0, 0.0],
    }
    lines = [f"| {name} | **{draw.typical(p):.0f}** |".replace("inf", "∞") for name, p in throws.items()]
    return "| | perplexity |\n| --- | --- |\n" + "\n".join(lines)


def _memory() -> str:
    own, hidden, better = (row[-1] for row in draw.perplexities().values())
    return (
        f"Chains of five words: **{own:.1f}** on its own text, **{hidden:,.0f}** on hidden text; "
        f"**{better:,.0f}** with a better way to count."
    )


def _marks() -> str:
    lines = " \\\\ ".join(f"\\text{{{word}}} & {a} & {b}" for word, (a, b) in rows.MARKS.items())
    return rf"\begin{{array}}{{lrr}} & \text{{drink}} & \text{{fast}} \\ {lines} \end{{array}}"


def _company() -> str:
    return f"*tea* and *coffee* stand together: **{rows.together('tea', 'coffee')} times**."


def _shuffled() -> str:
    answer = "Yes" if rows.zhang_differs(placed=False) else "No"
    return f"Does 张 (row 1, then row 7) come out different? **{answer}.**"


def _placed() -> str:
    answer = "Yes" if rows.zhang_differs(placed=True) else "No"
    return f"Does 张 come out different now? **{answer}.**"


DECK = Deck(
    number=2,
    question="What has to happen to a sentence before one can calculate with it?",
    slides=[
        Slide(
            title="Who hits whom?",
            figure=lambda: draw.sentences(rows.SENTENCE),
            alt="The nine characters of the sentence, each in a box",
            words="*Zhāng Mázi zhèngzài dǎ Lǐ Mázi*: pockmarked Zhang is hitting pockmarked Li.",
            notes="Nine characters. 张 and 李 are family names, 麻子 is pockmarked, 正在打 is hitting. Two men, "
            "both with the same nickname. Ask somebody who reads no Chinese: which characters occur twice, and "
            "how do you know who is beaten? By the place. The one in front hits.\n\n"
            "Now write down what a computer needs before it can answer that. The room finds some of it: "
            "it must know what the pieces are, it must have numbers for them, the numbers should say "
            "something of what the pieces mean, and of where they stand. Those are the four questions of "
            "this part. We begin with the one that people forget: what is the machine to do with the "
            "sentence at all?",
        ),
        Slide(
            title="A language model is a die with words on its faces",
            figure=draw.after,
            alt="Bars: after the come cat in half of the cases, dog in a third, mat in a sixth; after cat three "
            "words with a third each",
            words="the cat sat on the mat . the cat saw the dog . the dog sat on the cat .",
            notes="Here is all the text of a very small world. Put a finger on each *the* and read the word "
            "behind it: cat, mat, cat, dog, dog, cat. Six times in all. So after *the* we expect *cat* "
            "three times of six, *dog* twice, *mat* once.\n\n"
            "That is a language model. A model is handed what stands there and hands back a share for "
            "every word that may come next. A large one hands back the same kind of shares; it looks "
            "further back, and it finds them in another way than by counting. Ask the room what this "
            "model says after *sat*: *on*, always, since it has never read anything else there.",
        ),
        Slide(
            title="It writes word by word, because it has nothing else",
            claim="ChatGPT answers word by word because that is how it works, not for effect",
            verdict="right",
            words=_written,
            notes="Look, draw, append, look again. Read the table downwards: what it has stands on the left, "
            "what it draws on the right. In each line it sees one word back and throws the die of that "
            "word.\n\n"
            "So this claim is right. There is no plan in it and no finished answer that is being typed "
            "out. All that goes from one line to the next is the text itself. A model with a hundred "
            "layers writes in the same loop. When somebody asks why it cannot take a word back: because "
            "it has no place to keep a draft, except in what it has written.",
        ),
        Slide(
            title="Among how many words does it hesitate?",
            formula=r"\text{perplexity} = \big(p_1 \cdot p_2 \cdots p_T\big)^{-1/T}",
            words=_typical,
            notes="How good is such a model? Go through a text that it has not seen and note at each word the "
            "share that it had given to the word that really came. The typical size of these shares, "
            "upside down, is the perplexity.\n\n"
            "A die explains the name. Whoever must guess a fair die gives a sixth each time: perplexity "
            "six. So a perplexity of a hundred says that the model hesitates as if it had to choose among "
            "a hundred equally likely words. One is a prophet. And whoever once calls impossible what "
            "then happens gets infinity, however clever the rest. Ask the room for the perplexity of "
            "somebody who is sure of two throws and guesses a die for two: it lies between the two, "
            "nearer to one than to six.",
        ),
        Slide(
            title="Knowing by heart is not knowing",
            minutes=2.5,
            figure=draw.memory,
            alt="Perplexity over the length of the chains: on its own text it falls, on hidden text it rises, "
            "a better count stays low",
            words=_memory,
            notes="The Python manual, which lies on every computer that has Python. The model counts chains of "
            "one to five words. On the pages it has counted it gets better and better: the dotted line. "
            "On pages that were hidden from it: the dashed one. It turns at two and climbs.\n\n"
            "It knows more and more by heart and understands less and less. This gap between the two "
            "lines comes back in part 5, with every model that we train. The solid line is a cleverer way "
            "to count, by Kneser and Ney. It does not climb, but from three words on it hardly falls: "
            "whoever only counts chains of words does not know that *cat* and *dog* have anything in "
            "common.",
        ),
        Slide(
            title="A text is a row of bytes already",
            figure=draw.as_bytes,
            alt="a is one box, 97; é is two boxes, 195 and 169; 中 is three boxes, 228, 184 and 173",
            words="In the boxes the bytes as programmers write them, below them as plain numbers.",
            notes="The second question: what are the pieces? A computer has an answer already. A file holds "
            "bytes, numbers from 0 to 255, and a worldwide convention, UTF-8, says which bytes stand for "
            "which character. An English letter is one, an accented one two, a Chinese character three.\n\n"
            "So a list with 256 entries is enough for every text in the world, and nothing can ever be "
            "missing. It has one fault: the rows get long, and the model predicts their entries one after "
            "the other. Ask how one could write the same text with fewer numbers. Somebody will say: a "
            "number of its own for what is frequent. Exactly.",
        ),
        Slide(
            title="Glue the most frequent neighbours, and count again",
            figure=draw.rounds,
            alt="Two counts of neighbours: at first a·t leads with 11, after one merge t·h with 9",
            words="hat × 3, that × 5, heat × 3, the × 4",
            notes="Fifteen words on paper. Count all neighbours inside the words. *a* and *t* stand together in "
            "hat, that and heat: three and five and three, eleven times. Nothing beats that, so *at* "
            "becomes one new thing, with the number 256. Then count again.\n\n"
            "The right half is that second count: t and h now, nine times, and *h·a* is gone, since its "
            "*a* belongs to *at* now. Ask what the third merge will be: *th* and *at*, a whole word. This "
            "is byte-pair encoding. Gage invented it in 1994 to make files smaller; Sennrich, Haddow and "
            "Birch took it in 2016 to cut words for translation. Nobody tells it what a word is. It "
            "counts. And what was taken first decides what is left.",
        ),
        Slide(
            title="After three rounds a word is one token",
            figure=draw.four_words,
            alt="hat is h and at; that is one box; heat is h, e, at; the is th and e; ids below the boxes",
            words="Each box is a **token**, the number below it its id.",
            notes="Read the ids below the boxes. Those under 256 are bytes, the others were learned: 256 is "
            "*at*, 257 *th*, 258 *that*. To encode a text, apply the merges in the order in which they "
            "were learned. To decode, join the bytes. Nothing is lost on the way.\n\n"
            "GPT-2's list is made in this very manner and has 50,257 entries; GPT-4's has about a hundred "
            "thousand. In lesson 06 the reader's own program finds the same cuts as OpenAI's library, on "
            "the whole Python manual. The number is all that a model is ever given. It never sees a "
            "letter. What follows from that?",
        ),
        Slide(
            title="How many r are in strawberry?",
            claim="Each character is one token",
            verdict="wrong",
            figure=draw.strawberry,
            alt="strawberry as six tokens with ids; below, 学生 as six tokens of one byte each",
            words="The model is given the numbers.",
            notes="A favourite joke about language models: they miscount the letters of *strawberry*. Look at "
            "what it is given, here with the course's own list: six numbers. Nowhere among them is an "
            "*r*. To know how many there are it would have to have learned the spelling of each token by "
            "heart.\n\n"
            "Below is the opposite: two Chinese characters, 学生, student. This list was counted from an "
            "English manual, so they fall into six bytes, each in a dashed box, since it is only part of "
            "a character. So a character can cost three tokens, and one token can hold many characters. "
            "The claim is wrong in both directions.",
        ),
        Slide(
            title="A code book serves the text it was counted from",
            figure=draw.bytes_a_token,
            alt="Bytes a token over the merges: English climbs, German less, Chinese stays at one",
            words="The same sentence about a fox, three languages, a list counted from an English manual.",
            notes="How much shorter does the text get? At the left a single merge is learned, and a token is a "
            "byte. The more merges, the more English gains; German gains less, and Chinese stays on the "
            "floor: no merge was ever learned for it.\n\n"
            "This has a price, and people pay it: services charge by the token. In the newer lists the "
            "gap is smaller. Lesson 06 puts GPT-2's, GPT-4's and GPT-4o's list side by side on a text of "
            "one's own. But note that all of these ids are mere numbers, like those on shirts. That 259 "
            "is near 258 means nothing.",
        ),
        Slide(
            title="An embedding is a table: an id in, a row out",
            figure=rows.four_arrows,
            alt="Four arrows: tea and coffee point to the right, bus and car upwards",
            formula=_marks,
            words="$V$ words, a row of $C$ numbers for each.",
            notes="The third question: numbers that mean something. Give each word two marks from nought to "
            "ten: is it good to drink, and does it go fast? Each row is an arrow. Tea and coffee point "
            "nearly the same way, bus and car do too, although one arrow is longer.\n\n"
            "That is an embedding: a table with a row for each entry of the list. An id comes in, the row "
            "with that number goes out; there is no more to it. In a model the rows have hundreds or "
            "thousands of numbers, and nobody gives the marks. Ask who should: fifty thousand words, and "
            "no jury. Then go on.",
        ),
        Slide(
            title="You shall know a word by the company it keeps",
            figure=rows.company,
            alt="Cosines of the neighbours of tea, coffee, bus and car: two dark squares, drinks and vehicles",
            words=_company,
            notes="Firth, a linguist, wrote this sentence in 1957. Take him at his word: in six short sentences "
            "count which words stand at most two places from *tea*, *coffee*, *bus* and *car*, and "
            "compare the counts.\n\n"
            "Two dark squares: the drinks, and what has wheels, and nobody gave marks. The point is in "
            "the words on the right: tea and coffee never stand together in these sentences. They are "
            "alike because they stand in the same company, beside *drink*, *hot* and *in*. So a word's "
            "neighbours are evidence of what it is, and there is as much of it as there is text.",
        ),
        Slide(
            title="Trained on order, it finds company; shuffled, it finds nobody",
            claim="Similar tokens end up close together",
            verdict="right",
            figure=rows.neighbours,
            alt="Nearest words to left: right, side, hand from the manual; unrelated ones from the shuffled text",
            notes="Now a table of 32 numbers a word, trained to predict the neighbours in the Python manual. "
            "Who is nearest to *left*? In the first list: right, side, hand. The claim is right, and here "
            "is the control that such claims need: the same training on the same words, shuffled. Every "
            "word is as frequent as before, and there is no order. Nobody finds a partner.\n\n"
            "Two warnings, both visible. The numbers of the second list are high as well: a high cosine "
            "by itself proves nothing. And the nearest word to *left* is its opposite. The table learned "
            "who may stand in whose place, and that is not the same as meaning the same.",
        ),
        Slide(
            title="Nine characters, two sentences: can adding up tell them apart?",
            figure=lambda: draw.sentences(rows.SENTENCE, rows.SWAPPED),
            alt="Two rows of nine boxes; 张 stands first in the upper row and seventh in the lower one",
            words="Above Zhang hits Li, below Li hits Zhang.",
            minutes=1.5,
            notes="The fourth question, and back to the two men. The same nine characters twice; only 张 and 李 "
            "have changed places, and with them the whole story.\n\n"
            "Attention, the subject of part 3, lets each word become a mixture of all words: it compares "
            "itself with each of them, and takes more of those that fit. Give every character its row of "
            "numbers, the same row wherever it stands, and mix. Will Zhang's row come out different when "
            "he hits and when he is hit? Take a vote by hands, and ask one person of each side why, "
            "before you go on. The usual reason for yes is that he has other neighbours now. But who told "
            "the mixture what a neighbour is?",
        ),
        Slide(
            title="A mixture does not know who came first",
            figure=rows.mixtures,
            alt="Two tables of nine rows: the rows of the right one are the rows of the left one in another order",
            words=_shuffled,
            notes="Each character after the mixing, eight numbers a row. Find 张 on the left, first row, and on "
            "the right, seventh row. Let somebody read the numbers aloud. They are the same, and so are "
            "those of the two 麻 within one table. The right table is the left one with two rows "
            "exchanged.\n\n"
            "In lesson 08 a thousand shuffles give the same nine vectors, in another order each time, and "
            "a proof of two lines says why: to compare all with all and to add up is to look into a bag. "
            "It is no weakness of our numbers. Whoever wants order has to put it in.",
        ),
        Slide(
            title="Not a number that grows, but the hands of a clock",
            figure=rows.clock_code,
            alt="A map with 32 rows and 16 columns; the left columns change quickly, the right ones hardly",
            words="Each row is a position, each pair of columns one hand.",
            notes="One could add the position itself, one, two, three. At place 10,000 the place is then ten "
            "thousand times as loud as the word. So take hands of a clock: the first turns quickly, each "
            "further one more slowly. The tip of a hand is two numbers, sine and cosine, and both stay "
            "between minus one and one for ever.\n\n"
            "Follow a pair of columns downwards: on the left it is round after six rows, on the right it "
            "hardly moves in thirty-two. It is an odometer without jumps. This code is from the first "
            "Transformer, 2017; and it is added to the word, simply added.",
        ),
        Slide(
            title="A step is a turn, wherever you stand",
            claim="Odd positions use sine, even positions use cosine",
            verdict="wrong",
            figure=rows.two_places,
            alt="Eight clocks with a solid and a dashed hand each; the angle between the two shrinks to the right",
            words="Every position has both: sine and cosine are the two numbers of one hand.",
            notes="This sentence comes from articles, and it is a slip: odd and even belong to the columns, not "
            "to the positions. Each clock here is one pair of columns, solid for position 5, dashed for "
            "position 12.\n\n"
            "Why two numbers for a hand? Because then seven steps on are a turn by a fixed angle for each "
            "hand, and the turn does not need to know where one is. From 105 to 112 every hand turns by "
            "the same angle. A network that can turn can therefore find “the word seven before me” at "
            "every place. Newer models take the hint and turn the words themselves, instead of adding a "
            "code; that is called rotary.",
        ),
        Slide(
            title="How alike two codes are depends on their distance alone",
            figure=rows.by_distance,
            alt="The dot product of two codes over their distance: it falls and waves; rings lie on the line",
            words="The line starts at position 0, the rings at position 100.",
            notes="The dot product of two codes, over the distance between them. The line is measured from "
            "position nought, the rings from position one hundred, and every ring lies on the line. So it "
            "depends on the distance and on nothing else.\n\n"
            "It falls at first, so near is alike; then it waves, because the quick hands have come round. "
            "It never says exactly how far, but a network can weigh the hands. In lesson 08 three other "
            "ways stand beside this one, learned, rotary and ALiBi. Ask the room which of the four must "
            "come to an end: the learned table, since it has a last row.",
        ),
        Slide(
            title="What the machine sees now",
            figure=rows.seen_by_the_machine,
            alt="The nine characters as rows of eight numbers, before and after their places are added; "
            "the two equal characters now differ",
            words=_placed,
            notes="Here is the sentence as a model is given it: nine rows, one for each character, eight "
            "numbers wide. On the left compare the second row with the eighth, the two 麻: they are the "
            "same, digit for digit. On the right their places have been added, and they differ.\n\n"
            "And Zhang? He comes out different when he hits and when he is hit. We have answered the four "
            "questions: what is to be done, what the pieces are, what numbers they have, and where they "
            "stand. It is no understanding yet. It is a table on which one can calculate. Part 3 lets its "
            "rows look at one another.",
        ),
        Slide(
            title="Your turn: four lessons, four things to try",
            words="**05** find a prompt after which it recites the manual\n\n**06** type your name, and count\n\n"
            "**07** look for a word whose nearest is its opposite\n\n"
            "**08** with one hand only, find the place that looks like place 0",
            notes="In lesson 05 a slider sets how many words the model sees, and one watches it turn from "
            "babbling to reciting. In lesson 06 the merges are a slider, over any text that one types; "
            "take a name with an accent. Lesson 07 shows a table of words moving while it is trained, "
            "beside the shuffled control. Lesson 08 has the clocks: set the width to two, and one hand is "
            "left.\n\n"
            "A question to take along: in lesson 07 a document search works by the words that two texts "
            "share. Find a sentence that means the same as another and shares no word with it. What does "
            "the search say, and what would have to be different?",
        ),
    ],
)
