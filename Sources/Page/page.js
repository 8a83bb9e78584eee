// The chat page: one conversation, kept here, asked of the server that serves this page.
import { MarkdownView, element } from "./markdown.js";

const at = (id) => document.getElementById(id);
const log = at("log");
const input = at("message");

/** The conversation as the API takes it. */
let messages = [];
/** Calls of the last answer that wait for their results. */
let openCalls = [];
let model = null;
/** Only in memory: it ends with the page. */
let key = "";
/** What ends the answer that is under way; null when there is none. */
let running = null;

// MARK: Asking

async function request(path, options = {}) {
  const headers = { "Content-Type": "application/json" };
  if (key !== "") headers.Authorization = `Bearer ${key}`;
  let response;
  try {
    response = await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The server can’t be reached. Is it still running?");
  }
  if (response.ok) return response;
  if (response.status === 401) askForKey();
  const text = await response.text();
  throw new Error(messageOf(text) ?? `The server answered with status ${response.status}.`);
}

/** The sentence in an error's body, where it has one. */
function messageOf(text) {
  try {
    return JSON.parse(text).error.message;
  } catch {
    return null;
  }
}

/** The values of a stream's `data:` lines. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (!line.startsWith("data:")) continue;
      const data = line.slice(5).trim();
      if (data === "[DONE]") return;
      yield JSON.parse(data);
    }
  }
  throw new Error("The connection ended in the middle of the answer.");
}

/** The request's body: the conversation with the settings that are filled in. */
function body() {
  const system = at("system").value.trim();
  const all = system === "" ? messages : [{ role: "system", content: system }, ...messages];
  const made = {
    messages: all, stream: true, stream_options: { include_usage: true }, return_progress: true,
  };
  if (model !== null) made.model = model;
  for (const name of ["temperature", "top_p", "top_k", "min_p", "max_tokens", "seed"]) {
    const field = at(name);
    if (!field.validity.valid) {
      showSettings(true);
      throw new Error(`${field.labels[0].textContent.trim()}: ${field.validationMessage}`);
    }
    if (field.value !== "") made[name] = Number(field.value);
  }
  const tools = at("tools").value.trim();
  if (tools !== "") {
    try {
      made.tools = JSON.parse(tools);
    } catch (error) {
      throw new Error(`The tools in the settings aren’t JSON: ${error.message}`);
    }
  }
  return JSON.stringify(made);
}

// MARK: Answers

/** One answer on the page, as it comes. */
class Answer {
  constructor() {
    this.begun = performance.now();
    this.message = { role: "assistant", content: "" };
    this.reasoning = "";
    this.calls = [];
    this.text = element("div", { className: "text" });
    this.text.dataset.waiting = "…";
    this.view = new MarkdownView(this.text);
    this.article = addArticle("assistant", model ?? "Model", this.text);
    this.article.setAttribute("aria-busy", "true");
    this.due = false;
  }

  take(event) {
    if (event.error) throw new Error(event.error.message);
    this.usage = event.usage ?? this.usage;
    this.timings = event.timings ?? this.timings;
    if (event.prompt_progress) this.showProgress(event.prompt_progress);
    const choice = event.choices?.[0];
    if (choice === undefined) return;
    this.end = choice.finish_reason ?? this.end;
    const { content, reasoning_content: reasoning, tool_calls: calls } = choice.delta ?? {};
    if ((content || reasoning || calls) && this.first === undefined) {
      this.first = performance.now() - this.begun;
    }
    this.message.content += content ?? "";
    this.reasoning += reasoning ?? "";
    for (const call of calls ?? []) this.takeCall(call);
    this.show();
  }

  /** Shown as long as there is nothing else. */
  showProgress({ processed, total }) {
    const share = Math.floor(100 * processed / Math.max(total, 1));
    this.text.dataset.waiting = `Reading the prompt: ${share} %`;
  }

  takeCall({ index, id, function: { name, arguments: text } }) {
    const call = this.calls[index] ??= {
      id, type: "function", function: { name, arguments: "" },
    };
    call.function.arguments += text ?? "";
  }

  /** Draws with the next frame, however many events come before it. */
  show() {
    if (this.due) return;
    this.due = true;
    requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.due = false;
    const follows = isAtEnd();
    if (this.reasoning !== "") this.drawReasoning();
    this.view.show(this.message.content);
    this.calls.forEach((call, index) => this.drawCall(call, index));
    if (follows) scrollToEnd();
  }

  drawReasoning() {
    if (this.thoughts === undefined) {
      const home = element("div");
      this.thoughts = new MarkdownView(home);
      this.summary = element("summary");
      this.text.before(element("details", { className: "reasoning" }, this.summary, home));
    }
    const thinks = !this.isFinished && this.message.content === "";
    this.summary.textContent = thinks ? "Thinking…" : "Thoughts";
    this.thoughts.show(this.reasoning);
  }

  drawCall(call, index) {
    this.callViews ??= [];
    if (this.callViews[index] === undefined) {
      const view = element("code");
      this.callViews[index] = view;
      this.article.append(element("div", { className: "call" },
        element("strong", {}, "Calls "), element("code", {}, call.function.name),
        element("pre", { tabIndex: 0 }, view)));
    }
    this.callViews[index].textContent = indented(call.function.arguments);
  }

  /** Closes the answer, and says what it took. */
  finish(note) {
    this.isFinished = true;
    this.draw();
    this.article.setAttribute("aria-busy", "false");
    const figures = [note, ...this.figures()].filter(Boolean).join(" · ");
    if (figures !== "") this.article.append(element("p", { className: "figures" }, figures));
    this.calls = this.calls.filter(Boolean);
    if (this.calls.length > 0) this.message.tool_calls = this.calls;
    if (isAtEnd()) scrollToEnd();
    return figures;
  }

