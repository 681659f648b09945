#include <algorithm>
#include <boost/program_options.hpp>
#include <numeric>

#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "vectorize/association.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using vectorize::Association;

constexpr Usage kUsage{
    .verb = "terms",
    .summary =
        "The terms of the corpus: the most frequent ones with their spread over documents (DP of Gries: 0 even,\n"
        "1 all in one place); those typical of one label (--keyness); or pairs of neighbours (--collocations).\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi terms reviews.malmoi --limit 50\n"
        "malmoi terms reviews.malmoi --keyness 1\n"
        "malmoi terms news.malmoi --collocations --measure npmi --min-count 20\n"};

struct TermsOptions {
  int limit = 20;
  bool by_documents = false;
  std::string keyness;
  bool collocations = false;
  vectorize::CollocationOptions pairs;
  corpus::Filter where;
};

std::size_t shown(std::size_t found, int limit) {
  return std::min(found, static_cast<std::size_t>(limit));
}

Report frequent(Workspace& workspace, const TermsOptions& options, const RunContext& context) {
  const vectorize::DocTermMatrix counts = workspace.counts(options.where, context);
  const std::vector<vectorize::Dispersion> spread = vectorize::dispersion(counts);
  std::vector<std::size_t> order(spread.size());
  std::iota(order.begin(), order.end(), 0);
  const auto amount = [&](std::size_t t) {
    return options.by_documents ? std::int64_t{spread[t].documents} : spread[t].occurrences;
  };
  const auto kept = order.begin() + static_cast<std::ptrdiff_t>(shown(order.size(), options.limit));
  std::partial_sort(order.begin(), kept, order.end(), [&](std::size_t a, std::size_t b) {
    return amount(a) != amount(b) ? amount(a) > amount(b) : a < b;
  });
  Table table{"terms", {"term", "occurrences", "documents", "share", "dp"}, {}};
  for (auto t = order.begin(); t != kept && spread[*t].occurrences > 0; ++t) {
    const vectorize::Dispersion& term = spread[*t];
    table.rows.push_back({workspace.vocabulary().term(static_cast<TermId>(*t)), term.occurrences, term.documents,
                          term.document_share, term.dp});
  }
  return {{}, {std::move(table)}};
}

Report key_terms(Workspace& workspace, const TermsOptions& options, const RunContext& context) {
  const vectorize::DocTermMatrix counts = workspace.counts(options.where, context);
  const std::vector<std::int64_t> target =
      workspace.store().matching({.sql = "label = ?", .values = {options.keyness}});
  if (target.empty()) throw Error(ErrorCode::not_found, concat("terms: no document has the label ", options.keyness));
  std::vector<bool> in_target;
  for (const std::int64_t id : counts.row_ids) {
    in_target.push_back(std::binary_search(target.begin(), target.end(), id));
  }
  const std::vector<vectorize::Keyness> found = vectorize::keyness(counts, in_target);
  Table table{"keyness", {"term", "log_likelihood", "chi_squared", "log_ratio", "in_label", "elsewhere"}, {}};
  for (std::size_t i = 0; i < shown(found.size(), options.limit) && found[i].log_likelihood > 0; ++i) {
    const vectorize::Keyness& term = found[i];
    table.rows.push_back({workspace.vocabulary().term(term.term), term.log_likelihood, term.chi_squared, term.log_ratio,
                          term.target, term.reference});
  }
  return {{}, {std::move(table)}};
}

Report neighbours(Workspace& workspace, const TermsOptions& options, const RunContext& context) {
  const std::vector<vectorize::Collocation> found =
      vectorize::collocations(workspace.words(options.where), options.pairs, context);
  Table table{"collocations", {"first", "second", "count", "log_likelihood", "npmi", "pmi", "t"}, {}};
  for (std::size_t i = 0; i < shown(found.size(), options.limit); ++i) {
    const vectorize::Collocation& pair = found[i];
    table.rows.push_back({workspace.vocabulary().term(pair.first), workspace.vocabulary().term(pair.second),
                          pair.counts.joint, vectorize::log_likelihood(pair.counts), vectorize::npmi(pair.counts),
                          vectorize::pmi(pair.counts), vectorize::t_score(pair.counts)});
  }
  return {{{"pairs", found.size()}}, {std::move(table)}};
}

}  // namespace

void run_terms(std::span<const std::string> args, Streams& io) {
  const RunLog run("terms", args);
  std::string path;
  TermsOptions options;
  std::string by = "occurrences";
  std::string measure = "log-likelihood";
  WhereFlag where;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("limit", po::value(&options.limit)->default_value(options.limit), "terms to show");
  add("by", po::value(&by)->default_value(by), "order: occurrences, documents");
  add("keyness", po::value(&options.keyness), "terms typical of the documents with this label against all others");
  add("collocations", po::bool_switch(&options.collocations), "pairs of words that stand near each other");
  add("measure", po::value(&measure)->default_value(measure), "order of pairs: log-likelihood, npmi, pmi, t");
  add("window", po::value(&options.pairs.window)->default_value(options.pairs.window),
      "pairs: words from the first to the second, both counted; 2: neighbours");
  add("min-count", po::value(&options.pairs.min_count)->default_value(options.pairs.min_count),
      "pairs: fewest joint occurrences");
  where.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  if (options.limit < 1) throw UsageError("terms: --limit must be at least 1");
  options.by_documents = choose<bool>("--by", by, {{"occurrences", false}, {"documents", true}});
  options.pairs.measure = choose<Association>("--measure", measure,
                                              {{"log-likelihood", Association::log_likelihood},
                                               {"npmi", Association::npmi},
                                               {"pmi", Association::pmi},
                                               {"t", Association::t_score}});
  options.where = where.filter();

  Workspace workspace(path);
  const RunContext context = common->run_context(io);
  const Report report = options.collocations      ? neighbours(workspace, options, context)
                        : options.keyness.empty() ? frequent(workspace, options, context)
                                                  : key_terms(workspace, options, context);
  show(report, *common, io);
  run.save(path, report);
}

}  // namespace malmoi::apps
