#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <numeric>

#include "apps/concordance.h"
#include "apps/lda_model.h"
#include "apps/lsa_model.h"
#include "apps/lsa_table.h"
#include "apps/page/topic_names.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/topic_table.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "corpus/models.h"
#include "topics/coherence.h"
#include "topics/diagnostics.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "topics",
    .summary =
        "The topics of a model as text: number, name, share of all tokens, best terms; further figures and the best\n"
        "documents of each topic on demand. --name gives a topic a name that is kept and shown everywhere. Of a "
        "latent\n"
        "semantic analysis (lsa) the dimensions with the terms of both poles; they can be named, too.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi topics reviews.malmoi --model lda\n"
        "malmoi topics reviews.malmoi --model lda --terms 20 --relevance 0.6\n"
        "malmoi topics reviews.malmoi --model lda --name '3=배우와 연기' --name '7=음악'\n"
        "malmoi topics reviews.malmoi --model lda --documents 3 --format tsv\n"
        "malmoi topics reviews.malmoi --model lda --diagnostics --coherence npmi\n"
        "malmoi topics reviews.malmoi --model lsa --name '1=칭찬과 혹평'\n"};

constexpr int kSnippetColumns = 70;
constexpr std::int32_t kTopTerms = 20;  // for diagnostics

struct Request {
  std::string path;
  std::string model = "lda";
  TopicTableOptions table;
  std::vector<std::string> names;
  int documents = 0;
  bool diagnostics = false;
  std::string coherence;
};

topics::CoherenceMeasure measure_of(const std::string& name) {
  using topics::CoherenceMeasure;
  return choose<CoherenceMeasure>("--coherence", name,
                                  {{"npmi", CoherenceMeasure::c_npmi},
                                   {"umass", CoherenceMeasure::u_mass},
                                   {"uci", CoherenceMeasure::c_uci},
                                   {"cv", CoherenceMeasure::c_v}});
}

// "3=배우와 연기" into the names; "3=" takes the name away.
void set_name(std::vector<std::string>& names, std::string_view setting) {
  const std::size_t equals = std::min(setting.find('='), setting.size());
  const std::string_view number = setting.substr(0, equals);
  std::size_t topic = 0;
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), topic);
  if (equals == setting.size() || parsed.ec != std::errc() || parsed.ptr != number.data() + number.size()) {
    throw UsageError(concat("--name '", setting, "': give the number of a topic and its name, as --name '3=weather'"));
  }
  if (topic >= names.size()) {
    throw Error(ErrorCode::invalid_argument, concat("--name '", setting, "': the topics are 0 to ", names.size() - 1));
  }
  names[topic] = setting.substr(equals + 1);
}

void keep_names(const Request& request, std::vector<std::string>& names) {
  for (const std::string& setting : request.names) set_name(names, setting);
  corpus::Store store = corpus::Store::open(request.path, corpus::Access::write);
  corpus::Transaction transaction(store.database());
  save_topic_names(store.database(), request.model, names);
  transaction.commit();
}

struct Placed {
  double share = 0;
  std::size_t row = 0;
};

// The documents with the largest share of each topic, ties by number; documents without tokens are left out.
std::vector<std::vector<Placed>> best_documents(const LdaModel& model, int count) {
  std::vector<std::vector<Placed>> best(model.lda.alpha.size());
  const auto before = [](const Placed& a, const Placed& b) {
    return a.share != b.share ? a.share > b.share : a.row < b.row;
  };
  for (std::size_t row = 0; row < model.row_ids.size(); ++row) {
    if (model.row_tokens[row] == 0) continue;
    const std::vector<double> shares = topics::document_shares(model.lda, row);
    for (std::size_t topic = 0; topic < shares.size(); ++topic) {
      std::vector<Placed>& list = best[topic];
      const Placed placed{shares[topic], row};
      if (std::ssize(list) == count && !before(placed, list.back())) continue;
      list.insert(std::upper_bound(list.begin(), list.end(), placed, before), placed);
      if (std::ssize(list) > count) list.pop_back();
    }
  }
  return best;
}

Table documents_table(const Workspace& workspace, const LdaModel& model, int count) {
  Table table{"documents", {"topic", "id", "label", "share", "text"}, {}};
  const auto best = best_documents(model, count);
  for (std::size_t topic = 0; topic < best.size(); ++topic) {
    for (const Placed& placed : best[topic]) {
      const auto document = workspace.store().find(model.row_ids[placed.row]);
      if (!document) continue;  // removed since
      table.rows.push_back(
          {topic, name_of(*document), document->label, placed.share, snippet(document->text, {}, kSnippetColumns)});
    }
  }
  return table;
}

