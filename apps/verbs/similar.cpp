#include <algorithm>
#include <array>
#include <boost/program_options.hpp>

#include "apps/concordance.h"
#include "apps/corpus_flags.h"
#include "apps/model_space.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "topics/lsa.h"
#include "vectorize/similarity.h"
#include "vectorize/weighting.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "similar",
    .summary =
        "The documents nearest to a document of the corpus, to a text, or to each document (--all-pairs), exactly.\n"
        "cosine, jaccard and weighted-jaccard are similarities (high is near), the others distances (low is near).\n"
        "--space lsa, lda and embedding compare by cosine in the space of a stored model, where texts can be near\n"
        "without a word in common; documents without a term of the model are left out. --term asks for terms (lsa).\n"
        "In an embedding a document lies at the mean of its words' vectors, weighted by idf; words without a vector\n"
        "do not count.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi similar reviews.malmoi --doc 9976970\n"
        "malmoi similar reviews.malmoi --text '음악이 좋은 영화' --metric jaccard --limit 20\n"
        "malmoi similar reviews.malmoi --space lsa --text '음악이 좋은 영화'\n"
        "malmoi similar reviews.malmoi --space embedding --doc 9976970\n"
        "malmoi similar reviews.malmoi --space lsa --term 음악\n"
        "malmoi similar news.malmoi --all-pairs --threshold 0.8 --format tsv > pairs.tsv\n"};

constexpr int kSnippetColumns = 70;

