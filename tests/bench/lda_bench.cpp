// Times the Gibbs sampler on prepared tokens; lda_peers.py runs it beside gensim and scikit-learn.
//
// usage: lda_bench TOKENS[.gz] TOPICS THREADS SWEEPS [TARGET [SEED]]   one document a line, tokens with blanks between
//        lda_bench TOKENS[.gz] TOPICS plain SWEEPS              the plain sampler of the tests, as a yardstick
//        lda_bench TOKENS[.gz] TOPICS compare SWEEPS            held-out log-likelihood of both, mean of five seeds
// Priors stay at alpha 0.1 and beta 0.01; the fit is annealed: it begins with a larger beta, which has come down to
// 0.01 before the target counts as reached. Every ten sweeps, outside of the clock, the fit is scored: mean of ln Σ_k
// θ(d, k) φ(w, k) over the tokens, point estimates. Prints one JSON object: seconds of all sweeps, wall and processor,
// tokens a second, the last log-likelihood, memory of the sampler a token, and with TARGET the sweeps and the seconds
// until it was reached.
#include <sys/resource.h>
#include <zlib.h>

#include <chrono>
#include <cmath>
#include <ctime>
#include <iostream>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "corpus/base/error.h"
#include "corpus/base/parallel.h"
#include "corpus/base/rng.h"
#include "corpus/base/string_table.h"
#include "tests/support/plain_gibbs.h"
#include "topics/gibbs_sampler.h"
#include "topics/held_out.h"
#include "topics/lda.h"

namespace malmoi::topics {
namespace {

constexpr double kAlpha = 0.1;
constexpr double kBeta = 0.01;
constexpr int kScoreEvery = 10;

struct Corpus {
  TokenSequences tokens;
  TermId terms = 0;
};

Corpus read(const std::string& path) {
  const std::unique_ptr<gzFile_s, decltype(&gzclose)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (!file) throw Error(ErrorCode::io, concat(path, " cannot be read"));
  Corpus corpus;
  StringTable table;
  std::string word;
  std::vector<char> buffer(1U << 20U);
  const auto end_word = [&] {
    if (!word.empty()) corpus.tokens.terms.push_back(table.intern(word));
    word.clear();
  };
  for (int count = 0; (count = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()))) > 0;) {
    for (int i = 0; i < count; ++i) {
      const char c = buffer[static_cast<std::size_t>(i)];
      if (c != ' ' && c != '\n') {
        word.push_back(c);
        continue;
      }
      end_word();
      if (c != '\n') continue;
      corpus.tokens.row_ids.push_back(static_cast<std::int64_t>(corpus.tokens.rows()) + 1);
      corpus.tokens.offsets.push_back(corpus.tokens.terms.size());
    }
  }
  corpus.terms = table.size();
  return corpus;
}

struct Clock {
  std::chrono::steady_clock::time_point wall = std::chrono::steady_clock::now();
  std::clock_t processor = std::clock();
};

struct Timer {
  double wall = 0;
  double processor = 0;
  void add(const Clock& begin) {
    wall += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin.wall).count();
    processor += static_cast<double>(std::clock() - begin.processor) / CLOCKS_PER_SEC;
  }
};

