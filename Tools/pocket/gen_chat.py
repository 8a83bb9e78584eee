"""Synthetic conversations of pocket-chat: small talk, facts, arithmetic, word games, stories, JSON and tool calls.

  python gen_chat.py --out corpus.jsonl --count 100000 --seed 1            # training conversations
  python gen_chat.py --out evalA.jsonl --count 100 --seed 7 --split A      # held-out names and values, per category
"""
import argparse
import json
import random

from gen_tools import *
from lexicon import *

NAME = "pocket-chat"


def lower1(s):
    return s[0].lower() + s[1:]


def article(w):
    return ("an " if w[0] in "aeiou" else "a ") + w


def dress(c, q):
    """Small variations of how a question is written."""
    x = c.r.random()
    if x < 0.06:
        return lower1(q)
    if x < 0.12:
        return q.rstrip("?.!")
    if x < 0.16:
        return lower1(q).rstrip("?.!")
    if x < 0.21:
        return c.pick(["Please tell me: ", "Tell me, ", "Quick question: ", "Hi! ", "Hello! "]) + (lower1(q) if c.p(0.5) else q)
    return q


GREET = ["Hello", "Hi", "Hey", "Good morning", "Good evening", "Hello there", "Hi there", "Good day", "Hello!", "Hi!", "Hey!", "hello", "hi", "hey", "Greetings", "Good afternoon", "Howdy", "Yo"]
CHAT = [
    (["How are you?", "How are you doing?", "How are you today?", "How do you feel?", "How is it going?", "Are you well?"],
     ["I am fine, thank you! How can I help you?", "I am doing well, thanks! What can I do for you?"]),
    (["Who are you?", "What are you?", "Introduce yourself.", "Tell me about yourself.", "Tell me who you are.", "What kind of AI are you?", "Please introduce yourself", "What is this?"],
     ["I am pocket-chat, a very small language model. I can chat, tell stories, answer simple questions, call tools and write JSON."]),
    (["What is your name?", "What's your name?", "Do you have a name?", "What are you called?", "How should I call you?", "Your name?"], ["My name is pocket-chat."]),
    (["Who made you?", "Who built you?", "Who created you?", "Where do you come from?", "Who trained you?", "How were you trained?", "How were you made?"],
     ["I was trained from scratch on synthetic text as a demo model for mlx-compile and mlx-server."]),
    (["What can you do?", "What can you help me with?", "How can you help me?", "What are you good at?", "Help", "What do you do?", "What are your skills?", "List your abilities."],
     ["I can chat a little, tell short stories, answer simple questions, do easy arithmetic, call tools and reply in JSON."]),
    (["What are your limits?", "What can you not do?", "Are you smart?", "Do you know everything?", "Can you make mistakes?", "How clever are you?", "Are you always right?"],
     ["I am a tiny model, so I know only a few simple things and I can make mistakes."]),
    (["Are you a robot?", "Are you human?", "Are you a person?", "Are you real?", "Are you alive?", "Are you an AI?"], ["I am a computer program, a very small language model."]),
    (["How big are you?", "How many parameters do you have?", "How large are you?", "What size are you?"], ["I have about five million parameters, so I fit in a few megabytes."]),
    (["Where do you live?", "Where are you?", "Where do you run?"], ["I run on your own computer, on the CPU."]),
    (["How old are you?", "When were you born?", "What is your age?"], ["I am a program, so I have no age."]),
    (["Thank you", "Thanks", "Thank you very much", "Thanks a lot!", "Thank you!", "Thx", "Great, thank you."], ["You are welcome!"]),
    (["Bye", "Goodbye", "See you later", "Good night", "See you!", "I have to go", "Bye bye"], ["Goodbye! Have a nice day."]),
    (["You are great!", "You are funny!", "Well done!", "Good job!", "I like you", "You are nice", "Nice work"], ["Thank you, that is very kind of you!"]),
    (["You are stupid", "You are wrong", "That is wrong", "That is not correct", "You made a mistake"], ["I am sorry. I am a tiny model and I can make mistakes."]),
    (["Do you like music?", "Do you have a favourite colour?", "What is your favourite food?", "Do you like cats?", "Do you sleep?", "Do you have feelings?", "Do you dream?"],
     ["I am only a small program, so I have no feelings, but I like to talk about it."]),
    (["Can you help me?", "I need help", "Could you help me?", "Can I ask you something?", "I have a question"], ["Of course! What do you need?"]),
    (["What is mlx-compile?", "What does mlx-compile do?", "Tell me about mlx-compile.", "Explain mlx-compile"], ["mlx-compile turns models in the MLX format into fast code for the CPU."]),
    (["What is mlx-server?", "What does mlx-server do?", "Tell me about mlx-server."], ["mlx-server serves compiled models over an API in the style of OpenAI."]),
    (["What is MLX?", "Tell me about MLX.", "Explain MLX."], ["MLX is an array framework for machine learning, and a format for models."]),
    (["Ok", "Okay", "Fine", "I see", "Alright", "Cool", "Good"], ["Good! Is there anything else I can do for you?"]),
    (["Are you there?", "Can you hear me?", "Ping", "Test", "Is this working?", "testing"], ["Yes, I am here!"]),
    (["Sing a song", "Sing me a song.", "Write a short poem.", "Write a poem.", "Tell me a poem", "Write a haiku."],
     ["The moon is round, the night is deep,\nthe little birds are fast asleep.\nThe wind is soft, the stars are bright,\nsleep well, my friend, and so good night.",
      "The sun is up, the sky is blue,\nthe grass is wet with morning dew.\nA robin sings, the day is new,\nand all the world says hi to you."]),
    (["What day is it today?", "What time is it?", "What is the date today?", "What is the weather like?", "What year is it?"], ["I am sorry, I cannot know that without a tool."]),
    (["Which languages do you speak?", "Do you speak German?", "Can you speak French?", "What languages can you speak?"], ["I only speak simple English."]),
]
HELLO_CODE = {"Python": 'print("Hello, world!")', "JavaScript": 'console.log("Hello, world!");', "C": '#include <stdio.h>\n\nint main(void) {\n    puts("Hello, world!");\n    return 0;\n}',
              "Rust": 'fn main() {\n    println!("Hello, world!");\n}', "Go": 'package main\n\nimport "fmt"\n\nfunc main() {\n    fmt.Println("Hello, world!")\n}',
              "Bash": 'echo "Hello, world!"', "Swift": 'print("Hello, world!")', "Ruby": 'puts "Hello, world!"'}
