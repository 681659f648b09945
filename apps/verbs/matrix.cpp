#include <boost/program_options.hpp>
#include <fstream>

#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "vectorize/matrix_io.h"
#include "vectorize/weighting.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using vectorize::MatrixFormat;
using vectorize::Normalization;
using vectorize::WeightingOptions;

constexpr Usage kUsage{
    .verb = "matrix",
    .summary =
        "Writes the document-term matrix, weighted if wanted, in a form other programs read, with its terms and\n"
        "rows beside it (FILE.terms.tsv, FILE.rows.tsv). Terms left out here stay in the corpus.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi matrix reviews.malmoi -o reviews.npz\n"
        "malmoi matrix reviews.malmoi -o reviews.mtx.gz --weighting tfidf --min-df 5 --max-df 50%\n"
        "malmoi matrix reviews.malmoi -o train.svm --weighting ltc --max-features 20000\n"
        "malmoi matrix news.malmoi -o news.ldac --min-df 5\n"};

struct MatrixOptions {
  std::string output;
  std::string form;
  WeightingOptions weighting;
  std::string min_df = "1";
  std::string max_df = "100%";
  std::optional<int> max_features;
  std::string vocabulary;
  corpus::Filter where;
};

std::vector<std::string> read_lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) lines.push_back(line);
  }
  if (file.bad() || lines.empty()) throw Error(ErrorCode::io, concat(path, ": cannot be read, or holds no terms"));
  return lines;
}

vectorize::PruneOptions prune_options(const MatrixOptions& options) {
  vectorize::PruneOptions prune;
  prune.min_df = parse_frequency("--min-df", options.min_df);
  prune.max_df = parse_frequency("--max-df", options.max_df);
  prune.max_features = options.max_features;
  if (!options.vocabulary.empty()) prune.only = read_lines(options.vocabulary);
  return prune;
}

MatrixFormat output_form(const MatrixOptions& options) {
  if (options.form.empty()) {
    if (const auto guessed = vectorize::guess_format(options.output)) return *guessed;
    throw UsageError(concat("matrix: the name ", options.output, " does not tell the form; give it with --as"));
  }
  return choose<MatrixFormat>("--as", options.form,
                              {{"mtx", MatrixFormat::matrix_market},
                               {"npz", MatrixFormat::npz},
                               {"svmlight", MatrixFormat::svmlight},
                               {"ldac", MatrixFormat::lda_c},
                               {"csv", MatrixFormat::csv},
                               {"tsv", MatrixFormat::tsv},
                               {"triplets", MatrixFormat::triplets}});
}

bool is_plain_count(const WeightingOptions& options) {
  return options.local == vectorize::LocalWeight::count && options.global == vectorize::GlobalWeight::none &&
         options.normalization == Normalization::none;
}

Report write(Workspace& workspace, const MatrixOptions& options, bool overwrite, const RunContext& context) {
  vectorize::MatrixExport plan;
  plan.format = output_form(options);
  plan.overwrite = overwrite;
  vectorize::DocTermMatrix matrix = workspace.counts(options.where, context);
  const vectorize::Vocabulary vocabulary = workspace.vocabulary_of(matrix);
  plan.columns =
      vectorize::select_terms(vocabulary, static_cast<std::int64_t>(matrix.row_ids.size()), prune_options(options));
  matrix = vectorize::keep_terms(matrix, *plan.columns, context);
  if (!is_plain_count(options.weighting)) {
    matrix = vectorize::apply_weighting(vectorize::fit_weighting(matrix, options.weighting, context), matrix, context);
  }
  bool labelled = true;
  corpus::DocumentCursor documents = workspace.store().documents(options.where);
  for (corpus::Document document; documents.next(document);) {
    plan.keys.push_back(name_of(document));
    plan.labels.push_back(document.label);
    labelled = labelled && !document.label.empty();
  }
  if (!labelled) plan.labels.clear();
  const vectorize::MatrixFiles files = vectorize::write_matrix(options.output, matrix, vocabulary, plan);
  return {{{"rows", matrix.values.rows()},
           {"columns", plan.columns->size()},
           {"non_zeros", matrix.values.nonZeros()},
           {"matrix", files.matrix.string()},
           {"terms", files.terms.string()},
           {"documents", files.rows.string()}},
          {}};
}

}  // namespace

void run_matrix(std::span<const std::string> args, Streams& io) {
  const RunLog run("matrix", args);
  std::string path;
  MatrixOptions options;
  WhereFlag where;
  WeightingFlags weighting("count");
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("output,o", po::value(&options.output)->required(),
      "file to write; .gz behind its name compresses it (.npz is compressed by itself)");
  add("as", po::value(&options.form),
      "form, where the name does not tell: mtx, npz, svmlight, ldac, csv, tsv, triplets");
  weighting.add_to(flags);
  add("min-df", po::value(&options.min_df)->default_value(options.min_df),
      "leave out terms in fewer documents: a number, or a share such as 0.01 or 1%");
  add("max-df", po::value(&options.max_df)->default_value(options.max_df), "leave out terms in more documents");
  add("max-features", po::value<int>()->notifier([&options](int value) { options.max_features = value; }),
      "keep this many terms, the most frequent");
  add("vocabulary", po::value(&options.vocabulary), "file of terms to keep, one a line");
  where.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;

  options.where = where.filter();
  options.weighting = weighting.options();
  Workspace workspace(path);
  const Report report = write(workspace, options, common->force, common->run_context(io));
  show(report, *common, io);
  run.save(path, report);
}

}  // namespace malmoi::apps
