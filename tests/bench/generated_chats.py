"""Long chats made here: facts in single turns among small talk, and questions."""

from __future__ import annotations

import random
from dataclasses import dataclass


def _words(text: str) -> list[str]:
    return text.split()


def _phrases(text: str) -> list[str]:
    return text.split("|")


_NAMES = _words(
    "Caroline Melanie Joris Priya Tomasz Aiko Leila Oskar Nadia Ruben Ingrid Mateo "
    "Selma Viktor Amara Dario Hanneke Piotr Yusuf Greta Bastian Chiara Femke Ismail"
)
_PLACES = _words(
    "Lisbon Kyoto Gdansk Oaxaca Tromso Tbilisi Valparaiso Cardiff Bruges Hanoi Quito "
    "Zagreb Marrakesh Halifax Leipzig Busan Nairobi Bergen Trieste Adelaide"
)
_HOBBIES = _words(
    "pottery bouldering beekeeping calligraphy fencing kayaking woodcarving sailing "
    "astronomy origami gardening archery blacksmithing birdwatching quilting baking"
)
_THINGS = _words(
    "violin telescope canoe typewriter greenhouse sewing-machine hammock globe lantern "
    "accordion tent chessboard rucksack camera bicycle kettle mandolin loom easel"
)
_JOBS = _words(
    "nurse architect luthier translator geologist pastry-chef paramedic librarian "
    "carpenter cartographer florist optician surveyor curator plumber veterinarian"
)
_WHEN = _phrases(
    "last Tuesday|two weeks ago|on 7 May 2023|the first weekend of June|yesterday"
    "|on 19 October|a month before Easter|the day after my birthday|back in 2016"
)
_OPENERS = _phrases(
    "Hey {name}, long time no see!|Wow, that sounds amazing.|I hear you, honestly."
    "|Thanks, that means a lot to me.|Haha, yeah, totally.|Oh no, sorry about that."
    "|That is so great to hear.|Good to hear from you again."
    "|Yes, I was thinking the same."
)
_FEELINGS = _words(
    "happy proud tired curious excited grateful nervous relieved inspired worried "
    "hopeful surprised calm lonely stressed amazed"
)
_TOPICS = _phrases(
    "family|the weather|our old school|the neighbours|work|the new season|the kids"
    "|music|the garden|cooking|the news|holidays|the house|friends|sport|books"
)
_REMARKS = (
    "It really makes me {feeling} when I think about {topic} these days.",
    "You must be so {feeling}, after everything that happened with {topic}.",
    "Taking time for {topic} is important, otherwise one only gets {feeling}.",
    "What have you been up to lately, anything new about {topic}?",
    "I was a bit {feeling} at first, but then {topic} turned out just fine.",
    "We talked about {topic} for hours and everybody was {feeling} in the end.",
    "Let me know how it goes with {topic}, I am really {feeling} about it!",
    "It is funny how {topic} can make us all so {feeling}, isn't it?",
)
# (what is said, question, the words of the answer)
_FACTS = (
    (
        "I finally went to {place} {when}, my sister {name} came along and we stayed "
        "near the old harbour.",
        "Where did they go, with whom?",
        "{place} {name}",
    ),
    (
        "By the way, I signed up for a {hobby} class {when}, {number} euros for the "
        "whole course, which is not cheap.",
        "Which class, for how much?",
        "{hobby} {number}",
    ),
    (
        "My cousin {name} just started as a {job} at a small place in {place}, after "
        "{small} years of looking for something else.",
        "What is the cousin's job, and where?",
        "{job} {place}",
    ),
    (
        "Guess what I found at the flea market {when}: an old {thing} from {year}, the "
        "seller wanted {number} for it and I did not haggle.",
        "What was found and how old is it?",
        "{thing} {year}",
    ),
    (
        "The doctor moved my appointment, it is on {day} {month} at {hour}:45 now, so "
        "I will miss the {hobby} evening with {name}.",
        "When is the appointment?",
        "{day} {month}",
    ),
    (
        "We named the puppy {name} after my grandmother, who used to keep {small} "
        "goats and a {thing} in her house in {place}.",
        "What is the puppy called, where did grandmother live?",
        "{name} {place}",
    ),
    (
        "I have been reading about {hobby} again, and it reminds me of when {name} and "
        "I tried it in {place} and lost a {thing} in the river.",
        "What was lost in the river?",
        "{thing}",
    ),
)
_MONTHS = _words("January March April June July August November")


@dataclass(frozen=True, slots=True)
class Question:
    """`answer` words must all survive from message `evidence`."""

    text: str
    answer: tuple[str, ...]
    evidence: int


@dataclass(frozen=True, slots=True)
class Chat:
    messages: list[dict[str, str]]
    questions: list[Question]


def make_chat(seed: int, *, messages: int = 500) -> Chat:
    """A chat of two friends; about half the turns hold a fact. The same for a seed."""
    chance = random.Random(seed)
    chat = Chat([], [])
    for at in range(messages):
        parts = [chance.choice(_OPENERS).format(name=chance.choice(_NAMES))]
        parts += [_remark(chance) for _ in range(chance.randint(1, 3))]
        if chance.random() < 0.5:
            parts.append(_fact(chance, chat, at))
        chance.shuffle(parts)
        role = "user" if at % 2 == 0 else "assistant"
        chat.messages.append({"role": role, "content": " ".join(parts)})
    return chat


def _remark(chance: random.Random) -> str:
    return chance.choice(_REMARKS).format(
        feeling=chance.choice(_FEELINGS), topic=chance.choice(_TOPICS)
    )


def _fact(chance: random.Random, chat: Chat, at: int) -> str:
    said, question, answer = chance.choice(_FACTS)
    values = {
        "name": chance.choice(_NAMES),
        "place": chance.choice(_PLACES),
        "hobby": chance.choice(_HOBBIES),
        "thing": chance.choice(_THINGS),
        "job": chance.choice(_JOBS),
        "when": chance.choice(_WHEN),
        "month": chance.choice(_MONTHS),
        "number": chance.randint(40, 990),
        "small": chance.randint(2, 12),
        "year": chance.randint(1890, 1989),
        "day": chance.randint(1, 28),
        "hour": chance.randint(8, 17),
    }
    words = tuple(answer.format(**values).split())
    chat.questions.append(Question(question, words, at))
    return said.format(**values)
