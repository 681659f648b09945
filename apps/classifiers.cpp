#include "apps/classifiers.h"

#include <boost/program_options.hpp>

#include "apps/classifiers/bag.h"
#include "apps/classifiers/ensemble.h"
#include "apps/classifiers/linear.h"
#include "apps/classifiers/network.h"
#include "apps/command.h"
#include "apps/parse.h"

namespace po = boost::program_options;

namespace malmoi::apps {

namespace {

std::vector<ClassifierKind> all_kinds() {
  std::vector<ClassifierKind> kinds = {
      {"softmax", "logistic regression or a support vector machine on n-grams of morphemes and characters",
       make_softmax_trainer, read_linear_classifier},
      {"bayes", "naive Bayes on the same features: multinomial, complement or Bernoulli", make_bayes_trainer,
       read_linear_classifier},
      {"fasttext", "mean of the vectors of words, n-grams and parts of words, as fastText", make_bag_trainer,
       read_bag_classifier}};
  for (const neural::NetworkKind& kind : neural::network_kinds()) {
    kinds.push_back({kind.name, kind.summary, [&kind] { return make_network_trainer(kind); }, read_network_classifier});
  }
  kinds.push_back({"ensemble", "several of these, trained one after the other, their log probabilities pooled",
                   make_ensemble_trainer, read_ensemble});
  return kinds;
}

}  // namespace

std::span<const ClassifierKind> classifier_kinds() {
  static const std::vector<ClassifierKind> kKinds = all_kinds();
  return kKinds;
}

std::unique_ptr<ClassifierTrainer> make_trainer(const ClassifierKind& kind, const std::vector<std::string>& flags) {
  std::unique_ptr<ClassifierTrainer> trainer = kind.make_trainer();
  po::options_description known;
  trainer->add_to(known);
  parse_flags(known, flags);
  return trainer;
}

}  // namespace malmoi::apps
