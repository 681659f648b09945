#include "apps/page/page_data.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstddef>

#include "apps/page/fill_page.h"
#include "corpus/base/utf8.h"

namespace malmoi::apps {
namespace {

constexpr int kDigits = 5;
constexpr int kShareDigits = 4;
constexpr int kFewDigits = 3;

// Bytes that cannot stand for themselves; lead bytes of U+2028 and U+2029 are looked at closely.
constexpr auto kSpecial = [] {
  std::array<bool, 256> special{};
  for (std::size_t c = 0; c < 0x20; ++c) special[c] = true;
  for (const char c : {'"', '\\', '<', '>', '&', '\x7F', '\xE2'}) special[static_cast<unsigned char>(c)] = true;
  return special;
}();

void append_unicode(std::string& out, unsigned code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[(code >> shift) & 15U];
}

// `text` is UTF-8.
void append_escaped(std::string& out, std::string_view text) {
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (!kSpecial[byte]) continue;
    const bool separator = text.substr(i, 2) == "\xE2\x80" && (text[i + 2] == '\xA8' || text[i + 2] == '\xA9');
    if (byte == 0xE2 && !separator) continue;
    out.append(text, plain, i - plain);
    if (separator) {
      append_unicode(out, text[i + 2] == '\xA8' ? 0x2028 : 0x2029);
      i += 2;
    } else if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text[i];
    } else if (byte == '\n') {
      out += "\\n";
    } else {
      append_unicode(out, byte);
    }
    plain = i + 1;
  }
  out.append(text, plain);
}

void append_number(std::string& out, std::integral auto value) {
  std::array<char, 24> buffer{};
  out.append(buffer.data(), std::to_chars(buffer.data(), buffer.data() + buffer.size(), value).ptr);
}

void append_real(std::string& out, double value, int digits = kDigits) {
  if (!std::isfinite(value)) {
    out += "null";
  } else if (value == 0.0) {
    out += '0';  // also for -0
  } else {
    std::array<char, 32> buffer{};
    const auto end =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, digits).ptr;
    out.append(buffer.data(), end);
  }
}

// A count in full, anything else rounded.
void append_figure(std::string& out, double value) {
  if (std::isfinite(value) && value == std::trunc(value) && std::abs(value) < 1e15) {
    append_number(out, static_cast<std::int64_t>(value));
  } else {
    append_real(out, value);
  }
}

// [a,b,...]
template <typename List, typename Append>
void append_list(std::string& out, const List& list, const Append& append) {
  out += '[';
  bool first = true;
  for (const auto& item : list) {
    if (!first) out += ',';
    first = false;
    append(item);
  }
  out += ']';
}

void append_key(std::string& out, std::string_view key) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += key;
  out += "\":";
}

void append_text(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  append_json_text(out, text);
}

void append_reals(std::string& out, std::string_view key, const std::vector<double>& values, int digits) {
  append_key(out, key);
  append_list(out, values, [&](double value) { append_real(out, value, digits); });
}

void append_table(std::string& out, std::string_view key, const std::vector<std::vector<double>>& table) {
  append_key(out, key);
  append_list(out, table, [&](const std::vector<double>& row) {
    append_list(out, row, [&](double value) { append_real(out, value, kFewDigits); });
  });
}

void append_weighted(std::string& out, std::string_view key, const std::vector<Weighted>& list) {
  append_key(out, key);
  append_list(out, list, [&](const Weighted& item) {
    out += '[';
    append_number(out, item.index);
    out += ',';
    append_real(out, item.value, kShareDigits);
    out += ']';
  });
}

void append_figures(std::string& out, const std::vector<PageFigure>& figures) {
  append_key(out, "figures");
  out += '{';
  for (const PageFigure& figure : figures) {
    append_key(out, figure.name);
    append_figure(out, figure.value);
  }
  out += '}';
}

void append_head(std::string& out, const PageData& data) {
  const PageHead& head = data.head;
  append_key(out, "head");
  out += '{';
  append_text(out, "corpus", head.corpus);
  append_text(out, "model", head.model);
  append_text(out, "made", head.made);
  append_text(out, "version", head.version);
  append_key(out, "seed");
  if (head.seed) {
    append_number(out, *head.seed);
  } else {
    out += "null";
  }
  append_text(out, "fingerprint", head.fingerprint);
  append_text(out, "data", head.data);
  append_text(out, "command", head.command);
  append_key(out, "options");
  append_list(out, head.options, [&](const PageOption& option) {
    append_list(out, std::array<std::string_view, 2>{option.name, option.value},
                [&](std::string_view text) { append_json_text(out, text); });
  });
  append_key(out, "figures");
  append_list(out, head.figures, [&](const PageFigure& figure) {
    out += '[';
    append_json_text(out, figure.name);
    out += ',';
    append_figure(out, figure.value);
    out += ']';
  });
  append_key(out, "documents_gone");
  append_list(out, std::array{data.documents_gone, data.documents_of_model},
              [&](std::int64_t count) { append_number(out, count); });
  append_key(out, "documents_shown");
  append_number(out, data.documents.size());
  out += '}';
}

void append_topic(std::string& out, const PageTopic& topic) {
  out += "\n{";
  append_text(out, "name", topic.name);
  append_text(out, "proposal", topic.proposal);
  append_key(out, "share");
  append_real(out, topic.share);
  append_key(out, "x");
  append_real(out, topic.x);
  append_key(out, "y");
  append_real(out, topic.y);
  if (topic.alpha) {
    append_key(out, "alpha");
    append_real(out, *topic.alpha);
  }
  append_weighted(out, "terms", topic.terms);
  append_weighted(out, "documents", topic.documents);
  append_figures(out, topic.figures);
  out += '}';
}

