// The topic map: a circle a topic at its place, area by share. Tab reaches one topic, the arrow keys go to the nearest
// one in that direction. While a term is chosen or pointed at, discs show where it occurs.
const map = { width: 0, height: 0, radius: 0, places: [], zoom: d3.zoomIdentity, focus: null };

function startMap() {
  const node = document.getElementById("map");
  if (isLsa || data.topics.length === 0) return;
  map.svg = d3.select(node).append("svg").attr("role", "radiogroup");
  map.axes = map.svg.append("g").attr("class", "axes");
  map.circles = map.svg.append("g");
  map.discs = map.svg.append("g").attr("class", "discs");
  map.labels = map.svg.append("g").attr("class", "labels").attr("aria-hidden", "true");
  startZoom();
  onResize(node, layoutMap);
  map.svg.on("keydown", (event) => moveOnMap(event));
  map.svg.on("click", (event) => {
    if (event.target === map.svg.node()) clearAll();
  });
  views.push((changed) => {
    if (changed.has("topic") && state.topic !== null) map.focus = state.topic;
    if (["topic", "term", "language", "theme"].some((name) => changed.has(name))) drawMap();
  });
  hoverViews.push(drawMap);
}

// Places in units of the plot, 0 to width and 0 to height, with one scale for both axes as they are distances.
function layoutMap() {
  const node = document.getElementById("map");
  map.width = node.clientWidth;
  map.height = Math.round(Math.min(map.width * 0.9, 560));
  map.svg.attr("viewBox", [0, 0, map.width, map.height]).attr("width", map.width).attr("height", map.height);
  const shares = data.topics.map((topic) => Math.max(topic.share, 0));
  const area = (map.width * map.height * 0.13) / Math.PI;
  map.radius = Math.min(Math.sqrt(area / (d3.sum(shares) || 1)), (map.width * 0.15) / Math.sqrt(d3.max(shares) || 1));
  map.places = (hasPositions ? () => placed(shares) : packed)();
  for (const [k, place] of map.places.entries()) place.r = radiusOf(shares[k]);
  drawMap();
}

const radiusOf = (share) => Math.max(3, map.radius * Math.sqrt(share));

// The largest scale and the middle at which every circle is whole, with room for a name below it.
function fitted(positions, shares, length) {
  const room = (k) => radiusOf(shares[k]) + 16;
  const ends = (scale) => [
    d3.min(positions, (value, k) => value * scale - room(k)),
    d3.max(positions, (value, k) => value * scale + room(k)),
  ];
  const [low, high] = d3.extent(positions);
  let [small, large] = [0, length / (high - low || 1)];
  for (let step = 0; step < 40; ++step) {
    const scale = (small + large) / 2;
    const [from, to] = ends(scale);
    if (to - from <= length) small = scale;
    else large = scale;
  }
  return { scale: small, ends };
}

function placed(shares) {
  const across = fitted(
    data.topics.map(({ x }) => x),
    shares,
    map.width,
  );
  const down = fitted(
    data.topics.map(({ y }) => -y),
    shares,
    map.height,
  );
  const scale = Math.min(across.scale, down.scale);
  map.origin = [map.width / 2 - d3.mean(across.ends(scale)), map.height / 2 - d3.mean(down.ends(scale))];
  return data.topics.map(({ x, y }) => ({ x: map.origin[0] + x * scale, y: map.origin[1] - y * scale }));
}

function packed() {
  map.origin = null;
  const circles = data.topics.map((topic, k) => ({ k, r: map.radius * Math.sqrt(Math.max(topic.share, 1e-6)) + 2 }));
  d3.packSiblings(byShare.map((k) => circles[k]));
  const reach = d3.max(circles, (circle) => Math.hypot(circle.x, circle.y) + circle.r);
  const scale = Math.min(1, (Math.min(map.width, map.height) / 2 - 4) / reach);
  map.radius *= scale;
  return circles.map(({ x, y }) => ({ x: map.width / 2 + x * scale, y: map.height / 2 + y * scale }));
}

// ---- drawing ------------------------------------------------------------------------------------------------------

const onMap = (k) => {
  const place = map.places[k];
  return { x: map.zoom.applyX(place.x), y: map.zoom.applyY(place.y), r: place.r * Math.sqrt(map.zoom.k) };
};

const shownTerm = () => hover.term ?? state.term;

function drawMap() {
  if (map.places.length === 0) return;
  map.svg.attr("aria-label", say("map"));
  const term = shownTerm();
  document.getElementById("map-note").textContent =
    term === null
      ? say(hasPositions ? "map_note" : "map_note_packed")
      : say("map_note_term", { term: data.terms[term][0] });
  drawCross();
  drawCircles(term !== null);
  drawDiscs(term === null ? [] : (data.terms[term][2] ?? []));
  drawLabels(term === null ? [] : (data.terms[term][2] ?? []).map(([k]) => k));
}

