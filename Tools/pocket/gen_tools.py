"""Synthetic tool-calling conversations: schemas, requests, calls, results and final sentences."""
import json
import re
import string

from lexicon import *

SYL_A = W("b br c ch cl d dr f fl g gl gr h j k kr l m n p pl pr qu r s sh sk sl st t th tr v w z")
SYL_V = W("a e i o u ai ea oo ou")
SYL_E = ["", "", "", "n", "r", "l", "x", "m", "s", "nd", "rk", "ll", "sk", "t", "p"]


def J(x):
    return json.dumps(x, ensure_ascii=False)


class Ctx:
    """Random source with a split: values whose bucket belongs to another split are never produced."""

    def __init__(self, rng, split="train"):
        self.r = rng
        self.split = split

    def ok(self, s):
        b = bucket(s)
        return b >= 2 if self.split == "train" else b == (0 if self.split == "A" else 1)

    def pick(self, seq):
        return seq[int(self.r.random() * len(seq))]

    def held(self, make, tries=200):
        v = make()
        for _ in range(tries):
            if self.ok(v) or v in CLOSED:
                return v
            v = make()
        return v

    def p(self, x):
        return self.r.random() < x

    def pseudo(self, lo=1, hi=3):
        def mk():
            n = self.r.randint(lo, hi)
            s = "".join(self.pick(SYL_A) + self.pick(SYL_V) + (self.pick(SYL_E) if i == n - 1 or self.p(0.25) else "")
                        for i in range(n))
            return s
        return self.held(mk)


# Ordinary words (cities, first names, days, foods ...) are known to the model and never held out; tool names, made-up words and names, phrases,
# codes, numbers above 60, dates, paths and so on are.
CLOSED = set(NAMES) | set(CITIES) | set(DAYS) | set(MONTHS) | {"today", "tomorrow"} | {f"next {d}" for d in DAYS} | {str(i) for i in range(61)}


def sub(c, lst):
    return c.pick(lst)


def v_person(c):
    def mk():
        x = c.r.random()
        n = c.pick(NAMES) if x < 0.75 else c.pick(SYL_A).capitalize() + c.pick(SYL_V) + c.pick(SYL_E) + c.pick(SYL_A) + c.pick(SYL_V)
        if c.p(0.25):
            n += " " + (c.pick(LAST) if c.p(0.7) else c.pick(SYL_A).capitalize() + c.pick(SYL_V) + c.pick(SYL_E))
        return n
    return c.held(mk)


def v_city(c):
    def mk():
        x = c.r.random()
        if x < 0.72:
            return c.pick(CITIES)
        s = c.pick(SYL_A).capitalize() + c.pick(SYL_V) + c.pick(SYL_E)
        return s + c.pick(W("ton ville burg ford stad mouth field haven wick bury ia o a"))
    return c.held(mk)


def v_country(c):
    return re.sub("^the ", "", c.held(lambda: c.pick(list(CAPITALS))))


def v_code(c):
    def mk():
        x = c.r.random()
        up, dg = string.ascii_uppercase, string.digits
        rs = lambda a, n: "".join(c.pick(a) for _ in range(n))
        if x < 0.3:
            return rs(up, c.r.randint(1, 3)) + "-" + rs(dg, c.r.randint(2, 5))
        if x < 0.5:
            return rs(dg, c.r.randint(3, 6))
        if x < 0.65:
            return rs(up, c.r.randint(1, 3)) + rs(dg, c.r.randint(2, 4))
        if x < 0.8:
            return c.pick(W("ord inv usr tx item task job doc cust ref")) + "_" + rs(dg, c.r.randint(2, 5))
        return "#" + rs(dg, c.r.randint(2, 5))
    return c.held(mk)


def v_word(c):
    if c.p(0.5):
        return c.pseudo()
    return sub(c, c.pick([ANIMALS, FOODS, THINGS, PLACES, ADJ, NOUNS, JOBS, SPORTS]))


ALL_WORDS = sorted({w for x in ADJ + ANIMALS + FOODS + THINGS + PLACES + NOUNS + JOBS + SPORTS + NAMES + COLOURS + GENRES + VERBS + TASKS + MESSAGES + TITLES + TOPICS + DISHES
                    for w in x.split() if w != "and"})
LINK = W("the a to in at on is was of for with my your it this that we I you not will from by are")


def varied(c, share, lo, hi):
    """For training, now and then words in no sensible order: such a text can only be copied, not remembered."""
    if c.split != "train" or not c.p(share):
        return None

    def word():
        x = c.r.random()
        return c.pick(ALL_WORDS) if x < 0.62 else c.pick(LINK) if x < 0.86 else c.pseudo(1, 3) if x < 0.95 else str(c.r.randint(1, 99))
    return c.held(lambda: " ".join(word() for _ in range(c.r.randint(lo, hi))))


def v_phrase(c):
    free = varied(c, 0.35, 1, 4)
    if free:
        return free

    def mk():
        x = c.r.random()
        if x < 0.3:
            return f"{c.pick(ADJ)} {c.pick(THINGS + ANIMALS)}"
        if x < 0.45:
            return f"{c.pick(ADJ)} {c.pick(ADJ)} {c.pick(THINGS + PLACES)}"
        if x < 0.6:
            return f"the {c.pick(ADJ)} {c.pick(PLACES)}"
        if x < 0.8:
            return f"{c.pick(NOUNS)} {c.pick(NOUNS)}"
        return f"{c.pick(THINGS)} and {c.pick(THINGS)}"
    return c.held(mk)


def v_task(c):
    free = varied(c, 0.5, 2, 6)
    if free:
        return free
    return c.held(lambda: c.pick(TASKS) if c.p(0.6) else f"{c.pick(W('buy find clean fix paint bring move check sort wash'))} the "
                  f"{(c.pick(ADJ) + ' ') if c.p(0.5) else ''}{c.pick(THINGS + FOODS)}", 400)


def v_message(c):
    free = varied(c, 0.55, 2, 8)
    if free:
        return free
    return c.held(lambda: c.pick(MESSAGES) if c.p(0.5) else c.pick([
        f"the {c.pick(THINGS)} is in the {c.pick(PLACES)}", f"I will be there at {c.r.randint(1, 12)}",
        f"please bring the {c.pick(ADJ)} {c.pick(THINGS)}", f"we need {c.pick(FOODS)} and {c.pick(FOODS)}",
        f"meet me at the {c.pick(PLACES)}", f"{c.pick(NAMES)} found the {c.pick(ADJ)} {c.pick(THINGS)}"]), 400)


def v_title(c):
    free = varied(c, 0.5, 1, 4)
    if free:
        return free
    return c.held(lambda: c.pick(TITLES) if c.p(0.5) else c.pick(
        [f"{c.pick(NOUNS)} {c.pick(W('review meeting check workshop call lunch party'))}", f"{c.pick(W('lunch dinner coffee meeting call'))} with {c.pick(NAMES)}",
         f"{c.pick(ADJ)} {c.pick(NOUNS)} day"]), 400)