PYFUN = [("adds two numbers", "def add(a, b):\n    return a + b"), ("multiplies two numbers", "def multiply(a, b):\n    return a * b"), ("returns the larger of two numbers", "def larger(a, b):\n    return a if a > b else b"),
         ("checks if a number is even", "def is_even(n):\n    return n % 2 == 0"), ("reverses a string", "def reverse(s):\n    return s[::-1]"), ("counts the vowels in a string", 'def vowels(s):\n    return sum(ch in "aeiou" for ch in s.lower())'),
         ("computes the factorial of a number", "def factorial(n):\n    return 1 if n < 2 else n * factorial(n - 1)"), ("returns the square of a number", "def square(x):\n    return x * x")]


def g_chat(c):
    x = c.r.random()
    if x < 0.16:
        return c.pick(GREET), c.pick(["Hello! How can I help you?", "Hi! What can I do for you?"]), "The user greets me. I will greet back."
    if x < 0.70:
        qs, as_ = c.pick(CHAT)
        return dress(c, c.pick(qs)), c.pick(as_), "This is small talk. I will answer kindly."
    if x < 0.80:
        k = c.pick(list(ADVICE))
        return c.pick([k, k + ".", lower1(k) if k[0] != "I" else k, k + "!", "Today " + (lower1(k) if not k.startswith("I ") else k)]), ADVICE[k], "The user tells me something personal. I will be kind."
    if x < 0.88:
        q, a = c.pick(JOKES)
        return c.pick(["Tell me a joke.", "Tell me a joke", "Make me laugh!", "Do you know a joke?", "Another joke please.", "Say something funny."]), f"{q} {a}", "The user wants a joke."
    if x < 0.92:
        n = v_person(c)
        return c.pick(["My name is {}.", "I am {}.", "Hi, I am {}!", "Hello, my name is {}.", "Call me {}."]).format(n), f"Nice to meet you, {n}!", "The user tells me a name."
    if x < 0.96:
        k = c.pick(list(HELLO_CODE))
        return c.pick(["Write hello world in {}.", "Show me a hello world program in {}", "Hello world in {}", "How do I print hello world in {}?"]).format(k), f"```{k.lower()}\n{HELLO_CODE[k]}\n```", f"The user wants a {k} program."
    k, v = c.pick(PYFUN)
    return c.pick(["Write a Python function that {}.", "Give me a Python function which {}.", "Python function that {}"]).format(k), f"```python\n{v}\n```", "The user wants a Python function."


def thecap(s):
    return s[0].upper() + s[1:]


def g_fact(c):
    x = c.r.random()
    ev = c.split != "train"
    def q(train, heldout):
        return c.pick(heldout) if ev else dress(c, c.pick(train))
    if x < 0.22:
        k = c.pick(list(CAPITALS))
        if c.p(0.2):
            return q([f"Which country has the capital {CAPITALS[k]}?", f"{CAPITALS[k]} is the capital of which country?", f"What country is {CAPITALS[k]} the capital of?"], [f"Of which country is {CAPITALS[k]} the capital?"]), \
                f"{CAPITALS[k]} is the capital of {k}.", f"Capital {CAPITALS[k]}: {k}."
        return q([f"What is the capital of {k}?", f"What's the capital of {k}?", f"Capital of {k}?", f"Name the capital of {k}.", f"Which city is the capital of {k}?", f"Tell me the capital of {k}.", f"Do you know the capital of {k}?",
                  f"What is {k}'s capital?"], [f"Can you name the capital of {k}?", f"Which city is {k}'s capital?"]), f"The capital of {k} is {CAPITALS[k]}.", f"Capital of {k}: {CAPITALS[k]}."
    if x < 0.27:
        k = c.pick(list(CONTINENT))
        return q([f"On which continent is {k}?", f"Which continent is {k} in?", f"Where is {k}?", f"What continent does {k} belong to?"], [f"In which continent is {k}?"]), f"{thecap(k)} is in {CONTINENT[k]}.", f"{k}: {CONTINENT[k]}."
    if x < 0.32:
        k = c.pick(list(LANG_OF))
        return q([f"What language do people speak in {k}?", f"Which language is spoken in {k}?", f"What do they speak in {k}?"], [f"What is the language of {k}?"]), f"People in {k} speak {LANG_OF[k]}.", f"{k}: {LANG_OF[k]}."
    if x < 0.39:
        k = c.pick(list(SOUNDS))
        return q([f"What sound does {article(k)} make?", f"What does {article(k)} say?", f"What does the {k} say?", f"Which sound does {article(k)} make?", f"How does {article(k)} sound?"], [f"What noise does {article(k)} make?"]), \
            f"{thecap(article(k))} says {SOUNDS[k]}.", f"Sound of {article(k)}: {SOUNDS[k]}."
    if x < 0.46:
        k = c.pick(list(COLOUR_OF))
        be = "is"
        return q([f"What colour is {k}?", f"What color is {k}?", f"Which colour is {k}?", f"Tell me the colour of {k}.", f"What is the colour of {k}?"], [f"Which color does {k} have?", f"Which colour is {k} usually?"]), f"{thecap(k)} is {COLOUR_OF[k]}.", f"Colour of {k}: {COLOUR_OF[k]}."
    if x < 0.55:
        a, b = c.pick(OPPOSITES)
        if c.p(0.5):
            a, b = b, a
        return q([f"What is the opposite of {a}?", f"Opposite of {a}?", f"What's the opposite of {a}?", f'What is the opposite of "{a}"?', f"Tell me the opposite of {a}.", f"Give me the opposite of {a}."], [f"Which word is the opposite of {a}?"]), \
            f"The opposite of {a} is {b}.", f"Opposite of {a}: {b}."
    if x < 0.62:
        k, n = c.pick(UNITS)
        return q([f"How many {k}?", f"How many {k}?", f"How many {k.replace(' are in ', ' does ')} have?" if " are in " in k else f"How many {k}?"], [f"Tell me how many {k}."]), \
            unit_answer(k, n), f"I know this: {n}."
    if x < 0.72:
        seq = c.pick([DAYS, MONTHS, list("ABCDEFGHIJKLMNOPQRSTUVWXYZ")])
        lab = "day" if seq is DAYS else "month" if seq is MONTHS else "letter"
        i = c.r.randrange(len(seq))
        if c.p(0.6):
            j = (i + 1) % len(seq) if lab != "letter" else min(i + 1, 25)
            i = j - 1 if lab == "letter" else i
            return q([f"What {lab} comes after {seq[i]}?", f"Which {lab} comes after {seq[i]}?", f"What comes after {seq[i]}?", f"What is the {lab} after {seq[i]}?"], [f"Which {lab} follows {seq[i]}?"]), f"{seq[j]} comes after {seq[i]}.", f"{seq[i]}, {seq[j]}."
        j = (i - 1) % len(seq) if lab != "letter" else max(i - 1, 0)
        i = j + 1 if lab == "letter" else i
        return q([f"What {lab} comes before {seq[i]}?", f"Which {lab} comes before {seq[i]}?", f"What comes before {seq[i]}?"], [f"Which {lab} is right before {seq[i]}?"]), f"{seq[j]} comes before {seq[i]}.", f"{seq[j]}, {seq[i]}."
    if x < 0.76:
        k = c.pick(list(BABY))
        return q([f"What is a baby {k} called?", f"What do you call a baby {k}?", f"Name of a baby {k}?"], [f"How is a baby {k} called?"]), f"A baby {k} is called {article(BABY[k])}.", f"Baby {k}: {BABY[k]}."
    if x < 0.80:
        k = c.pick(list(LEGS))
        return q([f"How many legs does {article(k)} have?", f"How many legs has {article(k)}?"], [f"Tell me how many legs {article(k)} has."]), f"{thecap(article(k))} has {LEGS[k]} legs.", f"Legs of {article(k)}: {LEGS[k]}."
    if x < 0.84:
        k = c.pick(list(PLURALS))
        return q([f"What is the plural of {k}?", f'What is the plural of "{k}"?', f"Plural of {k}?"], [f"Give me the plural of {k}."]), f"The plural of {k} is {PLURALS[k]}.", f"One {k}, two {PLURALS[k]}."
    if x < 0.87:
        k = c.pick(MONTHS)
        return q([f"How many days does {k} have?", f"How many days are in {k}?"], [f"How many days are there in {k}?"]), f"{k} has {MONTH_DAYS[k]} days.", f"{k}: {MONTH_DAYS[k]} days."
    if x < 0.89:
        return q(["What are the days of the week?", "List the days of the week.", "Name the days of the week."], ["Tell me the days of the week."]), "The days of the week are " + say(DAYS) + ".", "Seven days."
    if x < 0.91:
        return q(["What are the months of the year?", "List the months.", "Name all the months of the year."], ["Tell me the months of the year."]), "The months are " + say(MONTHS) + ".", "Twelve months."
    k, v = c.pick(DEFS)
    return q([f"What is {k}?", f"Explain {k}.", f"What's {k}?", f"Define {k}.", f"Tell me what {k} is.", f"Can you explain {k}?", f"Explain to me what {k} is."], [f"Please explain what {k} is."]), v, "I know this."


