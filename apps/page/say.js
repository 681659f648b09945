const allWords = { ko: { ...frameWords.ko, ...words.ko }, en: { ...frameWords.en, ...words.en } };

// Text in the current language. A kind of page that needs words of its own has them under key_kind: LSA has dimensions
// for topics. A key without an entry (a figure that is new to this page) is shown as it is.
function say(key, values = {}) {
  const own = allWords[state.language];
  const special = `${key}_${data.kind}`;
  const used = Object.hasOwn(own, special) ? special : key;
  const text = Object.hasOwn(own, used) ? own[used] : key;
  return text.replace(/\{(\w+)\}/g, (all, name) => (Object.hasOwn(values, name) ? String(values[name]) : all));
}

// Words that stand in the HTML: data-word is the text, data-label the accessible name, data-placeholder the hint.
function writeWords() {
  document.documentElement.lang = state.language;
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = say(node.dataset.word);
  for (const node of document.querySelectorAll("[data-label]"))
    node.setAttribute("aria-label", say(node.dataset.label));
  for (const node of document.querySelectorAll("[data-placeholder]")) node.placeholder = say(node.dataset.placeholder);
}
