// The small box beside the pointer. Everything in it can be read elsewhere, too: screen readers are not told of it.
function showTip(event, lines) {
  const tip = document.getElementById("tip");
  d3.select(tip)
    .selectAll("span")
    .data(lines)
    .join("span")
    .text((line) => line);
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = Math.min(event.clientX + 14, innerWidth - box.width - 8);
  const below = event.clientY + 18 + box.height < innerHeight;
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${below ? event.clientY + 18 : Math.max(8, event.clientY - box.height - 12)}px`;
}

function hideTip() {
  document.getElementById("tip").hidden = true;
}

// Redraws when the width of the node changes; what does not depend on the width need not be drawn in here.
function onResize(node, draw) {
  let width = 0;
  new ResizeObserver(() => {
    if (node.clientWidth === width || node.clientWidth === 0) return;
    width = node.clientWidth;
    draw();
  }).observe(node);
}
