#include "apps/classifiers.h"

#include <array>
#include <boost/program_options.hpp>

#include "apps/classifiers/bag.h"
#include "apps/classifiers/ensemble.h"
#include "apps/classifiers/linear.h"
#include "apps/classifiers/network.h"
#include "apps/command.h"
#include "apps/parse.h"

namespace po = boost::program_options;

namespace malmoi::apps {

using neural::NetworkKind;

std::span<const ClassifierKind> classifier_kinds() noexcept {
  static constexpr std::array kKinds = {
      ClassifierKind{"softmax",
                     "logistic regression or a support vector machine on n-grams of morphemes and characters",
                     make_softmax_trainer, read_linear_classifier},
      ClassifierKind{"bayes", "naive Bayes on the same features: multinomial, complement or Bernoulli",
                     make_bayes_trainer, read_linear_classifier},
      ClassifierKind{"fasttext", "mean of the vectors of words, n-grams and parts of words, as fastText",
                     make_bag_trainer, read_bag_classifier},
      ClassifierKind{"mlp", "mean of word vectors, hidden layers with batch norm",
                     [] { return make_network_trainer(NetworkKind::mlp); }, read_network_classifier},
      ClassifierKind{"cnn", "convolutions over words (Kim 2014)", [] { return make_network_trainer(NetworkKind::cnn); },
                     read_network_classifier},
      ClassifierKind{"rnn", "simple recurrent network in both directions, attention over the words",
                     [] { return make_network_trainer(NetworkKind::rnn); }, read_network_classifier},
      ClassifierKind{"gru", "likewise with gated recurrent units",
                     [] { return make_network_trainer(NetworkKind::gru); }, read_network_classifier},
      ClassifierKind{"lstm", "likewise with long short-term memory",
                     [] { return make_network_trainer(NetworkKind::lstm); }, read_network_classifier},
      ClassifierKind{"transformer", "self-attention blocks",
                     [] { return make_network_trainer(NetworkKind::transformer); }, read_network_classifier},
      ClassifierKind{"ensemble", "several of these, trained one after the other, their log probabilities pooled",
                     make_ensemble_trainer, read_ensemble},
  };
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
