// Numbers as text, the same on every page.
const wholeNumber = new Intl.NumberFormat("en"); // 12,345 in both languages

function count(value) {
  return wholeNumber.format(value);
}

// One digit behind the point, and more where nothing but zeros would stand: 12.3%, 0.34%, 0.0021%.
function percent(value) {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value) * 100;
  const digits = size >= 99.95 || size === 0 ? 0 : size >= 0.95 ? 1 : Math.min(4, 1 - Math.floor(Math.log10(size)));
  return `${(value * 100).toFixed(digits)}%`.replace("-", "−");
}

const axisPercent = (value) => percent(value).replace(".0%", "%");

// For numbers that stand one above the other: the same digits behind the point in all.
function alike(values) {
  const finite = values.filter(Number.isFinite);
  const largest = d3.max(finite, Math.abs) ?? 0;
  if (isTiny(largest)) return (value) => (Number.isFinite(value) ? scientific(value) : "–");
  const digits = finite.every(Number.isInteger) ? 0 : largest >= 1000 ? 0 : largest >= 100 ? 1 : largest >= 10 ? 2 : 3;
  const format = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return (value) => (Number.isFinite(value) ? format.format(value).replace("-", "−") : "–");
}

// 0.000 would hide how small a residual is: 1.2e−13.
const isTiny = (value) => value !== 0 && Math.abs(value) < 5e-4;
const scientific = (value) => (value === 0 ? "0" : value.toExponential(1).replaceAll("-", "−"));

function figure(value) {
  if (typeof value === "string") return value;
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (isTiny(value)) return scientific(value);
  if (Number.isInteger(value) || Math.abs(value) >= 1000) return count(Math.round(value)).replace("-", "−");
  const digits = Math.abs(value) >= 100 ? 1 : Math.abs(value) >= 10 ? 2 : 3;
  return value.toFixed(digits).replace("-", "−");
}
