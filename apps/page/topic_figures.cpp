#include "apps/page/topic_figures.h"

#include <algorithm>
#include <string_view>

#include "topics/coherence.h"
#include "topics/diagnostics.h"

namespace malmoi::apps {
namespace {

constexpr std::int32_t kCoherenceTerms = 10;

std::vector<double> npmi_of(const FittedModel& fitted, const RunContext& context) {
  std::vector<std::vector<TermId>> words;
  for (const auto& terms : topics::top_terms(fitted.phi, kCoherenceTerms, context)) {
    std::vector<TermId>& topic = words.emplace_back();
    for (const topics::RankedTerm& term : terms) {
      const TermId id = fitted.model.term_ids[static_cast<std::size_t>(term.column)];
      if (id >= 0) topic.push_back(id);
    }
  }
  return topics::coherence(fitted.tokens, words, topics::CoherenceMeasure::c_npmi, {}, context);
}

}  // namespace

std::vector<std::int64_t> count_terms_of(std::span<const TermId> term_ids, const TokenSequences& tokens,
                                         TermId corpus_terms) {
  std::vector<std::int64_t> all(static_cast<std::size_t>(corpus_terms));
  for (const TermId term : tokens.terms) ++all[static_cast<std::size_t>(term)];
  std::vector<std::int64_t> counts;
  counts.reserve(term_ids.size());
  for (const TermId id : term_ids) counts.push_back(id < 0 ? 0 : all[static_cast<std::size_t>(id)]);
  return counts;
}

std::vector<std::vector<PageFigure>> topic_figures(const FittedModel& fitted, const RunContext& context) {
  const topics::Lda& lda = fitted.model.lda;
  const std::vector<std::string_view> terms(fitted.model.terms.begin(), fitted.model.terms.end());
  const topics::FittedCorpus corpus{
      .documents = {.samples = lda.document_topics, .unit = lda.unit}, .occurrences = fitted.counts, .terms = terms};
  const std::vector<double> npmi = npmi_of(fitted, context);
  std::vector<std::vector<PageFigure>> figures;
  for (const topics::TopicDiagnostics& topic : topics::topic_diagnostics(fitted.phi, corpus, 20, context)) {
    figures.push_back({{"tokens", topic.tokens},
                       {"documents", topic.documents},
                       {"rank1", topic.rank_1_documents},
                       {"coherence", npmi[figures.size()]},
                       {"exclusivity", topic.exclusivity},
                       {"effective_terms", topic.effective_terms},
                       {"distance", topic.corpus_distance},
                       {"term_length", topic.term_length}});
  }
  return figures;
}

double mean_figure(std::span<const std::vector<PageFigure>> figures, std::string_view name) {
  double sum = 0.0;
  for (const auto& topic : figures) {
    const auto found =
        std::find_if(topic.begin(), topic.end(), [&](const PageFigure& figure) { return figure.name == name; });
    sum += found == topic.end() ? kUndefined : found->value;
  }
  return sum / static_cast<double>(figures.size());
}

}  // namespace malmoi::apps