def v_song(c):
    free = varied(c, 0.5, 1, 4)
    if free:
        return free.title() if c.p(0.7) else free
    return c.held(lambda: c.pick(SONGS) if c.p(0.5) else f"{c.pick(ADJ).capitalize()} {c.pick(THINGS + PLACES).capitalize()}", 400)


def v_date(c):
    def mk():
        x = c.r.random()
        if x < 0.3:
            return f"20{c.r.randint(22, 35)}-{c.r.randint(1, 12):02d}-{c.r.randint(1, 28):02d}"
        if x < 0.5:
            return f"{c.pick(MONTHS)} {c.r.randint(1, 28)}"
        if x < 0.6:
            return f"{c.r.randint(1, 28)} {c.pick(MONTHS)}"
        if x < 0.85:
            return c.pick(["next ", "", ""]) + c.pick(DAYS)
        return c.pick(["today", "tomorrow", "next week", "this weekend"])
    return c.held(mk) if c.p(0.85) else c.pick(["today", "tomorrow"])


def v_time(c):
    def mk():
        x = c.r.random()
        if x < 0.6:
            return f"{c.r.randint(0, 23)}:{c.pick(['00', '15', '30', '45', '05', '20', '50', f'{c.r.randint(0, 59):02d}'])}"
        if x < 0.7:
            return f"{c.r.randint(0, 23):02d}:{c.r.randint(0, 59):02d}"
        return f"{c.r.randint(1, 12)} {c.pick(['am', 'pm'])}"
    return c.held(mk)


def v_email(c):
    return c.held(lambda: f"{c.pick(NAMES).lower()}{c.pick(['', '', '.' + c.pick(LAST).lower(), str(c.r.randint(1, 99))])}@"
                  f"{c.pick(['example.com', 'example.org', 'mail.test', 'work.test', c.pseudo(1, 2) + '.test'])}", 50)


def v_path(c):
    return c.held(lambda: c.pick(["", "/home/", "/tmp/", "docs/", "src/", "data/", "/var/log/", "./"]) +
                  (c.pick(NOUNS) if c.p(0.6) else c.pseudo(1, 2)) + c.pick(["", "_" + str(c.r.randint(1, 9))]) + "." +
                  c.pick(W("txt md json csv py log pdf png html")))


def v_url(c):
    return c.held(lambda: "https://" + c.pick(["", "www.", "api."]) + (c.pick(NOUNS) if c.p(0.5) else c.pseudo(1, 2)) +
                  c.pick([".com", ".org", ".test", ".net"]) + c.pick(["", "", "/" + c.pick(NOUNS), "/" + c.pick(NOUNS) + "/" + str(c.r.randint(1, 99))]))


def v_expr(c):
    def num():
        return c.pick([str(c.r.randint(0, 9)), str(c.r.randint(10, 99)), str(c.r.randint(100, 999)), f"{c.r.randint(1, 99)}.{c.r.randint(1, 9)}"])
    def mk():
        s = num()
        for _ in range(c.pick([1, 1, 1, 2])):
            s += f" {c.pick('+-*/')} {num()}"
        return s
    return c.held(mk)


def v_int(c):
    return int(c.held(lambda: str(c.pick([c.r.randint(1, 12), c.r.randint(1, 60), c.r.randint(10, 99), c.r.randint(100, 999), c.r.randint(1000, 9999)]))))


def v_small(c):
    return c.r.randint(2, 12) if c.p(0.6) else c.r.randint(2, 60)


def v_num(c):
    if c.p(0.4):
        return v_int(c)
    return float(c.held(lambda: f"{c.r.randint(0, 200)}.{c.pick(['5', '25', '75', str(c.r.randint(1, 9)), f'{c.r.randint(10, 99)}'])}".rstrip("0")))


def v_topic(c):
    free = varied(c, 0.45, 1, 4)
    if free:
        return free
    return c.held(lambda: c.pick(TOPICS) if c.p(0.6) else f"{c.pick(ADJ)} {c.pick(ANIMALS + THINGS)}s", 400)


VAL = {
    "person": v_person, "city": v_city, "country": v_country, "code": v_code, "word": v_word, "phrase": v_phrase, "task": v_task,
    "message": v_message, "title": v_title, "song": v_song, "date": v_date, "time": v_time, "email": v_email, "path": v_path,
    "url": v_url, "expr": v_expr, "int": v_int, "small": v_small, "num": v_num, "topic": v_topic,
    "lang": lambda c: sub(c, LANGUAGES), "room": lambda c: sub(c, ROOMS), "food": lambda c: sub(c, FOODS), "dish": lambda c: sub(c, DISHES),
    "artist": lambda c: sub(c, ARTISTS), "ticker": lambda c: c.held(lambda: c.pick(TICKER) if c.p(0.5) else "".join(c.pick(string.ascii_uppercase) for _ in range(c.r.randint(3, 4)))),
    "cur": lambda c: c.pick(CURRENCY), "sport": lambda c: sub(c, SPORTS), "genre": lambda c: sub(c, GENRES), "cuisine": lambda c: sub(c, CUISINES),
    "colour": lambda c: c.pick(COLOURS), "pct": lambda c: c.r.randint(1, 100), "temp": lambda c: c.r.randint(5, 30), "job": lambda c: sub(c, JOBS),
    "level": lambda c: c.pick(W("low medium high")), "onoff": lambda c: c.p(0.5), "thing": lambda c: sub(c, THINGS),
    "tunit": lambda c: c.pick(W("celsius fahrenheit")), "lunit": lambda c: c.pick(W("km miles metres feet inches cm")),
    "day": lambda c: c.pick(DAYS), "foods": lambda c: list({sub(c, FOODS): 0 for _ in range(c.r.randint(2, 3))}),
    "people": lambda c: list({v_person(c): 0 for _ in range(c.r.randint(2, 3))}),
    "size": lambda c: c.pick(W("small medium large")), "hour": lambda c: c.r.randint(0, 23), "mode": lambda c: c.pick(W("eco auto turbo quiet night")),
}
ENUMS = {"tunit": W("celsius fahrenheit"), "level": W("low medium high"), "size": W("small medium large"), "mode": W("eco auto turbo quiet night")}
INTS = {"int", "small", "pct", "temp", "hour"}