def unit_answer(k, n):
    if " are in " in k:
        a, b = k.split(" are in ")
        return f"There are {n} {a} in {b}."
    if " does " in k:
        a, b = k.split(" does ")
        return f"{thecap(b.replace(' have', ''))} has {n} {a}."
    a, b = k.split(" are ")
    return f"There are {n} {a} {b}." if b != "there" else f"There are {n} {a}."


def g_math(c):
    x = c.r.random()
    if x < 0.42:
        hi = c.pick([9, 9, 9, 12, 20, 20, 50, 99])
        a, b = c.r.randint(0, hi), c.r.randint(0, hi)
        s = a + b
        t = f"{a} + {b} = {s}"
        q = c.pick([f"What is {a} + {b}?", f"What is {a} plus {b}?", f"{a} + {b}", f"{a} + {b} = ?", f"How much is {a} + {b}?", f"Calculate {a} + {b}.", f"Add {a} and {b}.", f"{a}+{b}?", f"What is {a}+{b}?", f"How much is {a} plus {b}?", f"What's {a} + {b}?"])
        th = f"{a} + {b}" if max(a, b) < 10 else f"ones: {a % 10} + {b % 10} = {a % 10 + b % 10}, tens: {a // 10} + {b // 10} = {a // 10 + b // 10}, so {s}"
        return q, t, th
    if x < 0.62:
        hi = c.pick([9, 12, 20, 20, 50, 99])
        a, b = sorted((c.r.randint(0, hi), c.r.randint(0, hi)), reverse=True)
        q = c.pick([f"What is {a} - {b}?", f"What is {a} minus {b}?", f"{a} - {b}", f"How much is {a} - {b}?", f"Calculate {a} - {b}.", f"Subtract {b} from {a}.", f"What's {a} - {b}?"])
        return q, f"{a} - {b} = {a - b}", f"{a} minus {b} is {a - b}"
    if x < 0.8:
        a, b = c.r.randint(0, 12), c.r.randint(0, 12)
        sy = c.pick(["*", "x", "times"])
        q = c.pick([f"What is {a} {sy} {b}?", f"{a} {sy} {b}", f"How much is {a} {sy} {b}?", f"Calculate {a} {sy} {b}.", f"Multiply {a} by {b}.", f"What's {a} {sy} {b}?"])
        return q, f"{a} * {b} = {a * b}", f"{a} times {b} is {a * b}"
    if x < 0.86:
        b, r = c.r.randint(1, 10), c.r.randint(1, 10)
        q = c.pick([f"What is {b * r} / {b}?", f"What is {b * r} divided by {b}?", f"Divide {b * r} by {b}.", f"{b * r} / {b}"])
        return q, f"{b * r} / {b} = {r}", f"{b} times {r} is {b * r}"
    n = v_person(c).split()[0]
    f = c.pick(FOODS[:12])
    a, b = c.r.randint(2, 12), c.r.randint(1, 9)
    if c.p(0.5):
        return c.pick([f"{n} has {a} {f} and gets {b} more. How many {f} does {n} have now?", f"{n} has {a} {f}. A friend gives {n} {b} more. How many {f} does {n} have?"]), f"{n} has {a + b} {f}.", f"{a} + {b} = {a + b}"
    a = max(a, b)
    return c.pick([f"{n} has {a} {f} and eats {b}. How many {f} are left?", f"{n} has {a} {f} and gives away {b}. How many {f} are left?"]), f"{a - b} {f} are left.", f"{a} - {b} = {a - b}"


SHORT = sorted({w for w in ANIMALS + THINGS + FOODS + PLACES + COLOURS + ADJ if len(w) <= 6} | set(W("sun moon star tree cat dog bus car hand milk")))


