import pytest

from tf_cyclegan.monitoring.history import History, rows_of


def test_rows_are_written_and_read_back(tmp_path):
    history = History(tmp_path)
    assert history.rows == []
    history.append({"epoch": 1, "step": 5, "cycle": 0.125})
    history.append({"epoch": 2, "step": 10, "cycle": 1 / 3})
    assert history.rows == History(tmp_path).rows
    assert history.rows[0] == {"epoch": 1, "step": 5, "cycle": 0.125}
    assert abs(history.rows[1]["cycle"] - 1 / 3) < 1e-9
    lines = (tmp_path / "history.csv").read_text().splitlines()
    assert lines[:2] == ["epoch,step,cycle", "1,5,0.125"]


def test_rows_that_training_will_repeat_are_dropped(tmp_path):
    history = History(tmp_path)
    for epoch in (1, 2, 3):
        history.append({"epoch": epoch, "step": 5 * epoch})
    history.resume(2, "")
    assert [row["epoch"] for row in History(tmp_path).rows] == [1, 2]
    history.resume(0, "")
    assert History(tmp_path).rows == []
    history.append({"epoch": 1, "step": 5})
    assert [row["epoch"] for row in History(tmp_path).rows] == [1]


def test_the_rows_in_the_checkpoint_count_and_the_file_adds_speeds(tmp_path):
    history = History(tmp_path)
    for epoch in (1, 2, 3):
        history.append({"epoch": epoch, "step_seconds": 0.5, "step": 5 * epoch, "cycle": 1 / epoch})
        if epoch == 2:
            saved = history.to_save()
    assert saved == "epoch,step,cycle\n1,5,1\n2,10,0.5\n"
    rows = history.rows
    file = tmp_path / "history.csv"
    for content, expected in [
        (
            "epoch,step_seconds,step,cycle\n1,0.5,5,7\n3,0.5,5,7\n",
            {1: rows[0], 2: untimed(rows[1])},
        ),
        ("", {1: untimed(rows[0]), 2: untimed(rows[1])}),
        (None, {1: untimed(rows[0]), 2: untimed(rows[1])}),
    ]:
        file.unlink() if content is None else file.write_text(content)
        History(tmp_path).resume(2, saved)
        assert History(tmp_path).rows == list(expected.values())


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", ["lacks 2 of 2 epochs; the checkpoint has them, but for their speeds"]),
        ("epoch,step\n2,10\n3,15\n", ["lacks 1 of 2 epochs;"]),
        ("epoch,step\n1,5\n2,10\n3,15\n", []),
        ("no history\n", ["cannot be used ("]),
        (None, []),
    ],
)
def test_rows_that_the_file_lacks_are_told_once(tmp_path, caplog, content, told):
    path = tmp_path / "history.csv"
    if content is not None:
        path.write_text(content)
    with caplog.at_level("WARNING", "absl"):
        history = History(tmp_path)
        history.resume(2, "epoch,step\n1,5\n2,10\n")
    assert [row["epoch"] for row in history.rows] == [1, 2]
    assert len(caplog.messages) == len(told)
    for message, words in zip(caplog.messages, told, strict=True):
        assert message.startswith(f"{path}: {words}")


def test_rows_can_be_looked_at_without_renaming_a_damaged_file(tmp_path):
    path = tmp_path / "history.csv"
    assert rows_of(tmp_path) == []
    for content, rows in (
        ("no history\n", []),
        ("epoch,step\n1,5\n", [{"epoch": 1, "step": 5}]),
    ):
        path.write_text(content)
        assert rows_of(tmp_path) == rows
        assert path.read_text() == content


def untimed(row):
    return {name: value for name, value in row.items() if name != "step_seconds"}


def test_columns_may_start_late_and_have_gaps(tmp_path):
    rows = [{"epoch": epoch, "step": 5 * epoch, "cycle": 3} for epoch in (1, 2, 3)]
    rows[1]["score"] = 7
    history = History(tmp_path)
    for row in rows:
        history.append(row)
    file = tmp_path / "history.csv"
    lines = ["epoch,step,cycle,score", "1,5,3,", "2,10,3,7", "3,15,3,"]
    assert file.read_text().splitlines() == lines
    assert History(tmp_path).rows == rows
    file.write_text("\n".join(line.rstrip(",") for line in lines))
    assert History(tmp_path).rows == rows, "rows may be shorter than the header"


def test_non_finite_losses_are_kept(tmp_path):
    History(tmp_path).append(
        {"epoch": 1, "step": 5, "cycle": float("nan"), "total_g": float("inf")}
    )
    (row,) = History(tmp_path).rows
    assert row["cycle"] != row["cycle"]
    assert row["total_g"] == float("inf")


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)),
        b"no history at all\nbut two lines\n",
        b"no history at all, only a line\n",
        b"epoch,step\n1,\x00\n",
        b"epoch,step\n1,5,6\n",
        b"epoch,cycle\n1,2\n",
        b"epoch,step\n1,five\n",
        b"epoch,step\n" + 5000 * b"9" + b",5\n",
        b"epoch,step\n1,nan\n",
        b"epoch,step\n1.5,5\n",
        None,
        "loop",
    ],
)
def test_what_is_no_history_is_set_aside_and_a_new_one_begun(tmp_path, content, caplog):
    path = tmp_path / "history.csv"
    if content is None:
        path.mkdir()
    elif content == "loop":
        path.symlink_to("history.csv")
    else:
        path.write_bytes(content)
    with caplog.at_level("WARNING", "absl"):
        history = History(tmp_path)
    (told,) = caplog.messages
    assert told.startswith(f"{path}: cannot be used (")
    assert told.endswith("; renamed to history.csv.damaged")
    assert "\n" not in told
    assert history.rows == []
    history.append({"epoch": 1, "step": 5})
    assert History(tmp_path).rows == [{"epoch": 1, "step": 5}]
    if isinstance(content, bytes):
        assert (tmp_path / "history.csv.damaged").read_bytes() == content