# name | tool names | descriptions | params: key(kind)=names... ('?' optional) | requests | done sentence
DOMAINS = [d.strip() for d in """
weather|get_weather current_weather weather fetch_weather get_current_weather weather_lookup|Get the current weather in a city;Look up the weather for a place|city:city=city,location,place;unit?:tunit=unit,units|What is the weather in {city}[ in {unit}]?;How is the weather in {city} today[ in {unit}]?;What's the weather like in {city}[, in {unit}]?;Weather in {city}[ in {unit}];Is it warm in {city}[, in {unit}]?;Tell me the weather for {city}[ in {unit}]|
forecast|get_forecast weather_forecast forecast|Get the weather forecast for some days|city:city=city,location;days:small=days,num_days|Give me the forecast for {city} for the next {days} days;What will the weather be in {city} over the next {days} days?;{days} day forecast for {city}|
email|send_email email_send compose_email mail|Send an email;Write an email to somebody|to:email=to,recipient,address;subject:title=subject,title;body?:message=body,text,content|Send an email to {to} with the subject "{subject}"[ and the text "{body}"];Email {to} about "{subject}"[ saying "{body}"];Write an email to {to}, subject "{subject}"[, body "{body}"]|Done. I sent the email to {to}.
message|send_message message_contact send_text text_message sms|Send a text message to a person;Send a message to a contact|to:person=to,recipient,contact,name;text:message=text,message,body|Send a message to {to} saying {text};Tell {to} that {text};Text {to}: {text};Message {to} "{text}";Write to {to}: "{text}"|Done. I sent your message to {to}.
reminder|create_reminder set_reminder add_reminder remind|Create a reminder;Set a reminder for later|text:task=text,task,title;time:time=time,at,when;date?:date=date,day|Remind me to {text} at {time}[ on {date}];Set a reminder to {text} at {time}[ on {date}];At {time}[ on {date}], remind me to {text}|Done. I will remind you to {text} at {time}.
alarm|set_alarm create_alarm alarm wake_up|Set an alarm;Set an alarm clock|time:time=time,at;label?:title=label,name|Set an alarm for {time}[ called "{label}"];Wake me up at {time};Please wake me at {time}[ with the label "{label}"]|Done. The alarm is set for {time}.
timer|set_timer start_timer timer|Start a countdown timer;Start a timer|minutes:small=minutes,duration_minutes,mins;label?:dish=label,name|Set a timer for {minutes} minutes[ for the {label}];Start a {minutes} minute timer[ for the {label}];Timer for {minutes} minutes|Done. The timer is set for {minutes} minutes.
calc|calculator calculate evaluate math_eval compute|Evaluate a mathematical expression;Do a calculation|expression:expr=expression,expr,formula|Calculate {expression};What is {expression}?;Compute {expression};How much is {expression}?;Work out {expression}|
translate|translate translate_text translator|Translate text into another language;Translate a text|text:phrase=text,input;language:lang=language,target_language,to,target|Translate "{text}" into {language};How do you say "{text}" in {language}?;Translate {text} to {language};What is "{text}" in {language}?|
search|web_search search search_web internet_search google|Search the web;Search the internet for information|query:topic=query,q,search_query;limit?:small=limit,max_results,count|Search the web for {query}[ and show {limit} results];Search for {query};Look up {query} on the internet[ with {limit} results];Find information about {query};Google {query}|
stock|get_stock_price stock_price stock_quote get_quote|Get the price of a stock;Look up a stock price|symbol:ticker=symbol,ticker|What is the price of {symbol} stock?;How much is {symbol} trading at?;Get the stock price of {symbol};Stock price for {symbol}|
currency|convert_currency currency_converter exchange|Convert an amount of money to another currency|amount:num=amount,value;from:cur=from,from_currency,source;to:cur=to,to_currency,target|Convert {amount} {from} to {to};How much is {amount} {from} in {to}?;Change {amount} {from} into {to}|
music|play_music play_song play music_player|Play a song;Play some music|song:song=song,title,track;artist?:artist=artist,by|Play "{song}"[ by {artist}];Play the song {song}[ by {artist}];Put on {song}[ by {artist}];I want to hear {song}[ by {artist}]|Done. Now playing {song}.
light|set_light control_light switch_light light_switch|Turn a light on or off;Control the lights in a room|room:room=room,location;on:onoff=on,state,enabled|Turn {on:on/off} the light in the {room};Switch the {room} light {on:on/off};Turn the lights {on:on/off} in the {room}|Done. I switched the light in the {room}.
dim|set_brightness dim_light brightness|Set the brightness of a lamp in percent|room:room=room,location;percent:pct=percent,brightness,level|Set the {room} light to {percent} percent;Dim the lights in the {room} to {percent}%;Set brightness in the {room} to {percent}|Done. The light in the {room} is at {percent} percent.
thermostat|set_temperature set_thermostat thermostat heating|Set the temperature of a room;Set the thermostat|temperature:temp=temperature,degrees,value;room?:room=room,zone|Set the temperature to {temperature} degrees[ in the {room}];Set the thermostat[ in the {room}] to {temperature};Make it {temperature} degrees[ in the {room}]|Done. The temperature is set to {temperature} degrees.
route|get_directions directions navigate get_route route_planner|Get directions between two places;Plan a route|start:city=from,start,origin;end:city=to,destination,end|How do I get from {start} to {end}?;Directions from {start} to {end};Navigate from {start} to {end};Plan a route from {start} to {end}|
flight|search_flights find_flights flight_search book_flight|Search flights between two cities;Find flights|start:city=from,origin,departure;end:city=to,destination,arrival;date:date=date,day,departure_date|Find flights from {start} to {end} on {date};I need a flight from {start} to {end} on {date};Search for a flight on {date} from {start} to {end}|
hotel|search_hotels find_hotel book_hotel hotel_search|Search for a hotel in a city;Find a hotel|city:city=city,location;nights:small=nights,num_nights;guests?:small=guests,people|Find a hotel in {city} for {nights} nights[ for {guests} people];I need a hotel in {city} for {nights} nights[ and {guests} guests];Book a hotel in {city}, {nights} nights[, {guests} guests]|
restaurant|find_restaurants restaurant_search find_restaurant|Find restaurants near a place;Search for restaurants|cuisine:cuisine=cuisine,type,food;city:city=city,location,near|Find a {cuisine} restaurant in {city};Where can I eat {cuisine} food in {city}?;I want {cuisine} food in {city}|
table|book_table reserve_table make_reservation|Reserve a table in a restaurant|name:person=name,guest;people:small=people,guests,party_size;time:time=time,at|Book a table for {people} people at {time} under the name {name};Reserve a table for {people} at {time} for {name};I would like a table at {time} for {people} people, name {name}|Done. I booked a table for {people} people at {time}.
todo|add_todo add_task create_task todo_add|Add a task to the to-do list;Create a to-do item|task:task=task,text,title;priority?:level=priority,importance|Add "{task}" to my to-do list[ with {priority} priority];Put {task} on my list[ with {priority} priority];New task: {task}[, priority {priority}]|Done. I added "{task}" to your list.
note|create_note save_note take_note add_note|Save a note;Write down a note|title:title=title,name;text:message=text,content,body|Create a note "{title}" with the text "{text}";Save a note called "{title}": {text};Take a note titled "{title}" saying {text}|Done. I saved the note "{title}".
readfile|read_file open_file cat_file get_file|Read a file;Read the contents of a file from disk|path:path=path,file,filename,file_path|Read the file {path};Open {path};What is in {path}?;Show me the contents of {path}|
writefile|write_file save_file create_file|Write text to a file|path:path=path,file,filename;content:message=content,text,data|Write "{content}" to the file {path};Save "{content}" in {path};Create the file {path} with the content "{content}"|Done. I wrote the file {path}.
list|list_files ls list_directory|List the files in a folder|path:path=path,folder,directory|List the files in {path};Which files are in {path}?|
shell|run_command shell execute bash|Run a shell command|command:path=command,cmd|Run the command "{command}";Execute {command}|
fetch|fetch_url http_get open_url get_page|Download a web page;Fetch the content of a URL|url:url=url,link,address|Fetch {url};Open the page {url};Download {url};Get the content of {url}|
order|get_order_status track_order order_status check_order|Get the status of an order;Track an order|id:code=order_id,id,order,number|Where is my order {id}?;What is the status of order {id}?;Track order {id};Check on my order {id} for me|
user|get_user lookup_user find_user user_info|Look up a user;Get information about a user|id:code=user_id,id,user|Look up the user {id};Get the details of user {id};Who is the user {id}?|
contact|find_contact get_contact contact_lookup|Find a contact in the address book|name:person=name,contact|What is the number of {name}?;Find the contact {name};Look up {name} in my contacts|
call|call_contact phone_call make_call dial|Call a person on the phone|name:person=name,contact,person|Call {name};Phone {name};Please ring {name};Give {name} a call|Done. I am calling {name}.
event|create_event add_event schedule_meeting calendar_add|Add an event to the calendar;Create a calendar event|title:title=title,name,summary;date:date=date,day;time?:time=time,start,start_time|Add "{title}" to my calendar on {date}[ at {time}];Schedule "{title}" for {date}[ at {time}];Create an event "{title}" on {date}[ at {time}]|Done. I added "{title}" to your calendar.
invite|schedule_call invite_people group_meeting|Invite several people to a meeting|people:people=people,attendees,participants;time:time=time,at|Schedule a meeting with {people} at {time};Invite {people} to a meeting at {time}|Done. I invited {people}.
agenda|get_events list_events get_calendar agenda|List the events of a day|date:date=date,day|What is on my calendar on {date}?;Show my events for {date};Which meetings do I have on {date}?|
recipe|find_recipe get_recipe search_recipes|Find a recipe;Search recipes|dish:dish=dish,name,query;servings?:small=servings,people|Find a recipe for {dish}[ for {servings} people];How do I make {dish}[ for {servings} people]?;I want to cook {dish}[ for {servings} people]|
shopping|add_to_shopping_list shopping_add buy_list|Add items to the shopping list|items:foods=items,products,foods|Add {items} to my shopping list;I need to buy {items};Put {items} on the shopping list|Done. I added {items} to your shopping list.
news|get_news news_headlines news|Get the latest news about a topic|topic:topic=topic,subject,query;limit?:small=limit,count|Show me news about {topic};Get {limit} news articles about {topic};What is the latest news about {topic}?|
define|define_word dictionary define get_definition|Look up a word in the dictionary|word:word=word,term|What does the word {word} mean?;Define {word};Look up the meaning of "{word}"|
distance|get_distance distance calculate_distance|Get the distance between two cities|a:city=from,city_a,start;b:city=to,city_b,end;unit?:lunit=unit,units|How far is it from {a} to {b}[ in {unit}]?;What is the distance between {a} and {b}[ in {unit}]?|
time|get_time current_time world_clock time_in|Get the current time in a city|city:city=city,timezone,location,place|What time is it in {city}?;Tell me the time in {city};Current time in {city}|
units|convert_units unit_converter convert|Convert a length to another unit|value:num=value,amount;from:lunit=from,from_unit;to:lunit=to,to_unit|Convert {value} {from} to {to};How many {to} are {value} {from}?|
random|random_number pick_number roll|Pick a random number in a range|low:int=min,low,start;high:int=max,high,end|Pick a random number between {low} and {high};Give me a random number from {low} to {high}|
image|generate_image create_image draw_picture|Create a picture from a description|prompt:phrase=prompt,description,text;size?:size=size|Draw a picture of {prompt}[ in size {size}];Create an image of {prompt};Make a {size} picture of {prompt}|Done. Here is your picture of {prompt}.
lock|lock_door set_lock door_lock|Lock or unlock a door|door:room=door,room;locked:onoff=locked,lock,state|{locked:Lock/Unlock} the {door} door;Please {locked:lock/unlock} the door of the {door}|Done. I set the lock of the {door}.
vacuum|start_vacuum clean_room vacuum|Let the robot clean a room|room:room=room,area;mode?:mode=mode,program|Vacuum the {room}[ in {mode} mode];Clean the {room}[ in {mode} mode];Let the robot clean the {room}[ using {mode} mode]|Done. The robot is cleaning the {room}.
product|search_products find_product product_search|Search products in the shop|query:thing=query,product,name;max_price?:int=max_price,price_limit|Find a {query}[ under {max_price} euros];I want to buy a {query}[ for at most {max_price} euros];Search for a {query}[ below {max_price} dollars]|
pay|send_money transfer_money pay|Send money to a person|to:person=to,recipient,name;amount:num=amount,sum,value;currency?:cur=currency|Send {amount}[ {currency}] to {to};Pay {to} {amount}[ {currency}];Transfer {amount}[ {currency}] to {to}|Done. I sent {amount} to {to}.
ticket|create_ticket open_ticket report_issue create_issue|Open a support ticket;Report a problem|title:message=title,summary,text;priority:level=priority,severity|Open a ticket "{title}" with {priority} priority;Create a {priority} priority ticket: {title};Report "{title}" as a {priority} priority issue|Done. I opened the ticket.
sport|get_score match_result sports_score|Get the latest result of a team|team:city=team,club;sport?:sport=sport,league|How did {team} play[ in {sport}]?;What was the score of {team}[ in {sport}]?|
sql|query_database run_query lookup_record|Look up records in a table of the database|table:word=table,table_name;id:int=id,record_id,key|Get the record {id} from the table {table};Look up {id} in the {table} table|
age|predict_age get_age age_of|Get the age of a person|name:person=name,person|How old is {name}?;What is the age of {name}?;Tell me the age of {name}|
repeat|echo repeat_text say speak|Say a text aloud;Repeat a text|text:message=text,message;times?:small=times,count|Say "{text}"[ {times} times];Speak the text "{text}"[ {times} times]|Done.
coffee|make_coffee brew_coffee coffee_machine|Make coffee|cups:small=cups,count,amount;size?:size=size;strong?:onoff=strong,extra_strong|Make {cups} cups of coffee;Brew {cups}[ {size}] coffees;I want {cups}[ {size}] cups of coffee|Done. I am making {cups} cups of coffee.
""".strip().split("\n")]


