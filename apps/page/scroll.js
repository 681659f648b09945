// Boxes that scroll sideways say so: their content fades out at the right edge, and a line above says how.
function startScrollHints() {
  for (const box of document.querySelectorAll(".scroll-x")) {
    const note = document.createElement("p");
    note.className = "note scroll-note";
    note.setAttribute("aria-hidden", "true");
    box.before(note);
    const draw = () => {
      const beyond = box.scrollWidth - box.clientWidth;
      box.classList.toggle("goes-on", beyond > 1 && box.scrollLeft < beyond - 1);
      note.hidden = beyond <= 1;
      note.textContent = say("scrolls");
    };
    box.addEventListener("scroll", draw, { passive: true });
    const watch = new ResizeObserver(draw);
    watch.observe(box);
    for (const child of box.children) watch.observe(child);
    views.push((changed) => {
      if (changed.has("language")) draw();
    });
  }
}