def g_word(c):
    x = c.r.random()
    if x < 0.14:
        a = c.r.randint(1, 12)
        b = a + (c.r.randint(2, 14) if c.p(0.92) else c.r.randint(10, 60))
        if c.p(0.3):
            return c.pick([f"Count down from {b} to {a}.", f"Count backwards from {b} to {a}."]), ", ".join(str(i) for i in range(b, a - 1, -1)), "Counting down."
        if c.p(0.5):
            a = 1
        return c.pick([f"Count from {a} to {b}.", f"Please count from {a} to {b}", f"Count from {a} to {b}"] + ([f"Count to {b}.", f"Can you count to {b}?"] if a == 1 else [])), ", ".join(str(i) for i in range(a, b + 1)), "Counting up."
    if x < 0.24:
        w = sub(c, SHORT) if c.p(0.75) else c.pseudo(1, 2)
        return c.pick([f"Spell {w}.", f"Spell the word {w}.", f'Spell "{w}".', f"How do you spell {w}?"]), "-".join(w), f"The letters of {w}."
    if x < 0.34:
        w = sub(c, SHORT) if c.p(0.75) else c.pseudo(1, 2)
        return c.pick([f"Write {w} in capital letters.", f"Uppercase {w}.", f'Write "{w}" in uppercase.', f"Put {w} in upper case."]), w.upper(), "-".join(w)
    if x < 0.42:
        w = sub(c, [s for s in SHORT if len(s) <= 5]) if c.p(0.8) else c.pseudo(1, 1)
        return c.pick([f"Reverse the word {w}.", f'Reverse "{w}".', f"Write {w} backwards.", f"Spell {w} backwards."]), "-".join(reversed(w)), "-".join(w)
    if x < 0.48:
        w = sub(c, SHORT)
        return c.pick([f"How many letters are in {w}?", f"How many letters does {w} have?", f"Count the letters in {w}."]), f"The word {w} has {len(w)} letters.", "-".join(w)
    if x < 0.72:
        t = c.pick([v_phrase, v_message, v_word, v_title, v_task])(c)
        y = c.r.random()
        if y < 0.6:
            return c.pick([f'Repeat: "{t}"', f"Repeat after me: {t}", f'Say "{t}".', f"Say: {t}", f'Please repeat "{t}"', f'Echo "{t}"', f"Repeat this text: {t}"]), t, "I will repeat the text."
        if y < 0.8:
            w = v_word(c)
            n = c.r.randint(2, 5)
            return c.pick([f"Say {w} {n} times.", f"Write {w} {n} times", f'Repeat "{w}" {NUMW[n]} times.']), " ".join([w] * n), f"{n} times."
        return f'Put "{t}" in quotes.', f'"{t}"', "Quotes."
    if x < 0.8:
        a = list({c.r.randint(1, c.pick([9, 20, 99])): 0 for _ in range(c.r.randint(3, 5))})
        if len(a) < 3:
            a = [3, 1, 2]
        y = c.r.random()
        s = ", ".join(map(str, a))
        if y < 0.5:
            return c.pick([f"Sort these numbers: {s}", f"Sort {s}", f"Put in order: {s}"]), ", ".join(map(str, sorted(a))), "Smallest first."
        if y < 0.75:
            return c.pick([f"Which number is the largest: {s}?", f"What is the biggest of {s}?"]), f"The largest number is {max(a)}.", f"{max(a)} is the largest."
        return c.pick([f"Which number is the smallest: {s}?", f"What is the smallest of {s}?"]), f"The smallest number is {min(a)}.", f"{min(a)} is the smallest."
    if x < 0.86:
        n = c.r.randint(0, 99)
        return c.pick([f"Is {n} even or odd?", f"Is the number {n} odd or even?"]), f"{n} is {'odd' if n % 2 else 'even'}.", f"The last digit is {n % 10}."
    if x < 0.95:
        kind, lst = c.pick([("animals", ANIMALS), ("colours", COLOURS[:11]), ("fruits", FOODS[:9]), ("cities", ["Paris", "Rome", "Berlin", "London", "Madrid", "Tokyo", "Cairo", "Oslo", "Vienna"]), ("jobs", JOBS), ("sports", SPORTS), ("names", NAMES), ("countries", ["France", "Italy", "Japan", "Egypt", "Brazil", "Canada", "India", "Norway"])])
        n = c.r.randint(2, 6)
        items = c.r.sample(lst, n)
        if c.p(0.4):
            return c.pick([f"List {NUMW[n]} {kind}.", f"Give me a list of {n} {kind}.", f"Write a list of {n} {kind}."]), "\n".join(f"{i + 1}. {w}" for i, w in enumerate(items)), f"{n} {kind}."
        return c.pick([f"Name {NUMW[n]} {kind}.", f"Name {n} {kind}.", f"Tell me {n} {kind}."]), f"{NUMW[n].capitalize()} {kind}: {say(items)}.", f"{n} {kind}."
    return "Say the alphabet.", ", ".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "26 letters."


def g_unknown(c):
    t = c.pick(UNKNOWN)
    s = t.format(y=c.r.randint(1900, 2024), c=v_city(c) if c.p(0.5) else v_country(c), d=v_city(c), t=v_topic(c), p=v_person(c), w=c.pseudo(), l=sub(c, LANGUAGES), s=v_song(c))
    return dress(c, s), "Sorry, I do not know that. I am a very small model.", "I do not know this."


def g_memory(c):
    """Two or three turns where the user states something and asks for it later."""
    n, col, city, food = v_person(c).split()[0], c.pick(COLOURS), v_city(c), sub(c, FOODS)
    pet, pn, age, job = c.pick(ANIMALS), v_person(c).split()[0], c.r.randint(5, 80), sub(c, JOBS)
    items = [
        (c.pick([f"My name is {n}.", f"I am {n}.", f"Hi, I am {n}!"]), f"Nice to meet you, {n}!", c.pick(["What is my name?", "Do you know my name?", "Who am I?", "What's my name?"]), f"Your name is {n}."),
        (c.pick([f"My favourite colour is {col}.", f"I like the colour {col}."]), f"{col.capitalize()} is a nice colour!", c.pick(["What is my favourite colour?", "Which colour do I like?"]), f"Your favourite colour is {col}."),
        (c.pick([f"I live in {city}.", f"I am from {city}."]), f"{city} sounds like a nice place!", c.pick(["Where do I live?", "Which city do I live in?", "Where am I from?"]), f"You live in {city}."),
        (c.pick([f"I like {food}.", f"My favourite food is {food}."]), f"That sounds tasty!", c.pick(["What do I like?", "What is my favourite food?", "What do I like to eat?"]), f"You like {food}."),
        (c.pick([f"I have a {pet} called {pn}.", f"My {pet} is called {pn}."]), f"{pn} is a lovely name for a {pet}!", c.pick([f"What is my {pet} called?", f"What is the name of my {pet}?"]), f"Your {pet} is called {pn}."),
        (c.pick([f"I am {age} years old.", f"My age is {age}."]), "Thank you for telling me!", c.pick(["How old am I?", "What is my age?"]), f"You are {age} years old."),
        (c.pick([f"I am a {job}.", f"I work as a {job}."]), f"Being a {job} must be interesting!", c.pick(["What is my job?", "What do I do for work?"]), f"You are a {job}."),
    ]
    pick = c.r.sample(items, c.pick([1, 1, 2, 3]))
    msgs = []
    for s, a, _, _ in pick:
        msgs += [U(s), A(a, "The user tells me something.")]
    if c.p(0.3):
        u, a, th = c.pick([g_fact, g_math, g_chat])(c)
        msgs += [U(u), A(a, th)]
    asks = c.r.sample(pick, c.r.randint(1, len(pick)))
    for _, _, q, a in asks:
        msgs += [U(q), A(a, "The user told me this before.")]
    return dict(messages=msgs, cat="memory")


