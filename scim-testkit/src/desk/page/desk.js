// Keeps the page up to date. Without it the page works by forms and links.
"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const { tenant, most } = document.body.dataset;
  const rows = by("rows");
  const live = by("live");
  const pause = by("pause");
  const find = by("find");
  const found = by("found");
  let last = document.body.dataset.last;
  // Rows up to this one were cleared away.
  let from = Number(new URLSearchParams(location.search).get("from") || 0);
  let source = null;
  let heard = 0;

  const show = (text, on) => {
    live.textContent = text;
    live.className = on ? "state on" : "state off";
  };

  const listen = () => {
    const query = new URLSearchParams({ after: last });
    if (tenant) query.set("tenant", tenant);
    source = new EventSource(`/events?${query}`);
    source.onopen = () => show("live", true);
    source.onerror = () => {
      show("no connection", false);
      // A browser gives up after some answers; the mock may come back.
      if (source && source.readyState === EventSource.CLOSED) setTimeout(() => source && listen(), 3000);
    };
    source.addEventListener("news", (event) => {
      if (event.lastEventId) last = event.lastEventId;
      take(JSON.parse(event.data));
    });
  };

  const take = (news) => {
    if (news.fresh) {
      rows.replaceChildren();
      from = 0;
    }
    for (const row of [...rows.children]) {
      if (Number(row.dataset.number) < news.oldest) row.remove();
    }
    const template = document.createElement("template");
    template.innerHTML = news.rows;
    const fresh = [...template.content.children].filter(
      (row) => Number(row.dataset.number) > from && !by(row.id)
    );
    for (const row of fresh) row.classList.add("new");
    rows.prepend(...fresh);
    while (rows.children.length > Number(most)) rows.lastElementChild.remove();
    by("tally").innerHTML = news.tally;
    if (news.people !== null) renew(by("people"), news.people);
    sift();
    if (news.say) say(news.say);
  };

  // Puts new content in place of the old, and whoever was in it back to where they were.
  const renew = (place, html) => {
    const focused = place.contains(document.activeElement) ? document.activeElement : null;
    const scrolled = [...place.querySelectorAll(".scroll")].map((box) => [box.getAttribute("aria-labelledby"), box.scrollTop]);
    const resource = focused && focused.closest("tr");
    const next = resource && (resource.nextElementSibling || resource.previousElementSibling);
    const nextButton = next && next.querySelector("button");
    const ids = [focused && focused.id, nextButton && nextButton.id].filter(Boolean);
    const region = focused && focused.getAttribute("aria-labelledby");
    place.innerHTML = html;
    for (const [label, top] of scrolled) {
      const box = place.querySelector(`.scroll[aria-labelledby="${label}"]`);
      if (box) box.scrollTop = top;
    }
    if (!focused) return;
    const again = ids.map(by).find(Boolean) || (region && place.querySelector(`.scroll[aria-labelledby="${region}"]`)) || place.querySelector(".scroll");
    if (again) again.focus({ preventScroll: true });
  };

  const sift = () => {
    const text = find.value.trim().toLowerCase();
    let seen = 0;
    for (const row of rows.children) {
      const fits = row.dataset.find.includes(text) && (!found.checked || "found" in row.dataset);
      row.hidden = !fits;
      seen += fits;
    }
    const all = rows.children.length;
    by("none").hidden = !all || seen > 0;
    by("empty").hidden = all > 0 || from > 0;
    by("kept").hidden = all < Number(most);
    document.querySelector(".heads").hidden = !all;
  };

  // A region that changes too often is never read to the end.
  const say = (text) => {
    clearTimeout(heard);
    heard = setTimeout(() => (by("heard").textContent = text), 700);
  };

  const tell = (done, text) => {
    const said = by("said");
    said.className = done ? "said done" : "said failed";
    const sign = document.createElement("span");
    sign.ariaHidden = "true";
    sign.textContent = done ? "✓ " : "✕ ";
    said.replaceChildren(sign, text);
    // A region that was not shown before may not be read; this one always is there.
    clearTimeout(heard);
    by("heard").textContent = text;
    clearTimeout(tell.timer);
    // What is shown once, or went wrong, stays.
    if (done && !text.includes("token")) tell.timer = setTimeout(() => (said.className = "said"), 6000);
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.id === "filter") {
      event.preventDefault();
      return;
    }
    if (form.method !== "post") return;
    event.preventDefault();
    const button = event.submitter;
    const action = (button && button.getAttribute("formaction")) || form.getAttribute("action");
    try {
      const answer = await fetch(action, {
        method: "POST",
        headers: { "X-Desk": "1" },
        body: new URLSearchParams(new FormData(form)),
      });
      if (!answer.ok) throw new Error(await answer.text());
      const { done, text } = await answer.json();
      tell(done, text);
      if (done && form.closest(".forms")) form.reset();
      const confirm = form.closest("details.confirm");
      if (confirm) {
        confirm.open = false;
        confirm.querySelector("summary").focus();
      }
    } catch (error) {
      tell(false, `that did not work: ${error.message}`);
    }
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const text = by(button.dataset.copy).textContent;
    try {
      await navigator.clipboard.writeText(text);
      tell(true, "copied");
    } catch {
      getSelection().selectAllChildren(by(button.dataset.copy));
      tell(false, "the browser does not let the page copy; the text is selected");
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") by("said").className = "said";
  });

  by("clear").addEventListener("click", (event) => {
    event.preventDefault();
    from = Number(last.split("-")[1]);
    rows.replaceChildren();
    sift();
    say("the requests are cleared away");
  });

  pause.addEventListener("click", () => {
    const paused = pause.getAttribute("aria-pressed") !== "true";
    pause.setAttribute("aria-pressed", String(paused));
    pause.textContent = paused ? "Resume" : "Pause";
    if (paused) {
      source.close();
      source = null;
      show("paused", false);
    } else {
      listen();
    }
  });

  find.addEventListener("input", sift);
  found.addEventListener("change", sift);
  for (const button of document.querySelectorAll("button[hidden]")) button.hidden = false;
  if (location.search.includes("note=")) {
    const query = new URLSearchParams(location.search);
    query.delete("note");
    history.replaceState(null, "", `${location.pathname}?${query}`);
  }
  sift();
  listen();
})();
