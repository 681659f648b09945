// Every view draws from the page's `state` and never from another view. The page says what its address holds
// (writeAddress, readAddress) and what a screen reader is told (announce).
const views = []; // functions of the set of changed names

function change(values) {
  const changed = new Set(Object.keys(values).filter((name) => state[name] !== values[name]));
  if (changed.size === 0) return;
  Object.assign(state, values);
  writeAddress();
  announce(changed);
  for (const view of views) view(changed);
}
