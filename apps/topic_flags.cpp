#include "apps/topic_flags.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <unordered_map>

#include "apps/parse.h"
#include "corpus/base/error.h"
#include "corpus/base/utf8.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using topics::AlphaPrior;
using topics::LdaOptions;
using topics::TermWeight;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string with_default(std::string_view text, double value) {
  return concat(text, " (default ", value, ")");
}

// A flag without a default of Boost's, so that it is known whether it was given; the help says the default all the
// same.
template <typename Value, typename T>
auto noting(const char* flag, T& into, std::vector<std::string>& given) {
  return po::value<Value>()->notifier([flag, &into, &given](const Value& value) {
    into = value;
    given.emplace_back(flag);
  });
}

template <typename T>
auto noting(const char* flag, T& into, std::vector<std::string>& given) {
  return noting<T, T>(flag, into, given);
}

// The same for numbers from `least` on.
template <typename T>
auto noting_from(const char* flag, T least, T& into, std::vector<std::string>& given) {
  return po::value<T>()->notifier([flag, least, &into, &given](const T& value) {
    require_at_least(flag, value, least);
    into = value;
    given.emplace_back(flag);
  });
}

// And for numbers above 0.
template <typename T>
auto noting_positive(const char* flag, T& into, std::vector<std::string>& given) {
  return po::value<double>()->notifier([flag, &into, &given](const double& value) {
    require_positive(flag, value);
    into = value;
    given.emplace_back(flag);
  });
}

template <typename T>
auto noting_choice(const char* flag, T& into, std::vector<std::string>& given,
                   std::initializer_list<Choice<T>> choices) {
  return po::value<std::string>()->notifier(
      [flag, &into, &given, list = std::vector<Choice<T>>(choices)](const std::string& text) {
        std::vector<std::string_view> names;
        names.reserve(list.size());
        for (const Choice<T>& choice : list) names.push_back(choice.name);
        into = list[choice_index(flag, text, names)].value;
        given.emplace_back(flag);
      });
}

}  // namespace

// ---- terms ---------------------------------------------------------------------------------------------------------

void TermFlags::add_to(po::options_description& flags) {
  auto add = flags.add_options();
  add("min-df", noting("--min-df", selection_.min_df, given_),
      "leave out terms in fewer documents: a number, or a share such as 0.01 or 1% (default 5)");
  add("max-df", noting("--max-df", selection_.max_df, given_), "leave out terms in more documents (default 50%)");
  add("remove-top", noting("--remove-top", selection_.remove_top, given_),
      "leave out so many of the most frequent terms that are left (default 0)");
  add("max-features", po::value<std::int32_t>()->notifier([this](std::int32_t value) {
    selection_.max_features = value;
    given_.emplace_back("--max-features");
  }),
      "keep so many of the others, the most frequent (default: all)");
  add("where", noting("--where", selection_.where, given_),
      "only these documents: label=0, date>=2019-01 and date<2019-07, meta.votes>100, source~news");
}

// ---- seed words ----------------------------------------------------------------------------------------------------

std::vector<SeedList> read_seed_lists(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw Error(ErrorCode::io, concat(path, ": cannot be read"));
  std::vector<SeedList> lists;
  int number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    SeedList list{.topic = 0, .words = {}, .place = concat(path, ':', number)};
    if (const std::size_t at = find_invalid_utf8(line); at != std::string::npos) {
      throw Error(ErrorCode::invalid_argument, concat(list.place, ": not valid UTF-8 at byte ", at, " of the line"));
    }
    if (number == 1 && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
    line.resize(std::min(line.find('#'), line.size()));
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream words(line);
    std::string first;
    if (!(words >> first)) continue;
    const auto parsed = std::from_chars(first.data(), first.data() + first.size(), list.topic);
    const std::string_view rest = std::string_view(first).substr(static_cast<std::size_t>(parsed.ptr - first.data()));
    if (parsed.ec != std::errc() || list.topic < 0 || rest != ":") {
      throw Error(ErrorCode::invalid_argument,
                  concat(list.place, ": a line such as `3: word word` is wanted, topics from 0"));
    }
    for (std::string word; words >> word;) list.words.push_back(word);
    lists.push_back(std::move(list));
  }
  if (file.bad()) throw Error(ErrorCode::io, concat(path, ": cannot be read"));
  return lists;
}