class Param:
    __slots__ = ("name", "typ", "kind", "desc", "req", "enum", "key")


class Tool:
    __slots__ = ("name", "desc", "params", "reqs", "done", "dom", "schema", "words")


SUFF = W("tool api now info v2 service fn action quick helper lite plus")
PREF = W("my api home do user app sys svc the run smart fast")


def style(c, words, allow=None):
    x = c.r.random()
    if x < 0.78:
        return "_".join(words)
    if x < 0.93:
        return words[0] + "".join(w.capitalize() for w in words[1:])
    if x < 0.97:
        return "-".join(words)
    return "".join(w.capitalize() for w in words)


def parse_domains():
    out = []
    for line in DOMAINS:
        f = line.split("|")
        assert len(f) == 6, line
        ps = []
        for p in f[3].split(";"):
            m = re.match(r"(\w+)(\??):(\w+)=(.*)", p)
            ps.append((m[1], bool(m[2]), m[3], m[4].split(",")))
        out.append(dict(dom=f[0], names=f[1].split(), descs=f[2].split(";"), params=ps, reqs=f[4].split(";"), done=f[5]))
    return out


DOMS = parse_domains()
PDESC = {"city": ["The city", "Name of the city", "City name, e.g. Paris"], "person": ["Name of the person", "The name"], "date": ["The date", "Day"],
         "time": ["The time", "Time of day"], "email": ["The email address"], "code": ["The identifier", "The ID"], "path": ["Path of the file", "The path"],
         "small": ["How many", "The number"], "int": ["A number", "The value"], "message": ["The text", "What to say"], "onoff": ["True for on, false for off", "Whether it is on"]}


