#pragma once

#include "vectorize/doc_term_matrix.h"
#include "vectorize/output_file.h"

namespace malmoi::vectorize {

/// Writes a matrix as scipy.sparse.save_npz does (CSR: a zip archive of indices, indptr, format, shape and data in
/// NumPy's .npy form), deflated. Counts are stored as int32, weights as float32.
/// Throws invalid_argument when an array takes 4 GiB or more (this zip form has no room for it).
void write_npz(OutputFile& out, const SparseMatrix& matrix, Weighting weighting);

}  // namespace malmoi::vectorize
