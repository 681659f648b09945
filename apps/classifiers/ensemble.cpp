#include "apps/classifiers/ensemble.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <boost/token_functions.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/command.h"
#include "corpus/base/error.h"

namespace po = boost::program_options;

namespace malmoi::apps {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kName = "ensemble";
constexpr std::size_t kMostMembers = 100;

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
};

class EnsembleClassifier : public TextClassifier {
 public:
  EnsembleClassifier(std::vector<Member> members, bool several, ordered_json learned)
      : members_(std::move(members)), several_(several), learned_(std::move(learned)) {}

  // The geometric mean of the members' probabilities (of several labels: of their odds), made to sum to 1.
  [[nodiscard]] std::vector<float> probabilities(std::span<const std::string_view> texts,
                                                 const RunContext& context) const override {
    std::vector<double> scores;
    for (const Member& member : members_) {
      const std::vector<float> found = member.classifier->probabilities(texts, context);
      scores.resize(found.size());
      for (std::size_t i = 0; i < found.size(); ++i)
        scores[i] += score(found[i]) / static_cast<double>(members_.size());
    }
    if (!several_ && !texts.empty()) {
      const std::size_t labels = scores.size() / texts.size();
      for (auto row = scores.begin(); row != scores.end(); row += static_cast<std::ptrdiff_t>(labels)) {
        normalize(std::span(row, labels));
      }
    }
    std::vector<float> result(scores.size());
    std::ranges::transform(scores, result.begin(), [this](double score) {
      return static_cast<float>(several_ ? 1 / (1 + std::exp(-score)) : std::exp(score));
    });
    return result;
  }

  [[nodiscard]] std::vector<Evidence> explain(std::string_view text, std::int32_t label) const override {
    return explain_by_occlusion(*this, text, label);
  }

  void save(ModelWriter& writer, ordered_json& fields) const override {
    fields["options"] = learned_;
    ordered_json kinds = ordered_json::array();
    for (std::size_t i = 0; i < members_.size(); ++i) {
      kinds.push_back(members_[i].kind);
      writer.tensors().set_prefix(place_of(i) + '.');
      ordered_json part;
      members_[i].classifier->save(writer, part);
      fields[place_of(i)] = std::move(part);
    }
    writer.tensors().set_prefix({});
    fields["ensemble"] = {{"kinds", std::move(kinds)}, {"several", several_}};
  }

  [[nodiscard]] std::int64_t parameters() const override {
    std::int64_t sum = 0;
    for (const Member& member : members_) sum += member.classifier->parameters();
    return sum;
  }

 private:
  // ln p, or the logarithm of the odds; a single member that is wholly sure does not decide alone.
  [[nodiscard]] double score(float probability) const {
    constexpr double kLeast = 1e-6;
    const double p = std::clamp(static_cast<double>(probability), kLeast, 1 - kLeast);
    return several_ ? std::log(p / (1 - p)) : std::log(p);
  }

  // Scores less the logarithm of the sum of their exponentials.
  static void normalize(std::span<double> scores) {
    const double highest = *std::ranges::max_element(scores);
    double sum = 0;
    for (const double score : scores) sum += std::exp(score - highest);
    for (double& score : scores) score -= highest + std::log(sum);
  }

  std::vector<Member> members_;
  bool several_;
  ordered_json learned_;  // options of the training, for people
};

class EnsembleTrainer : public ClassifierTrainer {
 public:
  void add_to(po::options_description& flags) override {
    flags.add_options()("member", po::value(&given_),
                        "a kind with flags of its own, such as 'gru --dim 64'; may be given again (default: softmax "
                        "and gru)");
  }

  [[nodiscard]] TrainedClassifier train(const TrainingTask& task, const RunContext& context) const override {
    std::vector<Planned> planned;  // all, before the first one is trained: a wrong flag is found at once
    for (const std::string& text : given_) planned.push_back(plan(text));
    std::vector<Member> members;
    for (std::size_t i = 0; i < planned.size(); ++i) {
      if (task.on_note) task.on_note(concat("member ", i + 1, " of ", planned.size(), ": ", given_[i]));
      TrainingTask own = task;
      own.seed = task.seed + i;  // two of a kind differ
      own.on_epoch = {};
      members.push_back({std::string(planned[i].kind), planned[i].trainer->train(own, context).classifier});
    }
    return {std::make_unique<EnsembleClassifier>(std::move(members), task.train.classes.empty(),
                                                 ordered_json{{"members", given_}})};
  }

  [[nodiscard]] SearchSpace search_space() const override { return {}; }
  [[nodiscard]] bool learns_from_validation() const override { return false; }

 private:
  struct Planned {
    std::string_view kind;
    std::unique_ptr<ClassifierTrainer> trainer;
  };

  static Planned plan(const std::string& text) {
    try {
      std::vector<std::string> words = po::split_unix(text);
      const ClassifierKind* kind = words.empty() ? nullptr : find_kind(words.front());
      if (kind == nullptr) throw UsageError("it must begin with a kind other than ensemble");
      words.erase(words.begin());
      return {kind->name, make_trainer(*kind, words)};
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
  const nlohmann::json& kinds = from.json("kinds");
  reader.require(kinds.is_array() && !kinds.empty() && kinds.size() <= kMostMembers, "ensemble");
  std::vector<Member> members;
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    std::string name;
    if (kinds[i].is_string()) name = kinds[i].get<std::string>();
    const ClassifierKind* const kind = find_kind(name);
    reader.require(kind != nullptr, "ensemble");
    members.push_back({std::move(name), kind->read(reader.part(place_of(i)), labels, dictionary)});
  }
  return std::make_unique<EnsembleClassifier>(std::move(members), several, reader.fields().json("options"));
}

}  // namespace malmoi::apps