Table diagnostics_table(const LdaModel& model, const TopicTables& tables, const RunContext& context) {
  Table table{"diagnostics",
              {"topic", "tokens", "documents", "rank_1_documents", "exclusivity", "effective_terms", "corpus_distance",
               "term_length"},
              {}};
  const std::vector<std::int64_t> tokens = term_tokens(model.lda);
  const std::vector<std::string_view> terms(model.terms.begin(), model.terms.end());
  const topics::FittedCorpus fitted{{model.lda.document_topics, model.lda.unit}, tokens, terms};
  const auto all = topics::topic_diagnostics(tables.topics(), fitted, kTopTerms, context);
  for (std::size_t topic = 0; topic < all.size(); ++topic) {
    const topics::TopicDiagnostics& one = all[topic];
    table.rows.push_back({topic, one.tokens, one.documents, one.rank_1_documents, one.exclusivity, one.effective_terms,
                          one.corpus_distance, one.term_length});
  }
  return table;
}

// Coherence of the ten most probable terms of each topic in the texts that the model was made of.
void add_coherence(Report& report, Workspace& workspace, const std::pair<const LdaModel&, const TopicTables&>& fitted,
                   const std::pair<const std::string&, RunContext>& how) {
  const auto& [model, tables] = fitted;
  const auto& [measure, context] = how;
  std::vector<std::vector<TermId>> best;
  for (const std::vector<std::int32_t>& columns : tables.top_terms({})) {
    std::vector<TermId>& ids = best.emplace_back();
    for (const std::int32_t column : columns) {
      const TermId id = model.term_ids[static_cast<std::size_t>(column)];
      if (id >= 0) ids.push_back(id);
    }
  }
  const std::string& where = model.selection.where;
  const TokenSequences texts = workspace.words(where.empty() ? corpus::Filter{} : corpus::parse_filter(where));
  const std::vector<double> values = topics::coherence(texts, best, measure_of(measure), {}, context);
  report.metrics.push_back({concat("coherence_", measure),
                            std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size())});
  Table& table = report.tables.front();
  table.columns.push_back(measure);
  for (std::size_t topic = 0; topic < values.size(); ++topic) table.rows[topic].emplace_back(values[topic]);
}

// The names of the model's topics or dimensions, after those of the request have been kept.
std::vector<std::string> names_of(const Workspace& workspace, const Request& request, std::size_t topics) {
  std::vector<std::string> names = load_topic_names(workspace.store().database(), request.model, topics);
  if (!request.names.empty()) keep_names(request, names);
  return names;
}

Report describe_dimensions(Workspace& workspace, const Request& request) {
  if (request.diagnostics || !request.coherence.empty() || request.documents > 0 || request.table.relevance < 1) {
    throw Error(ErrorCode::invalid_argument,
                concat("--relevance, --diagnostics, --coherence and --documents are for topics, and the model \"",
                       request.model, "\" is of kind lsa; its documents are in the report"));
  }
  const LsaModel model = load_lsa_model(workspace, request.model);
  const std::vector<std::string> names = names_of(workspace, request, model.lsa.singular_values.size());
  Report report;
  report.tables.push_back(dimensions_table(model, names, {.terms = static_cast<std::size_t>(request.table.terms)}));
  return report;
}

Report describe_topics(const Request& request, const RunContext& context) {
  Workspace workspace(request.path);
  if (is_lsa_model(workspace.store(), request.model)) return describe_dimensions(workspace, request);
  const LdaModel model = load_lda_model(workspace, request.model);
  const std::vector<std::string> names = names_of(workspace, request, model.lda.alpha.size());
  const TopicTables tables(model, names);
  Report report;
  report.tables.push_back(tables.table(request.table));
  if (!request.coherence.empty()) {
    add_coherence(report, workspace, {model, tables}, {request.coherence, context});
  }
  if (request.diagnostics) report.tables.push_back(diagnostics_table(model, tables, context));
  if (request.documents > 0) report.tables.push_back(documents_table(workspace, model, request.documents));
  return report;
}

}  // namespace

void run_topics(std::span<const std::string> args, Streams& io) {
  const RunLog run("topics", args);
  Request request;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("model", po::value(&request.model)->default_value(request.model), "name of the model");
  add("terms", po::value(&request.table.terms)->default_value(request.table.terms),
      "terms of each topic, or of each pole of a dimension");
  add("relevance", po::value(&request.table.relevance)->default_value(request.table.relevance),
      "order of the terms, 0 to 1: 1 by probability in the topic, 0 by how much more frequent than elsewhere");
  add("name", po::value(&request.names),
      "name of a topic or a dimension, '3=weather'; '3=' takes it away; may be given again");
  add("diagnostics", po::bool_switch(&request.diagnostics),
      "figures of each topic: tokens, documents, exclusivity, effective number of terms, distance from the corpus");
  add("coherence", po::value(&request.coherence),
      "how well the ten best terms of each topic go together in the texts: npmi, umass, uci, cv");
  add("documents", po::value(&request.documents)->default_value(request.documents), "best documents of each topic");
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  require_at_least("--terms", request.table.terms, 1);
  require_at_least("--documents", request.documents, 0);
  if (!(request.table.relevance >= 0 && request.table.relevance <= 1)) {
    throw UsageError("--relevance: 0 to 1 is wanted");
  }
  if (!request.coherence.empty()) (void)measure_of(request.coherence);
  const Report report = describe_topics(request, common->run_context(io));
  show(report, *common, io);
  run.save(request.path, {report.metrics, {}});
}

}  // namespace malmoi::apps
