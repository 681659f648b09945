#include "apps/svg.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "corpus/base/utf8.h"

namespace malmoi::apps {
namespace {

// XML has no way to write control characters but tab, newline and return; U+FFFE and U+FFFF are none of its characters.
bool is_xml_character(char32_t code) {
  return (code >= 0x20 && code != 0x7F && code != 0xFFFE && code != 0xFFFF) || code == '\t' || code == '\n';
}

void append_xml(std::string& out, std::string_view text) {
  while (true) {
    const std::size_t invalid = find_invalid_utf8(text);
    const std::string_view valid = text.substr(0, invalid);
    for (std::size_t position = 0; position < valid.size();) {
      const char32_t code = decode_utf8(valid, position);
      if (code == '<') {
        out += "&lt;";
      } else if (code == '>') {
        out += "&gt;";
      } else if (code == '&') {
        out += "&amp;";
      } else if (code == '"') {
        out += "&quot;";
      } else {
        append_utf8(out, is_xml_character(code) ? code : 0xFFFD);
      }
    }
    if (invalid == std::string_view::npos) return;
    append_utf8(out, 0xFFFD);
    text.remove_prefix(invalid + 1);
  }
}

// Two decimals, without zeros at the end.
void append_length(std::string& out, double value) {
  const double rounded = std::round(value * 100.0) / 100.0;
  std::array<char, 32> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), rounded == 0.0 ? 0.0 : rounded,
                                 std::chars_format::fixed)
                       .ptr;
  out.append(buffer.data(), end);
}

constexpr std::string_view kFonts =
    "'Noto Sans KR','Noto Sans CJK KR','Apple SD Gothic Neo','Malgun Gothic','NanumGothic',Helvetica,Arial,sans-serif";

constexpr std::array<std::string_view, 3> kAnchors = {"start", "middle", "end"};

}  // namespace

Svg::Svg(double width, double height, std::string_view title) {
  out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\"";
  attribute("width", width);
  attribute("height", height);
  out_ += " viewBox=\"0 0 ";
  number(width);
  out_ += ' ';
  number(height);
  out_ += '"';
  attribute("font-family", kFonts);
  out_ += " role=\"img\">\n<title>";
  append_xml(out_, title);
  out_ += "</title>\n";
  rectangle({0, 0}, {width, height}, "#fff");
}

void Svg::line(Point from, Point to, const Stroke& stroke) {
  out_ += "<line";
  attribute("x1", from.x);
  attribute("y1", from.y);
  attribute("x2", to.x);
  attribute("y2", to.y);
  attribute("stroke", stroke.colour);
  attribute("stroke-width", stroke.width);
  if (!stroke.dashes.empty()) attribute("stroke-dasharray", stroke.dashes);
  out_ += "/>\n";
}

void Svg::rectangle(Point corner, Point size, std::string_view fill) {
  out_ += "<rect";
  attribute("x", corner.x);
  attribute("y", corner.y);
  attribute("width", std::max(size.x, 0.0));
  attribute("height", std::max(size.y, 0.0));
  attribute("fill", fill);
  out_ += "/>\n";
}

void Svg::circle(Point centre, double radius, std::string_view fill, double opacity) {
  out_ += "<circle";
  attribute("cx", centre.x);
  attribute("cy", centre.y);
  attribute("r", radius);
  attribute("fill", fill);
  attribute("fill-opacity", opacity);
  out_ += " stroke=\"#000\" stroke-width=\"0.75\"/>\n";
}

void Svg::text(Point place, std::string_view text, const Font& font) {
  out_ += "<text";
  attribute("x", place.x);
  attribute("y", place.y);
  attribute("font-size", font.size);
  if (font.anchor != Anchor::start) attribute("text-anchor", kAnchors[static_cast<std::size_t>(font.anchor)]);
  if (font.bold) attribute("font-weight", "bold");
  if (font.colour != "#000") attribute("fill", font.colour);
  if (font.turned != 0.0) {
    out_ += " transform=\"rotate(";
    number(font.turned);
    out_ += ' ';
    number(place.x);
    out_ += ' ';
    number(place.y);
    out_ += ")\"";
  }
  out_ += '>';
  append_xml(out_, text);
  out_ += "</text>\n";
}

void Svg::begin_path() {
  path_.clear();
  pen_down_ = false;
}

void Svg::add(Point point) {
  if (!std::isfinite(point.x) || !std::isfinite(point.y)) {
    pen_down_ = false;
    return;
  }
  path_ += pen_down_ ? 'L' : 'M';
  append_length(path_, point.x);
  path_ += ' ';
  append_length(path_, point.y);
  pen_down_ = true;
}

void Svg::draw_path(const Stroke& stroke) {
  if (path_.empty()) return;
  out_ += "<path";
  attribute("d", path_);
  out_ += " fill=\"none\"";
  attribute("stroke", stroke.colour);
  attribute("stroke-width", stroke.width);
  if (!stroke.dashes.empty()) attribute("stroke-dasharray", stroke.dashes);
  out_ += " stroke-linejoin=\"round\"/>\n";
}

void Svg::fill_path(std::string_view colour, double opacity) {
  if (path_.empty()) return;
  out_ += "<path";
  attribute("d", path_ + 'Z');
  attribute("fill", colour);
  attribute("fill-opacity", opacity);
  out_ += "/>\n";
}

std::string Svg::finish() && {
  out_ += "</svg>\n";
  return std::move(out_);
}

void Svg::number(double value) {
  append_length(out_, value);
}

void Svg::attribute(std::string_view name, double value) {
  out_ += ' ';
  out_ += name;
  out_ += "=\"";
  number(value);
  out_ += '"';
}

void Svg::attribute(std::string_view name, std::string_view value) {
  out_ += ' ';
  out_ += name;
  out_ += "=\"";
  append_xml(out_, value);
  out_ += '"';
}

double text_width(std::string_view text, double size) {
  constexpr double kNarrow = 0.55;
  double width = 0.0;
  if (find_invalid_utf8(text) != std::string_view::npos) return kNarrow * size * static_cast<double>(text.size());
  for (std::size_t position = 0; position < text.size();) {
    const std::size_t begin = position;
    (void)decode_utf8(text, position);
    const int columns = display_width(text.substr(begin, position - begin));
    width += size * (columns == 2 ? 1.0 : kNarrow * columns);
  }
  return width;
}

std::string shortened(std::string_view text, double size, double width) {
  if (text_width(text, size) <= width || find_invalid_utf8(text) != std::string_view::npos) return std::string(text);
  std::size_t end = 0;
  for (std::size_t position = 0; position < text.size();) {
    (void)decode_utf8(text, position);
    if (text_width(text.substr(0, position), size) + size > width) break;
    end = position;
  }
  return std::string(text.substr(0, end)) + "…";
}

}  // namespace malmoi::apps