def mk_param(c, name, kind, req, key=None):
    p = Param()
    p.name, p.kind, p.req, p.key, p.enum = name, kind, req, key or name, None
    if kind in INTS:
        p.typ = "integer" if c.p(0.75) else "number"
    elif kind == "num":
        p.typ = "number"
    elif kind == "onoff":
        p.typ = "boolean"
    elif kind in ("foods", "people"):
        p.typ = "array"
    else:
        p.typ = "string"
        if kind in ENUMS and c.p(0.75):
            p.enum = list(ENUMS[kind])
            if c.p(0.3):
                c.r.shuffle(p.enum)
    p.desc = None
    if c.p(0.45):
        p.desc = c.pick(PDESC.get(kind, ["The " + name.replace("_", " "), name.replace("_", " ").capitalize()]) + ["The " + name.replace("_", " ")])
    return p


def schema_of(c, t):
    props = {}
    for p in t.params:
        d = {"type": p.typ}
        if p.typ == "array":
            d["items"] = {"type": "string"}
        if p.enum:
            d["enum"] = p.enum
        if p.desc:
            d["description"] = p.desc
            if c.p(0.2):
                d = {"description": p.desc, **{k: v for k, v in d.items() if k != "description"}}
        props[p.name] = d
    par = {"type": "object", "properties": props}
    req = [p.name for p in t.params if p.req]
    if req or c.p(0.2):
        par["required"] = req
    if c.p(0.1):
        par["additionalProperties"] = False
    f = {"name": t.name}
    if t.desc:
        f["description"] = t.desc
    f["parameters"] = par
    if c.p(0.05):
        f["strict"] = True
    t.schema = {"type": "function", "function": f}


def free_name(c):
    """A tool name that says nothing about the tool: only its description helps, and the name can only be copied."""
    def word():
        return c.pick(c.pick([VERBS, VERBS, NOUNS, NOUNS, PREF, SUFF, ADJ])) if c.p(0.8) else c.pseudo(1, 2)
    return c.held(lambda: style(c, [word() for _ in range(c.pick([1, 2, 2, 2, 3, 3]))]))


def free_key(c):
    """Any word as the name of an argument."""
    def word():
        w = c.pick(ALL_WORDS).lower() if c.p(0.75) else c.pseudo(1, 2)
        return w if w.isalpha() else c.pick(NOUNS)
    return word() if c.p(0.75) else word() + "_" + word()


def domain_tool(c, d=None):
    d = d or c.pick(DOMS)
    t = Tool()
    t.dom, t.done = d["dom"], d["done"]

    def nm():
        w = re.split("_", c.pick(d["names"]))
        x = c.r.random()
        if x < 0.12:
            w = w + [c.pick(SUFF)]
        elif x < 0.22:
            w = [c.pick(PREF)] + w
        elif x < 0.27:
            w = w + [c.pick(SYL_A) + c.pick(SYL_V) + c.pick(SYL_E)]
        return style(c, w)
    t.name = c.held(nm) if not (c.split == "train" and c.p(0.25)) else c.held(lambda: c.pick(d["names"]))
    t.desc = c.pick(d["descs"]) + c.pick(["", ".", ""]) if c.p(0.85) else None
    if c.split == "train" and t.desc and c.p(0.4):
        t.name = free_name(c)
    t.params = []
    for key, opt, kind, names in d["params"]:
        if opt and not c.p(0.6):
            continue
        t.params.append(mk_param(c, c.pick(names) if c.p(0.9) else key, kind, (not opt) and c.p(0.95), key))
    used = set()
    for p in t.params:
        while p.name in used:
            p.name += "_2"
        used.add(p.name)
    t.reqs = d["reqs"]
    t.words = None
    if c.p(0.15):
        c.r.shuffle(t.params)
    schema_of(c, t)
    return t


def random_tool(c, avoid=()):
    t = Tool()
    t.dom, t.done = None, None

    def words():
        x = c.r.random()
        v = c.pick(VERBS)
        n = c.pick(NOUNS)
        if x < 0.8:
            return [v, n]
        if x < 0.88:
            return [v, c.pick(NOUNS), n]
        if x < 0.93:
            return [n, v]
        if x < 0.97:
            return [v, c.pick(SYL_A) + c.pick(SYL_V) + c.pick(SYL_E) + c.pick(SYL_A) + c.pick(SYL_V)]
        return [v, c.pick(ADJ), n]
    for _ in range(400):
        w = words()
        nm = style(c, w)
        if c.ok(nm) and nm not in avoid:
            break
    t.words, t.name = w, nm
    verb = w[0] if w[0] in VERBS else w[-1]
    noun = " ".join(x for x in w if x != verb) or "item"
    t.words = (verb, noun)
    x = c.r.random()
    art = "an" if noun[0] in "aeiou" else "a"
    t.desc = None if x < 0.2 else c.pick([f"{verb.capitalize()} {art} {noun}", f"{verb.capitalize()} {art} {noun}.", f"{verb.capitalize()} the {noun}",
                                          f"Use this to {verb} {art} {noun}", f"Tool to {verb} {art} {noun}."])
    t.params = []
    used = set()
    kinds = ["word"] * 5 + ["phrase"] * 2 + ["person", "person", "city", "code", "code", "code", "date", "time", "email", "path", "url", "message", "task",
                            "int", "int", "int", "small", "small", "num", "num", "onoff", "level", "size", "enum", "enum", "colour", "foods", "topic"]
    for _ in range(c.pick([0, 1, 1, 1, 1, 1, 2, 2, 2, 3])):
        def pn():
            if c.split == "train" and c.p(0.35):
                return free_key(c)
            x = c.r.random()
            if x < 0.8:
                return c.pick(PARAMS)
            if x < 0.97:
                return c.pick(NOUNS + PARAMS) + "_" + c.pick(PARAMS)
            return c.pick(SYL_A) + c.pick(SYL_V) + c.pick(SYL_E) + c.pick(SYL_A) + c.pick(SYL_V)
        n = c.held(pn)
        if n in used:
            continue
        used.add(n)
        kind = c.pick(kinds)
        NK = {"email": "email", "path": "path", "city": "city", "date": "date", "day": "date", "time": "time", "count": "small", "quantity": "small",
              "number": "int", "amount": "num", "price": "num", "name": "person", "owner": "person", "customer": "person", "id": "code", "code": "code",
              "color": "colour", "colour": "colour", "size": "size", "priority": "level", "text": "message", "message": "message", "url": "url",
              "address": "phrase", "timeout": "int", "limit": "small", "score": "int", "width": "int", "height": "int", "weight": "num", "city_name": "city"}
        if n in NK and c.p(0.7):
            kind = NK[n]
        p = mk_param(c, n, "word" if kind == "enum" else kind, c.p(0.75), n)
        if kind == "enum":
            p.enum = list({sub(c, c.pick([ADJ, NOUNS, COLOURS, FOODS, GENRES])) if c.p(0.8) else c.pseudo(1, 2): 0 for _ in range(c.r.randint(2, 4))})
            p.kind = "enum"
        t.params.append(p)
    t.reqs = None
    schema_of(c, t)
    return t