std::vector<topics::SeedWord> find_seed_words(Workspace& workspace, const std::vector<SeedList>& lists,
                                              const std::vector<std::string>& terms, std::int32_t topics) {
  std::unordered_map<std::string_view, std::int32_t> columns;
  for (std::size_t column = 0; column < terms.size(); ++column) {
    columns.emplace(terms[column], static_cast<std::int32_t>(column));
  }
  const auto column_of = [&](const std::string& word) -> std::optional<std::int32_t> {
    if (const auto found = columns.find(word); found != columns.end()) return found->second;
    const std::optional<std::string> term = workspace.term_of(word);
    const auto found = term ? columns.find(*term) : columns.end();
    return found == columns.end() ? std::nullopt : std::optional(found->second);
  };
  std::vector<topics::SeedWord> seeds;
  for (const SeedList& list : lists) {
    if (list.topic >= topics) {
      throw Error(ErrorCode::invalid_argument, concat(list.place, ": there is no topic ", list.topic, ", the ", topics,
                                                      " topics are 0 to ", topics - 1));
    }
    for (const std::string& word : list.words) {
      const auto column = column_of(word);
      if (!column) {
        throw Error(
            ErrorCode::invalid_argument,
            concat(list.place, ": \"", word, "\" is not among the terms of the model; `malmoi tokens CORPUS --text '",
                   word, "'` shows which terms it is, and --min-df and the like leave terms out"));
      }
      const topics::SeedWord seed{*column, list.topic};
      if (std::find(seeds.begin(), seeds.end(), seed) == seeds.end()) seeds.push_back(seed);
    }
  }
  return seeds;
}

// ---- the model -----------------------------------------------------------------------------------------------------

void LdaFlags::add_topics_to(po::options_description& flags) {
  constexpr std::int32_t kFewest = 2;
  flags.add_options()("topics", noting_from("--topics", kFewest, options_.topics, given_),
                      with_default("number of topics", LdaOptions{}.topics).c_str());
}

void LdaFlags::add_to(po::options_description& flags) {
  add_model_to(flags);
  add_sampling_to(flags);
}

void LdaFlags::add_model_to(po::options_description& flags) {
  const LdaOptions defaults;
  auto add = flags.add_options();
  add("alpha", noting_positive("--alpha", options_.alpha, given_),
      "prior of a document's shares, of each topic at the start (default 5 / topics)");
  add("alpha-prior",
      noting_choice<AlphaPrior>(
          "--alpha-prior", options_.alpha_prior, given_,
          {{"fixed", AlphaPrior::fixed}, {"symmetric", AlphaPrior::symmetric}, {"asymmetric", AlphaPrior::asymmetric}}),
      "alpha stays as it is (fixed), or is learned: one value (symmetric), one a topic (asymmetric, default)");
  add("beta", noting_positive("--beta", options_.beta, given_),
      with_default("prior of a topic's terms", defaults.beta).c_str());
  add("learn-beta", po::bool_switch()->notifier([this](bool on) {
    if (on) given_.emplace_back("--learn-beta");
    options_.learn_beta = on;
  }),
      "beta is learned");
  add("term-weight",
      noting_choice<TermWeight>("--term-weight", options_.term_weight, given_,
                                {{"one", TermWeight::one}, {"idf", TermWeight::idf}, {"pmi", TermWeight::pmi}}),
      "what a token counts: one (default), idf, pmi");
  add("seed-words", noting("--seed-words", seed_file_, given_),
      "file of lines such as `3: word word`: terms that are wanted in topic 3 (topics from 0)");
  add("seed-weight", noting_positive("--seed-weight", options_.seed_weight, given_),
      with_default("pseudo-counts of a seed word in its topic", defaults.seed_weight).c_str());
}

