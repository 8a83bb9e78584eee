// Markdown as DOM nodes. Text only ever becomes text nodes, so nothing in it can act.

const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([^\s`]*)/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])(\s+|$)/;
const QUOTE = /^ {0,3}> ?/;
const DIVIDER = /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/;
const DEEPEST = 12;

/** Makes an element with children, which are nodes or text. */
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** Shows a text that grows: only blocks that changed are built anew. */
export class MarkdownView {
  constructor(home) {
    this.home = home;
    this.sources = [];
    home.classList.add("markdown");
  }

  show(text) {
    const blocks = split(text.split(/\r?\n/));
    const sources = blocks.map((block) => block.lines.join("\n"));
    let same = 0;
    while (same < sources.length && sources[same] === this.sources[same]) same += 1;
    while (this.home.childNodes.length > same) this.home.lastChild.remove();
    for (const block of blocks.slice(same)) this.home.append(render(block, 0));
    this.sources = sources;
  }
}

/** Cuts lines into blocks `{kind, lines}`. */
function split(lines) {
  const blocks = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at].trim() === "") {
      at += 1;
      continue;
    }
    const kind = kindOf(lines, at);
    const end = ends[kind](lines, at);
    blocks.push({ kind, lines: lines.slice(at, end) });
    at = end;
  }
  return blocks;
}

function kindOf(lines, at) {
  const line = lines[at];
  if (FENCE.test(line)) return "code";
  if (HEADING.test(line)) return "heading";
  if (RULE.test(line)) return "rule";
  if (ITEM.test(line)) return "list";
  if (QUOTE.test(line)) return "quote";
  if (line.includes("|") && at + 1 < lines.length && lines[at + 1].includes("-")
    && DIVIDER.test(lines[at + 1])) return "table";
  return "paragraph";
}

/** Where a block of each kind ends, from where it begins. */
const ends = {
  heading: (lines, at) => at + 1,
  rule: (lines, at) => at + 1,
  code(lines, at) {
    const fence = FENCE.exec(lines[at])[1];
    for (let end = at + 1; end < lines.length; end += 1) {
      const line = lines[end].trim();
      if (line.startsWith(fence) && line.replaceAll(fence[0], "") === "") return end + 1;
    }
    return lines.length;
  },
  quote: (lines, at) => runOf(lines, at, (line) => QUOTE.test(line)),
  table: (lines, at) => runOf(lines, at, (line) => line.includes("|")),
  paragraph(lines, at) {
    let end = at + 1;
    while (end < lines.length && lines[end].trim() !== ""
      && kindOf(lines, end) === "paragraph") end += 1;
    return end;
  },
  list(lines, at) {
    const indent = ITEM.exec(lines[at])[1].length;
    const isNumbered = /\d/.test(ITEM.exec(lines[at])[2]);
    let end = at + 1;
    for (; end < lines.length; end += 1) {
      const line = lines[end];
      const item = ITEM.exec(line);
      if (line.trim() === "" || /^\s/.test(line) && /^\s*/.exec(line)[0].length > indent) continue;
      if (item && item[1].length <= indent && /\d/.test(item[2]) === isNumbered
        && !RULE.test(line)) continue;
      if (item || lines[end - 1].trim() === "" || kindOf(lines, end) !== "paragraph") break;
    }
    while (lines[end - 1].trim() === "") end -= 1;
    return end;
  },
};

function runOf(lines, at, belongs) {
  let end = at;
  while (end < lines.length && belongs(lines[end])) end += 1;
  return end;
}

function render({ kind, lines }, depth) {
  if (depth > DEEPEST) return element("p", {}, lines.join("\n"));
  switch (kind) {
    case "code": return codeBlock(lines);
    case "heading": {
      const [, marks, text] = HEADING.exec(lines[0]);
      // The page itself has the first two levels.
      return element(`h${Math.min(marks.length + 2, 6)}`, {}, ...inline(text));
    }
    case "rule": return element("hr");
    case "quote": {
      const inner = split(lines.map((line) => line.replace(QUOTE, "")));
      return element("blockquote", {}, ...inner.map((block) => render(block, depth + 1)));
    }
    case "list": return list(lines, depth);
    case "table": return table(lines);
    default: return element("p", {}, ...inline(lines.map((line) => line.trim()).join("\n")));
  }
}

function codeBlock(lines) {
  const [, fence, language] = FENCE.exec(lines[0]);
  const last = lines.at(-1).trim();
  const isClosed = lines.length > 1 && last.startsWith(fence)
    && last.replaceAll(fence[0], "") === "";
  const text = lines.slice(1, isClosed ? -1 : undefined).join("\n");
  const code = element("code", { tabIndex: 0 }, text);
  code.setAttribute("aria-label", language ? `Code, ${language}` : "Code");
  const button = element("button", { type: "button", textContent: "Copy" });
  button.addEventListener("click", () => copy(text, code, button));
  const bar = element("div", { className: "bar" }, element("span", {}, language), button);
  return element("div", { className: "code" }, bar, element("pre", {}, code));
}

/** Copies, or selects the text where the browser denies the clipboard. */
async function copy(text, code, button) {
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(code);
    button.textContent = "Selected";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

function list(lines, depth) {
  const [, indent, marker] = ITEM.exec(lines[0]);
  const made = element(/\d/.test(marker) ? "ol" : "ul");
  if (made.localName === "ol") made.start = parseInt(marker, 10);
  const items = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1].length <= indent.length) items.push([line.slice(item[0].length)]);
    else items.at(-1).push(line);
  }
  for (const [first, ...rest] of items) {
    const margin = Math.min(...rest.filter((line) => line.trim() !== "")
      .map((line) => /^\s*/.exec(line)[0].length));
    const own = rest.map((line) => Number.isFinite(margin) ? line.slice(margin) : line);
    const inner = split([first, ...own]).map((block, index) =>
      index === 0 && block.kind === "paragraph"
        ? element("span", {}, ...inline(block.lines.join("\n"))) : render(block, depth + 1));
    made.append(element("li", {}, ...inner));
  }
  return made;
}

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
  const sides = cells(lines[1]).map((cell) =>
    cell.endsWith(":") ? (cell.startsWith(":") ? "center" : "right") : "");
  const row = (name, line) => element("tr", {}, ...cells(line).slice(0, sides.length)
    .map((cell, column) => element(name, { className: sides[column] }, ...inline(cell))));
  const body = lines.slice(2).map((line) => row("td", line));
  // Wide ones are scrolled, with the keyboard too.
  return element("div", { className: "table", tabIndex: 0 }, element("table", {},
    element("thead", {}, row("th", lines[0])), element("tbody", {}, ...body)));
}

/** What stands inside a line, in the order in which it is looked for. */
const INLINE = [
  [/\\([\\`*_{}[\]()#+\-.!|~>])/, ([, mark]) => mark],
  [/(?<!`)(`+)(?!`)([^]*?[^`])\1(?!`)/, ([, , text]) =>
    element("code", {}, text.replace(/^ (.*\S.*) $/s, "$1"))],
  [/!?\[([^[\]]*)\]\(<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(?:\s+"[^"]*")?\)/,
    ([whole, text, address], depth) => link(address, inline(text, depth)) ?? whole],
  [/\bhttps?:[/]{2}[^\s<>"'`*]*[^\s<>"'`*.,;:!?)\]]/, ([address]) =>
    link(address, [address]) ?? address],
  [/(\*\*|__)(?=\S)([^]*?\S)\1/, ([, , text], depth) =>
    element("strong", {}, ...inline(text, depth))],
  [/\*(?=[^\s*])([^*]*[^\s*])\*|(?<!\w)_(?=[^\s_])([^_]*[^\s_])_(?!\w)/, ([, star, low], depth) =>
    element("em", {}, ...inline(star ?? low, depth))],
  [/~~(?=\S)([^]*?\S)~~/, ([, text], depth) => element("del", {}, ...inline(text, depth))],
];

/** A text's nodes. */
function inline(text, depth = 0) {
  if (depth > DEEPEST) return [text];
  const nodes = [];
  let rest = text;
  while (rest !== "") {
    let found = null;
    for (const [pattern, make] of INLINE) {
      const match = pattern.exec(rest);
      if (match && (found === null || match.index < found.match.index)) found = { match, make };
    }
    if (found === null) break;
    const { match, make } = found;
    if (match.index > 0) nodes.push(rest.slice(0, match.index));
    nodes.push(make(match, depth + 1));
    rest = rest.slice(match.index + match[0].length);
  }
  if (rest !== "") nodes.push(rest);
  return nodes;
}

/** A link to another page; null for an address of any other kind, which stays text. */
function link(address, children) {
  let url;
  try {
    url = new URL(address);
  } catch {
    return null;  // not an absolute address
  }
  if (!["http:", "https:"].includes(url.protocol)) return null;
  return element("a", { href: url.href, rel: "noopener noreferrer nofollow", target: "_blank" },
    ...children);
}
