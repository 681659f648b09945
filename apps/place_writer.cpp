#include "apps/place_writer.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "corpus/base/error.h"

namespace malmoi::apps {

std::vector<std::size_t> largest_places(std::span<const float> numbers, std::size_t most, double least) {
  std::vector<std::size_t> kept;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (std::abs(static_cast<double>(numbers[i])) >= least) kept.push_back(i);
  }
  most = std::min(most, kept.size());
  std::partial_sort(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(most), kept.end(),
                    [&](std::size_t a, std::size_t b) {
                      const float x = std::abs(numbers[a]);
                      const float y = std::abs(numbers[b]);
                      return x != y ? x > y : a < b;
                    });
  kept.resize(most);
  return kept;
}

std::string PlaceWriter::head() const {
  if (format_ == Format::json) return {};
  const PlaceTerms& terms = options_.terms;
  if (!options_.all) return concat("id\ttokens\t", terms.one, "\tname\t", terms.number, '\n');
  std::string line = "id\ttokens";
  for (std::size_t i = 0; i < options_.dimensions; ++i) line += concat('\t', terms.one, '_', i);
  return line + '\n';
}

void PlaceWriter::write(const PlacedDocument& document, std::string& out) const {
  if (format_ == Format::json) return write_json(document, out);
  const std::string begin = concat(shown(document.name), '\t', document.tokens);
  if (options_.all) {
    out += begin;
    for (const float number : document.numbers) out += concat('\t', shown(number));
    out += '\n';
    return;
  }
  for (const std::size_t i : largest_places(document.numbers, options_.most, options_.least)) {
    out += concat(begin, '\t', i, '\t', shown(options_.titles[i]), '\t', shown(document.numbers[i]), '\n');
  }
}

std::string PlaceWriter::shown(std::string_view text) const {
  return format_ == Format::text ? printable(text) : tsv_text(text);
}

std::string PlaceWriter::shown(float number) const {
  return format_ == Format::text ? fixed(static_cast<double>(number), 4) : concat(number);
}

void PlaceWriter::write_json(const PlacedDocument& document, std::string& out) const {
  nlohmann::ordered_json object = {{"id", document.name}, {"tokens", document.tokens}};
  const PlaceTerms& terms = options_.terms;
  if (options_.all) {
    object[terms.numbers] = std::vector<float>(document.numbers.begin(), document.numbers.end());
  } else {
    nlohmann::ordered_json& list = object[terms.list] = nlohmann::ordered_json::array();
    for (const std::size_t i : largest_places(document.numbers, options_.most, options_.least)) {
      list.push_back({{terms.one, i}, {"name", options_.titles[i]}, {terms.number, document.numbers[i]}});
    }
  }
  out += object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  out += '\n';
}

}  // namespace malmoi::apps
