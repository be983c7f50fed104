"""Part 4: the Transformer. A bet on which part could go, and why one answer to it is not enough."""

from slides import figures_4 as draw
from slides import sums_4 as paper
from slides import translator
from slides.deck import Deck, Slide
from tfm.data.line_up import answer
from tfm.lessons.layers.experiment import results
from tfm.lessons.layers.figures import span_text

ROW = ("b", "D", "a", "C", "f")  # the children of lesson 15


def _marks() -> str:
    away = draw.MARKS - draw.MARKS.mean()
    deviation = (away**2).mean() ** 0.5
    return (
        f"\\frac{{90 - {draw.MARKS.mean():.0f}}}{{{deviation:.2f}}} = {away[0] / deviation:.2f}"
        f"\\qquad \\frac{{9 - {draw.MARKS.mean() / 10:.0f}}}{{{deviation / 10:.3f}}} = {away[0] / deviation:.2f}"
    )


def _powers() -> str:
    grown, shrunk = 1.8**draw.DEEP, 0.3**draw.DEEP
    digits, power = f"{shrunk:.0e}".split("e")
    return (
        f"\\begin{{aligned}} 1.8^{{{draw.DEEP}}} &= {grown / 1e6:.0f}\\text{{ million}} \\\\[8pt] "
        f"0.3^{{{draw.DEEP}}} &= {digits} \\cdot 10^{{{int(power)}}} \\end{{aligned}}"
    )


def _likeness() -> str:
    after, before = draw.likeness_at_end()
    return (
        f"Cosine of two words after {draw.ALIKE_DEEP} layers:\n\n"
        f"post-norm **{after:.2f}**\n\npre-norm **{before:.2f}**"
    )


def _desk() -> str:
    sums, bent, out = paper.desk((3, 1))
    steps = (("the word", (3, 1)), ("four sums", sums), ("bent", bent), ("two sums", out))
    lines = [f"| {name} | ({', '.join(f'{n:g}' for n in numbers)}) |" for name, numbers in steps]
    table = "\n".join([lines[0], "| --- | --- |", *lines[1:]]).replace("-", "−").replace("−−−", "---")
    return f"{table}\n\nThe first number out is $|x_1 - x_2|$, a distance. No weighted sum can give it."


def _linear() -> str:
    return f"Twice the input gives something **{paper.attention_is_not_linear():.0%}** away from twice the output."


def _gpt3() -> str:
    shape, looks, thinks, _ = paper.gpt3()
    matrices = shape.n_layers * (looks + thinks) * shape.d_model**2
    wide = f"{shape.d_model:,}".replace(",", "{,}")
    return f"{shape.n_layers} \\cdot ({looks} + {thinks}) \\cdot {wide}^2 = {matrices / 1e9:.1f}\\text{{ billion}}"


def _gpt3_words() -> str:
    everything = paper.gpt3()[-1]
    return (
        "layers · (attention + feed-forward) · $C^2$\n\n"
        f"With tables, biases and norms: **{everything / 1e9:.1f} billion**."
    )


def _stream() -> str:
    x, found, between, thought, out = (f"({a:g}, {b:g})" for a, b in paper.stream())
    return (
        f"{x}\\;\\xrightarrow{{\\text{{attention adds }}{found}}}\\;{between}\\;"
        f"\\xrightarrow{{\\text{{feed-forward adds }}{thought}}}\\;{out}"
    )


def _riddle() -> str:
    solved = [f"Who stands behind **{asked}**? → {answer(ROW, asked)}" for asked in ("b", "B")]
    return "\n\n".join([*solved, "Who stands behind **D**? → **?**"])


def _without() -> str:
    found = results()["trained"]
    return f"Without norms: **{span_text(found['without norms'])}**. Three seeds each."


def _lost() -> str:
    found = results()["switched off"]
    worst = min(found, key=lambda part: sum(found[part]))
    return f"Worst to lose: **{worst}**, {span_text(found[worst])}. Guessing gets 10%."


def _who_works() -> str:
    rows = [f"| {name} | {encoder} | {decoder} |" for name, (encoder, decoder) in translator.calls().items()]
    return "| runs of | encoder | decoder |\n| --- | --- | --- |\n" + "\n".join(rows)


def _across() -> str:
    chinese = "".join(translator.write(translator.ASKED[0]))
    return f"{chinese}\n\n*wǒ zuótiān kàn le liǎng běn shū*\n\nNever seen in training."


def _forbidden() -> str:
    found = translator.changed()
    return (
        f"Brightest forbidden: **{found.brightest:.0%}** of the words change. Faintest: {found.faintest:.1%}."
    )


