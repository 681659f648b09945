#include "apps/classifier_search.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <exception>
#include <numeric>
#include <tuple>

#include "apps/command.h"
#include "corpus/base/rng.h"

namespace malmoi::apps {
namespace {

using Words = std::vector<std::string>;

constexpr std::int64_t kFewestDocuments = 500;  // of a round, unless there are fewer in all
constexpr std::size_t kFirst = 0;               // the trial that stays to the end, for comparison
constexpr std::uint64_t kMostDraws = 100;       // for a trial that is unlike those before

bool is_given(const Words& words, std::string_view name) {
  const std::string flag = concat("--", name);
  return std::ranges::any_of(words, [&](const auto& word) { return word == flag || word.starts_with(flag + '='); });
}

// Three digits: the command that is shown trains with the very same number.
std::string short_number(double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value, std::chars_format::general, 3).ptr;
  return {digits.begin(), end};
}

// A flag's value does not depend on which others are fixed.
Words draw(const SearchSpace& space, const Words& fixed, const Rng& rng) {
  Words words;
  for (std::size_t i = 0; i < space.flags.size(); ++i) {
    const SearchedFlag& flag = space.flags[i];
    if (is_given(fixed, flag.name)) continue;
    Rng own = rng.split(i);
    words.push_back(concat("--", flag.name));
    words.push_back(flag.values.empty() ? short_number(flag.low * std::pow(flag.high / flag.low, own.uniform()))
                                        : std::string(flag.values[own.uniform_index(flag.values.size())]));
  }
  return words;
}

// The first one with the flags as they are; no two alike, so that there may be fewer than were asked for.
std::vector<Trial> make_trials(const SearchSpace& space, const FlagSearchOptions& options) {
  std::vector<Trial> trials = {{.number = 1}};
  const auto wanted = static_cast<std::size_t>(options.trials);
  for (std::uint64_t stream = 0; trials.size() < wanted && stream < kMostDraws * wanted; ++stream) {
    Words flags = draw(space, options.fixed, Rng(options.seed).split(stream));
    if (std::ranges::find(trials, flags, &Trial::flags) != trials.end()) continue;
    trials.push_back({.number = static_cast<std::int32_t>(trials.size()) + 1, .flags = std::move(flags)});
  }
  return trials;
}

struct Round {
  std::int64_t budget = 0;
  std::size_t trials = 0;
};

// The first round has all trials, each next one 1 / factor of them with factor times the budget, the last one `whole`.
std::vector<Round> make_rounds(std::size_t trials, std::int64_t factor, std::int64_t whole, std::int64_t least) {
  std::int64_t divisor = 1;
  while (std::cmp_less_equal(divisor * factor, trials) && whole / (divisor * factor) >= least) divisor *= factor;
  std::vector<Round> rounds;
  for (; divisor >= 1; divisor /= factor, trials /= static_cast<std::size_t>(factor)) {
    rounds.push_back({whole / divisor, trials});
  }
  return rounds;
}

double value_of(const ClassifierFigures& figures, SearchMetric metric) {
  switch (metric) {
    case SearchMetric::log_loss:
      return figures.log_loss;
    case SearchMetric::accuracy:
      return figures.accuracy;
    case SearchMetric::macro_f1:
      return figures.macro_f1;
  }
  return ClassifierFigures::kNone;
}

bool failed(const Trial& trial) {
  return std::isnan(trial.figures.log_loss);
}

class Search {
 public:
  Search(const ClassifierKind& kind, const TrainingDocuments& documents, const FlagSearchOptions& options,
         const RunContext& context)
      : kind_(kind),
        documents_(documents),
        options_(options),
        context_(context),
        validation_(documents.part(documents.split().validation)) {
    context_.on_progress = [this, &context](Progress progress) {
      progress.stage = stage_;
      context.report(progress);
    };
  }

  FlagSearchResult run() {
    const std::size_t documents = documents_.split().train.size();
    const SearchSpace space = make_trainer(kind_, options_.fixed)->search_space(documents_.several(), documents);
    result_.epochs = space.epochs > 0;
    result_.trials = make_trials(space, options_);
    states_.resize(result_.trials.size());
    const auto whole = result_.epochs ? std::int64_t{space.epochs} : static_cast<std::int64_t>(documents);
    const auto rounds =
        make_rounds(result_.trials.size(), options_.factor, whole, result_.epochs ? 1 : kFewestDocuments);
    for (const Round& round : rounds) result_.budgets.push_back(round.budget);
    try {
      run(rounds);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::canceled) throw;
      result_.stopped = true;
      std::erase_if(result_.trials, [](const Trial& trial) { return trial.curve.empty(); });
    }
    std::ranges::sort(result_.trials, [this](const Trial& a, const Trial& b) { return better(a, b); });
    return std::move(result_);
  }