double score(const GibbsSampler& sampler, const Corpus& corpus, int topics) {
  const RunContext context{.threads = 2};
  const auto k_count = static_cast<std::size_t>(topics);
  const TopicCounts terms = sampler.term_topics(context);
  const TopicCounts documents = sampler.document_topics(context);
  std::vector<float> phi(terms.rows() * k_count);
  for (std::size_t w = 0; w < terms.rows(); ++w) {
    std::size_t i = terms.offsets[w];
    for (std::size_t k = 0; k < k_count; ++k) {
      const bool there = i < terms.offsets[w + 1] && terms.topics[i] == k;
      const double count = there ? terms.counts[i++] : 0;
      phi[w * k_count + k] =
          static_cast<float>((count + kBeta) / (static_cast<double>(sampler.topic_totals()[k]) + corpus.terms * kBeta));
    }
  }
  std::vector<double> sums(chunk_count(corpus.tokens.rows(), 64));
  parallel_for(corpus.tokens.rows(), 64, context, [&](const Chunk& chunk) {
    for (std::size_t d = chunk.begin; d < chunk.end; ++d) {
      const double length = static_cast<double>(corpus.tokens.row(d).size()) + kAlpha * topics;
      std::vector<float> theta(k_count, static_cast<float>(kAlpha / length));
      for (std::size_t i = documents.offsets[d]; i < documents.offsets[d + 1]; ++i) {
        theta[documents.topics[i]] += static_cast<float>(documents.counts[i] / length);
      }
      for (const TermId w : corpus.tokens.row(d)) {
        const float* const row = phi.data() + static_cast<std::size_t>(w) * k_count;
        sums[chunk.index] += std::log(std::inner_product(theta.begin(), theta.end(), row, 0.0));
      }
    }
  });
  return std::accumulate(sums.begin(), sums.end(), 0.0) / static_cast<double>(corpus.tokens.terms.size());
}

struct Goal {
  int sweeps = 200;
  double target = 0;  // log-likelihood a token
};

void run_fast(const Corpus& corpus, LdaOptions options, int threads, const Goal& goal) {
  const RunContext context{.threads = threads};
  const int topics = options.topics;
  options.iterations = goal.sweeps;
  const std::vector<double> alpha(static_cast<std::size_t>(topics), kAlpha);
  const Clock begin;
  GibbsSampler sampler(vectorize::count_terms(corpus.tokens, corpus.terms), options, context);
  const Annealing annealing = annealing_of(options, sampler.tokens(), corpus.terms);
  sampler.assign(first_topics(options, sampler.tokens()), context);
  Timer setup;
  setup.add(begin);
  Timer timer = setup;
  double reached_seconds = 0;
  int reached = 0;
  double log_likelihood = 0;
  int sweep = 0;
  for (; sweep < goal.sweeps; ++sweep) {
    const double beta = annealing.beta_of_sweep(kBeta, sweep);
    const Clock sweep_begin;
    sampler.set_priors({alpha, beta});
    for (int round = 0; round < sampler.rounds(); ++round) (void)sampler.sample_round(sweep, round, context);
    timer.add(sweep_begin);
    if (beta > kBeta || ((sweep + 1) % kScoreEvery != 0 && sweep + 1 != goal.sweeps)) continue;
    log_likelihood = score(sampler, corpus, topics);
    if (reached == 0 && log_likelihood >= goal.target) {
      reached = sweep + 1;
      reached_seconds = timer.wall;
    }
  }
  const double drawn = static_cast<double>(corpus.tokens.terms.size()) * sweep;
  std::cout << "{\"topics\": " << topics << ", \"threads\": " << threads << ", \"sweeps\": " << sweep
            << ", \"seconds\": " << timer.wall << ", \"processor_seconds\": " << timer.processor
            << ", \"setup_seconds\": " << setup.wall << ", \"tokens_per_second\": " << drawn / (timer.wall - setup.wall)
            << ", \"log_likelihood\": " << log_likelihood << ", \"reached_sweeps\": " << reached
            << ", \"reached_seconds\": " << reached_seconds << "}\n";
}

void run_plain(const Corpus& corpus, int topics, int sweeps) {
  std::vector<std::vector<int>> documents;
  for (std::size_t d = 0; d < corpus.tokens.rows(); ++d) {
    documents.emplace_back(corpus.tokens.row(d).begin(), corpus.tokens.row(d).end());
  }
  testing::PlainGibbs plain(documents, corpus.terms, topics, 1);
  Timer timer;
  const Clock begin;
  for (int sweep = 0; sweep < sweeps; ++sweep) plain.sweep(kAlpha, kBeta);
  timer.add(begin);
  const double drawn = static_cast<double>(corpus.tokens.terms.size()) * sweeps;
  std::cout << "{\"topics\": " << topics << ", \"plain_tokens_per_second\": " << drawn / timer.processor << "}\n";
}

