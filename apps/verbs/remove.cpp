#include <algorithm>
#include <boost/program_options.hpp>

#include "apps/corpus_flags.h"
#include "apps/indexer.h"
#include "apps/parse.h"
#include "apps/verbs.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

constexpr Usage kUsage{.verb = "remove",
                       .summary =
                           "Takes documents out of the corpus, by id or by a condition. Numbers of documents and\n"
                           "terms are not used again.\n",
                       .arguments = {"corpus", "id..."},
                       .examples =
                           "malmoi remove reviews.malmoi 9976970 3819312\n"
                           "malmoi remove news.malmoi --where 'date<2018'\n"};

}  // namespace

void run_remove(std::span<const std::string> args, Streams& io) {
  const RunLog run("remove", args);
  std::string path;
  std::vector<std::string> ids;
  WhereFlag where;
  DictionaryFlag dictionary;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&path)->required(), "corpus file");
  add("id", po::value(&ids), "ids of documents, or their numbers");
  where.add_to(flags);
  dictionary.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  const corpus::Filter filter = where.filter();
  if (ids.empty() == filter.sql.empty()) throw UsageError("remove: give ids, or a condition with --where");

  std::vector<std::int64_t> documents;
  {
    const corpus::Store store = corpus::Store::open(path);
    if (ids.empty()) documents = store.matching(filter);
    for (const std::string& id : ids) documents.push_back(store.resolve(id));
  }
  std::sort(documents.begin(), documents.end());
  documents.erase(std::unique(documents.begin(), documents.end()), documents.end());
  show(remove_documents(path, documents, dictionary.folder(), run), *common, io);
}

}  // namespace malmoi::apps
