"""Is a file what a patient may send, and what is left of it once it is made harmless?

Bytes on disk in, a verdict out: nothing in here knows of the database or the bucket. The file is
looked at in a process of its own, which can be killed and can hold nothing but that file.
"""

from documents.checking.asking import check
from documents.checking.scanner import ScannerAway
from documents.checking.verdict import Accepted, Picture, Refused, Verdict

__all__ = ["Accepted", "Picture", "Refused", "ScannerAway", "Verdict", "check"]
