from tf_cyclegan.monitoring.history import History


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
        history.append({"epoch": epoch})
    history.forget_after(2)
    assert [row["epoch"] for row in History(tmp_path).rows] == [1, 2]
    history.forget_after(0)
    assert History(tmp_path).rows == []
    history.append({"epoch": 1})
    assert [row["epoch"] for row in History(tmp_path).rows] == [1]


def test_columns_may_start_late_and_have_gaps(tmp_path):
    middle = {"epoch": 2, "score": 7, "cycle": 2}
    rows = [{"epoch": 1, "cycle": 3}, middle, {"epoch": 3, "cycle": 1}]
    history = History(tmp_path)
    for row in rows:
        history.append(row)
    file = tmp_path / "history.csv"
    assert file.read_text().splitlines() == ["epoch,cycle,score", "1,3,", "2,2,7", "3,1,"]
    assert History(tmp_path).rows == rows
    file.write_text("epoch,cycle,score\n1,3\n2,2,7\n3,1\n")
    assert History(tmp_path).rows == rows, "rows may be shorter than the header"


def test_non_finite_losses_are_kept(tmp_path):
    History(tmp_path).append({"epoch": 1, "cycle": float("nan"), "total_g": float("inf")})
    (row,) = History(tmp_path).rows
    assert row["cycle"] != row["cycle"]
    assert row["total_g"] == float("inf")
