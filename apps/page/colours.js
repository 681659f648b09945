// One colour a topic, the same in every view and after every redraw. Ten hues far apart, then again darker and lighter:
// thirty that differ; with more topics they repeat, and the number beside the colour tells them apart.
const hues = [262, 48, 150, 12, 305, 205, 92, 345, 125, 235];
// Lightness is chosen so that white (light theme) or near-black (dark theme) text on the colour has a contrast of 4.5.
function topicColour(k, dark) {
  const round = Math.floor(k / hues.length) % 3;
  const hue = hues[k % hues.length] + 12 * round;
  const lightness = (dark ? [72, 82, 64] : [48, 36, 43])[round];
  const colour = d3.hcl(hue, (dark ? [50, 36, 62] : [56, 44, 34])[round], lightness);
  while (!colour.displayable()) colour.c -= 1; // screens would show it lighter or darker than it is meant
  return colour.formatHex();
}

function writeColours() {
  writeTheme();
  const root = document.documentElement;
  for (let k = 0; k < data.topics.length; ++k) root.style.setProperty(`--t${k}`, topicColour(k, isDark()));
}

const colourOf = (k) => `var(--t${k})`;
