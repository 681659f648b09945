#include "apps/classifiers/ensemble.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <boost/token_functions.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/command.h"
#include "apps/parse.h"
#include "corpus/base/error.h"
#include "neural/calibration.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kName = "ensemble";

const ClassifierKind* find_kind(std::string_view name) {
  const auto kinds = classifier_kinds();
  const auto found = std::ranges::find(kinds, name, &ClassifierKind::name);
  return found == kinds.end() || found->name == kName ? nullptr : &*found;
}

std::string place_of(std::size_t member) {
  return concat("member", member);
}

struct Member {
  std::string kind;
  std::unique_ptr<TextClassifier> classifier;
  double weight = 1;

  // ln p of the labels, where there are several the logarithms of their odds; a member that is wholly sure does not
  // decide alone.
  [[nodiscard]] std::vector<float> scores(std::span<const std::string_view> texts, bool several,
                                          const RunContext& context) const {
    constexpr double kLeast = 1e-6;
    std::vector<float> found = classifier->probabilities(texts, context);
    for (float& value : found) {
      const double p = std::clamp(static_cast<double>(value), kLeast, 1 - kLeast);
      value = static_cast<float>(several ? std::log(p / (1 - p)) : std::log(p));
    }
    return found;
  }
};

class EnsembleClassifier : public TextClassifier {
 public:
  EnsembleClassifier(std::vector<Member> members, bool several, ordered_json learned)
      : members_(std::move(members)), several_(several), learned_(std::move(learned)) {}

  // A logarithmic opinion pool: the weighted sum of scores, through softmax or the sigmoid.
  [[nodiscard]] std::vector<float> probabilities(std::span<const std::string_view> texts,
                                                 const RunContext& context) const override {
    std::vector<double> sums;
    for (const Member& member : members_) {
      const std::vector<float> scores = member.scores(texts, several_, context);
      sums.resize(scores.size());
      for (std::size_t i = 0; i < scores.size(); ++i) sums[i] += member.weight * static_cast<double>(scores[i]);
    }
    std::vector<float> result(sums.size());
    if (several_) {
      std::ranges::transform(sums, result.begin(),
                             [](double sum) { return static_cast<float>(1 / (1 + std::exp(-sum))); });
      return result;
    }
    const std::size_t labels = texts.empty() ? 1 : sums.size() / texts.size();
    for (std::size_t begin = 0; begin < sums.size(); begin += labels) {
      const auto row = std::span(sums).subspan(begin, labels);
      const double highest = *std::ranges::max_element(row);
      double total = 0;
      for (const double sum : row) total += std::exp(sum - highest);
      for (std::size_t k = 0; k < labels; ++k)
        result[begin + k] = static_cast<float>(std::exp(row[k] - highest) / total);
    }
    return result;
  }

  [[nodiscard]] std::vector<Evidence> explain(std::string_view text, std::int32_t label) const override {
    return explain_by_occlusion(*this, text, label);
  }

  void save(ModelWriter& writer, ordered_json& fields) const override {
    fields["options"] = learned_;
    ordered_json members = ordered_json::array();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      members.push_back({{"kind", members_[i].kind}, {"weight", members_[i].weight}});
      writer.tensors().set_prefix(place_of(i) + '.');
      ordered_json part;
      members_[i].classifier->save(writer, part);
      fields[place_of(i)] = std::move(part);
    }
    writer.tensors().set_prefix({});
    fields["ensemble"] = {{"members", std::move(members)}, {"several", several_}};
  }

  [[nodiscard]] std::int64_t parameters() const override {
    std::int64_t sum = 0;
    for (const Member& member : members_) sum += member.classifier->parameters();
    return sum;
  }

 private:
  std::vector<Member> members_;
  bool several_;
  ordered_json learned_;  // options of the training, for people
};

// Weights of the members with the least log loss on texts that none of them learned from; equal ones without such
// texts. Of several labels every cell of the table is a row of two classes.
void fit_weights(std::vector<Member>& members, const TrainingTask& task, const RunContext& context) {
  const bool several = !task.train.table.empty();
  std::vector<std::vector<float>> scores;
  std::vector<std::int32_t> truth(task.validation.classes.begin(), task.validation.classes.end());
  truth.insert(truth.end(), task.validation.table.begin(), task.validation.table.end());
  for (const Member& member : members) {
    std::vector<float> found = member.scores(task.validation.texts, several, context);
    if (several) {
      std::vector<float> rows;
      for (const float score : found) rows.insert(rows.end(), {0.0F, score});
      found = std::move(rows);
    }
    scores.push_back(std::move(found));
  }
  const std::vector<double> weights = neural::fit_pool(scores, several ? 2 : task.labels, truth);
  for (std::size_t i = 0; i < members.size(); ++i) members[i].weight = weights[i];
}