function drawCross() {
  const lines =
    map.origin === null
      ? []
      : [
          [map.zoom.applyX(map.origin[0]), 0, map.zoom.applyX(map.origin[0]), map.height],
          [0, map.zoom.applyY(map.origin[1]), map.width, map.zoom.applyY(map.origin[1])],
        ];
  map.axes
    .selectAll("line")
    .data(lines)
    .join("line")
    .attr("x1", (line) => line[0])
    .attr("y1", (line) => line[1])
    .attr("x2", (line) => line[2])
    .attr("y2", (line) => line[3]);
}

function drawCircles(faint) {
  const reachable = state.topic ?? map.focus ?? byShare[0];
  map.circles
    .selectAll("circle")
    .data(byShare, (k) => k)
    .join((enter) =>
      enter
        .append("circle")
        .attr("role", "radio")
        .on("click", (event, k) => toggleTopic(k))
        .on("pointerenter", (event, k) => setHover({ topic: k }))
        .on("pointermove", (event, k) =>
          showTip(event, [fullName(k), `${say("share")} ${percent(data.topics[k].share)}`]),
        )
        .on("pointerleave", () => {
          setHover({ topic: null });
          hideTip();
        })
        .on("focus", (event, k) => {
          map.focus = k;
        }),
    )
    .attr("cx", (k) => onMap(k).x)
    .attr("cy", (k) => onMap(k).y)
    .attr("r", (k) => onMap(k).r)
    .attr("data-topic", (k) => k)
    .attr("tabindex", (k) => (k === reachable ? 0 : -1))
    .attr("aria-checked", (k) => String(k === state.topic))
    .attr("aria-label", (k) => `${fullName(k)}, ${say("share")} ${percent(data.topics[k].share)}`)
    .classed("chosen", (k) => k === state.topic)
    .classed("pointed", (k) => k === hover.topic)
    .classed("faint", (k) => faint || (state.topic !== null && k !== state.topic && k !== hover.topic))
    .style("fill", colourOf)
    .style("stroke", colourOf);
}

// Area of a disc: p(topic|term), a disc that holds the whole term being as large as a topic of share 1/4 would be.
function drawDiscs(rows) {
  const whole = Math.min(map.radius * 0.5, map.width * 0.12) * Math.sqrt(map.zoom.k);
  map.discs
    .selectAll("circle")
    .data(rows, ([k]) => k)
    .join("circle")
    .attr("cx", ([k]) => onMap(k).x)
    .attr("cy", ([k]) => onMap(k).y)
    .style("fill", ([k]) => colourOf(k))
    .attr("r", ([, part]) => Math.max(2, whole * Math.sqrt(part)));
}

// ---- labels -------------------------------------------------------------------------------------------------------

const ruler = document.createElement("canvas").getContext("2d");
function textWidth(text, size) {
  ruler.font = `600 ${size}px ${styleValue("--font")}`;
  return ruler.measureText(text).width;
}

// Number in the circle if it fits there, name beside it; what would cover another is left out, large topics first.
function drawLabels(wanted) {
  const first = [...new Set([state.topic, hover.topic, ...wanted])].filter((k) => k !== null);
  const order = [...new Set([...first, ...byShare.slice(0, 250)])];
  const taken = [];
  const labels = [];
  for (const k of first) placeNumber(k, taken, labels);
  for (const k of first) placeName(k, taken, labels, true);
  for (const k of order.slice(first.length)) placeNumber(k, taken, labels);
  for (const k of order.slice(first.length, 80)) placeName(k, taken, labels, false);
  map.labels
    .selectAll("text")
    .data(labels, (label) => `${label.kind}${label.k}`)
    .join("text")
    .attr("class", (label) => label.kind)
    .attr("x", (label) => label.x)
    .attr("y", (label) => label.y)
    .classed("quiet", (label) => first.length > 0 && !first.includes(label.k))
    .text((label) => label.text);
}

const free = (box, taken) =>
  taken.every((other) => box.x1 <= other.x0 || other.x1 <= box.x0 || box.y1 <= other.y0 || other.y1 <= box.y0);

function placeNumber(k, taken, labels) {
  const { x, y, r } = onMap(k);
  const width = textWidth(String(k), 12);
  const box = { x0: x - width / 2 - 1, x1: x + width / 2 + 1, y0: y - 8, y1: y + 8 };
  if (underAnother(k) || r < width / 2 + 3 || r < 8 || shownTerm() !== null || !free(box, taken)) return;
  taken.push(box);
  labels.push({ kind: "number", k, x, y: y + 4, text: String(k), box });
}

