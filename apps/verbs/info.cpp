#include <boost/program_options.hpp>

#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "corpus/base/error.h"
#include "corpus/base/utf8.h"
#include "corpus/store.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{.verb = "info",
                       .summary =
                           "What the corpus holds: documents, tokens, terms, the share of tokens that each rule\n"
                           "dropped, labels, models, and the runs that made it. Text shows the beginning of long\n"
                           "results, json and tsv all.\n",
                       .arguments = {"corpus"},
                       .examples =
                           "malmoi info reviews.malmoi\n"
                           "malmoi info reviews.malmoi --format json\n"};

Table dropped_table(const corpus::Store& store, std::int64_t kept) {
  std::int64_t all = kept;
  for (const corpus::DroppedTokens& dropped : store.dropped()) all += dropped.tokens;
  const auto share = [&](std::int64_t tokens) {
    return all == 0 ? 0.0 : 100.0 * static_cast<double>(tokens) / static_cast<double>(all);
  };
  Table table{"tokens_by_rule", {"rule", "tokens", "percent"}, {}};
  table.rows.push_back({"kept", kept, share(kept)});
  for (const corpus::DroppedTokens& dropped : store.dropped()) {
    if (dropped.tokens > 0) table.rows.push_back({dropped.rule, dropped.tokens, share(dropped.tokens)});
  }
  return table;
}

Table labels_table(const corpus::Store& store) {
  constexpr std::size_t kShown = 50;
  Table table{"labels", {"label", "documents"}, {}};
  for (const corpus::LabelCount& count : store.labels()) {
    if (table.rows.size() < kShown) table.rows.push_back({count.label, count.documents});
  }
  return table;
}

Table models_table(const corpus::Store& store) {
  Table table{"models", {"name", "kind", "version", "bytes"}, {}};
  for (const corpus::ModelEntry& model : store.models()) {
    table.rows.push_back({model.name, model.kind, model.version, model.bytes});
  }
  return table;
}

// As much of a run's results as a line of text bears.
std::string shortened(const std::string& results) {
  constexpr int kColumns = 300;
  const std::string_view start = fit_width(results, kColumns);
  return start.size() == results.size() ? results : concat(start, "...");
}

Table runs_table(const corpus::Store& store, int shown, Format format) {
  Table table{"runs", {"run", "started", "seconds", "command", "options", "results"}, {}};
  const std::vector<corpus::Run> runs = store.runs();
  const std::size_t first = runs.size() - std::min(runs.size(), static_cast<std::size_t>(std::max(0, shown)));
  for (std::size_t i = first; i < runs.size(); ++i) {
    const corpus::Run& run = runs[i];
    table.rows.push_back({run.id, run.started, run.seconds, run.command, run.options,
                          format == Format::text ? shortened(run.results) : run.results});
  }
  return table;
}

}  // namespace

void run_info(std::span<const std::string> args, Streams& io) {
  const RunLog run("info", args);
  std::string path;
  int runs = 5;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("runs", po::value(&runs)->default_value(runs), "how many of the last runs to show");
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;

  const corpus::Store store = corpus::Store::open(path);
  const corpus::CorpusSize size = store.size();
  Report report;
  report.metrics = {{"documents", size.documents},
                    {"tokens", size.tokens},
                    {"terms", size.terms},
                    {"analysis", store.setting("analyzer").value_or("")}};
  report.tables.push_back(dropped_table(store, size.tokens));
  report.tables.push_back(labels_table(store));
  report.tables.push_back(models_table(store));
  report.tables.push_back(runs_table(store, runs, common->format));
  std::erase_if(report.tables, [](const Table& table) { return table.rows.empty(); });
  show(report, *common, io);
  run.save(path, {});
}

}  // namespace malmoi::apps