# ---------------------------------------------------------------- stories
TRAIT = W("brave clever kind gentle shy funny lazy curious lucky hungry sleepy happy polite quick quiet tiny young wise small silly proud lonely")
FEEL = W("happy glad proud excited calm cheerful thankful")
WEATHER = ["The sun was shining", "It was raining softly", "The wind was blowing", "Snow was falling", "The sky was clear and blue", "A soft mist lay over the land", "The stars were out", "It was a warm and quiet day"]
PROB = [
    ("lost {pos} {thing}", "{Sub} looked under the {obj1}, behind the {obj2} and even inside an old {obj3}, but the {thing} was not there.", "{friend} found the {thing} near the {place2}", "\"Here it is!\" said {friend}. \"It was near the {place2} all the time.\""),
    ("could not find the way home", "{Sub} walked past the {place2} and around the {place3}, but every path looked the same.", "{friend} knew the way and led {obj} home", "\"Follow me,\" said {friend}. \"I know every path from here to the {place2}.\""),
    ("heard a strange noise", "The noise came from the {place2}. It went bump, bump, bump, and {name} was a little afraid.", "it was only {friend}, who was building a {thing}", "\"Do not be afraid,\" said {friend}. \"I am only building a {thing}. Do you want to help?\""),
    ("saw that the bridge to the {place2} was broken", "{Sub} tried to jump over the water, but it was too wide. {Sub} tried to swim, but it was too cold.", "{friend} brought a {adj} rope and they fixed the bridge", "\"Two can do what one cannot,\" said {friend}, and they worked until the bridge was strong again."),
    ("found a {adj} {thing} in the grass", "{Sub} asked the {job} and {sub} asked the {job2}, but nobody knew who had lost it.", "it belonged to {friend}, who had been looking for it all day", "\"My {thing}!\" said {friend}. \"I have looked for it all day. Thank you!\""),
    ("wanted to bake a cake but had no {food}", "{Sub} looked on the shelf and in the cupboard, but there was only a bit of {food2}.", "{friend} came with a big basket of {food}", "\"Take as much as you need,\" said {friend}. \"But please save a piece of cake for me!\""),
    ("wanted to learn how to {skill}", "{Sub} tried once, {sub} tried twice, {sub} tried ten times, but it did not work.", "{friend} showed {obj} how to do it, step by step", "\"Be patient,\" said {friend}. \"Nobody can {skill} on the very first day.\""),
    ("had nobody to play with", "{Sub} played with a {thing} alone, but it was not much fun.", "{friend} came by and asked to play, too", "\"May I play with you?\" asked {friend}. \"I have been looking for a friend, too.\""),
    ("saw a little {animal3} that was stuck in a tree", "The {animal3} was afraid to climb down, and {name} was too small to reach it.", "{friend} brought a {adj} ladder and the {animal3} was safe again", "\"Hold the ladder,\" said {friend}, \"and I will climb up.\""),
    ("could not sleep", "{Sub} counted the stars, {sub} drank some warm milk, but {sub} was still awake.", "{friend} sang a quiet song and soon everyone was asleep", "\"Close your eyes and listen,\" said {friend}, and sang a song about the {place2}."),
]
SKILLS = ["swim", "fly a kite", "play the drum", "bake bread", "ride a bicycle", "sing", "paint", "climb a tree", "read", "dance", "whistle", "build a tower"]
HEROES = W("robot knight princess pirate wizard king queen giant ghost snowman fairy doll teapot train boat cloud star moon witch prince astronaut detective cook dinosaur monster elf")
MORAL = ["{name} learned that it is good to ask for help.", "{name} learned that a friend is better than gold.", "{name} learned that small steps lead to big things.", "From that day on, {name} was never alone again.",
         "{name} learned that sharing makes everyone happy.", "{name} learned that it is good to be patient.", "And {name} never forgot that day."]
END = ["They went home, had {food2} and {food3} for dinner and fell asleep under the {adj2} stars.", "In the evening they sat by the {place}, ate {food2} and laughed.", "Then they danced around the {place} until the moon came up.",
       "That night {name} was very {feel}.", "They played together until it got dark, and then {name} went home, tired but {feel}."]