// Smaller circles are drawn later: a number that one of them covers would seem to be its number.
function underAnother(k) {
  const { x, y } = onMap(k);
  const rank = byShare.indexOf(k);
  return byShare.some(
    (other, at) => at > rank && Math.hypot(onMap(other).x - x, onMap(other).y - y) < onMap(other).r + 4,
  );
}

function placeName(k, taken, labels, must) {
  const { x, y, r } = onMap(k);
  const own = labels.find((label) => label.kind === "number" && label.k === k);
  const name = firstWords(nameOf(k), map.width < 420 ? 14 : 20);
  const text = own ? name : `${k} ${name}`.trim();
  if (text === "") return;
  const half = textWidth(text, 12) / 2 + 3;
  const side = r * 0.7 + half;
  const spots = [
    [x, y + r + 12],
    [x, y - r - 7],
    [x + r + 2 + half, y + 3],
    [x - r - 2 - half, y + 3],
    [x + side, y + r * 0.7 + 10],
    [x - side, y + r * 0.7 + 10],
    [x + side, y - r * 0.7 - 4],
    [x - side, y - r * 0.7 - 4],
  ];
  for (const [cx, cy] of spots) {
    const box = { x0: cx - half, x1: cx + half, y0: cy - 11, y1: cy + 5 };
    const inside = box.x0 >= 0 && box.x1 <= map.width && box.y0 >= 0 && box.y1 <= map.height;
    if (!inside || !free(box, taken) || (!must && covers(box, k))) continue;
    taken.push(box);
    labels.push({ kind: "name", k, x: cx, y: cy, text });
    return;
  }
}

// A name must not lie on a circle of another topic: one could not tell whose name it is.
const covers = (box, k) =>
  map.places.some((place, other) => {
    if (other === k) return false;
    const { x, y, r } = onMap(other);
    const dx = Math.max(box.x0 - x, 0, x - box.x1);
    const dy = Math.max(box.y0 - y, 0, y - box.y1);
    return dx * dx + dy * dy < r * r * 0.8;
  });

const shorten = (text, length) =>
  [...text].length <= length
    ? text
    : `${[...text]
        .slice(0, length - 1)
        .join("")
        .trimEnd()}…`;

// Of a proposed name as many of its terms as there is room for; any other name is cut.
function firstWords(name, length) {
  const words = name.split(" · ");
  while (words.length > 1 && words.join(" · ").length > length) words.pop();
  return shorten(words.join(" · "), length);
}

// ---- keys and zoom ------------------------------------------------------------------------------------------------

function moveOnMap(event) {
  const directions = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  const from = map.focus ?? byShare[0];
  if (event.key === "Escape") return clearAll();
  if (event.key === "Enter" || event.key === " ") chooseTopic(from);
  else if (event.key === "Home") focusOnMap(byShare[0]);
  else if (event.key === "End") focusOnMap(byShare.at(-1));
  else if (directions[event.key]) focusOnMap(state.topic === null ? from : nearest(from, directions[event.key]));
  else return undefined;
  return event.preventDefault();
}

// The nearest topic in a direction; what lies aside counts double, so that the way is mostly straight.
function nearest(from, [dx, dy]) {
  const start = map.places[from];
  const cost = (place, k) => {
    const along = (place.x - start.x) * dx + (place.y - start.y) * dy;
    const aside = Math.abs((place.x - start.x) * dy) + Math.abs((place.y - start.y) * dx);
    return k === from || along <= 0 || aside > 3 * along ? Infinity : along + 2 * aside;
  };
  const best = d3.leastIndex(map.places.map(cost));
  return Number.isFinite(cost(map.places[best], best)) ? best : from;
}

function focusOnMap(k) {
  chooseTopic(k);
  map.circles
    .selectAll("circle")
    .filter((topic) => topic === k)
    .node()
    .focus({ preventScroll: true });
}

function startZoom() {
  const zoom = d3
    .zoom()
    .scaleExtent([1, 12])
    .filter((event) =>
      event.type === "wheel" ? event.ctrlKey || event.metaKey : map.zoom.k > 1 || event.touches?.length > 1,
    )
    .on("zoom", (event) => {
      map.zoom = event.transform;
      drawMap();
    });
  map.svg.call(zoom).on("dblclick.zoom", null).style("touch-action", "pan-y");
  const limit = () =>
    zoom
      .extent([
        [0, 0],
        [map.width, map.height],
      ])
      .translateExtent([
        [0, 0],
        [map.width, map.height],
      ]);
  d3.select("#zoom-in").on("click", () => map.svg.call(limit().scaleBy, 1.6));
  d3.select("#zoom-out").on("click", () => map.svg.call(limit().scaleBy, 1 / 1.6));
  d3.select("#zoom-reset").on("click", () => map.svg.call(limit().transform, d3.zoomIdentity));
}