class EnsembleTrainer : public ClassifierTrainer {
 public:
  void add_to(po::options_description& flags) override {
    flags.add_options()("member", po::value(&given_),
                        "a kind with flags of its own, such as 'gru --dim 64'; may be given again (default: softmax "
                        "and gru)");
  }

  void check(bool several) const override {
    require_flag(given_.size() <= kMostMembers, concat("--member: ", given_.size(), " are given"), "at most 100");
    for (const std::string& text : given_) (void)plan(text, several);
  }

  [[nodiscard]] TrainedClassifier train(const TrainingTask& task, const RunContext& context) const override {
    std::vector<Planned> planned;
    for (const std::string& text : given_) planned.push_back(plan(text, !task.train.table.empty()));
    std::vector<Member> members;
    for (std::size_t i = 0; i < planned.size(); ++i) {
      if (task.on_note) task.on_note(concat("member ", i + 1, " of ", planned.size(), ": ", given_[i]));
      TrainingTask own = task;
      own.seed = task.seed + i;  // two of a kind differ
      own.starts = task.starts.subspan(std::min(i, task.starts.size()), i < task.starts.size() ? 1 : 0);
      if (task.on_epoch) {
        own.on_epoch = [&, i](std::size_t, const neural::TrainState& state) { task.on_epoch(i, state); };
      }
      members.push_back({std::string(planned[i].kind), planned[i].trainer->train(own, context).classifier});
    }
    fit_weights(members, task, context);
    return {std::make_unique<EnsembleClassifier>(std::move(members), task.train.classes.empty(),
                                                 ordered_json{{"members", given_}})};
  }

  [[nodiscard]] bool reads_unlabelled() const override {
    return std::ranges::any_of(
        given_, [](const std::string& text) { return plan(text, /*several=*/false).trainer->reads_unlabelled(); });
  }

  [[nodiscard]] SearchSpace search_space(bool /*several*/, std::size_t /*documents*/) const override { return {}; }
  [[nodiscard]] bool learns_from_validation() const override { return false; }
  // Networks go on, or are there at once where they were done; other members are trained anew.
  [[nodiscard]] bool can_resume() const override { return true; }

 private:
  struct Planned {
    std::string_view kind;
    std::unique_ptr<ClassifierTrainer> trainer;
  };

  static Planned plan(const std::string& text, bool several) {
    try {
      std::vector<std::string> words = po::split_unix(text);
      const ClassifierKind* kind = words.empty() ? nullptr : find_kind(words.front());
      if (kind == nullptr) throw UsageError("it must begin with a kind other than ensemble");
      words.erase(words.begin());
      Planned planned{kind->name, make_trainer(*kind, words)};
      planned.trainer->check(several);
      return planned;
    } catch (const UsageError& error) {
      throw UsageError(concat("--member '", text, "': ", error.what()));
    } catch (const boost::escaped_list_error& error) {
      throw UsageError(concat("--member '", text, "': ", error.what()));
    }
  }

  std::vector<std::string> given_ = {"softmax", "gru"};
};

}  // namespace

std::unique_ptr<ClassifierTrainer> make_ensemble_trainer() {
  return std::make_unique<EnsembleTrainer>();
}

std::unique_ptr<TextClassifier> read_ensemble(const ModelReader& reader, std::int32_t labels,
                                              const std::filesystem::path& dictionary) {
  const ModelFields from = reader.fields("ensemble");
  bool several = false;
  from.take("several", several);
  const nlohmann::json& list = from.json("members");
  reader.require(list.is_array() && !list.empty() && list.size() <= kMostMembers, "ensemble");
  std::vector<Member> members;
  for (std::size_t i = 0; i < list.size(); ++i) {
    reader.require(list[i].is_object(), "ensemble");
    const ModelFields member(list[i], "ensemble");
    std::string name;
    double weight = 0;
    member.take("kind", name);
    member.take("weight", weight);
    const ClassifierKind* const kind = find_kind(name);
    reader.require(kind != nullptr && std::isfinite(weight), "ensemble");
    members.push_back({std::move(name), kind->read(reader.part(place_of(i)), labels, dictionary), weight});
  }
  return std::make_unique<EnsembleClassifier>(std::move(members), several, reader.fields().json("options"));
}

}  // namespace malmoi::apps
