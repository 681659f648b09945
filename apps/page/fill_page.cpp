#include "apps/page/fill_page.h"

#include <array>
#include <cstddef>
#include <tuple>
#include <utility>

namespace malmoi::apps {
namespace {

void append_html(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
}

}  // namespace

std::string fill_page(const PageParts& parts, std::string_view page_template) {
  std::string page;
  while (!page_template.empty()) {
    const std::size_t at = page_template.find('@');
    page += page_template.substr(0, at);
    if (at == std::string_view::npos) break;
    page_template.remove_prefix(at);
    if (page_template.starts_with("@DATA@")) {
      page += parts.data;
      page_template.remove_prefix(6);
    } else if (page_template.starts_with("@TITLE@")) {
      append_html(page, parts.title);
      page_template.remove_prefix(7);
    } else if (page_template.starts_with("@LANG@")) {
      append_html(page, parts.language);
      page_template.remove_prefix(6);
    } else {
      page += '@';
      page_template.remove_prefix(1);
    }
  }
  return page;
}

std::string safe_in_script(std::string_view json) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEscapes = {
      {{"<", "\\u003c"}, {">", "\\u003e"}, {"&", "\\u0026"}, {"\xE2\x80\xA8", "\\u2028"}, {"\xE2\x80\xA9", "\\u2029"}}};
  std::string out;
  while (!json.empty()) {
    const std::size_t plain = json.find_first_of("<>&\xE2");
    out += json.substr(0, plain);
    if (plain == std::string_view::npos) break;
    json.remove_prefix(plain);
    std::string_view taken = json.substr(0, 1);
    std::string_view written = taken;
    for (const auto& [text, escape] : kEscapes) {
      if (json.starts_with(text)) std::tie(taken, written) = std::pair(text, escape);
    }
    out += written;
    json.remove_prefix(taken.size());
  }
  return out;
}

}  // namespace malmoi::apps