def say(v):
    """How a value is written inside a request."""
    if isinstance(v, list):
        return v[0] if len(v) == 1 else ", ".join(v[:-1]) + " and " + v[-1]
    if isinstance(v, bool):
        return "true" if v else "false"
    return str(v)


def val(c, p):
    if p.kind == "enum":
        return c.pick(p.enum)
    if p.enum:
        return c.pick(p.enum)
    return VAL[p.kind](c)


def num_say(c, v, p):
    if isinstance(v, int) and not isinstance(v, bool) and 1 <= v <= 12 and c.p(0.06):
        return NUMW[v]
    return say(v)


WRAP = [("", ""), ("", ""), ("", ""), ("", ""), ("Please ", ""), ("Can you ", "?"), ("Could you ", "?"), ("Hey, ", ""), ("I need you to ", ""), ("", " please"), ("", " Thanks!"),
        ("Could you please ", "?"), ("I want to ", ""), ("Hello! ", "")]


def fill_domain(c, t, args=None):
    """Returns (request text, args) for a domain tool."""
    by = {p.key: p for p in t.params}
    req = c.pick(t.reqs)
    # a template can only be used if all its mandatory slots exist
    for _ in range(20):
        must = re.findall(r"\{(\w+)[}:]", re.sub(r"\[[^\]]*\]", "", req))
        if all(k in by for k in must):
            break
        req = c.pick(t.reqs)
    else:
        return None
    args = {}

    def opt(m):
        keys = re.findall(r"\{(\w+)[}:]", m[1])
        return m[1] if all(k in by for k in keys) and c.p(0.6) else ""
    req = re.sub(r"\[([^\]]*)\]", opt, req)
    order = []

    def slot(m):
        k, alt = m[1], m[2]
        p = by[k]
        if k not in args:
            args[k] = val(c, p)
        if alt:
            a, b = alt.split("/")
            return a if args[k] else b
        return num_say(c, args[k], p)
    text = re.sub(r"\{(\w+)(?::([^}]*))?\}", slot, req)
    for p in t.params:
        if p.req and p.key not in args:
            return None
    out = {p.name: args[p.key] for p in t.params if p.key in args}
    if c.p(0.35) and not text.endswith("?"):
        a, b = c.pick(WRAP[4:])
        if text.startswith(("I ", "Weather", "Current", "Directions", "Stock", "New ", "Timer", "At ")) and a:
            a, b = "Hello! ", ""
        if a and a not in ("Hello! ",):
            text = a + text[0].lower() + text[1:] + b
        else:
            text = a + text + b
    elif c.p(0.15):
        text = text[0].lower() + text[1:]
    elif c.p(0.3) and text[-1] not in "?\".!":
        text += "."
    return text, out, args


def fill_random(c, t):
    verb, noun = t.words
    chosen = [p for p in t.params if p.req or c.p(0.6)]
    args, segs = {}, []
    for p in chosen:
        v = val(c, p)
        args[p.name] = v
        pn = p.name.replace("_", " ")
        s = num_say(c, v, p)
        q = f'"{s}"' if isinstance(v, str) and (p.kind in ("message", "task", "title", "phrase") and c.p(0.5) or c.p(0.15)) else s
        if isinstance(v, bool):
            s = q = c.pick([["true", "yes", "on", "enabled"], ["false", "no", "off", "disabled"]][0 if v else 1])
        forms = [f"with {pn} {q}", f"with {pn} {q}", f"with the {pn} {q}", f"with {pn} set to {q}", f"using {q} as {pn}", f"{pn} {q}", f"{pn}: {q}", f"where {pn} is {q}", f"and {pn} {q}", f"{pn} = {q}"]
        one = len([x for x in chosen if x.kind == p.kind]) == 1
        fit = {"city": ("city", "location", "place", "destination", "region"), "person": ("name", "owner", "author", "user", "customer", "client", "employee"), "date": ("date", "day", "deadline", "start", "end"),
               "time": ("time", "start", "end"), "code": ("id", "code", "number", "order")}.get(p.kind, ())
        if one and p.name in fit:
            forms += {"city": [f"in {q}", f"for {q}"], "person": [f"for {q}", f"named {q}"], "date": [f"on {q}"], "time": [f"at {q}"], "code": [q, q]}[p.kind]
        segs.append(c.pick(forms))
    if c.p(0.2):
        order = list(range(len(segs)))
        c.r.shuffle(order)
        segs = [segs[i] for i in order]
    head = c.pick([f"{verb} the {noun}", f"{verb} the {noun}", f"{verb} a {noun}", f"{verb} my {noun}", f"{verb} {noun}"])
    if c.p(0.06):
        head = c.pick([f"use {t.name}", f"call {t.name}", f"run {t.name}"])
    sep = c.pick([" ", " ", ", "])
    tail = ""
    for i, s in enumerate(segs):
        if i and s.startswith(("with", "using", "where", "and")) is False and sep == " ":
            tail += c.pick([", ", " and "]) + s
        else:
            tail += (" " if i == 0 else sep) + s
    a, b = c.pick(WRAP)
    text = a + head + tail
    text = text[0].upper() + text[1:] if c.p(0.85) else text
    if b:
        text += b
    elif c.p(0.5):
        text += "."
    return text, args, dict(args)


def fill(c, t):
    for _ in range(10):
        r = fill_domain(c, t) if t.reqs else fill_random(c, t)
        if r:
            return r
    return None


def call_text(name, args):
    return "<tool_call>\n" + J({"name": name, "arguments": args}) + "\n</tool_call>"