 private:
  void run(const std::vector<Round>& rounds) {
    std::vector<std::size_t> left(result_.trials.size());
    std::iota(left.begin(), left.end(), std::size_t{0});
    for (std::size_t r = 0; r < rounds.size(); ++r) {
      left = run_round(left, rounds[r].budget, r + 1 < rounds.size() ? rounds[r + 1].trials : 0);
    }
  }

  // Returns the trials that go on, in their order. Only their states are kept, for they are large.
  std::vector<std::size_t> run_round(std::span<const std::size_t> trials, std::int64_t budget, std::size_t go_on) {
    const TrainingPart train = documents_.part(result_.epochs ? documents_.split().train : documents_.sample(budget));
    std::vector<std::size_t> ranking;
    for (const std::size_t trial : trials) {
      stage_ = concat("trial ", ranking.size() + 1, " of ", trials.size(), " with ", budget,
                      result_.epochs ? " epochs" : " documents");
      measure(trial, train, budget);
      const auto place = std::ranges::upper_bound(ranking, trial, [this](std::size_t a, std::size_t b) {
        return better(result_.trials[a], result_.trials[b]);
      });
      ranking.insert(place, trial);
      for (std::size_t i = go_on; i < ranking.size(); ++i) {
        if (ranking[i] != kFirst) states_[ranking[i]] = {};
      }
    }
    if (failed(result_.trials[ranking.front()])) std::rethrow_exception(failure_);
    std::vector<std::size_t> left(ranking.begin(),
                                  ranking.begin() + static_cast<std::ptrdiff_t>(std::min(ranking.size(), go_on)));
    if (std::ranges::find(left, kFirst) == left.end()) left.push_back(kFirst);
    std::erase_if(left, [this](std::size_t trial) { return failed(result_.trials[trial]); });
    std::ranges::sort(left);
    return left;
  }

  void measure(std::size_t index, const TrainingPart& train, std::int64_t budget) {
    const auto begin = std::chrono::steady_clock::now();
    Trial& trial = result_.trials[index];
    Words flags = options_.fixed;
    flags.insert(flags.end(), trial.flags.begin(), trial.flags.end());
    neural::TrainState reached;
    TrainingTask task = documents_.task();
    task.train = train.view();
    task.validation = validation_.view();
    task.on_epoch = [&](std::size_t, const neural::TrainState& state) { reached = state; };
    if (result_.epochs) task.pause_after = static_cast<std::int32_t>(budget);
    task.starts = {&states_[index], 1};
    ClassifierFigures figures;
    try {
      figures = score(documents_.fit(kind_, *make_trainer(kind_, flags), task, context_), validation_, context_);
    } catch (const UsageError&) {
      throw;  // the user's flags, not those drawn
    } catch (const Error& error) {
      if (error.code() != ErrorCode::invalid_argument) throw;
      failure_ = std::current_exception();
      if (options_.on_note) options_.on_note(concat("trial ", trial.number, " failed: ", error.what()));
    }
    if (!reached.epochs.empty()) states_[index] = std::move(reached);
    trial.figures = figures;
    trial.budget = budget;
    trial.curve.push_back(value_of(figures, options_.metric));
    trial.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  [[nodiscard]] bool better(const Trial& a, const Trial& b) const {
    const auto key = [this](const Trial& trial) {
      const double value = value_of(trial.figures, options_.metric);
      const double loss = options_.metric == SearchMetric::log_loss ? value : -value;
      return std::tuple(failed(trial), -trial.budget, failed(trial) ? 0.0 : loss, trial.number);
    };
    return key(a) < key(b);
  }

  const ClassifierKind& kind_;
  const TrainingDocuments& documents_;
  const FlagSearchOptions& options_;
  RunContext context_;
  TrainingPart validation_;
  FlagSearchResult result_;
  std::vector<neural::TrainState> states_;  // [trials] of networks that go on
  std::string stage_;
  std::exception_ptr failure_;  // of the last trial that failed
};

void validate(const FlagSearchOptions& options, const TrainingDocuments& documents) {
  const auto refuse = [](const std::string& message) {
    throw Error(ErrorCode::invalid_argument, concat("search_flags: ", message));
  };
  if (options.trials < 1) refuse(concat("trials is ", options.trials, ", wanted is at least 1"));
  if (options.factor < 2) refuse(concat("factor is ", options.factor, ", wanted is at least 2"));
  if (documents.split().validation.empty()) refuse("there are no documents for validation to measure trials on");
}

}  // namespace

FlagSearchResult search_flags(const ClassifierKind& kind, const TrainingDocuments& documents,
                              const FlagSearchOptions& options, const RunContext& context) {
  validate(options, documents);
  return Search(kind, documents, options, context).run();
}

}  // namespace malmoi::apps
