"use strict";
(() => {
  const form = document.getElementById("filters");
  if (!form) return;
  const cards = Array.from(document.querySelectorAll(".card"));
  const rests = Array.from(document.querySelectorAll(".rest"));
  const texts = new Map();
  const value = (id) => (document.getElementById(id) || { value: "" }).value;
  const text = (card) => {
    if (!texts.has(card)) texts.set(card, card.textContent.toLowerCase());
    return texts.get(card);
  };
  const fits = (wanted, actual) => wanted === "" || wanted === actual;

  function filter() {
    const severities = new Set(
      Array.from(form.querySelectorAll("[name=severity]:checked"), (box) => box.value)
    );
    const words = value("search").toLowerCase().split(/\s+/).filter(Boolean);
    const [provider, standing, state] = [value("provider"), value("standing"), value("state")];
    const sure = Number(value("sure"));
    let shown = 0;
    for (const card of cards) {
      const about = card.dataset;
      card.hidden = !(
        severities.has(about.severity) &&
        fits(provider, about.provider) &&
        fits(standing, about.standing) &&
        fits(state, about.state) &&
        Number(about.sure) >= sure &&
        words.every((word) => text(card).includes(word))
      );
      shown += card.hidden ? 0 : 1;
    }
    for (const rest of rests) {
      rest.hidden = !rest.querySelector(".card:not([hidden])");
      if (words.length > 0) rest.open = true;
    }
    document.getElementById("count").textContent = `Showing ${shown} of ${cards.length}`;
    document.getElementById("none").hidden = shown > 0;
  }

  function openAll(open) {
    for (const each of [...cards, ...rests]) if (!each.hidden) each.open = open;
  }

  // A link to a finding or to an advice opens it, and shows it whatever the filters say.
  function follow(hash) {
    const target = document.getElementById(hash.slice(1));
    if (target instanceof HTMLDetailsElement) {
      const rest = target.closest(".rest");
      if (rest) [rest.hidden, rest.open] = [false, true];
      target.hidden = false;
      target.open = true;
      target.scrollIntoView();
    }
  }

  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  document.getElementById("open").addEventListener("click", () => openAll(true));
  document.getElementById("close").addEventListener("click", () => openAll(false));
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]');
    if (link) follow(link.hash);
  });
  window.addEventListener("beforeprint", () => {
    for (const action of document.querySelectorAll(".action")) action.open = true;
  });
  filter();
  follow(location.hash);
})();