def toolset(c, n, first=None):
    tools = [first or (domain_tool(c) if c.p(0.6) else random_tool(c))]
    t0 = tools[0]
    while len(tools) < n:
        x = c.r.random()
        if t0.words and x < 0.35:   # near duplicate: same noun, other verb
            t = random_tool(c, {a.name for a in tools})
            v = c.pick(VERBS)
            w2 = [v] + t0.words[1].split()
            nm = style(c, w2)
            if v == t0.words[0] or not c.ok(nm):
                continue
            t.name, t.words = nm, (v, t0.words[1])
            t.desc = None if c.p(0.2) else f"{v.capitalize()} a {t0.words[1]}"
            schema_of(c, t)
        else:
            t = domain_tool(c) if (x < 0.7) == (t0.reqs is not None) else random_tool(c)
        if any(a.name.lower() == t.name.lower() for a in tools) or (t.dom and any(a.dom == t.dom for a in tools)):
            continue
        if t.dom and t0.dom and {t.dom, t0.dom} in ({"reminder", "todo"}, {"reminder", "alarm"}, {"weather", "forecast"}, {"message", "email"}, {"search", "product"}, {"light", "dim"},
                                                      {"todo", "shopping"}, {"event", "invite"}, {"event", "reminder"}, {"search", "news"}, {"search", "define"}, {"readfile", "fetch"}, {"message", "contact"}, {"user", "contact"},
                                                      {"product", "search"}, {"units", "currency"}, {"calc", "units"}, {"calc", "currency"}, {"readfile", "list"}, {"recipe", "search"}, {"user", "order"}) and c.p(0.5):
            continue
        tools.append(t)
    order = list(range(n))
    c.r.shuffle(order)
    return t0, [tools[i] for i in order]


COND = W("sunny cloudy rainy windy snowy foggy clear stormy warm cold")


def result_for(c, t, args, keyed):
    """Returns (tool message text, final sentence)."""
    dom = t.dom
    a = keyed
    if c.p(0.05):
        e = c.pick(["not found", "timeout", "access denied", "no connection", "invalid id", "out of range", "service unavailable"])
        return J({"error": e}), f"Sorry, that did not work: {e}."
    if dom == "weather":
        T, cond = c.r.randint(-5, 38), c.pick(COND)
        city = a["city"]
        x = c.r.random()
        u = a.get("unit")
        if x < 0.35:
            r = {"temperature": T, "condition": cond}
            if c.p(0.4):
                r = {"city": city, **r}
            return J(r), f"It is {cond} and {T} degrees{' ' + u if u else ''} in {city}."
        if x < 0.55:
            k = c.pick(["temp_c", "temp", "temperature_c", "degrees"])
            return J({k: T, c.pick(["conditions", "sky", "weather", "description"]): cond}), f"It is {cond} and {T} degrees in {city}."
        if x < 0.7:
            r = {"temperature": T, "unit": u or "celsius", "condition": cond}
            return J(r), f"It is {cond} and {T} degrees {u or 'celsius'} in {city}."
        if x < 0.85:
            return f"{T}°C, {cond}", f"It is {cond} and {T} degrees in {city}."
        return f"{cond.capitalize()}, {T} degrees", f"It is {cond} and {T} degrees in {city}."
    if dom == "calc":
        v = c.pick([c.r.randint(0, 99), c.r.randint(100, 9999), round(c.r.random() * 100, 2)])
        return c.pick([str(v), J({"result": v}), J({"value": v})]), f"{a['expression']} = {v}"
    if dom == "time":
        v = v_time(c)
        return c.pick([v, J({"time": v}), J({"city": a["city"], "time": v})]), f"It is {v} in {a['city']}."
    if dom == "stock":
        v = round(c.r.random() * 500, 2)
        return c.pick([str(v), J({"symbol": a["symbol"], "price": v}), J({"price": v})]), f"{a['symbol']} is trading at {v}."
    if dom in ("currency", "units"):
        v = round(c.r.random() * 900, 2)
        tgt = a["to"]
        return c.pick([str(v), J({"result": v}), J({"amount": v, "unit": tgt})]), f"{say(a.get('amount', a.get('value')))} {a['from']} is {v} {tgt}."
    if dom == "translate":
        v = c.pseudo(1, 2) + " " + c.pseudo(1, 3)
        return c.pick([v, J({"translation": v}), J({"result": v})]), f'"{a["text"]}" in {a["language"]} is "{v}".'
    if dom == "distance":
        v = c.r.randint(20, 9000)
        u = a.get("unit", "km")
        return c.pick([J({"distance": v, "unit": u}), f"{v} {u}"]), f"The distance from {a['a']} to {a['b']} is {v} {u}."
    if dom == "age":
        v = c.r.randint(2, 95)
        return c.pick([str(v), J({"age": v}), J({"name": a["name"], "age": v})]), f"{a['name']} is {v} years old."
    if dom == "order":
        v = c.pick(["shipped", "delivered", "on the way", "being packed", "delayed", "cancelled"])
        if c.p(0.4):
            d = v_date(c)
            return J({"status": v, c.pick(["arrives", "eta", "delivery_date", "expected"]): d}), f"Your order {a['id']} is {v}. Expected date: {d}."
        return c.pick([v, J({"status": v}), J({"order": a["id"], "status": v})]), f"Your order {a['id']} is {v}."
    if dom == "contact":
        v = "".join(c.pick("0123456789") for _ in range(c.r.randint(5, 8)))
        return c.pick([v, J({"phone": v}), J({"name": a["name"], "phone": v})]), f"The number of {a['name']} is {v}."
    if t.done and c.p(0.85):
        r = c.pick([J({"status": "ok"}), J({"success": True}), "ok", "OK", "done", J({"status": "success"}), J({"result": "ok"}), J({"ok": True, "id": c.r.randint(1, 999)}), J({"id": v_code(c)}), "success"])
        return r, re.sub(r"\{(\w+)\}", lambda m: say(a[m[1]]), t.done)
    x = c.r.random()
    if x < 0.12:
        return c.pick([J({"status": "ok"}), J({"success": True}), "ok", "done", J({"result": "ok"})]), "Done. That worked."
    if x < 0.3:
        items = list({c.pick([v_word, v_phrase, v_person, v_title])(c): 0 for _ in range(c.r.randint(1, 4))})
        r = J(items) if c.p(0.5) else J({c.pick(["results", "items", "matches", "data", "files", "names"]): items})
        n = len(items)
        return r, f"I found {n} result{'s' if n != 1 else ''}: {say(items)}."
    if x < 0.42:
        s = c.pick([v_message, v_phrase, v_title])(c)
        return s, f"The result is: {s}."
    keys = {}
    for _ in range(c.pick([1, 2, 2, 3, 3, 4])):
        k = c.pick(PARAMS) if c.p(0.8) else c.pick(NOUNS) + "_" + c.pick(PARAMS)
        keys[k] = c.pick([v_word, v_person, v_city, v_int, v_int, v_num, v_code, v_date, v_phrase, lambda c: c.p(0.5), lambda c: [v_word(c), v_word(c)]])(c)
    s = [f"the {k.replace('_', ' ')} is {'yes' if v is True else 'no' if v is False else say(v)}" for k, v in keys.items()]
    return J(keys), "Here is what I found: " + (s[0] if len(s) == 1 else ", ".join(s[:-1]) + " and " + s[-1]) + "."


