#include "topics/lsa.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <chrono>
#include <numeric>

#include "apps/corpus_flags.h"
#include "apps/lsa_model.h"
#include "apps/lsa_table.h"
#include "apps/model_parts.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/topic_flags.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "corpus/models.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using topics::SvdMethod;

constexpr Usage kUsage{
    .verb = "lsa",
    .summary =
        "Latent semantic analysis: the leading singular vectors of the weighted document-term matrix, stored as a\n"
        "model in the corpus file. The same options and seed give the same model for every number of threads.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi lsa reviews.malmoi --rank 100\n"
        "malmoi lsa news.malmoi --rank 300 --weighting log-entropy --min-df 10 --save news300\n"
        "malmoi similar reviews.malmoi --space lsa --text '음악이 좋은 영화'\n"
        "malmoi report reviews.malmoi --model lsa -o lsa.html --svg plots\n"};

struct Request {
  std::string path;
  std::string name = "lsa";
  std::optional<std::int32_t> rank;
  std::string method = "lanczos";
  WeightingFlags weighting{"tfidf"};
  std::int32_t dimensions = 20;  // shown in text
  topics::LsaOptions options;
  TermFlags terms;
};

// The rank that was asked for, or else 100 or what the matrix allows.
std::int32_t rank_for(const vectorize::SparseMatrix& matrix, const Request& request) {
  const auto most = static_cast<std::int32_t>(std::min(matrix.rows(), matrix.cols()));
  if (!request.rank) return std::min(request.options.rank, most);
  if (*request.rank >= 1 && *request.rank <= most) return *request.rank;
  throw Error(ErrorCode::invalid_argument, concat("--rank ", *request.rank, ": ", matrix.rows(), " documents with ",
                                                  matrix.cols(), " terms allow 1 to ", most));
}

struct Fitted {
  LsaModel model;
  double seconds = 0;
};

Fitted fit(Workspace& workspace, const Request& request, const CommonOptions& common, Streams& io) {
  const RunContext context = common.run_context(io);
  TopicInput input = select_input(workspace, request.terms.selection(), context);
  topics::LsaOptions options = request.options;
  options.rank = rank_for(input.counts.values, request);
  note(concat("rank ", options.rank, " of ", input.counts.values.rows(), " documents with ", input.terms.size(),
              " terms, ", input.counts.values.nonZeros(), " values"),
       common, io);
  Fitted fitted;
  LsaModel& model = fitted.model;
  const auto begin = std::chrono::steady_clock::now();
  model.weighting = vectorize::fit_weighting(input.counts, request.weighting.options(), context);
  model.lsa = topics::fit_lsa(vectorize::apply_weighting(model.weighting, input.counts, context), options, context);
  fitted.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  model.terms = std::move(input.terms);
  model.words = workspace.whole_words(model.terms);
  model.term_ids = std::move(input.term_ids);
  model.row_ids = std::move(input.counts.row_ids);
  model.analyzer = workspace.store().setting("analyzer").value_or("");
  model.selection = request.terms.selection();
  return fitted;
}

Report summarize(const Fitted& fitted, const Request& request, std::size_t dimensions) {
  const topics::Lsa& lsa = fitted.model.lsa;
  const double first = lsa.singular_values.front();
  const double worst = *std::max_element(lsa.residuals.begin(), lsa.residuals.end());
  Report report;
  report.metrics = {{"model", request.name},
                    {"documents", fitted.model.row_ids.size()},
                    {"terms", fitted.model.terms.size()},
                    {"rank", lsa.options.rank},
                    {"weighting", request.weighting.name()},
                    {"explained", std::accumulate(lsa.explained.begin(), lsa.explained.end(), 0.0)},
                    {"greatest_residual", first > 0 ? worst / first : 0.0},
                    {"converged", lsa.converged ? "yes" : "no"},
                    {"seconds", fitted.seconds},
                    {"seed", lsa.options.seed},
                    {"fingerprint", fitted.model.fingerprint}};
  report.tables.push_back(dimensions_table(fitted.model, {}, {.dimensions = dimensions}));
  return report;
}

void run(const Request& request, RunLog& log, const CommonOptions& common, Streams& io) {
  Workspace workspace(request.path);
  corpus::check_model_name(workspace.store().database(), request.name, common.force);
  log.set_seed(static_cast<std::int64_t>(request.options.seed));
  Fitted fitted = fit(workspace, request, common, io);
  std::array models = {NamedModel{request.name, to_stored(fitted.model)}};
  fitted.model.fingerprint = models.front().stored.checksum;
  const std::size_t all = fitted.model.lsa.singular_values.size();
  const Report report =
      summarize(fitted, request, common.format == Format::text ? static_cast<std::size_t>(request.dimensions) : all);
  save_with_run(request.path, models, log.finish(report), common.force);
  show(report, common, io);
  if (!fitted.model.lsa.converged) {
    note("not all dimensions reached the tolerance: see the column residual", common, io);
  }
}

}  // namespace

void run_lsa(std::span<const std::string> args, Streams& io) {
  RunLog log("lsa", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("save", po::value(&request.name)->default_value(request.name), "name of the model in the corpus file");
  add("rank", po::value<std::int32_t>()->notifier([&request](std::int32_t value) { request.rank = value; }),
      "dimensions (default 100, or as many as there are documents or terms)");
  add("method", po::value(&request.method)->default_value(request.method),
      "lanczos (exact), randomized (fast for large ranks; the last dimensions are approximate), full (small corpora)");
  request.weighting.add_to(flags);
  request.terms.add_to(flags);
  add("seed", po::value<std::int64_t>()->notifier([&request](std::int64_t value) {
    require_at_least("--seed", value, 0);
    request.options.seed = static_cast<std::uint64_t>(value);
  }),
      "of the vectors to begin with (default 1)");
  add("dimensions", po::value(&request.dimensions)->default_value(request.dimensions),
      "dimensions shown as text; the other formats have all");
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  request.options.method = choose<SvdMethod>(
      "--method", request.method,
      {{"lanczos", SvdMethod::lanczos}, {"randomized", SvdMethod::randomized}, {"full", SvdMethod::full}});
  (void)request.weighting.options();
  require_at_least("--dimensions", request.dimensions, 0);
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
