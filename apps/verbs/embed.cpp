#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/corpus_flags.h"
#include "apps/embedding_model.h"
#include "apps/model_parts.h"
#include "apps/parse.h"
#include "apps/run_log.h"
#include "apps/verbs.h"
#include "apps/workspace.h"
#include "neural/glove.h"
#include "neural/skip_gram.h"
#include "vectorize/output_file.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using neural::EmbeddingOptions;
using neural::GloveOptions;

constexpr Usage kUsage{
    .verb = "embed",
    .summary =
        "Word vectors of the tokens of the corpus, stored as a model: skip-gram, CBOW or GloVe, with the parts of "
        "words\n"
        "(--subwords: Hangul syllables and jamo, Latin letters) if wanted. The same options and seed give the same\n"
        "vectors for every number of threads, unless --hogwild. --read takes vectors from a file (.vec or word2vec\n"
        "binary) instead, --write writes them to one.\n",
    .arguments = {"corpus"},
    .examples =
        "malmoi embed reviews.malmoi --subwords\n"
        "malmoi embed news.malmoi --method cbow --dim 300 --epochs 10 --save cbow300 --write news.vec\n"
        "malmoi embed news.malmoi --read wiki.ko.vec --max-words 200000 --save wiki\n"};

struct Request {
  std::string path;
  std::string name = "vectors";
  std::string method = "skipgram";
  std::string loss = "negative";
  bool subwords = false;
  std::string read;
  std::int64_t max_words = 0;
  std::string write;
  std::string write_format = "text";
  neural::VectorFormat vector_format = neural::VectorFormat::text;
  std::int64_t seed = 1;
  std::vector<std::string> given;  // flags of learning, as "--loss"
  EmbeddingOptions options;
  GloveOptions glove;
  WhereFlag where;
};

struct Made {
  EmbeddingModel model;
  std::vector<double> losses;
  std::int64_t tokens = 0;
  double seconds = 0;
};

std::string options_json(const Request& request) {
  const GloveOptions& glove = request.glove;
  const EmbeddingOptions& options = request.options;
  if (request.method == "glove") {
    return nlohmann::ordered_json{{"method", request.method},
                                  {"window", glove.window},
                                  {"min_count", glove.min_count},
                                  {"most_weight", glove.most_weight},
                                  {"weight_power", glove.weight_power},
                                  {"epochs", glove.epochs},
                                  {"rate", glove.rate},
                                  {"seed", glove.seed}}
        .dump();
  }
  return nlohmann::ordered_json{{"method", request.method},
                                {"loss", request.loss},
                                {"window", options.window},
                                {"negatives", options.negatives},
                                {"negative_power", options.negative_power},
                                {"subsample", options.subsample},
                                {"min_count", options.min_count},
                                {"epochs", options.epochs},
                                {"rate", options.rate},
                                {"batch", options.batch},
                                {"hogwild", options.hogwild},
                                {"seed", options.seed}}
      .dump();
}

Made learn(const Request& request, const RunContext& context) {
  Workspace workspace(request.path);
  const TokenSequences tokens = workspace.words(request.where.filter());
  const vectorize::Vocabulary& vocabulary = workspace.vocabulary();
  std::vector<std::string_view> terms;
  terms.reserve(static_cast<std::size_t>(vocabulary.size()));
  for (TermId term = 0; term < vocabulary.size(); ++term) terms.push_back(vocabulary.term(term));
  const auto begin = std::chrono::steady_clock::now();
  neural::EmbeddingFit fit = request.method == "glove" ? fit_glove(tokens, terms, request.glove, context)
                                                       : fit_embeddings(tokens, terms, request.options, context);
  Made made;
  made.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  made.tokens = static_cast<std::int64_t>(tokens.terms.size());
  made.model.embeddings = std::move(fit.embeddings);
  made.model.options = options_json(request);
  made.losses = std::move(fit.losses);
  return made;
}

Made read(const Request& request) {
  Made made;
  made.model.embeddings = neural::read_vectors(request.read, request.max_words);
  made.model.options = nlohmann::ordered_json{{"method", "read"}}.dump();
  return made;
}

Report summarize(const Request& request, const Made& made) {
  const neural::Embeddings& embeddings = made.model.embeddings;
  Report report;
  report.metrics = {{"model", request.name},
                    {"words", embeddings.words.size()},
                    {"dimensions", embeddings.dimensions},
                    {"word_parts", embeddings.subwords ? embeddings.subwords->buckets.size() : 0}};
  if (request.read.empty()) {
    const auto epochs = static_cast<double>(made.losses.size());
    report.metrics.push_back({"tokens", made.tokens});
    report.metrics.push_back({"loss", made.losses.empty() ? 0.0 : made.losses.back()});
    report.metrics.push_back({"seconds", made.seconds});
    report.metrics.push_back(
        {"words_per_second", static_cast<double>(made.tokens) * epochs / std::max(made.seconds, 1e-9)});
    report.metrics.push_back({"seed", request.seed});
  }
  report.metrics.push_back({"fingerprint", made.model.fingerprint});
  return report;
}

void run(const Request& request, RunLog& log, const CommonOptions& common, Streams& io) {
  log.set_seed(request.seed);
  corpus::check_model_name(corpus::Store::open(request.path).database(), request.name, common.force);
  if (!request.write.empty()) {  // refused now, not when the vectors are learned
    const vectorize::OutputFile writable(request.write, common.force);
  }
  Made made = request.read.empty() ? learn(request, common.run_context(io)) : read(request);
  std::array models = {NamedModel{request.name, to_stored(made.model)}};
  made.model.fingerprint = models.front().stored.checksum;
  const Report report = summarize(request, made);
  save_with_run(request.path, models, log.finish(report), common.force);
  if (!request.write.empty()) {
    neural::write_vectors(made.model.embeddings, request.vector_format, request.write, common.force);
  }
  show(report, common, io);
}

