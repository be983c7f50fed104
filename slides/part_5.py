"""Part 5: train it and use it. A patient that repeats itself, three suspects, and a verdict."""

import math

from slides import figures_5 as draw
from slides import judged_5 as judge
from slides.deck import Deck, Slide
from slides.patient import patient, training

PROMPT, NEW = len(draw.PATIENT), 50  # letters given, and written


def _steps() -> str:
    rows = [f"| {name} | {small:.2f} | {large:.2f} |" for name, (small, large) in draw.first_steps().items()]
    table = "| from 2, rate 0.1 | slope 0.5 | slope 500 |\n| --- | --- | --- |\n" + "\n".join(rows)
    return table.replace("-4", "−4")


def _cost() -> str:
    return f"-\\ln \\tfrac14 = {draw.cost():.3f}"


def _read() -> str:
    read = draw.times_read()
    return f"Read {read['manual']:.1f} times, and {read['tang300']:.1f} times. One recipe, three seeds."


def _learned() -> str:
    loss = training()["validation_loss"]
    letters = patient()[1].n_vocab
    return (
        f"It began among {letters} letters.\n\nIt ends at {loss:.2f} nats: as if among "
        f"$e^{{{loss:.2f}}}$ = **{math.exp(loss):.1f}**."
    )


def _work() -> str:
    return (
        r"6 \cdot \underset{\text{weights}}{70 \cdot 10^9} \cdot \underset{\text{tokens}}{2 \cdot 10^{12}} = "
        f"{draw.llama()['work'] / 1e23:.1f} \\cdot 10^{{23}}"
    )


def _llama() -> str:
    found = draw.llama()
    return (
        f"Cards × hours: {found['hours said']:,.0f} said, {found['hours in the paper']:,.0f} in the paper. "
        f"The money: {found['dollars an hour']:.2f} dollars an hour, assumed. "
        f"{found['bytes to use'] / 1e9:.0f} GB to use; {found['bytes to train'] / 1e12:.2f} TB to train."
    )


def _back() -> str:
    before, after = draw.back_shares()
    return (
        f"On the letter before, over 64 letters of an unread scene: **{before:.0%}**, then **{after:.0%}**."
    )


def _stay() -> str:
    head = "| letters that stay, τ = 2 | top-k 10 | top-p 0.9 | min-p 0.1 |\n| --- | --- | --- | --- |\n"
    counts = draw.stay(2).items()
    return head + "\n".join(f"| {place.strip()} … | {k} | {p} | {m} |" for place, (k, p, m) in counts)


def _repeats() -> str:
    return (
        f"Chains of eight letters that stood there before: **{draw.repeats(0):.0%}** with the best letter each "
        f"time, **{draw.repeats(0.8):.0%}** with dice."
    )


def _cache() -> str:
    without, cached = draw.positions_read(PROMPT, NEW)
    last = PROMPT + NEW - 1
    return (
        f"\\begin{{aligned}} {PROMPT} + {PROMPT + 1} + \\dots + {last} &= \\mathbf{{{without:,}}} \\\\[8pt] "
        f"{PROMPT} + {NEW - 1} &= \\mathbf{{{cached}}} \\end{{aligned}}"
    )


def _never() -> str:
    camera, never = judge.camera()
    return (
        f"Accuracy of the camera: **{camera.accuracy:.3f}**\n\nOf one who says *never*: "
        f"**{never.accuracy:.3f}**\n\nRecall: {camera.recall:.3f}, and {never.recall:.0f}"
    )


def _bleu() -> str:
    rows = [f"| {text} | 0 | **{bleu:.0f}** |" for text, bleu in judge.scores()]
    return f"| *{judge.REFERENCE}* | accuracy | BLEU |\n| --- | --- | --- |\n" + "\n".join(rows)


def _sure() -> str:
    (low, high), *_, (near, far) = judge.intervals()
    return f"50 digits: {low:.2f} to {high:.2f}. All of them: {near:.2f} to {far:.2f}."


def _files() -> str:
    (first, one), (second, two) = judge.exported().items()
    return f"`{first}`: {one:,} bytes. `{second}`: {two:,} bytes."


