// For peer_test.py: reads "label TAB blank-separated tokens" lines, writes counts and TF-IDF in every form to a folder.
#include <fstream>
#include <iostream>

#include "tests/vectorize/matrices.h"
#include "vectorize/matrix_io.h"
#include "vectorize/weighting.h"

namespace malmoi::vectorize {
namespace {

void export_all(const std::filesystem::path& tokens, const std::filesystem::path& folder) {
  TokenizedCorpus corpus;
  MatrixExport options;
  std::ifstream in(tokens);
  for (std::string line; std::getline(in, line);) {
    const std::size_t tab = line.find('\t');
    options.labels.push_back(line.substr(0, tab));
    corpus.add(std::string_view(line).substr(tab + 1));
  }
  const DocTermMatrix counts = count_terms(corpus.tokens, corpus.terms.size());
  const DocTermMatrix weights = apply_weighting(fit_weighting(counts, {}), counts);
  const Vocabulary vocabulary = std::move(corpus).vocabulary();
  for (const char* const name : {"counts.mtx", "counts.mtx.gz", "counts.npz", "counts.svm", "counts.ldac", "counts.csv",
                                 "counts.tsv", "counts.triplets.gz"}) {
    options.format = guess_format(name).value();
    options.overwrite = true;  // of the side files of counts.mtx
    write_matrix(folder / name, counts, vocabulary, options);
  }
  for (const char* const name : {"tfidf.mtx", "tfidf.npz", "tfidf.svm.gz", "tfidf.csv.gz", "tfidf.triplets"}) {
    options.format = guess_format(name).value();
    write_matrix(folder / name, weights, vocabulary, options);
  }
  options.columns =
      select_terms(vocabulary, counts.values.rows(), {.min_df = {3}, .max_df = {0.5, true}, .max_features = 50});
  options.format = MatrixFormat::npz;
  write_matrix(folder / "selected.npz", counts, vocabulary, options);
}

}  // namespace
}  // namespace malmoi::vectorize

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: export_matrices TOKENS FOLDER\n";
    return 2;
  }
  try {
    malmoi::vectorize::export_all(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
