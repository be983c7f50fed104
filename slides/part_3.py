"""Part 3: attention. It begins with a bet about one small word, and comes back to collect it."""

from slides import figures_3 as draw
from slides.deck import Deck, Slide


def _mixing() -> str:
    of_river, of_itself, of_floods = draw.steps().weights[1]
    water, money = draw.steps().output[1]
    rows = (
        ("", f"{of_river:.2f} \\cdot [2,\\ 0]", "river"),
        ("+", f"{of_itself:.2f} \\cdot [0.5,\\ 0.5]", "bank"),
        ("+", f"{of_floods:.2f} \\cdot [1,\\ 0]", "floods"),
        ("=", f"\\mathbf{{[{water:.2f},\\ {money:.2f}]}}", "bank, afterwards"),
    )
    lines = " \\\\[6pt] ".join(f"{sign} & {term} & \\text{{{word}}}" for sign, term, word in rows)
    return f"\\begin{{array}}{{rll}} {lines} \\end{{array}}"


def _banks() -> str:
    wet, rich = (draw.steps(words).output[1] for words in (draw.WORDS, ("money", "bank", "pays")))
    return (
        f"Before: water 0.5, money 0.5.\n\nBeside a river: **{wet[0]:.2f}** and {wet[1]:.2f}."
        f"\n\nBeside money: {rich[0]:.2f} and **{rich[1]:.2f}**."
    )


def _leaks() -> str:
    return (
        f"Change one word, see which outputs move. Looks at the future: **{draw.leaks(masked=False)}** without "
        f"a mask, **{draw.leaks(masked=True)}** with it, to the last digit."
    )


def _bet() -> str:
    return f"*it* → animal **{draw.look(draw.TIRED, 'it', 'animal'):.2f}**, street {_street(draw.TIRED)}"


def _lost() -> str:
    return f"*it* → animal **{draw.look(draw.WIDE, 'it', 'animal'):.2f}**, street {_street(draw.WIDE)}"


def _street(text: str) -> str:
    return f"{draw.look(text, 'it', 'street'):.2f}"


def _score() -> str:
    right = draw.solved()
    rows = [
        f"| {'✓' if solved else '✗'} | {meant} {draw.look(text, asker, meant):.2f} | {other} "
        f"{draw.look(text, asker, other):.2f} | {text.split()[-1].rstrip('.')} |"
        for solved, (text, asker, meant, other) in zip(right, draw.RIDDLES, strict=True)
    ]
    titles = "| | meant | not meant | because it was … |\n| --- | --- | --- | --- |\n"
    return f"**{sum(right)} of {len(right)}**\n\n" + titles + "\n".join(rows)


def _empty() -> str:
    at_cls, others = draw.value_lengths()
    return (
        f"{draw.share_on_cls():.0%} of the attention goes to [CLS], whose value has length {at_cls:.2f}; "
        f"the others’ have {others:.2f}. Switched off, the sentence turns by {draw.change_without(draw.SINK):.4f}."
    )


