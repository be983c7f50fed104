"""Part 1: a neuron learns. From a film evening, over a riddle, to a network that folds the plane."""

import numpy as np

from slides import figures_1 as draw
from slides.deck import Deck, Slide
from tfm.by_hand.perceptron import all_cases
from tfm.kit.cases import cases_svg

WEIGHTS, NAMES = np.array([8, 4, 4]), ("weather", "price", "company")


def film() -> str:
    """Eight evenings on the line of sums."""
    return cases_svg(all_cases(3), WEIGHTS, 8, NAMES)


def _mistakes() -> str:
    person, _, weights, threshold = draw.lessons_learned()[-1]
    return (
        f"{len(draw.lessons_learned())} mistakes, the last at person {person}.\n\n"
        f"Then: {weights[0]}, {weights[1]} and **{weights[2]}**, threshold {threshold}."
    )


def _counted() -> str:
    rows = [
        f"| {n} | {some:,} | {all_rules:,} |" for n in (2, 3, 4) for some, all_rules in [draw.expressible(n)]
    ]
    return "| questions | rules of a perceptron | rules |\n| --- | --- | --- |\n" + "\n".join(rows)


def _courier() -> str:
    w, loss, slope = draw.courier()[0]
    after = draw.courier()[1][0]
    return (
        f"At $w = {w:g}$ the loss is {loss:g} and its slope {slope:g}.".replace("-", "−")
        + f"\n\nA tenth of it against the slope: $w = {after:g}$."
    )


def _rates() -> str:
    return "Twenty steps each, with the rates " + ", ".join(f"**{rate:g}**" for rate in draw.RATES) + "."


def _xor() -> str:
    before, after = draw.xor_answers()
    rows = [
        f"| {x[0]} and {x[1]} | {target} | {a:.2f} | {abs(b):.2f} |".replace("-", "−", 1)
        for x, target, a, b in zip(draw.CORNERS, draw.XOR, before, after, strict=True)
    ]
    return "| | wanted | before | after 1,000 steps |\n| --- | --- | --- | --- |\n" + "\n".join(rows)


