"""The campaign of quality: its table by hand, and a short run of the script."""

import pytest

from benchmarks import quality
from helpers.processes import refused, script


def done(stripes, **scores):
    as_it_is = {"AtoB": {"stripes": 0.1}}
    return {"scores": {"AtoB": {"stripes": stripes, **scores}}, "untranslated": as_it_is}


def test_table_by_hand():
    # Mean 0.4; deviations 0.1, 0, 0.1; their squares' sum over 3 - 1 is 0.01, its root 0.1.
    three = [done(0.3), done(0.4), done(0.5)]
    found = {"mini": three, "paper": [done(None, kid=0.25)], "keras": [done(1.0, kid=0.5)]}
    assert quality.table(found).splitlines() == [
        "| | | `mini` | `paper` | `keras` | the input as it is |",
        "|---|---|---|---|---|---|",
        "| KID, lower is better | AtoB |  | 0.2500 | 0.5000 |  |",
        "| stripes: zebras 1, horses 0 | AtoB | 0.400 ± 0.100 |  | 1.000 | 0.100 |",
    ]


def test_recipes_train_for_as_many_epochs_and_decay_over_the_second_half():
    small = {"dataset": "mini_horse2zebra", "image_size": 64, "filters": 32}
    mini, paper, keras = (quality.trial(r, 20, {"filters": 8}) for r in quality.RECIPES)
    assert mini == {"recipe": "mini", "epochs": 20, "filters": 8, "decay_start": 10}
    assert paper == small | mini | {"recipe": "paper"}
    assert "decay_start" not in keras


@pytest.mark.slow
def test_script_trains_scores_and_puts_the_table_between_its_marks(tmp_path, photos):
    document = tmp_path / "quality.md"
    document.write_text(f"before\n{quality.BEGIN}\nold\n{quality.END}\nafter\n")
    arguments = ["--recipes=mini", "--seeds=1", "--epochs=1", "--limit_train=2", "--noinception"]
    arguments += ["--image_size=32", "--filters=2", f"--dataset={photos}"]
    arguments += ["--document=quality.md", "--workdir=q"]
    status, out, err = script("quality.py", *arguments, cwd=tmp_path)
    assert status == 0, err
    table = out[out.index("| | | `mini`") :]
    assert "| cycle error, of 255 | AtoB |" in table
    assert document.read_text() == (f"before\n{quality.BEGIN}\n\n{table}\n{quality.END}\nafter\n")
    assert (tmp_path / "q" / "mini_0" / "samples" / "epoch_0001.png").exists()
    assert script("quality.py", *arguments, cwd=tmp_path)[:2] == (
        0,
        f"q/mini_0.json is there\n{table}",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("--recipes=mini,mimi", "--recipes=mini,mimi: choose from mini, paper, keras"),
        ("--recipes=", "--recipes=: choose from"),
        ("--document=none.md", "--document=none.md: "),
        ("--document=empty.md", "--document=empty.md: has no line <!--"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(tmp_path, argument, told):
    (tmp_path / "empty.md").write_text(f"{quality.END} {quality.BEGIN}")
    assert told in refused("quality.py", argument, cwd=tmp_path)
