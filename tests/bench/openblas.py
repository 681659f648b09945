"""To be imported before numpy, scipy or torch. Debian's OpenBLAS 0.3.21 takes processors that came after it for the
plainest of all, and is five times slower then: they are told to be the newest ones of their kind that it knows."""
import os


def flags_of_processor():
    try:
        with open("/proc/cpuinfo") as lines:
            return next((line.split() for line in lines if line.startswith("flags")), [])
    except OSError:
        return []


if "avx512bw" in flags_of_processor():
    os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
elif "avx2" in flags_of_processor():
    os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")
