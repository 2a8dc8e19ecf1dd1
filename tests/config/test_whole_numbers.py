import pytest

from tf_cyclegan.config import whole_numbers


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("08", 8), ("8000", 8000), ("9" * 18, 10**18 - 1)]
)
def test_digits_are_numbers(text, number):
    assert whole_numbers.parse(text) == number


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", " 1", "1\n", "1.0", "1e3", "0x10", "1_000", "²", "٣", "9" * 19]
)
def test_other_texts_are_none(text):
    assert whole_numbers.parse(text) is None


def test_thousands_of_digits_are_none_and_no_error():
    assert whole_numbers.parse("9" * 5000) is None
