"""What the demo organisation has said in half a year, and how each of it was taken."""

EARLIER = (
    "We are four people, two grinders and one roaster. Hello.",
    "What does 'notes of plum' mean? Nobody puts plums in. A short guide to reading a label.",
    "The terrace is open. There are six chairs and a lot of sun.",
    "Ask us anything about moka pots, today until five.",
    "Paper or metal? We brewed both for a week and wrote down what changed.",
    "The Ethiopian harvest is late this year. Here is what that means for your bag.",
    "Thank you for 1,000 followers. It was 40 in January.",
    "Iced filter, the slow way: brew hot, pour over ice, wait a minute.",
    "Jonas repaired a grinder from 1962. It is louder than all of us together.",
    "We tasted tap water from five districts. The winner comes out of the harbour.",
    "Summer hours: from eight in the morning, since it is too hot at noon.",
    "How many beans are in a cup? We counted, so that you need not.",
    "A week without sugar at the bar. Eleven of you noticed.",
    "Why we roast on Wednesdays, and why your bag says Friday.",
    "Bring back your jars. Each one is fifty cents and a good deed.",
    "The lemonade of the house has coffee flowers in it, and nobody believes that either.",
    "Two new faces at the bar: Mila in the morning, Ruben after four.",
    "A crack in the drum, three days of silence. We are back.",
)
LATER = (  # the oldest first
    "Forty sacks came up the stairs this morning. Our backs say hello; the Sidamo smells of bergamot.",
    "Why does the second cup taste better? Because the machine is warm, and so are you.",
    "We tried oat milk from six makers, blind. The cheapest one won, and nobody would believe it.",
    "Open house on Saturday: bring a mug and leave with a question.",
    "A short thread on water. Hard water hides acids, soft water shows every mistake.",
    "The roaster broke at six. At nine it ran again. Thank you, Jonas, for hands like that.",
    "Three ways to spoil a good bean, all of which we have tried for you.",
    "New: a half-kilo bag in paper that goes into the compost.",
    "What a farmer gets of your four euros, line by line. https://example.com/price",
    "Closed on Monday. The grinder goes to the doctor.",
    "How to read a roast date, and why 'best before' tells you nothing.",
    "Noor won the latte championship of the north. There was a swan. There was silence. Then noise.",
    "Reminder: the spring menu goes today, the rhubarb tonic with it.",
    "Espresso at home, part one: the scale matters more than the machine.",
    "Espresso at home, part two: the tap, the filter and the kettle.",
    "We pay the living-income price for all of our Peru from now on. Here is the contract.",
    "Is it a bean or a seed? A seed, of a cherry, and the cherry is delicious.",
    "Parcels go out a day later this week.",
    "Decaf that tastes of something: how the sugar cane process works.",
    "Our neighbours bake the cake now. It has plums.",
    "The cupping on Thursday is full. There is a second one on Friday.",
    "A note on milk: sixty degrees, not seventy. Seventy tastes of school.",
    "Two years ago we had one grinder and no chairs. Thank you for sitting on the floor.",
    "Jobs: somebody for the bar, three days, no mornings before eight.",
    "We counted: 31 % of you bring a cup. From 40 % on, it is ten cents cheaper for everybody.",
    "Cold brew is in bottles. It needs eighteen hours and no opinion.",
    "What is a natural? Fruit dried around the seed, patience, and some luck with the weather.",
    "Field trip: Ada is in Huila and sends pictures of very steep hills.",
    "The blend for the market is darker than you think we like it.",
    "Free to a good home: one espresso machine, moody, with a manual in Italian.",
    "Autumn hours begin on Tuesday.",
    "Grind finer when it rains. We made a table for it. https://example.com/rain",
    "Which of these three should stay on the shelf? Tell us, we mean it.",
    "First frost, first cardamom bun. They are out at ten and gone at eleven.",
)
LABELS = {
    "how to": (
        "How to",
        "how the",
        "Espresso at home",
        "A note on",
        "Grind",
        "Three ways",
        "water",
    ),
    "people": ("Noor", "Jonas", "Ada", "Jobs", "you bring"),
    "shop": ("Closed", "hours", "Parcels", "New:", "menu", "bottles", "bun"),
}
TEXTS = (*EARLIER, *LATER)
CAMPAIGN, IN_CAMPAIGN = "What coffee costs", tuple(LATER[n] for n in (8, 15, 24))
# Of the later ones: the loved, and those that nobody waited for.
FORTUNE = {4: 3.4, 11: 5.2, 15: 4.1, 24: 2.6, 31: 3.0, 33: 2.2} | {
    9: 0.3,
    12: 0.4,
    17: 0.25,
    28: 0.5,
    30: 0.35,
}
TAKEN_DOWN = LATER[17]


def labels_of(text: str) -> tuple[str, ...]:
    return tuple(name for name, words in LABELS.items() if any(word in text for word in words))


def fortune(text: str) -> float:
    """How much better than usual it was liked."""
    return FORTUNE.get(LATER.index(text), 1) if text in LATER else 1
