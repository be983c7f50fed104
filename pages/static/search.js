// The search: a dialog with a list that the arrow keys walk and Enter opens. MiniSearch ranks the passages.

(() => {
  const MOST = 20, AROUND = 70;
  const { pages, passages } = window.tfmPassages, say = window.tfmSay;
  // A word of letters is a term; of Chinese each character is one, since no spaces say where a word ends.
  const terms = (text) => text.toLowerCase().match(/\p{Script=Han}|[\p{L}\p{N}_]+?(?=\p{Script=Han}|[^\p{L}\p{N}_]|$)/gu) ?? [];
  let index, dialog, input, list, count, root;

  window.tfmSearch = (where) => {
    root = where;
    if (!dialog) build();
    if (!dialog.open) dialog.showModal();
    input.focus();
    input.select();
  };

  function build() {
    index = new MiniSearch({ fields: ["heading", "text"], tokenize: terms, processTerm: (term) => term });
    index.addAll(passages.map(([page, , heading, text], id) => ({ id, heading: `${pages[page][1]} ${heading}`, text })));
    dialog = document.createElement("dialog");
    const course = say("Search the course"), word = say("A word, or 中文"), close = say("Close"), places = say("Places");
    dialog.setAttribute("aria-label", course);
    dialog.innerHTML = `<form method="dialog"><input type="search" role="combobox" aria-label="${course}"
      aria-expanded="true" aria-controls="found" aria-autocomplete="list" autocomplete="off" spellcheck="false"
      placeholder="${word}"><button>${close}</button></form>
      <p class="count" role="status"></p><div class="found" id="found" role="listbox" aria-label="${places}"></div>`;
    document.body.append(dialog);
    [input, list, count] = ["input", ".found", ".count"].map((name) => dialog.querySelector(name));
    input.addEventListener("input", show);
    input.addEventListener("keydown", walk);
    list.addEventListener("click", () => dialog.close());
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
    show();
  }

  function ranked(words) {
    const options = { combineWith: "AND", prefix: true, fuzzy: (term) => (term.length > 4 ? 0.2 : false), boost: { heading: 2 } };
    const found = index.search(words, options);
    // What holds the words just as they were typed comes first: for Chinese, the characters side by side.
    const typed = words.trim().toLowerCase();
    const exact = ({ id }) => passages[id][3].toLowerCase().includes(typed);
    return [...found.filter(exact), ...found.filter((one) => !exact(one))];
  }

  function show() {
    const found = input.value.trim() ? ranked(input.value) : [];
    list.replaceChildren(...found.slice(0, MOST).map(({ id, terms: hits }, place) => option(passages[id], hits, place)));
    count.textContent = !input.value.trim() ? say("Type a word; the arrow keys choose, Enter opens.")
      : !found.length ? say("No place has “{word}”: try a shorter word.", { word: input.value.trim() })
      : found.length > MOST ? say("The best {most} of {n} places", { most: MOST, n: found.length }) : found.length === 1 ? say("One place") : say("{n} places", { n: found.length });
    choose(0);
  }

  function option([page, anchor, heading, text], hits, place) {
    const href = `${root}${pages[page][0]}${anchor && `#${anchor}`}`;
    const item = Object.assign(document.createElement("a"), { href, role: "option", id: `found-${place}`, tabIndex: -1 });
    const where = Object.assign(document.createElement("span"), { className: "where" });
    where.textContent = heading === pages[page][1] ? heading : `${pages[page][1]} › ${heading}`;
    const shown = Object.assign(document.createElement("span"), { className: "text" });
    shown.append(...excerpt(text, hits));
    item.append(where, ...(text === heading ? [] : [shown]));
    return item;
  }

  // A piece of the text around the first hit, with every hit marked.
  function excerpt(text, hits) {
    const lower = text.toLowerCase();
    const first = Math.max(0, Math.min(...hits.map((hit) => lower.indexOf(hit)).filter((at) => at >= 0), lower.length));
    const start = first < AROUND ? 0 : lower.lastIndexOf(" ", first - AROUND / 2) + 1;
    const piece = text.slice(start, start + 3 * AROUND);
    const escaped = hits.map((hit) => hit.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).sort((a, b) => b.length - a.length);
    const parts = escaped.length ? piece.split(new RegExp(`(${escaped.join("|")})`, "giu")) : [piece];
    const marked = parts.map((part, n) => (n % 2 ? Object.assign(document.createElement("mark"), { textContent: part }) : part));
    return [start ? "… " : "", ...marked, start + piece.length < text.length ? " …" : ""];
  }

  function choose(place) {
    const items = [...list.children];
    items.forEach((item, n) => item.setAttribute("aria-selected", n === place));
    const item = items[place];
    if (item) {
      input.setAttribute("aria-activedescendant", item.id);
      item.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function walk(event) {
    const items = [...list.children], at = items.findIndex((item) => item.ariaSelected === "true");
    // A field with words in it would only empty itself.
    if (event.key === "Escape") {
      event.preventDefault();
      dialog.close();
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && items.length) {
      event.preventDefault();
      choose((at + step + items.length) % items.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      items[at]?.click();
    }
  }
})();