DECK = Deck(
    number=3,
    question="How does a word learn from the words beside it, and does a bright cell say what it has understood?",
    slides=[
        Slide(
            title="A bet: what does the machine think *it* is?",
            minutes=2.0,
            words="The animal didn't cross the street because *it* was too **tired**.\n\n"
            "The animal didn't cross the street because *it* was too **wide**.",
            notes="Read both sentences aloud and ask the room what *it* is. Everybody says the animal, then the "
            "street, and nobody had to think. One word at the end decided it.\n\n"
            "Now the bet. Nearly every article about attention shows a picture of the first sentence, "
            "with a thick line from *it* to *animal*, and says that the model has understood. Who thinks "
            "that in the second sentence the thick line goes to *street*? Hands up, and remember your "
            "hand. We will open a trained model at the end of this talk and look. On the way we build the "
            "thing with our own numbers.",
        ),
        Slide(
            title="A word alone does not know what it means",
            words="river **bank** floods\n\nmoney **bank** pays",
            notes="The same four letters, and two things that have nothing to do with each other. How do you "
            "know which bank it is? From the word next to it. A network that gives each word its own list "
            "of numbers, as in part 2, gives *bank* the same list in both lines.\n\n"
            "So we want a step in which *bank* looks at its neighbours and takes from them what it lacks. "
            "We describe every word by three numbers that we choose ourselves: how much it speaks of "
            "water, how much of money, and how unsure it is of its own meaning. River is 2, 0, 0. Bank is "
            "one half, one half, and 2: very unsure.",
        ),
        Slide(
            title="Each word asks, wears a label, and has something to give",
            minutes=2.5,
            figure=draw.three_roles,
            alt="Three tables, query, key and value: rows for river, bank and floods, columns for water and money",
            words="A library in which every book is also a visitor: a question, a label on the spine, a content.",
            notes="Think of a library in which each book is also a visitor. As a visitor a word holds a "
            "question. As a book it wears a label on its spine. And it has a content, which the visitor "
            "takes home. The field says query, key and value.\n\n"
            "Each is the word's vector times a matrix of its own. Ours are chosen: an unsure word asks "
            "about water and about money, so *bank* asks 2, 2 and the others ask nothing. The labels and "
            "contents copy water and money. In a real model these three matrices are learned, and they "
            "are the only thing here that is learned. Somebody usually asks why key and value are the "
            "same here: because we chose them so; in a model they differ.",
        ),
        Slide(
            title="A question meets a label by a dot product",
            figure=draw.score_map,
            alt="A 3 by 3 table of scores; bank's row reads 4, 2, 2 and the others are 0",
            words="$[2,2]\\cdot[2,0] = \\mathbf{4}$\n\n$[2,2]\\cdot[0.5,0.5] = 2$\n\n$[2,2]\\cdot[1,0] = 2$",
            notes="Let somebody in the first row do these three sums aloud; they fit into the head. Two times "
            "two is four, plus two times nothing. That is all a score is.\n\n"
            "All questions against all labels are one matrix product, Q times K transposed: a table as "
            "wide and as high as the sentence is long. The row is the word that asks. Look at the other "
            "two rows: whoever asks nothing gets zero with everybody. And note that the table is not "
            "symmetric: *bank* needs *river*, and *river* needs nobody. That is why there are two "
            "matrices and not one.",
        ),
        Slide(
            title="Softmax shares out one attention, never more",
            figure=draw.weight_map,
            alt="The weights: bank gives 0.67 to river and 0.16 to each of the others; the other rows share alike",
            formula=r"\text{weight}_s = \frac{e^{\,\text{score}_s}}{\sum_j e^{\,\text{score}_j}}",
            words="Every row sums to 1.",
            beside=True,
            notes="A word has one attention to give, so the scores become shares: each score as a power of e, "
            "divided by the sum of the row. Before that they are divided by the square root of the width, "
            "here the square root of two; why, comes in two slides.\n\n"
            "*bank* gives two thirds to *river*. It also keeps a sixth for itself and gives a sixth to "
            "*floods*: softmax never says no. Ask the room what the two other rows do, where all scores "
            "are zero. They share alike, a third each. A word that asks nothing still has to look "
            "somewhere. Keep that in mind; in a trained model it will come back as a surprise.",
        ),
        Slide(
            title="One number decides how hard it chooses",
            figure=draw.temperatures,
            alt="As the temperature rises, the share that goes to river falls from 1 to a third",
            notes="Divide the scores by a number before softmax and call it the temperature. Predict first: "
            "what happens at a very small one? Then follow the solid line from the left. At 0.1 the river "
            "takes everything, and the choice is not soft any more. At the right all three words meet at "
            "one third.\n\n"
            "There is nothing of attention in softmax: it is the same function that turned scores into "
            "the odds of the next word in part 2, and the temperature is the same dial that chat programs "
            "offer. Here it is fixed, and the next claim is about the number it is fixed to.",
        ),
        Slide(
            title="What is mixed are the values",
            formula=_mixing,
            notes="The weights say how much; the values are what is mixed. Two thirds of the river's content, "
            "one sixth of its own, one sixth of what *floods* has. Add up the first places, then the "
            "second.\n\n"
            "Before, *bank* was half water and half money. Now it is 1.59 of water and 0.08 of money. "
            "Nobody told it that it stands at a river; it asked, a label fitted, and it took what was "
            "there. This is the whole mechanism. What follows is a picture of it, a formula for it, and "
            "then four things that articles say about it.",
        ),
        Slide(
            title="One word ends in two places",
            figure=draw.two_banks,
            alt="Arrows: bank alone on the diagonal, beside a river on the water axis, beside money on the other",
            words=_banks,
            notes="Across is water, upwards is money. The short arrow is the bank of the dictionary, half and "
            "half. The long ones are where the two sentences take it.\n\n"
            "This is what people mean by a contextual vector, and it is the answer to an old complaint "
            "about word vectors: that *bank* has only one. It has one when it goes in. Ask what happens "
            "in *river bank money*. It stays on the diagonal and only moves outwards: two neighbours pull "
            "equally, and attention has no way to say “neither”. You can type that sentence into lesson "
            "09.",
        ),
        Slide(
            title="All of it is one line",
            formula=r"\text{Attention}(Q,K,V)=\text{softmax}\!\left(\frac{QK^{\mathsf T}}{\sqrt{D}}\right)V",
            words="$Q$: T × D, the questions. $K$: S × D, the labels. $V$: S × D, the contents.\n\n"
            "Inside the brackets: T × S.",
            notes="Read it from the inside. Q K transposed: every question with every label. Divided by the "
            "square root of D, the number of places in a query. Softmax along each row. Times V: mix the "
            "contents.\n\n"
            "Point at each sign and let the room name the slide it was on; they can, and that is the "
            "moment when this formula stops being a badge. T is how many ask, S how many are asked; in a "
            "sentence that reads itself the two are the same. The formula is from the third section of "
            "“Attention Is All You Need”, 2017. Only the root is still unexplained.",
        ),
        Slide(
            title="The root keeps softmax awake",
            claim="Dividing by √d avoids vanishing gradients",
            verdict="half",
            figure=draw.saturation,
            alt="As queries get wider the strongest weight rises towards 1; divided by the root it stays flat",
            notes="Queries and keys here are dice: 500 rows against 32 keys. The dashed line: the scores as "
            "they are. As queries get wider one of the 32 keys takes nearly everything, because a dot "
            "product adds up D products and its spread grows with D. Divided by the root of D it stays "
            "where it is.\n\n"
            "So is the claim right? Half. The division does not touch gradients. It keeps the scores "
            "small, and softmax hardly reacts where one weight is nearly 1: a step there changes nothing, "
            "so nothing is learned. Lesson 09 measures that slope too: at 1,024 places a quarter of what "
            "it is with the root.",
        ),
        Slide(
            title="Before training, nobody looks anywhere",
            claim="In 我爱吃苹果, 苹果 looks at 吃",
            verdict="wrong",
            figure=draw.untrained_mean,
            alt="A 4 by 4 map with about a quarter in every cell",
            beside=True,
            notes="The sentence is wǒ ài chī píngguǒ: I love eating apples. The article says that *apple* looks "
            "at *eat*, as if that followed from the formula.\n\n"
            "It does not. Who looks at whom is decided by the query and the key matrix, and before "
            "training they are random. Here is the mean of ten thousand random heads: a quarter "
            "everywhere. So the sentence is a statement about training data and not about attention. It "
            "can be tested only in a trained model. In the one we open later, with the English sentence, "
            "*apples* looks most at a token that is no word at all, in 63 of its 72 heads. That is lesson "
            "12.",
        ),
        Slide(
            title="A pupil with the answer sheet learns nothing",
            figure=draw.triangle,
            alt="A triangle of dots: each word may look at itself and at those before it; the rest is hatched",
            words="A **mask** strikes scores out before softmax, by $-\\infty$.",
            notes="A model that learns to write is asked for the next word of a sentence, and the next word "
            "lies right there in the sentence. It would copy it, get every question right, and have "
            "learned nothing. Somebody has to cover the answers.\n\n"
            "The cover is a triangle. A dot means may look: *the* sees only itself, *mat* sees all six. "
            "Why minus infinity, and why before softmax? Because e to the minus infinity is zero, above "
            "the fraction line and below it: the others share the whole. Whoever strikes out after "
            "softmax leaves a forbidden word's weight in the sum, and it still pulls the strings. And one "
            "sentence now gives six questions in one pass.",
        ),
        Slide(
            title="Change the future, and watch who moves",
            figure=draw.future_test,
            alt="How far each output moved when a word was changed: everywhere, and in the lower triangle alone",
            words=_leaks,
            notes="How do you know that a mask works? Do not read the code; change something. Choose a column, "
            "change that word, and go down the column: which outputs moved, and how far?\n\n"
            "Left, without a mask, everybody hears of everything. Right, nothing above the diagonal "
            "moves, and not “almost nothing”: the zeros are exact. This test needs no look inside, so it "
            "works on any model that you download. If your loss is too good to be true, this is the first "
            "thing to run. In lesson 10 you write it yourself, and the check tries it on models that leak "
            "by a millionth.",
        ),
        Slide(
            title="One look cannot bring two answers home",
            formula=r"\tfrac12\cdot 4+\tfrac12\cdot 3 = 3.5 = \tfrac12\cdot 5+\tfrac12\cdot 2",
            words="Who stands at the front? Who stands just before you? One mixture, and both are lost in it.",
            notes="Eight children stand in a queue with numbers on their backs. You are the last, and you are "
            "asked two things: who is at the very front, and who stands just before you? You may look "
            "once, and whatever you look at comes out on one photograph, on top of each other.\n\n"
            "Half a look at 4 and half a look at 3 makes 3.5. So does half a look at 5 and at 2. The "
            "mixture is there; what went into it is not. That is the position of a word with one row of "
            "weights. Ask what would help. Somebody says: look twice.",
        ),
        Slide(
            title="Two heads look twice, for the same price",
            figure=draw.split_features,
            alt="A table of queries with a bracket over columns 1 and 2, head 1, and over columns 3 and 4, head 2",
            words="The cut runs between features, never between words. $H$ heads, each $D = C/H$ wide.",
            notes="Two complete attentions would cost double. The trick is to share: the first head gets the "
            "first half of every word's numbers, the second gets the other half. Both see the whole "
            "sentence, each through half of the features. The outputs are laid side by side and one more "
            "matrix lets them meet.\n\n"
            "H times D is always C, so one head or eight have the same number of weights and of "
            "multiplications. In lesson 11 two models are trained on the queue of children, with the same "
            "number of weights: two heads learn both answers, one head does not, for each of three seeds.",
        ),
        Slide(
            title="Now open a trained one: 72 heads read a sentence",
            minutes=2.5,
            figure=draw.all_heads,
            alt="Six rows of twelve small maps; some show a line below the diagonal, many a dark first column",
            words="Six layers, twelve heads each. Nobody chose these numbers.",
            notes="This is all-MiniLM-L6-v2, made for finding sentences that mean the same; 22 million weights, "
            "and small enough for a laptop. Each square is one head, the sentence downwards and again to "
            "the right.\n\n"
            "Give the room half a minute and ask for patterns. They will find the line just below the "
            "diagonal in layer 1, head 3; somebody finds the dark first columns. Each of these maps is "
            "the function you have just seen: in lesson 12 a cell takes the queries, keys and values out "
            "of all 72 and does the sum again in NumPy.",
        ),
        Slide(
            title="Some heads have a habit one can name",
            figure=draw.two_habits,
            alt="Two maps: a clean line below the diagonal, and a dark first column",
            words="Left: the token just before. Right: [CLS], which is no word of the sentence.",
            notes="The left head looks one token back, whoever asks, with nearly all its attention. It would be "
            "wrong to say that it understands grammar: where *apples* looks at *eating* in this head, it "
            "is because *eating* stands before it.\n\n"
            "The right one is stranger. Whatever the word, it looks at [CLS], a mark that the tokenizer "
            "puts in front of every sentence. Remember the word that asks nothing and must still look "
            "somewhere. Clark and others found the same in BERT in 2019 and read it as “no operation”. We "
            "test that reading in three slides.",
        ),
        Slide(
            title="The head that looks from *it* to *animal*",
            figure=lambda: draw.gaze(draw.TIRED, shown=True, title="layer 4, head 2, looking from it"),
            alt="The sentence with columns over its tokens; the tallest stands over animal",
            words=_bet,
            notes="Of 72 heads we take the one that looks hardest from *it* to *animal*. Here is the picture "
            "that you have seen in the articles, and it is not faked: 0.68 of its attention goes to "
            "*animal*, next to nothing to *street*.\n\n"
            "Stop here and let people enjoy it. Then remind them of their hands. In the other sentence "
            "the street is meant. If this head knows what *it* means, the column must now stand over "
            "*street*. Nobody has chosen the head for that sentence. Ask once more, and only then go on.",
        ),
        Slide(
            title="It looks at the animal when the street is too wide",
            figure=lambda: draw.gaze(draw.WIDE, shown=True, title="the same head, another last word"),
            alt="The same sentence ending in wide; animal is still above street",
            words=_lost,
            notes="The column over *animal* has become shorter, so the last word is not without influence. But "
            "it is still more than twice as tall as that over *street*.\n\n"
            "The bet is lost for whoever trusted the picture. The head has a habit: from a pronoun back "
            "to a noun, and rather to the one that acts. In the first sentence the habit and the meaning "
            "agree, which is why that sentence is in all the articles. A picture that was chosen because "
            "it fits proves nothing; the next slide has all seven sentences that we tried.",
        ),
        Slide(
            title="A habit of pronouns, not the answer to the riddle",
            words=_score,
            notes="Seven riddles, each with the same head. The tick says that it looks harder at who is meant. "
            "Read two aloud: the trophy does not fit into the suitcase because it is too big, because it "
            "is too small. It takes *trophy* both times. The dog chases the ball until it rolled away, "
            "until it was tired: *ball* both times.\n\n"
            "Four of seven. A coin would get three or four. This is no verdict on large models, which do "
            "far better on such riddles; it is a verdict on reading one map. If you claim that a head "
            "does something, say on how many sentences you looked.",
        ),
        Slide(
            title="A bright cell may carry nothing",
            claim="Attention weights explain the model",
            verdict="wrong",
            figure=draw.carried,
            alt="Two bars: 90% of the attention goes to [CLS], and 22% of what is fetched comes from it",
            words=_empty,
            notes="Back to the dark column. The upper bar is the attention of layer 5, head 6: nine tenths of "
            "it lie on [CLS]. The lower bar is what the head brings home, each weight times the length of "
            "the value it fetches. There [CLS] has hardly a fifth, for its value is almost nothing.\n\n"
            "So what is the test? Switch the head off and see what happens to the output. Hardly anything "
            "does. In lesson 12 all 72 are switched off one after the other: how bright a head is does "
            "not tell how much it matters, and in layers 2 to 5 the brighter ones matter less. A map is a "
            "question. Switching off is the answer.",
        ),
        Slide(
            title="Your turn: four lessons, four things to try",
            words="**09** type *river bank money*\n\n**10** paint a mask that leaks, then catch it\n\n"
            "**11** switch a head off and see which answer breaks\n\n**12** find a head that solves the riddle",
            notes="Send them home with hands on it. In lesson 09 one's own function goes behind the live map, "
            "and the widget says which of its tensors is the first to differ. In lesson 10 one paints a "
            "mask with the mouse. In lesson 11 one trains one head and two heads on the queue. Lesson 12 "
            "has the trained model with any sentence.\n\n"
            "And the last task is a real one: there are 72 heads. Is there one that gets all seven "
            "riddles right? Find it, and then test it on seven new ones that you wrote before you looked. "
            "Most of what is learned here is learned on that second set. Part 4 puts attention into a "
            "layer and stacks it.",
        ),
    ],
)
