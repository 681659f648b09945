// Puts everything together: the address is read first, so that what is drawn is what the link says.
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
  startScrollHints,
  startPrint,
])
  start();
views.push((changed) => {
  if (changed.has("topic") || changed.has("language")) drawCard();
});
for (const view of views) view(new Set(Object.keys(state)));
