// For coherence_peer_test.py: reads texts (a document a line, blank-separated tokens) and topics (likewise, top words
// a line), prints a line for each measure with the coherence of every topic.
#include <fstream>
#include <iomanip>
#include <iostream>

#include "tests/vectorize/matrices.h"
#include "topics/coherence.h"

namespace malmoi::topics {
namespace {

vectorize::TokenizedCorpus read(const std::string& path) {
  vectorize::TokenizedCorpus corpus;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) corpus.add(line);
  return corpus;
}

void print_all(const std::string& texts_path, const std::string& topics_path) {
  vectorize::TokenizedCorpus texts = read(texts_path);
  const vectorize::TokenizedCorpus words = read(topics_path);
  std::vector<std::vector<TermId>> topics;
  for (std::size_t r = 0; r < words.tokens.rows(); ++r) {
    auto& topic = topics.emplace_back();
    for (const TermId word : words.tokens.row(r)) topic.push_back(texts.terms.intern(words.terms.at(word)));
  }
  std::cout << std::setprecision(17);
  for (const auto measure :
       {CoherenceMeasure::u_mass, CoherenceMeasure::c_uci, CoherenceMeasure::c_npmi, CoherenceMeasure::c_v}) {
    for (const double score : coherence(texts.tokens, topics, measure)) std::cout << score << ' ';
    std::cout << '\n';
  }
}

}  // namespace
}  // namespace malmoi::topics

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: export_coherence TEXTS TOPICS\n";
    return 2;
  }
  try {
    malmoi::topics::print_all(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
