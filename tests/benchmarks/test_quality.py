"""The campaign of quality: its table by hand, and a short run of the script."""

import pytest

from benchmarks import quality
from helpers.processes import refused, script
from tf_cyclegan.config import Config


def done(stripes, **scores):
    return {
        "scores": {"AtoB": {"stripes": stripes, **scores}, "BtoA": {"stripes": 0.0}},
        "untranslated": {"AtoB": {"stripes": 0.1}, "BtoA": {"stripes": 0.9}},
    }


def test_table_by_hand():
    # Mean 0.4; deviations 0.1, 0, 0.1; their squares' sum over 3 - 1 is 0.01, its root 0.1.
    three = [done(0.3), done(0.4), done(0.5)]
    found = {"none": three, "`a`": [done(None, swd=25.04)], "`b`": [done(1.0, swd=0.5, swd_64=7)]}
    assert quality.table(found, ("swd", "swd_64", "stripes")).splitlines() == [
        "| | SWD, lower is better | at 64 pixels | stripes: zebras 1, horses 0 |",
        "|---|---|---|---|",
        "| none |  |  | 0.400 ± 0.100, 0.000 ± 0.000 |",
        "| `a` | 25.0, - |  | -, 0.000 |",
        "| `b` | 0.5, - | 7.0, - | 1.000, 0.000 |",
        "| the input as it is |  |  | 0.100, 0.900 |",
    ]


def test_variants_train_for_as_many_epochs_and_decay_over_the_second_half():
    study = quality.STUDIES["recipes"]
    mini, paper, keras = (quality.trial(study, v, 20, {"filters": 8}) for v in study.variants)
    assert mini == {
        "recipe": "mini",
        "dataset": "mini_horse2zebra",
        "image_size": 64,
        "filters": 8,
        "epochs": 20,
        "decay_start": 10,
    }
    assert paper == mini | {"recipe": "paper"}
    assert "decay_start" not in keras


@pytest.mark.parametrize("study", quality.STUDIES.values(), ids=list(quality.STUDIES))
def test_rows_are_variants_whose_settings_go_together(study):
    for _, variant, weights in study.rows:
        config = Config(**quality.trial(study, variant, 2, {}))
        assert weights == "live" or config.ema
    assert {variant for _, variant, _ in study.rows} == set(study.variants)


@pytest.mark.slow
def test_script_trains_scores_and_puts_the_table_between_its_marks(tmp_path, photos):
    document = tmp_path / "quality.md"
    begin, end = quality.marks("photographs")
    document.write_text(f"before\n{begin}\nold\n{end}\nafter\n")
    arguments = ["--study=photographs", "--variants=plain", "--seeds=1", "--epochs=1"]
    arguments += ["--limit_train=2", "--image_size=32", "--filters=2", f"--dataset={photos}"]
    arguments += ["--document=quality.md", "--workdir=q"]
    status, out, err = script("quality.py", *arguments, cwd=tmp_path)
    assert status == 0, err
    table = out[out.index("| | ") :]
    assert "\n| `--ema=0.999`, as in all rows below | " in table
    assert document.read_text() == (f"before\n{begin}\n\n{table}\n{end}\nafter\n")
    folder = tmp_path / "q" / "photographs"
    assert (folder / "plain_0" / "samples" / "epoch_0001.png").exists()
    assert script("quality.py", *arguments, cwd=tmp_path)[:2] == (
        0,
        "q/photographs/plain_0_live.json is there\n"
        f"q/photographs/plain_0_ema.json is there\n{table}",
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("argument", "told"),
    [
        ("--variants=mini,mimi", "--variants=mini,mimi: choose from mini, paper, keras"),
        ("--study=photographs", "--study=photographs: give --dataset=FOLDER"),
        ("--document=none.md", "--document=none.md: "),
        ("--document=empty.md", "--document=empty.md: has no line <!--"),
    ],
)
def test_mistakes_are_told_before_anything_is_trained(tmp_path, argument, told):
    begin, end = quality.marks("recipes")
    (tmp_path / "empty.md").write_text(f"{end} {begin}")
    assert told in refused("quality.py", argument, cwd=tmp_path)
