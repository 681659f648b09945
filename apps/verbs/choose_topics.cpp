#include <algorithm>
#include <boost/program_options.hpp>
#include <cmath>
#include <filesystem>
#include <string>

#include "apps/corpus_flags.h"
#include "apps/parse.h"
#include "apps/plots.h"
#include "apps/run_log.h"
#include "apps/topic_flags.h"
#include "apps/topic_sweep.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "corpus/base/error.h"
#include "vectorize/output_file.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "choose-topics",
    .summary =
        "Fits topic models with several numbers of topics and several seeds, and measures how well they predict\n"
        "documents that were held out, how coherent and how exclusive their top terms are, and whether other seeds\n"
        "give the same topics. Perplexity is e to the minus held-out log-likelihood a token. No model is stored.\n"
        "What is best depends on the purpose: for topics that people are to read look at coherence and stability\n"
        "first, for a model that programs use at the held-out likelihood.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi choose-topics reviews.malmoi --try 5,10,20,40\n"
        "malmoi choose-topics news.malmoi --try 20,50,100 --seeds 5 --iterations 300 --svg plots\n"};

std::vector<std::int32_t> parse_numbers(const std::string& text) {
  std::vector<std::int32_t> numbers;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    std::int32_t number = 0;
    const auto parsed = std::from_chars(text.data() + begin, text.data() + end, number);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + end || number < 2) {
      throw UsageError(concat("--try: \"", text.substr(begin, end - begin), "\" is no number of topics (2 or more)"));
    }
    if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) numbers.push_back(number);
    begin = end + 1;
  }
  return numbers;
}

struct Figure {
  const char* name;
  const char* label;
  SweepFigure TopicSweepRow::*value;
};
constexpr Figure kFigures[] = {{"held_out", "log-likelihood a token, held out", &TopicSweepRow::held_out},
                               {"coherence", "coherence (NPMI)", &TopicSweepRow::coherence},
                               {"exclusivity", "exclusivity", &TopicSweepRow::exclusivity},
                               {"stability", "stability (cosine of matched topics)", &TopicSweepRow::stability}};

bool is_measured(const std::vector<TopicSweepRow>& rows, const Figure& figure) {
  return !std::isnan((rows.front().*figure.value).mean);
}

// In the row that has the highest mean of a figure, its name.
std::string best_of(const std::vector<TopicSweepRow>& rows, const TopicSweepRow& row) {
  std::string names;
  for (const Figure& figure : kFigures) {
    if (!is_measured(rows, figure)) continue;
    const auto best = std::max_element(rows.begin(), rows.end(), [&](const TopicSweepRow& a, const TopicSweepRow& b) {
      return (a.*figure.value).mean < (b.*figure.value).mean;
    });
    if (&*best != &row) continue;
    names += concat(names.empty() ? "" : " ", figure.name);
  }
  return names;
}

Report tabulate(const std::vector<TopicSweepRow>& rows, bool several_seeds) {
  Table table{"choose_topics", {"topics"}, {}};
  for (const Figure& figure : kFigures) {
    if (!is_measured(rows, figure)) continue;
    table.columns.emplace_back(figure.name);
    if (several_seeds) {
      table.columns.push_back(concat(figure.name, "_low"));
      table.columns.push_back(concat(figure.name, "_high"));
    }
  }
  table.columns.emplace_back("perplexity");
  table.columns.emplace_back("best");
  for (const TopicSweepRow& row : rows) {
    std::vector<Cell> cells = {row.topics};
    for (const Figure& figure : kFigures) {
      if (!is_measured(rows, figure)) continue;
      const SweepFigure& spread = row.*figure.value;
      cells.emplace_back(spread.mean);
      if (several_seeds) {
        cells.emplace_back(spread.low);
        cells.emplace_back(spread.high);
      }
    }
    cells.emplace_back(std::exp(-row.held_out.mean));
    cells.emplace_back(best_of(rows, row));
    table.rows.push_back(std::move(cells));
  }
  return {{}, {std::move(table)}};
}

std::filesystem::path plot_path(const std::filesystem::path& folder, const Figure& figure) {
  return folder / concat(figure.name, ".svg");
}

// Before the work, not after it.
void check_plots(const std::filesystem::path& folder, bool overwrite) {
  for (const Figure& figure : kFigures) {
    if (!overwrite && std::filesystem::exists(plot_path(folder, figure))) {
      throw Error(ErrorCode::invalid_argument,
                  concat(plot_path(folder, figure).string(), " exists; --force overwrites it"));
    }
  }
  std::filesystem::create_directories(folder);
}

void write_plots(const std::vector<TopicSweepRow>& rows, const std::filesystem::path& folder, bool overwrite) {
  for (const Figure& figure : kFigures) {
    if (!is_measured(rows, figure)) continue;
    LineChart chart{.title = figure.label, .x_label = "topics", .y_label = figure.label, .series = {{}}};
    for (const TopicSweepRow& row : rows) {
      const SweepFigure& spread = row.*figure.value;
      chart.x.push_back(std::to_string(row.topics));
      chart.x_value.push_back(row.topics);
      chart.series[0].y.push_back(spread.mean);
      chart.series[0].low.push_back(spread.low);
      chart.series[0].high.push_back(spread.high);
    }
    vectorize::OutputFile file(plot_path(folder, figure), overwrite);
    file.write(plot_lines(chart));
    file.commit();
  }
}

}  // namespace

void run_choose_topics(std::span<const std::string> args, Streams& io) {
  RunLog run("choose-topics", args);
  std::string path;
  std::string numbers = "5,10,20,40";
  std::string plots;
  TopicSweepOptions options;
  LdaFlags lda;
  TermFlags terms;
  DictionaryFlag dictionary;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("try", po::value(&numbers)->default_value(numbers), "numbers of topics, with commas");
  add("seeds", po::value(&options.seeds)->default_value(options.seeds), "fits for each number: --seed and the next");
  add("held-out", po::value(&options.held_out)->default_value(options.held_out),
      "share of the documents that no fit sees");
  add("terms", po::value(&options.top_terms)->default_value(options.top_terms),
      "top terms of a topic, for coherence and exclusivity");
  add("svg", po::value(&plots), "folder to write a plot of each figure to");
  lda.add_to(flags);
  terms.add_to(flags);
  dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  options.topics = parse_numbers(numbers);
  options.lda = lda.options();
  run.set_seed(static_cast<std::int64_t>(options.lda.seed));

  if (!plots.empty()) check_plots(plots, common->force);
  Workspace workspace(path, dictionary.folder());
  const RunContext context = common->run_context(io);
  const TopicInput input = select_input(workspace, terms.selection(), context);
  options.lda.seed_words = find_seed_words(workspace, lda.seed_lists(), input.terms,
                                           *std::min_element(options.topics.begin(), options.topics.end()));
  const std::string& where = terms.selection().where;
  const TokenSequences texts = workspace.words(where.empty() ? corpus::Filter{} : corpus::parse_filter(where));
  const std::vector<TopicSweepRow> rows = sweep_topics(input, texts, options, context);
  if (!plots.empty()) write_plots(rows, plots, common->force);
  const Report report = tabulate(rows, options.seeds > 1);
  show(report, *common, io);
  run.save(path, report);
}

}  // namespace malmoi::apps
