"""Binary files parsed apart: a child process with limits reads them, so that no file can end the analyst's process.

`preflight` looks at an archive before anything is unpacked, `parse` runs one of the parsers (`workbook`, `page`,
`statistics`, `columnar`) in a child (`child`) with at most 1 GB and 10 s. What comes back is JSON: never a pickle.
"""

from cdo_analysis.sandbox.preflight import check_archive
from cdo_analysis.sandbox.run import CPU_SECONDS, MEMORY_BYTES, parse

__all__ = ["CPU_SECONDS", "MEMORY_BYTES", "check_archive", "parse"]