// A flag that would change nothing is refused.
void check_given(const Request& request) {
  constexpr std::array kNotGlove = {"--loss", "--negatives", "--subsample", "--hogwild", "--subwords"};
  for (const std::string& flag : request.given) {
    if (!request.read.empty()) throw UsageError(concat(flag, " does not go with --read, which learns nothing"));
    if (request.method == "glove" && std::find(kNotGlove.begin(), kNotGlove.end(), flag) != kNotGlove.end()) {
      throw UsageError(concat(flag, " is for skipgram and cbow"));
    }
  }
  if (request.max_words > 0 && request.read.empty()) throw UsageError("--max-words is for --read");
}

// What both ways of learning share is given once.
void finish(Request& request) {
  require_at_least("--seed", request.seed, 0);
  require_at_least("--max-words", request.max_words, 0);
  EmbeddingOptions& options = request.options;
  (void)choose<int>("--method", request.method, {{"skipgram", 0}, {"cbow", 1}, {"glove", 2}});
  check_given(request);
  options.seed = request.glove.seed = static_cast<std::uint64_t>(request.seed);
  options.model = request.method == "cbow" ? neural::WordModel::cbow : neural::WordModel::skip_gram;
  options.loss = choose<neural::WordLoss>(
      "--loss", request.loss,
      {{"negative", neural::WordLoss::negative_sampling}, {"hierarchical", neural::WordLoss::hierarchical_softmax}});
  if (request.subwords) options.subwords.emplace();
  request.vector_format = choose<neural::VectorFormat>(
      "--write-format", request.write_format,
      {{"text", neural::VectorFormat::text}, {"binary", neural::VectorFormat::word2vec_binary}});
}

// What learning is told: a number from `least` on.
template <typename T>
auto number(const char* flag, T least, std::vector<std::string>& given, std::initializer_list<T*> into) {
  return po::value<T>()->notifier([=, &given, into = std::vector<T*>(into)](const T& value) {
    require_at_least(flag, value, least);
    for (T* const one : into) *one = value;
    given.emplace_back(flag);
  });
}

auto on(const char* flag, std::vector<std::string>& given, bool& into) {
  return po::bool_switch(&into)->notifier([flag, &given](bool value) {
    if (value) given.emplace_back(flag);
  });
}

auto positive(const char* flag, std::vector<std::string>& given, std::initializer_list<double*> into) {
  return po::value<double>()->notifier([=, &given, into = std::vector<double*>(into)](const double& value) {
    require_positive(flag, value);
    for (double* const one : into) *one = value;
    given.emplace_back(flag);
  });
}

}  // namespace

void run_embed(std::span<const std::string> args, Streams& io) {
  RunLog log("embed", args);
  Request request;
  EmbeddingOptions& options = request.options;
  GloveOptions& glove = request.glove;
  po::options_description flags;
  auto add = flags.add_options();
  add("corpus", po::value(&request.path)->required(), "corpus file");
  add("save", po::value(&request.name)->default_value(request.name), "name of the model in the corpus file");
  std::vector<std::string>& given = request.given;
  add("method", po::value<std::string>()->notifier([&](const std::string& method) {
    request.method = method;
    given.emplace_back("--method");
  }),
      "skipgram (default), cbow, glove");
  add("dim", number("--dim", 1, given, {&options.dimensions, &glove.dimensions}), "numbers of a vector (default 100)");
  add("window", number("--window", 1, given, {&options.window, &glove.window}),
      "most neighbours on either side (default 5, glove 10)");
  add("min-count", number("--min-count", 1, given, {&options.min_count, &glove.min_count}),
      "rarer words are left out (default 5)");
  add("epochs", number("--epochs", 1, given, {&options.epochs, &glove.epochs}),
      "passes over the text (default 5, glove 25)");
  add("rate", positive("--rate", given, {&options.rate, &glove.rate}),
      "learning rate at the start (default 0.025, glove 0.05)");
  add("subwords", on("--subwords", given, request.subwords),
      "skipgram, cbow: vectors of the parts of words, too: for rare and unknown words");
  add("loss", po::value<std::string>()->notifier([&](const std::string& loss) {
    request.loss = loss;
    given.emplace_back("--loss");
  }),
      "skipgram, cbow: negative (default), hierarchical");
  add("negatives", number("--negatives", 1, given, {&options.negatives}),
      concat("skipgram, cbow: words drawn against each word (default ", options.negatives, ")").c_str());
  add("subsample", number("--subsample", 0.0, given, {&options.subsample}),
      concat("skipgram, cbow: words of a larger share are left out at times (default ", options.subsample,
             "; 0: never)")
          .c_str());
  add("hogwild", on("--hogwild", given, options.hogwild),
      "skipgram, cbow: threads do not wait for one another: quicker, and another result in every run");
  add("read", po::value(&request.read), "take the vectors of this file instead of learning some");
  add("max-words", po::value(&request.max_words)->default_value(request.max_words),
      "--read: only so many words, from the top; 0: all");
  add("write", po::value(&request.write), "write the vectors to this file, too");
  add("write-format", po::value(&request.write_format)->default_value(request.write_format),
      "text (.vec), binary (word2vec)");
  add("seed", po::value(&request.seed)->default_value(request.seed), "of the random numbers");
  request.where.add_to(flags);
  const auto common = parse(kUsage, flags, args, io);
  if (!common) return;
  finish(request);
  run(request, log, *common, io);
}

}  // namespace malmoi::apps