struct Moments {
  double sum = 0;
  double squares = 0;
  int count = 0;
  void add(double x) {
    sum += x;
    squares += x * x;
    ++count;
  }
  [[nodiscard]] double mean() const { return sum / count; }
  [[nodiscard]] double deviation() const { return std::sqrt((squares - sum * sum / count) / (count - 1)); }
};

// Every tenth document is held out; document completion with the last state of each sampler.
void run_compare(const Corpus& corpus, int topics, int sweeps) {
  const RunContext context{.threads = 2};
  std::vector<std::vector<int>> documents;
  TokenSequences fitted;
  TokenSequences held_out;
  for (std::size_t d = 0; d < corpus.tokens.rows(); ++d) {
    TokenSequences& part = d % 10 == 0 ? held_out : fitted;
    const auto row = corpus.tokens.row(d);
    part.row_ids.push_back(corpus.tokens.row_ids[d]);
    part.terms.insert(part.terms.end(), row.begin(), row.end());
    part.offsets.push_back(part.terms.size());
    if (d % 10 != 0) documents.emplace_back(row.begin(), row.end());
  }
  const auto unseen = vectorize::count_terms(held_out, corpus.terms);
  Moments fast;
  Moments plain;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    LdaOptions options{.topics = topics, .alpha = kAlpha, .beta = kBeta, .alpha_prior = AlphaPrior::fixed};
    options.iterations = sweeps;
    options.samples = 1;
    options.seed = seed;
    const Lda lda = fit_lda(vectorize::count_terms(fitted, corpus.terms), options, {}, context);
    fast.add(document_completion(topic_model(lda), unseen, {}, context).per_token());

    testing::PlainGibbs oracle(documents, corpus.terms, topics, seed);
    for (int sweep = 0; sweep < sweeps; ++sweep) oracle.sweep(kAlpha, kBeta);
    TopicModel model{DenseMatrix(corpus.terms, topics), std::vector<double>(static_cast<std::size_t>(topics), kAlpha)};
    for (Eigen::Index w = 0; w < corpus.terms; ++w) {
      for (Eigen::Index k = 0; k < topics; ++k) {
        const double phi = oracle.phi(static_cast<std::size_t>(w), static_cast<std::size_t>(k), kBeta);
        model.term_given_topic.data()[w * topics + k] = static_cast<float>(phi);
      }
    }
    plain.add(document_completion(model, unseen, {}, context).per_token());
    std::cerr << "seed " << seed << ": " << fast.mean() << ' ' << plain.mean() << " (means so far)\n";
  }
  std::cout << "{\"topics\": " << topics << ", \"fit_lda\": " << fast.mean()
            << ", \"fit_lda_deviation\": " << fast.deviation() << ", \"plain\": " << plain.mean()
            << ", \"plain_deviation\": " << plain.deviation()
            << ", \"difference_percent\": " << 100 * (fast.mean() / plain.mean() - 1) << "}\n";
}

int run(const std::vector<std::string>& args) {
  if (args.size() < 4 || args.size() > 6) {
    std::cerr << "usage: lda_bench TOKENS TOPICS THREADS|plain|compare SWEEPS [TARGET [SEED]]\n";
    return 2;
  }
  const Corpus corpus = read(args[0]);
  const int topics = std::stoi(args[1]);
  const int sweeps = std::stoi(args[3]);
  if (args[2] == "plain") {
    run_plain(corpus, topics, sweeps);
  } else if (args[2] == "compare") {
    run_compare(corpus, topics, sweeps);
  } else {
    const LdaOptions options{.topics = topics, .seed = args.size() > 5 ? std::stoull(args[5]) : 1};
    run_fast(corpus, options, std::stoi(args[2]), {sweeps, args.size() > 4 ? std::stod(args[4]) : 0.0});
  }
  return 0;
}

}  // namespace
}  // namespace malmoi::topics

int main(int argc, char** argv) {
  try {
    return malmoi::topics::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