def _bits() -> str:
    lost = judge.losses()
    gigabytes = {bits: 70 * bits / 8 for bits in (8, 4)}
    return (
        f"4 bits cost {lost[4] - lost[8]:.2f} nats.\n\n70 billion weights: {gigabytes[8]:.0f} GB at 8 bits, "
        f"**{gigabytes[4]:.0f} GB** at 4.\n\nAt 2 bits it writes: `{judge.at_two_bits(14)}`"
    )


LOOP = """\
from slides.patient import chances, patient

text, letters = "My lord, ", patient()[1]
for _ in range(40):
    p = chances(text)                          # 65 probabilities
    text += letters.decode([int(p.argmax())])  # choose one, append, again
print(text)
"""


DECK = Deck(
    number=5,
    question="How does a machine learn to write, how does it write, and how do we know if it is good?",
    slides=[
        Slide(
            title="It took its best guess every time. What went wrong?",
            figure=lambda: draw.sample(0, "a small GPT, trained on Shakespeare’s plays"),
            alt="A text that begins: My lord, and the state of the state; then the same line again and again",
            words="Taught badly? Too small? Or something else?",
            notes="This is our patient: a GPT with 607,360 weights that has read a million letters of "
            "Shakespeare's plays, one by one. It was given “My lord,” and wrote the rest. At each place "
            "it took the letter that it thought likeliest. Read it aloud, to the end.\n\n"
            "What is the matter with it? Collect suspects. Expect two at once: it was taught badly; it is "
            "too small. Wait for a third, and if nobody has one, leave the place empty on the board. Take "
            "a vote and write it down. We examine the suspects one by one, and at the end the same "
            "patient, with not one weight changed, will write something else.",
        ),
        Slide(
            title="Its only exam: one coin, four cups",
            figure=draw.bet,
            alt="Bars: half a coin on e, a quarter on a, an eighth each on i and o",
            words=lambda: f"The letter was **a**. It costs ${_cost()}$.",
            notes="How was it taught? Under one of four cups lies the next letter. You may split one coin among "
            "them: half on e, a quarter on a, an eighth on each of the others. The cup is lifted, it was "
            "a, and what lay there is what you take into the next round.\n\n"
            "Ten rounds multiply ten such shares. To be able to add, take logarithms: minus the logarithm "
            "of a quarter, 1.386. That is the loss, the cross-entropy, and nothing else is ever asked of "
            "a language model. Ask what an even split would have cost. The same: the logarithm of four. "
            "Whatever lay on the wrong cups does not count.",
        ),
        Slide(
            title="The slope: what was bet, minus what was true",
            figure=draw.slope,
            words="Wasted on e, i and o; missing on a",
            alt="Bars: e half, a minus three quarters, i and o an eighth each",
            notes="This is the slope of the loss in each of the four scores. Half a coin on e was wasted, so e "
            "is pushed down by 0.500. On a lay a quarter and a whole coin should have lain there, so it "
            "is pulled up by 0.750.\n\n"
            "That is all that enters the network from above, in every model from ours to the largest: bet "
            "minus truth. From there the chain rule of part 1 carries it down, along the free road of "
            "part 4. Somebody may ask who knows the truth. The text does: it goes on.",
        ),
        Slide(
            title="Adam steps as far as its rate, whatever the slope",
            words=_steps,
            notes="Now one has a slope, and one has to step. Plain descent goes rate times slope. From 2, with "
            "a slope of a half, it goes to 1.95. Ask where it goes when one garbage document gives a "
            "slope of 500. To −48. That run is over.\n\n"
            "Adam divides the slope by its own usual size, and at the first step that is the slope "
            "itself. So it goes to 1.90, and with 500 to 1.90 as well. Its rate is not a factor, it is "
            "nearly the length of a step. It is also why one begins with a small rate that climbs: at the "
            "first step every weight moves by the full rate on the word of a single batch.",
        ),
        Slide(
            title="Six times the same page is too often",
            claim="The more precisely it learns, the better",
            verdict="wrong",
            figure=draw.read_once_and_six_times,
            alt="Left three falling lines; right three lines that fall, turn in the middle, and rise",
            words=_read,
            notes="One recipe, two texts. Upwards is the loss on text that was kept aside. Left the Python "
            "manual, of which 200 steps read half. It falls to the end. Right 300 poems of the Tang, so "
            "few that the same 200 steps read them nearly six times. Ask before you point: what happens "
            "on the right?\n\n"
            "It falls, turns, and rises. From there on the model learns these poems by heart and gets "
            "worse at all others, and it does so for each seed. The loss on what it reads would go on "
            "falling; that is why one never looks at that one alone. The remedies are in lesson 17: "
            "dropout, weight decay, and simply keeping the weights from the turn.",
        ),
        Slide(
            title="First suspect: was it taught badly?",
            figure=draw.learning,
            alt="The loss falls from an even guess at 4.17 steeply, then slowly, to 1.56 after 3,000 steps",
            words=_learned,
            notes="The patient's own curve, on plays that it has not read. It begins at an even guess among 65 "
            "letters. If a fresh model of yours begins far above that, it is sure of things it cannot "
            "know, and something is wrong.\n\n"
            "It ends at 1.56. A number like that says nothing alone, so turn it back: e to that power is "
            "as if it hesitated among fewer than five letters, where there were 65. And the curve on "
            "unread plays never turns upwards. So: taught decently. A loss is normal or not only beside "
            "others, and lesson 18 has a table of them, and rulers that cost no training. The first "
            "suspect may go.",
        ),
        Slide(
            title="Six operations for each weight and token",
            claim="Llama 2 70B: 6,000 GPUs for 12 days, $2 million, 140 GB",
            verdict="half",
            formula=_work,
            words=_llama,
            notes="Would you have known beforehand what it costs? Two operations for each weight and token on "
            "the way up, four on the way back. Six times N times D, and you can do it in your head for "
            "any model.\n\n"
            "So hold the famous sentence against it. The hours are right to half a per cent, though the "
            "paper gives their product and neither factor. The money assumes 1.16 dollars for an hour of "
            "a card, and the paper gives no price. 140 GB is right at two bytes a weight, to *use* it: to "
            "train it Adam wants 1.12 TB. Half right, then; and the point is that you need no press "
            "release to check one.",
        ),
        Slide(
            title="Nobody told it to look one letter back",
            figure=draw.looking_back,
            alt="Left a map of pale equal rows; right dark cells just below the diagonal",
            words=_back,
            notes="One of its twelve heads, on *To be or*. Left before training: each letter looks at all that "
            "came before, alike. Right after 3,000 steps: a line just below the diagonal. Each letter "
            "looks at the one before it. This text was chosen because the line is clean; the number below "
            "is from a longer one, and it says that there are exceptions.\n\n"
            "Nobody asked for that. What follows *to* is easier to guess than what follows *o*, so "
            "descent finds a head that fetches the neighbour. In lesson 18 you train one yourself in half "
            "a minute and scrub through a film of its heads, and there is a test with it: forbid this "
            "head the one letter, and the loss rises. A bright line alone would not have been enough.",
        ),
        Slide(
            title="The loop that every chatbot runs",
            code=LOOP,
            notes="Here is how it writes. Read it aloud: probabilities of the next letter, choose one, append "
            "it, and again. This ran while the slides were built; below is what it printed.\n\n"
            "Two things to notice. The model is called once for each letter, and no call can begin before "
            "the last has ended, because its last input was not known. That is why an answer appears bit "
            "by bit on your screen; it is no theatre. And the model does not choose. It gives 65 "
            "probabilities. The choosing is the one word *argmax*, and we have written it ourselves. "
            "Underline it: that is the third suspect.",
        ),
        Slide(
            title="The best word each time is not the best sentence",
            figure=draw.parrot,
            alt="A tree: I, then drink 50%, am 40%; am happy ends with 36% and drink tea with 20%",
            notes="A parrot that knows six sentences. After *I* it says *drink* with a half and *am* with a "
            "little less. Ask which sentence it finds likeliest; then which one it says if it takes the "
            "best word each time.\n\n"
            "Multiply along the branches. *I drink tea*: 20%. *I am happy*: 36%, nearly twice as much. "
            "Who takes *drink* first, since it is ahead, can never reach *happy* again. This is called "
            "greedy: it eats what is nearest. A beam keeps the best two beginnings instead of one, and "
            "finds it; a translator does that. But it does not yet explain the patient, who is not only "
            "second best. It is stuck.",
        ),
        Slide(
            title="Sixteen letters come again, and then all comes again",
            figure=draw.rut_bars,
            alt="Bars: with the last 4 letters the same choice in 0.73 of places, then 0.90, then all",
            words="Places where the last letters alone lead to the same choice",
            notes="Why does it not climb out? Take the text that it wrote, hide all but the last few letters, "
            "and see whether it would have chosen the same. With four letters: in 0.73 of the places. "
            "With eight: 0.90. With sixteen: in all of them.\n\n"
            "So here the greedy writer is a rule that leads from the last sixteen letters to the next "
            "one, always the same. Ask what follows from that. As soon as sixteen letters come a second "
            "time, everything that followed them comes a second time, and then a third. The circle is "
            "closed, and nothing in the loop can open it. Except something that need not fall as it fell "
            "before.",
        ),
        Slide(
            title="Temperature: how daring the dice are",
            figure=draw.two_temperatures,
            alt="Bars for five letters: at 0.5 the first takes from all others, at 2 they come closer together",
            notes="So throw dice. They fall on each letter as often as the model says, and that is called "
            "sampling. The temperature is how daring they are: divide all scores by it before softmax, "
            "the same dial as in part 3.\n\n"
            "The outline is what the model said after “KING”, the filled bar is what the dice get. At 0.5 "
            "the first takes from all the others. At 2 they come closer. Look at what is *not* in the "
            "picture: the sixty letters below its edge, each of them rare. Together they matter, since a "
            "text has many letters and one odd letter makes a word that does not exist.",
        ),
        Slide(
            title="Cut the tail, and ask how long it is",
            words=_stay,
            notes="So programs strike the tail out. Three rules, each of which is one line. Top-k keeps the ten "
            "likeliest, always ten. Top-p keeps the likeliest until together they have nine tenths. Min-p "
            "keeps whatever has at least a tenth of the first.\n\n"
            "Read the columns, at temperature 2. After *KING RICHAR* there is one letter to write, and "
            "top-k keeps nine wrong ones. After *KING* three letters have nearly everything; top-p has "
            "counted the swollen tail and lets 25 through, min-p four. After *What is* the choice is "
            "truly wide, and both leave it wide. No rule is right everywhere, and so programs offer all "
            "three.",
        ),
        Slide(
            title="The same weights, with dice",
            figure=lambda: draw.sample(0.8, "the same model, temperature 0.8"),
            alt="Lines of verse, half sense, in which no line comes twice",
            words=_repeats,
            notes="The patient again. Not one weight is different. Dice at 0.8 instead of argmax. It writes "
            "verses, it makes up words, and it does not repeat itself.\n\n"
            "So it was the choosing. What about the suspect that it is too small? It is; one hears that "
            "in the words. But Holtzman and others saw the same circles in 2020 in a GPT-2 more than a "
            "thousand times its size. To pick the best each time is a bad way to ask a good model a "
            "question that it was never taught: its exam was to bet, not to pick. Is this text good, "
            "though? It does not repeat itself; that is hardly praise. How would we know?",
        ),
        Slide(
            title="Nothing needs to be read twice",
            minutes=1.5,
            formula=_cache,
            words=f"Positions read for {NEW} letters after a prompt of {PROMPT}: without and with a cache",
            notes="A look at the bill first. The loop read the whole text again for each letter: nine "
            "positions, ten, eleven. But nobody looks ahead, so what a position has computed does not "
            "change when a letter comes after it. Keep its keys and values, and each pass reads one "
            "position.\n\n"
            "1,675 against 58, for the same text, letter by letter. That is the key-value cache, and the "
            "reason why a long chat takes memory on somebody's card. By the way, that is also where a "
            "chat's memory is: the text is handed in again each time. Nothing is ever written into the "
            "weights.",
        ),
        Slide(
            title="Right nine times in ten, and worse than saying never",
            figure=judge.four_counts,
            beside=True,
            alt="A square of counts: 2 eights found, 80 missed, 11 false alarms, 804 passed",
            words=_never,
            notes="Judging. A camera over a conveyor belt shall find the eights among digits. Its maker reports "
            "that it is right nine times out of ten. Buy it? Let them vote.\n\n"
            "Then the square. It found 2 of the 82 eights. Somebody who says *never* with closed eyes is "
            "right in 0.909, and the camera in 0.899. Nine digits of ten are no eights, so the question "
            "was answered before the camera had looked. Accuracy asks how often; recall asks how many of "
            "those that were there; precision asks how many of those it named. Whenever somebody tells "
            "you an accuracy, ask for that of *never*.",
        ),
        Slide(
            title="Of a text, no count knows what it means",
            claim="Accuracy, precision, recall and F1 measure a model",
            verdict="half",
            words=_bleu,
            notes="On top a translation by a person, below three outputs. Read them. Which is best? Is any a "
            "lie? The third has lost the word *not*.\n\n"
            "Accuracy, equal or not, gives 0 to all of them. The claim is right where there is one right "
            "answer among few, as with the camera, and useless here. So one counts shared pieces, which "
            "is BLEU. The first gets 50. The faithful paraphrase gets 7. The lie gets 61, the highest of "
            "all. BLEU was made for whole test sets of systems of one kind, and it cannot read. If a "
            "number decides something, read ten outputs with your own eyes.",
        ),
        Slide(
            title="A score is a draw from a hat",
            minutes=1.5,
            figure=judge.spread,
            alt="Three clouds of dots with bars: wide for 50 digits, narrow for 897",
            words=_sure,
            notes="And how sure is the number itself? Those 897 digits happened to be written; with others it "
            "would have been another. Draw as many from the same hat, putting each back, score, and do it "
            "a thousand times. The bar holds the middle 95 per cent.\n\n"
            "With 50 digits the camera's accuracy may be anything from 0.80 to 0.98. With all of them it "
            "is pinned to a few hundredths. When two models differ by less than that, draw them "
            "*together* and look at the difference: hard digits are hard for both. Before you believe in "
            "a tenth of a point, ask on how many cases.",
        ),
        Slide(
            title="Switch the computer off: what is left?",
            claim="A large model is two files: the parameters and the code",
            verdict="right",
            figure=judge.bytes_by_part,
            alt="One bar: feed-forward two thirds, attention a third, thin slices of tables, norms and header",
            words=_files,
            notes="Everything that wrote those verses must be somewhere on the disk. Here it is. One file holds "
            "all the weights, four bytes each, with a header in plain words. The other is a page of "
            "Python that needs NumPy and nothing else: attention, the desk, the norm, the loop, a hundred "
            "lines.\n\n"
            "The bar is the first file. Two thirds at the desk, as in part 4. There is no list of facts "
            "in it; the name ROMEO stands nowhere in these bytes. In lesson 21 you read the file by hand, "
            "byte by byte, start the page in an empty folder, and then overwrite a single weight: one "
            "changes nothing, another ruins everything.",
        ),
        Slide(
            title="How exact must a weight be?",
            figure=judge.fewer_bits,
            alt="Loss over bits: flat from 8 to 4, a little higher at 3, and above an even guess at 2",
            words=_bits,
            notes="If one weight hardly counts, must it be stored to seven digits? Predict: a weight may be one "
            "of 255 numbers, at 8 bits; one of fifteen, at 4; one of three, at 2. Where does it break?\n\n"
            "From 8 to 4 next to nothing happens. At 3 it begins to hurt, and at 2 the model does worse "
            "than an even guess and writes noise. So the last suspect, that its numbers are too coarse, "
            "may go as well. A learned weight is a rough thing; what is known is spread over many. That "
            "is why a model of 70 billion weights, 140 GB as it is published, can be had in 35 GB.",
        ),
        Slide(
            title="The verdict, and five things to try",
            words="**17** make a run explode, then clip it\n\n**18** train on your own diary\n\n"
            "**19** find a prompt that min-p cannot save\n\n**20** fool BLEU\n\n"
            "**21** ruin a model with four bytes",
            notes="Go back to the votes. Taught badly? Its loss on unread plays is where it should be. Too "
            "small, too coarse? It is small, but models a thousand times larger run in the same circle. "
            "The patient was healthy. We asked it, two hundred times in a row, for its single best guess, "
            "and its exam had been another one.\n\n"
            "Take one habit home from it: model, choosing and judging are three things. When a text is "
            "bad, ask which of the three. Lesson 18 is the one to begin with: it trains on any text of "
            "yours in less than a minute.",
        ),
    ],
)
