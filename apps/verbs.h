#pragma once

#include <span>
#include <string>

#include "apps/program.h"

namespace malmoi::apps {

/// All verbs, in the order of `malmoi --help`. A verb is a file verbs/<name>.cpp, a line here and a line in verbs.cpp.
[[nodiscard]] std::span<const Verb> verbs() noexcept;

void run_index(std::span<const std::string> args, Streams& io);
void run_remove(std::span<const std::string> args, Streams& io);
void run_info(std::span<const std::string> args, Streams& io);
void run_tokens(std::span<const std::string> args, Streams& io);
void run_terms(std::span<const std::string> args, Streams& io);
void run_kwic(std::span<const std::string> args, Streams& io);
void run_search(std::span<const std::string> args, Streams& io);
void run_similar(std::span<const std::string> args, Streams& io);
void run_matrix(std::span<const std::string> args, Streams& io);
void run_lda(std::span<const std::string> args, Streams& io);
void run_lsa(std::span<const std::string> args, Streams& io);
void run_topics(std::span<const std::string> args, Streams& io);
void run_infer(std::span<const std::string> args, Streams& io);
void run_choose_topics(std::span<const std::string> args, Streams& io);
void run_report(std::span<const std::string> args, Streams& io);
void run_embed(std::span<const std::string> args, Streams& io);
void run_nearest(std::span<const std::string> args, Streams& io);
void run_analogy(std::span<const std::string> args, Streams& io);
void run_wordsim(std::span<const std::string> args, Streams& io);
void run_train(std::span<const std::string> args, Streams& io);
void run_tune(std::span<const std::string> args, Streams& io);
void run_evaluate(std::span<const std::string> args, Streams& io);
void run_predict(std::span<const std::string> args, Streams& io);
void run_models(std::span<const std::string> args, Streams& io);

}  // namespace malmoi::apps
