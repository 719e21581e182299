// What pages do beyond forms and links. Everything here may be absent: then a reload shows what is new.
"use strict";
(() => {
  const root = document.documentElement;
  const find = (selector) => document.querySelector(selector);
  const remember = (name, value) => { document.cookie = `${name}=${value}; Path=/; SameSite=Lax; Max-Age=31536000`; };
  root.classList.add("script");

  // Light, dark, or as the system has it.
  const theme = find("#theme");
  const showTheme = () => { theme.textContent = root.dataset.theme || "auto"; };
  theme.addEventListener("click", () => {
    const next = { "": "light", light: "dark", dark: "" }[root.dataset.theme || ""];
    if (next) root.dataset.theme = next; else delete root.dataset.theme;
    remember("theme", next);
    showTheme();
    document.dispatchEvent(new Event("dashboard:colours"));
  });
  showTheme();

  // Times in UTC, or where the browser is.
  const two = (number) => String(number).padStart(2, "0");
  const localText = (moment, withDate) => {
    const time = `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
    const date = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
    return withDate ? `${date} ${time}` : time;
  };
  const showTimes = () => {
    for (const element of document.querySelectorAll("main time[datetime]")) {
      const moment = new Date(element.dateTime);
      const utc = element.dataset.utc || element.textContent;
      element.dataset.utc = utc;
      element.textContent = root.dataset.clock === "local" ? localText(moment, utc.length > 10) : utc;
    }
  };
  const clock = find("#clock");
  const showClock = () => { clock.textContent = root.dataset.clock === "local" ? "local" : "UTC"; showTimes(); };
  clock.addEventListener("click", () => {
    root.dataset.clock = root.dataset.clock === "local" ? "utc" : "local";
    remember("clock", root.dataset.clock);
    showClock();
  });

  // The menu is closed at first where there is little room.
  if (matchMedia("(max-width: 820px)").matches) find("#menu").removeAttribute("open");

  // `/` goes to the search, `Escape` leaves it.
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      find("#search").focus();
      find("#search").select();
    } else if (event.key === "Escape" && event.target.id === "search") {
      event.target.blur();
    }
  });

  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = copy.parentElement.querySelector("pre").textContent;
      navigator.clipboard?.writeText(text).then(() => { copy.textContent = "Copied"; }, () => { copy.textContent = "Not allowed"; });
    }
    const all = event.target.closest("[data-tick-all]");
    if (all) for (const box of all.closest("form, table").querySelectorAll("tbody input[type=checkbox]")) box.checked = all.checked;
  });

  // A file chosen goes into the text beside it: the server sees one kind of form only.
  document.addEventListener("change", async (event) => {
    const target = event.target.dataset?.fileFor;
    if (target && event.target.files[0]) document.getElementById(target).value = await event.target.files[0].text();
  });

  // The live channel. One connection for each visible tab: six is all a browser gives one host.
  const pill = find("#pill"), channel = find("#channel"), why = find("#channel-why");
  const pace = find("#pace");
  pace.value = root.dataset.pace;
  if (!pace.value) pace.value = "2";
  pace.addEventListener("change", () => { remember("pace", pace.value); showPill(true); });
  const regions = () => document.querySelector("[data-live]") !== null;
  let source = null, ticks = 0, failing = false, lastTick = 0;
  const showPill = (up) => {
    pill.className = `pill ${up ? (pace.value === "0" ? "off" : "good") : "bad"}`;
    const text = up ? (pace.value === "0" ? "paused" : "live") : "live updates off";
    if (pill.textContent !== text) pill.textContent = text;
    channel.hidden = up;
  };
  const fail = (reason) => { failing = true; why.textContent = reason; showPill(false); };
  const tick = (event) => {
    lastTick = Date.now();
    if (failing) { failing = false; ticks = 0; }
    showPill(true);
    document.dispatchEvent(new CustomEvent("dashboard:tick", { detail: JSON.parse(event.data) }));
    const every = Number(pace.value);
    if (every && ticks++ % every === 0 && regions() && !busy()) htmx.trigger(document.body, "live");
  };
  // Nothing changes under the hand of somebody who chooses rows or reads a question, not even by what was asked for before.
  const busy = () => document.querySelector("main [data-live] :is(details.confirm[open], tbody input:checked)") !== null || !getSelection().isCollapsed;
  const open = () => {
    if (source) return;
    source = new EventSource("/live");
    lastTick = Date.now();
    source.addEventListener("tick", tick);
    source.addEventListener("error", () => {
      fail("Trying again…");
      if (source.readyState === EventSource.CLOSED) { source = null; setTimeout(() => document.hidden || open(), 3000); }
    });
  };
  const close = () => { source?.close(); source = null; };
  document.addEventListener("visibilitychange", () => document.hidden ? close() : open());
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => { if (event.persisted) open(); });
  // A proxy may keep a dead connection open.
  setInterval(() => { if (source && Date.now() - lastTick > 6000) fail("Nothing has come for a while; a proxy may hold it back."); }, 2000);
  document.body.addEventListener("htmx:error", () => fail(`The ${root.dataset.what} does not answer.`));
  document.body.addEventListener("htmx:response:error", (event) => fail(`The ${root.dataset.what} answers ${event.detail.ctx?.response?.status ?? "with an error"}.`));
  document.body.addEventListener("htmx:before:swap", (event) => { if (event.target.matches("[data-live]") && busy()) event.preventDefault(); });
  document.body.addEventListener("htmx:after:swap", showTimes);
  showClock();
  open();

  // Charts: what was, from the server; what is, from the channel.
  const charts = [];
  const curves = {
    received: [1, "accepted/s", "--accent"], delivered: [2, "delivered/s", "--good"], failed: [3, "failed/s", "--bad"],
    attempted: [4, "attempts/s", "--warn"], pending: [5, "waiting", "--accent"], median: [6, "half within ms", "--good"], slow: [7, "95 % within ms", "--warn"],
  };
  const colour = (name) => {
    // A canvas does not know light-dark().
    const probe = document.createElement("span");
    probe.className = "hidden";
    probe.style.color = `var(${name})`;
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  };
  const pick = (columns, names) => [columns[0], ...names.map((name) => columns[curves[name][0]])];
  const zone = (second) => root.dataset.clock === "local" ? new Date(second * 1000) : uPlot.tzDate(new Date(second * 1000), "UTC");
  const draw = (element) => {
    const names = element.dataset.curves.split(" ");
    const grid = { stroke: colour("--line"), width: 1 };
    const axis = { stroke: colour("--soft"), grid, ticks: grid, font: "12px system-ui, sans-serif" };
    const stamp = (second) => { const time = zone(second); return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`; };
    const short = (number) => number >= 1e6 ? `${number / 1e6}M` : number >= 1e4 ? `${number / 1e3}k` : String(number);
    const options = {
      width: element.clientWidth, height: element.clientHeight, tzDate: zone, legend: { show: false },
      cursor: { points: { size: 6 } },
      scales: { y: { range: (_, low, high) => [0, Math.max(high ?? 0, 1) * 1.08] } },
      axes: [{ ...axis, space: 70, values: (_, marks) => marks.map(stamp) }, { ...axis, size: 46, values: (_, marks) => marks.map(short) }],
      series: [{}, ...names.map((name) => ({ label: curves[name][1], stroke: colour(curves[name][2]), width: 1.6, points: { show: false } }))],
      hooks: { setCursor: [(plot) => {
        const at = plot.cursor.idx, out = element.parentElement.querySelector("[data-values]");
        if (!out) return;
        out.textContent = at == null ? "" : `${stamp(plot.data[0][at])}: ` + names.map((name, place) => `${curves[name][1]} ${plot.data[place + 1][at] ?? "–"}`).join(", ");
      }] },
    };
    element.replaceChildren();
    return new uPlot(options, pick(element.columns, names), element);
  };
  const begin = async (element) => {
    const answer = await fetch(`/history.json?span=${element.dataset.span}`);
    if (!answer.ok) return;
    element.columns = await answer.json();
    element.plot = draw(element);
    element.setAttribute("aria-busy", "false");
    charts.push(element);
  };
  for (const element of document.querySelectorAll("[data-curves]")) begin(element);
  document.addEventListener("dashboard:tick", (event) => {
    for (const element of charts) {
      // Minutes come with the next page.
      if (element.dataset.span === "24h" || event.detail[0].length === 0 || event.detail[0][0] === 0) continue;
      const most = element.dataset.span === "1h" ? 3600 : 300;
      element.columns.forEach((column, place) => { column.push(event.detail[place][0]); if (column.length > most) column.shift(); });
      if (pace.value !== "0") element.plot.setData(pick(element.columns, element.dataset.curves.split(" ")));
    }
  });
  const redraw = () => { for (const element of charts) { element.plot.destroy(); element.plot = draw(element); } };
  document.addEventListener("dashboard:colours", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  addEventListener("resize", () => { for (const element of charts) element.plot.setSize({ width: element.clientWidth, height: element.clientHeight }); });

  // The log: lines come while the page is seen; held while paused, and what was missed is said.
  const log = find("#log");
  if (log) {
    const list = log.querySelector("ol"), state = find("#log-state"), pause = find("#log-pause"), scroll = find("#log-scroll");
    const most = 2000;
    let held = [], paused = false, follow = null, last = log.dataset.last;
    const bottom = () => { if (scroll.checked) log.scrollTop = log.scrollHeight; };
    const entry = (line) => {
      const item = document.createElement("li");
      if (line.missed) {
        item.className = "skipped";
        item.textContent = `${line.missed} lines were too quick for this page`;
        return item;
      }
      const time = Object.assign(document.createElement("time"), { className: "soft", dateTime: line.time, textContent: line.time.slice(11, 19) });
      const level = Object.assign(document.createElement("span"), { className: `level ${line.level}`, textContent: line.level });
      const text = Object.assign(document.createElement("bdi"), { textContent: line.text });
      item.append(time, " ", level, " ", text);
      return item;
    };
    const add = (lines) => {
      list.append(...lines.map(entry));
      while (list.children.length > most) list.firstElementChild.remove();
      showTimes();
      bottom();
    };
    const show = () => {
      pause.textContent = paused ? "Go on" : "Pause";
      pause.setAttribute("aria-pressed", String(paused));
      state.textContent = paused ? `${held.length} held` : "";
    };
    const watch = () => {
      if (follow) return;
      follow = new EventSource(`${log.dataset.stream}&after=${last}`);
      follow.addEventListener("lines", (event) => {
        last = event.lastEventId || last;
        const { missed, lines } = JSON.parse(event.data);
        const news = missed ? [{ missed }, ...lines] : lines;
        if (!paused) add(news); else { held = held.concat(news).slice(-most); show(); }
      });
      follow.addEventListener("error", () => { state.textContent = "not connected, trying again"; });
      follow.addEventListener("open", show);
    };
    pause.addEventListener("click", () => { paused = !paused; if (!paused) { add(held); held = []; } show(); });
    find("#log-clear").addEventListener("click", () => list.replaceChildren());
    document.addEventListener("visibilitychange", () => { if (document.hidden) { follow?.close(); follow = null; } else watch(); });
    addEventListener("pagehide", () => follow?.close());
    bottom();
    watch();
  }
})();
