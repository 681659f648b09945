// Puts everything together: the address is read first, so that what is drawn is what the link says.
function writeColours() {
  writeTheme();
}

// On paper the colours are always the light ones, and how the report was made is seen.
function startPrint() {
  const made = document.getElementById("made");
  const draw = () => {
    for (const view of views) view(new Set(["theme"]));
  };
  let open = false;
  addEventListener("beforeprint", () => {
    document.documentElement.dataset.printing = "yes";
    open = made.open;
    made.open = true;
    draw();
  });
  addEventListener("afterprint", () => {
    delete document.documentElement.dataset.printing;
    made.open = open;
    draw();
  });
}

Object.assign(state, readAddress());
document.body.dataset.kind = data.kind;
startSwitches();
for (const start of [startTables, startConfusion, startMistakes, startReliability, startCurves, startScrollHints, startPrint]) start();
for (const view of views) view(new Set(Object.keys(state)));