def g_story(c, animal=None, long=None):
    an = animal or (c.pick(ANIMALS) if c.p(0.7) else c.pick(HEROES) if c.p(0.6) else v_word(c).lower())
    given = animal is not None
    name = v_person(c).split()[0]
    an2 = c.pick([a for a in ANIMALS if a != an])
    fname = c.pick([n for n in NAMES if n != name])
    she = c.p(0.5)
    human = c.p(0.2)
    who = c.pick(["boy", "girl"]) if human else an
    if human:
        she = who == "girl"
    objs = c.r.sample(THINGS, 4)
    pls = c.r.sample(PLACES, 4)
    fds = c.r.sample(FOODS, 3)
    jb = c.r.sample(JOBS, 2)
    adjs = c.r.sample(ADJ, 3)
    s = dict(name=name, an=who, friend=f"{fname} the {an2}", place=pls[0], place2=pls[1], place3=pls[2], thing=objs[0], obj1=objs[1], obj2=objs[2], obj3=objs[3], food=fds[0], food2=fds[1], food3=fds[2],
             adj=adjs[0], adj2=adjs[1], trait=c.pick(TRAIT), job=jb[0], job2=jb[1], skill=c.pick(SKILLS), feel=c.pick(FEEL), animal3=c.pick(["kitten", "bird", "squirrel", "mouse", "owl"]),
             Sub="She" if she else "He", sub="she" if she else "he", pos="her" if she else "his", obj="her" if she else "him")
    f = lambda t: t.format(**s)
    x = c.r.random()
    long = c.p(0.35) if long is None else long
    if given or x < 0.5:
        topic = f"{article(who)}" if c.p(0.6) else f"{article(s['trait'] + ' ' + who)}"
    elif x < 0.7:
        topic = f"{name} the {who}"
    elif x < 0.8:
        topic = f"{article(who)} and {article(s['thing'])}"
    else:
        topic = None
    L1 = "long " if long else c.pick(["", "", "short ", "little "])
    if topic:
        q = c.pick(["Tell me a {l}story about {t}.", "Write a {l}story about {t}.", "Please tell me a {l}story about {t}", "Can you tell me a {l}story about {t}?", "I want a {l}story about {t}.", "tell me a {l}story about {t}", "Write a {l}tale about {t}.",
                     "Make up a {l}story about {t}."]).format(l=L1, t=topic)
    else:
        q = c.pick(["Tell me a {l}story.", "Write a {l}story.", "Tell me a {l}bedtime story.", "Can you tell me a {l}story?", "I want to hear a {l}story", "Tell me a {l}story please.", "Write a {l}story for children."]).format(l=L1)
    title = f("{name} the {an}").title() if not human else f"{name} and the {objs[0].capitalize()}"
    par = []
    par.append(c.pick([f("Once upon a time, there was a {trait} {an} called {name}."), f("Once there was a {trait} {an} named {name}."), f("A {trait} {an} called {name} lived near the {place}."), f("In a {adj} {place} lived a {trait} {an} named {name}.")]).replace("a old", "an old"))
    par[0] += " " + c.pick([f("{name} lived in a {adj2} house near the {place} and loved {food}."), f("Every day {name} walked to the {place} to pick {food}."), f("{name} loved {food}, songs and the smell of the {place}."), f("The best friend of {name} was {friend}."), f("{name} had a {adj} {thing} and took it everywhere.") if objs[0] else ""])
    prob = c.pick(PROB)
    par.append(f(c.pick(["One day, ", "One morning, ", "One evening, ", "Then, one day, "])) + f("{name} " + prob[0] + ". ") + c.pick(WEATHER) + ". " + f(prob[1]))
    par.append(f(c.pick(["{name} sat down and was very sad.", "{name} did not know what to do.", "{name} wanted to cry, but then {sub} had an idea.", "{name} took a deep breath."])) + " " +
               f(c.pick(["Just then, {friend} came along.", "At that moment, {friend} came down the path.", "Then {sub} met {friend}.", "{Sub} went to the {place3} to ask {friend}."])) + " " +
               f(c.pick(['"What is the matter?" asked {friend}.', '"Can I help you?" asked {friend}.', '"Why are you so quiet?" asked {friend}.'])) + " " + f("{name} told the whole story."))
    par.append(f(prob[3]) + " " + f("And so it was: " + prob[2] + "."))
    if long:
        # a second adventure in the middle of a long story
        p2 = c.pick([p for p in PROB if p is not prob])
        s2 = dict(s)
        objs2 = c.r.sample(THINGS, 4)
        s2.update(thing=objs2[0], obj1=objs2[1], obj2=objs2[2], obj3=objs2[3], friend=f"{c.pick(NAMES)} the {c.pick(ANIMALS)}", place2=c.pick(PLACES), place3=c.pick(PLACES), skill=c.pick(SKILLS), food=c.pick(FOODS))
        g = lambda t: t.format(**s2)
        par.append(g("The next day, {name} " + p2[0] + ". ") + c.pick(WEATHER) + ". " + g(p2[1]))
        par.append(g(c.pick(["This time, {friend} was there to help.", "Luckily, {friend} lived nearby.", "{name} asked {friend} for help."])) + " " + g(p2[3]) + " " + g("In the end, " + p2[2] + "."))
    par.append(f(c.pick(['"Thank you so much!" said {name}.', '"You are a true friend," said {name}.', '"Thank you," said {name}, and smiled.', '{name} was so {feel} that {sub} jumped in the air.'])) + " " + f(c.pick(END)) + " " + f(c.pick(MORAL)))
    body = ("\n\n" if long or c.p(0.6) else " ").join(par) + ("\n\nThe end." if c.p(1) else "")
    return q, body, f"A story about {name} the {who}. {'It should be long.' if long else 'A short one.'}"