def think_call(c, calls):
    out = []
    for t, args in calls:
        kv = ", ".join(f"{k} = {J(v) if not isinstance(v, str) else v}" for k, v in args.items())
        out.append(f"I need {t.name}" + (f" with {kv}." if kv else "."))
    return "\n".join(out)


def U(x):
    return {"role": "user", "content": x}


def A(x, think=None, calls=None):
    m = {"role": "assistant", "content": x, "think": think}
    if calls:
        m["tool_calls"] = [{"type": "function", "function": {"name": t.name, "arguments": a}} for t, a in calls]
    return m


def several_values(c, t, filled):
    """The same tool for several values of one argument: (request, calls, arguments by key); None if the request does not allow it."""
    text, args, keyed = filled
    k = list(keyed)[0]
    v = keyed[k]
    if not isinstance(v, str) or text.count(v) != 1:
        return None
    p = [p for p in t.params if p.key == k][0]
    vs = [v]
    for _ in range(c.pick([1, 1, 1, 2])):
        w = val(c, p)
        if w not in vs and isinstance(w, str):
            vs.append(w)
    if len(vs) < 2 or p.enum:
        return None
    if f'"{v}"' in text:
        text = text.replace(f'"{v}"', ", ".join(f'"{x}"' for x in vs[:-1]) + f' and "{vs[-1]}"')
    else:
        text = text.replace(v, say(vs))
    calls = [(t, {q: (x if y == v and q == p.name else y) for q, y in args.items()}) for x in vs]
    return text, calls, [{q: (x if q == k else y) for q, y in keyed.items()} for x in vs]


def more_requests(c, tools):
    """Messages with further requests for the same tools."""
    out = []
    for _ in range(c.r.randint(1, 3 + len(tools))):
        t = c.pick(tools)
        r = fill(c, t)
        if r is None:
            continue
        many = several_values(c, t, r) if t.reqs and r[1] and c.p(0.3) else None
        text, calls, keyed = many or (r[0], [(t, r[1])], [r[2]])
        out += [U(text), A("", think_call(c, calls), calls)]
        if c.p(0.35):
            results = [result_for(c, t, a, k) for (_, a), k in zip(calls, keyed)]
            out += [{"role": "tool", "content": x} for x, _ in results] + [A(" ".join(x for _, x in results), "The tool has answered. I will tell the user.")]
    return out


NO_TOOL_THINK = "No tool is needed for this."


def gen_tool_dialogue(c, chat, mode=None, n=None):
    """chat: a function(c) -> (user text, answer, think) used for turns that need no tool."""
    n = n or c.pick([1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 5, 5])
    t0, tools = toolset(c, n)
    schemas = [t.schema for t in tools]
    msgs = []
    mode = mode or c.pick(["single"] * 15 + ["result"] * 4 + ["parallel"] * 6 + ["two"] * 3 + ["presult"] * 2 + ["none"] * 3 + ["multi"] * 2 + ["after"] * 2 + ["notool"])
    if mode in ("single", "multi") and c.p(0.12) or mode == "multi" and c.p(0.4):
        u, a, th = chat(c)
        msgs += [U(u), A(a, NO_TOOL_THINK)]
    if mode == "none":
        if c.p(0.15):
            names = [t.name for t in tools]
            u = c.pick(["What tools do you have?", "Which tools can you use?", "List your tools.", "Which functions can you call?"])
            a = ("I can use this tool: " if n == 1 else "I can use these tools: ") + say(names) + "."
            return dict(messages=msgs + [U(u), A(a, NO_TOOL_THINK)], tools=schemas, cat="tool_none")
        u, a, th = chat(c)
        return dict(messages=msgs + [U(u), A(a, NO_TOOL_THINK)], tools=schemas, cat="tool_none")
    if mode == "notool":
        doms = {t.dom for t in tools}
        verbs = {t.words[0] for t in tools if t.words}
        for _ in range(50):
            o = domain_tool(c)
            if o.dom in doms or o.dom in ("calc", "define", "search", "news", "user", "age", "distance", "contact", "agenda", "readfile", "product") or (doms - {None}):
                continue
            if doms & {"search"}:
                continue
            r = fill(c, o)
            if r:
                return dict(messages=msgs + [U(r[0]), A("Sorry, I have no tool for that.", "None of my tools can do this.")], tools=schemas, cat="tool_notool")
        mode = "single"
    r = fill(c, t0)
    if r is None:
        return gen_tool_dialogue(c, chat)
    text, args, keyed = r
    calls = [(t0, args)]
    allkeyed = [keyed]
    if mode in ("parallel", "presult") and args and t0.reqs:
        many = several_values(c, t0, r)
        if many:
            text, calls, allkeyed = many
    elif mode in ("two", "presult") and n >= 2:
        t1 = [t for t in tools if t is not t0][0]
        r2 = fill(c, t1)
        if r2:
            b = r2[0]
            text = text.rstrip(".?!") + c.pick([" and then ", ". Then ", ", and ", ". Also, ", " and also "])
            text += b if b.split()[0] == "I" else b[0].lower() + b[1:]
            calls.append((t1, r2[1]))
            allkeyed.append(r2[2])
    msgs += [U(text), A("", think_call(c, calls), calls)]
    cat = "tool_single" if len(calls) == 1 else "tool_parallel"
    if mode in ("result", "presult", "after", "multi"):
        outs = [result_for(c, t, a, k) for (t, a), k in zip(calls, allkeyed)]
        for o, _ in outs:
            msgs.append({"role": "tool", "content": o})
        fin = " ".join(o[1] for o in outs) if len(outs) > 1 else outs[0][1]
        msgs.append(A(fin, "The tool has answered. I will tell the user."))
        cat = "tool_result"
        if mode == "after":
            x = c.r.random()
            if x < 0.35:
                msgs += [U(c.pick(["Thanks!", "Thank you.", "Great, thanks.", "Thank you very much!", "Perfect."])), A(c.pick(["You are welcome!", "My pleasure!"]), NO_TOOL_THINK)]
            elif x < 0.75:
                r = fill(c, t0)
                if r:
                    msgs += [U(c.pick(["And ", "Now ", "Next: ", ""]) + r[0]), A("", think_call(c, [(t0, r[1])]), [(t0, r[1])])]
                    cat = "tool_multi"
            else:
                u, a, th = chat(c)
                msgs += [U(u), A(a, NO_TOOL_THINK)]
    if c.split == "train" and c.p(0.8):
        msgs += more_requests(c, tools)
    return dict(messages=msgs, tools=schemas, cat=cat)
