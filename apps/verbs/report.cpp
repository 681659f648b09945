#include <algorithm>
#include <boost/program_options.hpp>
#include <filesystem>

#include "apps/corpus_flags.h"
#include "apps/lda_model.h"
#include "apps/lsa_model.h"
#include "apps/page/lsa_page.h"
#include "apps/page/model_history.h"
#include "apps/page/page_data.h"
#include "apps/page/page_plots.h"
#include "apps/page/template.h"
#include "apps/page/topic_page.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "vectorize/output_file.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{
    .verb = "report",
    .summary =
        "Writes one HTML file to explore a model with: of topics (lda) a map, their terms and documents, how they\n"
        "change over time and between groups, and how the model was made; of a latent semantic analysis (lsa) the\n"
        "dimensions with the terms and documents of both poles. It needs no network and stays under 3 MB; of a large\n"
        "corpus it shows a sample of documents, of very many topics fewer terms. --svg writes the plots for papers "
        "too.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi report reviews.malmoi -o reviews.html\n"
        "malmoi report news.malmoi --model news100 -o news.html --by date:month --by meta.section --svg plots\n"
        "malmoi report reviews.malmoi --model lsa -o lsa.html\n"};

constexpr std::size_t kPageBytes = 2'950'000;
constexpr std::int64_t kMostDocuments = 100'000;

struct ReportFlags {
  std::string path;
  std::string output;
  std::string plots;
  std::string language;
  std::vector<std::string> groupings;
  std::int64_t documents = 1000;
  std::int64_t seed = 1;
  PageRequest request;
};

PageRequest make_request(const ReportFlags& flags) {
  PageRequest request = flags.request;
  if (flags.documents < 0 || flags.documents > kMostDocuments) {
    throw UsageError(concat("--documents ", flags.documents, ": give 0 to ", kMostDocuments));
  }
  if (!flags.language.empty()) {
    request.language = choose<const char*>("--language", flags.language, {{"ko", "ko"}, {"en", "en"}});
  }
  require_at_least("--seed", flags.seed, 0);
  request.seed = static_cast<std::uint64_t>(flags.seed);
  for (const std::string& text : flags.groupings) {
    const Grouping grouping = parse_grouping(text);
    auto& all = request.groupings;
    if (std::find(all.begin(), all.end(), grouping) == all.end()) all.push_back(grouping);
  }
  request.corpus = std::filesystem::path(flags.path).filename().string();
  request.documents = static_cast<std::size_t>(flags.documents);
  request.bytes = kPageBytes - std::min(kPageBytes, page_template().size());
  return request;
}

// Makes the folder and sees that there are no plots in it, before the work: not even those of another report, since
// nobody could tell which ones belong together.
void check_plots(const std::filesystem::path& folder, bool overwrite) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(ErrorCode::io, concat(folder.string(), ": cannot be made: ", error.message()));
  if (overwrite) return;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!is_page_plot(entry.path().filename().string())) continue;
    throw Error(ErrorCode::invalid_argument, concat(entry.path().string(), " exists already; --force overwrites it"));
  }
}

std::size_t write_plots(const std::filesystem::path& folder, const PageData& page, bool overwrite) {
  const std::vector<PlotFile> plots = page_plots(page);
  for (const PlotFile& plot : plots) {
    vectorize::OutputFile file(folder / plot.name, overwrite);
    file.write(plot.svg);
    file.commit();
  }
  return plots.size();
}

PageData make_page_data(Workspace& workspace, const PageRequest& request, const RunContext& context) {
  if (!is_lsa_model(workspace.store(), request.model)) {
    return make_topic_page(workspace, load_lda_model(workspace, request.model), request, context);
  }
  if (!request.groupings.empty()) {
    throw Error(ErrorCode::invalid_argument,
                concat("--by compares topics, and the model \"", request.model, "\" is of kind lsa"));
  }
  return make_lsa_page(workspace, load_lsa_model(workspace, request.model), request);
}

}  // namespace

void run_report(std::span<const std::string> args, Streams& io) {
  const RunLog run("report", args);
  ReportFlags given;
  DictionaryFlag dictionary;
  given.request.model = "lda";
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&given.path)->required(), "corpus file");
  add("model", po::value(&given.request.model)->default_value(given.request.model), "name of the model");
  add("output,o", po::value(&given.output)->required(), "HTML file to write");
  add("svg", po::value(&given.plots), "folder to write the plots to, as SVG files");
  add("language", po::value(&given.language), "of the page at the start: ko or en (default: by the terms)");
  add("by", po::value(&given.groupings),
      "groups to compare: date, date:month (day, month, quarter, year, decade), label, meta.NAME; may be given again");
  add("documents", po::value(&given.documents)->default_value(given.documents), "documents in the page, at most");
  add("seed", po::value(&given.seed)->default_value(given.seed), "of the documents that are drawn");
  dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;

  PageRequest request = make_request(given);
  request.made = run.started();
  request.command = concat("malmoi report ", shell_words(args));
  Workspace workspace(given.path, dictionary.folder());
  vectorize::OutputFile file(given.output, common->force);  // a name that is taken fails before the work
  if (!given.plots.empty()) check_plots(given.plots, common->force);
  const PageData page = make_page_data(workspace, request, common->run_context(io));
  const std::string html = make_page(page, page_template());
  file.write(html);
  file.commit();
  Report report{{{"file", given.output},
                 {"bytes", html.size()},
                 {page.is_lsa ? "dimensions" : "topics", page.topics.size()},
                 {"terms_shown", page.terms.size()},
                 {"documents_shown", page.documents.size()}},
                {}};
  if (!given.plots.empty()) report.metrics.push_back({"plots", write_plots(given.plots, page, common->force)});
  show(report, *common, io);
  run.save(given.path, report);
}

}  // namespace malmoi::apps