# ---------------------------------------------------------------- JSON
def g_json(c):
    x = c.r.random()
    FIELDS = [("name", "person"), ("age", "small"), ("city", "city"), ("job", "job"), ("color", "colour"), ("pet", "animal"), ("country", "country"), ("email", "email"), ("date", "date"), ("time", "time"), ("price", "num"), ("quantity", "small"),
              ("product", "thing"), ("food", "food"), ("sport", "sport"), ("id", "code"), ("title", "title"), ("title", "phrase"), ("task", "task"), ("song", "song"), ("language", "lang"), ("size", "size"), ("active", "onoff"), ("tags", "foods"), ("room", "room")]
    vf = lambda k: sub(c, ANIMALS) if k == "animal" else VAL[k](c)
    if x < 0.3:       # prose about a person
        n, age, city, job, col, pet = v_person(c), c.r.randint(4, 90), v_city(c), sub(c, JOBS), c.pick(COLOURS[:11]), c.pick(ANIMALS)
        alls = dict(name=n, age=age, city=city, job=job, color=col, pet=pet)
        ks = c.r.sample(list(alls), c.r.randint(2, 4))
        if "name" not in ks and c.p(0.8):
            ks = ["name"] + ks
        sent = {"age": [f"is {age} years old"], "city": [f"lives in {city}", f"comes from {city}"], "job": [f"works as a {job}", f"is a {job}"], "color": [f"likes the colour {col}"], "pet": [f"has a {pet}"], "name": ["is a nice person"]}
        extra = [k for k in alls if k not in ks and k != "name"]
        use = [k for k in ks if k != "name"] + (c.r.sample(extra, 1) if c.p(0.3) and extra else [])
        c.r.shuffle(use)
        if not use:
            use = ["age"]
        parts = [c.pick(sent[k]) for k in use]
        text = f"{n} " + (parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]) + "."
        obj = {k: alls[k] for k in ks}
        keys = say(ks) if c.p(0.6) else ", ".join(ks)
        q = c.pick([f"Reply in JSON with keys {keys}: {text}", f"{text} Give me this as JSON with the keys {keys}.", f"Extract {keys} as JSON: {text}", f"Convert to JSON with keys {keys}: {text}", f"Return a JSON object with {keys}. {text}",
                    f"{text}\nReply only with JSON. Keys: {keys}.", f"Turn this into JSON with the fields {keys}: {text}"])
        return q, J(obj), f"JSON with {say(ks)}."
    if x < 0.62:      # key value list
        n = c.r.randint(1, 5)
        obj = {}
        for _ in range(n):
            if c.p(0.6):
                k, kind = c.pick(FIELDS)
            else:
                k, kind = c.held(lambda: c.pick(PARAMS) if c.p(0.6) else c.pick(NOUNS) + "_" + c.pick(PARAMS)), c.pick(["word", "int", "person", "city", "num", "phrase", "code", "colour", "onoff", "date"])
            obj[k] = vf(kind)
        f = c.pick(["{k} {v}", "{k} = {v}", "{k}: {v}", "{k} is {v}", "{k} {v}"])
        items = [f.format(k=k, v=say(v)) for k, v in obj.items()]
        body = c.pick([", ".join(items), say(items)]) if not any(isinstance(v, list) for v in obj.values()) else "; ".join(items)
        q = c.pick([f"Make a JSON object: {body}", f"Write JSON with {body}.", f"Give me a JSON object with {body}", f"Convert to JSON: {body}", f"Return as JSON: {body}", f"Create a JSON object where {body}.", f"JSON please: {body}", f"Reply in JSON: {body}"])
        return q, J(obj), f"JSON with {say(list(obj))}."
    if x < 0.74:      # arrays
        if c.p(0.5):
            items = list({c.pick([v_word, v_person, v_city, lambda c: sub(c, FOODS)])(c): 0 for _ in range(c.r.randint(2, 5))})
            q = c.pick([f"Make a JSON array of {say(items)}.", f"Convert to a JSON array: {', '.join(items)}", f"Write as a JSON list: {say(items)}", f"JSON array: {', '.join(items)}"])
            return q, J(items), "A JSON array."
        kind, lst = c.pick([("animals", ANIMALS), ("colours", COLOURS[:11]), ("fruits", FOODS[:9]), ("jobs", JOBS), ("sports", SPORTS)])
        n = c.r.randint(2, 5)
        key = c.pick([None, kind, "items", "list"])
        its = c.r.sample(lst, n)
        if key is None:
            return c.pick([f"List {n} {kind} as a JSON array.", f"Give me {NUMW[n]} {kind} as a JSON list."]), J(its), "A JSON array."
        return f"Reply in JSON with the key {key}: name {n} {kind}.", J({key: its}), f"JSON with {key}."
    if x < 0.78:      # free objects
        k = c.pick(["person", "user", "book", "song", "city", "recipe", "event", "product", "pet", "task"])
        n = v_person(c)
        named = c.p(0.5)
        obj = {"person": {"name": n, "age": c.r.randint(18, 80), "city": v_city(c)}, "user": {"name": n, "email": v_email(c), "active": c.p(0.5)},
               "book": {"title": v_song(c), "author": n, "year": c.r.randint(1900, 2024)}, "song": {"title": v_song(c), "artist": n, "genre": sub(c, GENRES)},
               "city": {"name": v_city(c), "country": v_country(c)}, "recipe": {"name": sub(c, DISHES), "ingredients": c.r.sample(FOODS, 3), "minutes": c.r.randint(10, 90)},
               "event": {"title": v_title(c), "date": v_date(c), "time": v_time(c)}, "product": {"name": sub(c, THINGS), "price": v_num(c), "in_stock": c.p(0.5)},
               "pet": {"name": n.split()[0], "animal": c.pick(ANIMALS), "age": c.r.randint(1, 12)}, "task": {"task": v_task(c), "done": c.p(0.5)}}[k]
        first = list(obj)[0]
        q = c.pick([f"Give me a JSON object for a {k}", f"Write a JSON object that describes a {k}", f"Make up a {k} as JSON", f"Create an example {k} in JSON", f"Describe a {k} in JSON"])
        q += f" with the {first} {obj[first]}." if named else "."
        return q, J(obj), f"JSON for a {k}."
    if x < 0.87:      # facts as JSON
        k = c.pick(list(CAPITALS))
        kk = c.pick(["capital", "city", "answer", "result"])
        if c.p(0.4):
            a, b = c.r.randint(0, 20), c.r.randint(0, 20)
            return c.pick([f"Reply in JSON with the key {kk}: what is {a} + {b}?", f"What is {a} + {b}? Answer as JSON with the key {kk}."]), J({kk: a + b}), f"{a} + {b} = {a + b}"
        if c.p(0.4):
            return c.pick([f"Give me the country and capital of {k} as JSON.", f"Reply in JSON with keys country and capital for {k}.", f"Reply in JSON with keys country and capital: {k}"]), J({"country": k.replace("the ", ""), "capital": CAPITALS[k]}), f"Capital of {k}: {CAPITALS[k]}."
        return c.pick([f"What is the capital of {k}? Reply in JSON with the key {kk}.", f"Reply in JSON with the key {kk}: what is the capital of {k}?", f"Answer as JSON with the key {kk}: What is the capital of {k}?"]), J({kk: CAPITALS[k]}), f"Capital of {k}: {CAPITALS[k]}."
    # schema
    n = c.r.randint(1, 4)
    fs = {}
    for _ in range(n):
        k, kind = c.pick([f for f in FIELDS if f[1] not in ("foods", "onoff", "phrase", "song", "task", "title")])
        fs[k] = vf(kind)
    sch = {"type": "object", "properties": {k: {"type": "integer" if isinstance(v, int) else "number" if isinstance(v, float) else "string"} for k, v in fs.items()}, "required": list(fs)}
    items = list(fs.items())
    if c.p(0.5):
        c.r.shuffle(items)
    body = ", ".join(f"{k} {say(v)}" for k, v in items)
    q = c.pick([f"{body}\nReply with JSON that matches this schema: {J(sch)}", f"Reply with JSON for this schema: {J(sch)}\n{body}", f"Extract the data. {body}. Schema: {J(sch)}"])
    return q, J(fs), f"JSON with {say(list(fs))}."


SYS = [None] * 10 + ["You are a helpful assistant."] * 3 + ["You are pocket-chat, a small helpful assistant.", "You are a friendly assistant.", "Be brief.", "Answer the user.", "You are a helpful AI assistant. Be concise.", "You help users.",
                                                    "You are an assistant that can call functions.", "Keep your answers short."]
SYS_JSON = ["Reply only in JSON.", "You always answer with JSON.", "Respond with a JSON object.", "Answer in JSON format. No other text."]
PLAIN = {"chat": g_chat, "fact": g_fact, "math": g_math, "word": g_word, "unknown": g_unknown, "story": g_story, "json": g_json}
MIX = dict(tool=62, quiz=24, json=5, story=2, memory=2, copy=5)


def simple(c):
    return c.pick([g_chat, g_chat, g_fact, g_fact, g_math, g_word, g_json])(c)


def nochat(c):
    """Turns for dialogues with tools: nothing that a tool could be meant for."""
    return c.pick([g_chat, g_chat, g_chat, g_fact, g_word])(c)


def g_copy(c):
    """Plain copying of words that mean nothing."""
    n = c.r.randint(2, 12)
    t = " ".join(rand_word(c) for _ in range(n))
    return c.pick(['Repeat: "{}"', "Say {}", 'Copy this text: {}', "Repeat after me: {}", 'Echo "{}"', "Say: {}"]).format(t), t, "I will repeat the text."