DECK = Deck(
    number=4,
    question="What is in a Transformer besides attention, and which of its parts could go?",
    slides=[
        Slide(
            title="A bet: one part may go. Which?",
            figure=draw.circuit,
            alt="A layer as a circuit: a thick line, and above it norm and attention, then norm and feed-forward",
            words="Attention · feed-forward · the thick line · the norms",
            notes="This is one layer of a Transformer; think of it stacked, twice or a hundred times. In a "
            "moment every box will have a meaning; for now count the kinds. There is attention, which we "
            "know from part 3. There is a box called feed-forward. There are small boxes called norm. And "
            "there is the thick line that leads past everything.\n\n"
            "One of the four kinds may go, in every layer, and the machine has to be as good as before. "
            "Which would you give away? And which would be the worst to lose? Take a vote for each, write "
            "the counts on the board, and leave them there. Expect attention to be saved, since a famous "
            "title says it is all one needs. We look at the parts first.",
        ),
        Slide(
            title="A part is a listener who cannot ask for the unit",
            minutes=1.5,
            words=lambda: f"90, 80, 70, 60, 50\n\n9, 8, 7, 6, 5\n\n$${_marks()}$$",
            notes="Two classes. One teacher marks out of a hundred, the other out of ten. Which class is "
            "better? Nobody can say; only the unit differs.\n\n"
            "Take off the mean, 70. Then measure in the usual distance from it: square the distances, "
            "take their mean, take the root: 14.14. The best pupil is 1.41 above. In the other class it "
            "is 2 divided by 1.414, and again 1.41. The unit is gone.\n\n"
            "A layer multiplies whatever comes in by the same weights. It cannot ask whether 90 is a lot. "
            "So somebody takes the unit off before it listens, and that is all that a norm does.",
        ),
        Slide(
            title="LayerNorm measures each word by its own numbers",
            minutes=1.5,
            formula=r"\text{LayerNorm}(x) = \frac{x - \text{mean}(x)}{\sqrt{\text{variance}(x) + \varepsilon}}"
            r"\cdot g + b",
            words="$x$: the $C$ numbers of **one** word. $g$, $b$: learned, $C$ numbers each.\n\n"
            "RMSNorm divides by the size alone.",
            notes="The same sum with letters. x is one word, a row of C numbers, 768 in a small GPT. The "
            "epsilon is there for a row whose numbers are all equal. g and b let a layer choose a size if "
            "it wants one; at the start they are 1 and 0.\n\n"
            "Point at the word *one*. The older batch norm measures a feature over all sentences of a "
            "batch, so that your sentence comes out differently depending on who else is in the batch. "
            "For somebody who writes one sentence for one reader that is a strange thing. LayerNorm never "
            "looks at another word. RMSNorm, which Llama uses, saves the mean as well.",
        ),
        Slide(
            title="Only min–max stays between 0 and 1",
            minutes=1.5,
            claim="Normalisation squeezes values to 0…1",
            verdict="half",
            figure=draw.two_classes,
            alt="Rows of five dots: evenly spaced above; below, with a mark of −400, four huddle together",
            notes="Articles explain normalisation by these marks, and the numbers in the first row are right. "
            "They are min–max, which is not what stands in a Transformer. LayerNorm's lie on both sides "
            "of zero, and are meant to. RMSNorm keeps the sign.\n\n"
            "Now one child was ill and has −400. Predict before you look down: what becomes of the four "
            "others? They huddle together, in every row. One outlier sets the unit for all, and no norm "
            "protects from that; “safe from outliers” is another thing one reads. Somebody may ask "
            "whether real models have such pupils. They do: Dettmers and others found in 2022 that a few "
            "features are many times larger than all the others, and that these few are what makes "
            "rounding hard.",
        ),
        Slide(
            title="Layers multiply",
            minutes=1.5,
            formula=_powers,
            words="32 layers, each 1.8 times as loud, or 0.3 times",
            notes="Ask before you show: each layer makes its numbers 1.8 times as large. There are 32 of them. "
            "How large are they at the end? Let people call out numbers. It is 147 million. And with 0.3 "
            "nothing is left that a computer could use.\n\n"
            "The gradient, on the way back, is multiplied in the same way. So a deep stack lives on a "
            "knife's edge: a little above 1 and it explodes, a little below and the first layers hear "
            "nothing of the loss. What could one do instead of multiplying? Somebody says: add. Yes.",
        ),
        Slide(
            title="A road on which nothing is multiplied",
            claim="Residual connections avoid vanishing gradients",
            verdict="right",
            figure=draw.deep_stacks,
            alt="Left, signal and gradient fall in a straight line to below a millionth; right, both stay level",
            notes="Thirty-two random layers, nothing trained. The axis counts in powers of ten. Left, what a "
            "part computes replaces what came in. The signal falls from left to right, and the gradient "
            "from right to left: before the first layer it is gone.\n\n"
            "Right, what a part computes is *added* to what came in: x plus part of x. Both curves lie "
            "flat. The derivative of x by x is 1, and so the gradient has a road home on which nobody "
            "multiplies it. He and others found this in 2015, for pictures. This claim is simply right, "
            "and it is the thick line of the first slide.",
        ),
        Slide(
            title="Two places for the norm: on the road, or beside it",
            minutes=1.5,
            figure=draw.wirings,
            alt="Above, the thick road leads through the norm; below, the norm stands in the side road",
            words="**2017**: on the road.\n\n**Since GPT-2**: beside it.",
            notes="Follow the thick road with a finger. Above it leads through the norm, in every layer: that "
            "is the paper of 2017, and BERT. Below, nothing stands on the road; the norm is in the side "
            "road, before the part. That is GPT-2, Llama, and most models since.\n\n"
            "Many drawings show the one and the program beside them has the other, without a word. It "
            "looks like a detail. Ask the room for a guess: both have a norm, both have a road. Will "
            "sixteen layers of each learn equally well?",
        ),
        Slide(
            title="With the norm on the road, all words become one",
            figure=draw.likeness,
            alt="Cosine of two words against layers: the dashed post-norm line reaches 1, the other does not",
            words=_likeness,
            notes="No. Here is why. Upwards is how alike two words of a sentence are; 1 means that they point "
            "the same way. The layers are random ones again, and attention hands everybody nearly the "
            "same mixture. In post-norm, the dashed line, the norm then shrinks what each word had of its "
            "own. After sixteen layers the words can hardly be told apart.\n\n"
            "In lesson 13 both learn to repeat what they read, the easiest task there is. Two layers: "
            "both learn. Sixteen: pre-norm learns, post-norm guesses, in all three seeds. With smaller "
            "first weights both learn; so it is not fate, but it is a trap.",
        ),
        Slide(
            title="First gather, then think alone",
            figure=draw.gather_and_think,
            alt="Who moves whom: under attention every cell has a number, under feed-forward only the diagonal",
            words="Walk about and ask; then, each at their own desk.",
            notes="A class has a question. First all walk about and ask each other. Then the bell rings, and "
            "each sits down alone at their desk and thinks. A layer does both, in this order.\n\n"
            "The test is that of part 3: change one word, a column, and see which outputs move, the rows. "
            "Under attention everything moves. Under the feed-forward network there is the diagonal and "
            "exact zeros. It cannot know which sentence it is in; whatever it knows of the others, "
            "attention has brought to its desk before. The same two matrices serve every word, and every "
            "layer has its own.",
        ),
        Slide(
            title="The desk: widen, bend, narrow",
            words=_desk,
            notes="A word arrives with two numbers, 3 and 1. Four units each take a weighted sum: the "
            "difference, the difference the other way round, the sum less three, minus the first. The "
            "bend, ReLU, sets what is negative to zero. Then two numbers are made of the four: 2 and 1.\n\n"
            "Look at the first. Whichever of the two inputs is larger, one unit holds the difference and "
            "the other holds nothing, so it is the distance between them. Ask who can write that as a "
            "weighted sum. Nobody can, and that is what the bend is for. Real models have GELU or SiLU "
            "there, which turn the corner more softly, and they widen four times: 768 numbers to 3,072 "
            "and back.",
        ),
        Slide(
            title="Attention bends, too",
            minutes=1.5,
            claim="Before the feed-forward network everything is linear",
            verdict="wrong",
            formula=r"f(2x) \overset{?}{=} 2\,f(x)",
            words=_linear,
            notes="One reads this as the reason for the bend. Test it, as one tests anything that is said to be "
            "linear: twice as much in must give twice as much out. For attention it does not, by far: "
            "softmax stands in between, and a score is the input times itself.\n\n"
            "What is true is smaller. While the weights are held fixed, the mixture is linear in the "
            "values. In lesson 14 three small stacks are trained on the exclusive or. One attention layer "
            "alone cannot do it; with a desk behind it it can; and so can two attention layers without "
            "any desk. So what does the desk alone offer? One thing: a memory.",
        ),
        Slide(
            title="A hidden unit is a drawer with a label",
            figure=draw.month_answers,
            alt="Bars: long ones for July, August, October and December, next to none for horse, seven and Japan",
            words=lambda: (
                f"Unit {draw.month_unit():,} of layer 1 in all-MiniLM-L6-v2, chosen by four other months"
            ),
            notes="Each hidden unit compares the word with its column, as a query is compared with a key. If "
            "they fit, it writes its row, as a value is written. So it is a key and a value that belong "
            "to no word of the sentence: they are learned and they stay.\n\n"
            "Is there such a drawer in a real model? We take the encoder of part 3, let a rule choose a "
            "unit by January, March, April and June, and show it words that the rule has not seen. The "
            "months fill its bars; *horse*, *seven* and *Japan* do not. That it answers to months does "
            "not yet show that the model needs it for months. For that one would have to switch it off.",
        ),
        Slide(
            title="Two thirds of a layer sit at the desk",
            minutes=1.5,
            figure=draw.where_numbers_sit,
            alt="Bars of four models: the feed-forward piece is twice as long as the attention piece",
            notes="Vote first: in GPT-3, which holds more numbers, attention or the feed-forward network? After "
            "a whole part about attention, expect the hands to go up for attention.\n\n"
            "Attention has four matrices of C by C: 4 C squared. The desk has two of C by 4 C: 8 C "
            "squared. Two to one, in every model that is built in this way, whatever its size. What "
            "shrinks as models grow is the table of words, because a table grows with C and a layer with "
            "C squared: a third of GPT-2 small, a sliver of GPT-3. If a model knows that Paris is in "
            "France, this is where there is room to keep it.",
        ),
        Slide(
            title="175 billion, on the back of an envelope",
            minutes=1.5,
            formula=_gpt3,
            words=_gpt3_words,
            notes="Let the room do it. Ninety-six layers. Four and eight make twelve matrices of C by C. C is "
            "12,288. Multiply: 173.9 billion, and that without a single detail. The tables, biases and "
            "norms bring it to 174.6, and the paper rounds to 175.\n\n"
            "In lesson 14 you build the whole of GPT-3 out of our blocks, on a device of PyTorch where a "
            "tensor has a shape and no memory, and count it to the last number. With your own sizes, too: "
            "what it costs to hold, to train, and how long a text may be before looking around costs more "
            "than thinking.",
        ),
        Slide(
            title="A layer reads the stream and adds to it",
            figure=draw.circuit,
            alt="From the thick line a copy goes up through a norm into a part and comes down at a plus",
            formula=_stream,
            notes="Now all parts are on the table, and this is how they are put together. A word comes along "
            "the thick line as 3, 1. A copy goes up through the norm into attention, which writes 1, "
            "minus 1. The plus: 4, 0. A copy of that goes to the desk, which writes 0, 3. The plus: 4, 3.\n\n"
            "No part ever replaces the word. Each reads a normed copy and adds. This running sum is "
            "called the residual stream, and the picture that helps is a notebook that is passed along: "
            "everybody reads it, everybody writes a line, nobody tears out a page. What comes out has the "
            "shape of what went in, and therefore layers can be stacked.",
        ),
        Slide(
            title="A riddle that needs every part",
            formula=r" \qquad ".join(rf"\text{{{child}}}" for child in ROW),
            words=_riddle,
            notes="Five children in a row, *b* in front; a capital is a child with a hat. The question is who "
            "stands behind somebody, and the question may wear a hat too. The answer wears one if exactly "
            "one of the two does. Let the room do the third: behind D stands *a*; D has a hat, *a* has "
            "none, so the answer is capital A.\n\n"
            "Say aloud what you did: find D, go one place on, read, and compare two hats. So a machine "
            "needs attention to find, a second layer to step, and something that bends for the hats. Look "
            "back at the votes on the board: which part will it miss most? Anybody may change their vote "
            "now.",
        ),
        Slide(
            title="Trained without a part: the norms were not needed",
            minutes=2.5,
            figure=draw.retrained,
            alt="Dots: intact and without norms at 100%, without attention at guessing, feed-forward scattered",
            words=_without,
            notes="Each dot is one run, from another seed, and each row was trained from the first step without "
            "that part. Without attention: guessing, one in ten. Without the road: more than half is "
            "lost. And without norms nothing is lost at all. So whoever gave away the norms has won?\n\n"
            "Look at the row of the desk before you cheer: one dot at a third, two at the far right. "
            "Without the desk two stacks of three found another way, since attention bends as well. A "
            "single run would have told you either story. And two layers are few; at thirty-two the norms "
            "earn their living. An experiment answers for its own depth.",
        ),
        Slide(
            title="Switched off afterwards: a different answer",
            minutes=2.5,
            figure=draw.switched_off,
            alt="Squares: residual 1 lowest, attention low, feed-forward in the middle, norms near the top",
            words=_lost,
            notes="Now the other experiment: train with everything, and switch one part off at the examination. "
            "The worst to lose is the road of the first layer, and not attention. Even the desk, which "
            "two stacks of three could live without, costs up to half of the answers here.\n\n"
            "So there are two questions. *Does the task need the part?* Train without it. *What does this "
            "model lean on?* Switch it off. A pupil who has learned to write with the right hand fails "
            "with the right hand tied, and it does not follow that writing needs a right hand. When an "
            "article says “we removed X”, ask which of the two was done.",
        ),
        Slide(
            title="Two perfect stacks, two different plans",
            minutes=1.5,
            figure=draw.two_plans,
            alt="Two maps: left, each child looks at the one in front; right, at all but the one in front",
            words="Left: look at the one in front. Right: look at everybody else.",
            notes="Both stacks answer everything rightly. Left is the plan that we expected: go down the rows "
            "of the children, and each looks at the child in front of it. It learns who stands before it, "
            "and the second layer asks “who has D in front?” The field calls that induction.\n\n"
            "Right is another seed. The rows look everywhere, except at the child in front. The hole is "
            "as good a sign as the mark. No examination can tell the two apart. So beware of “the model "
            "does it like this” from one run; say on how many seeds you looked.",
        ),
        Slide(
            title="A translator looks across before each word",
            figure=draw.across,
            alt="Seven Chinese words by five English ones: the dark cells do not follow the diagonal",
            words=_across,
            beside=True,
            notes="The machine of 2017 has two stacks. The encoder reads the English. The decoder writes, and "
            "its layers have one part more: an attention whose questions come from its own text, and "
            "whose labels and contents come from the English. The map is as wide as the one text and as "
            "high as the other.\n\n"
            "This one was trained while the slides were built, in seconds, on two thousand sentences of a "
            "small grammar. Read its rows: 两, two, looks at *two*. The next row is a word that English "
            "lacks, 本, the measure word for books, and it looks at *books* before *book* is written. And "
            "*yesterday*, last in English, is second in Chinese. Ask for the row in which the look is "
            "undecided.",
        ),
        Slide(
            title="Both halves run in both",
            minutes=1.5,
            claim="The left half of the diagram is training, the right half inference",
            verdict="wrong",
            words=_who_works,
            notes="The famous drawing of 2017 has two towers, and one reads that the left one is for training "
            "and the right one for use. Count the calls. To train on our sentence each runs once: the "
            "decoder is given the right words, moved by one place, and a mask hides the future. That is "
            "called teacher forcing, and all places learn in one pass.\n\n"
            "To write it, the encoder again runs once. The decoder runs once for each word, seven words "
            "and the mark for the end, because it has to wait for its own last word. Left reads, right "
            "writes, both times. What differs is who supplies the words.",
        ),
        Slide(
            title="A bright cell is a place to test",
            minutes=1.5,
            figure=draw.forbidden,
            alt="Two bars: two thirds of the words change without the brightest look, none without the faintest",
            words=_forbidden,
            notes="Three hundred sentences that it has not learned from. For each written word we forbid one "
            "look: once the brightest, once the faintest, and count how many words come out different.\n\n"
            "The faintest can be spared. So brightness means something. But of the brightest, about a "
            "third can be spared as well: the word comes out the same without the look that seemed to "
            "produce it. The encoder has mixed the words already, so that others carry a copy, and the "
            "decoder knows what usually follows. Say “it looks at”; keep “because of” for what you have "
            "switched off. It is the lesson of part 3 once more, and that of the bet.",
        ),
        Slide(
            title="The bet, collected, and four things to try",
            words="**13** build 64 layers that neither explode nor vanish\n\n"
            "**14** count a model that fits your own card\n\n**15** find the part that costs the hat alone\n\n"
            "**16** make the translator slip, and see if it recovers",
            notes="Go back to the board. Which part could go? In two layers, on this task, the norms, if one "
            "trains without them. Which was worst to lose? Attention, when one trains without it; the "
            "road of the first layer, when one takes it from a finished machine. So both votes had an "
            "answer, and the question was missing half of its words.\n\n"
            "In lesson 15 you strike out any box of the first slide with a click, and the examination is "
            "done again at once. There is one part whose loss leaves every letter right and spoils only "
            "the hats: find it. In part 5 we train all of this properly.",
        ),
    ],
)
