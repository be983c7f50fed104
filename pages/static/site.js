// What a page does by itself: it remembers dark or light, shows where the reader is, and opens the search.
// It stands in the head and runs before anything is drawn, so that no page flashes in the wrong colours.

(() => {
  const page = document.documentElement;
  const { root, fonts, said = "{}" } = document.currentScript.dataset;
  // A sentence in the language of the page, its fields filled in; English where there is no translation.
  const sentences = JSON.parse(said);
  const say = (sentence, fields = {}) => (sentences[sentence] ?? sentence).replace(/{(\w+)}/g, (_, name) => fields[name]);
  window.tfmSay = say;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const memory = {
    // A page opened from a folder may have no memory; then a choice lasts until the page is left.
    get: () => { try { return localStorage.getItem("tfm-theme"); } catch { return null; } },
    set: (name) => { try { name ? localStorage.setItem("tfm-theme", name) : localStorage.removeItem("tfm-theme"); } catch {} },
  };
  const chosen = memory.get();
  if (chosen === "dark" || chosen === "light") page.dataset.theme = chosen;
  page.classList.add("scripted");
  // The fonts of the first lines are asked for before the style sheet has been read, so that these lines are drawn
  // once. A page from a folder has them anyway, and may not ask.
  for (const name of location.protocol === "file:" ? [] : fonts.split(" ")) {
    const href = `${root}assets/fonts/${name}`;
    document.head.append(Object.assign(document.createElement("link"), { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", href }));
  }

  document.addEventListener("DOMContentLoaded", () => {
    theme(document.querySelector(".theme"));
    document.querySelector(".search").addEventListener("click", search);
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea")) return;
      event.preventDefault();
      search();
    });
    for (const moment of ["load", "resize"]) addEventListener(moment, scrollers);
    document.fonts.ready.then(scrollers);
    contents();
    copiers();
    document.querySelector(".course [aria-current]")?.scrollIntoView({ block: "nearest" });
  });

  // The switch shows the other colours, and forgets the choice again where it is what the system says.
  function theme(button) {
    const isDark = () => (page.dataset.theme ? page.dataset.theme === "dark" : dark.matches);
    const show = () => button.setAttribute("aria-pressed", isDark());
    button.addEventListener("click", () => {
      const wanted = isDark() ? "light" : "dark";
      if ((wanted === "dark") === dark.matches) delete page.dataset.theme;
      else page.dataset.theme = wanted;
      memory.set(page.dataset.theme);
      show();
    });
    dark.addEventListener("change", show);
    show();
  }

  // What scrolls sideways can be reached by the keyboard, and only that.
  function scrollers() {
    for (const box of document.querySelectorAll("pre, .scroll, .formula")) {
      if (box.scrollWidth > box.clientWidth + 1) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  }

  // Code has a button that copies it; where a browser refuses, it is selected for the reader's own keys.
  function copiers() {
    for (const box of document.querySelectorAll(".copied")) {
      const code = box.querySelector("pre");
      const button = Object.assign(document.createElement("button"), { className: "copy", type: "button", textContent: say("Copy") });
      button.ariaLive = "polite";
      box.append(button);
      let pause;
      button.addEventListener("click", () => {
        const show = (words) => {
          button.textContent = words;
          clearTimeout(pause);
          pause = setTimeout(() => { button.textContent = say("Copy"); }, 2000);
        };
        const select = () => {
          getSelection().selectAllChildren(code);
          show(say("Selected"));
        };
        if (!navigator.clipboard) return select();
        navigator.clipboard.writeText(code.textContent).then(() => show(say("Copied")), select);
      });
    }
  }

  // The heading that was passed last is marked in the contents.
  function contents() {
    const links = new Map([...document.querySelectorAll(".contents a")].map((link) => [link.hash, link]));
    if (!links.size) return;
    const headings = [...document.querySelectorAll("article h2")];
    const mark = () => {
      const passed = headings.filter((heading) => heading.getBoundingClientRect().top < innerHeight / 3).pop();
      for (const link of links.values()) link.classList.remove("here");
      if (passed) links.get(`#${encodeURIComponent(passed.id)}`)?.classList.add("here");
    };
    let asked = false;
    addEventListener("scroll", () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => { asked = false; mark(); });
    }, { passive: true });
    mark();
  }

  // The search is fetched when it is first wanted: three scripts, since a page from a folder may fetch nothing else.
  let loading;
  function search() {
    loading ??= ["minisearch.js", "passages.js", "search.js"].reduce(
      (before, name) => before.then(() => new Promise((done, failed) => {
        const script = document.createElement("script");
        script.src = `${root}assets/${name}`;
        script.onload = done;
        script.onerror = () => failed(new Error(`${name} is missing beside the page`));
        document.head.append(script);
      })), Promise.resolve());
    loading.then(() => window.tfmSearch(root));
  }
})();
