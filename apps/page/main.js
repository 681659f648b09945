// Puts everything together: the address is read first, so that what is drawn is what the link says.
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
  addEventListener("hashchange", () => change(readAddress()));
  views.push((changed) => {
    if (changed.has("theme")) writeColours();
    if (!changed.has("language")) return;
    writeWords();
    drawHead();
  });
}

Object.assign(state, readAddress());
if (isLsa && state.topic === null && state.term === null && data.topics.length > 0) state.topic = 0;
document.body.dataset.kind = isLsa ? "lsa" : "lda";
startSwitches();
for (const start of [
  startBar,
  startTable,
  startMap,
  startScree,
  startTerms,
  startDocuments,
  startTrends,
  startMatrices,
  startSearch,
  startPrint,
])
  start();
views.push((changed) => {
  if (changed.has("topic") || changed.has("language")) drawCard();
});
for (const view of views) view(new Set(Object.keys(state)));
