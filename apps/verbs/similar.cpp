#include <boost/program_options.hpp>

#include "apps/concordance.h"
#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "vectorize/similarity.h"
#include "vectorize/weighting.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "similar",
    .summary =
        "The documents nearest to a document of the corpus, to a text, or to each document (--all-pairs), exactly.\n"
        "cosine, jaccard and weighted-jaccard are similarities (high is near), the others distances (low is near).\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi similar reviews.malmoi --doc 9976970\n"
        "malmoi similar reviews.malmoi --text '음악이 좋은 영화' --metric jaccard --limit 20\n"
        "malmoi similar news.malmoi --all-pairs --threshold 0.8 --format tsv > pairs.tsv\n"};

constexpr int kSnippetColumns = 70;

struct SimilarOptions {
  std::string document;
  std::string text;
  bool all_pairs = false;
  bool weighted = true;
  vectorize::SimilarityOptions similarity;
  corpus::Filter where;
};

// The documents as rows, and what a query must go through to be compared with them.
struct Space {
  vectorize::TermWeighting weighting;
  vectorize::DocTermMatrix rows;
  bool weighted = true;

  [[nodiscard]] vectorize::SparseVector project(const vectorize::DocTermMatrix& counts) const {
    return (weighted ? vectorize::apply_weighting(weighting, counts) : counts).values.row(0);
  }
};

Space make_space(Workspace& workspace, const SimilarOptions& options, const RunContext& context) {
  Space space;
  space.rows = workspace.counts(options.where, context);
  space.weighted = options.weighted;
  if (space.weighted) {
    space.weighting = vectorize::fit_weighting(space.rows, {}, context);
    space.rows = vectorize::apply_weighting(space.weighting, space.rows, context);
  }
  return space;
}

Report list(const Workspace& workspace, const Space& space, std::span<const vectorize::Neighbor> neighbors) {
  Table table{"similar", {"id", "label", "score", "text"}, {}};
  for (const vectorize::Neighbor& neighbor : neighbors) {
    const auto document = workspace.store().find(space.rows.row_ids[static_cast<std::size_t>(neighbor.row)]);
    table.rows.push_back({name_of(*document), document->label, static_cast<double>(neighbor.score),
                          snippet(document->text, {}, kSnippetColumns)});
  }
  return {{}, {std::move(table)}};
}

Report near_document(Workspace& workspace, const SimilarOptions& options, const RunContext& context) {
  const std::int64_t id = workspace.store().resolve(options.document);
  const Space space = make_space(workspace, options, context);
  const vectorize::DocTermMatrix query =
      vectorize::count_terms(workspace.tokens_of(id), static_cast<TermId>(space.rows.values.cols()));
  vectorize::SimilarityOptions one_more = options.similarity;  // the document itself will be among them
  if (one_more.k != vectorize::SimilarityOptions::kNoLimit) ++one_more.k;
  auto neighbors = vectorize::nearest_rows(space.rows.values, space.project(query), one_more, context);
  std::erase_if(neighbors, [&](const vectorize::Neighbor& neighbor) {
    return space.rows.row_ids[static_cast<std::size_t>(neighbor.row)] == id;
  });
  neighbors.resize(std::min(neighbors.size(), static_cast<std::size_t>(options.similarity.k)));
  return list(workspace, space, neighbors);
}

Report near_text(Workspace& workspace, const SimilarOptions& options, const RunContext& context) {
  const Space space = make_space(workspace, options, context);
  const vectorize::DocTermMatrix query =
      vectorize::count_terms(workspace.tokens_of(options.text), static_cast<TermId>(space.rows.values.cols()));
  return list(workspace, space,
              vectorize::nearest_rows(space.rows.values, space.project(query), options.similarity, context));
}

Report all_pairs(Workspace& workspace, const SimilarOptions& options, const RunContext& context) {
  const Space space = make_space(workspace, options, context);
  const vectorize::NeighborTable table = vectorize::all_pairs(space.rows.values, options.similarity, context);
  std::vector<std::string> names;
  for (const std::int64_t id : space.rows.row_ids) names.push_back(name_of(*workspace.store().find(id)));
  Report report{{}, {{"pairs", {"id", "similar_to", "score"}, {}}}};
  for (std::size_t row = 0; row < table.rows(); ++row) {
    for (const vectorize::Neighbor& neighbor : table.row(row)) {
      report.tables[0].rows.push_back(
          {names[row], names[static_cast<std::size_t>(neighbor.row)], static_cast<double>(neighbor.score)});
    }
  }
  return report;
}

}  // namespace

void run_similar(std::span<const std::string> args, Streams& io) {
  const RunLog run("similar", args);
  std::string path;
  std::string metric = "cosine";
  std::string space = "tfidf";
  std::optional<int> limit;
  SimilarOptions options;
  WhereFlag where;
  DictionaryFlag dictionary;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("doc", po::value(&options.document), "a document of the corpus, by id or number");
  add("text", po::value(&options.text), "a text");
  add("all-pairs", po::bool_switch(&options.all_pairs), "the neighbours of every document");
  add("metric", po::value(&metric)->default_value(metric),
      "cosine, euclidean, jaccard (of term sets), weighted-jaccard, manhattan, minkowski");
  add("p", po::value(&options.similarity.p)->default_value(options.similarity.p), "exponent of minkowski, at least 1");
  add("space", po::value(&space)->default_value(space), "what is compared: tfidf, counts");
  add("limit", po::value<int>()->notifier([&limit](int value) { limit = value; }),
      "neighbours of a document (default 10; with --threshold: all)");
  add("threshold", po::value<float>()->notifier([&options](float value) { options.similarity.threshold = value; }),
      "only neighbours at least this similar, or at most this far");
  where.add_to(flags);
  dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  if (!options.document.empty() + !options.text.empty() + options.all_pairs != 1) {
    throw UsageError("similar: give one of --doc, --text, --all-pairs");
  }
  options.similarity.metric = choose<vectorize::Metric>("--metric", metric,
                                                        {{"cosine", vectorize::Metric::cosine},
                                                         {"euclidean", vectorize::Metric::euclidean},
                                                         {"jaccard", vectorize::Metric::jaccard},
                                                         {"weighted-jaccard", vectorize::Metric::weighted_jaccard},
                                                         {"manhattan", vectorize::Metric::manhattan},
                                                         {"minkowski", vectorize::Metric::minkowski}});
  if (options.similarity.threshold) options.similarity.k = vectorize::SimilarityOptions::kNoLimit;
  if (limit) options.similarity.k = *limit;
  options.weighted = choose<bool>("--space", space, {{"tfidf", true}, {"counts", false}});
  options.where = where.filter();

  Workspace workspace(path, dictionary.folder());
  const RunContext context = common->run_context(io);
  const Report report = options.all_pairs          ? all_pairs(workspace, options, context)
                        : options.document.empty() ? near_text(workspace, options, context)
                                                   : near_document(workspace, options, context);
  show(report, *common, io);
  run.save(path, report);
}

}  // namespace malmoi::apps
