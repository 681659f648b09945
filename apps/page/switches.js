// Language, theme, links within the page and its address: what every page has. The page names its colours by
// writeColours().
function startSwitches() {
  d3.selectAll("#language-switch button").on("click", (event) =>
    change({ language: event.currentTarget.dataset.language }),
  );
  d3.selectAll("#theme-switch button").on("click", (event) =>
    change({ theme: event.currentTarget.dataset.themeChoice }),
  );
  systemDark.addEventListener("change", () => {
    for (const view of views) view(new Set(["theme"]));
  });
  for (const link of document.querySelectorAll(".jumps a, .skip")) link.addEventListener("click", jump);
  addEventListener("hashchange", () => change(readAddress()));
  views.push((changed) => {
    if (changed.has("theme")) writeColours();
    if (!changed.has("language")) return;
    writeWords();
    drawHead();
    for (const button of document.querySelectorAll("#language-switch button")) {
      button.setAttribute("aria-pressed", String(button.dataset.language === state.language));
    }
  });
}

function jump(event) {
  event.preventDefault();
  const target = document.querySelector(event.currentTarget.getAttribute("href"));
  target.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  target.tabIndex = -1;
  target.focus({ preventScroll: true });
}