struct SimilarOptions {
  std::string document;
  std::string text;
  std::string term;
  std::string model;  // empty: named as the space is
  bool all_pairs = false;
  bool weighted = true;
  std::optional<SpaceKind> kind;  // of the model whose space it is; none: the terms themselves
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

Report list(const Workspace& workspace, std::span<const std::int64_t> row_ids,
            std::span<const vectorize::Neighbor> neighbors) {
  Table table{"similar", {"id", "label", "score", "text"}, {}};
  for (const vectorize::Neighbor& neighbor : neighbors) {
    const auto document = workspace.store().find(row_ids[static_cast<std::size_t>(neighbor.row)]);
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
  return list(workspace, space.rows.row_ids, neighbors);
}

Report near_text(Workspace& workspace, const SimilarOptions& options, const RunContext& context) {
  const Space space = make_space(workspace, options, context);
  const vectorize::DocTermMatrix query =
      vectorize::count_terms(workspace.tokens_of(options.text), static_cast<TermId>(space.rows.values.cols()));
  return list(workspace, space.rows.row_ids,
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

// ---- in the space of a model ---------------------------------------------------------------------------------------

void keep_near(std::vector<vectorize::Neighbor>& neighbors, const vectorize::SimilarityOptions& options) {
  std::erase_if(neighbors, [&](const vectorize::Neighbor& neighbor) {
    return options.threshold && neighbor.score < *options.threshold;
  });
  neighbors.resize(std::min(neighbors.size(), static_cast<std::size_t>(options.k)));
}

std::vector<float> place_document(Workspace& workspace, const ModelSpace& space, std::int64_t id) {
  const PlacedDocuments placed = place_documents(workspace, space, std::array{id}, {});
  if (placed.row_ids.empty()) {
    throw Error(ErrorCode::invalid_argument, concat("document ", id, " has no term that the model knows"));
  }
  const auto size = static_cast<std::size_t>(placed.places.size());
  return {placed.places.data(), placed.places.data() + size};
}

Report near_term(const LsaModel& model, const SimilarOptions& options, const RunContext& context) {
  auto neighbors = nearest_terms(model, options.term, options.similarity.k, context);
  keep_near(neighbors, options.similarity);
  Table table{"similar", {"term", "score"}, {}};
  for (const vectorize::Neighbor& neighbor : neighbors) {
    table.rows.push_back({model.terms[static_cast<std::size_t>(neighbor.row)], static_cast<double>(neighbor.score)});
  }
  return {{}, {std::move(table)}};
}

Report near_in_model(Workspace& workspace, const SimilarOptions& options, const RunContext& context) {
  const ModelSpace space = load_model_space(workspace, *options.kind, options.model);
  if (!options.term.empty()) return near_term(*space.lsa, options, context);
  std::int64_t self = -1;
  if (!options.document.empty()) self = workspace.store().resolve(options.document);
  const std::vector<float> query =
      self >= 0 ? place_document(workspace, space, self) : place_text(workspace, space, options.text);
  std::vector<std::int64_t> ids = workspace.store().matching(options.where);
  std::erase(ids, self);
  const PlacedDocuments rows = place_documents(workspace, space, ids, context);
  auto neighbors = topics::nearest(rows.places, query, options.similarity.k, context);
  keep_near(neighbors, options.similarity);
  return list(workspace, rows.row_ids, neighbors);
}

// ---- flags ---------------------------------------------------------------------------------------------------------

struct SimilarFlags {
  std::string path;
  std::string metric = "cosine";
  std::string space = "tfidf";
  std::optional<int> limit;
  WhereFlag where;
  DictionaryFlag dictionary;
};

void add_flags(po::options_description& flags, SimilarFlags& given, SimilarOptions& options) {
  auto add = flags.add_options();
  add("corpus", po::value(&given.path)->required(), "corpus file");
  add("doc", po::value(&options.document), "a document of the corpus, by id or number");
  add("text", po::value(&options.text), "a text");
  add("term", po::value(&options.term), "a term, with --space lsa: the nearest terms");
  add("all-pairs", po::bool_switch(&options.all_pairs), "the neighbours of every document");
  add("metric", po::value(&given.metric)->default_value(given.metric),
      "cosine, euclidean, jaccard (of term sets), weighted-jaccard, manhattan, minkowski");
  add("p", po::value(&options.similarity.p)->default_value(options.similarity.p), "exponent of minkowski, at least 1");
  add("space", po::value(&given.space)->default_value(given.space),
      "what is compared: tfidf, counts, lsa, lda, embedding");
  add("model", po::value(&options.model),
      "name of the model for --space lsa, lda or embedding (default: lsa, lda or vectors)");
  add("limit", po::value<int>()->notifier([&given](int value) { given.limit = value; }),
      "neighbours of a document (default 10; with --threshold: all)");
  add("threshold", po::value<float>()->notifier([&options](float value) { options.similarity.threshold = value; }),
      "only neighbours at least this similar, or at most this far");
  given.where.add_to(flags);
  given.dictionary.add_to(flags);
}

void check_model_space(const SimilarFlags& given, SimilarOptions& options) {
  if (!options.kind) {
    if (!options.model.empty()) throw UsageError("--model goes with --space lsa, lda or embedding");
    if (!options.term.empty()) throw UsageError("--term goes with --space lsa");
    return;
  }
  if (options.kind != SpaceKind::lsa && !options.term.empty()) {
    throw UsageError("--term goes with --space lsa");
  }
  if (options.all_pairs) throw UsageError(concat("--all-pairs does not go with --space ", given.space));
  if (options.similarity.metric != vectorize::Metric::cosine) {
    throw UsageError(concat("--space ", given.space, " compares by cosine, not by ", given.metric));
  }
  require_at_least("--limit", options.similarity.k, 1);
  if (options.model.empty()) options.model = options.kind == SpaceKind::embedding ? "vectors" : given.space;
}

void read_flags(const SimilarFlags& given, SimilarOptions& options) {
  using vectorize::Metric;
  if (!options.document.empty() + !options.text.empty() + !options.term.empty() + options.all_pairs != 1) {
    throw UsageError("similar: give one of --doc, --text, --term, --all-pairs");
  }
  options.similarity.metric = choose<Metric>("--metric", given.metric,
                                             {{"cosine", Metric::cosine},
                                              {"euclidean", Metric::euclidean},
                                              {"jaccard", Metric::jaccard},
                                              {"weighted-jaccard", Metric::weighted_jaccard},
                                              {"manhattan", Metric::manhattan},
                                              {"minkowski", Metric::minkowski}});
  if (options.similarity.threshold) options.similarity.k = vectorize::SimilarityOptions::kNoLimit;
  if (given.limit) options.similarity.k = *given.limit;
  options.kind = choose<std::optional<SpaceKind>>("--space", given.space,
                                                  {{"tfidf", std::nullopt},
                                                   {"counts", std::nullopt},
                                                   {"lsa", SpaceKind::lsa},
                                                   {"lda", SpaceKind::lda},
                                                   {"embedding", SpaceKind::embedding}});
  options.weighted = given.space == "tfidf";
  check_model_space(given, options);
  options.where = given.where.filter();
}

}  // namespace

void run_similar(std::span<const std::string> args, Streams& io) {
  const RunLog run("similar", args);
  SimilarFlags given;
  SimilarOptions options;
  po::options_description flags;
  add_flags(flags, given, options);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  read_flags(given, options);

  Workspace workspace(given.path, given.dictionary.folder());
  const RunContext context = common->run_context(io);
  const Report report = options.kind               ? near_in_model(workspace, options, context)
                        : options.all_pairs        ? all_pairs(workspace, options, context)
                        : options.document.empty() ? near_text(workspace, options, context)
                                                   : near_document(workspace, options, context);
  show(report, *common, io);
  run.save(given.path, report);
}

}  // namespace malmoi::apps
