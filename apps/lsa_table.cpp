#include "apps/lsa_table.h"

#include <algorithm>
#include <string_view>

#include "apps/page/topic_names.h"

namespace malmoi::apps {
namespace {

constexpr std::size_t kTermsForNames = 20;

// The terms on one side (sign: 1 or -1), the farthest from 0 first.
std::vector<std::string_view> side_of(std::span<const std::string> terms, std::span<const Weighted> poles, int sign) {
  std::vector<std::string_view> side;
  for (const Weighted& item : poles) {
    if (sign * item.value > 0.0) side.push_back(terms[static_cast<std::size_t>(item.index)]);
  }
  if (sign < 0) std::reverse(side.begin(), side.end());
  return side;
}

std::string joined(std::span<const std::string_view> terms, std::size_t most) {
  std::string text;
  for (const std::string_view term : terms.first(std::min(most, terms.size()))) {
    if (!text.empty()) text += ", ";
    text += term;
  }
  return text;
}

}  // namespace

std::vector<Weighted> poles_of(const topics::DenseMatrix& matrix, std::size_t column, std::size_t most) {
  std::vector<Weighted> order;
  for (std::size_t row = 0; row < static_cast<std::size_t>(matrix.rows()); ++row) {
    const auto value = static_cast<double>(matrix(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(column)));
    if (value != 0.0) order.push_back({static_cast<std::int32_t>(row), value});
  }
  const auto higher = [](const Weighted& a, const Weighted& b) {
    return a.value != b.value ? a.value > b.value : a.index < b.index;
  };
  if (order.size() > 2 * most) {
    const auto top = static_cast<std::ptrdiff_t>(most);
    std::nth_element(order.begin(), order.begin() + top, order.end(), higher);
    std::nth_element(order.begin() + top, order.end() - top, order.end(), higher);
    order.erase(order.begin() + top, order.end() - top);
  }
  std::sort(order.begin(), order.end(), higher);
  std::vector<Weighted> poles;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const bool at_end = order[i].value > 0.0 ? i < most : i + most >= order.size();
    if (at_end) poles.push_back(order[i]);
  }
  return poles;
}

std::string propose_dimension_name(std::span<const std::string> terms, std::span<const Weighted> poles) {
  constexpr double kMarked = 0.3;
  const std::vector<std::string_view> high = side_of(terms, poles, 1);
  const std::vector<std::string_view> low = side_of(terms, poles, -1);
  const bool marked = !low.empty() && (high.empty() || -poles.back().value >= kMarked * poles.front().value);
  std::string name = propose_name(high);
  if (marked) name += (name.empty() ? "↔ " : " ↔ ") + propose_name(low);
  return name;
}

std::vector<std::string> dimension_titles(const LsaModel& model, std::span<const std::string> names) {
  std::vector<std::string> titles(names.begin(), names.end());
  titles.resize(model.lsa.singular_values.size());
  for (std::size_t k = 0; k < titles.size(); ++k) {
    if (!titles[k].empty()) continue;
    titles[k] = propose_dimension_name(model.naming_words(), poles_of(model.lsa.terms, k, kTermsForNames));
  }
  return titles;
}

Table dimensions_table(const LsaModel& model, std::span<const std::string> names,
                       const DimensionTableOptions& options) {
  Table table{"dimensions",
              {"dimension", "name", "singular_value", "explained", "residual", "positive_terms", "negative_terms"},
              {}};
  const topics::Lsa& lsa = model.lsa;
  const std::vector<std::string> titles = dimension_titles(model, names);
  for (std::size_t k = 0; k < std::min(options.dimensions, titles.size()); ++k) {
    const std::vector<Weighted> poles = poles_of(lsa.terms, k, options.terms);
    table.rows.push_back({k, titles[k], lsa.singular_values[k], lsa.explained[k], lsa.residuals[k],
                          joined(side_of(model.terms, poles, 1), options.terms),
                          joined(side_of(model.terms, poles, -1), options.terms)});
  }
  return table;
}

}  // namespace malmoi::apps