void append_term(std::string& out, const PageTerm& term) {
  out += '[';
  append_json_text(out, term.text);
  out += ',';
  append_number(out, term.tokens);
  out += ',';
  append_list(out, term.topics, [&](const Weighted& item) {
    out += '[';
    append_number(out, item.index);
    out += ',';
    append_real(out, item.value, kFewDigits);
    out += ']';
  });
  out += ']';
}

// Four numbers a span, without brackets: from the end of the last one, length, topic (k below zero: -1 - k), term.
void append_spans(std::string& out, const std::vector<PageSpan>& spans) {
  append_key(out, "spans");
  std::uint32_t end = 0;
  out += '[';
  for (const PageSpan& span : spans) {
    if (out.back() != '[') out += ',';
    append_number(out, span.begin - end);
    out += ',';
    append_number(out, span.length);
    out += ',';
    append_number(out, span.sign < 0 ? -1 - span.topic : span.topic);
    out += ',';
    append_number(out, span.term);
    end = span.begin + span.length;
  }
  out += ']';
}

void append_document(std::string& out, const PageDocument& document) {
  out += "\n{";
  append_text(out, "id", document.id);
  append_text(out, "label", document.label);
  append_text(out, "date", document.date);
  append_text(out, "text", document.text);
  append_key(out, "cut");
  out += document.cut ? "true" : "false";
  append_weighted(out, "topics", document.topics);
  append_spans(out, document.spans);
  append_key(out, "more");
  std::int32_t last = 0;
  append_list(out, document.more, [&](std::int32_t term) {
    append_number(out, term - last);
    last = term;
  });
  out += '}';
}

void append_trend(std::string& out, const PageTrend& trend) {
  out += "\n{";
  append_text(out, "by", trend.by);
  append_key(out, "groups");
  append_list(out, trend.groups, [&](const std::string& group) { append_json_text(out, group); });
  append_key(out, "documents");
  append_list(out, trend.documents, [&](std::int64_t count) { append_number(out, count); });
  append_table(out, "share", trend.share);
  if (!trend.low.empty()) {
    append_table(out, "low", trend.low);
    append_table(out, "high", trend.high);
    append_text(out, "interval", trend.quantiles ? "95" : "range");
  }
  append_key(out, "samples");
  append_number(out, trend.samples);
  append_key(out, "left_out");
  append_number(out, trend.left_out);
  append_key(out, "merged");
  append_number(out, trend.merged);
  out += '}';
}

constexpr bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

}  // namespace

void append_json_text(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t invalid = find_invalid_utf8(text);
    append_escaped(out, text.substr(0, invalid));
    if (invalid == std::string_view::npos) break;
    append_utf8(out, 0xFFFD);
    text.remove_prefix(invalid + 1);
  }
  out += '"';
}

std::string to_json(const PageData& data) {
  std::string out = "{";
  append_key(out, "format");
  out += '1';
  append_text(out, "kind", data.is_lsa ? "lsa" : "lda");
  append_text(out, "language", data.language);
  append_head(out, data);
  append_key(out, "topics");
  append_list(out, data.topics, [&](const PageTopic& topic) { append_topic(out, topic); });
  append_key(out, "terms");
  append_list(out, data.terms, [&](const PageTerm& term) { append_term(out, term); });
  if (data.most_terms > 0) {
    append_key(out, "terms_left_out");
    append_number(out, data.terms_left_out);
    append_key(out, "most_terms");
    append_number(out, data.most_terms);
  }
  append_key(out, "total_tokens");
  append_number(out, data.total_tokens);
  append_key(out, "documents");
  append_list(out, data.documents, [&](const PageDocument& document) { append_document(out, document); });
  append_table(out, "similarity", data.similarity);
  append_key(out, "trends");
  append_list(out, data.trends, [&](const PageTrend& trend) { append_trend(out, trend); });
  if (data.is_lsa) {
    append_key(out, "lsa");
    out += '{';
    append_reals(out, "singular_values", data.singular_values, kDigits);
    append_reals(out, "explained", data.explained, kDigits);
    out += '}';
  }
  return out += "}\n";
}

std::size_t json_size(const PageDocument& document) {
  std::string out;
  append_document(out, document);
  return out.size() + 1;
}

std::string make_page(const PageData& data, std::string_view page_template) {
  return fill_page(
      {.language = data.language, .title = data.head.corpus + " · " + data.head.model, .data = to_json(data)},
      page_template);
}

std::string_view cut_text(std::string_view text, std::size_t characters) {
  std::size_t end = 0;
  std::size_t last_blank = 0;
  std::size_t count = 0;
  for (; end < text.size(); ++end) {
    if (continues_character(text[end])) continue;
    if (count == characters) break;
    if (text[end] == ' ' || text[end] == '\n' || text[end] == '\t') last_blank = 3 * count >= 2 * characters ? end : 0;
    ++count;
  }
  if (end == text.size()) return text;
  const char next = text[end];
  const bool at_border = next == ' ' || next == '\n' || next == '\t';
  return text.substr(0, at_border || last_blank == 0 ? end : last_blank);
}

std::uint32_t Utf16Places::at(std::size_t byte) {
  for (; byte_ < byte && byte_ < text_.size(); ++byte_) {
    if (continues_character(text_[byte_])) continue;
    units_ += static_cast<unsigned char>(text_[byte_]) >= 0xF0 ? 2 : 1;
  }
  return units_;
}

}  // namespace malmoi::apps
