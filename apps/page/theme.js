// Light or dark: as chosen, or as the system is; always light on paper.
const systemDark = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  if (document.documentElement.dataset.printing) return false;
  return state.theme === "auto" ? systemDark.matches : state.theme === "dark";
}

function writeTheme() {
  document.documentElement.dataset.theme = isDark() ? "dark" : "light";
  for (const button of document.querySelectorAll("#theme-switch button")) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === state.theme));
  }
}

const styleValue = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
