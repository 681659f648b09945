// Times truncated_svd on one matrix; svd_peers.py runs it beside scikit-learn.
//
// usage: svd_bench MATRIX RANK ROUNDS METHODS...
//
// MATRIX  int64 rows, columns and non-zeros, int32 row ends after a 0, int32 columns, float32 values
// METHODS lanczos, randomized; spectra: Spectra's Lanczos with Eigen's sparse products, on one thread
// Prints method, threads, the least wall seconds of the rounds and their processor seconds, vectors multiplied, the
// greatest residual over the first singular value, and the singular values, tab-separated.
#include <Spectra/SymEigsSolver.h>

#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "corpus/base/error.h"
#include "topics/truncated_svd.h"

namespace malmoi::topics {
namespace {

using vectorize::SparseMatrix;

template <typename Value>
void read_values(std::ifstream& in, std::span<Value> values) {
  in.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size_bytes()));
}

SparseMatrix read_matrix(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::int64_t> sizes(3);
  read_values(in, std::span(sizes));
  if (!in) throw Error(ErrorCode::io, concat(path, " cannot be read"));
  SparseMatrix matrix(sizes[0], sizes[1]);
  matrix.resizeNonZeros(sizes[2]);
  read_values(in, std::span(matrix.outerIndexPtr(), static_cast<std::size_t>(sizes[0]) + 1));
  read_values(in, std::span(matrix.innerIndexPtr(), static_cast<std::size_t>(sizes[2])));
  read_values(in, std::span(matrix.valuePtr(), static_cast<std::size_t>(sizes[2])));
  if (!in) throw Error(ErrorCode::io, concat(path, " ends too early"));
  return matrix;
}

// AᵀA (or AAᵀ) of one vector with Eigen's sparse products, for Spectra.
class GramProduct {
 public:
  using Scalar = double;
  explicit GramProduct(const SparseMatrix& matrix)
      : tall_(matrix.rows() < matrix.cols() ? SparseMatrix(matrix.transpose()).cast<double>() : matrix.cast<double>()),
        transposed_(tall_.transpose()) {}
  [[nodiscard]] Eigen::Index rows() const { return tall_.cols(); }
  [[nodiscard]] Eigen::Index cols() const { return tall_.cols(); }
  void perform_op(const double* in, double* out) const {
    across_.noalias() = tall_ * Eigen::Map<const Eigen::VectorXd>(in, cols());
    Eigen::Map<Eigen::VectorXd>(out, cols()).noalias() = transposed_ * across_;
  }

 private:
  Eigen::SparseMatrix<double, Eigen::RowMajor> tall_;
  Eigen::SparseMatrix<double, Eigen::RowMajor> transposed_;
  mutable Eigen::VectorXd across_;
};

Svd by_spectra(const SparseMatrix& matrix, std::int32_t rank) {
  GramProduct product(matrix);
  Spectra::SymEigsSolver<GramProduct> solver(product, rank, 2 * rank + 1);
  solver.init();
  solver.compute(Spectra::SortRule::LargestAlge, 300, 1e-12);
  const Eigen::MatrixXd v = solver.eigenvectors();
  Svd svd;
  svd.products = solver.num_operations();
  svd.sigma = solver.eigenvalues().cwiseSqrt();
  svd.residuals.resize(svd.sigma.size());
  Eigen::VectorXd image(product.cols());
  for (Eigen::Index k = 0; k < svd.sigma.size(); ++k) {
    product.perform_op(v.col(k).data(), image.data());
    svd.residuals[k] = (image - solver.eigenvalues()[k] * v.col(k)).norm() / svd.sigma[k];
  }
  return svd;
}

void measure(std::string_view name, int threads, int rounds, const std::function<Svd(const RunContext&)>& work) {
  double wall = 1e300;
  double processor = 0.0;
  Svd svd;
  for (int round = 0; round < rounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t processor_start = std::clock();
    svd = work(RunContext{.threads = threads});
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (seconds >= wall) continue;
    wall = seconds;
    processor = static_cast<double>(std::clock() - processor_start) / CLOCKS_PER_SEC;
  }
  std::cout << name << '\t' << threads << '\t' << std::setprecision(4) << wall << '\t' << processor << '\t'
            << svd.products << '\t' << svd.residuals.maxCoeff() / svd.sigma[0] << '\t' << std::setprecision(12);
  for (const double value : svd.sigma) std::cout << value << ' ';
  std::cout << std::endl;
}

void run(const std::string& path, std::int32_t rank, int rounds, std::span<char* const> methods) {
  const SparseMatrix matrix = read_matrix(path);
  for (const std::string_view name : methods) {
    if (name == "spectra") {
      measure(name, 1, 1, [&](const RunContext&) { return by_spectra(matrix, rank); });
      continue;
    }
    const SvdMethod method = name == "lanczos" ? SvdMethod::lanczos : SvdMethod::randomized;
    for (const int threads : {1, 2}) {
      measure(name, threads, rounds, [&](const RunContext& context) {
        return truncated_svd(matrix, {.rank = rank, .method = method}, context);
      });
    }
  }
}

}  // namespace
}  // namespace malmoi::topics

int main(int argc, char** argv) {
  if (argc < 5) {
    std::cerr << "usage: svd_bench MATRIX RANK ROUNDS METHODS...\n";
    return 2;
  }
  try {
    malmoi::topics::run(argv[1], std::stoi(argv[2]), std::stoi(argv[3]),
                        std::span(argv, static_cast<std::size_t>(argc)).subspan(4));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
  return 0;
}