  figures() {
    const tokens = this.usage?.completion_tokens;
    const timings = this.timings ?? {};
    const { predicted_per_second: rate, prompt_n: computed, cache_n: cached = 0 } = timings;
    return [
      this.end === "length" && "cut off at the token limit",
      tokens !== undefined && `${tokens} ${tokens === 1 ? "token" : "tokens"}`,
      rate > 0 && `${rate.toFixed(1)} tokens/s`,
      this.first !== undefined && `first token after ${(this.first / 1000).toFixed(2)} s`,
      computed !== undefined
        && `prompt ${computed + cached} tokens${cached > 0 ? `, ${cached} from the cache` : ""}`,
    ];
  }
}

/** JSON for reading; what isn't JSON yet stays as it is. */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Asks for the answer to the conversation as it stands. */
async function answer() {
  running = new AbortController();
  showRunning();
  say("The model is answering.");
  // A new chat may begin before this answer has ended, which must not join it.
  const asked = messages;
  let shown = null;
  try {
    const text = body();
    shown = new Answer();
    scrollToEnd();
    const response = await request("v1/chat/completions", {
      method: "POST", body: text, signal: running.signal,
    });
    for await (const event of events(response)) shown.take(event);
    keep(shown, "");
  } catch (error) {
    if (asked !== messages) return;
    if (error.name === "AbortError") keep(shown, "stopped");
    else fail(shown, error);
  } finally {
    running = null;
    showRunning();
    (at("key-form").hidden ? input : at("key")).focus();
  }
}

function keep(shown, note) {
  const isStopped = note !== "";
  const figures = shown.finish(note);
  const { content, tool_calls: calls } = shown.message;
  // A call that was cut off has no arguments that the model could be shown again.
  if (isStopped) delete shown.message.tool_calls;
  if (content !== "" || !isStopped && calls) messages.push(shown.message);
  openCalls = isStopped ? [] : [...calls ?? []];
  say(`${isStopped ? "Stopped" : "The answer is complete"}. ${figures}`);
  showComposer();
}

function fail(shown, error) {
  if (shown !== null) {
    shown.finish("");
    if (shown.message.content === "" && shown.reasoning === "") shown.article.remove();
  }
  const again = element("button", { type: "button", textContent: "Try again" });
  const line = element("p", { className: "error" }, error.message, again);
  const article = addArticle("failure", "Error", line);
  again.addEventListener("click", () => {
    if (running !== null) return;
    article.remove();
    answer();
  });
  scrollToEnd();
}

// MARK: The page

function addArticle(kind, title, ...children) {
  const article = element("article", { className: kind }, element("h2", {}, title), ...children);
  log.append(article);
  return article;
}

function isAtEnd() { return log.scrollHeight - log.scrollTop - log.clientHeight < 60; }
function scrollToEnd() { log.scrollTop = log.scrollHeight; }
function say(text) { at("status").textContent = text; }

function showRunning() {
  at("send").hidden = running !== null;
  at("stop").hidden = running === null;
}

/** After a call of a tool, what is written next is its result. */
function showComposer() {
  const label = openCalls.length > 0 ? `Result of ${openCalls[0].function.name}` : "Message";
  at("message-label").textContent = label;
  input.placeholder = label;
}

function showSettings(shown) {
  at("settings").hidden = !shown;
  at("settings-button").setAttribute("aria-expanded", String(shown));
}

function askForKey() {
  at("key-form").hidden = false;
  at("key").value = "";
  at("key").focus();
}

function send() {
  const text = input.value.trim();
  if (running !== null || text === "") return;
  const call = openCalls.shift();
  input.value = "";
  for (const failure of log.querySelectorAll(".failure")) failure.remove();
  const last = messages.at(-1);
  if (call !== undefined) {
    messages.push({ role: "tool", tool_call_id: call.id, content: text });
  } else if (last?.role === "user") {
    // It got no answer. Many templates want roles to alternate.
    last.content += `\n\n${text}`;
  } else {
    messages.push({ role: "user", content: text });
  }
  addArticle("user", call === undefined ? "You" : `Result of ${call.function.name}`,
    element("div", { className: "text" }, text));
  scrollToEnd();
  showComposer();
  if (openCalls.length === 0) answer();
}

function stop() { running?.abort(); }

function newChat() {
  stop();
  messages = [];
  openCalls = [];
  log.replaceChildren();
  showComposer();
  say("New chat.");
  input.focus();
}

async function showModel() {
  try {
    const served = await (await request("props")).json();
    model = served.model;
    at("model").textContent = model;
    at("backend").textContent = `${served.backend} · context of ${served.context_size} tokens`;
    for (const name of ["temperature", "top_p", "top_k", "min_p"]) {
      at(name).placeholder = String(Number(served.default_sampling[name].toPrecision(3)));
    }
    document.title = `${model} · mlx-server`;
  } catch (error) {
    say(error.message);
  }
}

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") stop();
});
at("stop").addEventListener("click", stop);
at("new-chat").addEventListener("click", newChat);
at("settings").addEventListener("submit", (event) => event.preventDefault());
at("settings-button").addEventListener("click", () => showSettings(at("settings").hidden));
at("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key = at("key").value;
  at("key-form").hidden = true;
  showModel();
  input.focus();
  const again = log.querySelector(".failure:last-child button");
  again?.click();
});
showModel();
input.focus();