DECK = Deck(
    number=1,
    question="How can a sum, a threshold and a wrong answer be enough to learn something that nobody has told it?",
    slides=[
        Slide(
            title="A riddle for a machine that can only add",
            words="Two friends may come to the party.\n\nHe goes if **exactly one** of them comes.",
            notes="If both come he is too nervous, if neither comes he is too bored. Everybody in the room "
            "understands this rule at once; a child does. Ask: could a machine decide it that does "
            "nothing but add up points and compare the sum with a limit? Give each friend some points, "
            "choose a limit. Let people try for a minute, on paper.\n\n"
            "Somebody will offer a solution; check it with the four cases, and it fails. Do not explain "
            "yet. We leave the riddle on the table, build such a machine, let it learn, and come back "
            "when we know what it lacks. The answer to this riddle is why there are layers.",
        ),
        Slide(
            title="Three votes and a threshold decide about the evening",
            figure=film,
            alt="Eight evenings as rows, each drawn at its sum; three of them lie beyond a line at 8",
            words="Weather 8, price 4, company 4.\n\nGo when the sum is **more than 8**.",
            notes="Three things vote on going to the cinema: the weather has eight points, a cheap ticket four, "
            "and her company four. He goes when the sum passes eight. Each row is one of the eight "
            "possible evenings, drawn at its sum.\n\n"
            "Ask about the fourth row: rain, a cheap ticket, and she comes. Four and four are eight, and "
            "eight is not more than eight. He stays at home. That hair's breadth is all that a threshold "
            "is. The machine is called a perceptron, it is from 1957, and every neuron of a large model "
            "still begins with this sum.",
        ),
        Slide(
            title="The whole machine is one line",
            formula=r"\text{go} \iff w_1 x_1 + w_2 x_2 + w_3 x_3 > \theta",
            words="$x$: 0 or 1, what is the case.\n\n$w$: how much it counts.\n\n$\\theta$: what must be passed.",
            notes="The x are the answers to three questions, one or nought. The w are the points, called "
            "weights. Theta is the limit, called the threshold. Multiply place by place, add up, compare.\n\n"
            "It is worth saying what is *not* here: no if, no rule, no word. Whatever this machine knows, "
            "it knows as four numbers. That is the bargain of the whole field: we give up rules that can "
            "be read and get numbers that can be moved. So the question becomes who moves them, and how "
            "he knows in which direction. First, let us see what four numbers can say.",
        ),
        Slide(
            title="A threshold is a line, and a neuron stands on one side of it",
            figure=draw.line_in_the_plane,
            alt="Weather across, price upwards, a straight line, and the shaded side on which he goes",
            words="She does not come. Beyond the line he goes.",
            notes="Take two of the three questions as directions, weather to the right, price upwards, and let "
            "her stay away. The four evenings are the corners of a square, and their sums stand below "
            "them. The threshold has become a straight line: on one side he goes, on the other he stays.\n\n"
            "Move a weight and the line turns; move the threshold and it slides. In lesson 01 one does "
            "that with the mouse. Remember this picture, since it is the key to everything in this part: "
            "with two inputs, one neuron is one straight cut, and there is nothing else that it could be.",
        ),
        Slide(
            title="It learns from its mistakes, and from nothing else",
            figure=draw.weights_moving,
            alt="Nine mistakes from left to right: company's line climbs from 4 to 9, the two others fall",
            words=_mistakes,
            notes="Where do eight, four and four come from? He made them up. Now ten thousand people tell us "
            "how their evening was and whether they went. They all follow one rule and do not tell us "
            "which: they go if company comes.\n\n"
            "The machine says what it thinks. When it is right, nothing happens. When it says go and the "
            "person stayed, every vote that spoke loses one and the threshold rises by one; when it says "
            "stay and they went, the other way round. Read the table downwards: company climbs from 4 to "
            "9, weather falls. After the sixtieth person it makes no mistake any more, among ten "
            "thousand. It has found out what they did not say.",
        ),
        Slide(
            title="Most rules are no perceptron's",
            claim="One perceptron can express any rule",
            verdict="wrong",
            words=_counted,
            notes="You may have read this sentence. Let us count instead of arguing. Two questions make four "
            "cases, and a rule answers each with yes or no: sixteen rules. A perceptron can express "
            "fourteen of them. Which two are missing? Let the room guess: *exactly one*, and its "
            "opposite.\n\n"
            "With three questions it is already fewer than half, with four questions a few in a hundred. "
            "The more one can ask, the smaller the share of what one straight cut can answer. So our "
            "riddle is not a curious exception. It is the first of very many.",
        ),
        Slide(
            title="No straight line has the two on one side",
            figure=draw.riddle_in_the_plane,
            alt="Four corners of a square: discs at two opposite corners, squares at the other two",
            words="Go: the blue corners.\n\nStay: the orange ones.\n\nWhere is the line?",
            notes="Here is the riddle in the plane. First friend to the right, second friend upwards. Blue "
            "corners should go, orange ones should stay. Invite somebody to lay a ruler on the wall: one "
            "straight line, blue on one side, orange on the other.\n\n"
            "It cannot be done, and one can see why: the two blue corners are the ends of one diagonal, "
            "the two orange ones of the other, and the diagonals cross. In 1969 Minsky and Papert wrote a "
            "whole book about such limits. And yet the way out is not far. Ask: what would *two* rulers "
            "do?",
        ),
        Slide(
            title="Two cuts make a strip, and a third neuron listens to both",
            figure=draw.strip,
            alt="Two parallel lines, and the two blue corners in the shaded strip between them",
            words="At least one?\n\nBoth?\n\n**Yes to the first, not to the second.**",
            notes="One neuron asks: is it at least one? Its line is the lower one. Another asks: is it both? "
            "That is the upper one. A third neuron listens to these two and says yes when the first says "
            "yes and the second does not. Between the lines is a strip, and the blue corners lie in it.\n\n"
            "So three perceptrons solve what one cannot: a layer, and a neuron behind it. But notice that "
            "we have set every number by hand. The learning rule of a minute ago is of no help: it knows "
            "that the last answer was wrong, and it cannot say which of the neurons in front is to blame. "
            "That is the question now.",
        ),
        Slide(
            title="How wrong is a number, and which way is better?",
            formula=r"\text{loss} = \tfrac12\,(w \cdot \text{kilometres} - \text{minutes})^2",
            words="Two kilometres took eight minutes. She guesses three minutes for a kilometre.",
            notes="We leave yes and no for a moment. A courier wants to know how long a trip takes: so many "
            "minutes for each kilometre. She guesses three. Two kilometres should take six minutes, and "
            "the clock says eight.\n\n"
            "The gap is two. Square it, so that too much and too little both count, and halve it: the "
            "loss. Now ask the room the only question that matters: if she nudges her weight up a little, "
            "does the loss rise or fall, and how fast? It falls, four times as fast as the weight rises. "
            "That number is the slope. It says which way is down, and a yes-or-no machine has no such "
            "number. That was what it lacked.",
        ),
        Slide(
            title="Walk downhill, and the steps get shorter by themselves",
            figure=draw.downhill,
            alt="A parabola of the loss over the weight, and six rings on it that approach the bottom at 4",
            words=_courier,
            notes="Across is her weight, upwards the loss. She stands at the first ring, takes a tenth of the "
            "slope, and walks against it. And again from there. Nobody told her that four is right, and "
            "nobody shortens the steps: near the bottom the slope itself is small.\n\n"
            "The tenth is called the learning rate, the walking gradient descent. It is all the learning "
            "there is, up to the largest models: compute a loss, ask each weight for its slope, take a "
            "small step down, a few hundred thousand times. What differs is how many weights are asked at "
            "once.",
        ),
        Slide(
            title="The step can be too short and too long",
            claim="A large learning rate overshoots, a small one takes for ever",
            verdict="right",
            figure=draw.rates,
            alt="One bowl, three paths: hardly moving, arriving at the bottom, leaping out of the map",
            words=_rates,
            notes="Two weights are a place on a map, and the loss is its height; white is the bottom. One bowl, "
            "one start, twenty steps. Let the room predict each picture before you point at it.\n\n"
            "Left, every step is right and far too short. In the middle it arrives. Right, each step "
            "leaps across the valley and lands higher than before, until it leaves the map. This claim "
            "from the articles is simply right. What they do not say: between the two good rates and the "
            "wild one there is little room, and nobody knows the limit beforehand. One tries several, "
            "here as in a model of a hundred billion weights.",
        ),
        Slide(
            title="Blame runs backwards: what came in, times what came back",
            formula=r"2 \;\xrightarrow{\times\,3}\; 6 \;\xrightarrow{\times\,0.5}\; 3 \quad\text{paid: } 4",
            words="slope of the second weight: $6 \\cdot (-1) = -6$\n\n"
            "slope of the first weight: $2 \\cdot (0.5 \\cdot (-1)) = -1$",
            notes="Two weights in a row. Two kilometres times three are six minutes, six minutes times one half "
            "are three coins. She was paid four: one too few. Which of the two weights is to blame, and "
            "by how much?\n\n"
            "Walk back from the end. The error is minus one. The second weight was multiplied by six, so "
            "its slope is six times minus one. One half of the error goes on to the first weight, which "
            "was multiplied by two: minus one. What came in, times what came back. School calls it the "
            "chain rule; applied from the last layer to the first it is backpropagation, and it costs one "
            "walk back, however many weights there are.",
        ),
        Slide(
            title="Without a bend, a hundred layers are one",
            formula=r"(x W_1) W_2 = x\,(W_1 W_2)",
            figure=draw.with_and_without_a_bend,
            alt="Two planes with a ring of points: three layers without a bend draw one pale straight border, "
            "four bent neurons enclose the middle",
            notes="Before we stack layers, a trap. A layer multiplies by a table of weights. Two layers "
            "multiply by two tables, and the product of two tables is a table: one layer. Adding layers "
            "adds nothing.\n\n"
            "The picture is the proof for the eye. Left, twenty-four neurons in three layers, and the "
            "border is one straight line, so pale that it hardly says anything. Right, four neurons with "
            "a bend between the layers, here an S-curve called tanh, and they enclose the middle. The "
            "threshold was such a bend too, but one without a slope. Learning needs a bend that has one.",
        ),
        Slide(
            title="The riddle, solved by nobody",
            words=_xor,
            notes="Two hidden neurons, tanh as their bend, nine numbers drawn at random. In the column *before* "
            "it answers nonsense. Then a thousand steps downhill: loss, blame backwards, a small step, on "
            "the four cases of the riddle.\n\n"
            "Read the last column: nought, one, one, nought. Nobody set the first layer. Nobody told it "
            "about strips, or about “at least one” and “both”. The blame that came back through the "
            "second layer was enough. Come back to the beginning: what did the adding machine lack? A "
            "second layer, and a slope to find it by. Let that stand for a moment before you go on.",
        ),
        Slide(
            title="Each hidden neuron sees one straight cut",
            minutes=2.5,
            figure=draw.three_neurons,
            alt="Three coloured planes, each cut by one straight white border in another direction",
            words="Blue: it says yes. Orange: it says no.",
            notes="Another task: tell the points in the middle from the ring around them. Three hidden neurons "
            "have learned it. Ask one neuron at every place of the plane what it says, and colour the "
            "place. That is all this neuron can ever contribute.\n\n"
            "Three pictures, and each is cut by one straight border. There is no circle anywhere in this "
            "network. Before the next slide let the room say how few neurons could do it. With one, the "
            "border is a line. With two? Let them draw in the air. Take a vote: two, three, four, or "
            "more, and write the result on the board.",
        ),
        Slide(
            title="Three cuts close a region; two never do",
            figure=draw.one_to_four,
            alt="One to four hidden neurons: a line, an open corner, a closed region, a rounder one",
            words="One to four hidden neurons, and how many of the test points they get right.",
            notes="Follow the white border from left to right. With one neuron it is a line. With two it is a "
            "strip, or a corner that is open on one side. With three it closes, and nearly every test "
            "point is right. A fourth makes it rounder and gains nothing.\n\n"
            "Why three? Because a region that is closed all round needs three straight sides: a triangle "
            "is the polygon with the fewest. It is a fact about triangles and not about networks. So one "
            "can sometimes say how large a network must be before it is trained. Usually one cannot, and "
            "tries.",
        ),
        Slide(
            title="A second layer adds up what the first one sees",
            figure=draw.two_layers,
            alt="Two rows of coloured planes: above straight borders, below curved and forked ones",
            notes="Two spirals, wound into each other. Above, what five neurons of the first layer see: "
            "straight borders, as always. Below, five neurons of the second: they add up pictures of the "
            "first layer and bend the sum, and their borders curve, fork and close.\n\n"
            "Nobody asked for these shapes. They are what sums of cuts, bent once more, can be, and "
            "descent has kept those that lower the loss. That is the honest meaning of the sentence that "
            "deep networks learn features by themselves. In lesson 03 all of it moves while it trains, "
            "and one can take a step back and look again.",
        ),
        Slide(
            title="Many neurons at once are one matrix product",
            figure=draw.three_evenings,
            alt="Three evenings times two people: the cell of the first evening and the first person is 12, "
            "with its sum written out",
            notes="One thing for the way. Three evenings, two people with different weights: six sums. Write "
            "the evenings as rows of a table, each person's weights as a column, and every cell is one "
            "row times one column. The framed twelve is the sum that we did at the very beginning.\n\n"
            "This is why everything from here on is made of matrices. A layer of a thousand neurons "
            "reading a thousand words is one such product, and a graphics card does little else all day. "
            "When somebody says that a model has so many billion weights, these are the cells of such "
            "tables.",
        ),
        Slide(
            title="Your turn: four lessons, four things to try",
            words="**01** find a rule that goes on exactly two of the eight evenings\n\n"
            "**02** find the largest rate that still arrives\n\n"
            "**03** kill a neuron, and see whether it wakes\n\n**04** drag a vector until its product is nought",
            notes="In lesson 01 the weights and the threshold are sliders, and the ten thousand people are "
            "there to be asked. In lesson 02 one drags the starting point over the bowl, and there are "
            "two valleys that are much harder. Lesson 03 is a whole laboratory: data, layers, bends, "
            "rates, and two networks that train side by side from the same seed. Lesson 04 has vectors to "
            "drag.\n\n"
            "And take the riddle home: the network needed two hidden neurons for *exactly one of two*. "
            "How many does it need for exactly one of three? Part 2 asks how words become numbers that "
            "such sums can be done with.",
        ),
    ],
)