void LdaFlags::add_sampling_to(po::options_description& flags) {
  const LdaOptions defaults;
  auto easy = flags.add_options();
  const auto add = [&](const char* name, auto* value, const std::string& text) { easy(name, value, text.c_str()); };
  add("iterations", noting_from("--iterations", 1, options_.iterations, given_),
      with_default("sweeps over all tokens", defaults.iterations));
  add("anneal", noting_from("--anneal", 0, options_.anneal_sweeps, given_),
      with_default("first sweeps, during which a larger beta falls to --beta; at most half of all",
                   defaults.anneal_sweeps));
  add("anneal-share", noting_positive("--anneal-share", options_.anneal_share, given_),
      with_default(
          "beta times terms in the first sweep, of the tokens of a topic; beta begins at three times --beta at least",
          defaults.anneal_share));
  add("burn-in", noting_from("--burn-in", 0, options_.burn_in, given_),
      with_default("sweeps before a prior is learned, at the earliest behind --anneal", defaults.burn_in));
  add("prior-interval", noting_from("--prior-interval", 1, options_.prior_interval, given_),
      with_default("sweeps between two looks at the priors", defaults.prior_interval));
  add("samples", noting_from("--samples", 1, options_.samples, given_),
      with_default("states that are averaged at the end", defaults.samples));
  add("sample-interval", noting_from("--sample-interval", 1, options_.sample_interval, given_),
      with_default("sweeps between two of them", defaults.sample_interval));
  add("shards", noting_from("--shards", 1, options_.shards, given_),
      with_default("parts that are worked on at once, at most so many threads help; another number is another result",
                   defaults.shards));
  add("seed", po::value<std::int64_t>()->notifier([this](std::int64_t value) {
    require_at_least("--seed", value, 0);
    options_.seed = static_cast<std::uint64_t>(value);
    given_.emplace_back("--seed");
  }),
      "of the random numbers (default 1)");
}

bool LdaFlags::is_given(const std::string& flag) const {
  return std::find(given_.begin(), given_.end(), flag) != given_.end();
}

LdaOptions LdaFlags::options(LdaOptions base) const {
  const auto take = [&](const char* flag, auto LdaOptions::*field) {
    if (is_given(flag)) base.*field = options_.*field;
  };
  take("--topics", &LdaOptions::topics);
  take("--alpha", &LdaOptions::alpha);
  take("--alpha-prior", &LdaOptions::alpha_prior);
  take("--beta", &LdaOptions::beta);
  take("--learn-beta", &LdaOptions::learn_beta);
  take("--iterations", &LdaOptions::iterations);
  take("--anneal", &LdaOptions::anneal_sweeps);
  take("--anneal-share", &LdaOptions::anneal_share);
  take("--burn-in", &LdaOptions::burn_in);
  take("--prior-interval", &LdaOptions::prior_interval);
  take("--samples", &LdaOptions::samples);
  take("--sample-interval", &LdaOptions::sample_interval);
  take("--term-weight", &LdaOptions::term_weight);
  take("--seed-weight", &LdaOptions::seed_weight);
  take("--shards", &LdaOptions::shards);
  take("--seed", &LdaOptions::seed);
  if (!is_given("--samples") && base.iterations >= 1 && base.sample_interval >= 1) {
    base.samples = std::min(base.samples, (base.iterations - 1) / base.sample_interval + 1);
  }
  if (std::int64_t{base.samples - 1} * base.sample_interval >= base.iterations) {
    throw UsageError(concat("--samples ", base.samples, ": so many, ", base.sample_interval,
                            " sweeps apart, want more than --iterations ", base.iterations));
  }
  const bool learns = base.alpha_prior != AlphaPrior::fixed || base.learn_beta;
  if (is_given("--burn-in") && learns && base.burn_in >= base.iterations) {
    throw UsageError(concat("--burn-in ", base.burn_in, ": priors are learned behind it, so that --iterations ",
                            base.iterations, " must be more (--alpha-prior fixed learns none)"));
  }
  return base;
}

std::vector<SeedList> LdaFlags::seed_lists() const {
  return seed_file_.empty() ? std::vector<SeedList>{} : read_seed_lists(seed_file_);
}

}  // namespace malmoi::apps
