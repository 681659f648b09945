#include "apps/page/page_plots.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "apps/page/topic_names.h"
#include "apps/plots.h"
#include "corpus/base/error.h"

namespace malmoi::apps {
namespace {

struct Words {
  std::string_view map, similarity, trend, in_topic, in_all, topic, dimension, share, scree, singular_value, terms,
      other;
};
constexpr Words kKorean{.map = "주제 지도",
                        .similarity = "주제 사이의 유사도 (1 − √JSD)",
                        .trend = "주제의 비중",
                        .in_topic = "이 주제의 토큰",
                        .in_all = "말뭉치 전체의 토큰",
                        .topic = "주제",
                        .dimension = "차원",
                        .share = "토큰의 비중",
                        .scree = "특잇값",
                        .singular_value = "특잇값",
                        .terms = "가중치",
                        .other = "기타"};
constexpr Words kEnglish{.map = "Topic map",
                         .similarity = "Similarity of topics (1 − √JSD)",
                         .trend = "Share of topics",
                         .in_topic = "tokens in this topic",
                         .in_all = "tokens in the corpus",
                         .topic = "Topic",
                         .dimension = "dimension",
                         .share = "share of tokens",
                         .scree = "Singular values",
                         .singular_value = "singular value",
                         .terms = "loading",
                         .other = "other"};

std::vector<std::string> titles_of(const PageData& page) {
  std::vector<std::string> titles;
  for (const PageTopic& topic : page.topics) {
    titles.push_back(titled_topic(titles.size(), topic.name, topic.proposal));
  }
  return titles;
}

std::string plot_topics(const PageData& page, std::span<const std::string> titles, const Words& words) {
  std::vector<MapDisc> discs;
  for (std::size_t k = 0; k < titles.size(); ++k) {
    const PageTopic& topic = page.topics[k];
    discs.push_back({titles[k], topic.x, topic.y, topic.share});
  }
  return plot_map(concat(words.map, " (", page.head.corpus, ", ", page.head.model, ")"), discs);
}

// The 20 most relevant terms at λ = 0.6: tokens in the topic before those in the corpus.
std::string plot_terms(const PageData& page, std::size_t k, std::string_view title, const Words& words) {
  constexpr double kLambda = 0.6;
  constexpr std::size_t kBars = 20;
  const PageTopic& topic = page.topics[k];
  const auto total = static_cast<double>(page.total_tokens);
  const auto tokens = [&](const Weighted& item) {
    return static_cast<double>(page.terms[static_cast<std::size_t>(item.index)].tokens);
  };
  const auto relevance = [&](const Weighted& item) {
    return std::log(item.value) - (1.0 - kLambda) * std::log(std::max(tokens(item), 1.0) / total);
  };
  std::vector<Weighted> order = topic.terms;
  std::stable_sort(order.begin(), order.end(),
                   [&](const auto& a, const auto& b) { return relevance(a) > relevance(b); });
  order.resize(std::min(order.size(), kBars));
  std::vector<Bar> bars;
  bars.reserve(order.size());
  for (const Weighted& item : order) {
    const double inside = std::min(item.value * topic.share * total, tokens(item));
    bars.push_back({page.terms[static_cast<std::size_t>(item.index)].text, inside, tokens(item)});
  }
  return plot_bars({concat(words.topic, " ", title), words.in_topic, words.in_all}, bars);
}

// Both poles of a dimension.
std::string plot_poles(const PageData& page, std::size_t k, std::string_view title, const Words& words) {
  std::vector<Weighted> order = page.topics[k].terms;
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.value > b.value; });
  std::vector<Bar> bars;
  bars.reserve(order.size());
  for (const Weighted& item : order)
    bars.push_back({page.terms[static_cast<std::size_t>(item.index)].text, item.value});
  return plot_bars({concat(words.dimension, " ", title), words.terms, ""}, bars);
}

std::string plot_trend(const PageTrend& trend, std::span<const std::string> titles, const Words& words) {
  LineChart chart{
      .title = concat(words.trend, ": ", trend.by), .x_label = trend.by, .y_label = std::string(words.share)};
  chart.x = trend.groups;
  if (trend.merged > 0) chart.x.back() = words.other;
  chart.from_zero = true;
  for (std::size_t k = 0; k < titles.size(); ++k) {
    Series series{.name = titles[k], .y = trend.share[k]};
    if (!trend.low.empty()) {
      series.low = trend.low[k];
      series.high = trend.high[k];
    }
    chart.series.push_back(std::move(series));
  }
  return trend.by == "date" ? plot_panels(chart) : plot_dots(chart);
}

std::string plot_scree(const PageData& page, const Words& words) {
  LineChart chart{.title = std::string(words.scree),
                  .x_label = std::string(words.dimension),
                  .y_label = std::string(words.singular_value)};
  for (std::size_t i = 0; i < page.singular_values.size(); ++i) chart.x_value.push_back(static_cast<double>(i));
  chart.series.push_back({.name = chart.title, .y = page.singular_values});
  chart.from_zero = true;
  return plot_lines(chart);
}

// A field as part of a file's name: what is no letter or digit of ASCII becomes an underscore.
std::string file_part(std::string_view field) {
  std::string part;
  for (const char c : field) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    part += plain ? c : '_';
  }
  return part;
}

}  // namespace

bool is_page_plot(std::string_view name) {
  const bool fixed = name == "map.svg" || name == "scree.svg" || name == "similarity.svg";
  return fixed || (name.ends_with(".svg") && (name.starts_with("trend-") || name.starts_with("terms-")));
}

std::vector<PlotFile> page_plots(const PageData& page) {
  const Words& words = page.language == "ko" ? kKorean : kEnglish;
  const std::vector<std::string> titles = titles_of(page);
  std::vector<PlotFile> files;
  if (page.is_lsa) {
    files.push_back({"scree.svg", plot_scree(page, words)});
  } else {
    files.push_back({"map.svg", plot_topics(page, titles, words)});
  }
  if (!page.similarity.empty()) {
    files.push_back({"similarity.svg", plot_matrix(words.similarity, titles, page.similarity)});
  }
  for (const PageTrend& trend : page.trends) {
    files.push_back({concat("trend-", file_part(trend.by), ".svg"), plot_trend(trend, titles, words)});
  }
  for (std::size_t k = 0; k < titles.size(); ++k) {
    files.push_back({concat("terms-", k, ".svg"),
                     page.is_lsa ? plot_poles(page, k, titles[k], words) : plot_terms(page, k, titles[k], words)});
  }
  return files;
}

}  // namespace malmoi::apps