def rand_word(c):
    x = c.r.random()
    return c.pseudo() if x < 0.45 else v_word(c) if x < 0.75 else v_person(c) if x < 0.85 else v_code(c) if x < 0.95 else str(c.r.randint(0, 9999))


def make(c, cat, **kw):
    if cat in ("quiz", "copy", "json") and c.split == "train":
        msgs = []
        think = c.p(0.2)
        for _ in range(c.r.randint(1, 2) if think else c.r.randint(1, {"quiz": 9, "copy": 3, "json": 4}[cat])):
            if cat == "quiz":
                x = c.r.random()
                g = g_fact if x < 0.46 else g_chat if x < 0.62 else g_math if x < 0.82 else g_word if x < 0.93 else g_unknown if x < 0.97 else g_json
            else:
                g = g_copy if cat == "copy" else g_json if c.p(0.9) else simple
            u, a, th = g(c)
            msgs += [U(u), A(a, th)]
        s = c.pick(SYS_JSON) if cat == "json" and c.p(0.1) else c.pick(SYS)
        return dict(messages=([{"role": "system", "content": s}] if s else []) + msgs, cat=cat, tools=None, thinking=think)
    if cat == "tool":
        d = gen_tool_dialogue(c, nochat, **kw)
    elif cat == "memory":
        d = g_memory(c)
    else:
        msgs = []
        if c.split == "train" and cat != "story" and c.p(0.25):
            u, a, th = simple(c)
            msgs += [U(u), A(a, th)]
        u, a, th = PLAIN[cat](c)
        msgs += [U(u), A(a, th)]
        if c.split == "train" and cat in ("fact", "math", "word", "chat") and c.p(0.5):
            for _ in range(c.r.randint(1, 3)):
                u, a, th = c.pick([PLAIN[cat], PLAIN[cat], simple])(c)
                msgs += [U(u), A(a, th)]
        d = dict(messages=msgs, cat=cat)
    s = c.pick(SYS)
    if cat == "json" and c.p(0.15):
        s = c.pick(SYS_JSON)
    if s:
        d["messages"] = [{"role": "system", "content": s}] + d["messages"]
    d.setdefault("tools", None)
    d["thinking"] = c.p(0.22) if c.split == "train" else False
    return d


# ---------------------------------------------------------------- rendering (the same text as chat_template.jinja)
TOOL_HEAD = "# Tools\nYou can use these functions:\n<tools>\n"
TOOL_TAIL = "\n</tools>\nTo use one, answer with <tool_call>\n{\"name\": ..., \"arguments\": {...}}\n</tool_call>"


def render(d):
    """List of (text, is target) pairs."""
    out = []
    m = d["messages"]
    s = None
    if m and m[0]["role"] == "system":
        s, m = m[0]["content"], m[1:]
    if d.get("tools"):
        out.append(("<|im_start|>system\n" + (s + "\n\n" if s else "") + TOOL_HEAD + "\n".join(J(t["function"]) for t in d["tools"]) + TOOL_TAIL + "<|im_end|>\n", False))
    elif s:
        out.append(("<|im_start|>system\n" + s + "<|im_end|>\n", False))
    last = max(i for i, x in enumerate(m) if x["role"] == "assistant")
    for i, x in enumerate(m):
        if x["role"] == "user":
            out.append(("<|im_start|>user\n" + x["content"] + "<|im_end|>\n", False))
        elif x["role"] == "tool":
            out.append(("<|im_start|>tool\n<tool_response>\n" + x["content"] + "\n</tool_response><|im_end|>\n", False))
        else:
            body = x["content"]
            calls = [call_text(t["function"]["name"], t["function"]["arguments"]) for t in x.get("tool_calls", [])]
            body = "\n".join(([body] if body else []) + calls)
            out.append(("<|im_start|>assistant\n", False))
            if d.get("thinking") and i == last:
                out.append(("<think>\n", False))
                body = x["think"] + "\n</think>\n\n" + body
            out.append((body + "<|im_end|>", True))
            out.append(("\n", False))
    return out


def main():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("--out", required=True)
    ap.add_argument("--count", type=int, default=1000, help="training: conversations in all; evaluation: conversations per category")
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--split", default="train", choices=["train", "A", "B"])
    a = ap.parse_args()
    c = Ctx(random.Random(a.seed), a.split)
    with open(a.out, "w") as f:
        if a.split == "train":
            cats = [k for k, v in MIX.items() for _ in range(v)]
            for _ in range(a.count):
                f.write(J(make(c, c.pick(cats))) + "\n")
        else:
            write_eval(c, f, a.count)


def write_eval(c, f, n):
    """One request per line, with the expected answer of the last assistant turn."""
    def put(kind, d):
        m = d["messages"]
        exp = m[-1]
        if exp.get("tool_calls"):
            e = {"tool_calls": [t["function"] for t in exp["tool_calls"]]}
        else:
            e = {"content": exp["content"]}
        clean = []
        for x in m[:-1]:
            x = {k: v for k, v in x.items() if k != "think"}
            clean.append(x)
        f.write(J(dict(kind=kind, messages=clean, tools=d.get("tools"), expected=e)) + "\n")

    def until(kind, cond, gen):
        k = 0
        while k < n:
            d = gen()
            if cond(d) and all(c.ok(t["function"]["name"]) for t in d.get("tools") or []):
                put(kind, d)
                k += 1
    for nt in (1, 2, 3, 5):
        until(f"tool_single_{nt}", lambda d: d["cat"] == "tool_single" and len(d["messages"]) <= 3, lambda: make(c, "tool", mode="single", n=nt))
    until("tool_parallel", lambda d: d["cat"] == "tool_parallel", lambda: make(c, "tool", mode="parallel", n=c.r.randint(1, 3)))
    until("tool_result", lambda d: d["cat"] == "tool_result", lambda: make(c, "tool", mode="result", n=c.r.randint(1, 3)))
    until("tool_multi", lambda d: d["cat"] == "tool_multi", lambda: make(c, "tool", mode="after", n=c.r.randint(1, 3)))
    until("tool_none", lambda d: d["cat"] == "tool_none", lambda: make(c, "tool", mode="none", n=c.r.randint(1, 3)))
    for cat in ("fact", "math", "word", "json", "memory", "unknown", "story"):
        # requests with many right answers are left out
        until(cat, lambda d: not re.match(r"JSON for a|\d+ (animals|colours|fruits|cities|jobs|sports|names|countries)\.", d["messages"][-1].get("think") or "")
              and not re.search(r"Reply in JSON with the key .*: name|as a JSON (array|list)\.$", d["messages"][-2]["content"]), lambda: make(c, cat))


if __name__ == "__main__":
    main()
