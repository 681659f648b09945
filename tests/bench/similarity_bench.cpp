// Times TF-IDF from token numbers and all-pairs cosine on real data; similarity_peers.py runs it beside its peers.
//
// usage: similarity_bench DATA FOLDER   writes FOLDER/nsmc.npz and FOLDER/20news.npz, prints data, task, threads and
//                                       the medians of wall and processor seconds, tab-separated
#include <zlib.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

#include "corpus/base/error.h"
#include "corpus/base/string_table.h"
#include "vectorize/npz.h"
#include "vectorize/similarity.h"
#include "vectorize/weighting.h"

namespace malmoi::vectorize {
namespace {

struct Corpus {
  StringTable terms;
  TokenSequences tokens;

  void end_document() {
    tokens.row_ids.push_back(static_cast<std::int64_t>(tokens.offsets.size()));
    tokens.offsets.push_back(tokens.terms.size());
  }
};

// The document column split at blanks.
Corpus read_nsmc(const std::filesystem::path& path, std::size_t documents) {
  std::ifstream in(path);
  if (!in) throw Error(ErrorCode::io, concat(path.string(), " cannot be read"));
  Corpus corpus;
  std::string line;
  std::getline(in, line);  // header
  while (corpus.tokens.rows() < documents && std::getline(in, line)) {
    const std::size_t begin = line.find('\t') + 1;
    const std::string_view text = std::string_view(line).substr(begin, line.rfind('\t') - begin);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      if (end > at) corpus.tokens.terms.push_back(corpus.terms.intern(text.substr(at, end - at)));
      at = end + 1;
    }
    corpus.end_document();
  }
  return corpus;
}

std::string read_gzip(const std::filesystem::path& path) {
  gzFile in = gzopen(path.c_str(), "rb");
  if (in == nullptr) throw Error(ErrorCode::io, concat(path.string(), " cannot be read"));
  std::string bytes;
  std::string part(1U << 20U, '\0');
  for (int size = 1; size > 0;) {
    size = gzread(in, part.data(), static_cast<unsigned>(part.size()));
    if (size > 0) bytes.append(part, 0, static_cast<std::size_t>(size));
  }
  gzclose(in);
  return bytes;
}

// Runs of two or more ASCII letters, digits and underscores, in lower case: nearly scikit-learn's default.
void add_words(Corpus& corpus, std::string_view text) {
  std::string word;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const auto c = static_cast<unsigned char>(i < text.size() ? text[i] : ' ');
    if (c < 128 && (std::isalnum(c) != 0 || c == '_')) {
      word.push_back(static_cast<char>(std::tolower(c)));
      continue;
    }
    if (word.size() >= 2) corpus.tokens.terms.push_back(corpus.terms.intern(word));
    word.clear();
  }
  corpus.end_document();
}

Corpus read_20news(const std::filesystem::path& folder) {
  Corpus corpus;
  for (const char* const name : {"train.jsonl.gz", "test.jsonl.gz"}) {
    const std::string lines = read_gzip(folder / name);
    for (std::size_t at = 0; at < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', at), lines.size());
      const auto document = nlohmann::json::parse(std::string_view(lines).substr(at, end - at));
      add_words(corpus, document.at("text").get_ref<const std::string&>());
      at = end + 1;
    }
  }
  return corpus;
}

DocTermMatrix tf_idf(const Corpus& corpus, const RunContext& context) {
  const DocTermMatrix counts = count_terms(corpus.tokens, corpus.terms.size(), context);
  return apply_weighting(fit_weighting(counts, {}, context), counts, context);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

template <typename Work>
void measure(std::string_view what, int threads, const Work& work) {
  std::vector<double> wall;
  std::vector<double> processor;
  for (int round = 0; round < 5; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor_start = std::clock();
    work(RunContext{.threads = threads});
    processor.push_back(static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC);
    wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::cout << what << '\t' << threads << '\t' << median(wall) << '\t' << median(processor) << std::endl;
}

void bench_pairs(const std::string& name, const Corpus& corpus, const std::filesystem::path& folder) {
  const DocTermMatrix matrix = tf_idf(corpus, {});
  OutputFile out(folder / (name + ".npz"), /*overwrite=*/true);
  write_npz(out, matrix.values, matrix.weighting);
  out.commit();
  for (const int threads : {1, 2}) {
    measure(name + "\tcosine top 10", threads,
            [&](const RunContext& context) { return all_pairs(matrix.values, {}, context).neighbors.size(); });
  }
}

void run(const std::filesystem::path& data, const std::filesystem::path& folder) {
  const Corpus reviews = read_nsmc(data / "nsmc/ratings_train.txt", 150000);
  const Corpus news = read_20news(data / "20news");
  for (const int threads : {1, 2}) {
    measure("nsmc\ttf-idf", threads,
            [&](const RunContext& context) { return tf_idf(reviews, context).values.nonZeros(); });
    measure("20news\ttf-idf", threads,
            [&](const RunContext& context) { return tf_idf(news, context).values.nonZeros(); });
  }
  bench_pairs("nsmc", read_nsmc(data / "nsmc/ratings_train.txt", 20000), folder);
  bench_pairs("20news", news, folder);
}

}  // namespace
}  // namespace malmoi::vectorize

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: similarity_bench DATA FOLDER\n";
    return 2;
  }
  try {
    malmoi::vectorize::run(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
