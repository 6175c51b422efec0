"""What reaches the screen of a process that uses TensorFlow: its own text, none of C libraries."""

import os
import subprocess
import sys

import pytest

# In place of TensorFlow, which takes seconds: something that writes as its C++ side does.
STAND_IN = """
import os, types
os.write(2, b"on import\\n")
def zeros(shape):
    os.write(2, b"at the start\\n")
    return 0
"""
PROGRAM = """
import os, sys
from nasnet.runtime.quiet import import_tensorflow
import_tensorflow()
os.write(2, b"of a C library\\n")
print("of Python", file=sys.stderr)
raise SystemExit("an error")
"""


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (None, ["of Python", "an error"]),
        ("3", ["of Python", "an error"]),
        ("0", ["on import", "at the start", "of a C library", "of Python", "an error"]),
    ],
)
def test_what_c_libraries_write_is_dropped_unless_it_is_asked_for(level, expected, tmp_path):
    (tmp_path / "tensorflow.py").write_text(STAND_IN)
    path = os.pathsep.join([str(tmp_path), *sys.path])
    variables = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    variables |= {"PYTHONPATH": path} | ({} if level is None else {"TF_CPP_MIN_LOG_LEVEL": level})
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=variables, capture_output=True, text=True
    )
    assert result.stderr.splitlines() == expected
