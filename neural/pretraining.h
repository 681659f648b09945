#pragma once

#include <cstdint>

#include "corpus/base/run_context.h"
#include "corpus/base/token_sequences.h"
#include "neural/network.h"
#include "neural/trainer.h"

namespace malmoi::neural {

/// Teaches a network to guess every word of texts from those around it, so that its word vectors and the weights behind
/// Network::contexts know the language before they learn labels.
///
/// What is around a word goes through a linear layer, which is forgotten afterwards, and is multiplied with the word
/// vectors: softmax over the words of the batch and some that are drawn, the scores corrected by the chance of each to
/// be among them. In the end that is the softmax over all words, at a small part of its cost.
///
/// network  of a kind with contexts, for these options (NetworkKind::has_contexts)
/// texts    ids below the network's vocabulary; 0 stands for all unknown words and is never guessed, nor is -1
/// options  epochs, batches, optimizer, rate, warm_up and seed of the pretraining; the others mean nothing here
/// Returns  the training losses: means of -ln p among the words of a step, so that only losses of the same texts and
///          batches compare
/// Throws   invalid_argument: no contexts, an option out of range, no text with a known word; canceled
/// The same bytes for every number of threads.
/// Sources  Melamud, Goldberger and Dagan, CoNLL 2016 (the task); Jean et al., ACL 2015 (the sampled softmax);
///          Dai and Le, NeurIPS 2015 (that labels are learned better after it)
std::vector<EpochResult> pretrain_network(Network& network, const TokenSequences& texts, const TrainOptions& options,
                                          const TrainHooks& hooks = {}, const RunContext& context = {});

}  // namespace malmoi::neural
