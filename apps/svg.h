#pragma once

#include <string>
#include <string_view>

namespace malmoi::apps {

enum class Anchor { start, middle, end };

/// A drawing for a paper, as a standalone SVG file: black on white, text as text, the same bytes for the same calls.
/// Lengths in pixels of 1/96 inch, y downwards.
class Svg {
 public:
  /// title  for screen readers
  Svg(double width, double height, std::string_view title);

  struct Point {
    double x = 0.0;
    double y = 0.0;
  };
  struct Stroke {
    std::string_view colour = "#000";
    double width = 1.0;
    std::string_view dashes = {};  ///< "4 2": drawn, left out
  };
  struct Font {
    double size = 12.0;
    Anchor anchor = Anchor::start;
    bool bold = false;
    double turned = 0.0;  ///< degrees, clockwise around the point
    std::string_view colour = "#000";
  };

  void line(Point from, Point to, const Stroke& stroke);
  void rectangle(Point corner, Point size, std::string_view fill);
  /// A disc with a thin black edge. opacity of the fill, 0 to 1
  void circle(Point centre, double radius, std::string_view fill, double opacity);
  void text(Point place, std::string_view text, const Font& font);

  /// A line through points, or with `fill` the area between them. Points that are not finite cut a line in parts.
  void begin_path();
  void add(Point point);
  void draw_path(const Stroke& stroke);
  void fill_path(std::string_view colour, double opacity);

  [[nodiscard]] std::string finish() &&;

 private:
  void number(double value);
  void attribute(std::string_view name, double value);
  void attribute(std::string_view name, std::string_view value);

  std::string out_;
  std::string path_;
  bool pen_down_ = false;
};

/// About how wide a text is in a sans-serif font of this size: full-width characters take one size, others 0.55.
[[nodiscard]] double text_width(std::string_view text, double size);

/// The start of the text that is about at most so wide, with … where it was cut.
[[nodiscard]] std::string shortened(std::string_view text, double size, double width);

}  // namespace malmoi::apps
